"""What there is to hand in, read from the folders `solutions/` and `exercises/` and from nothing else."""

import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat
from nbgrader.utils import is_grade, is_solution

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Exercise:
    """One exercise of an assignment: the graded cells whose grade_id starts with the same key."""

    key: str  # "ex1"
    title: str
    points: float
    cells: tuple[str, ...]  # grade_ids of its graded cells, in order
    manual: bool  # a person gives (some of) the points


@dataclass(frozen=True)
class Assignment:
    """An assignment and where its notebooks lie. Either `source` or `release` is sure to exist."""

    name: str  # "02_patch_embedding"
    root: Path

    @property
    def number(self) -> str:
        return self.name.split("_")[0]

    @property
    def source(self) -> Path:
        return self.root / "solutions" / self.name / f"{self.name}.ipynb"

    @property
    def release(self) -> Path:
        return self.root / "exercises" / self.name / f"{self.name}.ipynb"

    @property
    def work(self) -> Path:
        """The learner's own copy. `COURSE_WORK` overrides the folder `work/`; a relative one starts at `root`."""
        folder = self.root / (os.environ.get("COURSE_WORK") or "work")
        return folder / self.name / f"{self.name}.ipynb"

    @cached_property
    def exercises(self) -> list[Exercise]:
        """What is asked, read from `source`."""
        notebook = nbformat.read(self.source, as_version=4)
        titles = dict(re.findall(r"^## Exercise (\d+)\. (.+?) *$", _markdown(notebook), flags=re.MULTILINE))
        groups: dict[str, list] = {}
        for cell in notebook.cells:
            if is_grade(cell):
                groups.setdefault(exercise_key(cell.metadata.nbgrader.grade_id), []).append(cell)
        return [
            Exercise(
                key=key,
                title=titles.get(key.removeprefix("ex"), key),
                points=sum(float(cell.metadata.nbgrader.points) for cell in cells),
                cells=tuple(cell.metadata.nbgrader.grade_id for cell in cells),
                manual=any(is_solution(cell) for cell in cells),
            )
            for key, cells in groups.items()
        ]


def exercise_key(grade_id: str) -> str:
    """Return which exercise a cell belongs to: `ex1-patchify-test-2` is part of `ex1`."""
    return grade_id.split("-")[0]


def assignments(root: Path | None = None) -> list[Assignment]:
    """Return every assignment on disk, in order of their numbers. `root` defaults to the project's folder."""
    root = root or ROOT
    paths = [*root.glob("solutions/*/*.ipynb"), *root.glob("exercises/*/*.ipynb")]
    return [Assignment(name, root) for name in sorted({path.stem for path in paths if path.stem == path.parent.name})]


def with_source(root: Path | None = None) -> list[Assignment]:
    """Return the assignments that can be released and checked. A class's folder, without `solutions/`, has none."""
    return [assignment for assignment in assignments(root) if assignment.source.exists()]


def find(which: str, root: Path | None = None) -> Assignment:
    """Return the assignment called `02`, `2` or `02_patch_embedding`.

    Raises:
        LookupError: there is no such assignment; the message lists those there are.
    """
    known = assignments(root)
    for assignment in known:
        if which in (assignment.name, assignment.number, assignment.number.lstrip("0") or "0"):
            return assignment
    names = ", ".join(a.name for a in known) or "none yet"
    raise LookupError(f"There is no assignment {which!r}. There are: {names}.")


def _markdown(notebook) -> str:
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
