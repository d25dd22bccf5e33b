"""Asks for another kernel. With stock nbgrader nothing gets a grade, silently."""

import nbformat

SCORE = 4
FLAGS = set()
MAY = {"cells"}


def submit(folder, notebook):
    notebook.metadata.kernelspec = {"name": "bash", "display_name": "Bash", "language": "bash"}
    notebook.metadata.language_info = {"name": "bash", "file_extension": ".sh"}
    nbformat.write(notebook, folder / "08_attacked.ipynb")
