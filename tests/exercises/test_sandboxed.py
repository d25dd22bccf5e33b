"""Honest work keeps its marks: solutions and unusual right answers score the same in the sandbox as outside of it.

Outside, `test_graders.py` proves that each of them gets full marks. Here they run as `course grade` runs them. The first
unusual answers of all exercises make one submission, the second ones another, and so on.
"""

import shutil

import nbformat
import pytest
from test_graders import ANSWERS, ASSIGNMENTS, grade_id, source

from utils.grading import execute
from utils.grading.assignments import Assignment
from utils.grading.marks import grade
from utils.grading.rebuild import rebuild

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap: apt install bubblewrap"),
]


def submissions(assignment: Assignment) -> list[dict[str, str]]:
    """Return answers by grade_id: none replaced, then the first unusual ones of each exercise, the second ones, ..."""
    unusual: dict[str, list[str]] = {}
    for answer in ANSWERS:
        if answer.assignment == assignment and answer.kind == "right":
            unusual.setdefault(answer.cell, []).append(answer.code)
    most = max(map(len, unusual.values()), default=0)
    rounds = [{cell: codes[n] for cell, codes in unusual.items() if n < len(codes)} for n in range(most)]
    return [{}, *rounds]


CASES = [(assignment, n, answers) for assignment in ASSIGNMENTS for n, answers in enumerate(submissions(assignment))]


@pytest.mark.parametrize(
    ("assignment", "number", "answers"), CASES, ids=[f"{assignment.number}-{n or 'solution'}" for assignment, n, _ in CASES]
)
def test_right_work_gets_full_marks_and_no_flag(assignment, number, answers):
    submission = nbformat.from_dict(source(assignment))
    for cell in submission.cells:
        cell.source = answers.get(grade_id(cell), cell.source)
    outcome = execute.run(rebuild(source(assignment), submission), explain=False)
    lost = {key: mark for key, mark in grade(outcome.notebook).items() if mark.score is not None and mark.score < mark.points}
    assert (lost, outcome.flags) == ({}, [])
