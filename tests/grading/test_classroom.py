"""`course grade` on a class: what it does once, what it keeps, and what it survives."""

import ctypes
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from nbgrader.api import Gradebook
from tiny_course import tiny_source

from utils.grading import assignments, classroom, course, records, sandbox
from utils.grading.assignments import Assignment
from utils.grading.rebuild import released

PROJECT = Path(__file__).resolve().parents[2]
RIGHT = "def add(a, b):\n    return a + b"
VISIBLE = "def add(a, b):\n    return 3 if a else 0"  # right where the visible tests look
COMMAND = """
import sys
from pathlib import Path
from utils.grading import assignments, course
assignments.ROOT = Path(sys.argv[1])
sys.exit(course.main(sys.argv[2:]))
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap: apt install bubblewrap"),
]


@pytest.fixture
def room(tiny) -> Assignment:
    """The tiny course with nbgrader's settings and nobody in it yet."""
    shutil.copy(PROJECT / "nbgrader_config.py", tiny.root)
    return tiny


def hand_in(room: Assignment, student: str, code: str = RIGHT, why: str | None = None, when: str | None = None) -> Path:
    notebook = released(tiny_source())
    for cell in notebook.cells:
        if cell.id == "ex1-add":
            cell.source = code
        if cell.id == "ex2-why" and why is not None:
            cell.source = why
    folder = room.root / "classroom" / "submitted" / student / room.name
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / f"{room.name}.ipynb")
    if when:
        (folder / "timestamp.txt").write_text(when)
    return folder


def process(room: Assignment, *arguments: str, wrapper: tuple[str, ...] = (), **options) -> subprocess.Popen:
    """Start a `course` command in a process of its own."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(PROJECT), os.environ.get("PYTHONPATH", "")])}
    command = [*wrapper, sys.executable, "-c", COMMAND, str(room.root), *arguments]
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
    return subprocess.Popen(command, env=environment, **options)


def marks(room: Assignment) -> dict[tuple[str, str], tuple]:
    """Return what the gradebook holds for each student and cell."""
    found = {}
    with Gradebook(f"sqlite:///{room.root}/classroom/gradebook.db") as gradebook:
        for submission in gradebook.assignment_submissions(room.name):
            for notebook in submission.notebooks:
                for grade in notebook.grades:
                    values = (grade.auto_score, grade.manual_score, grade.needs_manual_grade, grade.extra_credit)
                    found[submission.student.id, grade.name] = values
    return found


def total(room: Assignment, student: str) -> float:
    return sum(values[0] or 0 for (name, _), values in marks(room).items() if name == student)


def one_line(text: str) -> bool:
    return text.strip().count("\n") == 0 and "Traceback" not in text


# --- what it does


def test_a_class_is_graded_once_and_then_up_to_date(room, capsys):
    for student, code in {
        "ada": RIGHT,
        "bob": VISIBLE,
        "cy": "def add(a, b):\n    raise NotImplementedError()",
    }.items():
        hand_in(room, student, code, why="Because." if student == "ada" else None)
    assert course.main(["grade", "07"]) == 0
    out = capsys.readouterr().out
    assert [total(room, student) for student in ("ada", "bob", "cy")] == [4, 1, 0]
    assert "3 graded, 0 flagged, 0 failed, 0 up to date" in out
    found = marks(room)
    assert found["ada", "ex2-why"] == (None, None, True, None) and found["cy", "ex2-why"][0] == 0

    before = {path: path.stat().st_mtime_ns for path in (room.root / "classroom" / "autograded").rglob("*.ipynb")}
    assert course.main(["grade", "07"]) == 0
    assert "0 graded, 0 flagged, 0 failed, 3 up to date" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_a_gradebook_that_was_lost_is_filled_again(room, capsys):
    hand_in(room, "ada")
    course.main(["grade", "07"])
    (room.root / "classroom" / "gradebook.db").unlink()
    capsys.readouterr()
    assert course.main(["grade", "07"]) == 0
    assert "1 graded" in capsys.readouterr().out and total(room, "ada") == 4


def test_one_student_can_be_graded_alone(room, capsys):
    for student in ("ada", "bob"):
        hand_in(room, student)
    assert course.main(["grade", "07", "--student", "bob"]) == 0
    assert "1 graded" in capsys.readouterr().out
    assert {student for student, _ in marks(room)} == {"bob"}
    assert course.main(["grade", "07", "--student", "nobody"]) == 1
    assert "nobody" in (message := capsys.readouterr().err) and one_line(message)


def test_a_resubmission_and_a_changed_assignment_are_graded_again_and_marks_by_hand_stay(room, capsys):
    hand_in(room, "ada", VISIBLE, why="Because.")
    hand_in(room, "bob")
    course.main(["grade", "07"])
    with Gradebook(f"sqlite:///{room.root}/classroom/gradebook.db") as gradebook:
        grade = gradebook.find_grade("ex2-why", room.name, room.name, "ada")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        comment = gradebook.find_comment("ex2-why", room.name, room.name, "ada")
        comment.manual_comment = "Say more."
        gradebook.db.commit()
    hand_in(room, "ada", RIGHT, why="Because of that.")
    capsys.readouterr()
    course.main(["grade", "07"])
    assert "1 graded" in capsys.readouterr().out
    found = marks(room)
    assert found["ada", "ex1-add-test"][0] == 3
    assert found["ada", "ex2-why"] == (None, 1.5, True, None)  # to be looked at again, as nbgrader does it
    with Gradebook(f"sqlite:///{room.root}/classroom/gradebook.db") as gradebook:
        assert gradebook.find_comment("ex2-why", room.name, room.name, "ada").comment == "Say more."

    source = tiny_source()
    source.cells[4].source = "assert add(0, 0) == 1"
    nbformat.write(source, room.source)
    course.main(["grade", "07"])
    assert "2 graded" in capsys.readouterr().out
    assert total(room, "ada") == total(room, "bob") == 3


def test_late_submissions_are_late_in_the_gradebook(room):
    hand_in(room, "ada", when="2026-03-02 10:00:00 UTC")
    course.main(["grade", "07"])
    with Gradebook(f"sqlite:///{room.root}/classroom/gradebook.db") as gradebook:
        gradebook.update_or_create_assignment(room.name, duedate="2026-03-01 10:00:00")
        assert gradebook.find_submission(room.name, "ada").total_seconds_late == 24 * 3600


def test_flags_are_shown_and_recorded(room, capsys):
    hand_in(room, "ada", "import os\nos._exit(0)")
    assert course.main(["grade", "07"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "1 graded, 1 flagged" in out and "died: ex1-add ended the Python process" in out
    record = records.load(room.root / "classroom" / "grading", room.name, "ada")
    assert [flag.kind for flag in record.flags] == ["died"] and (record.score, record.points) == (0, 4)
    assert set(record.seconds) == {"kernel", "cells", "visible", "gradebook"}


def test_without_a_sandbox_it_refuses_and_unsafe_says_so(room, capsys, monkeypatch):
    hand_in(room, "ada")
    monkeypatch.setattr(sandbox, "problem", lambda: "bubblewrap is not installed. Run `sudo apt install bubblewrap`.")
    assert course.main(["grade", "07"]) == 1
    assert "apt install bubblewrap" in (message := capsys.readouterr().err) and one_line(message)
    assert not (room.root / "classroom" / "gradebook.db").exists()
    assert course.main(["grade", "07", "--unsafe"]) == 0
    out = capsys.readouterr().out
    assert "UNSAFE" in out and "unsafe:" in out and total(room, "ada") == 4
    monkeypatch.undo()
    monkeypatch.setattr(assignments, "ROOT", room.root)
    assert course.main(["grade", "07"]) == 0  # what was graded unsafely is not up to date
    assert "1 graded, 0 flagged" in capsys.readouterr().out


def test_plain_nbgrader_uses_the_sandbox_too(room):
    hand_in(room, "ada", "import os\ndef add(a, b):\n    return a + b if os.getppid() == 0 else 0")
    hand_in(room, "bob", "def add(a, b):\n    import warnings; warnings.warn('careful'); return a + b")
    folder = room.root / "classroom" / "submitted" / "bob" / room.name / f"{room.name}.ipynb"
    notebook = nbformat.read(folder, as_version=4)
    notebook.cells.append(notebook.cells[3])  # a test cell twice, which stops nbgrader alone
    nbformat.write(notebook, folder)
    for command in (["generate_assignment", room.name, "--force"], ["autograde", room.name]):
        done = subprocess.run(["nbgrader", *command], cwd=room.root, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert [total(room, student) for student in ("ada", "bob")] == [4, 4]


def test_a_failed_submission_is_named_and_tried_again(room, capsys, monkeypatch):
    for student in ("ada", "bob", "cy"):
        hand_in(room, student)
    real = classroom.work

    def work(task):
        if task.student == "bob":
            raise sandbox.SandboxError("No kernel in the sandbox: out of luck.")
        return real(task)

    monkeypatch.setattr(classroom, "work", work)
    assert course.main(["grade", "07"]) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert "2 graded, 0 flagged, 1 failed" in out and "out of luck" in out
    monkeypatch.setattr(classroom, "work", real)
    assert course.main(["grade", "07"]) == 0
    assert "1 graded, 0 flagged, 0 failed, 2 up to date" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["[a-z]*", "<img src=x onerror=alert(1)>", "a" * 129, "tab\there"])
def test_a_name_that_is_a_pattern_or_markup_is_refused(room, capsys, name):
    hand_in(room, "ada")
    hand_in(room, name, VISIBLE)
    assert course.main(["grade", "07"]) == 1
    assert "rename the folder" in " ".join(capsys.readouterr().out.split())
    assert total(room, "ada") == 4 and {student for student, _ in marks(room)} == {"ada"}


# --- what it survives


def class_of(room: Assignment, count: int) -> None:
    for number in range(count):
        hand_in(room, f"s{number:02}", VISIBLE if number % 3 == 0 else RIGHT, why="Because." if number % 2 else None)


def stillborn(process: psutil.Process) -> bool:
    """Return whether this is a box in which nothing has run, and end it.

    Killed right after it has made its child, bubblewrap leaves that child waiting for ever to be let go on.
    """
    if process.name() != "bwrap" or process.children():
        return False
    process.kill()
    return True


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda how: how.name)
def test_killed_at_random_moments_it_goes_on_where_it_was(room, how, tmp_path):
    class_of(room, 8)
    whole = tmp_path / "whole"
    shutil.copytree(room.root, whole)
    assert process(Assignment(room.name, whole), "grade", "07").wait() == 0
    expected = marks(Assignment(room.name, whole))
    moments = random.Random(how)
    folder = room.root / "classroom" / "grading" / room.name
    done: dict[Path, int] = {}
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: orphans become children of this process
    before = set(psutil.Process().children(recursive=True))
    for _ in range(4):
        run = process(room, "grade", "07", start_new_session=True)
        time.sleep(moments.uniform(2, 9))
        run.send_signal(how)
        run.wait(30)
        for path, changed in done.items():  # nothing is done twice
            assert path.stat().st_mtime_ns == changed
        done = {path: path.stat().st_mtime_ns for path in folder.glob("*.json")}
        # What was starting at that moment notices when it has started: the fork server, and nbgrader's alembic.
        _, left = psutil.wait_procs(set(psutil.Process().children(recursive=True)) - before, timeout=120)
        assert not [process for process in left if not stillborn(process)]
    run = process(room, "grade", "07")
    out, err = run.communicate()
    assert run.returncode == 0, err
    assert f"{8 - len(done)} graded, 0 flagged, 0 failed, {len(done)} up to date" in out
    assert marks(room) == expected


def test_ctrl_c_stops_at_once_even_in_an_endless_loop_and_the_next_run_shows_the_flags_of_both(room):
    hand_in(room, "ada", "import os\nos._exit(0)")
    hand_in(room, "bob", "def add(a, b):\n    while True:\n        pass")
    run = process(room, "grade", "07", "-j", "2")
    while not (room.root / "classroom" / "grading" / room.name / "ada.json").exists():
        time.sleep(0.1)
    time.sleep(2)
    run.send_signal(signal.SIGINT)
    _, message = run.communicate(timeout=40)  # a test of bob's takes 60 seconds
    assert run.returncode == 130 and one_line(message) and "What was graded stays" in message
    hand_in(room, "bob")
    out, _ = process(room, "grade", "07").communicate()
    assert "1 graded, 0 flagged, 0 failed, 1 up to date (1 of them flagged)" in out and "died: ex1-add" in out
    assert "more points are given by hand" in out


def test_two_runs_at_once_do_no_harm(room):
    class_of(room, 6)
    first = process(room, "grade", "07")
    lock = room.root / "classroom" / "grading" / ".lock"
    while not (lock.exists() and lock.read_text()):
        time.sleep(0.05)
    second = process(room, "grade", "07")
    _, message = second.communicate()
    assert second.returncode == 1 and one_line(message) and f"process {first.pid}" in message
    out, _ = first.communicate()
    assert "6 graded, 0 flagged, 0 failed" in out
    assert {len([1 for name, _ in marks(room) if name == f"s{n:02}"]) for n in range(6)} == {3}


def test_a_full_disk_is_one_line_and_nothing_is_lost(room, tmp_path):
    class_of(room, 6)
    small = room.root / "classroom"
    kept = tmp_path / "kept"
    shutil.move(small, kept)
    small.mkdir()
    size = sum(path.stat().st_size for path in kept.rglob("*") if path.is_file()) + 200_000
    script = f'cp -r {kept}/. {small} && cp -r {small}/. {kept}; exec "$@"'
    wrapper = ("bwrap", "--dev-bind", "/", "/", "--size", str(size), "--tmpfs", str(small), "sh", "-c", script, "sh")
    run = process(room, "grade", "07", wrapper=wrapper)
    _out, err = run.communicate()
    assert run.returncode == 1 and one_line(err), err
    assert "disk is full" in err and "Graded so far" in err


def test_a_locked_gradebook_is_one_line_and_nothing_is_lost(room, capsys):
    class_of(room, 3)
    assert course.main(["grade", "07", "--student", "s00"]) == 0
    capsys.readouterr()
    other = sqlite3.connect(room.root / "classroom" / "gradebook.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    assert course.main(["grade", "07"]) == 1
    message = capsys.readouterr().err
    assert one_line(message) and "gradebook is locked" in message and "again" in message
    other.execute("ROLLBACK")
    other.close()
    assert course.main(["grade", "07"]) == 0
    assert "2 graded, 0 flagged, 0 failed, 1 up to date" in capsys.readouterr().out


def test_nothing_handed_in_is_said(room, capsys):
    assert course.main(["grade", "07"]) == 1
    assert "nothing by anybody" in (message := capsys.readouterr().err) and one_line(message)
    assert "Collect submissions first" in message
    assert course.main(["feedback", "07", "--student", "zoe"]) == 1
    assert "Nothing by zoe is graded yet" in capsys.readouterr().err


def test_a_broken_record_is_written_anew(room, capsys):
    hand_in(room, "ada")
    course.main(["grade", "07"])
    path = records.path_of(room.root / "classroom" / "grading", room.name, "ada")
    path.write_text("{")
    course.main(["grade", "07"])
    assert json.loads(path.read_text())["score"] == 4
