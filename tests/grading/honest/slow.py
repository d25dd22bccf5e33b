"""Computes for five seconds."""

SCORE = 10
FLAGS = set()
ANSWERS = {"ex2-answer": "import time\n\ndef answer():\n    time.sleep(2.5)\n    return 42"}
