"""A thread waits until a test looks at an answer, and then replaces what it is compared with.

With stock nbgrader this earns exercise 2.
"""

SCORE = 4
FLAGS = set()
MAY = {"tampered"}
CODE = """
import sys, threading, time

main, original = threading.main_thread().ident, checks.number
waiting = threading.Event()

def watch():
    while True:
        waiting.wait()
        checks.number = lambda *a, **k: None
        time.sleep(0.3)
        checks.number = original
        waiting.clear()

threading.Thread(target=watch, daemon=True).start()

def answer():
    waiting.set()
    time.sleep(0.1)
    return 0
"""
ANSWERS = {"ex2-answer": CODE}
