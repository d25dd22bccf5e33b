"""Sends a result of its own before the test's: 2 points. With stock nbgrader the first result counts: full marks."""

SCORE = 4
FLAGS = set()
MAY = {"tampered"}
ANSWERS = {
    "ex4-counts": """
import sys

def counts():
    sys.displayhook(2.0)
    return [0, 0, 0, 0]
"""
}
