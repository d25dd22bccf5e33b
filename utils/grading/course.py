"""The command `course`: for learners doctor, lab, start, check, progress; for instructors grade, feedback, export."""

import argparse
import errno
import json
import math
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import warnings
import webbrowser
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import nbformat
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from utils.grading import assignments, doctor, execute, marks, runner, sandbox
from utils.grading.assignments import Assignment
from utils.grading.rebuild import rebuild

if TYPE_CHECKING:
    from utils.grading.classroom import Summary
    from utils.grading.demo import Demo

REMEDIES = {
    errno.EACCES: "Get write permission there, or set COURSE_WORK to a folder of your own.",
    errno.EPERM: "Get write permission there, or set COURSE_WORK to a folder of your own.",
    errno.EROFS: "The disk is read-only: set COURSE_WORK to a folder elsewhere.",
    errno.ENOSPC: "The disk is full: free some space and try again. Nothing was changed.",
    errno.EEXIST: "A file is where a folder should be: move it away.",
    errno.ENOTDIR: "A file is where a folder should be: move it away.",
}
NO_SOURCE = "checking needs the folder solutions/. In a class, use the tests in the notebook or JupyterLab's Validate"


class Problem(Exception):
    """Something the user can solve: printed as one line."""

    def __init__(self, message: str, code: int = 1):
        super().__init__(message)
        self.code = code


def main(arguments: list[str] | None = None) -> int:
    """Run one subcommand. Return 0, or 1 if there was a problem, or 2 if the command makes no sense."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a Windows code page lacks some of what the tests say
            stream.reconfigure(encoding="utf-8", errors="replace")
    options = _parser().parse_args(arguments)
    try:
        return options.run(options, _console()) or 0
    except Problem as problem:
        return _complain(str(problem), problem.code)
    except OSError as error:
        where = f"{_shown(Path(error.filename))}: " if error.filename else ""
        return _complain(f"{where}{error.strerror}. {REMEDIES.get(error.errno, '')}".strip(), 1)
    except KeyboardInterrupt:
        return _complain("Stopped.", 130)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="course", description="Start, check and look after your work.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(run, name: str, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        sub.set_defaults(run=run)
        return sub

    command(_doctor, "doctor", "is this machine ready? a remedy for each problem")
    lab = command(_lab, "lab", "open the course in JupyterLab")
    lab.add_argument("--port", type=int, help="use this port (default: the next free one from 8888)")
    lab.add_argument("--no-browser", action="store_true", help="only print the address")
    start = command(_start, "start", "copy an assignment into work/ (never overwrites)")
    start.add_argument("which", metavar="NN", help="its number, such as 02")
    check = command(_check, "check", "grade your work, hidden tests too")
    check.add_argument("which", metavar="NN", nargs="?", help="its number (default: all you have started)")
    command(_progress, "progress", "which assignments are done")
    grade = command(_grade, "grade", "for instructors: grade what a class handed in, in the sandbox")
    grade.add_argument("which", metavar="NN", help="its number, such as 02")
    grade.add_argument("--student", metavar="NAME", help="only this one's submission")
    grade.add_argument("-j", "--jobs", metavar="N", type=_number, help="how many run at once (default: cores + 1)")
    grade.add_argument("--cluster", metavar="ADDRESS", help="run them on a Dask cluster, such as tcp://host:8786")
    grade.add_argument("--unsafe", action="store_true", help="without a sandbox: the code gets all your rights")
    feedback = command(_feedback, "feedback", "for instructors: write a page for each student, without hidden tests")
    feedback.add_argument("which", metavar="NN", help="its number, such as 02")
    feedback.add_argument("--student", metavar="NAME", help="only this one's")
    export = command(_export, "export", "for instructors: write the marks into a CSV file")
    export.add_argument("which", metavar="NN", nargs="*", help="their numbers (default: all)")
    kind = export.add_mutually_exclusive_group()
    for name, text in (
        ("per-question", "one line for each exercise"),
        ("canvas", "for the gradebook of Canvas"),
        ("moodle", "for the gradebook of Moodle"),
    ):
        kind.add_argument(f"--{name}", dest="kind", action="store_const", const=name, help=text)
    export.set_defaults(kind="marks")
    export.add_argument("--to", metavar="FILE", type=Path, help="write to this file (default: classroom/grades*.csv)")
    export.add_argument("--provisional", action="store_true", help="Canvas, Moodle: also marks that wait for a person")
    demo = command(_demo_class, "demo-class", "for instructors: grade a made-up class, beside nbgrader alone")
    demo.add_argument("--students", metavar="N", type=_number, default=20, help="how many (default: 20)")
    demo.add_argument("--assignment", metavar="NN", default="00", help="which one (default: 00)")
    demo.add_argument("-j", "--jobs", metavar="N", type=_number, help="how many run at once (default: cores + 1)")
    demo.add_argument("--quick", action="store_true", help="without the comparison, which takes much longer")
    return parser


def _doctor(options: argparse.Namespace, console: Console) -> int:
    return 0 if doctor.report(console) else 1


# --- lab --------------------------------------------------------------------------------------------------------------


def _lab(options: argparse.Namespace, console: Console) -> int:
    root = assignments.ROOT
    if not (folder := doctor.folder()).ok:  # JupyterLab could not save anything
        raise Problem(f"{folder.detail}. {folder.remedy}")
    first = root / "chapters" / "00_start_here.ipynb"
    page = f"/lab/tree/{first.relative_to(root).as_posix()}" if first.exists() else "/lab"
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={root}", f"--LabApp.default_url={page}"]
    if options.port is not None:
        _require_free(options.port)
        command += [f"--ServerApp.port={options.port}", "--ServerApp.port_retries=0"]
    if options.no_browser or not _has_browser():
        console.print("Open the address that follows in a browser. Ctrl-C here stops JupyterLab.")
        command.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        console.print("You are root, so JupyterLab is started with --allow-root. A normal account is safer.")
        command.append("--allow-root")
    environment = doctor.with_environment_first()
    if sys.platform == "win32":
        return subprocess.call(command, env=environment, cwd=root)
    os.chdir(root)  # where the form grader looks for nbgrader_config.py
    sys.stdout.flush()
    os.execve(command[0], command, environment)  # Ctrl-C and signals go straight to JupyterLab


def _has_browser() -> bool:
    try:
        return bool(webbrowser.get())
    except webbrowser.Error:
        return False


def _require_free(port: int) -> None:
    if not 0 < port < 65536:
        raise Problem(f"{port} is no port: choose one from 1024 to 65535.", 2)
    with socket.socket() as probe:
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise Problem(f"Port {port} needs administrator rights: choose one from 1024 on.") from None
        except OSError:
            another = f"`course lab --port {port + 1}`, or " if port < 65535 else ""
            raise Problem(f"Port {port} is in use. Try {another}`course lab` for the next free one.") from None


# --- start ------------------------------------------------------------------------------------------------------------


def _start(options: argparse.Namespace, console: Console) -> None:
    assignment = _find(options.which)
    released, target = assignment.release.parent, assignment.work.parent
    if not assignment.release.exists():
        raise Problem(f"{_shown(assignment.release)} is missing. `make exercises` writes it.")
    missing = [
        path.relative_to(released)
        for path in sorted(released.rglob("*"))
        if path.is_file() and ".ipynb_checkpoints" not in path.parts
        if not os.path.lexists(target / path.relative_to(released))
    ]
    for path in missing:
        _copy_new(released / path, target / path)
    if missing:
        console.print(f"Your copy is {_shown(assignment.work)}.", soft_wrap=True)
    else:
        console.print(f"{_shown(assignment.work)} is already there; it was left as it is.", soft_wrap=True)
    console.print("Open it in JupyterLab (`course lab`), in the file browser on the left.")
    console.print(f"Save it now and then, and see how you do with `course check {assignment.number}`.")


def _copy_new(source: Path, target: Path) -> None:
    """Copy a file to a place where there is none. A copy that fails half-way leaves nothing behind."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    try:
        shutil.copyfile(source, part)
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)


# --- check ------------------------------------------------------------------------------------------------------------


def _check(options: argparse.Namespace, console: Console) -> int:
    if options.which is not None:
        chosen = [_find(options.which)]
    else:
        chosen = [assignment for assignment in assignments.assignments() if assignment.work.exists()]
    if not chosen:
        raise Problem("Nothing is started yet. Run `course start 00` to begin.")
    code = 0
    if unable := [assignment.name for assignment in chosen if not assignment.source.exists()]:
        code = _complain(f"{', '.join(unable)}: {NO_SOURCE}.", 1)
    for assignment in chosen:
        if assignment.name in unable:
            continue
        try:
            _check_one(assignment, console)
        except Problem as problem:  # the other assignments are still checked
            code = _complain(str(problem), problem.code)
    return code


def _check_one(assignment: Assignment, console: Console) -> None:
    submitted, saved = _read(assignment), assignment.work.stat().st_mtime
    source = nbformat.read(assignment.source, as_version=4)
    unsafe = sandbox.problem()
    with console.status(f"Running {_shown(assignment.work)} with the hidden tests ..."):
        notebook = rebuild(source, submitted)
        try:
            if unsafe:
                executed = runner.run(notebook)
            else:
                executed = execute.run(notebook, assignment.work.parent, explain=False).notebook
        except RuntimeError as error:  # of the sandbox or the runner itself; those of the notebook are marks
            raise Problem(str(error)) from None
    earned = marks.grade(executed)
    console.print(f"{_shown(assignment.work)}, saved {_ago(saved)}", markup=False, soft_wrap=True)

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Exercise", ratio=3)
    table.add_column("Points", justify="right", no_wrap=True)
    table.add_column("First thing to look at", ratio=5, overflow="fold")
    scored = possible = by_hand = 0.0
    for exercise in assignment.exercises:
        cells = [earned[grade_id] for grade_id in exercise.cells]
        graded = [mark for mark in cells if mark.score is not None]
        score = sum(mark.score for mark in graded)
        message = next((mark.message for mark in cells if mark.message), "")
        points = f"{score:g} / {exercise.points:g}"
        if exercise.manual:
            by_hand += exercise.points
            points = f"- / {exercise.points:g}"
            message = message or "Graded by your instructor, or by you with the rubric."
        else:
            scored, possible = scored + score, possible + exercise.points
        style = "yellow" if exercise.manual else "green" if score == exercise.points else "red"
        table.add_row(Text(f"{exercise.key.removeprefix('ex')}. {exercise.title}"), Text(points, style), Text(message))
    more = f"and {by_hand:g} more by hand" if by_hand else ""
    table.add_row(Text("Total", "bold"), Text(f"{scored:g} / {possible:g}", "bold"), more)
    console.print(table)
    if by_hand:
        console.print(f"Rubric: {_shown(assignment.source)}", markup=False, soft_wrap=True)
    if unsafe:
        console.print(f"Run without a sandbox, which is fine for your own work. {unsafe}", markup=False, style="dim")
    try:
        _remember(assignment, scored, possible, by_hand)
    except OSError as error:
        path = _shown(_notes_path(assignment))
        _complain(f"{path}: {error.strerror}. `course progress` will not know of this check.", 0)


def _read(assignment: Assignment) -> nbformat.NotebookNode:
    """Return the learner's notebook."""
    path = assignment.work
    if not path.exists():
        raise Problem(f"{_shown(path)} is not there. Run `course start {assignment.number}` to get it.")
    try:
        with warnings.catch_warnings(action="ignore"):  # about cells without an id
            notebook = nbformat.read(path, as_version=4)
            nbformat.validate(notebook)
        return notebook
    except OSError:
        raise
    except Exception as error:  # nbformat raises many kinds
        copies = path.parent / ".ipynb_checkpoints"
        where = f"see {_shown(copies)} for JupyterLab's last copy" if copies.is_dir() else "there is no earlier copy"
        again = f"or rename it and run `course start {assignment.number}` for a fresh one"
        raise Problem(
            f"{_shown(path)} is no readable notebook ({_first_line(error)}). It was left as it is; {where}, {again}."
        ) from None


def _first_line(error: Exception) -> str:
    line = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__}: {line[:60]}" if line else type(error).__name__


# --- progress ---------------------------------------------------------------------------------------------------------


def _remember(assignment: Assignment, scored: float, possible: float, by_hand: float) -> None:
    """Note the result of a check for `course progress`."""
    path = _notes_path(assignment)
    now = datetime.now().isoformat(timespec="seconds")
    notes = _notes(path) | {assignment.name: {"points": scored, "of": possible, "by_hand": by_hand, "checked": now}}
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(notes, indent=1), encoding="utf-8")
    part.replace(path)


def _notes_path(assignment: Assignment) -> Path:
    return assignment.work.parents[1] / ".progress.json"


def _notes(path: Path) -> dict[str, dict]:
    try:
        notes = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):  # a broken one holds nothing that a check does not find again
        return {}
    return {name: note for name, note in notes.items() if _is_note(note)} if isinstance(notes, dict) else {}


def _is_note(note: object) -> bool:
    try:
        datetime.fromisoformat(note["checked"]).timestamp()
        return 0 <= float(note["points"]) < math.inf
    except (KeyError, TypeError, ValueError, OverflowError, OSError):  # Windows has no timestamp of early years
        return False


def _progress(options: argparse.Namespace, console: Console) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title, justify in (("Assignment", "left"), ("", "left"), ("Points", "right"), ("Last check", "left")):
        table.add_column(title, justify=justify)
    total = possible = by_hand = 0.0
    for assignment in assignments.assignments():
        started = assignment.work.exists()
        if not assignment.source.exists():
            state = f"started; {NO_SOURCE}" if started else f"not started: course start {assignment.number}"
            table.add_row(Text(assignment.name), "", "-", Text(state))
            continue
        note = _notes(_notes_path(assignment)).get(assignment.name, {})
        of = sum(exercise.points for exercise in assignment.exercises if not exercise.manual)
        by_hand += sum(exercise.points for exercise in assignment.exercises if exercise.manual)
        points = float(note.get("points", 0))
        total, possible = total + points, possible + of
        if not started:
            state = f"not started: course start {assignment.number}"
        elif not note:
            state = f"started: course check {assignment.number}"
        else:
            checked = datetime.fromisoformat(note["checked"]).timestamp()
            state = _ago(checked)
            if assignment.work.stat().st_mtime > checked + 1:
                state += ", changed since"
        filled = round(10 * min(1, points / of)) if of else 0
        bar = Text("#" * filled, "green") + Text("." * (10 - filled), "dim")
        table.add_row(Text(assignment.name), bar, Text(f"{points:g} / {of:g}"), Text(state))
    more = f"and {by_hand:g} more by hand" if by_hand else ""
    if possible or by_hand:
        table.add_row(Text("Total", "bold"), "", Text(f"{total:g} / {possible:g}", "bold"), more)
    console.print(table)


# --- grade ------------------------------------------------------------------------------------------------------------


def _grade(options: argparse.Namespace, console: Console) -> int:
    classroom = _classroom()
    assignment = _find(options.which)
    if not assignment.source.exists():
        raise Problem(f"Grading needs the folder {_shown(assignment.source.parent)}.")
    with _progress_bar(console) as bar:
        line = bar.add_task("starting", total=None)

        def show(done: int, of: int, student: str) -> None:
            bar.update(line, completed=done, total=of, description=student or "grading")

        try:
            summary = classroom.grade(
                assignment,
                student=options.student,
                jobs=options.jobs,
                cluster=options.cluster,
                sandboxed=not options.unsafe,
                progress=show,
            )
        except classroom.CannotGrade as error:
            raise Problem(str(error)) from None
        except KeyboardInterrupt:
            raise Problem("Stopped. What was graded stays; the same command goes on from there.", 130) from None
    _print_summary(summary, console)
    if by_hand := sum(exercise.points for exercise in assignment.exercises if exercise.manual):
        console.print(f"{by_hand:g} more points are given by hand, in the form grader.")
    return 1 if summary.failed else 0


def _classroom() -> ModuleType:
    """Return what instructors need; learners' commands start sooner without it."""
    if sys.platform == "win32":
        raise Problem("Grading a class needs Linux: on Windows, do it in WSL. See docs/instructors.md.")
    from utils.grading import classroom

    return classroom


def _progress_bar(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, TimeRemainingColumn(), console=console, transient=True, disable=not console.is_terminal)


def _print_summary(summary: "Summary", console: Console) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Student")
    table.add_column("Points", justify="right", no_wrap=True)
    table.add_column("To look at", ratio=1, overflow="fold")
    known = [record for record in summary.current if record.flags]  # by a run that was perhaps interrupted
    for record in sorted(summary.graded + known, key=lambda record: record.student):
        points = Text(f"{record.score:g} / {record.points:g}", "green" if record.score == record.points else "")
        flags = "\n".join(f"{flag.kind}: {flag.message}" for flag in record.flags)
        table.add_row(Text(record.student), points, Text(flags, "yellow"))
    for student, reason in sorted(summary.failed.items()):
        table.add_row(Text(student), "-", Text(f"failed: {reason}", "red"))
    if table.row_count:
        console.print(table)
    graded = len(summary.graded)
    flagged = sum(bool(record.flags) for record in summary.graded)
    each = f", {summary.seconds / graded:.2f} s each" if graded else ""
    of_them = f" ({len(known)} of them flagged)" if known else ""
    console.print(
        f"{summary.assignment}: {graded} graded, {flagged} flagged, {len(summary.failed)} failed, "
        f"{len(summary.current)} up to date{of_them}; {summary.seconds:.0f} s{each}.",
        markup=False,
    )
    if not summary.sandboxed:
        console.print("UNSAFE: graded without a sandbox. The code of the submissions had all your rights.", style="red")
    if summary.failed:
        console.print("Run the same command again to try the failed ones once more.")


def _feedback(options: argparse.Namespace, console: Console) -> int:
    classroom = _classroom()
    with _progress_bar(console) as bar:
        line = bar.add_task("writing", total=None)
        try:
            written, failed = classroom.feedback(
                _find(options.which),
                options.student,
                lambda done, of, student: bar.update(line, completed=done, total=of, description=student or "writing"),
            )
        except classroom.CannotGrade as error:
            raise Problem(str(error)) from None
    for student, reason in failed.items():
        console.print(f"{student}: {reason}", markup=False, style="red")
    where = _shown(assignments.ROOT / "classroom" / "feedback")
    pages = "1 page" if len(written) == 1 else f"{len(written)} pages"
    console.print(f"{pages} written to {where}, {len(failed)} failed.", markup=False)
    return 1 if failed else 0


def _export(options: argparse.Namespace, console: Console) -> None:
    classroom = _classroom()
    names = [_find(which).name for which in options.which]
    try:
        done = classroom.export(assignments.ROOT, options.kind, options.to, names, options.provisional)
    except (classroom.CannotGrade, LookupError, ValueError) as error:
        raise Problem(str(error)) from None
    console.print(f"Marks written to {_shown(done.path)}.", markup=False, soft_wrap=True)
    roster, system = classroom.exporting.ROSTER, options.kind.capitalize()
    if options.kind in ("canvas", "moodle") and not (assignments.ROOT / roster).exists():
        console.print(
            f"There is no {roster}, so {system} must know the students by the names of the gradebook. Save there what "
            f"{system} exports, and run this again."
        )
    if done.waiting:
        by_name: dict[str, list[str]] = {}
        for student, name in done.waiting:
            by_name.setdefault(name, []).append(student)
        listed = "; ".join(f"{name}: {', '.join(sorted(students))}" for name, students in by_name.items())
        kept = "their marks are provisional" if options.provisional or options.kind in ("marks", "per-question") else (
            "their cells are left empty; `--provisional` fills them"
        )  # fmt: skip
        console.print(f"Waiting for a person to grade answers, so {kept}. {listed}.", markup=False)
    if done.unknown:
        console.print(f"Not in {roster}, so left out: {', '.join(done.unknown)}.", markup=False)


def _demo_class(options: argparse.Namespace, console: Console) -> None:
    classroom = _classroom()
    from utils.grading import demo

    assignment = _find(options.assignment)
    if not assignment.source.exists():
        raise Problem(f"The demonstration needs the folder {_shown(assignment.source.parent)}.")
    with _progress_bar(console) as bar:
        lines = {}

        def show(what: str, done: int, of: int) -> None:
            if what not in lines:
                lines[what] = bar.add_task(what, total=of)
            bar.update(lines[what], completed=done, total=of)

        config = assignments.ROOT / "nbgrader_config.py"
        try:
            done = demo.run(assignment, options.students, config, options.jobs, not options.quick, show)
        except classroom.CannotGrade as error:
            raise Problem(str(error)) from None
    _print_summary(done.summary, console)
    if not options.quick:
        _print_comparison(done, options.students, console)


def _print_comparison(done: "Demo", students: int, console: Console) -> None:
    marks_table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), title="\nMean points by kind of student")
    for title in ("Kind", "sandbox", "nbgrader alone"):
        marks_table.add_column(title, justify="left" if title == "Kind" else "right")
    for kind in dict.fromkeys(student.partition("-")[2] for student in done.scores):
        row = [Text(kind)]
        for scores in (done.scores, done.stock_scores):
            found = [score for student, score in scores.items() if student.partition("-")[2] == kind]
            known = [score for score in found if score is not None]
            row.append(Text(f"{sum(known) / len(known):.2f}" if len(known) == len(found) else "no mark"))
        marks_table.add_row(*row)
    console.print(marks_table)
    times = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), title="\nSeconds a submission, by what they are for")
    for title in ("Part", "sandbox", "nbgrader alone"):
        times.add_column(title, justify="left" if title == "Part" else "right")
    for part in dict.fromkeys([*done.stock_parts, *done.parts]):
        row = [f"{parts[part]:.2f}" if part in parts else "-" for parts in (done.parts, done.stock_parts)]
        times.add_row(Text(part), *row)
    times.add_row(Text("whole class, by the clock"), f"{done.ours:.1f}", f"{done.stock:.1f}", style="bold")
    console.print(times)
    console.print(
        f"{students} submissions: {done.stock / done.ours:.1f} times faster in the sandbox than by nbgrader alone.",
        markup=False,
    )


def _number(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


# --- small things -----------------------------------------------------------------------------------------------------


def _find(which: str) -> Assignment:
    try:
        return assignments.find(which)
    except LookupError as error:
        raise Problem(error.args[0], 2) from None


def _console() -> Console:
    """Return a console; called from a notebook (`!course check`), one without colours and moving parts."""
    if "JPY_PARENT_PID" in os.environ:
        return Console(highlight=False, force_terminal=False, no_color=True, width=80)
    return Console(highlight=False)


def _complain(message: str, code: int) -> int:
    print(re.sub(r"\s+", " ", message), file=sys.stderr)
    return code


def _shown(path: Path) -> str:
    """Return a path as short as it can be said from where the user is."""
    for base in (Path.cwd(), assignments.ROOT):
        if path.is_relative_to(base):
            return str(path.relative_to(base))
    return str(path)


def _ago(moment: float) -> str:
    seconds = max(0, time.time() - moment)
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


if __name__ == "__main__":
    sys.exit(main())
