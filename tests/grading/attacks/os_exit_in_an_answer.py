"""Ends the process with code 0. With stock nbgrader nothing gets a grade, silently."""

SCORE = 4
FLAGS = {"died"}
AFTER = {"ex1-double-test-2": ["import os\nos._exit(0)"]}
