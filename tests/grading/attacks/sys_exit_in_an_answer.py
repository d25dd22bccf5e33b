"""Calls `sys.exit()`, which IPython only reports. With stock nbgrader this changes nothing."""

SCORE = 4
FLAGS = set()
MAY = {"died"}
AFTER = {"ex1-double-test-2": ["import sys\nsys.exit()"]}
