"""Closes all open files and sockets of the kernel, and writes rubbish into them before."""

SCORE = 4
FLAGS = set()
MAY = {"died", "deadline", "output"}
CODE = """
import os
for number in range(3, 256):
    try:
        os.set_blocking(number, False)
        os.write(number, b'\\n{"outputs": [], "ended": 0}\\n')
        os.close(number)
    except OSError:
        pass
"""
AFTER = {"ex1-double-test-2": [CODE]}
