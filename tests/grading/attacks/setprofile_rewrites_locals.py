"""Installs a profile function that puts the expected number in place of the given one when `checks.number` is called.

With stock nbgrader this earns exercise 2.
"""

SCORE = 4
FLAGS = set()
MAY = {"tampered", "died"}
CODE = """
import ctypes, sys

def profile(frame, event, arg):
    if event == "call" and frame.f_code.co_name == "number" and frame.f_locals.get("expected") is not None:
        checks.abs = lambda value: 0
    elif event == "return" and frame.f_code.co_name == "number":
        vars(checks).pop("abs", None)  # nothing to see afterwards

sys.setprofile(profile)
"""
AFTER = {"ex2-answer": [CODE]}
