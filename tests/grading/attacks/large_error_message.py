"""Raises an error whose message has 100 MB, and one whose text cannot be made. Both in hidden tests."""

SCORE = 4
FLAGS = set()
MAY = {"deadline", "died", "output"}
ANSWERS = {
    "ex2-answer": "def answer():\n    raise ValueError('x' * 10**8)",
    "ex3-standardise": """
class Unprintable(Exception):
    def __str__(self):
        raise self
    __repr__ = __str__

def standardise(x):
    raise Unprintable
""",
}
