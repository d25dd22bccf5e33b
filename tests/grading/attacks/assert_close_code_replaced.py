"""Replaces the code inside the function `assert_close`, which every other reference to it shares.

With stock nbgrader this earns the points of `torch.testing.assert_close`.
"""

SCORE = 4
FLAGS = {"tampered"}
ANSWERS = {
    "ex3-standardise": """
import torch.testing
def nothing(actual, expected, *, allow_subclasses=True, rtol=None, atol=None, equal_nan=False, check_device=True,
            check_dtype=True, check_layout=True, check_stride=False, msg=None):
    return None

torch.testing.assert_close.__code__ = nothing.__code__

def standardise(x):
    x = x - x.mean(1, keepdim=True)  # half of the work
    return x
"""
}
