"""Doubles its processes for ever. With stock nbgrader the next students' kernels cannot start.

Never run it without a sandbox.
"""

SCORE = 4
FLAGS = set()
MAY = {"died", "deadline", "output"}
CODE = """
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
"""
AFTER = {"ex1-double-test-2": [CODE]}
