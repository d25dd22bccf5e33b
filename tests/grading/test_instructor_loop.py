"""The instructor's loop, from release to marks, in a throw-away copy of the course, with real nbgrader."""

import csv
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.plugins import CsvExportPlugin
from nbgrader.utils import is_grade, is_solution
from traitlets.config import PyFileConfigLoader

from utils.grading.assignments import ROOT, Assignment, with_source

PAGE = (ROOT / "docs" / "instructors.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^nbgrader .+$", PAGE, flags=re.MULTILINE)
DOCUMENTED = "02_patch_embedding"

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning:nbgrader")]


@pytest.fixture(params=with_source(), ids=lambda a: a.name)
def classroom(request, tmp_path, monkeypatch) -> Assignment:
    """An assignment in a copy of the course that holds nothing else, under git."""
    assignment = Assignment(request.param.name, tmp_path / "course")
    for part in ("solutions", "exercises"):
        shutil.copytree(ROOT / part / assignment.name, assignment.root / part / assignment.name)
    for name in ("nbgrader_config.py", ".gitignore"):
        shutil.copy(ROOT / name, assignment.root)
    monkeypatch.setenv("COURSE_WORK", str(assignment.root / "work"))
    monkeypatch.delenv("COURSE_EXCHANGE", raising=False)
    monkeypatch.chdir(assignment.root)
    git("init", "--quiet")
    git("add", ".")
    git("-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "--quiet", "--message=x")
    return assignment


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout


def submissions(assignment: Assignment) -> dict[str, nbformat.NotebookNode]:
    """Return three students' notebooks, made from what was released to them."""
    source = nbformat.read(assignment.source, as_version=4)
    solved = {cell.metadata.nbgrader.grade_id: cell.source for cell in source.cells if is_solution(cell)}
    path = sorted((ROOT / "tests" / "exercises" / assignment.name).glob("*.py"))[0]
    _, wrong, *_ = re.split(
        r"^# %% wrong: .+\n|^# %% right: .+\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    answers = {"empty": {}, "right": solved, "wrong": solved | {path.stem.replace("_", "-"): wrong}}
    notebooks = {}
    for student, answer in answers.items():
        notebook = nbformat.read(assignment.release, as_version=4)
        for cell in notebook.cells:
            if is_solution(cell) and answer:
                by_hand = is_grade(cell)
                cell.source = "Because." if by_hand else answer[cell.metadata.nbgrader.grade_id]
        notebooks[student] = notebook
    return notebooks


def by_commands(assignment: Assignment) -> None:
    """Run the commands of the page, and between them do what it asks for."""
    archive = Path("classroom/downloaded", assignment.name, "archive")
    archive.mkdir(parents=True)
    notebooks = submissions(assignment)
    nbformat.write(notebooks["right"], archive / f"right_{assignment.name}.ipynb")
    with zipfile.ZipFile(archive / "empty.zip", "w") as bundle:
        bundle.writestr(f"{assignment.name}/{assignment.name}.ipynb", nbformat.writes(notebooks["empty"]))
    for command in COMMANDS:
        words = command.split()
        if words[1] == "submit":
            nbformat.write(notebooks["wrong"], assignment.work)
            words.append("--student=wrong")  # all three are one user here
        done = subprocess.run(words, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def in_one_process(assignment: Assignment) -> None:
    """Do the same through nbgrader's Python interface, without the seconds each command takes to start."""
    for student, notebook in submissions(assignment).items():
        path = Path("classroom/submitted", student, assignment.name, f"{assignment.name}.ipynb")
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)
    config = PyFileConfigLoader("nbgrader_config.py", path=str(assignment.root)).load_config()
    api = NbGraderAPI(config=config)
    results = [api.generate_assignment(assignment.name)]
    for student in ("empty", "right", "wrong"):
        results += [api.autograde(assignment.name, student), api.generate_feedback(assignment.name, student)]
    assert all(result["success"] for result in results), "\n".join(result.get("log") or "" for result in results)
    with Gradebook(api.coursedir.db_url) as gradebook:
        CsvExportPlugin(config=config).export(gradebook)


def test_the_page_shows_the_whole_loop():
    verbs = [command.split()[1] for command in COMMANDS]
    assert verbs[0] == "generate_assignment" and verbs[-3:] == ["autograde", "generate_feedback", "export"]
    assert {"zip_collect", "release_assignment", "fetch_assignment", "submit", "collect"} == set(verbs[1:-3])
    assert all(DOCUMENTED in command for command in COMMANDS[:-1])


def test_from_release_to_marks(classroom):
    """Right work gets all automatic points, wrong work fewer, empty work none; nothing lies outside classroom/."""
    by_commands(classroom) if classroom.name == DOCUMENTED else in_one_process(classroom)

    automatic = sum(exercise.points for exercise in classroom.exercises if not exercise.manual)
    everything = sum(exercise.points for exercise in classroom.exercises)
    with open("classroom/grades.csv", newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    scores = {student: float(row["score"]) for student, row in rows.items()}
    assert set(rows) == {"empty", "right", "wrong"}
    assert {float(row["max_score"]) for row in rows.values()} == {everything}
    assert scores["empty"] == 0 < scores["wrong"] < scores["right"] == automatic

    with Gradebook(f"sqlite:///{classroom.root}/classroom/gradebook.db") as gradebook:
        waiting = {s.student.id for s in gradebook.assignment_submissions(classroom.name) if s.needs_manual_grade}
    assert waiting == ({"right", "wrong"} if automatic < everything else set())

    for student in rows:
        feedback = Path("classroom/feedback", student, classroom.name, f"{classroom.name}.html")
        assert "Exercise 1" in feedback.read_text(encoding="utf-8")
    assert git("status", "--porcelain") == "", (
        "nbgrader changed files of the repository, or left some outside classroom/"
    )
