"""Puts things of wrong types where programs expect dictionaries and numbers. With stock nbgrader this ends in an error.

Whether a grader repairs this or takes the notebook for unreadable is its own affair.
"""

import json

import nbformat

SCORE = 4
FLAGS = set()
MAY = {"cells", "unreadable"}


def submit(folder, notebook):
    text = json.loads(nbformat.writes(notebook))
    for number, cell in enumerate(text["cells"]):
        kinds = ("nbgrader", [], None, 7, {"grade_id": ["a", "list"]}, {"grade_id": {}}, {"schema_version": "x"})
        if cell["metadata"].get("nbgrader", {}).get("grade"):
            cell["metadata"]["nbgrader"] = kinds[number % len(kinds)]
        cell["attachments"] = 5 if cell["cell_type"] == "markdown" else None
    text["metadata"]["kernelspec"] = []
    text["metadata"]["celltoolbar"] = {"a": []}
    (folder / "08_attacked.ipynb").write_text(json.dumps(text))
