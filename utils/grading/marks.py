"""What an executed notebook earned, by nbgrader's scoring rule, and why not more."""

import ast
import math
import re
from dataclasses import dataclass

from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.utils import determine_grade, is_grade, is_solution

from utils.grading.assignments import exercise_key

NOT_RUN = "NotRun"  # name of the error in cells that came too late


@dataclass(frozen=True)
class Mark:
    """What a graded cell earned: `score` of `points`, `None` when a person decides; why points were lost."""

    score: float | None
    points: float
    message: str = ""


def is_test(cell: NotebookNode) -> bool:
    """Return whether a cell is a test, graded by running it."""
    return is_grade(cell) and not is_solution(cell) and cell.cell_type == "code"


def error(name: str, text: str) -> NotebookNode:
    """Return the output of a cell in which something went wrong that Python did not report itself."""
    return new_output("error", ename=name, evalue=text, traceback=[f"{name}: {text}"])


def settle(cell: NotebookNode) -> None:
    """Arrange the outputs of a test cell such that nbgrader's rule gives what the test meant.

    nbgrader gives nothing for any text on stderr, and the points of the first result or error that it meets. So:
    warnings and progress bars become plain text; an error wins over results; a result counts only where the test ends
    with an expression (partial credit), the last one, and only if it is a number from 0 to the cell's points.
    """
    errors = [output for output in cell.outputs if output.output_type == "error"]
    results = [output for output in cell.outputs if output.output_type == "execute_result"]
    others = [output for output in cell.outputs if output.output_type not in ("error", "execute_result")]
    for output in others:
        if output.get("name") == "stderr":
            output.name = "stdout"
    if not errors and results and _ends_with_an_expression(cell.source):
        text = results[-1].data.get("text/plain", "")
        points = float(cell.metadata.nbgrader.points)
        if not _is_number_of_points(text, points):
            errors = [error("ValueError", f"the test returned {text[:80]!r}, not a number from 0 to {points:g}")]
        others.append(results[-1])
    cell.outputs = errors + others


def _ends_with_an_expression(source: str) -> bool:
    try:
        body = ast.parse(source).body
    except SyntaxError:  # magics; the tests of the course have none
        return True
    return bool(body) and isinstance(body[-1], ast.Expr)


def _is_number_of_points(text: str, points: float) -> bool:
    try:
        value = float(text)
    except ValueError:
        return False
    return math.isfinite(value) and 0 <= value <= points


def grade(notebook: NotebookNode) -> dict[str, Mark]:
    """Return the mark of every graded cell of an executed notebook, by its grade_id.

    The message is one line about the first thing that went wrong in the exercise: the error of the answer's own cell
    if it does not run, else the assertion of the test.
    """
    marks: dict[str, Mark] = {}
    broken: dict[str, str] = {}  # exercise -> error of its answer
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if is_solution(cell) and cell.cell_type == "code":
            for output in cell.outputs:
                if output.output_type == "error" and output.ename != NOT_RUN:
                    broken[exercise_key(grade_id)] = _message(output, "Your cell stops with ")
        if not is_grade(cell):
            continue
        score, points = determine_grade(cell)
        message = _reason(cell) if score is not None and score < points else ""
        if message:
            message = broken.get(exercise_key(grade_id), message)
        marks[grade_id] = Mark(score, points, message)
    return marks


def automatic(notebook: NotebookNode) -> tuple[float, float]:
    """Return the points that the tests of an executed notebook gave, and all that they have to give."""
    pairs = [determine_grade(cell) for cell in notebook.cells if is_test(cell)]
    return sum(score for score, _ in pairs), sum(points for _, points in pairs)


def lost(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the tests of an executed notebook that did not give all their points."""
    tests = [(cell, *determine_grade(cell)) for cell in notebook.cells if is_test(cell)]
    return [cell for cell, score, points in tests if score < points]


def _reason(cell: NotebookNode) -> str:
    """Return in one line why a cell lost points."""
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            return _message(output)
    return "" if cell.cell_type == "code" else "No answer yet."


def _message(error: NotebookNode, prefix: str = "") -> str:
    """Return an error as one line. Of an assertion without a text, the line that failed."""
    text = re.sub(r"<ipython-input-[^>]*>, ", "", error.evalue)  # in a SyntaxError
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if error.ename == "NotImplementedError" and not lines:
        return "Not implemented yet."
    if error.ename in (NOT_RUN, "AssertionError") and lines:
        return " ".join(lines)
    if error.ename == "AssertionError":
        lines = re.findall(r"^-+> *\d+ (.*)$", "\n".join(error.traceback), flags=re.MULTILINE)[-1:]
    return prefix + ": ".join([error.ename, *(line.strip() for line in lines[:1])])
