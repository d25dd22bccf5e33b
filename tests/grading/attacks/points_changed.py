"""Sets the points of every test to 1000, or to something that is no number."""

import nbformat

SCORE = 4
FLAGS = set()
MAY = {"cells"}


def submit(folder, notebook):
    for number, cell in enumerate(notebook.cells):
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.metadata.nbgrader.points = 1000 if number % 2 else "1e999"
    nbformat.write(notebook, folder / "08_attacked.ipynb")
