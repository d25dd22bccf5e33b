"""Starts threads until no more are to be had."""

SCORE = 4
FLAGS = set()
MAY = {"died", "deadline", "output"}
CODE = """
import threading, time
while True:
    threading.Thread(target=time.sleep, args=(10**6,), daemon=True).start()
"""
AFTER = {"ex1-double-test-2": [CODE]}
