"""Replaces the text of all test cells by `pass`. nbgrader restores them from the gradebook; so does the rebuilding."""

import nbformat

SCORE = 4
FLAGS = {"cells"}


def submit(folder, notebook):
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade"):
            cell.source = "pass"
    nbformat.write(notebook, folder / "08_attacked.ipynb")
