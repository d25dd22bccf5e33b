"""Put a learner's answers into the official notebook, so that only answers can differ from it."""

from copy import deepcopy
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme, ClearSolutions, NbGraderPreprocessor
from nbgrader.utils import compute_checksum, is_solution
from traitlets import Unicode, default

from utils.grading import assignments


def rebuild(source: NotebookNode, submitted: NotebookNode) -> NotebookNode:
    """Return the official notebook, hidden tests included, with a submission's answers in its solution cells.

    Deleted, changed, duplicated, reordered and unlocked cells of the submission make no difference to the tests that
    run: from the submission come only the text of solution cells (found by grade_id, or by cell id where the metadata
    were stripped), pictures pasted into them, and the learner's extra cells, each after the cell that it follows in the
    submission. Copies of a solution cell count as extra cells, so that they run in the order the learner sees. A
    solution cell that is missing becomes the stub of the release again.

    Args:
        source: the notebook from `solutions/`.
        submitted: the learner's notebook, nbformat 4.
    """
    skeleton, stubs = deepcopy(source), released(source)
    solutions = {grade_id(cell) for cell in source.cells if is_solution(cell)}
    others = {grade_id(cell) for cell in source.cells} - solutions - {None}
    official = {(cell.cell_type, cell.source.strip()) for cell in stubs.cells}

    answers: dict[str, NotebookNode] = {}
    extras: dict[str | None, list[NotebookNode]] = {}
    after = None  # the official cell that the learner's extra cells follow
    for cell, key in zip(submitted.cells, official_keys(source, submitted), strict=True):
        if key in others:
            after = key
        elif key in solutions and key not in answers:
            answers[key] = cell
            after = key
        elif cell.cell_type != "raw" and (cell.cell_type, cell.source.strip()) not in official:
            new = new_code_cell if cell.cell_type == "code" else new_markdown_cell
            extras.setdefault(after, []).append(_fill(new(), cell))

    cells = extras.get(None, [])
    for cell, stub in zip(skeleton.cells, stubs.cells, strict=True):
        key = grade_id(cell)
        if key in solutions:
            _fill(cell, answers.get(key, stub))
            # nbgrader gives no points to a written answer whose checksum is that of the stub, and notes "No response."
            cell.metadata.nbgrader.checksum = compute_checksum(stub)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        cells += [cell, *(extras.get(key, []) if key else [])]
    skeleton.cells = cells
    skeleton.nbformat_minor = max(5, skeleton.nbformat_minor)  # extra cells have ids
    return skeleton


def released(source: NotebookNode) -> NotebookNode:
    """Return what nbgrader hands out: stubs for solutions, no hidden tests, no mark schemes."""
    notebook = deepcopy(source)
    for clear in (ClearSolutions, ClearHiddenTests, ClearMarkScheme):
        notebook, _ = clear().preprocess(notebook, {})
    return notebook


def official_keys(official: NotebookNode, submitted: NotebookNode) -> list[str | None]:
    """Return for each cell of a submission the grade_id of the official one that it is, found by that or by cell id."""
    ids = {cell.get("id"): grade_id(cell) for cell in official.cells if grade_id(cell)}
    known = set(ids.values())
    ids.pop(None, None)  # of notebooks older than cell ids
    return [grade_id(cell) if grade_id(cell) in known else ids.get(cell.get("id")) for cell in submitted.cells]


def _fill(cell: NotebookNode, answer: NotebookNode) -> NotebookNode:
    """Give a cell the text of another, and the pictures pasted into it."""
    cell.source = answer.source
    if cell.cell_type == "markdown" and answer.get("attachments"):
        cell.attachments = deepcopy(answer.attachments)
    return cell


class Rebuild(NbGraderPreprocessor):
    """The first of `Autograde.sanitize_preprocessors`: nbgrader goes on with what `rebuild` made of a submission."""

    sources = Unicode("solutions", help="The folder of the source notebooks, below `root`.").tag(config=True)
    root = Unicode(help="The course's folder.").tag(config=True)

    @default("root")
    def _root_default(self) -> str:
        return str(assignments.ROOT)

    def preprocess(self, nb, resources):
        names = resources["nbgrader"]
        path = Path(self.root, self.sources, names["assignment"], f"{names['notebook']}.ipynb")
        return rebuild(nbformat.read(path, as_version=4), nb), resources


def grade_id(cell: NotebookNode) -> str | None:
    """Return nbgrader's name of a cell."""
    return cell.metadata.get("nbgrader", {}).get("grade_id")
