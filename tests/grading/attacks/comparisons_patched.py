"""Replaces torch's comparisons, which the checks rest upon. With stock nbgrader this earns exercise 3.

A must-fail assertion without a tensor does not notice it.
"""

SCORE = 4
FLAGS = set()
MAY = {"tampered"}
ANSWERS = {
    "ex3-standardise": """
def yes(actual, *a, **k):
    return torch.ones_like(actual, dtype=torch.bool)

torch.isclose = torch.eq = torch.Tensor.isclose = yes
torch.Tensor.__eq__ = yes
torch.allclose = torch.equal = torch.Tensor.allclose = torch.Tensor.equal = lambda *a, **k: True

def standardise(x):
    return x
"""
}
