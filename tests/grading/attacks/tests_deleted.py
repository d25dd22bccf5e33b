"""Deletes all cells but those with answers: no test, no failed test."""

import nbformat

SCORE = 4
FLAGS = {"cells"}


def submit(folder, notebook):
    notebook.cells = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("solution")]
    nbformat.write(notebook, folder / "08_attacked.ipynb")
