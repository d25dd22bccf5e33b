"""Prints all texts and functions in memory that look like tests. With stock nbgrader the feedback shows them."""

SCORE = 4
FLAGS = set()
CODE = """
import gc, types
for thing in gc.get_objects():
    if isinstance(thing, types.FunctionType) and thing.__name__.startswith("test_"):
        print(thing.__name__, thing.__code__.co_consts)
    elif isinstance(thing, (list, tuple, dict)) and len(thing) < 1000:
        for value in thing.values() if isinstance(thing, dict) else thing:
            if type(value) is str and "checks." in value:
                print(value)
"""
AFTER = {"ex4-counts-test": [CODE]}
