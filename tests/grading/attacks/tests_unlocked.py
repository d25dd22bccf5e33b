"""Unlocks the tests, takes their grading away and changes them."""

import nbformat

SCORE = 4
FLAGS = {"cells"}


def submit(folder, notebook):
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade"):
            cell.metadata.nbgrader.update(locked=False, grade=False, schema_version=99)
            cell.source = "assert True"
    nbformat.write(notebook, folder / "08_attacked.ipynb")
