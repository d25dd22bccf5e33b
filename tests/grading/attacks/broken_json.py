"""Hands in a notebook that was cut off. With stock nbgrader nothing gets a grade, silently."""

import nbformat

SCORE = 0
FLAGS = {"unreadable"}


def submit(folder, notebook):
    text = nbformat.writes(notebook)
    (folder / "08_attacked.ipynb").write_text(text[: len(text) // 2])
