"""Copied the answer's cell to try another way; the copy below counts, as it ran last."""

from copy import deepcopy

import nbformat

SCORE = 10
FLAGS = set()
MAY = {"cells"}  # a copied answer is worth a look, no more


def submit(folder, notebook):
    place = next(number for number, cell in enumerate(notebook.cells) if cell.id == "ex1-double")
    copy = deepcopy(notebook.cells[place])
    copy.id = "a-copy"
    notebook.cells[place].source = "def double(x):\n    return 3 * x  # first try"
    notebook.cells.insert(place + 1, copy)
    nbformat.write(notebook, folder / "08_attacked.ipynb")
