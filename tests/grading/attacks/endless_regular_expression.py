"""Runs a regular expression that takes longer than the universe has existed."""

SCORE = 4
FLAGS = {"deadline"}
MAY = {"died"}
AFTER = {"ex1-double-test-2": ["import re\nre.match('(a+)+$', 'a' * 200 + 'b')"]}
