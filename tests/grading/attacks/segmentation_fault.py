"""Crashes the interpreter. With stock nbgrader nothing gets a grade, silently."""

SCORE = 4
FLAGS = {"died"}
AFTER = {"ex1-double-test-2": ["import ctypes\nctypes.string_at(0)"]}
