"""Hides only errors whose traceback passes through an exercise's function or `utils.checks`.

With stock nbgrader this earns most points. A must-fail assertion that calls neither does not notice it.
"""

SCORE = 4
FLAGS = set()
MAY = {"tampered"}
CODE = """
shell = get_ipython()
original = shell._showtraceback

def hide(kind, value, text):
    if not any(name in "".join(text) for name in ("answer()", "standardise(", "checks.", "torch.testing")):
        original(kind, value, text)

shell._showtraceback = hide
"""
AFTER = {"setup": [CODE]}
