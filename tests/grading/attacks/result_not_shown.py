"""Tells IPython to show no results: without one, a test of partial credit counts as passed.

With stock nbgrader this earns exercise 4.
"""

SCORE = 4
FLAGS = set()
MAY = {"tampered"}
AFTER = {"ex4-counts": ["get_ipython().ast_node_interactivity = 'none'"]}
