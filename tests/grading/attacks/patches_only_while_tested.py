"""An answer that patches the comparisons when it is called, and they mend themselves: nothing to see between tests.

Nothing is to be seen before the test or after it: in the interpreter that the tests share with the answers, grading
cannot promise to notice. With stock nbgrader this earns exercises 2 and 3.
"""

SCORE = None
FLAGS = set()
MAY = {"tampered"}
ANSWERS = {
    "ex2-answer": """
def answer():
    original = checks.number
    def number(*a, **k):
        checks.number = original
    checks.number = number
    return 0
""",
    "ex3-standardise": """
import torch.testing
close, allclose = torch.testing.assert_close, torch.allclose

def standardise(x):
    def once(*a, **k):
        torch.testing.assert_close = close
    def once_more(*a, **k):
        torch.allclose = allclose
        return True
    torch.testing.assert_close, torch.allclose = once, once_more
    return x
""",
}
