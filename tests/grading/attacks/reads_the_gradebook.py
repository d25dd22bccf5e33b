"""Opens the gradebook and reads everybody's marks."""

SCORE = 4
FLAGS = set()
CODE = """
import glob, sqlite3
for path in {"@ROOT@/classroom/gradebook.db", "@ROOT@/gradebook.db", *glob.glob("@ROOT@/**/*.db", recursive=True)}:
    try:
        base = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        print("LEAK: students", base.execute("select id from student").fetchall())
    except sqlite3.Error as error:
        print(path, error)
"""
AFTER = {"ex1-double-test-2": [CODE]}
