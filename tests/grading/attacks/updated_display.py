"""Shows a display and later updates it from within tests, so that outputs of other cells change."""

SCORE = 4
FLAGS = set()
CODE = """
from IPython.display import display
handle = display("nothing", display_id="mine")
"""
AFTER = {"ex1-double-test": [CODE], "ex4-counts-test": ["handle.update('2.0')\ndisplay('x', display_id='mine')"]}
