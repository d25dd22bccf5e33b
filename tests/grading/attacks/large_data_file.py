"""Adds a data file of 3 GB (which takes no space here, but would in a copy)."""

import nbformat

SCORE = 4
FLAGS = {"oversize"}


def submit(folder, notebook):
    nbformat.write(notebook, folder / "08_attacked.ipynb")
    with open(folder / "data.bin", "wb") as file:
        file.truncate(3 * 2**30)
