"""Gives results that are numbers, but no points: not a number, infinite, negative, huge, words.

With stock nbgrader this earns full marks.
"""

SCORE = 4
FLAGS = set()
MAY = {"tampered"}
ANSWERS = {
    "ex2-answer": """
import sys
values = iter([float("nan"), float("inf"), -5.0, 1e300, 10**400])

def answer():
    sys.displayhook(next(values))
    return 0
""",
    "ex3-standardise": "def standardise(x):\n    sys.displayhook(float('nan'))\n    return x",
    "ex4-counts": "def counts():\n    sys.displayhook('two points')\n    return [0, 0, 0, 0]",
}
