"""Read a notebook that nobody vouches for, and compare it with the official one."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from copy import deepcopy
from difflib import SequenceMatcher
from itertools import count, islice

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_notebook
from nbgrader.utils import is_solution

from utils.grading.rebuild import grade_id, official_keys

MB = 10**6
TEXT = 2 * MB  # bytes of a notebook without its outputs and attachments
ATTACHED = 2 * MB  # bytes of its attachments
CELLS = 20_000
TOKENS = 6 * MB  # strings and separators in the JSON; they, more than the bytes, decide how much memory reading takes

TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{:,]', flags=re.DOTALL)
UNPRINTABLE = re.compile("[\0\ud800-\udfff]")  # JSON can hold them, a UTF-8 file or a database cannot
CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
CELL_TYPES = {"code", "markdown", "raw"}
SETTINGS = ("grade_id", "points", "grade", "solution", "locked", "task")
TAGS = {"skip-execution", "raises-exception"}


class Refused(Exception):
    """A file that cannot be taken. `kind` is a key of `records.FLAGS`, the message completes "The file ..."."""

    def __init__(self, kind: str, message: str):
        super().__init__(message)
        self.kind = kind


def parse(data: bytes) -> NotebookNode:
    """Return a valid notebook (nbformat 4.5) with what counts in `data`.

    That is the cells' types, texts, ids and attached pictures, and of their metadata nbgrader's and the tags.
    Everything else is dropped. Attachments stay whatever their size; `drop_large_attachments` is for them.

    Raises:
        Refused: it is no notebook, or too large a one.
    """
    cells, size, ids = [], 0, set()
    for number, cell in enumerate(_cells(_load(data)), start=1):
        cells.append(_cell(cell, number, ids))
        size += len(cells[-1].source.encode())
        if size > TEXT:
            raise Refused("oversize", f"holds more than {TEXT // MB} MB of text")
    return new_notebook(cells=cells)


def drop_large_attachments(notebook: NotebookNode) -> bool:
    """Drop the attachments of all cells if they are too large together. Return whether they were."""
    cells = [cell for cell in notebook.cells if "attachments" in cell]
    large = sum(len(json.dumps(cell.attachments)) for cell in cells) > ATTACHED
    for cell in cells if large else []:
        del cell["attachments"]
    return large


def differences(official: NotebookNode, submitted: NotebookNode) -> str:
    """Return in one line how official cells differ in a submission, "" if they do not.

    Extra cells, changed answers, white space at the ends of lines and missing metadata are no differences.

    Args:
        official: the notebook as it was released.
        submitted: what `parse` returned.
    """
    cells = {grade_id(cell): cell for cell in official.cells if grade_id(cell)}
    keys = official_keys(official, submitted)
    found: dict[str, NotebookNode] = {}
    for key, cell in zip(keys, submitted.cells, strict=True):
        found.setdefault(key, cell)
    order, given = [key for key in cells if key in found], [key for key in found if key]
    settings = {key: _settings(cells[key], found[key]) for key in order}
    foreign = {grade_id(cell) for cell, key in zip(submitted.cells, keys, strict=True) if grade_id(cell) and not key}
    lists = {
        "changed": [key for key in order if _changed(cells[key], found[key])],
        "deleted": [key for key in cells if key not in found],
        "duplicated": [key for key, times in Counter(keys).items() if key and times > 1],
        "moved": _moved(order, given),
        "other settings": [f"{key} ({', '.join(names)})" for key, names in settings.items() if names],
        "unknown": sorted(foreign),
    }
    return "; ".join(f"{what}: {listed(names)}" for what, names in lists.items() if names)


def settle(official: NotebookNode, submitted: NotebookNode) -> None:
    """Give the submission the official metadata, and each official cell its own, in place."""
    metadata = {grade_id(cell): cell.metadata.nbgrader for cell in official.cells if grade_id(cell)}
    for key, cell in zip(official_keys(official, submitted), submitted.cells, strict=True):
        cell.metadata = NotebookNode({"nbgrader": deepcopy(metadata[key])} if key else {})
    submitted.metadata = deepcopy(official.metadata)


def listed(names: Iterable[str], most: int = 5) -> str:
    """Return names as one line of plain text, the first few only."""
    names = [shown(name) for name in names]
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest


def shown(name: str) -> str:
    """Return a name of the student's so that it can stand in any message: one line, not long, no markup."""
    name = re.sub(r"[^\w .,()+@=/-]", "?", name)
    return name if len(name) <= 80 else name[:79] + "…"


def _load(data: bytes) -> object:
    if not data.strip():
        raise Refused("unreadable", "is empty")
    if len(data) > TOKENS and _tokens(data) > TOKENS:
        raise Refused("oversize", f"holds more than {TOKENS // MB} million values")
    try:
        return json.loads(data.decode("utf-8-sig"), parse_int=_integer)
    except UnicodeDecodeError:
        raise Refused("unreadable", "is no text in UTF-8") from None
    except RecursionError:
        raise Refused("unreadable", "is nested too deeply") from None
    except ValueError as error:
        raise Refused("unreadable", f"is no JSON: {shown(str(error))}") from None


def _tokens(data: bytes) -> int:
    """Return how many tokens there are, as far as that matters."""
    return sum(1 for _ in islice(TOKEN.finditer(data), TOKENS + 1))


def _integer(text: str) -> int:
    return int(text) if len(text) < 20 else 0  # Python refuses to read very long ones; none counts


def _cells(notebook: object) -> list[dict]:
    if not isinstance(notebook, dict):
        raise Refused("unreadable", "is JSON, but no notebook")
    version = notebook.get("nbformat")
    if version in (2, 3):
        notebook = _upgrade(notebook)
    elif version != 4:
        raise Refused("unreadable", "is JSON, but no notebook of a known version")
    cells = notebook.get("cells")
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise Refused("unreadable", "has no list of cells")
    if len(cells) > CELLS:
        raise Refused("oversize", f"has more than {CELLS} cells")
    return cells


def _upgrade(notebook: dict) -> NotebookNode:
    try:
        for sheet in notebook.get("worksheets", [notebook]):
            for cell in sheet["cells"]:
                cell["outputs"] = []
        text = json.dumps(notebook)
        if len(text) > TEXT:
            raise Refused("oversize", f"holds more than {TEXT // MB} MB of text")
        return nbformat.convert(nbformat.reader.reads(text), 4)
    except Refused:
        raise
    except Exception:  # nbformat raises many kinds
        raise Refused("unreadable", "is a notebook of an old version that cannot be converted") from None


def _cell(cell: dict, number: int, ids: set[str]) -> NotebookNode:
    kind = cell.get("cell_type")
    if not isinstance(kind, str) or kind not in CELL_TYPES:
        raise Refused("unreadable", f"has a cell of no known type (cell {number})")
    source = _text(cell.get("source") or "")
    if source is None:
        raise Refused("unreadable", f"has a cell whose text is no text (cell {number})")
    metadata = _metadata(cell.get("metadata"))
    new = NotebookNode(id=_new_id(cell.get("id"), number, ids), cell_type=kind, metadata=metadata, source=source)
    if kind == "code":
        new.update(outputs=[], execution_count=None)
    attachments = _attachments(cell.get("attachments")) if kind != "code" else {}
    if attachments:
        new.attachments = attachments
    return new


def _text(value: object) -> str | None:
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        value = "".join(value)
    return UNPRINTABLE.sub("\ufffd", value) if isinstance(value, str) else None


def _new_id(given: object, number: int, ids: set[str]) -> str:
    """Return the cell's own id, or a new one if it has none that is valid and its own, and add it to `ids`."""
    if not (isinstance(given, str) and CELL_ID.fullmatch(given) and given not in ids):
        names = (f"handed-in-{number}-{attempt}" for attempt in count())
        given = next(name for name in names if name not in ids)
    ids.add(given)
    return given


def _metadata(metadata: object) -> NotebookNode:
    kept = NotebookNode()
    if not isinstance(metadata, dict):
        return kept
    nbgrader, tags = metadata.get("nbgrader"), metadata.get("tags")
    if isinstance(nbgrader, dict):
        settings = {key: nbgrader[key] for key in SETTINGS if isinstance(nbgrader.get(key), str | int | float)}
        if isinstance(settings.get("grade_id"), str):
            kept["nbgrader"] = NotebookNode(settings)
    if isinstance(tags, list):
        kept["tags"] = [tag for tag in tags if tag in TAGS] if all(isinstance(tag, str) for tag in tags) else []
    return kept


def _attachments(attachments: object) -> dict:
    """Return the attachments that are pictures."""
    pictures = {}
    for name, bundle in attachments.items() if isinstance(attachments, dict) else []:
        for mime, content in bundle.items() if isinstance(bundle, dict) else []:
            if mime.startswith("image/") and _text(content):
                pictures.setdefault(_text(name), {})[_text(mime)] = _text(content)
    return nbformat.from_dict(pictures)


def _changed(official: NotebookNode, cell: NotebookNode) -> bool:
    if official.cell_type != cell.cell_type:
        return True
    return not is_solution(official) and _lines(official.source) != _lines(cell.source)


def _lines(source: str) -> list[str]:
    return [line.rstrip() for line in source.rstrip().splitlines()]


def _settings(official: NotebookNode, cell: NotebookNode) -> list[str]:
    """Return the names of the settings and tags in which a cell differs from the official one."""
    right, given = official.metadata.nbgrader, cell.metadata.get("nbgrader")
    names = [key for key in SETTINGS if given is not None and given.get(key, False) != right.get(key, False)]
    return names + [tag for tag in cell.metadata.get("tags", []) if tag not in official.metadata.get("tags", [])]


def _moved(order: list[str], given: list[str]) -> list[str]:
    blocks = SequenceMatcher(None, order, given, autojunk=False).get_matching_blocks()
    kept = {key for block in blocks for key in order[block.a : block.a + block.size]}
    return [key for key in given if key not in kept]
