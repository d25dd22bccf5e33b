"""Prints 100 MB on one line. With stock nbgrader all of it lands in the notebook, and in the browser."""

SCORE = 4
FLAGS = {"output"}
MAY = {"died"}
AFTER = {"ex1-double-test-2": ["print('x' * 10**8)"]}
