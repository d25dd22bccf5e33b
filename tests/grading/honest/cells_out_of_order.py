"""Ran some cells out of order and others not at all before saving. Execution counts are nobody's business."""

import nbformat

SCORE = 10
FLAGS = set()


def submit(folder, notebook):
    for number, cell in enumerate(cell for cell in notebook.cells if cell.cell_type == "code"):
        cell.execution_count = None if number % 3 == 0 else 100 - number
    nbformat.write(notebook, folder / "08_attacked.ipynb")
