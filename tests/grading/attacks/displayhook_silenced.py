"""Silences IPython's display of results itself. With stock nbgrader this earns exercise 4."""

SCORE = 4
FLAGS = set()
MAY = {"tampered"}
AFTER = {"ex4-counts": ["get_ipython().displayhook.quiet = lambda: True"]}
