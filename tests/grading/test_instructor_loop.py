"""The guide for instructors: what it says, and what its commands do in a throw-away copy of the course."""

import csv
import re
import shlex
import shutil
import subprocess
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.utils import is_grade, is_solution
from traitlets.config import PyFileConfigLoader

from utils.grading import assignments, course, records
from utils.grading import classroom as grading
from utils.grading.assignments import ROOT, Assignment, with_source

PAGE = (ROOT / "docs" / "instructors.md").read_text(encoding="utf-8")
BOXES = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
COMMANDS = [line for kind, box in BOXES if kind == "sh" for line in box.splitlines()]
SETTINGS = "".join(box for kind, box in BOXES if kind == "python")
DOCUMENTED, DEMO = "02_patch_embedding", "00_start_here"
BY_STUDENT = ("submit", "fetch_feedback")  # all students are one user here


# --- what the page says


def test_the_page_shows_the_whole_loop():
    verbs = [tuple(command.split()[:2]) for command in COMMANDS]
    assert {program for program, _ in verbs} == {"course", "nbgrader"}
    loop = [verb for _, verb in verbs]
    order = ["doctor", "demo-class", "generate_assignment", "release_assignment", "fetch_assignment", "submit"]
    order += ["collect", "zip_collect", "grade", "feedback", "release_feedback", "fetch_feedback", "export"]
    assert list(dict.fromkeys(verb for verb in loop if verb != "db")) == order
    assert all(DOCUMENTED in command for command in COMMANDS if command.startswith("nbgrader"))


def test_the_page_explains_every_flag():
    explained = re.findall(r"^\| `(\w+)` \|", PAGE, flags=re.MULTILINE)
    assert explained == list(records.FLAGS)


@pytest.mark.parametrize("command", ["grade", "feedback", "export", "demo-class"])
def test_the_page_names_every_option(command, capsys):
    with pytest.raises(SystemExit):
        course.main([command, "--help"])
    options = set(re.findall(r"^  (-[a-z]|--[a-z-]+)", capsys.readouterr().out, flags=re.MULTILINE)) - {"-h"}
    assert options and not {option for option in options if not re.search(rf"(?<![\w-]){option}(?![\w-])", PAGE)}


@pytest.mark.parametrize(
    "path, student",
    [
        ("submissions/lovelaceada_12345_67890_02_patch_embedding.ipynb", "12345"),
        ("submissions/turingalan_LATE_12346_67891_02_patch_embedding-1.ipynb", "12346"),
        ("X-02-4711/Émile O'Borel_777_assignsubmission_file/02_patch_embedding.ipynb", "Émile O'Borel"),
    ],
)
def test_the_pages_patterns_find_who_handed_in(path, student):
    patterns = re.findall(r"named_regexp='(.+)'$", PAGE, flags=re.MULTILINE)
    assert len(patterns) == 2
    pattern = patterns[path.startswith("X-")]
    found = re.match(pattern, f"/course/classroom/downloaded/02_patch_embedding/extracted/{path}").groupdict()
    assert found == {"student_id": student, "file_id": DOCUMENTED}


def test_links_within_the_page_and_to_files_lead_somewhere():
    headings = re.findall(r"^## (.+)$", PAGE, flags=re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    links = re.findall(r"\]\((?!http)([^)]+)\)", PAGE)
    assert links
    for link in links:
        assert link[1:] in anchors if link.startswith("#") else (ROOT / "docs" / link).exists(), link


# --- what happens


@pytest.fixture
def classroom(request, tmp_path, monkeypatch) -> Assignment:
    """An assignment in a copy of the course that holds nothing else, under git."""
    assignment = Assignment(request.param.name, tmp_path / "course")
    for name in {assignment.name, DEMO} if assignment.name == DOCUMENTED else {assignment.name}:
        for part in ("solutions", "exercises"):
            shutil.copytree(ROOT / part / name, assignment.root / part / name)
    for name in ("nbgrader_config.py", ".gitignore"):
        shutil.copy(ROOT / name, assignment.root)
    if assignment.name == DOCUMENTED:
        with open(assignment.root / "nbgrader_config.py", "a", encoding="utf-8") as config:
            config.write(f"\n\n{SETTINGS}")
    monkeypatch.setenv("COURSE_WORK", str(assignment.root / "work"))
    for name in ("COURSE_EXCHANGE", "COURSE_DB", "JPY_PARENT_PID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(assignments, "ROOT", assignment.root)
    monkeypatch.chdir(assignment.root)
    git("init", "--quiet")
    git("add", ".")
    git("-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "--quiet", "--message=x")
    return assignment


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout


def submissions(assignment: Assignment) -> dict[str, nbformat.NotebookNode]:
    """Return what three students made of what was released: Ada's is wrong, Emmy's empty, Grace's right."""
    source = nbformat.read(assignment.source, as_version=4)
    solved = {cell.metadata.nbgrader.grade_id: cell.source for cell in source.cells if is_solution(cell)}
    path = sorted((ROOT / "tests" / "exercises" / assignment.name).glob("*.py"))[0]
    _, wrong, *_ = re.split(
        r"^# %% wrong: .+\n|^# %% right: .+\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    answers = {"ada": solved | {path.stem.replace("_", "-"): wrong}, "emmy": {}, "grace": solved}
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
    nbformat.write(notebooks["grace"], archive / f"grace_{assignment.name}.ipynb")
    with zipfile.ZipFile(archive / "emmy.zip", "w") as bundle:
        bundle.writestr(f"{assignment.name}/{assignment.name}.ipynb", nbformat.writes(notebooks["emmy"]))
    for command in COMMANDS:
        program, verb, *arguments = shlex.split(command)
        if verb == "submit":
            nbformat.write(notebooks["ada"], assignment.work)
        if program == "course":
            assert course.main([verb, *arguments]) == 0, command
        else:
            words = [program, verb, *arguments, *(["--student=ada"] if verb in BY_STUDENT else [])]
            done = subprocess.run(words, capture_output=True, text=True, timeout=600)
            assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    assert list(Path("work", assignment.name, "feedback").rglob("*.html"))


def in_one_process(assignment: Assignment) -> None:
    """Do the same through the Python interfaces, without the seconds each command takes to start."""
    for student, notebook in submissions(assignment).items():
        path = Path("classroom/submitted", student, assignment.name, f"{assignment.name}.ipynb")
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)
    config = PyFileConfigLoader("nbgrader_config.py", path=str(assignment.root)).load_config()
    released = NbGraderAPI(config=config).generate_assignment(assignment.name)
    assert released["success"], released.get("log")
    summary = grading.grade(assignment)
    assert summary.failed == {} and len(summary.graded) == 3
    assert not any(record.flags for record in summary.graded)
    assert grading.feedback(assignment) == (["ada", "emmy", "grace"], {})
    for kind in ("marks", "per-question", "canvas", "moodle"):
        grading.export(assignment.root, kind, None, [assignment.name], provisional=True)


def rows(name: str) -> list[dict[str, str]]:
    with open(Path("classroom", name), newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap: apt install bubblewrap")
@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning:nbgrader")
@pytest.mark.parametrize("classroom", with_source(), ids=lambda a: a.name, indirect=True)
def test_from_release_to_marks(classroom):
    """Right work gets all automatic points, wrong work fewer, empty work none; nothing lies outside classroom/."""
    by_commands(classroom) if classroom.name == DOCUMENTED else in_one_process(classroom)

    automatic = sum(exercise.points for exercise in classroom.exercises if not exercise.manual)
    everything = sum(exercise.points for exercise in classroom.exercises)
    marks = {row["student_id"]: row for row in rows("grades.csv")}
    scores = {student: float(row["raw_score"]) for student, row in marks.items()}
    assert set(marks) == {"ada", "emmy", "grace"}
    assert {float(row["max_score"]) for row in marks.values()} == {everything}
    assert scores["emmy"] == 0 < scores["ada"] < scores["grace"] == automatic
    late = {"ada"} if classroom.name == DOCUMENTED else set()  # the page's due date is past, its penalty 10 % a day
    assert {s: float(row["score"]) for s, row in marks.items()} == scores | dict.fromkeys(late, 0)

    assert len(rows("grades-per-question.csv")) == 3 * len(classroom.exercises)
    waiting = {"ada", "grace"} if automatic < everything else set()
    canvas = {row["SIS Login ID"]: row[classroom.name] for row in rows("grades-canvas.csv")}
    moodle = {row["Username"]: row[classroom.name] for row in rows("grades-moodle.csv")}
    assert set(canvas) == {"", "ada", "emmy", "grace"} and set(moodle) == {"ada", "emmy", "grace"}
    assert float(moodle["grace"]) == automatic and canvas["emmy"] == "0.0"
    if classroom.name == DOCUMENTED:  # without --provisional
        assert {student for student, mark in canvas.items() if not mark} == waiting

    with Gradebook(f"sqlite:///{classroom.root}/classroom/gradebook.db") as gradebook:
        found = {s.student.id for s in gradebook.assignment_submissions(classroom.name) if s.needs_manual_grade}
    assert found == waiting

    for student in marks:
        feedback = Path("classroom/feedback", student, classroom.name, f"{classroom.name}.html")
        assert "Exercise" in feedback.read_text(encoding="utf-8")
    assert git("status", "--porcelain") == "", (
        "grading changed files of the repository, or left some outside classroom/"
    )
