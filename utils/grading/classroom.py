"""Grade what a class handed in: `course grade`.

Workers run submissions, on this machine or on a Dask cluster, and return executed notebooks. One process, this one,
writes: nbgrader's gradebook and autograded notebooks, then a record that says it is done. Whatever interrupts it, the
next run does what has no record yet, and nothing twice.
"""

import contextlib
import fcntl
import hashlib
import logging
import os
import re
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGraderAPI
from nbgrader.preprocessors import NbGraderPreprocessor
from sqlalchemy.exc import SQLAlchemyError
from traitlets.config import Config, PyFileConfigLoader

from utils.grading import doctor, execute, intake, marks, provisioner, records, sandbox
from utils.grading import export as exporting
from utils.grading.assignments import Assignment
from utils.grading.rebuild import rebuild
from utils.grading.records import Flag, Record

NAME = re.compile(r"[\w .@+,'()-]{1,128}")  # of a student


class CannotGrade(Exception):
    """Grading cannot begin or cannot go on. The message is one line with what to do."""


@dataclass(frozen=True)
class Task:
    """One submission, with all that a worker needs to know, wherever it runs."""

    student: str
    source: str  # the official notebook
    submission: str  # the cleaned notebook
    files: dict[str, bytes]  # what lies beside it
    sandboxed: bool
    config: dict


@dataclass
class Summary:
    """What a run did. `failed` names submissions that got no mark, with the reason; the next run tries them again."""

    assignment: str
    sandboxed: bool
    graded: list[Record] = field(default_factory=list)
    current: list[Record] = field(default_factory=list)  # were up to date
    failed: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


def work(task: Task) -> execute.Outcome:
    """Run one submission. This is what workers do.

    Raises:
        SandboxError: there is no sandbox where this runs.
    """
    submitted = nbformat.reads(task.submission, as_version=4)
    notebook = rebuild(nbformat.reads(task.source, as_version=4), submitted)
    with tempfile.TemporaryDirectory(prefix="course-", ignore_cleanup_errors=True) as folder:
        for name, content in task.files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return execute.run(notebook, Path(folder), task.sandboxed, config=Config(task.config))


class Executed(NbGraderPreprocessor):
    """Stands where nbgrader executes a notebook, and gives the one that a worker rebuilt and executed."""

    notebook: NotebookNode | None = None

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        return Executed.notebook, resources


class Classroom:
    """The folder `classroom/` of a course, and its gradebook.

    Args:
        root: the folder with `nbgrader_config.py` and `solutions/`.
    """

    def __init__(self, root: Path):
        self.root, self.folder = root, root / "classroom"
        self.records = self.folder / "grading"
        self.config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
        os.environ.update(doctor.with_environment_first())  # nbgrader calls `alembic` by its name

    def submissions(self, assignment: Assignment, student: str | None = None) -> dict[str, Path]:
        """Return the folder of each student who handed in something.

        Raises:
            CannotGrade: nobody did, or not this student.
        """
        folder = self.folder / "submitted"
        names = sorted(path.name for path in folder.iterdir() if path.name[0] != ".") if folder.is_dir() else []
        found = {name: folder / name / assignment.name for name in names if student in (None, name)}
        found = {name: path for name, path in found.items() if os.path.lexists(path)}
        if not found:
            who = "anybody" if student is None else student
            raise CannotGrade(
                f"There is nothing by {who} in {folder}/NAME/{assignment.name}. Collect submissions first."
            )
        return found

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keep a second run out.

        Raises:
            CannotGrade: there is one already.
        """
        self.records.mkdir(parents=True, exist_ok=True)
        with open(self.records / ".lock", "a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                other = lock.read().strip() or "unknown"
                raise CannotGrade(
                    f"Another `course grade` is at work in this folder (process {other}). Wait until it has ended."
                ) from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield

    def entered(self, assignment: Assignment) -> set[str] | None:
        """Return the students who have a submission in the gradebook, None if it does not know the assignment.

        If there is no gradebook, it is made.

        Raises:
            CannotGrade: its address is of no use, or nothing answers there.
        """
        try:
            with Gradebook(self.config.CourseDirectory.db_url) as gradebook:
                gradebook.find_assignment(assignment.name)
                return {submission.student.id for submission in gradebook.assignment_submissions(assignment.name)}
        except MissingEntry:
            return None
        except (SQLAlchemyError, ValueError, ImportError) as error:
            text = str(getattr(error, "orig", None) or error).splitlines()[0]
            advice = _advice(text) or f"The gradebook cannot be opened ({text}). Is the address in COURSE_DB right?"
            raise CannotGrade(f"{advice} Then run the same command again.") from None

    def register(self, assignment: Assignment, anew: bool) -> str:
        """Enter an assignment, as it is in `solutions/`, into the gradebook. Return its fingerprint.

        Nothing is done if it was entered as it is; `anew` says that the gradebook does not have it.
        """
        fingerprint = hashlib.sha256(assignment.source.read_bytes()).hexdigest()
        note = self.records / assignment.name / ".source"
        if anew or not note.exists() or note.read_text() != fingerprint:
            with tempfile.TemporaryDirectory(prefix="course-") as release:
                config = Config(self.config)
                config.CourseDirectory.release_directory = release
                api = NbGraderAPI(config=config)
                _must(api.generate_assignment(assignment.name, force=True, create=True))
            note.parent.mkdir(parents=True, exist_ok=True)
            note.write_text(fingerprint)
        return fingerprint

    def task(self, assignment: Assignment, student: str, folder: Path, sandboxed: bool) -> tuple[Task, list[Flag]]:
        """Take in a submission and return what a worker needs, and what there was to repair."""
        clean = self.folder / "intake" / student / assignment.name
        flags = intake.intake(folder, assignment, clean)
        paths = [path for path in sorted(clean.rglob("*")) if path.is_file() and path.suffix != ".ipynb"]
        return Task(
            student=student,
            source=assignment.source.read_text(encoding="utf-8"),
            submission=(clean / f"{assignment.name}.ipynb").read_text(encoding="utf-8"),
            files={path.relative_to(clean).as_posix(): path.read_bytes() for path in paths},
            sandboxed=sandboxed,
            config={
                name: dict(self.config[name]) for name in ("Execute", "SandboxedExecute", "SandboxedKernelManager")
            },
        ), flags

    def write(self, assignment: Assignment, student: str, outcome: execute.Outcome) -> None:
        """Let nbgrader enter the marks of an executed notebook into the gradebook, and keep the notebook."""
        Executed.notebook = outcome.notebook
        _must(self.writer.autograde(assignment.name, student, force=True, create=True))

    @cached_property
    def writer(self) -> NbGraderAPI:
        """nbgrader, set up to take the clean submissions and the executed notebooks, which need no repair any more."""
        config = Config(self.config)
        config.CourseDirectory.submitted_directory = str(self.folder / "intake")
        config.Autograde.sanitize_preprocessors = []
        config.Autograde.autograde_preprocessors = [
            Executed if preprocessor is execute.SandboxedExecute else preprocessor
            for preprocessor in config.Autograde.autograde_preprocessors
        ]
        return NbGraderAPI(config=config)


def grade(
    assignment: Assignment,
    student: str | None = None,
    jobs: int | None = None,
    cluster: str | None = None,
    sandboxed: bool = True,
    progress: Callable[[int, int, str], None] = lambda done, of, student: None,
) -> Summary:
    """Grade all submissions of an assignment that have not been graded yet as they are now.

    Args:
        assignment: it must have a source.
        student: only this one's.
        jobs: how many run at once on this machine; by default one more than it has cores.
        cluster: address of a Dask scheduler whose workers run them instead.
        sandboxed: `False` runs the code of students with all your rights.
        progress: called with the numbers of submissions done and to do, and the last student.

    Raises:
        CannotGrade: see the message. What was graded until then stays.
    """
    begun = time.monotonic()
    if sandboxed and not cluster and (reason := sandbox.problem()):
        raise CannotGrade(f"Grading needs a sandbox. {reason}")
    room = Classroom(assignment.root)
    summary = Summary(assignment.name, sandboxed)
    if sandboxed and not cluster:
        provisioner.start_server()  # while the gradebook is looked at
    with _clearly(summary), room.alone(), _quietly():
        folders = room.submissions(assignment, student)
        entered = room.entered(assignment)
        source = room.register(assignment, anew=entered is None)
        todo = {}
        for name, folder in folders.items():
            fingerprint = intake.fingerprint(folder)
            record = records.load(room.records, assignment.name, name)
            known = record and (record.submission, record.source, record.sandboxed) == (fingerprint, source, sandboxed)
            if known and name in (entered or ()):
                summary.current.append(record)
            elif not NAME.fullmatch(name):  # nbgrader takes names for patterns, and shows them on pages as they are
                summary.failed[name] = (
                    "a name may hold letters, digits, spaces and . @ + - _ , ' ( ): rename the folder"
                )
            else:
                todo[name] = fingerprint
        flags: dict[str, list[Flag]] = {}

        def prepare(name: str) -> Task:
            task, flags[name] = room.task(assignment, name, folders[name], sandboxed)
            return task

        progress(0, len(todo), "")
        for name, outcome in _outcomes(list(todo), prepare, jobs, cluster):
            if isinstance(outcome, Exception):
                if _advice(str(outcome)):  # it is not about this submission
                    raise Trouble(str(outcome))
                summary.failed[name] = f"{type(outcome).__name__}: {outcome}"
            else:
                started = time.monotonic()
                try:
                    room.write(assignment, name, outcome)
                except RuntimeError as error:
                    summary.failed[name] = f"nbgrader refused it: {error}"
                    continue
                outcome.seconds["gradebook"] = time.monotonic() - started
                score, points = marks.automatic(outcome.notebook)
                record = Record(
                    assignment=assignment.name,
                    student=name,
                    submission=todo[name],
                    source=source,
                    sandboxed=sandboxed,
                    graded=datetime.now().isoformat(timespec="seconds"),
                    score=score,
                    points=points,
                    flags=flags[name] + outcome.flags,
                    seconds=outcome.seconds,
                    visible=outcome.visible,
                )
                record.save(room.records)
                summary.graded.append(record)
            progress(len(summary.graded) + len(summary.failed), len(todo), name)
    summary.seconds = time.monotonic() - begun
    return summary


def feedback(
    assignment: Assignment,
    student: str | None = None,
    progress: Callable[[int, int, str], None] = lambda done, of, student: None,
) -> tuple[list[str], dict[str, str]]:
    """Write each student's page, and return who has one and who failed, with the reason.

    Raises:
        CannotGrade: nothing of the assignment is graded yet.
    """
    room = Classroom(assignment.root)
    folder = Path(room.config.CourseDirectory.root, room.config.CourseDirectory.autograded_directory)
    names = sorted(path.parent.name for path in folder.glob(f"*/{assignment.name}"))
    names = [name for name in names if student in (None, name)]
    if not names:
        who = "" if student is None else f" by {student}"
        raise CannotGrade(f"Nothing{who} is graded yet. Run `course grade {assignment.number}` first.")
    api = NbGraderAPI(config=room.config)
    written, failed = [], {}
    with _quietly():
        for name in names:
            try:
                _must(api.generate_feedback(assignment.name, name, force=True))
                written.append(name)
            except RuntimeError as error:
                failed[name] = str(error)
            progress(len(written) + len(failed), len(names), name)
    return written, failed


def export(root: Path, kind: str, to: Path | None, names: list[str], provisional: bool) -> exporting.Exported:
    """Write the marks of assignments into a CSV file; see `export.export`.

    Raises:
        CannotGrade: there is no gradebook yet.
    """
    room = Classroom(root)
    url = room.config.CourseDirectory.db_url
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        raise CannotGrade("There is no gradebook yet. Run `course grade NN` first.")
    with _quietly(), Gradebook(url) as gradebook:
        return exporting.export(gradebook, kind, to, names, root, provisional=provisional)


def _outcomes(
    names: list[str], prepare: Callable[[str], Task], jobs: int | None, cluster: str | None
) -> Iterator[tuple[str, execute.Outcome | Exception]]:
    """Yield (student, outcome or what went wrong) as they come in, in any order.

    A submission that could not be run is tried once more, as a machine may have been too busy.
    """
    waiting, running = iter(names), {}
    with _cluster(cluster) if cluster else _this_machine(jobs) as (pool, at_once):
        while True:
            while len(running) < at_once and (name := next(waiting, None)) is not None:
                try:
                    task = prepare(name)  # when it is its turn: it holds all files of the submission
                except Exception as error:
                    yield name, error
                else:
                    running[pool.submit(work, task)] = (task, 1)
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                task, tries = running.pop(future)
                error = future.exception()
                if error is None:
                    yield task.student, future.result()
                elif tries < 2:
                    running[pool.submit(work, task)] = (task, tries + 1)
                else:
                    yield task.student, error


@contextlib.contextmanager
def _this_machine(jobs: int | None) -> Iterator[tuple[Executor, int]]:
    """Give threads that drive a kernel each, and how many: one more than there are cores, as each waits at times."""
    jobs = jobs or (os.cpu_count() or 1) + 1
    pool = ThreadPoolExecutor(jobs)
    try:
        yield pool, jobs
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        with sandbox.closed():  # else an interrupted run goes on with a second run of each, for the feedback
            pool.shutdown()


@contextlib.contextmanager
def _cluster(address: str) -> Iterator[tuple[Executor, int]]:
    """Give the workers of a Dask cluster, and how many submissions to send ahead. Tasks of one that dies go to another.

    Raises:
        CannotGrade: there is no cluster, or it cannot grade.
    """
    from distributed import Client

    try:
        client = Client(address, timeout=20)
    except (OSError, TimeoutError, ValueError) as error:
        raise CannotGrade(
            f"No Dask scheduler answers at {address} ({error}). Start one with `dask scheduler`."
        ) from None
    with client:
        if not client.nthreads():
            raise CannotGrade(f"The cluster at {address} has no workers. Start some with `dask worker {address}`.")
        try:
            reasons = client.run(sandbox.problem)
        except Exception as error:
            raise CannotGrade(f"A worker of the cluster cannot import the course: {error}. Install it there.") from None
        for worker, reason in reasons.items():
            if reason:
                raise CannotGrade(f"Worker {worker}: {reason}")
        yield client.get_executor(pure=False, retries=2), 2 * sum(client.nthreads().values())


NO_SERVER = "The gradebook's database server cannot be reached. Start it, or mend the address in COURSE_DB."

# What stops a whole run, by a sign in the error, and what to do about it
TROUBLE = {
    "database is locked": "The gradebook is locked by another program. Close it (the form grader?).",
    "No space left on device": "The disk is full. Free some space.",
    "disk is full": "The disk is full. Free some space.",
    "Too many open files": "Too many files are open. Grade fewer at once, with `-j 1`.",
    "connection to server": NO_SERVER,
    "failed to resolve host": NO_SERVER,
    "terminating connection": NO_SERVER,
    "connection failed": NO_SERVER,
}


class Trouble(Exception):
    """Something that concerns the whole run, not one submission."""


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Keep nbgrader from writing to the terminal: its reports come back as results, its warnings are about itself."""
    log, handler = logging.getLogger("tornado.application"), logging.NullHandler()
    log.addHandler(handler)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.removeHandler(handler)


@contextlib.contextmanager
def _clearly(summary: Summary) -> Iterator[None]:
    """Turn what can go wrong with disk and database into one line that says what to do, and how far we got."""
    try:
        yield
    except (Trouble, OSError, SQLAlchemyError) as error:
        so_far = f"Graded so far: {len(summary.graded)}; nothing is lost. Then run the same command again."
        raise CannotGrade(f"{_advice(str(error)) or f'{type(error).__name__}: {error}'} {so_far}") from error


def _advice(text: str) -> str:
    return next((advice for sign, advice in TROUBLE.items() if sign in text), "")


def _must(result: dict) -> None:
    """Raise what one of nbgrader's commands reported.

    Raises:
        Trouble: it concerns all submissions.
        RuntimeError: it concerns this one.
    """
    if not result["success"]:
        text = f"{result.get('log') or ''}\n{result.get('error') or ''}"
        if _advice(text):
            raise Trouble(text)
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        raise RuntimeError(
            next((line for line in reversed(lines) if "error" in line.lower()), "nbgrader gives no reason")[:300]
        )
