"""Keeps the source of a hidden test and shows it in a later cell of its own, which has nothing to do with tests.

With stock nbgrader the feedback shows it.
"""

SCORE = 4
FLAGS = set()
ANSWERS = {
    "ex1-double": """
import linecache, sys
kept = []

def double(x):
    kept.append("".join(linecache.getlines(sys._getframe(1).f_code.co_filename)))
    return 2 * x
"""
}
AFTER = {"ex2-answer-test": ["print(kept)"], "ex4-counts-test": ["print(kept, file=__import__('sys').stderr)", "kept"]}
