"""A gradebook in PostgreSQL holds and shows what one in SQLite does."""

import csv
import shutil
import socket
import subprocess
from pathlib import Path

import nbformat
import psycopg
import pytest
from nbgrader import dbutil
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.plugins import CsvExportPlugin
from sqlalchemy.exc import OperationalError
from tiny_course import NAME
from traitlets.config import PyFileConfigLoader

from utils.grading.assignments import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning:nbgrader")]

RIGHT, WRONG = "def add(a, b):\n    return a + b", "def add(a, b):\n    return a * b"
ANSWERS = {"right": (RIGHT, "Because."), "wrong": (WRONG, None), "empty": (None, None)}
MARKS = {"right": 5.5, "wrong": 1.0, "empty": 0.0}
COMMENT = "Très bien — 正しい 🎉 'quoted' \"twice\" \\ %s :name; DROP TABLE grade;--"


@pytest.fixture
def course(tiny) -> Path:
    """The tiny course with the settings of the real one."""
    shutil.copy(ROOT / "nbgrader_config.py", tiny.root)
    return tiny.root


def hand_in(root: Path, student: str, code: str | None, text: str | None) -> None:
    notebook = nbformat.read(root / "exercises" / NAME / f"{NAME}.ipynb", as_version=4)
    answers = {"ex1-add": code, "ex2-why": text}
    for cell in notebook.cells:
        if answer := answers.get(cell.metadata.nbgrader.grade_id):
            cell.source = answer
    folder = root / "classroom" / "submitted" / student / NAME
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{NAME}.ipynb")
    (folder / "timestamp.txt").write_text("2026-02-03 04:05:06.789 UTC")


def open_course(root: Path) -> NbGraderAPI:
    return NbGraderAPI(config=PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config())


def must(result: dict) -> None:
    assert result["success"], f"{result.get('error')}\n{result.get('log')}"


def mark_by_hand(gradebook: Gradebook, student: str) -> None:
    gradebook.find_grade("ex2-why", NAME, NAME, student).manual_score = 1.5
    gradebook.find_comment("ex2-why", NAME, NAME, student).manual_comment = COMMENT
    gradebook.db.commit()


def shown(api: NbGraderAPI, gradebook: Gradebook) -> dict:
    """Return all that the form grader lists, in an order of ours."""
    pages = {
        "assignments": api.get_assignments(),
        "notebooks": api.get_notebooks(NAME),
        "submissions": api.get_submissions(NAME),
        "notebook submissions": api.get_notebook_submissions(NAME, NAME),
        "students": api.get_students(),
        "for export": [*gradebook.submission_dicts(NAME), *gradebook.student_dicts()],
    }
    for student in ANSWERS:
        pages[student] = api.get_student_submissions(student) + api.get_student_notebook_submissions(student, NAME)
    return {page: sorted(map(without_ids, rows), key=str) for page, rows in pages.items()}


def without_ids(row: dict) -> dict:
    """Leave out random ids of rows, and `index`, their order."""
    return {key: value for key, value in row.items() if key not in ("id", "index") or value in ANSWERS}


def run_the_loop(root: Path) -> tuple[list[dict], dict, dict[str, str]]:
    """Release, grade, mark, comment, give feedback and export. Return the exported rows, the pages, the feedback."""
    api = open_course(root)
    must(api.generate_assignment(NAME))
    for student in ANSWERS:
        must(api.autograde(NAME, student))
    with Gradebook(api.coursedir.db_url) as gradebook:
        gradebook.update_or_create_student("right", first_name="Žofie", last_name="O'Hara 山", email="z@example.org")
        gradebook.update_or_create_assignment(NAME, duedate="2026-02-01 00:00:00 UTC")
        gradebook.grant_extension(NAME, "wrong", days=3)
        mark_by_hand(gradebook, "right")
        CsvExportPlugin(config=api.config).export(gradebook)
        pages = shown(api, gradebook)
    must(api.generate_feedback(NAME))
    feedback = {path.parts[-3]: path.read_text(encoding="utf-8") for path in root.glob("classroom/feedback/*/*/*.html")}
    with open(root / "classroom" / "grades.csv", newline="", encoding="utf-8") as file:
        return sorted(csv.DictReader(file), key=str), pages, feedback


def scores(url: str) -> dict[str, float]:
    with Gradebook(url) as gradebook:
        return {row["student"]: row["score"] for row in gradebook.submission_dicts(NAME)}


def test_marks_pages_and_feedback_are_those_of_sqlite(course, postgres_url, monkeypatch):
    for student, answers in ANSWERS.items():
        hand_in(course, student, *answers)
    in_sqlite = run_the_loop(course)
    shutil.copy(course / "classroom" / "gradebook.db", course / "kept.db")
    monkeypatch.setenv("COURSE_DB", postgres_url)
    (course / "classroom" / "gradebook.db").unlink()
    rows, pages, feedback = run_the_loop(course)

    assert {row["student_id"]: float(row["score"]) for row in rows} == MARKS == scores(postgres_url)
    assert rows == in_sqlite[0]
    for page, shown_by_sqlite in in_sqlite[1].items():
        assert pages[page] == shown_by_sqlite, page
    assert set(feedback) == set(ANSWERS)
    assert "Très bien — 正しい 🎉" in feedback["right"]
    assert not (course / "classroom" / "gradebook.db").exists()


def test_text_that_postgresql_refuses_stays_out_of_the_gradebook(course, postgres_url, monkeypatch):
    """PostgreSQL stores no NUL character. What students write is kept in files, not in the gradebook."""
    monkeypatch.setenv("COURSE_DB", postgres_url)
    api = open_course(course)
    must(api.generate_assignment(NAME))
    hand_in(
        course,
        "O'Hara 山 %s",
        f"print('\\0 \\x1b[31m 🎉')\nnote = '\\0'\n{RIGHT}",
        "NUL \0, escape \x1b, 🎉, " + "ä" * 100_000,
    )
    must(api.autograde(NAME, "O'Hara 山 %s"))
    must(api.generate_feedback(NAME, "O'Hara 山 %s"))
    assert scores(postgres_url) == {"O'Hara 山 %s": 4}


def test_a_name_too_long_for_postgresql_is_refused_and_the_next_student_graded(course, postgres_url, monkeypatch):
    monkeypatch.setenv("COURSE_DB", postgres_url)
    api = open_course(course)
    must(api.generate_assignment(NAME))
    hand_in(course, "x" * 129, RIGHT, None)
    hand_in(course, "y", RIGHT, None)
    refused = api.autograde(NAME, "x" * 129)
    assert not refused["success"] and "value too long for type character varying(128)" in refused["log"]
    must(api.autograde(NAME, "y"))
    assert scores(postgres_url) == {"y": 4}


def test_two_processes_grade_different_students_at_once(course, postgres_url, monkeypatch):
    monkeypatch.setenv("COURSE_DB", postgres_url)
    must(open_course(course).generate_assignment(NAME))
    for group in ("red", "blue"):
        hand_in(course, f"{group}-right", RIGHT, None)
        hand_in(course, f"{group}-wrong", WRONG, None)
    processes = [
        subprocess.Popen(
            ["nbgrader", "autograde", NAME, f"--student={group}*", "--create"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for group in ("red", "blue")
    ]
    logs = [process.communicate(timeout=600)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], "\n".join(logs)
    assert scores(postgres_url) == {"red-right": 4, "red-wrong": 1, "blue-right": 4, "blue-wrong": 1}


def test_a_new_database_is_up_to_date_and_stays_so(postgres_url, capfd):
    for _ in range(2):
        with Gradebook(postgres_url, "a course") as gradebook:
            gradebook.update_or_create_student("s")
        dbutil.upgrade(postgres_url)  # what `nbgrader db upgrade` calls
        said = capfd.readouterr().err
        assert "PostgresqlImpl" in said and "Running upgrade" not in said
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        assert connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)


def test_a_server_that_does_not_answer_is_named(course, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens there
        port = taken.getsockname()[1]
        monkeypatch.setenv("COURSE_DB", f"postgresql+psycopg://someone:secret@127.0.0.1:{port}/marks")
        api = open_course(course)
        problem = f'connection to server at "127.0.0.1", port {port} failed: Connection refused'
        with pytest.raises(OperationalError, match=problem) as raised:
            Gradebook(api.coursedir.db_url)
        result = api.generate_assignment(NAME)
    assert "secret" not in str(raised.value)
    assert not result["success"]
    assert problem in result["error"] + result["log"]
