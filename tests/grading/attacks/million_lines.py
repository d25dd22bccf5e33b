"""Prints a million lines. With stock nbgrader all of them land in the notebook, and in the browser."""

SCORE = 4
FLAGS = {"output"}
MAY = {"died", "deadline"}
AFTER = {"ex1-double-test-2": ["for number in range(10**6):\n    print('line', number, '-' * 50)"]}
