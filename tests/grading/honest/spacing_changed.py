"""Let a formatter run over the whole notebook, tests too. The originals were graded, with the same result."""

import nbformat

SCORE = 10
FLAGS = set()
MAY = {"cells"}


def submit(folder, notebook):
    for cell in notebook.cells:
        cell.source = cell.source.rstrip() + "\n"
    nbformat.write(notebook, folder / "08_attacked.ipynb")
