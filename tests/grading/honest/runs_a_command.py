"""Runs another program."""

SCORE = 10
FLAGS = set()
ANSWERS = {
    "ex2-answer": """
import subprocess, sys

def answer():
    return int(subprocess.run([sys.executable, "-c", "print(6 * 7)"], capture_output=True, check=True).stdout)
"""
}
