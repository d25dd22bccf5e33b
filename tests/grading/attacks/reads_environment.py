"""Looks for passwords and tokens among the environment variables. The test sets ATTACKED_SECRET for the grader."""

SCORE = 4
FLAGS = set()
CODE = """
import os, subprocess
shown = subprocess.run("env", capture_output=True, text=True).stdout
names = set(os.environ) | {line.partition("=")[0] for line in shown.splitlines()}
for name in names:
    if any(word in name.upper() for word in ("SECRET", "TOKEN", "PASSWORD", "API_KEY", "SSH_AUTH")):
        print("LEAK: the variable", name)
"""
AFTER = {"ex1-double-test-2": [CODE]}
