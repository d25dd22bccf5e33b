"""Was saved by an older Jupyter: no cell ids, other metadata, and an empty code cell at the end."""

import nbformat
from nbformat.v4 import new_code_cell

SCORE = 10
FLAGS = set()


def submit(folder, notebook):
    notebook.cells.append(new_code_cell(""))
    notebook.nbformat_minor = 2
    notebook.metadata.toc = {"base_numbering": 1}
    for cell in notebook.cells:
        del cell["id"]
        cell.metadata.update(collapsed=True, scrolled=True, ExecuteTime={"start_time": "2026-01-01T00:00:00"})
    (folder / "08_attacked.ipynb").write_text(nbformat.writes(notebook))
