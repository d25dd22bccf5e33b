"""Answers with a float that is close to everything. `checks.number` turns it into a plain one first."""

SCORE = 4
FLAGS = set()
ANSWERS = {
    "ex2-answer": """
class Number(float):
    def __sub__(self, other):
        return 0.0
    __rsub__ = __sub__
    def __eq__(self, other):
        return True
    def __le__(self, other):
        return True
    def __abs__(self):
        return 0.0

def answer():
    return Number(0)
""",
    "ex4-counts": """
class Whole(int):
    def __eq__(self, other):
        return True

def counts():
    return [Whole(0)] * 4
""",
}
