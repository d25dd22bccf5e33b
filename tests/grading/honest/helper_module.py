"""Keeps a function in a module of its own beside the notebook, and a package."""

import nbformat

SCORE = 10
FLAGS = set()
ANSWERS = {
    "ex1-double": "import helper\nfrom tools.more import twice\n\ndef double(x):\n    return helper.same(twice(x))",
}


def submit(folder, notebook):
    nbformat.write(notebook, folder / "08_attacked.ipynb")
    (folder / "helper.py").write_text("def same(x):\n    return x\n")
    (folder / "tools").mkdir()
    (folder / "tools" / "__init__.py").touch()
    (folder / "tools" / "more.py").write_text("def twice(x):\n    return 2 * x\n")
