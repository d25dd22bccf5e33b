"""Loops for ever, but only in a hidden test."""

SCORE = 4
FLAGS = {"deadline"}
MAY = {"died"}
ANSWERS = {
    "ex3-standardise": """
def standardise(x):
    while x.shape == (4, 7):
        pass
    return (x - x.mean(1, keepdim=True)) / x.std(1, keepdim=True, unbiased=False)
"""
}
