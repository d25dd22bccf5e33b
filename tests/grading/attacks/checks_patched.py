"""Replaces the functions in `utils.checks` by ones that say nothing. With stock nbgrader this earns exercise 2.

A must-fail bare assertion does not notice it; one that goes through `utils.checks` does.
"""

SCORE = 4
FLAGS = {"tampered"}
AFTER = {
    "setup": [
        """
for name in ("equal", "close", "shape", "number", "raises"):
    setattr(checks, name, lambda *a, **k: None)
"""
    ]
}
