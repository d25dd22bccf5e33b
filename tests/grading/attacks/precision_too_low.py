"""Uses the magic `%precision` with a format of its own: every number is shown as 2. Earns exercise 4 with stock
nbgrader."""

SCORE = 4
FLAGS = set()
MAY = {"tampered"}
AFTER = {"ex4-counts": ["%precision 2%.0s"]}
