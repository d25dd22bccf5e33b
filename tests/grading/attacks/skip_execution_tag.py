"""Tags every test cell `skip-execution`, which nbclient honours. With stock nbgrader this earns full marks."""

import nbformat

SCORE = 4
FLAGS = set()
MAY = {"cells"}


def submit(folder, notebook):
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.metadata.tags = ["skip-execution"]
    nbformat.write(notebook, folder / "08_attacked.ipynb")
