"""Adds modules named like some that kernel and grader import on the way: random, json, numpy, ast, IPython, zmq."""

import nbformat

SCORE = 4
FLAGS = {"shadowing"}
FAKE = 'print("LEAK: this is not the real module")\n'


def submit(folder, notebook):
    nbformat.write(notebook, folder / "08_attacked.ipynb")
    for name in ("random", "json", "numpy", "ast", "linecache", "warnings", "colorama", "debugpy"):
        (folder / f"{name}.py").write_text(FAKE)
    for name in ("IPython", "ipykernel", "zmq", "nbgrader"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(FAKE)
