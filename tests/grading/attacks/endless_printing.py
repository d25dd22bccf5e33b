"""Prints for ever, in a hidden test, and on both streams."""

SCORE = 4
FLAGS = {"output"}
MAY = {"died", "deadline"}
ANSWERS = {
    "ex3-standardise": """
import sys

def standardise(x):
    while x.shape == (4, 7):
        print("out " * 100)
        print("err " * 100, file=sys.stderr)
    return torch.tensor([[-1.0, 1.0], [-1.0, 1.0]])
"""
}
