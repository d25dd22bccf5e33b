"""Has another file name, as browsers make when a file is downloaded twice. The instructor is told."""

import nbformat

SCORE = 10
FLAGS = {"renamed"}


def submit(folder, notebook):
    nbformat.write(notebook, folder / "08_attacked (1).ipynb")
