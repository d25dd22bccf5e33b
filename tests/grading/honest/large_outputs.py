"""Saved 10 MB of outputs with the notebook."""

import nbformat
from nbformat.v4 import new_output

SCORE = 10
FLAGS = set()


def submit(folder, notebook):
    cell = next(cell for cell in notebook.cells if cell.id == "ex1-double")
    cell.outputs = [
        new_output("stream", text="a line of 50 characters, more or less, printed\n" * 100_000),
        new_output("display_data", data={"image/png": "A" * 5_000_000, "text/plain": "<Figure>"}),
    ]
    nbformat.write(notebook, folder / "08_attacked.ipynb")
