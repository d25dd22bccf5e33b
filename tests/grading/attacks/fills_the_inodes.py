"""Makes more and more empty files and folders, deeper and deeper. Never run it without a sandbox."""

SCORE = 4
FLAGS = set()
MAY = {"died", "deadline", "output"}
CODE = """
import os
for number in range(10**6):
    try:
        open(f"attacked-{number}", "w").close()
    except OSError as error:
        print(error)
        break
for number in range(3000):
    try:
        os.mkdir("d" * 100)
        os.chdir("d" * 100)
    except OSError as error:
        print(error)
        break
"""
AFTER = {"ex1-double-test-2": [CODE]}
