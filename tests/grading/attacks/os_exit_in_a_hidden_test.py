"""Ends the process with code 0, but only when a hidden test calls the answer, so that the student sees no problem.

With stock nbgrader nothing gets a grade, silently.
"""

SCORE = 4
FLAGS = {"died"}
ANSWERS = {
    "ex3-standardise": """
import os

def standardise(x):
    if x.shape == (4, 7):
        os._exit(0)
    return (x - x.mean(1, keepdim=True)) / x.std(1, keepdim=True, unbiased=False)
"""
}
