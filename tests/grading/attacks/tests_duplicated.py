"""Copies every test cell, metadata and all. With stock nbgrader the run ends for everybody after."""

from copy import deepcopy

import nbformat

SCORE = 4
FLAGS = {"cells"}


def submit(folder, notebook):
    doubled = []
    for number, cell in enumerate(notebook.cells):
        doubled.append(cell)
        if cell.metadata.get("nbgrader", {}).get("grade"):
            doubled.append(deepcopy(cell))
            doubled[-1].id = f"copy-{number}"
            doubled[-1].source = "pass"
    notebook.cells = doubled[::-1]
    nbformat.write(notebook, folder / "08_attacked.ipynb")
