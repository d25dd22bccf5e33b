"""Hands in a notebook with 50 MB of text in a cell (its outputs would be dropped anyway)."""

import nbformat
from nbformat.v4 import new_markdown_cell

SCORE = 4
FLAGS = {"oversize"}


def submit(folder, notebook):
    notebook.cells.append(new_markdown_cell("words " * (50 * 2**20 // 6)))
    nbformat.write(notebook, folder / "08_attacked.ipynb")
