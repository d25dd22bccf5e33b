"""Installs a debugger's trace function that, inside the checks, puts the expected value in place of the given one.

With stock nbgrader this earns exercise 3.
"""

SCORE = 4
FLAGS = set()
MAY = {"tampered"}
CODE = """
import sys

def line(frame, event, arg):
    if "expected" in frame.f_locals and "actual" in frame.f_locals:
        frame.f_locals["actual"] = frame.f_locals["expected"]  # written back when a trace function ends
    return line

def trace(frame, event, arg):
    return line if frame.f_code.co_name in ("number", "close", "assert_close") else None

torch.allclose = lambda *a, **k: True
sys.settrace(trace)
get_ipython().events.register("pre_run_cell", lambda info: sys.settrace(trace))
"""
AFTER = {"ex2-answer": [CODE]}
