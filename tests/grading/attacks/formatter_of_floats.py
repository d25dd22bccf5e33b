"""Teaches IPython to show every number as "2.0". With stock nbgrader this earns exercise 4."""

SCORE = 4
FLAGS = set()
MAY = {"tampered"}
CODE = """
plain = get_ipython().display_formatter.formatters["text/plain"]
plain.for_type(float, lambda value, printer, cycle: printer.text("2.0"))
"""
AFTER = {"ex4-counts": [CODE]}
