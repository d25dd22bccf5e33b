"""Installs a debugger's trace function that jumps over lines with an assertion.

With stock nbgrader this earns the points of bare asserts.
"""

SCORE = 4
FLAGS = set()
MAY = {"tampered"}
CODE = """
import linecache, sys

def line(frame, event, arg):
    text = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()
    if event == "line" and text.startswith(("assert ", "torch.testing")):
        try:
            frame.f_lineno += 1
        except ValueError:  # it was the last line
            frame.f_lineno = frame.f_code.co_firstlineno
    return line

def trace(frame, event, arg):
    return line if frame.f_code.co_name == "<module>" and "ipykernel" in frame.f_code.co_filename else None

sys.settrace(trace)
"""
AFTER = {"ex3-standardise": [CODE]}
