"""Whatever a learner did to the cells of a notebook, the official tests run on the answers."""

from copy import deepcopy

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell
from tiny_course import tiny_source

from utils.grading import marks, runner
from utils.grading.rebuild import rebuild, released

RIGHT = "def add(a, b):\n    return b + a"
ANSWERED = ("ex1-add", "ex2-why")  # their checksums are set


@pytest.fixture
def submission() -> nbformat.NotebookNode:
    """The released notebook with a right answer to exercise 1 and some answer to exercise 2."""
    notebook = released(tiny_source())
    by_id(notebook, "ex1-add").source = RIGHT
    by_id(notebook, "ex2-why").source = "Because."
    return notebook


def by_id(notebook, cell_id):
    return next(cell for cell in notebook.cells if cell.id == cell_id)


def sources(notebook) -> list[str]:
    return [cell.source for cell in notebook.cells]


def expected() -> list[str]:
    notebook = tiny_source()
    by_id(notebook, "ex1-add").source = RIGHT
    by_id(notebook, "ex2-why").source = "Because."
    return sources(notebook)


def scores(notebook) -> dict:
    return {key: mark.score for key, mark in marks.grade(runner.run(notebook)).items()}


def test_release_hides_what_it_must():
    text = "\n".join(sources(released(tiny_source())))
    assert "YOUR CODE HERE" in text and "1 + 2" in text
    for secret in ("return a + b", "hidden", "HIDDEN", "rubric", "SOLUTION", "MARK SCHEME"):
        assert secret not in text


def test_untouched_notebook_earns_nothing():
    rebuilt = rebuild(tiny_source(), released(tiny_source()))
    assert scores(rebuilt) == {"ex1-add-test": 0, "ex1-add-test-2": 0, "ex2-why": 0}


def test_answers_meet_the_hidden_tests(submission):
    rebuilt = rebuild(tiny_source(), submission)
    nbformat.validate(rebuilt)
    assert sources(rebuilt) == expected()
    assert scores(rebuilt) == {"ex1-add-test": 3, "ex1-add-test-2": 1, "ex2-why": None}
    by_id(submission, "ex1-add").source = "def add(a, b): return 3 if b else 0  # the visible tests only"
    assert scores(rebuild(tiny_source(), submission)) == {"ex1-add-test": 0, "ex1-add-test-2": 1, "ex2-why": None}


def test_the_inputs_stay_as_they_were(submission):
    source, before, given = tiny_source(), deepcopy(tiny_source()), deepcopy(submission)
    rebuilt = rebuild(source, submission)
    rebuilt.cells[0].source = "changed"
    assert (sources(source), submission) == (sources(before), given)


def delete_tests(notebook):
    notebook.cells = [cell for cell in notebook.cells if "test" not in cell.id]


def change_tests(notebook):
    for cell in notebook.cells:
        if "test" in cell.id:
            cell.source = "pass"


def reverse(notebook):
    notebook.cells.reverse()


def duplicate_tests(notebook):
    notebook.cells += [deepcopy(cell) for cell in notebook.cells if "test" in cell.id]


def strip_metadata(notebook):
    for cell in notebook.cells:
        cell.metadata = nbformat.NotebookNode()


def disguise_tests(notebook):
    """Copies of official cells, by text alone, are not the learner's extra cells."""
    for cell in notebook.cells:
        if "test" in cell.id or "text" in cell.id:
            cell.id, cell.metadata = "new-" + cell.id, nbformat.NotebookNode()


def forge_metadata(notebook):
    for cell in notebook.cells:
        cell.metadata.nbgrader.update(points=100, locked=False, grade=False)
        cell.metadata.tags = ["skip-execution"]


def older_format(notebook):
    notebook.nbformat_minor = 4
    for cell in notebook.cells:
        del cell["id"]


def turn_answers_around(notebook):
    """Make code of the text and text of the code, as the key Y does."""
    for key, kind in (("ex1-add", "markdown"), ("ex2-why", "raw")):
        by_id(notebook, key).cell_type = kind


@pytest.mark.parametrize(
    "damage",
    [
        delete_tests,
        change_tests,
        reverse,
        duplicate_tests,
        strip_metadata,
        disguise_tests,
        forge_metadata,
        older_format,
        turn_answers_around,
    ],
)
def test_damage_makes_no_difference(submission, damage):
    damage(submission)
    rebuilt = rebuild(tiny_source(), submission)
    assert [text for text in sources(rebuilt) if text != "pass"] == expected()
    assert [cell.metadata for cell in rebuilt.cells if "nbgrader" in cell.metadata and cell.id not in ANSWERED] == [
        cell.metadata for cell in tiny_source().cells if cell.id not in ANSWERED
    ]
    assert scores(rebuilt) == {"ex1-add-test": 3, "ex1-add-test-2": 1, "ex2-why": None}


def test_a_deleted_answer_is_the_stub_again(submission):
    submission.cells = [cell for cell in submission.cells if cell.id not in ("ex1-add", "ex2-why")]
    assert scores(rebuild(tiny_source(), submission)) == {"ex1-add-test": 0, "ex1-add-test-2": 0, "ex2-why": 0}


def test_extra_cells_run_at_their_place(submission):
    by_id(submission, "ex1-add").source = "def add(a, b): return helper(a, b)"
    place = [cell.id for cell in submission.cells].index("ex1-add")
    submission.cells.insert(place, new_code_cell("def helper(a, b): return a + b", metadata={"tags": ["mine"]}))
    submission.cells.insert(0, new_markdown_cell("My name is Ada."))
    rebuilt = rebuild(tiny_source(), submission)
    nbformat.validate(rebuilt)
    ids = [cell.id for cell in rebuilt.cells]
    extra = rebuilt.cells[ids.index("ex1-add") - 1]
    assert (extra.source, extra.metadata) == ("def helper(a, b): return a + b", {})
    assert rebuilt.cells[0].source == "My name is Ada."
    assert scores(rebuilt)["ex1-add-test"] == 3


def test_a_copy_of_an_answer_runs_after_it_as_the_learner_saw(submission):
    place = [cell.id for cell in submission.cells].index("ex1-add")
    copy = deepcopy(submission.cells[place])
    copy.id = "copy"
    submission.cells[place].source = "def add(a, b): return 0  # first try\n\ndef plus(a, b): return a + b"
    copy.source = "def add(a, b): return plus(a, b)"
    submission.cells.insert(place + 1, copy)
    assert scores(rebuild(tiny_source(), submission))["ex1-add-test"] == 3
