"""Says in `user_id.txt` and `timestamp.txt`, which nbgrader's tools write, that it is somebody else and from long ago.

With stock nbgrader a timestamp that is no date stops the grading of this student.
"""

import nbformat

SCORE = 4
FLAGS = set()
MAY = {"unreadable"}


def submit(folder, notebook):
    nbformat.write(notebook, folder / "08_attacked.ipynb")
    (folder / "user_id.txt").write_text("aaa_honest")
    (folder / "timestamp.txt").write_text("the day before yesterday")
