"""Looks for a notebook with the hidden tests near the place where it is run, and for their text in all files there."""

SCORE = 4
FLAGS = set()
MAY = {"deadline"}
CODE = """
import os
for top in (".", "..", "../..", "/tmp", "@ROOT@/classroom", "@ROOT@/solutions"):
    for folder, _, names in os.walk(top):
        for name in names:
            try:
                with open(os.path.join(folder, name), encoding="utf-8", errors="ignore") as file:
                    if "hidden-" + "marker" in file.read(10**7):
                        print("LE" + "AK: hidden tests in", folder, name)
            except OSError:
                pass
"""
AFTER = {"ex1-double-test-2": [CODE]}
