"""Solves exercise 2 for the first test that asks and spoils it afterwards. What was tested counts: 5 points."""

SCORE = 5
FLAGS = set()
ANSWERS = {"ex2-answer": "def answer():\n    return 42"}
AFTER = {"ex2-answer-test": ["def answer():\n    raise ValueError"]}
