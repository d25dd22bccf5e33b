"""Clears a cell's outputs, its error too, when it has run. With stock nbgrader this earns full marks."""

SCORE = 4
FLAGS = set()
MAY = {"tampered"}
CODE = """
from IPython.display import clear_output
get_ipython().events.register("post_run_cell", lambda result: clear_output())
"""
AFTER = {"setup": [CODE]}
