"""Fills every folder it may write to. Never run it without a sandbox."""

SCORE = 4
FLAGS = set()
MAY = {"died", "deadline", "output"}
CODE = """
import os
for folder in (".", "/tmp", "/dev/shm", "/var/tmp", os.path.expanduser("~"), "@ROOT@"):
    for number in range(64):
        try:
            with open(os.path.join(folder, f"attacked-{number}"), "wb") as file:
                for _ in range(2**10):
                    file.write(bytes(2**20))
        except OSError as error:
            print(folder, error)
            break
"""
AFTER = {"ex1-double-test-2": [CODE]}
