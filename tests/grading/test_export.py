"""Marks as CSV files, with real gradebooks of nbgrader, parsed back with csv."""

import csv
import errno
import subprocess
import sys
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.plugins import CsvExportPlugin
from tiny_course import NAME

from utils.grading import assignments, classroom, course
from utils.grading.export import MARKS, Canvas, Exported, Marks, Moodle, PerQuestion, export
from utils.grading.records import Flag, Record

LATER = "08_later"
CELLS = [
    ("ex10-last-test", 1, "code"),
    ("ex1-add-test", 3, "code"),
    ("ex1-add-test-2", 1, "code"),
    ("ex2-why", 2, "markdown"),
]
FORMULA = '=HYPERLINK("https://example.org","click")'
NASTY = 'Ünïcode, "Q"\r\nSecond line 名前'

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning:nbgrader")


@pytest.fixture
def db_url(tmp_path) -> str:
    return f"sqlite:///{tmp_path / 'gradebook.db'}"


@pytest.fixture
def root(tmp_path) -> Path:
    """A course's root without sources: a folder for the files of the class."""
    (tmp_path / "course" / "classroom").mkdir(parents=True)
    return tmp_path / "course"


@pytest.fixture
def gradebook(db_url):
    """A class of four. Ada is marked completely, Bo waits for a person, Cy is late, Di handed nothing in."""
    with Gradebook(db_url) as gradebook:
        for name in (NAME, LATER):
            gradebook.add_assignment(name)
            gradebook.add_notebook(name, name)
            for grade_id, points, kind in CELLS:
                gradebook.add_grade_cell(grade_id, name, name, max_score=points, cell_type=kind)
        gradebook.add_student("ada", last_name="Lovelace", first_name="Ada", email="ada@example.org")
        gradebook.add_student("bo", last_name="Bo", first_name="B", lms_user_id="4711")
        gradebook.add_student("cy")
        gradebook.add_student("di", last_name="Di")
        submit(gradebook, "ada", {"ex1-add-test": 3, "ex1-add-test-2": 0, "ex10-last-test": 0.5})
        set_grade(gradebook, "ada", "ex2-why", manual_score=1.5, needs_manual_grade=False)
        submit(gradebook, "bo", {"ex1-add-test": 3, "ex1-add-test-2": 1, "ex10-last-test": 1})
        submit(gradebook, "cy", {"ex1-add-test": 0, "ex1-add-test-2": 1, "ex10-last-test": 0})
        set_grade(gradebook, "cy", "ex2-why", manual_score=0, needs_manual_grade=False)
        gradebook.find_submission_notebook(NAME, NAME, "cy").late_submission_penalty = 5
        gradebook.db.commit()
        yield gradebook


def submit(gradebook: Gradebook, student: str, scores: dict[str, float]) -> None:
    """Do what autograding does: a score for each test, none for the answer that a person grades."""
    gradebook.update_or_create_submission(NAME, student, timestamp="2026-05-01 10:00:00 UTC")
    for grade_id, *_ in CELLS:
        grade = gradebook.find_grade(grade_id, NAME, NAME, student)
        grade.auto_score = scores.get(grade_id)
        grade.needs_manual_grade = grade.auto_score is None or grade.manual_score is not None
    gradebook.db.commit()


def set_grade(gradebook: Gradebook, student: str, grade_id: str, **values) -> None:
    """Do what a person does in the form grader."""
    grade = gradebook.find_grade(grade_id, NAME, NAME, student)
    for name, value in values.items():
        setattr(grade, name, value)
    gradebook.db.commit()


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def lines(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, strict=True))


def marks(gradebook: Gradebook, root: Path, assignment: str = NAME) -> dict[str, dict[str, str]]:
    rows = read(export(gradebook, "marks", None, [assignment], root).path)
    return {row["student_id"]: row for row in rows}


def roster(root: Path, text: str, encoding: str = "utf-8") -> None:
    (root / "classroom" / "roster.csv").write_text(text, encoding=encoding)


# --- marks ------------------------------------------------------------------------------------------------------------


def test_each_student_has_a_line_for_each_assignment(gradebook, root):
    done = export(gradebook, "marks", None, [], root)
    assert done.path == root / "classroom" / "grades.csv"
    rows = read(done.path)
    names = ["cy", "bo", "di", "ada"]  # by last name; Cy has none
    assert [(row["assignment"], row["student_id"]) for row in rows] == [(a, s) for a in (NAME, LATER) for s in names]
    assert tuple(rows[0]) == MARKS


def test_automatic_and_manual_points_add_up_to_the_score(gradebook, root):
    ada = marks(gradebook, root)["ada"]
    expected = {"automatic": 3.5, "manual": 1.5, "raw_score": 5, "score": 5, "max_score": 7, "to_grade": 0}
    assert {name: float(ada[name]) for name in expected} == expected
    assert ada["submitted"] == "yes"
    assert ada["timestamp"] == "2026-05-01 10:00:00"


def test_binary_fractions_leave_no_dust(gradebook, root):
    submit(gradebook, "ada", {"ex1-add-test": 0.1, "ex1-add-test-2": 0.2, "ex10-last-test": 0})
    assert marks(gradebook, root)["ada"]["automatic"] == "0.3"


def test_the_scores_are_those_of_nbgraders_own_export(gradebook, root, tmp_path):
    set_grade(gradebook, "ada", "ex1-add-test", extra_credit=0.25)
    set_grade(gradebook, "bo", "ex2-why", extra_credit=9)  # nbgrader counts it only once there is a score
    CsvExportPlugin(to=str(tmp_path / "theirs.csv")).export(gradebook)
    theirs = {row["student_id"]: row for row in read(tmp_path / "theirs.csv") if row["assignment"] == NAME}
    ours = marks(gradebook, root)
    for student in ("ada", "bo", "cy"):
        assert {name: ours[student][name] for name in theirs[student]} == theirs[student]


def test_a_late_penalty_never_makes_a_score_negative(gradebook, root):
    cy = marks(gradebook, root)["cy"]
    assert [float(cy[name]) for name in ("raw_score", "late_submission_penalty", "score")] == [1, 5, 0]


def test_nothing_handed_in_is_told_apart_from_zero(gradebook, root):
    book = marks(gradebook, root)
    scores = ("timestamp", "raw_score", "late_submission_penalty", "score", "automatic", "manual", "to_grade", "flags")
    assert [book["di"][name] for name in scores] == [""] * len(scores)
    assert (book["di"]["submitted"], book["di"]["max_score"]) == ("no", "7.0")
    assert book["cy"]["score"] == "0.0"


def test_an_assignment_without_submissions_has_lines_without_scores(gradebook, root):
    assert {(row["score"], row["submitted"]) for row in marks(gradebook, root, LATER).values()} == {("", "no")}


def test_what_is_handed_in_and_not_graded_yet_is_submitted_without_a_score(gradebook, root):
    (root / "classroom" / "submitted" / "di" / NAME).mkdir(parents=True)
    di = marks(gradebook, root)["di"]
    assert (di["submitted"], di["score"]) == ("yes", "")


def test_answers_that_wait_for_a_person_are_counted_and_reported(gradebook, root):
    assert marks(gradebook, root)["bo"]["to_grade"] == "1"
    assert export(gradebook, "marks", None, [], root).waiting == [("bo", NAME)]


def test_a_manual_score_replaces_the_automatic_one(gradebook, root):
    set_grade(gradebook, "ada", "ex1-add-test", manual_score=1, extra_credit=0.5)
    ada = marks(gradebook, root)["ada"]
    assert [float(ada[name]) for name in ("automatic", "manual", "score")] == [0.5, 3, 3.5]


def test_extra_credit_may_lift_a_score_above_the_maximum(gradebook, root):
    set_grade(gradebook, "ada", "ex1-add-test", extra_credit=10)
    ada = marks(gradebook, root)["ada"]
    assert [float(ada[name]) for name in ("automatic", "manual", "score")] == [3.5, 11.5, 15]


def test_a_resubmission_puts_the_manual_mark_up_for_review(gradebook, root):
    submit(gradebook, "ada", {"ex1-add-test": 3, "ex1-add-test-2": 1, "ex10-last-test": 1})
    ada = marks(gradebook, root)["ada"]
    assert (ada["automatic"], ada["manual"], ada["to_grade"]) == ("5.0", "1.5", "1")


def test_flags_are_named_once_each(gradebook, root):
    flags = [Flag("link", "=1+1 is a link"), Flag("deadline", "cell 3"), Flag("deadline", "cell 4")]
    record = Record(NAME, "ada", "", "", "2026-05-01T12:00:00", flags=flags)
    record.save(root / "classroom" / "grading")
    book = marks(gradebook, root)
    assert (book["ada"]["flags"], book["bo"]["flags"]) == ("link deadline", "")


@pytest.mark.parametrize("kind", ["marks", "per-question"])
def test_names_come_back_as_they_were(kind, gradebook, root):
    gradebook.update_or_create_student("ada", first_name=NASTY, last_name="O'Hara\rx; y")
    rows = read(export(gradebook, kind, None, [NAME], root).path)
    found = [(row["first_name"], row["last_name"]) for row in rows if row["student_id"] == "ada"]
    assert set(found) == {(NASTY, "O'Hara\rx; y")}


@pytest.mark.parametrize("kind", ["marks", "per-question"])
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"])
def test_text_that_begins_like_a_formula_gets_an_apostrophe(start, kind, gradebook, root):
    gradebook.add_student(f"{start}id", last_name=f"{start}1+1", first_name="a=b")
    rows = read(export(gradebook, kind, None, [NAME], root).path)
    row = next(row for row in rows if row["student_id"].endswith("id"))
    assert [row[name] for name in ("student_id", "last_name", "first_name")] == [f"'{start}id", f"'{start}1+1", "a=b"]


def test_negative_numbers_stay_numbers(gradebook, root):
    set_grade(gradebook, "cy", "ex2-why", manual_score=-2)
    assert marks(gradebook, root)["cy"]["manual"] == "-2.0"


def test_only_the_assignments_and_students_asked_for_are_written(gradebook, root, tmp_path):
    rows = read(export(gradebook, "marks", tmp_path / "x.csv", [LATER], root, students=["di", "ada"]).path)
    assert [(row["assignment"], row["student_id"]) for row in rows] == [(LATER, "di"), (LATER, "ada")]


@pytest.mark.parametrize("names", [{"assignments": ["99_no"]}, {"assignments": [], "students": ["nobody"]}])
def test_an_unknown_name_is_an_error_and_writes_nothing(names, gradebook, root):
    with pytest.raises(LookupError, match=r"The gradebook has no (assignment 99_no|student nobody)"):
        export(gradebook, "marks", None, root=root, **names)
    assert list((root / "classroom").iterdir()) == []


# --- per question -----------------------------------------------------------------------------------------------------


def test_each_exercise_has_a_line_in_order(gradebook, root):
    rows = read(export(gradebook, "per-question", None, [NAME], root).path)
    names = ("exercise", "title", "score", "max_score", "automatic", "manual", "to_grade")
    found = [[row[name] for name in names] for row in rows if row["student_id"] == "ada"]
    assert found == [
        ["ex1", "ex1", "3.0", "4.0", "3.0", "0.0", "0"],
        ["ex2", "ex2", "1.5", "2.0", "0.0", "1.5", "0"],
        ["ex10", "ex10", "0.5", "1.0", "0.5", "0.0", "0"],
    ]
    assert len(rows) == 4 * 3


def test_exercises_are_named_as_in_the_source(gradebook, tiny):
    (tiny.root / "classroom").mkdir()
    rows = read(export(gradebook, "per-question", None, [NAME], tiny.root).path)
    assert [row["title"] for row in rows[:3]] == ["Add", "Why", "ex10"]


def test_an_exercise_says_what_waits_and_what_is_missing(gradebook, root):
    rows = read(export(gradebook, "per-question", None, [NAME], root).path)
    why = {row["student_id"]: (row["score"], row["to_grade"]) for row in rows if row["exercise"] == "ex2"}
    assert why == {"ada": ("1.5", "0"), "bo": ("0.0", "1"), "cy": ("0.0", "0"), "di": ("", "")}


# --- Canvas -----------------------------------------------------------------------------------------------------------

CANVAS_ROSTER = f"""\
Student,ID,SIS User ID,SIS Login ID,Section,{NAME} (815),Current Score
,,,,,Manual Posting,
    Points Possible,,,,,7,(read only)
"Elsewhere, Eve",1,s1,eve,A,6,90
"Lovelace, =Ada",2,s2,ada,"A and B",1,10
"Di, D",3,s3,di,A,EX,
"Bo, B",4,s4,bo,A,,
"Student, Test",5,,,A,,
"""


def test_canvas_gets_its_header_and_the_points_possible(gradebook, root):
    found = lines(export(gradebook, "canvas", None, [], root).path)
    assert found[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", NAME, LATER]
    assert found[1] == ["    Points Possible", "", "", "", "", "7.0", "7.0"]
    assert found[2] == ["cy", "", "", "cy", "", "0.0", ""]
    assert found[3] == ["Bo, B", "4711", "", "bo", "", "", ""]  # waits for a person
    assert found[5] == ["Lovelace, Ada", "", "", "ada", "", "5.0", ""]


@pytest.mark.parametrize(("kind", "none"), [("canvas", ""), ("moodle", "-")])
def test_a_provisional_mark_goes_out_only_if_asked_for(kind, none, gradebook, root):
    for provisional, mark in ((False, none), (True, "5.0")):
        done = export(gradebook, kind, None, [NAME], root, provisional=provisional)
        assert [line[-1] for line in lines(done.path) if "bo" in line] == [mark]
        assert done.waiting == [("bo", NAME)]


@pytest.mark.parametrize("kind", ["canvas", "moodle"])
def test_identifiers_for_other_systems_stay_unchanged(kind, gradebook, root):
    gradebook.add_student("-nick", last_name=FORMULA)
    found = lines(export(gradebook, kind, None, [NAME], root).path)
    row = next(line for line in found if "-nick" in line)
    assert kind == "moodle" or row[0] == FORMULA


def test_the_roster_of_canvas_keeps_its_lines_and_its_assignment_ids(gradebook, root):
    roster(root, CANVAS_ROSTER)
    done = export(gradebook, "canvas", None, [], root)
    assert lines(done.path) == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", f"{NAME} (815)", LATER],
        ["    Points Possible", "", "", "", "", "7.0", "7.0"],
        ["Elsewhere, Eve", "1", "s1", "eve", "A", "6", ""],  # not in the gradebook: as it was
        ["Lovelace, =Ada", "2", "s2", "ada", "A and B", "5.0", ""],
        ["Di, D", "3", "s3", "di", "A", "EX", ""],  # excused, nothing handed in
        ["Bo, B", "4", "s4", "bo", "A", "", ""],
        ["Student, Test", "5", "", "", "A", "", ""],
    ]
    assert done.unknown == ["cy"]


def test_a_zero_replaces_what_canvas_has(gradebook, root):
    roster(root, f"Student,ID,SIS Login ID,Section,{NAME} (815)\nCy,9,cy,A,3\n")
    assert lines(export(gradebook, "canvas", None, [NAME], root).path)[2] == ["Cy", "9", "cy", "A", "0.0"]


def test_a_number_in_another_column_is_nobodys_id(gradebook, root):
    gradebook.add_student("2", last_name="Two")
    submit(gradebook, "2", {grade_id: 1 for grade_id, *_ in CELLS})
    roster(root, CANVAS_ROSTER.replace(",ada,", ",someone,"))
    done = export(gradebook, "canvas", None, [NAME], root)
    assert ["Lovelace, =Ada", "2", "s2", "someone", "A and B", "1"] in lines(done.path)
    assert done.unknown == ["cy", "ada", "2"]


@pytest.mark.parametrize("ids", ["7,ada,login", "2,s2,login"])
def test_students_are_found_by_their_sis_or_canvas_id_too(ids, gradebook, root):
    gradebook.update_or_create_student("ada", lms_user_id="2")
    roster(root, f"Student,ID,SIS User ID,SIS Login ID,Section\nA,{ids},A\n")
    assert lines(export(gradebook, "canvas", None, [NAME], root).path)[2] == ["A", *ids.split(","), "A", "5.0"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_roster_with_semicolons_or_a_byte_order_mark_is_read(encoding, gradebook, root):
    roster(root, "Student;ID;SIS Login ID;Section\n\nÄda;2;ada;A\n", encoding)
    assert lines(export(gradebook, "canvas", None, [NAME], root).path)[2] == ["Äda", "2", "ada", "A", "5.0"]


@pytest.mark.parametrize("kind", ["canvas", "moodle"])
@pytest.mark.parametrize("text", ["", "name,group\nx,y\n"])
def test_a_file_that_is_no_roster_is_refused(text, kind, gradebook, root):
    roster(root, text)
    with pytest.raises(ValueError, match=r"classroom/roster\.csv is no export of (Canvas|Moodle)'"):
        export(gradebook, kind, None, [], root)


def test_a_roster_in_another_encoding_is_refused(gradebook, root):
    roster(root, "Student,ID,Section\nÄda,1,A\n", "latin-1")
    with pytest.raises(ValueError, match="is not UTF-8"):
        export(gradebook, "canvas", None, [], root)


# --- Moodle -----------------------------------------------------------------------------------------------------------


def test_moodle_gets_one_identifier_and_a_column_for_each_assignment(gradebook, root):
    assert lines(export(gradebook, "moodle", None, [], root).path) == [
        ["Username", NAME, LATER],
        ["cy", "0.0", "-"],
        ["bo", "-", "-"],
        ["di", "-", "-"],
        ["ada", "5.0", "-"],
    ]


def test_the_command_says_what_is_missing_without_a_roster(root, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(assignments, "ROOT", root)
    monkeypatch.setattr(classroom, "export", lambda *words: Exported(tmp_path / "x.csv", [], []))
    assert course.main(["export", "--canvas"]) == 0
    assert "There is no classroom/roster.csv, so Canvas must know" in " ".join(capsys.readouterr().out.split())
    roster(root, CANVAS_ROSTER)
    assert course.main(["export", "--canvas"]) == 0 and course.main(["export"]) == 0
    assert "roster" not in capsys.readouterr().out


def test_the_command_names_each_assignment_once_that_waits_for_a_person(root, tmp_path, monkeypatch, capsys):
    waiting = [("bo", NAME), ("cy", LATER), ("ada", NAME)]
    monkeypatch.setattr(classroom, "export", lambda *words: Exported(tmp_path / "x.csv", waiting, []))
    assert course.main(["export"]) == 0
    assert f"{NAME}: ada, bo; {LATER}: cy." in " ".join(capsys.readouterr().out.split())


def test_the_roster_of_moodle_says_which_column_identifies(gradebook, root):
    column = f"Assignment: {NAME} (Real)"
    text = (
        f"First name,Last name,ID number,Email address,{column}\nB,B,,bo,4.00\nA,L,,ada@example.org,-\nE,E,,eve@x,1\n"
    )
    roster(root, text)
    done = export(gradebook, "moodle", None, [NAME], root)
    assert lines(done.path) == [["Email address", column], ["bo", "4.00"], ["ada@example.org", "5.0"]]
    assert done.unknown == ["cy", "di"]


# --- the file ---------------------------------------------------------------------------------------------------------


def test_an_existing_file_is_replaced_and_nothing_else_is_left(gradebook, root):
    path = root / "classroom" / "grades.csv"
    path.write_text("old " * 10_000, encoding="utf-8")
    export(gradebook, "marks", None, [], root)
    assert "old" not in path.read_text(encoding="utf-8")
    assert list(path.parent.iterdir()) == [path]


def test_a_disk_that_fills_up_leaves_the_existing_file(gradebook, root, monkeypatch):
    path = root / "classroom" / "grades.csv"
    path.write_text("old", encoding="utf-8")

    def full(self, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        export(gradebook, "marks", None, [], root)
    assert path.read_text(encoding="utf-8") == "old"
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_an_error_of_the_system(gradebook, root):
    with pytest.raises(FileNotFoundError):
        export(gradebook, "marks", root / "no" / "grades.csv", [], root)


# --- nbgrader's plugins -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("plugin", [Marks, PerQuestion, Canvas, Moodle])
def test_each_kind_is_a_plugin_that_writes_the_same(plugin, gradebook, root, monkeypatch):
    monkeypatch.chdir(root)
    own = export(gradebook, plugin.kind, None, [NAME], root, ["ada", "bo"]).path
    plugin(to="theirs.csv", assignment=[NAME], student=["ada", "bo"]).export(gradebook)
    assert (root / "theirs.csv").read_bytes() == own.read_bytes()


def test_a_plugin_stops_the_command_with_one_line(gradebook, root, monkeypatch):
    monkeypatch.chdir(root)
    with pytest.raises(SystemExit, match="The gradebook has no assignment 99_no"):
        Marks(assignment=["99_no"]).export(gradebook)


@pytest.mark.slow
def test_nbgraders_command_takes_the_plugin(gradebook, db_url, root):
    plugin = "--exporter=utils.grading.export.PerQuestion"
    command = [sys.executable, "-m", "nbgrader", "export", plugin, f"--db={db_url}", f"--assignment=['{NAME}']"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert f"{NAME} of bo has answers that wait for a person" in done.stderr
    assert len(read(root / "classroom" / "grades-per-question.csv")) == 4 * 3
