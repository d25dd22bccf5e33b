"""The submissions in `attacks/` and `honest/` can be handed in, and the assignment they are for is graded fairly."""

import os
from pathlib import Path

import pytest
from attacked_course import FULL, MARKER, NAME, RIGHT, WRONG, attacked_source, cases, hand_in

from utils.grading import marks, records, runner
from utils.grading.rebuild import rebuild, released

ATTACKS, HONEST = cases("attacks"), cases("honest")


@pytest.mark.parametrize("name", sorted(ATTACKS | HONEST))
def test_a_file_says_what_it_does_and_deserves(name, tmp_path):
    case = (ATTACKS | HONEST)[name]
    assert case.__doc__ and case.__doc__[0].isupper()
    assert case.SCORE == FULL if name in HONEST else case.SCORE is None or 0 <= case.SCORE < FULL
    assert set(records.FLAGS) >= case.FLAGS | getattr(case, "MAY", set())
    assert MARKER not in Path(case.__file__).read_text(encoding="utf-8"), "a student does not know the hidden tests"
    (tmp_path / "classroom" / "submitted" / "aaa_honest").mkdir(parents=True)
    hand_in(case, name in HONEST, tmp_path / "classroom" / "submitted" / name / NAME)
    assert os.path.lexists(tmp_path / "classroom" / "submitted" / name)


def test_the_names_are_those_of_different_students():
    assert not set(ATTACKS) & set(HONEST)
    assert ATTACKS and HONEST


@pytest.mark.parametrize("answers, score", [(RIGHT, FULL), (WRONG, 4), ({}, 0)], ids=["right", "wrong", "empty"])
def test_the_assignment_gives_what_the_answers_deserve(answers, score):
    notebook = released(attacked_source())
    for cell in notebook.cells:
        cell.source = answers.get(cell.id, cell.source)
    earned = marks.grade(runner.run(rebuild(attacked_source(), notebook)))
    assert sum(mark.score or 0 for mark in earned.values()) == score, earned
