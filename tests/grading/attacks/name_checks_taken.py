"""Uses the name `checks` for something else in the notebook. With stock nbgrader this earns exercise 2."""

SCORE = 4
FLAGS = set()
MAY = {"tampered"}
AFTER = {
    "setup": [
        """
class checks:
    equal = close = shape = number = raises = staticmethod(lambda *a, **k: None)
"""
    ]
}
