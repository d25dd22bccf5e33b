"""Adds 2,000 cells that do nothing."""

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell

SCORE = 4
FLAGS = set()
MAY = {"oversize", "deadline"}


def submit(folder, notebook):
    for number in range(1_000):
        notebook.cells += [new_code_cell(f"value = {number}"), new_markdown_cell("*more*")]
    nbformat.write(notebook, folder / "08_attacked.ipynb")
