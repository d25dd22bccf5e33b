"""Marks as CSV files: for people, and for the gradebooks of Canvas and Moodle.

Each kind of file is a plugin of nbgrader too: `nbgrader export --exporter=utils.grading.export.PerQuestion`.

`marks`: one line per student and assignment. The first eleven columns are those of nbgrader's CsvExportPlugin
(https://nbgrader.readthedocs.io, "Exporting grades"). raw_score = automatic + manual: a manual score replaces the
automatic one of its cell, extra credit is manual. While to_grade is above 0 the scores are provisional. Without a
graded submission the scores are empty, which is not 0; `submitted` then tells "not graded yet" from "nothing there".

`per-question`: one line per student, assignment and exercise, before any penalty for being late.

`canvas`: what Canvas imports (its Instructor Guide, "How do I import grades in the Gradebook?",
https://community.canvaslms.com/t5/Instructor-Guide/How-do-I-import-grades-in-the-Gradebook/ta-p/807; precisely, its
lib/gradebook_importer.rb). The header begins with Student and ID and the columns up to Section are the student's; then
comes the row "Points Possible". Canvas looks for ID, then SIS User ID, then SIS Login ID, then the name; the others may
be empty. The student's id goes into SIS Login ID, nbgrader's lms_user_id into ID.

`moodle`: what Moodle imports (https://docs.moodle.org/en/Grade_import; precisely, its
grade/import/csv/classes/load_data.php). A column that identifies the student, to be mapped on Moodle's page, and one
for each assignment, with a dot in numbers. "-" means no grade: Moodle makes 0 of an empty cell of a new grade item.
The student's id goes into Username. Moodle gives the marks of a line without identifier to the student before it, so
there is none such.

Both learn who is who from `classroom/roster.csv`, if it exists: the CSV file that Canvas or Moodle itself exports from
its gradebook. Students are matched by that one column in which most of them are found. In Canvas' file each student of
the roster has a line, in that order; in Moodle's, those of the gradebook. Where there is no mark, or one that still
waits for a person, a cell keeps what the roster has there, and is empty if that is nothing. Both systems take an empty
cell for "no mark" and would clear one that they have, so export the roster shortly before.

A spreadsheet would run a name such as `=HYPERLINK(...)`. In `marks` and `per-question`, text that begins like a formula
gets an apostrophe (https://owasp.org/www-community/attacks/CSV_Injection). In `canvas` and `moodle` nothing is changed,
as names and ids must match: import these files without opening them in a spreadsheet.
"""

import csv
import io
import os
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import nbgrader.api as db
from nbgrader.api import Gradebook
from nbgrader.plugins.export import ExportPlugin
from sqlalchemy.orm import undefer
from traitlets import Bool

from utils.grading import records
from utils.grading.assignments import Assignment, exercise_key

FILES = {  # in classroom/
    "marks": "grades.csv",
    "per-question": "grades-per-question.csv",
    "canvas": "grades-canvas.csv",
    "moodle": "grades-moodle.csv",
}
ROSTER = "classroom/roster.csv"
MARKS = (
    *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
    *("raw_score", "late_submission_penalty", "score", "max_score"),
    *("submitted", "automatic", "manual", "to_grade", "flags"),
)
PER_QUESTION = (
    *("assignment", "student_id", "last_name", "first_name", "exercise", "title"),
    *("score", "max_score", "automatic", "manual", "to_grade"),
)
CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
CANVAS_KEYS = ("SIS Login ID", "SIS User ID", "ID")
MOODLE_KEYS = ("Username", "ID number", "Email address")
# Where nbgrader may know what stands in a column. Everywhere else it is the student's id.
KNOWN_AS = {"ID": "lms_user_id", "Email address": "email"}
FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")  # the last four are full-width = + - @


class Exported(NamedTuple):
    """What was written, and what the instructor should know about it."""

    path: Path
    waiting: list[tuple[str, str]]  # (student, assignment): submissions with answers that a person has yet to grade
    unknown: list[str]  # students who are not in the roster, and so not in the file


class Points(NamedTuple):
    """Points of a cell, or of several together."""

    automatic: float
    manual: float
    waiting: int  # answers that a person has yet to grade

    @property
    def score(self) -> float:
        return _number(self.automatic + self.manual)


@dataclass
class Submission:
    """A graded submission, as far as an export needs it."""

    timestamp: datetime | None
    penalty: float
    cells: list[tuple[str, Points]] = field(default_factory=list)  # (grade_id, points)

    @property
    def points(self) -> Points:
        return _sum(points for _, points in self.cells)

    @property
    def score(self) -> float:
        return _number(max(0.0, self.points.score - self.penalty))


@dataclass
class Book:
    """What the functions below write down: the chosen part of a gradebook."""

    root: Path
    assignments: list[db.Assignment]
    students: list[db.Student]
    submissions: dict[tuple[str, str], Submission]  # by (student, assignment)
    provisional: bool

    def mark(self, student: db.Student | None, assignment: db.Assignment) -> float | None:
        """Return the mark for another system, or None if there is none (yet)."""
        submission = self.submissions.get((student.id, assignment.name)) if student else None
        if submission is None or (submission.points.waiting and not self.provisional):
            return None
        return submission.score


def export(
    gradebook: Gradebook,
    kind: str,
    to: Path | None,
    assignments: Iterable[str],
    root: Path,
    students: Iterable[str] = (),
    provisional: bool = False,
) -> Exported:
    """Write the marks of assignments and students (none given: of all) into the file `to`.

    `kind` is a key of FILES; without `to` the file is the one named there, in classroom/. An existing file is replaced.
    `provisional` lets Canvas and Moodle have the marks of submissions in which an answer waits for a person, too.

    Raises:
        LookupError: the gradebook lacks an assignment or a student.
        ValueError: the roster is no CSV file of this system.
        OSError: a file cannot be read or written. An existing file is then left as it was.
    """
    chosen = _chosen(gradebook.assignments, "name", assignments, "assignment")
    people = _chosen(gradebook.students, "id", students, "student")
    people.sort(key=lambda student: (student.last_name or "", student.first_name or "", student.id))
    graded = {(who, a.name): found for a in chosen for who, found in _submissions(gradebook, a).items()}
    book = Book(root, chosen, people, graded, provisional)
    rows, unknown = WRITERS[kind](book)
    path = to or root / "classroom" / FILES[kind]
    _write(path, rows)
    pairs = ((student.id, assignment.name) for assignment in chosen for student in people)
    waiting = [pair for pair in pairs if pair in graded and graded[pair].points.waiting]
    return Exported(path, waiting, unknown)


def _chosen(rows: list, attribute: str, names: Iterable[str], what: str) -> list:
    """Return the rows with these names, or all of them, in order."""
    known = {getattr(row, attribute): row for row in rows}
    wanted = {str(name) for name in names} or set(known)
    if missing := sorted(wanted - set(known)):
        raise LookupError(f"The gradebook has no {what} {', '.join(missing)}.")
    return [known[name] for name in sorted(wanted)]


# --- the gradebook ----------------------------------------------------------------------------------------------------


def _submissions(gradebook: Gradebook, assignment: db.Assignment) -> dict[str, Submission]:
    """Return the submissions of an assignment by student, with two queries however large the class is."""
    mine = db.SubmittedAssignment.assignment_id == assignment.id
    penalty = undefer(db.SubmittedAssignment.late_submission_penalty)
    found = {
        row.student_id: Submission(row.timestamp, _number(row.late_submission_penalty))
        for row in gradebook.db.query(db.SubmittedAssignment).options(penalty).filter(mine)
    }
    grades = (
        gradebook.db.query(db.SubmittedAssignment.student_id, db.BaseCell.name, db.Grade)
        .join(db.SubmittedNotebook, db.SubmittedNotebook.assignment_id == db.SubmittedAssignment.id)
        .join(db.Grade, db.Grade.notebook_id == db.SubmittedNotebook.id)
        .join(db.BaseCell, db.BaseCell.id == db.Grade.cell_id)
        .filter(mine)
    )
    for student, grade_id, grade in grades:
        found[student].cells.append((grade_id, _points(grade)))
    return found


def _points(grade: db.Grade) -> Points:
    by_hand = grade.manual_score is not None
    automatic = 0.0 if by_hand else grade.auto_score or 0.0
    return Points(automatic, (grade.manual_score or 0.0) + _extra(grade), int(grade.needs_manual_grade))


def _extra(grade: db.Grade) -> float:
    """Return the extra credit. nbgrader counts it once there is a score to add it to."""
    scored = grade.manual_score is not None or grade.auto_score is not None
    return (grade.extra_credit or 0.0) if scored else 0.0


def _sum(points: Iterable[Points]) -> Points:
    automatic, manual, waiting = map(sum, zip(Points(0.0, 0.0, 0), *points, strict=True))
    return Points(_number(automatic), _number(manual), waiting)


def _number(points: float) -> float:
    """Return points without the dust of binary fractions: 0.1 + 0.2 is 0.3."""
    return round(points, 6)


# --- for people -------------------------------------------------------------------------------------------------------


def _marks(book: Book) -> tuple[Iterator, list[str]]:
    return _harmless([MARKS, *(_mark(book, a, student) for a in book.assignments for student in book.students)]), []


def _mark(book: Book, assignment: db.Assignment, student: db.Student) -> list:
    submission = book.submissions.get((student.id, assignment.name))
    handed_in = book.root / "classroom" / "submitted" / student.id / assignment.name
    who = [student.id, student.last_name, student.first_name, student.email]
    when = submission.timestamp if submission else None
    row = [assignment.name, assignment.duedate, when, *who]
    if submission is None:
        submitted = "yes" if os.path.isdir(handed_in) else "no"
        return [*row, None, None, None, assignment.max_score, submitted, None, None, None, None]
    points = submission.points
    scores = [points.score, submission.penalty, submission.score, assignment.max_score]
    return [*row, *scores, "yes", *points, _flags(book.root, assignment.name, student.id)]


def _flags(root: Path, assignment: str, student: str) -> str:
    """Return the kinds of flags, each once. Their messages may quote what a student wrote, and stay in the record."""
    record = records.load(root / "classroom" / "grading", assignment, student)
    return " ".join(dict.fromkeys(flag.kind for flag in record.flags)) if record else ""


def _per_question(book: Book) -> tuple[Iterator, list[str]]:
    rows = [PER_QUESTION]
    for assignment in book.assignments:
        exercises = _exercises(assignment, book.root)
        for student in book.students:
            submission = book.submissions.get((student.id, assignment.name))
            who = [assignment.name, student.id, student.last_name, student.first_name]
            for key, (title, most) in exercises.items():
                rows.append([*who, key, title, *_question(submission, key, most)])
    return _harmless(rows), []


def _question(submission: Submission | None, key: str, most: float) -> list:
    if submission is None:
        return [None, most, None, None, None]
    points = _sum(points for grade_id, points in submission.cells if exercise_key(grade_id) == key)
    return [points.score, most, *points]


def _exercises(assignment: db.Assignment, root: Path) -> dict[str, tuple[str, float]]:
    """Return title and greatest number of points of each exercise: ex1, ex2, ..., ex10."""
    most: dict[str, float] = defaultdict(float)
    for notebook in assignment.notebooks:
        for cell in [*notebook.grade_cells, *notebook.task_cells]:
            most[exercise_key(cell.name)] += cell.max_score or 0.0
    source = Assignment(assignment.name, root)
    titles = {e.key: e.title for e in source.exercises} if source.source.exists() else {}
    order = sorted(most, key=lambda key: [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", key)])
    return {key: (titles.get(key, key), _number(most[key])) for key in order}


def _harmless(rows: Iterable) -> Iterator[list]:
    """Yield the rows with an apostrophe before each text that a spreadsheet would take for a formula."""
    for row in rows:
        yield [f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell for cell in row]


# --- for other systems ------------------------------------------------------------------------------------------------


def _canvas(book: Book) -> tuple[list, list[str]]:
    header, lines = _roster(book.root)
    if header:
        if "ID" not in header or "Section" not in header:
            raise ValueError(f"{ROSTER} is no export of Canvas' gradebook: it lacks the column ID or Section.")
        identity = header[: header.index("Section") + 1]
        lines = [line for line in lines if line["ID"]]  # "Points Possible" and "Manual Posting" have none
        students = _find(book, lines, _key(book, lines, [key for key in CANVAS_KEYS if key in identity]))
    else:
        identity, students = list(CANVAS), list(book.students)
        lines = [dict(zip(CANVAS, (_name(s), s.lms_user_id, "", s.id, ""), strict=True)) for s in students]
    columns = {assignment.name: _column(header, assignment.name) for assignment in book.assignments}
    possible = ["    Points Possible", *[""] * (len(identity) - 1), *(a.max_score for a in book.assignments)]
    rows = [
        [*(line[name] for name in identity), *_cells(book, student, line, columns)]
        for line, student in zip(lines, students, strict=True)
    ]
    return [[*identity, *columns.values()], possible, *rows], _unknown(book, students)


def _moodle(book: Book) -> tuple[list, list[str]]:
    header, lines = _roster(book.root)
    if header:
        if not (keys := [key for key in MOODLE_KEYS if key in header]):
            raise ValueError(f"{ROSTER} is no export of Moodle's grades: it has none of {', '.join(MOODLE_KEYS)}.")
        key = _key(book, lines, keys)
        students = _find(book, lines, key)
    else:
        key, students = MOODLE_KEYS[0], list(book.students)
        lines = [{key: student.id} for student in students]
    columns = {assignment.name: _column(header, assignment.name) for assignment in book.assignments}
    rows = [
        [line[key], *(_or(cell, "-") for cell in _cells(book, student, line, columns))]
        for line, student in zip(lines, students, strict=True)
        if student
    ]
    return [[key, *columns.values()], *rows], _unknown(book, students)


def _cells(book: Book, student: db.Student | None, line: dict[str, str], columns: dict[str, str]) -> list:
    """Return a student's marks. Where there is none, what the roster has there."""
    return [_or(book.mark(student, a), line.get(columns[a.name], "")) for a in book.assignments]


def _or(cell, otherwise: str):
    return otherwise if cell is None or cell == "" else cell


def _name(student: db.Student) -> str:
    return ", ".join(filter(None, (student.last_name, student.first_name))) or student.id


def _roster(root: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Return the header and the lines of the roster; nothing if there is none."""
    path = root / ROSTER
    if not path.exists():
        return [], []
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{ROSTER} is not UTF-8: export it again, and do not save it in a spreadsheet.") from None
    first = text.partition("\n")[0]
    header, *lines = csv.reader(io.StringIO(text), delimiter=max(",;\t", key=first.count)) if first else [[""]]
    header = [name.strip() for name in header]
    padding = [""] * len(header)
    return header, [dict(zip(header, [cell.strip() for cell in line] + padding, strict=False)) for line in lines]


def _key(book: Book, lines: list[dict[str, str]], keys: list[str]) -> str:
    """Return the column in which most students are found. Only one is used, so that no number is taken for another."""
    return max(keys, key=lambda key: sum(student is not None for student in _find(book, lines, key)))


def _find(book: Book, lines: list[dict[str, str]], key: str) -> list[db.Student | None]:
    """Return the student of each line."""
    known = {getattr(student, KNOWN_AS.get(key, "id")) or student.id: student for student in book.students}
    return [known.get(line[key]) for line in lines]


def _column(header: list[str], name: str) -> str:
    """Return the column of an assignment: the roster's (`02_x (4711)`, `Assignment: 02_x (Real)`) or a new one."""
    theirs = re.compile(rf"(.+: *)?{re.escape(name)}( \((\d+|Real)\))?")
    return next((column for column in header if theirs.fullmatch(column)), name)


def _unknown(book: Book, found: list[db.Student | None]) -> list[str]:
    there = {student.id for student in found if student}
    return [student.id for student in book.students if student.id not in there]


# --- the file and the plugins -----------------------------------------------------------------------------------------

WRITERS: dict[str, Callable[[Book], tuple[Iterable, list[str]]]] = {
    "marks": _marks,
    "per-question": _per_question,
    "canvas": _canvas,
    "moodle": _moodle,
}


def _write(path: Path, rows: Iterable) -> None:
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


class Marks(ExportPlugin):
    """One line per student and assignment."""

    kind = "marks"
    provisional = Bool(False, help="also export marks that wait for a person to Canvas or Moodle").tag(config=True)

    def export(self, gradebook: Gradebook) -> None:
        """Do what the function `export` does, and log what it tells. Stop the command if something cannot be done."""
        root = Path(self.parent.coursedir.root) if self.parent else Path.cwd()
        to = Path(self.to) if self.to else None
        try:
            done = export(gradebook, self.kind, to, self.assignment, root, self.student, self.provisional)
        except (LookupError, ValueError) as error:
            sys.exit(error.args[0])
        self.log.info("Exported grades to %s", done.path)
        for student, assignment in done.waiting:
            self.log.warning("%s of %s has answers that wait for a person", assignment, student)
        for student in done.unknown:
            self.log.warning("%s is not in %s", student, ROSTER)


class PerQuestion(Marks):
    """One line per student, assignment and exercise."""

    kind = "per-question"


class Canvas(Marks):
    """What Canvas' gradebook imports."""

    kind = "canvas"


class Moodle(Marks):
    """What Moodle's gradebook imports."""

    kind = "moodle"
