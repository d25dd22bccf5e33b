"""Kills its parent, process 1 and everything it may. With stock nbgrader the run ends for everybody after.

Never run it without a sandbox.
"""

SCORE = 4
FLAGS = set()
MAY = {"died", "deadline"}
CODE = """
import os, signal
for pid in (os.getppid(), 1, -1):
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(pid, number)
        except OSError as error:
            print(pid, error)
"""
AFTER = {"ex1-double-test-2": [CODE]}
