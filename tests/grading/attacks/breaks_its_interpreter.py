"""Turns warnings into errors and empties sys.path, sys.modules and the environment. Only its own points are at risk."""

SCORE = 4
FLAGS = set()
MAY = {"tampered", "died", "deadline", "output"}
CODE = """
import os, sys, warnings
warnings.simplefilter("error")
sys.path.clear()
sys.modules.clear()
os.environ.clear()
os.chdir("/")
"""
AFTER = {"ex1-double-test-2": [CODE]}
