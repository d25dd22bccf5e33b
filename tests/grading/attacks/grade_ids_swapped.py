"""Gives an own cell the grade_id of a test, and the test that of another."""

import nbformat
from nbformat.v4 import new_code_cell

SCORE = 4
FLAGS = {"cells"}


def submit(folder, notebook):
    by_id = {cell.id: cell for cell in notebook.cells}
    mine = new_code_cell("3.0", metadata={"nbgrader": dict(by_id["ex3-standardise-test"].metadata.nbgrader)})
    by_id["ex3-standardise-test"].metadata.nbgrader.grade_id = "ex9-something-else"
    by_id["ex2-answer-test"].metadata.nbgrader.grade_id = "../../evil"
    by_id["ex4-counts-test"].metadata.nbgrader.grade_id = "ex1-double-test"
    notebook.cells.insert(2, mine)
    nbformat.write(notebook, folder / "08_attacked.ipynb")
