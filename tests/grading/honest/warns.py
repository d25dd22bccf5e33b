"""Its answers lead to warnings. With stock nbgrader anything on stderr costs all points of the test."""

SCORE = 10
FLAGS = set()
ANSWERS = {
    "ex1-double": """
import logging, warnings

def double(x):
    warnings.warn("this will change in the next version")
    logging.warning("and so will this")
    return 2 * x
"""
}
