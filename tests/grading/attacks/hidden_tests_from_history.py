"""Prints what IPython remembers of the cells that ran, at the end. With stock nbgrader the feedback shows it."""

SCORE = 4
FLAGS = set()
CODE = """
print(In)
for entry in get_ipython().history_manager.get_range(output=False):
    print(entry)
import linecache
print(linecache.cache)
"""
AFTER = {"ex4-counts-test": [CODE]}
