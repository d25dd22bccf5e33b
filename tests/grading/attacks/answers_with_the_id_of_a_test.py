"""Turns the tests into solution cells by their metadata, so that their text is taken from the student."""

import nbformat

SCORE = 4
FLAGS = {"cells"}


def submit(folder, notebook):
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade"):
            cell.metadata.nbgrader.update(solution=True, locked=False, cell_type="code", checksum="0" * 32)
            cell.source = "pass"
    nbformat.write(notebook, folder / "08_attacked.ipynb")
