"""Every grader is proven: the solution gets full marks, the stub none, wrong answers lose some, right ones none.

Parametrised over what is on disk. A new assignment is covered by being in `solutions/`, with its answers in
`tests/exercises/NN_topic/exk_slug.py`: cells that begin with `# %% wrong: why` or `# %% right: what is unusual`, each
of which takes the place of the solution cell `exk-slug`. A wrong one whose line ends in `, costs 1` loses just so much.
"""

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nbformat
import pytest
from nbgrader.utils import is_grade, is_solution

from utils.grading.assignments import ROOT, Assignment, Exercise, exercise_key, with_source
from utils.grading.marks import grade
from utils.grading.rebuild import rebuild, released
from utils.grading.runner import run

HERE = Path(__file__).parent
SMALL = {"00_start_here"}  # not about a chapter's subject: fewer exercises and points than the others
KINDS = ("implement", "find the bug", "predict", "experiment", "explain")
HEAD = re.compile(
    rf"## Exercise (\d)\. \S.*\n\n({'|'.join(KINDS)}) · (easy|medium|hard) · (\d+) minutes · ([\d.]+) points?\n\n"
)
HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS\n(.+?)### END HIDDEN TESTS$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Answer:
    """One answer to one exercise, as a student might give it."""

    assignment: Assignment
    cell: str  # grade_id of the solution cell
    kind: str  # "wrong" or "right"
    reason: str
    code: str

    def __str__(self):
        return f"{self.assignment.number}-{self.cell}-{self.kind}-" + re.sub(r"\W+", "-", self.reason).strip("-")


def read(path: Path, assignment: Assignment) -> list[Answer]:
    """Return the answers in a file."""
    start, *parts = re.split(r"^# %% (wrong|right): (.+)\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert not start.strip() and parts, f"{path} must begin with '# %% wrong: …' or '# %% right: …'."
    cell = path.stem.replace("_", "-")
    return [Answer(assignment, cell, *part) for part in zip(parts[::3], parts[1::3], parts[2::3], strict=True)]


ASSIGNMENTS = with_source()
EXERCISES = [(assignment, exercise) for assignment in ASSIGNMENTS for exercise in assignment.exercises]
AUTOMATIC = [(assignment, exercise) for assignment, exercise in EXERCISES if not exercise.manual]
FILES = {path: a for a in ASSIGNMENTS for path in sorted((HERE / a.name).glob("*.py"))}
ANSWERS = [answer for path, assignment in FILES.items() for answer in read(path, assignment)]


def each(argument, values, ids=str):
    return pytest.mark.parametrize(argument, values, ids=ids)


def each_of(pairs):
    return each(
        ("assignment", "exercise"), pairs, [f"{a.number}-{e.key}-{e.title.replace(' ', '-')}" for a, e in pairs]
    )


each_assignment = each("assignment", ASSIGNMENTS, lambda assignment: assignment.name)


@cache
def source(assignment: Assignment):
    return nbformat.read(assignment.source, as_version=4)


def grade_id(cell) -> str:
    assert "nbgrader" in cell.metadata, f"no grade_id: nbgrader's panel in JupyterLab gives {cell.source[:60]!r} one"
    return cell.metadata.nbgrader.grade_id


def of_exercise(assignment: Assignment, exercise: Exercise) -> list:
    """The cells of an exercise, in order: text, perhaps given code, the answer, its tests, perhaps a text."""
    return [cell for cell in source(assignment).cells if exercise_key(grade_id(cell)) == exercise.key]


def submit(assignment: Assignment, answers: dict[str, str]):
    """Run the official solution with some answers replaced."""
    submission = nbformat.from_dict(source(assignment))
    for cell in submission.cells:
        cell.source = answers.get(grade_id(cell), cell.source)
    return run(rebuild(source(assignment), submission))


def lost(executed) -> dict[str, float]:
    """Points lost per exercise, where there were any. What a person marks does not count."""
    points = {}
    for key, mark in grade(executed).items():
        if mark.score is not None and mark.score < mark.points:
            points[exercise_key(key)] = points.get(exercise_key(key), 0) + mark.points - mark.score
    return points


# What an answer earns


@each_assignment
def test_the_solution_gets_full_marks_in_silence(assignment):
    executed = submit(assignment, {})
    assert lost(executed) == {}
    noise = {grade_id(c): c.outputs for c in executed.cells if is_grade(c) and c.cell_type == "code" and c.outputs}
    assert not noise, "a test cell prints, returns or warns of something"


@each_assignment
def test_the_stub_gets_nothing_anywhere(assignment):
    marks = grade(run(rebuild(source(assignment), released(source(assignment)))))
    assert {key: mark.score for key, mark in marks.items()} == dict.fromkeys(marks, 0)


@pytest.mark.slow
@each("answer", [answer for answer in ANSWERS if answer.kind == "wrong"])
def test_a_wrong_answer_loses_marks_in_its_own_exercise_only(answer):
    executed = submit(answer.assignment, {answer.cell: answer.code})
    points, cost = lost(executed), re.search(r", costs ([\d.]+)$", answer.reason)
    assert list(points) == [exercise_key(answer.cell)]
    assert cost is None or points == {exercise_key(answer.cell): float(cost[1])}
    stopped = [o for c in executed.cells if grade_id(c) == answer.cell for o in c.outputs if o.output_type == "error"]
    assert not stopped, "the answer itself does not run, so it proves nothing about the tests"


@pytest.mark.slow
@each("answer", [answer for answer in ANSWERS if answer.kind == "right"])
def test_an_unusual_right_answer_keeps_all_marks(answer):
    executed = submit(answer.assignment, {answer.cell: answer.code})
    assert lost(executed) == {}, [mark.message for mark in grade(executed).values() if mark.message]


# Enough of them


@each_of(AUTOMATIC)
def test_an_exercise_has_five_wrong_and_two_right_answers(assignment, exercise):
    kinds = [a.kind for a in ANSWERS if a.assignment == assignment and exercise_key(a.cell) == exercise.key]
    assert kinds.count("wrong") >= 5
    assert kinds.count("right") >= 2


@each("path", FILES, lambda path: f"{path.parent.name}-{path.stem}")
def test_an_answer_file_belongs_to_a_solution_cell(path):
    cells = [grade_id(cell) for cell in source(FILES[path]).cells if is_solution(cell)]
    assert path.stem.replace("_", "-") in cells


@each_of([pair for pair in EXERCISES if pair[1].manual])
def test_the_mark_scheme_of_an_explained_exercise_holds_five_wrong_and_two_right_answers(assignment, exercise):
    (cell,) = [cell for cell in of_exercise(assignment, exercise) if is_grade(cell)]
    (scheme,) = re.findall(
        r"^=== BEGIN MARK SCHEME ===$(.+)^=== END MARK SCHEME ===$", cell.source, re.DOTALL | re.MULTILINE
    )
    rows = re.findall(r"^\| (wrong|right) \| .{40,} \| ([\d.]+) \|$", scheme, re.MULTILINE)
    marks = {kind: [float(points) for which, points in rows if which == kind] for kind in ("wrong", "right")}
    assert len(marks["wrong"]) >= 5 and max(marks["wrong"]) < exercise.points
    assert len(marks["right"]) >= 2 and set(marks["right"]) == {exercise.points}


# The form that learners and nbgrader rely on


@each_assignment
def test_an_assignment_has_the_right_size(assignment):
    if assignment.name in SMALL:
        assert sum(exercise.points for exercise in assignment.exercises) <= 4
        return
    assert 4 <= len(assignment.exercises) <= 6
    assert sum(exercise.points for exercise in assignment.exercises) == 20
    kinds = {HEAD.match(of_exercise(assignment, exercise)[0].source)[2] for exercise in assignment.exercises}
    assert len(kinds) >= 3


@each_of(EXERCISES)
def test_an_exercise_begins_with_a_head_that_is_true_and_has_three_hints(assignment, exercise):
    text = of_exercise(assignment, exercise)[0]
    assert text.cell_type == "markdown" and grade_id(text).endswith("-text")
    head = HEAD.match(text.source)
    assert head, f"expected a head such as {KINDS[0]!r} · easy · 10 minutes · 4 points, got {text.source[:80]!r}"
    number, kind, _, minutes, points = head.groups()
    assert (f"ex{number}", float(points)) == (exercise.key, exercise.points)
    assert (kind == "explain") == exercise.manual
    assert 2 <= int(minutes) <= 25
    hints = re.findall(r"<details><summary>Hint (\d): .{5,}?</summary>\n\n.+?\n\n</details>", text.source, re.DOTALL)
    assert hints == ["1", "2", "3"]


@each_of(EXERCISES)
def test_the_cells_of_an_exercise_are_named_locked_and_in_order(assignment, exercise):
    cells = of_exercise(assignment, exercise)
    (answer,) = [cell for cell in cells if is_solution(cell)]
    name, place = grade_id(answer), cells.index(answer)
    assert re.fullmatch(rf"{exercise.key}(-[a-z0-9]+)+", name)
    assert grade_id(cells[0]) == f"{name}-text"
    assert [cell.metadata.nbgrader.locked for cell in cells] == [cell is not answer for cell in cells]
    tests = [f"{name}-test", *(f"{name}-test-{n}" for n in range(2, 9))]
    after = [grade_id(cell) for cell in cells[place + 1 :]]
    if after[-1:] == [f"{name}-after"]:  # a text that looks back
        assert cells[-1].cell_type == "markdown"
        after.pop()
    assert after == ([] if exercise.manual else tests[: len(after)])
    assert exercise.cells == ((name,) if exercise.manual else tuple(after))


@each_of(AUTOMATIC)
def test_tests_are_visible_first_and_hidden_after_and_the_stub_says_what_is_wanted(assignment, exercise):
    cells = of_exercise(assignment, exercise)
    tests = [cell.source for cell in cells if is_grade(cell)]
    assert any(HIDDEN.search(test) for test in tests), "no hidden test"
    for test in tests:
        visible = HIDDEN.sub("", test)
        assert [line for line in visible.splitlines() if line and not line.startswith("#")], "nothing to see"
        assert test.startswith(visible.rstrip()), "the hidden tests must come last"
    answers = {grade_id(cell) for cell in cells if is_solution(cell)}
    (stub,) = [cell for cell in released(source(assignment)).cells if grade_id(cell) in answers]
    (definition,) = [node for node in ast.parse(stub.source).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    assert ast.get_docstring(definition)


@each_assignment
def test_a_notebook_is_committed_clean(assignment):
    notebook = source(assignment)
    remedy = f"run `python -m utils.notebooks {assignment.source.relative_to(ROOT).as_posix()}`"
    assert notebook.metadata == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }, remedy
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    for cell in notebook.cells:
        assert cell.id == grade_id(cell), remedy
        assert list(cell.metadata) == ["nbgrader"], remedy
        assert not cell.get("outputs") and cell.get("execution_count") is None, remedy


@each_assignment
def test_the_release_shows_neither_hidden_tests_nor_solutions_nor_mark_schemes(assignment):
    text = assignment.release.read_text(encoding="utf-8")
    for secret in ("HIDDEN TESTS", "BEGIN SOLUTION", "MARK SCHEME"):
        assert secret not in text
    shown = {grade_id(cell): cell.source for cell in nbformat.reads(text, as_version=4).cells}
    for cell in source(assignment).cells:
        if not is_solution(cell):
            assert shown[grade_id(cell)].rstrip() == HIDDEN.sub("", cell.source).rstrip()
