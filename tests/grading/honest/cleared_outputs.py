"""Cleared all outputs before saving, and uses clear_output itself."""

SCORE = 10
FLAGS = set()
ANSWERS = {
    "ex1-double": """
from IPython.display import clear_output

def double(x):
    print("working")
    clear_output(wait=True)
    return 2 * x
"""
}
