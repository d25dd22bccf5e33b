"""Raises the source of the test as the error message, which feedback shows. Costs it the points."""

SCORE = 4
FLAGS = set()
ANSWERS = {
    "ex2-answer": """
import linecache, sys

def answer():
    raise ValueError("".join(linecache.getlines(sys._getframe(1).f_code.co_filename)))
""",
    "ex3-standardise": """
def standardise(x):
    kind = type("".join(linecache.getlines(sys._getframe(1).f_code.co_filename)), (Exception,), {})
    raise kind
""",
}
