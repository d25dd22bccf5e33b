"""Fixtures of the grading tests."""

import uuid

import nbformat
import postgres
import pytest
from nbgrader import api
from tiny_course import NAME, tiny_source

from utils.grading import assignments
from utils.grading.release import release


@pytest.fixture(scope="session")
def alembic_version() -> str:
    return api.get_alembic_version()


@pytest.fixture(autouse=True)
def gradebooks_open_fast(alembic_version, monkeypatch):
    """A new gradebook asks a program of its own for this each time, which takes seconds."""
    monkeypatch.setattr(api, "get_alembic_version", lambda: alembic_version)


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


@pytest.fixture(scope="session")
def postgres_server():
    """The folder of the socket of a PostgreSQL server that runs as long as the tests do."""
    programs = postgres.find_programs()
    if programs is None:
        pytest.skip(postgres.MISSING)
    with postgres.server(programs) as socket:
        yield socket


@pytest.fixture
def postgres_url(postgres_server) -> str:
    """The address of an empty PostgreSQL database, as SQLAlchemy takes it."""
    with postgres.database(postgres_server, f"test-{uuid.uuid4().hex}") as url:
        yield url
