"""exercises/ is what nbgrader makes of solutions/, to the byte, and gives nothing away."""

import re

import nbformat
import pytest

from utils.grading import assignments
from utils.grading import release as module
from utils.grading.release import release

ON_DISK = assignments.with_source()
SECRETS = re.compile(r"(?s)(?:BEGIN SOLUTION|BEGIN HIDDEN TESTS|=== BEGIN MARK SCHEME)(.*?)(?:###|===) END")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    folder = tmp_path_factory.mktemp("release")
    release(folder)
    return folder


def test_there_are_assignments():
    assert ON_DISK


@pytest.mark.parametrize("assignment", ON_DISK, ids=lambda a: a.name)
def test_exercises_are_up_to_date(assignment, fresh):
    made = sorted(path for path in (fresh / assignment.name).rglob("*") if path.is_file())
    for path in made:
        committed = assignment.release.parent / path.relative_to(fresh / assignment.name)
        assert committed.exists() and committed.read_bytes() == path.read_bytes(), (
            f"{committed.name}: run make exercises"
        )
    there = {path.name for path in assignment.release.parent.iterdir() if path.name != ".ipynb_checkpoints"}
    assert there == {path.name for path in made}, "files that no release writes"


def test_every_exercise_folder_has_a_source():
    folders = {path.name for path in (assignments.ROOT / "exercises").iterdir() if path.is_dir()}
    assert folders == {assignment.name for assignment in ON_DISK}


@pytest.mark.parametrize("assignment", ON_DISK, ids=lambda a: a.name)
def test_nothing_is_given_away(assignment):
    """No line that only the solution, the hidden tests or the mark scheme hold is in the release."""
    released = nbformat.read(assignment.release, as_version=4)
    source = nbformat.read(assignment.source, as_version=4)
    text = "\n".join(cell.source for cell in released.cells)
    public = "\n".join(SECRETS.sub("", cell.source) for cell in source.cells)
    hidden = "\n".join(part for cell in source.cells for part in SECRETS.findall(cell.source))
    lines = {line.strip() for line in hidden.splitlines()}
    secret = {line for line in lines if len(line) > 12 and line not in public}
    assert secret, "the source has solutions"
    assert not [line for line in secret if line in text]
    assert not re.search(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS|MARK SCHEME)", text)
    assert all(not cell.get("outputs") for cell in released.cells)


def test_two_runs_give_the_same_bytes_and_change_nothing(tiny, tmp_path):
    before = tiny.release.read_bytes()
    assert release(root=tiny.root) == []
    release(tmp_path / "again", root=tiny.root)
    assert (tmp_path / "again" / tiny.name / f"{tiny.name}.ipynb").read_bytes() == before


def test_windows_line_ends_make_no_difference(tiny, monkeypatch):
    generate = module._generate

    def on_windows(name, root, folder):
        generate(name, root, folder)
        for path in folder.rglob("*.ipynb"):
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))

    monkeypatch.setattr(module, "_generate", on_windows)
    assert release(root=tiny.root) == []
    tiny.release.unlink()
    release(root=tiny.root)
    assert b"\r" not in tiny.release.read_bytes()


def test_a_folder_without_source_is_left_alone(tiny):
    handed_out = tiny.root / "exercises" / "08_other" / "08_other.ipynb"
    handed_out.parent.mkdir()
    handed_out.write_text("as it is")
    assert [a.name for a in assignments.assignments()] == ["07_tiny", "08_other"]
    assert [a.name for a in assignments.with_source()] == ["07_tiny"]
    assert release() == [] and handed_out.read_text() == "as it is"


def test_a_change_is_named_and_the_machine_leaves_no_trace(tiny):
    source = nbformat.read(tiny.source, as_version=4)
    source.metadata.language_info.version = "3.99.0"
    source.cells[0].metadata.ExecuteTime = {"start_time": "2024-01-01"}
    nbformat.write(source, tiny.source)
    assert release(root=tiny.root) == [], "the author's Python version shows in the release"
    source.cells[0].source = "import torch  # new"
    nbformat.write(source, tiny.source)
    assert release(root=tiny.root) == [tiny.release]
    metadata = nbformat.read(tiny.release, as_version=4).metadata
    assert (metadata.kernelspec.name, metadata.language_info) == ("python3", {"name": "python"})


def test_one_can_be_named(tiny, tmp_path):
    other = assignments.Assignment("77_other", tiny.root)
    other.source.parent.mkdir()
    other.source.write_bytes(tiny.source.read_bytes())
    assert [path.name for path in release(tmp_path / "one", tiny.root, only=["77"])] == ["77_other.ipynb"]
    with pytest.raises(LookupError, match="There is no assignment '78'"):
        release(tmp_path / "one", tiny.root, only=["78"])
