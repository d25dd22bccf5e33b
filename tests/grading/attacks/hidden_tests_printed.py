"""Prints the source of the test that calls it, from the frame of its caller. This is for the instructor's copy only;
the student's feedback must not show it. With stock nbgrader it does."""

SCORE = 4
FLAGS = set()
ANSWERS = {
    "ex1-double": """
import linecache, sys

def double(x):
    for depth in (1, 2):
        frame = sys._getframe(depth)
        print("".join(linecache.getlines(frame.f_code.co_filename)), frame.f_code.co_consts)
    return 2 * x
"""
}
