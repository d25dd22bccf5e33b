"""Turns warnings into errors and breaks what its own later tests need. Only its own points are at risk."""

SCORE = 4
FLAGS = set()
MAY = {"tampered", "died"}
CODE = """
import os, sys, warnings
warnings.simplefilter("error")
sys.path.clear()
sys.modules.clear()
os.environ.clear()
os.chdir("/")
"""
AFTER = {"ex1-double-test-2": [CODE]}
