"""Looks up the expected number among the constants of the test that calls it. With stock nbgrader this earns 1 point.

No promise: code that runs in the same interpreter can read its caller. The instructor sees it in the notebook, and a
test that expects computed values instead of constants gives nothing away.
"""

SCORE = None
FLAGS = set()
ANSWERS = {
    "ex2-answer": """
import sys

def answer():
    numbers = [value for value in sys._getframe(1).f_code.co_consts if type(value) in (int, float)]
    return numbers[0] if numbers else 0
"""
}
