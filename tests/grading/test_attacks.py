"""A class of attacks and honest submissions, graded in one run: nobody gains anything, and nobody else loses anything.

The submissions are the files in `attacks/` and `honest/`; `attacked_course.py` says how to write one. Never grade them
without a sandbox: some would take this machine down.
"""

import base64
import codecs
import contextlib
import ctypes
import hashlib
import os
import shutil
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import nbformat
import psutil
import pytest
from attacked_course import FILE, FULL, MARKER, NAME, attacked_source, cases, hand_in
from bs4 import BeautifulSoup
from nbgrader.api import Gradebook

from utils.grading import records
from utils.grading.assignments import ROOT
from utils.grading.release import release

ATTACKS, HONEST = cases("attacks"), cases("honest")
NEIGHBOURS = {name: None for name in ("aaa_honest", "mmm_honest", "zzz_honest")}  # right answers, nothing else
CLASS = NEIGHBOURS | ATTACKS | HONEST
COMMAND = "import sys; from utils.grading.course import main; sys.exit(main())"
SETTINGS = "\nc.Execute.timeout = 10  # seconds; so that endless loops do not take long\n"
LIMIT = 2 * 60 * 60  # seconds; a run that hangs must end some time

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux" or not shutil.which("bwrap"), reason="needs bubblewrap"),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning:nbgrader"),
]


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Grade the class once, and keep what the tests look at."""
    root, home = tmp_path_factory.mktemp("attacked"), tmp_path_factory.mktemp("home")
    make_course(root)
    (home / ".ssh").mkdir()
    (home / ".ssh" / "id_ed25519").write_text("a false key")
    (home / ".netrc").write_text("machine example.org password false")
    environment = os.environ | {
        "HOME": str(home),
        "PYTHONPATH": str(root),
        "PYTHONDONTWRITEBYTECODE": "1",
        "ATTACKED_SECRET": "false",
    }
    for name in ("COURSE_WORK", "COURSE_EXCHANGE", "JPY_PARENT_PID"):
        environment.pop(name, None)
    adopt_orphans()
    children = set(psutil.Process().children(recursive=True))
    with listening() as (port, visitors):
        for student, case in CLASS.items():
            hand_in(case, student not in ATTACKS, root / "classroom" / "submitted" / student / NAME, port)
        before = fingerprints(root)
        runs = [
            subprocess.run(
                [sys.executable, "-c", COMMAND, *words],
                cwd=root,
                env=environment,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=LIMIT,
            )
            for words in (["grade", NAME[:2], "-j", "2"], ["feedback", NAME[:2]])
        ]
        time.sleep(10)  # what a daemon left behind would need
    yield SimpleNamespace(
        root=root,
        runs=runs,
        visitors=visitors,
        before=before,
        after=fingerprints(root),
        left=[
            process
            for process in psutil.Process().children(recursive=True)
            if process not in children and works(process)
        ],
        scores=scores(root),
    )
    for process in set(psutil.Process().children(recursive=True)) - children:
        process.kill()
    shutil.rmtree(root, ignore_errors=True)  # 3 GB of holes and 100 MB of text


def works(process: psutil.Process) -> bool:
    """Return whether a process does anything still; one that waits to be asked for its end does not."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def make_course(root: Path) -> None:
    """Make a course of one assignment, with its code and a history in git."""
    shutil.copytree(ROOT / "utils", root / "utils", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "solutions" / NAME).mkdir(parents=True)
    nbformat.write(attacked_source(), root / "solutions" / NAME / FILE)
    release(root=root)
    config = (ROOT / "nbgrader_config.py").read_text(encoding="utf-8")
    (root / "nbgrader_config.py").write_text(config + SETTINGS, encoding="utf-8")
    shutil.copy(ROOT / ".gitignore", root)
    author = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    for words in (["init", "-q"], ["add", "."], [*author, "commit", "-q", "-m", "all"]):
        subprocess.run(["git", *words], cwd=root, check=True)


def adopt_orphans() -> None:
    """Become the parent of every process below us that loses its own, so that none gets out of sight."""
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


@contextlib.contextmanager
def listening():
    """Serve on 127.0.0.1 and on an abstract Unix socket. Give the port and the list of those who called."""
    visitors: list = []
    servers = [socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_UNIX)]
    port = servers[0].getsockname()[1]
    servers[1].bind(f"\0attacked-{port}")
    servers[1].listen()

    def serve(server: socket.socket) -> None:
        with contextlib.suppress(OSError):  # it was closed
            while True:
                connection, address = server.accept()
                visitors.append(address)
                connection.close()

    for server in servers:
        threading.Thread(target=serve, args=(server,), daemon=True).start()
    try:
        yield port, visitors
    finally:
        for server in servers:
            server.close()


def fingerprints(root: Path) -> dict[str, str]:
    """Return what each file is that grading has no business with: the course and the submissions."""
    found = {}
    for folder, folders, files in os.walk(root):
        here = Path(folder)
        if here == root / "classroom":
            folders[:] = ["submitted"]
            files = []
        folders[:] = [name for name in folders if name not in ("__pycache__", ".git")]
        for path in [here / name for name in [*folders, *files]]:
            info = path.lstat()
            text = f"{stat.filemode(info.st_mode)} "
            if stat.S_ISLNK(info.st_mode):
                text += os.readlink(path)
            elif stat.S_ISREG(info.st_mode):
                text += str(info.st_size)
                if info.st_size < 10**9:
                    text += hashlib.sha256(path.read_bytes()).hexdigest()
            found[str(path.relative_to(root))] = text
    return found


def scores(root: Path) -> dict[str, list[float | None]]:
    """Return the automatic score of every test cell, for every student in the gradebook."""
    with Gradebook(f"sqlite:///{root}/classroom/gradebook.db") as gradebook:
        return {
            submission.student.id: [
                grade.auto_score
                for notebook in submission.notebooks
                for grade in notebook.grades
                if grade.cell.name.split("-")[0] != "ex5"
            ]
            for submission in gradebook.assignment_submissions(NAME)
        }


def spellings(text: str) -> list[str]:
    """Return a text as it is and as an attack may write it."""
    encoded = [base64.b64encode(bytes(shift) + text.encode()).decode() for shift in range(3)]
    return [
        text,
        text[::-1],
        " ".join(text),
        text.encode().hex(),
        codecs.encode(text, "rot13"),
        *(letters[4:-4] for letters in encoded),  # without what depends on the neighbours
    ]


def outputs(notebook: nbformat.NotebookNode) -> str:
    return str([cell.get("outputs") for cell in notebook.cells])


def pytest_generate_tests(metafunc):
    if "student" in metafunc.fixturenames:
        metafunc.parametrize("student", sorted(CLASS))


def test_the_commands_end_as_they_should(graded):
    for run in graded.runs:
        assert run.returncode in (0, 1), run.stdout[-5000:] + run.stderr[-5000:]
        assert "Traceback" not in run.stderr, run.stderr[-5000:]


def test_everybody_has_an_explicit_score(graded, student):
    marks = graded.scores.get(student)
    assert marks is not None and len(marks) == 5, "not graded"
    assert None not in marks, "a missing grade must be an explicit zero"
    assert all(0 <= mark <= 3 for mark in marks), marks


def test_the_score_is_deserved(graded, student):
    score = sum(graded.scores[student])
    if student not in ATTACKS:
        assert score == FULL
    elif ATTACKS[student].SCORE is not None:
        assert score <= ATTACKS[student].SCORE
    record = records.load(graded.root / "classroom" / "grading", NAME, student)
    assert (record.score, record.points) == (score, FULL)


def test_the_instructor_sees_it(graded, student):
    kinds = {flag.kind for flag in records.load(graded.root / "classroom" / "grading", NAME, student).flags}
    must, may = getattr(CLASS[student], "FLAGS", set()), getattr(CLASS[student], "MAY", set())
    assert must <= kinds <= must | may


def test_nothing_was_read_that_should_not_be(graded, student):
    path = graded.root / "classroom" / "autograded" / student / NAME / FILE
    assert "LEAK:" not in outputs(nbformat.read(path, as_version=4))


def test_the_feedback_shows_no_hidden_test_and_runs_no_script(graded, student):
    path = graded.root / "classroom" / "feedback" / student / NAME / f"{NAME}.html"
    text = path.read_text(encoding="utf-8")
    assert [spelling for spelling in spellings(MARKER) if spelling in text] == []
    for element in BeautifulSoup(text, "html.parser").find_all():
        assert not [name for name in element.attrs if name.startswith("on")], element.name
        assert "attacked" not in str(element.get("href")) + str(element.get("src")) + str(element.get("srcdoc"))
        assert element.name != "script" or "attacked" not in element.text


def test_the_feedback_stays_readable(graded, student):
    path = graded.root / "classroom" / "feedback" / student / NAME / f"{NAME}.html"
    assert path.stat().st_size < 20_000_000


def test_the_course_and_the_submissions_stay_as_they_were(graded):
    assert graded.after == graded.before


def test_nothing_is_written_elsewhere(graded):
    assert [path.name for path in (graded.root / "classroom").glob("attacked*")] == []
    for folder in (sys.prefix, sys.base_prefix, "/etc", "/usr/local", *sys.path):
        assert not Path(folder, "attacked_by_a_submission.txt").exists()
    for folder in ("/tmp", "/dev/shm", "/var/tmp"):
        assert list(Path(folder).glob("attacked-[0-9]*")) == []


def test_no_process_is_left(graded):
    assert graded.left == []


def test_nobody_called_the_server(graded):
    assert graded.visitors == []
