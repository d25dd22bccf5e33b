"""Adds a file torch.py with an `assert_close` of its own. With stock nbgrader the notebook imports that one."""

import nbformat

SCORE = 4
FLAGS = {"shadowing"}
FAKE = """
print("LEAK: this is not torch")
def __getattr__(name):
    return lambda *a, **k: 0
"""


def submit(folder, notebook):
    nbformat.write(notebook, folder / "08_attacked.ipynb")
    (folder / "torch.py").write_text(FAKE)
