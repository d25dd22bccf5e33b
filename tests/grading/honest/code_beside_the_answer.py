"""Spreads an answer over several cells, before and after its own."""

SCORE = 10
FLAGS = set()
ANSWERS = {"ex3-standardise": "def standardise(x):\n    return scale(shift(x))"}
AFTER = {
    "ex2-answer-test": ["def shift(x):\n    return x - x.mean(1, keepdim=True)"],
    "ex3-standardise": ["def scale(x):\n    return x / x.square().mean(1, keepdim=True).sqrt()", "standardise"],
}
