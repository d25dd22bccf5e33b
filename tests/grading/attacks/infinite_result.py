"""Lets the test's own sum become infinite: the name `sum` is taken. With stock nbgrader the run ends."""

SCORE = 4
FLAGS = set()
MAY = {"tampered"}
ANSWERS = {"ex4-counts": "def sum(values):\n    return float('inf')\n\ndef counts():\n    return [0, 0, 0, 0]"}
