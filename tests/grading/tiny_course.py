"""A course of one tiny assignment, so that the grading tests do not depend on what the lessons ask."""

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

NAME = "07_tiny"


def cell(new, cell_id: str, source: str, **nbgrader):
    """Return a cell with nbgrader's metadata; its grade_id is its id."""
    flags = {"schema_version": 3, "grade": False, "solution": False, "locked": True, "task": False}
    return new(source, id=cell_id, metadata={"nbgrader": flags | {"grade_id": cell_id} | nbgrader})


def tiny_source() -> nbformat.NotebookNode:
    hidden = "### BEGIN HIDDEN TESTS\nassert add(2, 2) == 4, 'hidden: 2 + 2'\n### END HIDDEN TESTS"
    solution = "def add(a, b):\n    ### BEGIN SOLUTION\n    return a + b\n    ### END SOLUTION"
    scheme = "=== BEGIN MARK SCHEME ===\nthe rubric\n=== END MARK SCHEME ==="
    return new_notebook(
        cells=[
            cell(new_code_cell, "setup", "import torch"),
            cell(new_markdown_cell, "ex1-add-text", "## Exercise 1. Add\n\nimplement"),
            cell(new_code_cell, "ex1-add", solution, solution=True, locked=False),
            cell(new_code_cell, "ex1-add-test", f"assert add(1, 2) == 3, '1 + 2'\n{hidden}", grade=True, points=3),
            cell(new_code_cell, "ex1-add-test-2", "assert add(0, 0) == 0", grade=True, points=1),
            cell(new_markdown_cell, "ex2-why-text", "## Exercise 2. Why\n\nexplain"),
            cell(new_markdown_cell, "ex2-why", scheme, grade=True, solution=True, locked=False, points=2),
        ],
        metadata={
            "kernelspec": {"name": "python3", "display_name": "mine"},
            "language_info": {"name": "python", "version": "3.11.9"},
        },
    )
