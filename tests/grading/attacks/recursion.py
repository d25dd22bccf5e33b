"""Recurses without end, in Python and in C, where the stack overflows. Its own later tests are lost."""

SCORE = 4
FLAGS = set()
MAY = {"died"}
CODE = """
import sys
sys.setrecursionlimit(10**9)
thing = []
for _ in range(10**6):
    thing = [thing]
repr(thing)
"""
AFTER = {"ex1-double-test-2": [CODE]}
