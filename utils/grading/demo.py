"""A made-up class, graded end to end: `course demo-class`. Shows what grading does, and how fast it is on this machine.

The class gets a temporary folder of its own. Its students are right, wrong, empty and hostile, in fixed shares. Then
stock nbgrader grades the same submissions, for comparison: without a sandbox, since it has none, so the hostile ones
are of the kind that only wants points.
"""

import logging
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.converters import Autograde
from nbgrader.preprocessors import Execute
from nbgrader.utils import is_solution
from traitlets.config import Config

from utils.grading import classroom, marks
from utils.grading.assignments import Assignment
from utils.grading.rebuild import released

DROP_ASSERTIONS = """
import ast
class NoAssertions(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()
get_ipython().ast_transformers.append(NoAssertions())
"""
PATCH_CHECKS = """
from utils import checks
checks.equal = checks.close = checks.number = checks.shape = checks.raises = lambda *args, **kwargs: None
"""
LEAVE = "import os\nos._exit(0)"


def right(notebook: NotebookNode, solved: dict[str, str]) -> None:
    for cell in filter(is_solution, notebook.cells):
        cell.source = solved[cell.metadata.nbgrader.grade_id]


def half(notebook: NotebookNode, solved: dict[str, str]) -> None:
    """Solve every other exercise."""
    for cell in list(filter(is_solution, notebook.cells))[::2]:
        cell.source = solved[cell.metadata.nbgrader.grade_id]


def empty(notebook: NotebookNode, solved: dict[str, str]) -> None:
    """Hand in what was handed out."""


def _in_first_answer(code: str) -> Callable[[NotebookNode, dict[str, str]], None]:
    def attack(notebook: NotebookNode, solved: dict[str, str]) -> None:
        next(filter(is_solution, notebook.cells)).source = code

    return attack


def skip_tests(notebook: NotebookNode, solved: dict[str, str]) -> None:
    for cell in filter(marks.is_test, notebook.cells):
        cell.metadata["tags"] = ["skip-execution"]


def empty_tests(notebook: NotebookNode, solved: dict[str, str]) -> None:
    for cell in filter(marks.is_test, notebook.cells):
        cell.source = "pass"


KINDS = {
    "right": right,
    "half": half,
    "empty": empty,
    "hostile-assert": _in_first_answer(DROP_ASSERTIONS),
    "hostile-skip": skip_tests,
    "hostile-checks": _in_first_answer(PATCH_CHECKS),
    "hostile-tests": empty_tests,
    "hostile-exit": _in_first_answer(LEAVE),
}
PARTS = {  # of a record's seconds
    "kernel": "kernel start and end",
    "cells": "cells",
    "visible": "second run, for the feedback",
    "gradebook": "gradebook and files",
}
HOSTILE = [kind for kind in KINDS if kind.startswith("hostile")]


@dataclass
class Demo:
    """What came of it. Times in seconds; `ours` and `stock` are of the whole class."""

    summary: classroom.Summary
    scores: dict[str, float | None] = field(default_factory=dict)
    stock_scores: dict[str, float | None] = field(default_factory=dict)
    ours: float = 0.0
    stock: float = 0.0
    parts: dict[str, float] = field(default_factory=dict)  # of ours, a submission
    stock_parts: dict[str, float] = field(default_factory=dict)


def kind_of(number: int) -> str:
    """Return what kind of student the one with this number is: of ten, six right, two half, one empty, one hostile."""
    place = number % 10
    if place == 9:
        return HOSTILE[number // 10 % len(HOSTILE)]
    return ("right", "right", "half", "right", "empty", "right", "right", "half", "right")[place]


def make(assignment: Assignment, students: int, root: Path, config: Path) -> Assignment:
    """Write the folder of a class that has handed in `assignment`."""
    copy = Assignment(assignment.name, root)
    copy.source.parent.mkdir(parents=True)
    shutil.copy(assignment.source, copy.source)
    shutil.copy(config, root / "nbgrader_config.py")
    source = nbformat.read(assignment.source, as_version=4)
    solved = {cell.metadata.nbgrader.grade_id: cell.source for cell in source.cells if is_solution(cell)}
    for number in range(students):
        kind = kind_of(number)
        notebook = released(source)
        KINDS[kind](notebook, solved)
        folder = root / "classroom" / "submitted" / f"{number:03}-{kind}" / assignment.name
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / f"{assignment.name}.ipynb")
    return copy


def run(
    assignment: Assignment,
    students: int,
    config: Path,
    jobs: int | None = None,
    compare: bool = True,
    progress: Callable[[str, int, int], None] = lambda what, done, of: None,
) -> Demo:
    """Make a class, grade it, and grade it once more with stock nbgrader.

    Raises:
        CannotGrade: there is no sandbox.
    """
    with tempfile.TemporaryDirectory(prefix="course-demo-") as folder:
        room = make(assignment, students, Path(folder, "ours"), config)
        begun = time.monotonic()
        summary = classroom.grade(
            room, jobs=jobs, progress=lambda done, of, student: progress("in the sandbox", done, of)
        )
        demo = Demo(summary, ours=time.monotonic() - begun)
        demo.scores = _scores(room)
        for part, name in PARTS.items():
            demo.parts[name] = mean(record.seconds.get(part, 0.0) for record in summary.graded)
        if compare:
            _stock(make(assignment, students, Path(folder, "stock"), config), demo, progress)
    return demo


def _scores(room: Assignment) -> dict[str, float | None]:
    """Return each student's automatic points from the gradebook, None where a test has no mark."""
    scores: dict[str, float | None] = {}
    with Gradebook(f"sqlite:///{room.root}/classroom/gradebook.db") as gradebook:
        for submission in gradebook.assignment_submissions(room.name):
            grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
            tests = [grade.auto_score for grade in grades if grade.cell.cell_type == "code"]
            scores[submission.student.id] = None if None in tests else sum(tests)
    return scores


# --- the same with stock nbgrader, timed from outside -----------------------------------------------------------------


class TimedExecute(Execute):
    """nbgrader's own, with a clock."""

    cells = 0.0
    whole = 0.0
    imports = 0.0

    def preprocess(self, nb: NotebookNode, resources: dict, km=None) -> tuple[NotebookNode, dict]:
        begun = time.monotonic()
        try:
            return super().preprocess(nb, resources, km)
        finally:
            TimedExecute.whole += time.monotonic() - begun

    def preprocess_cell(self, cell: NotebookNode, resources: dict, index: int) -> tuple[NotebookNode, dict]:
        begun = time.monotonic()
        try:
            return super().preprocess_cell(cell, resources, index)
        finally:
            spent = time.monotonic() - begun
            TimedExecute.cells += spent
            if "import torch" in cell.source:
                TimedExecute.imports += spent


def _stock(room: Assignment, demo: Demo, progress: Callable[[str, int, int], None]) -> None:
    config = Config()
    config.CourseDirectory.root = str(room.root)
    config.CourseDirectory.source_directory = "solutions"
    for name in ("release", "submitted", "autograded"):
        config.CourseDirectory[f"{name}_directory"] = f"classroom/{name}"
    config.CourseDirectory.db_url = f"sqlite:///{room.root}/classroom/gradebook.db"
    config.Autograde.autograde_preprocessors = [
        TimedExecute if preprocessor is Execute else preprocessor
        for preprocessor in Autograde.autograde_preprocessors.default()
    ]
    config.Execute.extra_arguments = ["--IPKernelApp.log_level=ERROR"]  # it warns of every kernel on the network
    logging.getLogger("traitlets").setLevel(logging.CRITICAL)
    TimedExecute.cells = TimedExecute.whole = TimedExecute.imports = 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        api = NbGraderAPI(config=config)
        students = sorted(path.name for path in (room.root / "classroom" / "submitted").iterdir())
        progress("by stock nbgrader", 0, len(students))
        begun = time.monotonic()
        api.generate_assignment(room.name)
        for done, student in enumerate(students, start=1):  # one process for all, which is the fastest it can do
            api.autograde(room.name, student)
            progress("by stock nbgrader", done, len(students))
        demo.stock = time.monotonic() - begun
    demo.stock_scores = {student: None for student in students} | _scores(room)
    count = len(students)
    demo.stock_parts = {
        "kernel start and end": (TimedExecute.whole - TimedExecute.cells) / count,
        "import torch": TimedExecute.imports / count,
        "cells": (TimedExecute.cells - TimedExecute.imports) / count,
        "gradebook and files": (demo.stock - TimedExecute.whole) / count,
    }
