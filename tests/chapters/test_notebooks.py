"""Every notebook runs from top to bottom on the chosen device and shows what it showed when it was committed."""

import ast
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from nbformat.v4 import new_output
from notebooks_on_disk import CHAPTERS, ROOT, SOLUTIONS, code, name, write

from utils import device

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("path", [*CHAPTERS, *SOLUTIONS], ids=name)
def test_notebook(path, tmp_path):
    assert_runs(path, tmp_path)


def assert_runs(path: Path, scratch: Path, cell_timeout: int = 300) -> None:
    """Run a notebook under nbval and assert that each cell ran, checked outputs are the same, the device was used."""
    reports, result = scratch / "reports", scratch / "result.xml"
    reports.mkdir()
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbval-lax",
        f"--nbval-cell-timeout={cell_timeout}",
        "--color=no",
        "-q",
    ]
    command += ["--noconftest", "-p", "no:cacheprovider", "-p", "no:xdist", f"--junitxml={result}", str(path)]
    environment = {**os.environ, "COURSE_DEVICE_REPORT": str(reports), "COURSE_WORK": str(scratch / "work")}
    nbval = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=1200)
    assert nbval.returncode == 0, f"{path.name} failed under nbval:\n{nbval.stdout[-6000:]}\n{nbval.stderr[-2000:]}"

    nb = nbformat.read(path, as_version=4)
    cells = sum(cell.cell_type == "code" for cell in nb.cells)
    (suite,) = ET.parse(result).getroot().iter("testsuite")
    ran = int(suite.get("tests")) - int(suite.get("skipped"))
    assert ran == cells, f"{path.name}: {ran} of {cells} code cells ran; no cell may be skipped or time out."
    if uses_device(nb):
        assert_device_was_used(path.name, reports)


def uses_device(nb: nbformat.NotebookNode) -> bool:
    """Return whether a notebook calls `best()` of `utils.device`."""
    source = "\n".join(cell.source for cell in nb.cells if cell.cell_type == "code")
    tree = ast.parse(TransformerManager().transform_cell(source))
    calls = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return any(call == "best" or call.endswith("device.best") for call in calls)


def assert_device_was_used(notebook: str, reports: Path) -> None:
    expected = device.best().type
    found = [json.loads(report.read_text()) for report in reports.glob("*.json")]
    assert found, f"{notebook} calls best(), but its kernel left no report of the device it used."
    for report in found:
        assert report["device"] == expected, f"{notebook} ran on {report['device']}, chosen was {expected}."
    used = max(report["accelerator_bytes"] for report in found)
    assert expected == "cpu" or used > 0, f"{notebook} chose {expected} but put nothing there: tensors.to(device)?"


def printed(text: str) -> list:
    return [new_output("stream", name="stdout", text=text)]


def test_checked_output_that_is_the_same_passes(tmp_path):
    assert_runs(write(tmp_path / "same.ipynb", code("# NBVAL_CHECK_OUTPUT\nprint(42)", printed("42\n"))), tmp_path)


@pytest.mark.parametrize(
    "cell, message",
    [
        (code("# NBVAL_CHECK_OUTPUT\nprint(42)", printed("41\n")), "Cell outputs differ"),
        (code("print(42)", printed("41\n"), tags=["nbval-check-output"]), "Cell outputs differ"),
        (code("# NBVAL_CHECK_OUTPUT\n42"), "Unexpected output fields"),
        (code("raise ValueError('wrong')"), "ValueError.*: wrong"),
        (code("import os; os._exit(1)"), "Timeout of 5 seconds"),
        (code("# NBVAL_SKIP\nprint(42)"), "0 of 1 code cells ran"),
    ],
    ids=["stale output", "stale output, by tag", "new output", "error", "dead kernel", "skipped cell"],
)
def test_what_nbval_must_catch(tmp_path, cell, message):
    with pytest.raises(AssertionError, match=message):
        assert_runs(write(tmp_path / "bad.ipynb", cell), tmp_path, cell_timeout=5)


@pytest.fixture
def cuda(monkeypatch):
    """Make the pytest process believe that CUDA was chosen; kernels still see the real machine."""
    monkeypatch.delenv("COURSE_DEVICE", raising=False)
    monkeypatch.setattr(device, "_available", lambda: ["cuda", "cpu"])


def report(folder: Path, **values) -> Path:
    folder.joinpath("1.json").write_text(json.dumps(values))
    return folder


def test_notebook_reports_the_device_it_used(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DEVICE", "cpu")
    path = write(tmp_path / "device.ipynb", "from utils import device\nhere = device.best()")
    assert_runs(path, tmp_path)
    (found,) = (tmp_path / "reports").iterdir()
    assert json.loads(found.read_text()) == {"device": "cpu", "accelerator_bytes": 0}


def test_notebook_that_ran_on_another_device_fails(tmp_path, cuda):
    forced = "import os\nfrom utils.device import best\nos.environ['COURSE_DEVICE'] = 'cpu'\nhere = best()"
    path = write(tmp_path / "device.ipynb", forced)
    with pytest.raises(AssertionError, match="ran on cpu, chosen was cuda"):
        assert_runs(path, tmp_path)


def test_accelerator_that_was_chosen_but_not_used_fails(tmp_path, cuda):
    with pytest.raises(AssertionError, match="chose cuda but put nothing there"):
        assert_device_was_used("a.ipynb", report(tmp_path, device="cuda", accelerator_bytes=0))


def test_accelerator_that_was_used_passes(tmp_path, cuda):
    assert_device_was_used("a.ipynb", report(tmp_path, device="cuda", accelerator_bytes=1024))


def test_missing_report_fails(tmp_path):
    with pytest.raises(AssertionError, match="left no report"):
        assert_device_was_used("a.ipynb", tmp_path)


@pytest.mark.parametrize(
    "source, expected",
    [
        ("from utils.device import best\ndevice = best()", True),
        ("from utils import device\nd = device.best()", True),
        ("import utils.device\nd = utils.device.best()", True),
        ("%matplotlib inline\nbest = 3", False),
        ("# best()", False),
    ],
)
def test_uses_device(tmp_path, source, expected):
    assert uses_device(nbformat.read(write(tmp_path / "a.ipynb", source), as_version=4)) is expected
