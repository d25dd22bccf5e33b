"""Calls `exit()`. With stock nbgrader the kernel is gone, and nothing gets a grade, silently."""

SCORE = 4
FLAGS = set()
MAY = {"died"}
AFTER = {"ex1-double-test-2": ["exit()"]}
