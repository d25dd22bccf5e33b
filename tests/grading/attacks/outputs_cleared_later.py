"""Clears outputs from a thread, and asks to clear them with the next output, while tests run."""

SCORE = 4
FLAGS = set()
MAY = {"tampered"}
CODE = """
import threading, time
from IPython.display import clear_output

def clear():
    for number in range(2000):
        time.sleep(0.01)
        clear_output(wait=bool(number % 2))

threading.Thread(target=clear, daemon=True).start()
"""
AFTER = {"setup": [CODE]}
