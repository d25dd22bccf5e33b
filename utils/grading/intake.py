"""Make a clean copy of what a student handed in, with a notebook that can be graded, whatever was handed in.

Nothing outside the submission is read: every file is opened step by step from the class's folder, no link is followed.
"""

import errno
import hashlib
import importlib.machinery
import json
import os
import re
import shutil
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import packages_distributions
from itertools import islice
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from nbgrader.utils import parse_utc

from utils.grading.assignments import Assignment
from utils.grading.rebuild import released
from utils.grading.received import MB, Refused, differences, drop_large_attachments, listed, parse, settle, shown
from utils.grading.records import FLAGS, REFUSED, Flag

NOTEBOOK = 100 * MB  # bytes of a notebook file, outputs included
BYTES, FILES, DEPTH = 20 * MB, 200, 5  # of the other files, all together
RECEIPT, RECEIPT_BYTES = ("timestamp.txt",), 1000  # nbgrader writes it when it collects
NAME = 200  # bytes of a name
ENTRIES = 10_000  # names that are looked at

UNUSABLE = re.compile("[\0-\x1f\x7f-\x9f\ud800-\udfff]")  # control characters, and bytes that are not UTF-8
CONFIGURES = re.compile(r".*\.pth|(ipython|jupyter)\w*_config\.\w+|\.ipython")  # Python or Jupyter would read it
# The form grader hands these to the instructor's browser, which would run them
ACTIVE = re.compile(r".*\.(x?html?|shtml|xht|svgz?|xml|xslt?|m?js|pdf|swf)", flags=re.IGNORECASE)
TIME = re.compile(r"[\d:. TZ+-]{10,40}( [A-Za-z][\w+-]*(/[\w+-]+)*)?")  # a time zone must not be the path of a file
NO_PLAIN = {errno.ELOOP, errno.ENOTDIR, errno.ENXIO, errno.ENODEV}  # what opening a link or a special file can give
SUFFIXES = tuple(importlib.machinery.all_suffixes())

Names = tuple[str, ...]  # the names that lead from the submission's folder to a file


@dataclass(frozen=True)
class _Entry:
    """Something in a submission. `kind` is "file" or "folder", else a flag's, and `why` says what is wrong with it."""

    path: Names
    kind: str
    why: str = ""
    size: int = 0
    changed: int = 0  # when, in nanoseconds

    @property
    def name(self) -> str:
        return shown("/".join(self.path))

    @property
    def note(self) -> Refused:
        return Refused(self.kind, f"{self.name} {self.why}".strip())


def intake(folder: Path, assignment: Assignment, target: Path) -> list[Flag]:
    """Replace `target` by a clean copy of a submission, and return what the instructor should know about it.

    `target` gets one notebook, under its proper name and without outputs: the student's, or, where that cannot be
    graded, the released one with a cell on top that says why. It also gets the submission's other plain files, within
    limits, but none that Python would take for a module that the tests use. An interruption leaves the old `target`
    or the new one.

    Args:
        folder: `classroom/submitted/STUDENT/NN_topic`. It may be missing or a link.
        assignment: what was to be handed in.
        target: `classroom/intake/STUDENT/NN_topic`.

    Raises:
        OSError: `target` cannot be written, or the assignment's source cannot be read.
    """
    official = released(nbformat.read(assignment.source, as_version=4))
    notes: list[Refused] = []
    files: dict[Names, bytes] = {}
    try:
        entries = _entries(folder)
        notes += [entry.note for entry in entries if entry.kind in FLAGS]
        files = _other_files(folder, entries, notes)
        notebook = _notebook(folder, assignment, entries, official, notes)
    except Refused as reason:
        notes.append(reason)
        text = f"{REFUSED}: {reason}."
        notebook = official
        notebook.cells.insert(0, new_markdown_cell(text))
    notebook.nbformat_minor = max(5, notebook.nbformat_minor)  # cells have ids
    files[f"{assignment.name}.ipynb",] = nbformat.writes(notebook).encode()
    _replace(target, files)
    return _flags(notes)


def fingerprint(folder: Path) -> str:
    """Return a hash of the names and contents that `intake` would look at, to tell whether a submission changed.

    Beyond the first 100 MB the files' sizes and times stand for their contents.
    """
    digest, left = hashlib.sha256(), NOTEBOOK
    try:
        entries = _entries(folder)
    except Refused as reason:
        entries = [_Entry((), reason.kind, str(reason))]
    for entry in entries:
        content = [entry.size, entry.changed] if entry.kind == "file" else entry.why
        if entry.kind == "file" and entry.size <= left:
            left -= entry.size
            try:
                content = hashlib.sha256(_read(folder, entry.path, entry.size)).hexdigest()
            except Refused as reason:
                content = str(reason)
        digest.update(json.dumps([entry.path, entry.kind, content]).encode())
    return digest.hexdigest()


def _notebook(
    folder: Path, assignment: Assignment, entries: list[_Entry], official: NotebookNode, notes: list[Refused]
) -> NotebookNode:
    """Return the student's notebook, fit to be graded, and add to the notes what is odd about it.

    Raises:
        Refused: there is none that could be graded.
    """
    entry = _choose(entries, f"{assignment.name}.ipynb")
    try:
        notebook = parse(_read(folder, entry.path, NOTEBOOK))
    except Refused as reason:
        raise Refused(reason.kind, f"{entry.name} {reason}") from None
    if entry.path != (f"{assignment.name}.ipynb",):
        notes.append(Refused("renamed", f"the notebook is called {entry.name}"))
    if drop_large_attachments(notebook):
        notes.append(Refused("oversize", f"the pictures pasted into {entry.name} (too large)"))
    if found := differences(official, notebook):
        notes.append(Refused("cells", found))
    settle(official, notebook)
    return notebook


def _choose(entries: list[_Entry], name: str) -> _Entry:
    """Return the notebook of this name, or else the only one there is."""
    notebooks = [entry for entry in entries if _is_notebook(entry.path[-1])]
    plain = [entry for entry in notebooks if entry.kind == "file"]
    called = {entry.path: entry for entry in notebooks}.get((name,))
    if called in plain:
        return called
    if len(plain) == 1:
        return plain[0]
    if called and called.kind in FLAGS:
        raise called.note
    if called:
        raise Refused("missing", f"{name} is a folder")
    names = listed("/".join(entry.path) for entry in plain)
    raise Refused("missing", f"none of the notebooks is called {name}: {names}" if names else "there is no notebook")


def _other_files(folder: Path, entries: list[_Entry], notes: list[Refused]) -> dict[Names, bytes]:
    """Return the files to copy, and add to the notes those that are left out."""
    files: dict[Names, bytes] = {}
    plain = [entry for entry in entries if entry.kind == "file" and not _is_notebook(entry.path[-1])]
    packages = {path[0] for path in (entry.path for entry in plain) if len(path) > 1 and _shadows_by_folder(path)}
    notes += [Refused("shadowing", f"{name}/") for name in sorted(packages)]
    left = BYTES
    for entry in plain:
        if entry.path[0] in packages:
            continue
        if CONFIGURES.fullmatch(entry.path[-1]) or (len(entry.path) == 1 and _modules(entry.path[0]) & _taken()):
            notes.append(Refused("shadowing", entry.name))
            continue
        if ACTIVE.fullmatch(entry.path[-1]):
            notes.append(Refused("active", entry.name))
            continue
        receipt = entry.path == RECEIPT
        try:
            if not receipt and len(files) >= FILES:
                raise Refused("oversize", f"(more than {FILES} files)")
            data = _read(folder, entry.path, RECEIPT_BYTES if receipt else left)
            if receipt:
                _check_receipt(data)
            else:
                left -= len(data)
            files[entry.path] = data
        except Refused as reason:
            notes.append(Refused(reason.kind, f"{entry.name} {reason}"))
    return files


def _check_receipt(data: bytes) -> None:
    try:
        text = data.decode().strip()
        valid = TIME.fullmatch(text) and parse_utc(text)
    except Exception:  # dateutil raises many kinds, and nbgrader would stop at them
        valid = False
    if not valid:
        raise Refused("unreadable", "holds no time")


def _is_notebook(name: str) -> bool:
    return name.lower().endswith(".ipynb")


def _modules(name: str) -> set[str]:
    """Return the modules for which Python would take a file of this name."""
    return {name.removesuffix(suffix) for suffix in SUFFIXES if name.endswith(suffix)}


def _shadows_by_folder(path: Names) -> bool:
    return path[0] in _taken() and path[-1].endswith(SUFFIXES)


@cache
def _taken() -> frozenset[str]:
    """Return the names of the modules that the tests, or what they import, may import."""
    ours = {"utils", "sitecustomize", "usercustomize"}
    return frozenset({*sys.stdlib_module_names, *packages_distributions(), *ours})


def _entries(folder: Path) -> list[_Entry]:
    """Return what lies in a submission, the top of it first, without hidden files and Python's caches.

    Raises:
        Refused: the submission's folder is missing, a link, or cannot be opened.
    """
    entries: list[_Entry] = []
    folders: list[Names] = [()]
    while folders and len(entries) < ENTRIES:
        path = folders.pop(0)
        try:
            found = _scan(folder, path, ENTRIES - len(entries))
        except Refused as reason:
            if not path:
                raise Refused(reason.kind, f"the folder {folder.name} {reason}") from None
            found = [_Entry(path, reason.kind, str(reason))]
        for entry in found:
            if entry.kind == "folder" and not _is_notebook(entry.path[-1]):
                folders.append(entry.path)
            else:
                entries.append(entry)
    if len(entries) >= ENTRIES:
        entries.append(_Entry(("everything else",), "oversize", f"(more than {ENTRIES} files)"))
    return entries


def _scan(folder: Path, path: Names, most: int) -> list[_Entry]:
    with _opened(folder, path, os.O_DIRECTORY) as opened:
        with os.scandir(opened) as listing:
            names = sorted(entry.name for entry in islice(listing, most))
        seen = []
        for name in names:
            if CONFIGURES.fullmatch(name) and name.startswith("."):
                seen.append(_Entry((*path, name), "shadowing"))
            elif not name.startswith(".") and name != "__pycache__":
                seen.append(_look(opened, (*path, name)))
        return seen


def _look(opened: int, path: Names) -> _Entry:
    name = path[-1]
    if UNUSABLE.search(name) or len(name.encode()) > NAME:
        return _Entry(path, "unreadable", "(the name is too long or no text)")
    try:
        info = os.stat(name, dir_fd=opened, follow_symlinks=False)
        if stat.S_ISDIR(info.st_mode):
            if len(path) > DEPTH:
                return _Entry(path, "oversize", f"(more than {DEPTH} folders deep)")
            return _Entry(path, "folder")
        _require_plain(info)
    except FileNotFoundError:
        return _Entry(path, "unreadable", "vanished")
    except PermissionError:  # its folder can be listed, but not entered
        return _Entry(path, "unreadable", "may not be read")
    except Refused as reason:
        return _Entry(path, reason.kind, str(reason))
    return _Entry(path, "file", size=info.st_size, changed=info.st_mtime_ns)


def _require_plain(info: os.stat_result) -> None:
    if stat.S_ISLNK(info.st_mode):
        raise Refused("link", "is a symbolic link")
    if not stat.S_ISREG(info.st_mode):
        raise Refused("link", "is no plain file")
    if info.st_nlink > 1:
        raise Refused("link", "is a hard link: the file has another name elsewhere")


def _read(folder: Path, path: Names, limit: int) -> bytes:
    """Return the contents of a plain file of a submission.

    Raises:
        Refused: it is none (any more), cannot be read, or is longer than `limit`.
    """
    with _opened(folder, path) as opened:
        info = os.fstat(opened)
        _require_plain(info)
        if info.st_size <= limit:
            with open(opened, "rb", closefd=False) as file:
                data = file.read(info.st_size + 1)
            if len(data) <= limit:
                return data
    raise Refused("oversize", "is too large")


@contextmanager
def _opened(folder: Path, path: Sequence[str], flags: int = 0) -> Iterator[int]:
    """Open a file or folder of a submission for reading, from the class's folder on without following a link.

    Raises:
        Refused: there is a link on the way, or it may not be read.
    """
    folder = folder.absolute()
    *way, name = (folder.parent.name, folder.name, *path)
    safe = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC  # a FIFO opens without waiting
    with ExitStack() as stack:
        opened = os.open(folder.parent.parent, os.O_RDONLY | os.O_DIRECTORY)
        stack.callback(os.close, opened)
        try:
            for step, extra in [*((step, os.O_DIRECTORY) for step in way), (name, flags)]:
                opened = os.open(step, safe | extra, dir_fd=opened)
                stack.callback(os.close, opened)
        except FileNotFoundError:
            raise Refused("missing" if not path else "unreadable", "does not exist") from None
        except PermissionError:
            raise Refused("unreadable", "may not be read") from None
        except OSError as error:
            if error.errno in NO_PLAIN:
                raise Refused("link", "is a link or no plain file") from None
            raise
        yield opened


def _replace(target: Path, files: dict[Names, bytes]) -> None:
    """Let `target` hold these files and no others. An interruption leaves the old folder or the new one."""
    part, old = target.with_name(f"{target.name}.part"), target.with_name(f"{target.name}.old")
    target.parent.mkdir(parents=True, exist_ok=True)
    if os.path.lexists(old) and not os.path.lexists(target):  # the process was killed between two renames
        old.rename(target)
    for rest in (part, old):
        _remove(rest)
    try:
        for path, data in files.items():
            place = part.joinpath(*path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        if os.path.lexists(target):
            target.rename(old)
        part.rename(target)
    except BaseException:
        if os.path.lexists(old) and not os.path.lexists(target):
            old.rename(target)
        shutil.rmtree(part, ignore_errors=True)
        raise
    _remove(old)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _flags(notes: list[Refused]) -> list[Flag]:
    """Return one flag of each kind, in the order of `FLAGS`."""
    texts = {kind: dict.fromkeys(str(note) for note in notes if note.kind == kind) for kind in FLAGS}
    return [Flag(kind, _sentence(list(found))) for kind, found in texts.items() if found]


def _sentence(texts: list[str], most: int = 5) -> str:
    rest = f"; and {len(texts) - most} more" if len(texts) > most else ""
    return "; ".join(texts[:most]) + rest
