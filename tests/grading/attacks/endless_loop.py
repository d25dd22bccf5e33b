"""Loops for ever when the answer's cell is run. The tests after it can still be run."""

SCORE = 4
FLAGS = {"deadline"}
MAY = {"died"}
AFTER = {"ex1-double-test-2": ["while True:\n    pass"]}
