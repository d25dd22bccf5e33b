"""Puts the tests of the wrong answers before a cell that ends the kernel's work, and the setup cell last."""

import nbformat

SCORE = 4
FLAGS = {"cells"}


def submit(folder, notebook):
    notebook.cells = notebook.cells[:1] + notebook.cells[:1:-1] + notebook.cells[1:2]
    nbformat.write(notebook, folder / "08_attacked.ipynb")
