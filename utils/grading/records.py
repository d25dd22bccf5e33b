"""What `course grade` notes about each submission, in `classroom/grading/NN_topic/NAME.json`."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

FLAGS = {
    # what arrived
    "missing": "there is no notebook; graded as an empty one",
    "unreadable": "a file cannot be read and was left out; a notebook was graded as an empty one",
    "oversize": "a file is too large; it was left out",
    "link": "a link or special file instead of a plain file; it was left out",
    "renamed": "the notebook had another name; it was graded",
    "shadowing": "a file has the name of a module that the tests use; it was left out",
    "active": "a page or script that a browser would run; it was left out",
    "cells": "official cells were changed, deleted, duplicated or moved; the originals were graded",
    # what happened while it ran
    "tampered": "an assertion that must fail did not: the kernel was tampered with; the tests concerned earn nothing",
    "deadline": "a cell took too long and was stopped",
    "died": "a cell ended the Python process; the tests after it earn nothing",
    "output": "a cell wrote too much; the rest of it was left out",
    # how it was graded
    "unsafe": "graded without a sandbox",
}

REFUSED = "**This submission could not be graded**"  # begins the first cell of the notebook graded in its place


@dataclass(frozen=True)
class Flag:
    """Something the instructor should know. `kind` is a key of `FLAGS`, `message` one line about this case."""

    kind: str
    message: str


@dataclass
class Record:
    """The outcome of grading one submission of one assignment once."""

    assignment: str
    student: str
    submission: str  # fingerprint of what was handed in
    source: str  # fingerprint of the assignment it was graded with
    graded: str  # when, ISO 8601, local time
    sandboxed: bool = True
    score: float = 0.0  # automatic points earned
    points: float = 0.0  # automatic points there are
    flags: list[Flag] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    # Outputs of the cells, in order, when the notebook ran with the visible tests only, in a kernel that never saw a
    # hidden test. None where no points were lost.
    visible: list[list[dict]] | None = None

    def save(self, folder: Path) -> None:
        """Write the record into the folder of records; an interruption leaves the old one or the new one."""
        path = path_of(folder, self.assignment, self.student)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        part.write_text(json.dumps(asdict(self)), encoding="utf-8")
        part.replace(path)


def path_of(folder: Path, assignment: str, student: str) -> Path:
    return folder / assignment / f"{student}.json"


def load(folder: Path, assignment: str, student: str) -> Record | None:
    """Return the record of a submission, or None if there is none (or none that can be read)."""
    try:
        fields = json.loads(path_of(folder, assignment, student).read_text(encoding="utf-8"))
        return Record(**fields | {"flags": [Flag(**flag) for flag in fields["flags"]]})
    except (OSError, ValueError, TypeError, KeyError):
        return None
