"""Hands in a link to the folder with the solution. With stock nbgrader this earns full marks."""

SCORE = 0
FLAGS = {"link"}
MAY = {"missing", "unreadable"}


def submit(folder, notebook):
    folder.rmdir()
    folder.symlink_to(folder.parents[3] / "solutions" / "08_attacked")
