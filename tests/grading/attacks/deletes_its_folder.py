"""Deletes everything in the folder it runs in, and the folder."""

SCORE = 4
FLAGS = set()
MAY = {"died"}
CODE = """
import os
here = os.getcwd()
if os.path.basename(os.path.dirname(here)) != "work":  # not on the student's own machine
    for name in os.listdir("."):
        try:
            os.remove(name)
        except OSError as error:
            print(error)
    try:
        os.rmdir(here)
    except OSError as error:
        print(error)
"""
AFTER = {"ex1-double-test-2": [CODE]}
