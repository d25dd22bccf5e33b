"""Makes the result not a number, so that sums over the class go wrong.

With stock nbgrader this earns exercise 4.
"""

SCORE = 4
FLAGS = set()
MAY = {"tampered"}
ANSWERS = {"ex4-counts": "def sum(values):\n    return float('nan')\n\ndef counts():\n    return [0, 0, 0, 0]"}
