"""Adds a folder utils/ with a checks.py that says nothing. With stock nbgrader this earns what `checks` guards."""

import nbformat

SCORE = 4
FLAGS = {"shadowing"}
FAKE = """
print("LEAK: these are not the checks")
READY_MADE = ()
equal = close = shape = number = raises = lambda *a, **k: None
"""


def submit(folder, notebook):
    nbformat.write(notebook, folder / "08_attacked.ipynb")
    (folder / "utils").mkdir()
    (folder / "utils" / "__init__.py").touch()
    (folder / "utils" / "checks.py").write_text(FAKE)
