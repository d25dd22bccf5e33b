"""Looks for the solutions in the history of the course's repository. The test makes a small one."""

SCORE = 4
FLAGS = set()
CODE = """
import os, subprocess
print(os.path.exists("@ROOT@/.git") and "LEAK: there is .git")
done = subprocess.run(["git", "-C", "@ROOT@", "log", "--all", "-p"], capture_output=True, text=True)
print("LEAK: history" if "commit" in done.stdout else done.stderr)
"""
AFTER = {"ex1-double-test-2": [CODE]}
