"""The notebooks that the tests of this folder run over, and how to make small ones up."""

from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from utils.notebooks import KERNEL

ROOT = Path(__file__).parents[2]
CHAPTERS = sorted(ROOT.glob("chapters/*.ipynb"))
SOLUTIONS = sorted(ROOT.glob("solutions/*/*.ipynb"))


def name(path: Path) -> str:
    """Return a notebook's path as a test shows it."""
    return path.relative_to(ROOT).as_posix()


def code(source: str, outputs=(), count: int | None = 1, tags=()) -> nbformat.NotebookNode:
    """Return a code cell as JupyterLab saves it after running it once."""
    return new_code_cell(source, outputs=list(outputs), execution_count=count, metadata={"tags": list(tags)})


def text(source: str) -> nbformat.NotebookNode:
    return new_markdown_cell(source)


def notebook(*cells) -> nbformat.NotebookNode:
    """Return a notebook of these cells; a plain string stands for a code cell that has run."""
    cells = [code(cell, count=number) if isinstance(cell, str) else cell for number, cell in enumerate(cells, 1)]
    return new_notebook(cells=cells, metadata={"kernelspec": KERNEL})


def write(path: Path, *cells) -> Path:
    path.write_text(nbformat.writes(notebook(*cells)), encoding="utf-8")
    return path
