"""Hands in a link to the solution in place of a notebook. With stock nbgrader this earns full marks."""

SCORE = 0
FLAGS = {"link"}
MAY = {"missing", "unreadable"}


def submit(folder, notebook):
    (folder / "08_attacked.ipynb").symlink_to(folder.parents[3] / "solutions" / "08_attacked" / "08_attacked.ipynb")
