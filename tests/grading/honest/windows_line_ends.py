"""Was saved on Windows: line ends in the file and in a cell."""

import nbformat

SCORE = 10
FLAGS = set()
ANSWERS = {"ex1-double": "def double(x):\r\n    y = 2 * x\r\n    return y\r\n"}


def submit(folder, notebook):
    text = nbformat.writes(notebook).replace("\n", "\r\n")
    (folder / "08_attacked.ipynb").write_bytes(text.encode())
