"""Raises KeyboardInterrupt in a hidden test, as if a person had pressed the stop button."""

SCORE = 4
FLAGS = set()
MAY = {"died"}
ANSWERS = {
    "ex2-answer": "def answer():\n    raise KeyboardInterrupt",
    "ex3-standardise": "def standardise(x):\n    raise KeyboardInterrupt",
    "ex4-counts": "import asyncio\n\ndef counts():\n    raise asyncio.CancelledError",
}
