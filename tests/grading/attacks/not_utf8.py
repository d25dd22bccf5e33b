"""Hands in a notebook in another encoding, with bytes that are no UTF-8."""

import nbformat

SCORE = 4
FLAGS = set()
MAY = {"unreadable"}


def submit(folder, notebook):
    notebook.cells[0].source = "café"
    (folder / "08_attacked.ipynb").write_bytes(nbformat.writes(notebook).encode("latin-1"))
