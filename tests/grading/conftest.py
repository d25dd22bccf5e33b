"""Fixtures of the grading tests."""

import nbformat
import pytest
from tiny_course import NAME, tiny_source

from utils.grading import assignments
from utils.grading.release import release


@pytest.fixture
def tiny(tmp_path, monkeypatch) -> assignments.Assignment:
    """The tiny assignment, released, with the project's root and work/ in a temporary folder."""
    root = tmp_path / "course"
    assignment = assignments.Assignment(NAME, root)
    assignment.source.parent.mkdir(parents=True)
    nbformat.write(tiny_source(), assignment.source)
    release(root=root)
    monkeypatch.setattr(assignments, "ROOT", root)
    monkeypatch.setenv("COURSE_WORK", str(root / "work"))
    monkeypatch.delenv("JPY_PARENT_PID", raising=False)
    monkeypatch.chdir(root)
    return assignment
