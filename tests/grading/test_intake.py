"""What intake accepts, repairs and refuses. Whatever is handed in, one notebook that can be graded comes out."""

import json
import os
import shutil
import socket
import tracemalloc
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.converters import Autograde
from tiny_course import NAME, tiny_source
from traitlets.config import Config

from utils.grading import assignments
from utils.grading import intake as module
from utils.grading.intake import fingerprint, intake
from utils.grading.rebuild import Rebuild, rebuild, released
from utils.grading.records import FLAGS, REFUSED

RIGHT = "def add(a, b):\n    return b + a"
FILE = f"{NAME}.ipynb"
PICTURE = {"cat.png": {"image/png": "iVBORw0KGgo="}}


class Case:
    """One submission: put files into `folder`, then `take` it in."""

    def __init__(self, assignment: assignments.Assignment):
        self.assignment = assignment
        self.classroom = assignment.root / "classroom"
        self.folder = self.classroom / "submitted" / "ada" / NAME
        self.target = self.classroom / "intake" / "ada" / NAME
        self.folder.mkdir(parents=True)

    def hand_in(self, notebook, name: str = FILE) -> None:
        text = notebook if isinstance(notebook, str | bytes) else json.dumps(notebook)
        self.write(name, text)

    def write(self, name: str, content: str | bytes = "x") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def take(self) -> dict[str, str]:
        """Take the submission in, check what always holds, and return the flags."""
        flags = intake(self.folder, self.assignment, self.target)
        assert all(flag.kind in FLAGS and flag.message and flag.message.isprintable() for flag in flags)
        assert len({flag.kind for flag in flags}) == len(flags)
        assert [path for path in self.target.rglob("*") if path.suffix.lower() == ".ipynb"] == [self.target / FILE]
        assert not any(path.is_symlink() for path in self.target.rglob("*"))
        assert [path.name for path in self.target.parent.iterdir()] == [NAME]
        nbformat.validate(self.notebook)
        return {flag.kind: flag.message for flag in flags}

    @property
    def notebook(self) -> nbformat.NotebookNode:
        return nbformat.reads((self.target / FILE).read_text(encoding="utf-8"), as_version=4)

    @property
    def answer(self) -> str:
        """The answer to exercise 1 that would be graded."""
        source = nbformat.read(self.assignment.source, as_version=4)
        return next(cell.source for cell in rebuild(source, self.notebook).cells if cell.get("id") == "ex1-add")

    @property
    def files(self) -> list[str]:
        """What lies in the target beside the notebook."""
        paths = (path for path in self.target.rglob("*") if path.is_file() and path.name != FILE)
        return sorted(str(path.relative_to(self.target)) for path in paths)

    def is_stub(self) -> bool:
        top, *rest = self.notebook.cells
        stub = released(tiny_source()).cells
        return top.source.startswith(REFUSED) and rest == stub


@pytest.fixture
def case(tiny) -> Case:
    return Case(tiny)


@pytest.fixture
def solved() -> nbformat.NotebookNode:
    """The released notebook with answers."""
    notebook = released(tiny_source())
    by_id(notebook, "ex1-add").source = RIGHT
    by_id(notebook, "ex2-why").source = "Because."
    return notebook


def by_id(notebook, cell_id):
    return next(cell for cell in notebook.cells if cell.id == cell_id)


# What honest students hand in.


def colab(notebook):
    """No cell ids, nbformat_minor 0, ids and outputs' ids in the metadata."""
    notebook["nbformat_minor"] = 0
    notebook["metadata"] = {
        "colab": {"provenance": [], "gpuType": "T4"},
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
        "accelerator": "GPU",
    }
    for number, cell in enumerate(notebook["cells"]):
        cell["metadata"] |= {"id": f"x{number}-abc_"}
        del cell["id"]
        if cell["cell_type"] == "code":
            cell["metadata"] |= {"colab": {"base_uri": "https://localhost:8080/"}, "outputId": "1234"}


def vs_code(notebook):
    notebook["metadata"]["vscode"] = {"interpreter": {"hash": "abc"}}
    notebook["metadata"]["language_info"] = {"name": "python", "version": "3.12.1", "pygments_lexer": "ipython3"}
    for cell in notebook["cells"]:
        cell["metadata"]["vscode"] = {"languageId": "python"}
        cell.pop("execution_count", None)
        cell["source"] = cell["source"].splitlines(keepends=True)


def older(notebook):
    notebook["nbformat_minor"] = 4
    for cell in notebook["cells"]:
        del cell["id"]


def without_metadata(notebook):
    for cell in notebook["cells"]:
        cell["metadata"] = {}


def without_any_metadata(notebook):
    del notebook["metadata"]
    for cell in notebook["cells"]:
        del cell["metadata"]


def strange_metadata(notebook):
    notebook["metadata"] = "none"
    for cell in notebook["cells"]:
        cell["metadata"] = [float("nan")]


def large_outputs(notebook):
    picture = new_output("display_data", {"image/png": "A" * 10**7})
    table = new_output("execute_result", {"text/html": "<td>a, b: [1]</td>" * 10**5})
    by_id(nbformat.from_dict(notebook), "ex1-add")
    code = next(cell for cell in notebook["cells"] if cell["id"] == "ex1-add")
    code["outputs"] = [picture, table]


def extra_cells(notebook):
    notebook["cells"][1:1] = [new_code_cell("mine = 1"), new_markdown_cell("My name is Ada.")]
    notebook["cells"].append(new_code_cell("print(mine)", metadata={"tags": ["raises-exception"]}))


def white_space(notebook):
    for cell in notebook["cells"]:
        if cell["id"] != "ex1-add":
            cell["source"] = cell["source"].replace("\n", "  \r\n") + "\n\n"


def old_checksums(notebook):
    for cell in notebook["cells"]:
        cell["metadata"]["nbgrader"]["checksum"] = "0" * 32


def fractional_points(notebook):
    for cell in notebook["cells"]:
        if "points" in cell["metadata"]["nbgrader"]:
            cell["metadata"]["nbgrader"]["points"] *= 1.0


def not_a_number(notebook):
    notebook["cells"][0]["outputs"] = [{"output_type": "display_data", "data": {"application/json": float("nan")}}]


def huge_integer(notebook):
    notebook["cells"][0]["execution_count"] = "HUGE"


HONEST = [
    colab,
    vs_code,
    older,
    without_metadata,
    without_any_metadata,
    strange_metadata,
    large_outputs,
    extra_cells,
    white_space,
    old_checksums,
    fractional_points,
    not_a_number,
    huge_integer,
]


@pytest.mark.parametrize("change", HONEST)
def test_honest_work_is_taken_as_it_is(case, solved, change):
    notebook = json.loads(json.dumps(solved))
    change(notebook)
    case.hand_in(json.dumps(notebook).replace('"HUGE"', "9" * 5000))
    assert case.take() == {}
    assert case.answer == RIGHT
    assert (case.target / FILE).stat().st_size < 10**5
    assert all(cell.outputs == [] for cell in case.notebook.cells if cell.cell_type == "code")


def test_extra_cells_keep_their_text_and_nothing_else(case, solved):
    extra_cells(solved)
    case.hand_in(solved)
    case.take()
    assert (case.notebook.cells[1].source, case.notebook.cells[2].source) == ("mine = 1", "My name is Ada.")
    assert case.notebook.cells[-1].metadata == {}


def test_every_released_notebook_is_taken_without_a_flag(tmp_path):
    for assignment in assignments.with_source(Path(__file__).parents[2]):
        folder = tmp_path / "submitted" / "ada" / assignment.name
        shutil.copytree(assignment.release.parent, folder)
        target = tmp_path / "intake" / assignment.name
        assert intake(folder, assignment, target) == []
        cells = nbformat.read(assignment.release, as_version=4).cells
        taken = nbformat.read(target / f"{assignment.name}.ipynb", as_version=4).cells
        assert [cell.source for cell in taken] == [cell.source for cell in cells]


def test_a_byte_order_mark_is_harmless(case, solved):
    case.hand_in(b"\xef\xbb\xbf" + json.dumps(solved).encode())
    assert (case.take(), case.answer) == ({}, RIGHT)


def test_a_notebook_of_version_3_is_upgraded(case, solved):
    old = nbformat.convert(deepcopy(solved), 3)
    old.worksheets[0].cells[0].outputs = [{"output_type": "stream", "stream": "stdout", "text": "x" * 3 * 10**6}]
    case.hand_in(old)
    assert (case.take(), case.answer) == ({}, RIGHT)


def test_ten_thousand_extra_cells_are_taken(case, solved):
    solved.cells += [new_code_cell("1") for _ in range(10_000)]
    case.hand_in(solved)
    assert (case.take(), case.answer) == ({}, RIGHT)
    assert len(case.notebook.cells) == 10_007


def test_characters_that_no_file_can_hold_are_replaced(case, solved):
    solved.cells.append(new_markdown_cell("a\ud800b\0c", attachments={"\udfff.png": {"image/png\0": "\ud800"}}))
    case.hand_in(solved)
    assert (case.take(), case.answer) == ({}, RIGHT)
    assert case.notebook.cells[-1].source == "a\ufffdb\ufffdc"


def test_ids_that_are_no_ids_are_replaced(case, solved):
    for cell, name in zip(solved.cells, ["setup", "setup", 7, ["x"], "ü", "x" * 65, ""], strict=True):
        cell["id"] = name
    case.hand_in(solved)
    solved.cells += [new_code_cell("1", id="handed-in-9-0"), new_code_cell("2", id="setup")]
    case.hand_in(solved)
    assert (case.take(), case.answer) == ({}, RIGHT)
    assert len({cell.id for cell in case.notebook.cells}) == 9
    before = case.notebook
    case.take()
    assert case.notebook == before


def test_pasted_pictures_are_kept_up_to_the_grade(case, solved):
    by_id(solved, "ex2-why").attachments = PICTURE | {"page": {"text/html": "<script>"}}
    solved.cells.append(new_markdown_cell("![](attachment:cat.png)", attachments=PICTURE))
    case.hand_in(solved)
    assert case.take() == {}
    for notebook in (case.notebook, rebuild(tiny_source(), case.notebook)):
        assert by_id(notebook, "ex2-why").attachments == PICTURE
        assert notebook.cells[-1].attachments == PICTURE


def test_too_large_pictures_are_dropped(case, solved):
    by_id(solved, "ex2-why").attachments = {"cat.png": {"image/png": "A" * 3 * 10**6}}
    case.hand_in(solved)
    assert list(case.take()) == ["oversize"]
    assert (case.answer, "attachments" in by_id(case.notebook, "ex2-why")) == (RIGHT, False)


# Notebooks that cannot be graded.


def like(**changes) -> str:
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}
    return json.dumps(notebook | changes)


UNREADABLE = {
    "empty": "",
    "blank": " \n",
    "half": json.dumps(tiny_source())[:-100],
    "merge conflict": "<<<<<<< HEAD\n" + json.dumps(tiny_source()),
    "a word": '"notebook"',
    "a list": "[]",
    "null": "null",
    "nested": "[" * 10**5,
    "nested and closed": "[" * 10**5 + "]" * 10**5,
    "nested metadata": '{"nbformat": 4, "metadata": ' + '{"a":' * 10**5,
    "NUL bytes": "\0" * 1000,
    "NUL byte inside": json.dumps(tiny_source()).replace("import", "imp\0ort"),
    "no UTF-8": b'{"nbformat": 4, "cells": ["\xff"]}',
    "UTF-16": json.dumps(tiny_source()).encode("utf-16"),
    "version 5": like(nbformat=5),
    "version 4 as text": like(nbformat="4"),
    "version as a list": like(nbformat=[4]),
    "version true": like(nbformat=True),
    "no version": "{}",
    "version 3 without cells": like(nbformat=3, worksheets=7),
    "version 3 with odd cells": like(nbformat=3, worksheets=[{"cells": [{"cell_type": []}]}]),
    "no cells": like(cells=None),
    "cells an object": like(cells={}),
    "cells a text": like(cells="code"),
    "a cell a text": like(cells=["code"]),
    "a cell of no type": like(cells=[{"source": "1"}]),
    "a cell of unknown type": like(cells=[{"cell_type": "widget", "source": "1"}]),
    "a cell whose type is a list": like(cells=[{"cell_type": ["code"], "source": "1"}]),
    "source a number": like(cells=[{"cell_type": "code", "source": 7}]),
    "source an object": like(cells=[{"cell_type": "code", "source": {"a": 1}}]),
    "source a list of numbers": like(cells=[{"cell_type": "code", "source": ["a", 1]}]),
}


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_notebook_is_replaced_by_the_released_one(case, content):
    case.hand_in(content)
    flags = case.take()
    assert list(flags) == ["unreadable"] and flags["unreadable"].startswith(FILE)
    assert case.is_stub() and flags["unreadable"] in case.notebook.cells[0].source


def test_a_cell_without_text_is_an_empty_one(case, solved):
    solved.cells += [{"cell_type": "code", "source": None}, {"cell_type": "markdown"}]
    case.hand_in(solved)
    assert (case.take(), case.answer) == ({}, RIGHT)


def test_nothing_handed_in(case):
    assert case.take() == {"missing": "there is no notebook"}
    assert case.is_stub()
    case.folder.rmdir()
    assert list(case.take()) == ["missing"]


def test_the_only_notebook_is_taken_whatever_its_name(case, solved):
    case.hand_in(solved, f"deep/er/{NAME} (1).IPYNB")
    case.hand_in("{}", f".ipynb_checkpoints/{FILE}")
    case.hand_in("{}", f"__MACOSX/._{FILE}")
    assert case.take() == {"renamed": f"the notebook is called deep/er/{NAME} (1).IPYNB"}
    assert case.answer == RIGHT


def test_of_several_notebooks_the_one_with_the_right_name_is_taken(case, solved):
    for name in ("a.ipynb", "b.ipynb"):
        case.hand_in(solved, name)
    assert case.take() == {"missing": f"none of the notebooks is called {FILE}: a.ipynb, b.ipynb"}
    assert case.is_stub()
    case.hand_in(solved)
    assert (case.take(), case.answer) == ({}, RIGHT)


def test_a_folder_called_like_the_notebook(case):
    case.write(f"{FILE}/{FILE}")
    assert case.take() == {"missing": f"{FILE} is a folder"}
    assert case.is_stub() and case.files == []


def test_a_notebook_of_more_than_100_mb_is_not_read(case, monkeypatch):
    with open(case.folder / FILE, "wb") as file:
        file.truncate(10**8 + 1)
    monkeypatch.setattr(module, "parse", lambda data: pytest.fail("it was read"))
    assert case.take() == {"oversize": f"{FILE} is too large"}
    assert case.is_stub()


@pytest.mark.parametrize(
    "cells",
    [[("x" * 2_000_001)], ["x" * 1000] * 2001, [""] * 20_001],
    ids=["one long cell", "long together", "many cells"],
)
def test_a_notebook_with_too_much_text_is_refused(case, cells):
    case.hand_in(like(cells=[{"cell_type": "raw", "source": text} for text in cells]))
    assert list(case.take()) == ["oversize"]
    assert case.is_stub()


def test_old_notebooks_have_the_same_limit(case):
    cell = {"cell_type": "code", "input": "x" * 2_000_001, "outputs": [], "language": "python"}
    case.hand_in(like(nbformat=3, worksheets=[{"cells": [cell], "metadata": {}}]))
    assert list(case.take()) == ["oversize"]


@pytest.mark.parametrize(
    "many", ["[]," * 4_000_000, '{"":[' * 2_000_000, '"",' * 5_000_000, '"' + '\\"' * 10**7], ids=lambda many: many[:4]
)
def test_reading_takes_memory_in_proportion(case, many):
    case.hand_in('{"nbformat": 4, "cells": [' + many)
    tracemalloc.start()
    try:
        assert case.take().keys() <= {"oversize", "unreadable"}
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert case.is_stub() and peak < 10 * len(many) + 10**7


# Links and special files.


def test_a_notebook_that_is_a_link_to_the_solution_is_refused(case):
    (case.folder / FILE).symlink_to(case.assignment.source)
    assert case.take() == {"link": f"{FILE} is a symbolic link"}
    assert case.is_stub()


def test_a_hard_link_is_refused(case, solved):
    os.link(case.assignment.source, case.folder / FILE)
    os.link(case.assignment.source, case.folder / "data.csv")
    assert list(case.take()) == ["link"]
    assert case.is_stub() and case.files == []


def secret_folder(case) -> Path:
    secret = case.classroom / "secret"
    secret.mkdir()
    (secret / "answer.txt").write_text("42")
    nbformat.write(tiny_source(), secret / FILE)
    return secret


def test_links_beside_the_notebook_are_left_out(case, solved):
    secret = secret_folder(case)
    case.hand_in(solved)
    case.write("real/data.csv")
    (case.folder / "file.txt").symlink_to(secret / "answer.txt")
    (case.folder / "folder").symlink_to(secret)
    (case.folder / "real" / "up").symlink_to("..")
    (case.folder / "loop").symlink_to("loop")
    (case.folder / "gone").symlink_to("nowhere")
    flags = case.take()
    assert list(flags) == ["link"]
    assert all(name in flags["link"] for name in ("file.txt", "folder", "real/up", "loop", "gone"))
    assert (case.answer, case.files) == (RIGHT, ["real/data.csv"])


@pytest.mark.parametrize("where", ["the folder", "the student's folder"])
def test_a_link_in_place_of_the_submission_is_refused(case, where):
    secret = secret_folder(case)
    case.folder.rmdir()
    if where == "the folder":
        case.folder.symlink_to(secret)
    else:
        case.folder.parent.rmdir()
        (case.classroom / NAME).mkdir()
        nbformat.write(tiny_source(), case.classroom / NAME / FILE)
        case.folder.parent.symlink_to(case.classroom)
    assert list(case.take()) == ["link"]
    assert case.is_stub() and case.files == []


def test_a_plain_file_in_place_of_the_folder_is_refused(case):
    case.folder.rmdir()
    case.folder.write_text("x")
    assert list(case.take()) == ["link"]


def test_special_files_are_left_out_without_waiting(case, solved, monkeypatch):
    monkeypatch.chdir(case.folder)  # the name of a socket must be short
    os.mkfifo("pipe.csv")
    os.mkfifo(FILE)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.csv")
        flags = case.take()
        fingerprint(case.folder)
    assert list(flags) == ["link"]
    assert all(name in flags["link"] for name in ("pipe.csv", "socket.csv", FILE))
    assert case.is_stub() and case.files == []
    os.remove(FILE)
    case.hand_in(solved)
    assert (list(case.take()), case.answer) == (["link"], RIGHT)


@pytest.mark.parametrize("swap", ["a link", "a pipe"])
def test_a_file_that_turns_into_something_else_meanwhile_is_refused(case, solved, monkeypatch, swap):
    path, look = case.write("data.csv"), module._look
    case.hand_in(solved)

    def look_and_swap(opened, names):
        entry = look(opened, names)
        if names == ("data.csv",):
            path.unlink()
            path.symlink_to(case.assignment.source) if swap == "a link" else os.mkfifo(path)
        return entry

    monkeypatch.setattr(module, "_look", look_and_swap)
    assert list(case.take()) == ["link"]
    assert (case.answer, case.files) == (RIGHT, [])


def refuse_to_open(monkeypatch, *names):
    """Refuse as the system does for mode 000 (which does not stop root)."""
    opened = os.open

    def fail(path, *arguments, **options):
        if path in names:
            raise PermissionError(13, "Permission denied", path)
        return opened(path, *arguments, **options)

    monkeypatch.setattr(os, "open", fail)


def test_files_that_may_not_be_read(case, solved, monkeypatch):
    case.hand_in(solved)
    for name in ("data.csv", "folder/more.csv", "good.csv"):
        case.write(name)
    with monkeypatch.context() as patch:
        refuse_to_open(patch, "data.csv", "folder")
        assert case.take() == {"unreadable": "folder may not be read; data.csv may not be read"}
    assert (case.answer, case.files) == (RIGHT, ["good.csv"])
    for name in (FILE, NAME):
        with monkeypatch.context() as patch:
            refuse_to_open(patch, name)
            assert list(case.take()) == ["unreadable"]
        assert case.is_stub()


@pytest.mark.parametrize("error", [PermissionError(13, "denied"), FileNotFoundError(2, "gone")])
def test_files_that_cannot_even_be_looked_at(case, solved, monkeypatch, error):
    case.hand_in(solved)
    case.write("folder/data.csv")
    stat = os.stat

    def fail(path, *arguments, **options):
        if path == "data.csv":
            raise error
        return stat(path, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", fail)
        flags = case.take()
    assert list(flags) == ["unreadable"] and flags["unreadable"].startswith("folder/data.csv")
    assert (case.answer, case.files) == (RIGHT, [])


# The other files.


def test_data_and_helpers_are_copied(case, solved):
    names = [
        "data.csv",
        "helper.py",
        "mine/__init__.py",
        "pictures/a b.png",
        "bild-ä.png",
        "torch/weights.bin",
        "r.pyc",
    ]
    case.hand_in(solved)
    for name in names:
        case.write(name, name)
    assert case.take() == {}
    assert case.files == sorted(names)
    assert all((case.target / name).read_text() == name for name in names)
    assert all(not path.stat().st_mode & 0o111 for path in case.target.rglob("*") if path.is_file())


def test_hidden_files_and_caches_are_left_out_silently(case, solved):
    case.hand_in(solved)
    for name in (".git/config", ".DS_Store", "data/.DS_Store", "__pycache__/torch.pyc", "a/__pycache__/b.pyc"):
        case.write(name)
    (case.folder / ".venv").symlink_to("/")
    assert (case.take(), case.files) == ({}, [])


SHADOWING = [
    "torch.py",
    "random.py",
    "numpy.pyc",
    "utils.py",
    "sitecustomize.py",
    "usercustomize.py",
    "_pytest.py",
    "torch.so",
    f"torch{module.SUFFIXES[-1]}",
    *(f"json{suffix}" for suffix in module.SUFFIXES),
    "utils/__init__.py",
    "torch/nn/functional.py",
    "google/protobuf.so",
    "my.pth",
    "deep/my.pth",
    "ipython_config.py",
    "ipython_kernel_config.json",
    ".ipython/profile_default/startup/a.py",
]


@pytest.mark.parametrize("name", ["page.html", "PAGE.HTM", "picture.svg", "script.mjs", "paper.pdf", "feed.xml"])
def test_what_a_browser_would_run_is_left_out(case, solved, name):
    """The form grader serves these files to the instructor."""
    case.hand_in(solved)
    case.write(name)
    case.write("data.csv")
    assert case.take() == {"active": name}
    assert case.files == ["data.csv"]


@pytest.mark.parametrize("name", SHADOWING)
def test_modules_that_the_tests_might_import_are_left_out(case, solved, name, monkeypatch):
    taken = module._taken() | {"google"}
    monkeypatch.setattr(module, "_taken", lambda: taken)
    case.hand_in(solved)
    case.write(name)
    case.write("helper.py")
    flags = case.take()
    assert list(flags) == ["shadowing"] and flags["shadowing"].startswith(name.split("/")[0])
    assert case.files == ["helper.py"]


def test_files_beyond_the_limits_are_left_out(case, solved):
    case.hand_in(solved)
    case.write("a.bin", b"x" * 12_000_000)
    case.write("b.bin", b"x" * 12_000_000)
    case.write("c.bin", b"x" * 7_000_000)
    case.write("1/2/3/4/5/fits.csv")
    case.write("1/2/3/4/5/6/deep.csv")
    case.write("timestamp.txt", "2026-01-01 12:00:00 UTC")
    flags = case.take()
    assert list(flags) == ["oversize"] and "b.bin" in flags["oversize"] and "1/2/3/4/5/6" in flags["oversize"]
    assert case.files == ["1/2/3/4/5/fits.csv", "a.bin", "c.bin", "timestamp.txt"]


def test_200_files_are_copied(case, solved):
    case.hand_in(solved)
    for number in range(300):
        case.write(f"{number:03}.csv")
    case.write("timestamp.txt", "2026-01-01 12:00:00.123456 Europe/Berlin")
    flags = case.take()
    assert list(flags) == ["oversize"] and flags["oversize"].endswith("and 95 more")
    assert len(case.files) == 201 and "timestamp.txt" in case.files and "000.csv" in case.files


def test_only_so_many_names_are_looked_at(case, solved, monkeypatch):
    monkeypatch.setattr(module, "ENTRIES", 50)
    case.hand_in(solved)
    for number in range(100):
        case.write(f"data/{number}.csv")
    assert "oversize" in case.take()
    assert case.answer == RIGHT and len(case.files) == 49


@pytest.mark.parametrize(
    "content",
    [
        "",
        "yesterday",
        "2026-99-99 12:00:00 UTC",
        b"\xff",
        "2026" * 1000,
    ],
)
def test_a_receipt_that_would_stop_nbgrader_is_left_out(case, solved, content):
    case.hand_in(solved)
    case.write("timestamp.txt", content)
    assert case.take().keys() <= {"unreadable", "oversize"}
    assert (case.answer, case.files) == (RIGHT, [])


@pytest.mark.parametrize("zone", ["/etc/localtime", "../secret", "a/../../b", ":/etc/localtime"])
def test_a_receipt_whose_time_zone_is_a_path_is_left_out(case, solved, zone, monkeypatch):
    monkeypatch.setattr(module, "parse_utc", lambda text: pytest.fail("dateutil would open this file"))
    case.hand_in(solved)
    case.write("timestamp.txt", f"2026-01-01 12:00:00 {zone}")
    assert case.take() == {"unreadable": "timestamp.txt holds no time"}


@pytest.mark.parametrize("name", [b"\xff.csv", b"a\nb.csv", b"\x1b[2J", "é".encode() * 101, b"a..\x7f"])
def test_files_with_unusable_names_are_left_out(case, solved, name):
    case.hand_in(solved)
    Path(os.fsdecode(os.fsencode(case.folder) + b"/" + name)).write_text("x")
    assert list(case.take()) == ["unreadable"]
    assert (case.answer, case.files) == (RIGHT, [])


def test_names_cannot_write_markup_into_messages(case):
    case.hand_in("", "<script>`alert(1)`.ipynb")
    assert case.take()["unreadable"] == "?script??alert(1)?.ipynb is empty"
    assert case.is_stub() and "<" not in case.notebook.cells[0].source


# Official cells that differ.


def change(notebook):
    by_id(notebook, "ex1-add-test").source = "pass"


def change_text(notebook):
    by_id(notebook, "ex1-add-text").source += "\nor not"


def change_type(notebook):
    by_id(notebook, "ex1-add-test").cell_type = "markdown"


def delete(notebook):
    notebook.cells = [cell for cell in notebook.cells if cell.id not in ("ex1-add", "ex1-add-test")]


def duplicate(notebook):
    copy = deepcopy(by_id(notebook, "ex1-add-test"))
    copy.id = "copy"
    notebook.cells.append(copy)


def move(notebook):
    notebook.cells.append(notebook.cells.pop(0))


def more_points(notebook):
    by_id(notebook, "ex1-add-test").metadata.nbgrader.points = 100


def odd_points(notebook):
    by_id(notebook, "ex1-add-test").metadata.nbgrader.points = float("nan")


def unlock(notebook):
    by_id(notebook, "ex1-add-test").metadata.nbgrader.update(locked=False, grade=False, solution=True)


def rename(notebook):
    by_id(notebook, "ex1-add").metadata.nbgrader.grade_id = "mine"


def foreign(notebook):
    notebook.cells.append(new_code_cell("1", metadata={"nbgrader": {"grade_id": "other-<b>"}}))


def skip(notebook):
    by_id(notebook, "ex1-add-test").metadata.tags = ["skip-execution", "mine"]


def allow_errors(notebook):
    by_id(notebook, "ex1-add").metadata.tags = ["raises-exception"]


DIFFERENCES = {
    change: "changed: ex1-add-test",
    change_text: "changed: ex1-add-text",
    change_type: "changed: ex1-add-test",
    delete: "deleted: ex1-add, ex1-add-test",
    duplicate: "duplicated: ex1-add-test",
    move: "moved: setup",
    more_points: "other settings: ex1-add-test (points)",
    odd_points: "other settings: ex1-add-test (points)",
    unlock: "other settings: ex1-add-test (grade, solution, locked)",
    rename: "other settings: ex1-add (grade_id)",
    foreign: "unknown: other-?b?",
    skip: "other settings: ex1-add-test (skip-execution)",
    allow_errors: "other settings: ex1-add (raises-exception)",
}


@pytest.mark.parametrize(("damage", "message"), DIFFERENCES.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_differences_to_official_cells_are_named(case, solved, damage, message):
    damage(solved)
    case.hand_in(solved)
    assert case.take() == {"cells": message}
    official = {cell.id: cell.metadata for cell in released(tiny_source()).cells}
    assert all(cell.metadata == official.get(cell.metadata.get("nbgrader", {}).get("grade_id"), {})
               for cell in case.notebook.cells)  # fmt: skip
    assert damage is delete or case.answer == RIGHT


def test_many_differences_fit_into_one_line(case, solved):
    solved.cells = [new_code_cell("1", metadata={"nbgrader": {"grade_id": f"x{n}"}}) for n in range(100)]
    case.hand_in(solved)
    assert case.take()["cells"].endswith("and 2 more; unknown: x0, x1, x10, x11, x12 and 95 more")


def test_nbgraders_settings_of_odd_types_are_no_settings(case, solved):
    for cell, value in zip(solved.cells, [7, "x", [1], {"grade_id": [1]}, {"grade_id": {}}, None, {}], strict=True):
        cell.metadata["nbgrader"] = value
        cell.metadata["tags"] = value
    case.hand_in(solved)
    assert (case.take(), case.answer) == ({}, RIGHT)


# The target.


def test_the_old_contents_are_replaced_as_a_whole(case, solved):
    case.hand_in(solved)
    case.write("new.csv")
    for name in (NAME, f"{NAME}.part", f"{NAME}.old"):
        (case.target.parent / name / "sub").mkdir(parents=True)
        (case.target.parent / name / "sub" / "rest.csv").write_text("old")
    case.take()
    assert case.files == ["new.csv"]


@pytest.mark.parametrize("number", [1, 2])
def test_an_interruption_leaves_the_old_contents(case, solved, monkeypatch, number):
    """`number`: which of the two renames is interrupted."""
    case.hand_in(solved)
    case.write("old.csv")
    case.take()
    case.write("new.csv")
    rename, calls = Path.rename, []

    def interrupted(path, to):
        calls.append(to)
        if len(calls) == number:
            raise KeyboardInterrupt
        return rename(path, to)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", interrupted)
        with pytest.raises(KeyboardInterrupt):
            case.take()
    assert case.files == ["old.csv"] and [path.name for path in case.target.parent.iterdir()] == [NAME]
    case.target.rename(case.target.with_name(f"{NAME}.old"))  # as if killed between them
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", lambda path, data: (_ for _ in ()).throw(OSError(28, "No space left")))
        with pytest.raises(OSError, match="No space left"):
            case.take()
    assert case.files == ["old.csv"]


def test_a_target_that_is_a_link_is_replaced_and_not_followed(case, solved):
    secret = secret_folder(case)
    case.hand_in(solved)
    case.target.parent.mkdir(parents=True)
    for name in (NAME, f"{NAME}.part", f"{NAME}.old"):
        (case.target.parent / name).symlink_to(secret)
    assert case.take() == {}
    assert sorted(path.name for path in secret.iterdir()) == [FILE, "answer.txt"]


def test_what_goes_wrong_with_our_own_files_is_raised(case, solved):
    case.hand_in(solved)
    case.target.parent.parent.mkdir()
    case.target.parent.write_text("in the way")
    with pytest.raises(OSError):
        case.take()
    case.assignment.source.unlink()
    with pytest.raises(FileNotFoundError):
        case.take()


# The fingerprint.


def test_the_fingerprint_tells_whether_a_submission_changed(case, solved, monkeypatch):
    seen = set()

    def is_new() -> bool:
        value = fingerprint(case.folder)
        assert value == fingerprint(case.folder) and len(value) == 64
        return len(seen) != (seen.add(value) or len(seen))

    assert is_new()
    case.hand_in(solved)
    assert is_new() and not is_new()
    case.write("a.csv", "1")
    assert is_new()
    case.write("a.csv", "2")
    assert is_new()
    (case.folder / "a.csv").rename(case.folder / "b.csv")
    assert is_new()
    (case.folder / "c.csv").symlink_to("/etc/hostname")
    assert is_new()
    case.write(".hidden")
    os.utime(case.folder / FILE, ns=(1, 1))
    assert not is_new()
    monkeypatch.setattr(module, "NOTEBOOK", 1)  # from here on sizes and times count
    assert is_new()
    os.utime(case.folder / FILE, ns=(2, 2))
    assert is_new()
    shutil.rmtree(case.folder)
    assert is_new()
    case.folder.symlink_to(case.assignment.source.parent)
    assert is_new()


# Together with nbgrader.


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning:nbgrader")
def test_nbgrader_grades_what_was_taken_in(case, solved):
    """A duplicated test cell stops stock nbgrader; here it is graded, and so is a broken notebook."""
    root = case.assignment.root
    config = Config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.source_directory = "solutions"
    config.CourseDirectory.release_directory = "classroom/release"
    config.CourseDirectory.submitted_directory = "classroom/intake"
    config.CourseDirectory.autograded_directory = "classroom/autograded"
    config.CourseDirectory.db_url = f"sqlite:///{case.classroom}/gradebook.db"
    config.Autograde.sanitize_preprocessors = [Rebuild, *Autograde.sanitize_preprocessors.default()]
    config.Rebuild.root = str(root)
    api = NbGraderAPI(config=config)
    assert api.generate_assignment(NAME)["success"]

    damaged = deepcopy(solved)
    duplicate(damaged)
    skip(damaged)
    submissions = {"damaged": damaged, "broken": "{"}
    for student, notebook in submissions.items():
        case.folder = case.classroom / "submitted" / student / NAME
        case.target = case.classroom / "intake" / student / NAME
        case.hand_in(notebook)
        case.take()
    raw = case.classroom / "intake" / "raw" / NAME  # Rebuild alone, without intake
    raw.mkdir(parents=True)
    nbformat.write(damaged, raw / FILE)

    scores, waiting = {}, {}
    for student in (*submissions, "raw"):
        result = api.autograde(NAME, student)
        assert result["success"], result["log"]
        with Gradebook(api.coursedir.db_url) as gradebook:
            submission = gradebook.find_submission(NAME, student)
            scores[student], waiting[student] = submission.score, submission.needs_manual_grade
    assert scores == {"damaged": 4, "broken": 0, "raw": 4}
    assert waiting == {"damaged": True, "broken": False, "raw": True}
    graded = nbformat.read(case.classroom / "autograded" / "damaged" / NAME / FILE, as_version=4)
    assert "hidden: 2 + 2" in by_id(graded, "ex1-add-test").source
