"""Answers with objects that are equal to everything. The checks look at types first, so this earns nothing anywhere."""

SCORE = 4
FLAGS = set()
CODE = """
class Equal:
    def __eq__(self, other):
        return True
    def __getattr__(self, name):
        return Equal()
    def __call__(self, *a, **k):
        return Equal()
    def __abs__(self):
        return 0
    __sub__ = __rsub__ = __call__
"""
ANSWERS = {
    "ex2-answer": CODE + "\ndef answer():\n    return Equal()",
    "ex3-standardise": "def standardise(x):\n    return Equal()",
    "ex4-counts": "def counts():\n    return [Equal()] * 4",
}
