"""Writes half characters (lone surrogates) into texts and outputs, which cannot be stored as UTF-8."""

import json

import nbformat

SCORE = 4
FLAGS = set()
MAY = {"unreadable", "cells"}
CODE = r"""
from IPython.display import HTML, display
display(HTML("<b>\ud800</b>"))
print("\udfff")
"""
AFTER = {"ex1-double-test-2": [CODE, r"raise ValueError('\ud800')"]}


def submit(folder, notebook):
    text = json.loads(nbformat.writes(notebook))
    for cell in text["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "ex5-why":
            cell["source"] = "half a character: \ud800"
    (folder / "08_attacked.ipynb").write_text(json.dumps(text))
