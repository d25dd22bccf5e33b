"""Sends results before the assertions fail. With stock nbgrader the result comes first and counts: full marks."""

SCORE = 4
FLAGS = set()
MAY = {"tampered"}
ANSWERS = {
    "ex2-answer": "import sys\n\ndef answer():\n    sys.displayhook(1.0)\n    return 0",
    "ex3-standardise": "def standardise(x):\n    sys.displayhook(3.0)\n    return x",
}
