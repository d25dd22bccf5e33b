"""Loops inside C code, where Python does not look at signals. With stock nbgrader nothing gets a grade, silently."""

SCORE = 4
FLAGS = {"deadline"}
MAY = {"died"}
AFTER = {"ex1-double-test-2": ["import itertools\nsum(itertools.repeat(1))"]}
