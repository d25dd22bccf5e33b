"""Writes what the grader itself would write: a record, an autograded notebook, feedback, a gradebook.

The files lie beside the notebook and are made again while it runs.
"""

import json

import nbformat

SCORE = 4
FLAGS = set()
MAY = {"active", "unreadable"}
CODE = """
import json, os
record = {"assignment": "08_attacked", "student": "fakes_the_record", "score": 10, "points": 10, "flags": []}
for folder in (".", "..", "../../grading/08_attacked", "@ROOT@/classroom/grading/08_attacked"):
    try:
        with open(os.path.join(folder, "fakes_the_record.json"), "w") as file:
            json.dump(record, file)
        if folder.startswith("/"):
            print("LEAK: could write", folder)
    except OSError as error:
        print(error)
"""
AFTER = {"ex1-double-test-2": [CODE]}


def submit(folder, notebook):
    nbformat.write(notebook, folder / "08_attacked.ipynb")
    (folder / "fakes_the_record.json").write_text(json.dumps({"score": 10, "points": 10, "flags": []}))
    (folder / "gradebook.db").touch()
    (folder / "08_attacked.html").write_text("<h1>10 of 10</h1>")
    (folder / "timestamp.txt").write_text("no date at all")
