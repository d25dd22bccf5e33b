"""Adds links, beside the notebook and in a folder, to what it wants to read, and reads it when graded."""

import nbformat

SCORE = 4
FLAGS = {"link"}
CODE = """
import glob
for path in ("data.txt", "etc/passwd", "deep/er/data.txt", *glob.glob("class/**", recursive=True)):
    try:
        print("LEAK: read", path, len(open(path).read()))
    except OSError as error:
        print(error)
"""
AFTER = {"ex1-double-test-2": [CODE]}


def submit(folder, notebook):
    nbformat.write(notebook, folder / "08_attacked.ipynb")
    (folder / "data.txt").symlink_to(folder.parents[3] / "solutions" / "08_attacked" / "08_attacked.ipynb")
    (folder / "etc").symlink_to("/etc")
    (folder / "class").symlink_to("../../..")
    (folder / "loop").symlink_to("loop")
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "deep" / "er" / "data.txt").symlink_to("/etc/passwd")
