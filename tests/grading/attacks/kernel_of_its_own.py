"""Brings a kernel along, which would run outside of any box, and names it by a path."""

import json

import nbformat

SCORE = 4
FLAGS = set()
MAY = {"cells", "shadowing"}


def submit(folder, notebook):
    kernel = folder / "kernels" / "mine"
    kernel.mkdir(parents=True)
    command = ["touch", str(folder.parents[3] / "classroom" / "attacked-kernel")]
    (kernel / "kernel.json").write_text(json.dumps({"argv": command, "display_name": "mine", "language": "python"}))
    notebook.metadata.kernelspec = {"name": "../kernels/mine", "display_name": "mine", "language": "python"}
    nbformat.write(notebook, folder / "08_attacked.ipynb")
