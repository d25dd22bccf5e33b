"""Has raw cells, empty cells, texts with pictures, and tags and slides among its metadata."""

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

SCORE = 10
FLAGS = set()


def submit(folder, notebook):
    picture = new_markdown_cell("![me](attachment:me.png)", attachments={"me.png": {"image/png": "iVBORw0KGgo="}})
    notebook.cells[2:2] = [new_raw_cell("raw"), new_code_cell(""), new_markdown_cell(""), picture]
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution", True):
            cell.metadata.update(tags=["mine"], slideshow={"slide_type": "slide"}, jupyter={"source_hidden": True})
    nbformat.write(notebook, folder / "08_attacked.ipynb")
