"""Run chapters from top to bottom and keep their outputs, cleaned for committing: `make chapters`.

python -m utils.notebooks                         every chapter
python -m utils.notebooks chapters/02*.ipynb      these
python -m utils.notebooks solutions/02*/*.ipynb   an assignment's source: it is not run, only brought into its form
python -m utils.notebooks --check                 run nothing; fail if a chapter is not as this command leaves it
"""

import argparse
import copy
import os
import re
import sys
import sysconfig
import tempfile
import time
from collections import Counter
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from tqdm import tqdm

ROOT = Path(__file__).parents[1]
CELL_TIMEOUT = 300  # seconds
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
WIDGET = "application/vnd.jupyter.widget-view+json"
PROGRESS_BAR = re.compile(r"\s*([^|]*: )?\s*\d+%\|[^|]*\|.*\[.*\]\s*|\s*")
# A path that starts at the root of a disk, but not the end of a longer one such as https://example.org/home/page.
MACHINE_PATH = re.compile(
    r"(?<![\w.:/~-])(/(root|home|tmp|work|Users|private|var|opt|usr|mnt)\b[^\s'\"<>)]*|[A-Z]:\\+\w+)"
)


class NotebookError(Exception):
    """A notebook that cannot be run or kept; the message says which cell and why."""


def run(path: Path) -> NotebookNode:
    """Execute a notebook in its folder, in a fresh kernel `python3`, and return it with its outputs.

    Raises:
        NotebookError: a cell fails, takes more than `CELL_TIMEOUT` seconds, or ends the kernel.
    """
    nb = _read(path)
    bar = tqdm(total=len(nb.cells), desc=path.stem, unit="cell", leave=False, disable=None)
    current = 0

    def started(cell: NotebookNode, cell_index: int) -> None:
        nonlocal current
        bar.update(cell_index - current)
        current = cell_index

    client = NotebookClient(
        nb,
        timeout=CELL_TIMEOUT,
        kernel_name=KERNEL["name"],
        record_timing=False,
        coalesce_streams=True,
        store_widget_state=False,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(path.parent)}},
        on_cell_start=started,
    )
    with tempfile.TemporaryDirectory() as work, bar:
        search = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
        try:
            client.execute(env={**os.environ, "PATH": search, "COURSE_WORK": work})
            _rename(nb, work, "work")  # what a learner's own run shows
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            last_line = getattr(error, "evalue", None) or str(error).strip().splitlines()[-1]
            if isinstance(error, CellTimeoutError):
                last_line = f"takes more than {CELL_TIMEOUT} seconds."
            name = f"{error.ename}: " if hasattr(error, "ename") else ""
            raise NotebookError(f"{path.name}, {describe(nb, current)}: {name}{last_line}") from None
    return nb


def _rename(nb: NotebookNode, folder: str, name: str) -> None:
    """Replace a folder's path by a name in all that was printed."""
    for output in (output for cell in nb.cells for output in cell.get("outputs", []) if "text" in output):
        output.text = output.text.replace(folder, name)


def clean(nb: NotebookNode) -> NotebookNode:
    """Return a copy without what differs from run to run or machine to machine; cell ids and tags stay."""
    nb = copy.deepcopy(nb)
    for key in ("widgets", "jupytext"):
        nb.metadata.pop(key, None)
    nb.metadata.kernelspec = KERNEL
    nb.metadata.get("language_info", {}).pop("version", None)
    for cell in nb.cells:
        for key in ("execution", "ExecuteTime", "collapsed", "scrolled"):
            cell.metadata.pop(key, None)
        if cell.cell_type == "code":
            cell.outputs = [output for output in map(_without_widget, cell.outputs) if output]
    return nb


def clean_assignment(nb: NotebookNode) -> NotebookNode:
    """Return a copy without outputs and without what JupyterLab adds; each cell's id is its grade_id.

    Raises:
        NotebookError: two cells have the same grade_id.
    """
    nb = copy.deepcopy(nb)
    nb.metadata = NotebookNode(
        kernelspec=NotebookNode(display_name="Python 3", language="python", name="python3"),
        language_info=NotebookNode(name="python"),
    )
    for cell in nb.cells:
        cell.metadata = NotebookNode({key: cell.metadata[key] for key in cell.metadata if key == "nbgrader"})
        cell.id = cell.metadata.get("nbgrader", {}).get("grade_id") or cell.id
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    name, count = Counter(cell.id for cell in nb.cells).most_common(1)[0] if nb.cells else ("", 0)
    if count > 1:
        raise NotebookError(f"{count} cells have the grade_id {name!r}: rename all but one.")
    return nb


def problems(nb: NotebookNode) -> list[str]:
    """Return what must not be committed, one line each: errors, anything on stderr, and paths of this machine."""
    found = []
    for index, cell in enumerate(nb.cells):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                found.append(f"{describe(nb, index)}: {output.ename}: {output.evalue}")
            if output.get("name") == "stderr":
                found.append(f"{describe(nb, index)}: wrote to stderr: {output.text.strip()[-100:]}")
            for path in MACHINE_PATH.finditer(text_of(output)):
                found.append(f"{describe(nb, index)}: shows the path {path[0]} of this machine")
    return found


def text_of(output: NotebookNode) -> str:
    """Return all text of an output, of every text format that it comes in."""
    formats = [value for mime, value in output.get("data", {}).items() if mime.startswith("text/")]
    return "\n".join([*formats, output.get("text", ""), *output.get("traceback", [])])


def describe(nb: NotebookNode, index: int) -> str:
    """Return a name for a cell that one finds it by: its number as a human counts, and its first line."""
    lines = [line.strip() for line in nb.cells[index].source.splitlines() if "NBVAL_" not in line and line.strip()]
    return f"cell {index + 1} `{lines[0][:60] if lines else ''}`"


def save(nb: NotebookNode, path: Path) -> None:
    """Write a notebook in one step: after a crash the file is either the old or the new one."""
    temporary = path.with_suffix(".tmp")
    temporary.write_text(nbformat.writes(nb) + "\n", encoding="utf-8", newline="\n")
    os.replace(temporary, path)


def _without_widget(output: NotebookNode) -> NotebookNode | None:
    """Return an output as GitHub can show it, or `None` for a progress bar or a widget that has no picture."""
    if output.output_type == "stream":
        lines = re.split(r"[\r\n]", output.text)
        return None if output.name == "stderr" and all(map(PROGRESS_BAR.fullmatch, lines)) else output
    if WIDGET in output.get("data", {}):
        del output.data[WIDGET]
        return output if set(output.data) - {"text/plain"} else None
    return output


def _read(path: Path) -> NotebookNode:
    try:
        return nbformat.read(path, as_version=4)
    except (nbformat.ValidationError, ValueError, AttributeError):  # JSON, but no notebook; no JSON; a list
        raise NotebookError(f"{path.name} is not a notebook.") from None


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m utils.notebooks", description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="*", type=Path, help="notebooks (default: every chapter)")
    parser.add_argument("--check", action="store_true", help="run nothing, only look whether the files are clean")
    options = parser.parse_args(arguments)
    paths = options.paths or sorted((ROOT / "chapters").glob("*.ipynb"))
    failures = 0
    for path in paths:
        started = time.monotonic()
        try:
            if options.check:
                _check(path)
            elif _is_assignment(path):
                save(clean_assignment(_read(path)), path)
            else:
                _run_and_keep(path)
            ran = not (options.check or _is_assignment(path))
            print(f"{path.name}: {f'{time.monotonic() - started:.0f} s' if ran else 'clean'}", flush=True)
        except (NotebookError, OSError) as error:
            failures += 1
            print(error, file=sys.stderr, flush=True)
    return min(failures, 1)


def _is_assignment(path: Path) -> bool:
    """Return whether a path is of the form solutions/NN_topic/NN_topic.ipynb."""
    return path.resolve().parent.parent.name == "solutions"


def _run_and_keep(path: Path) -> None:
    nb = clean(run(path))
    if found := problems(nb):
        raise NotebookError("\n".join([f"{path.name} was left as it was:", *found]))
    save(nb, path)


def _check(path: Path) -> None:
    nb = _read(path)
    if _is_assignment(path):
        if nb != clean_assignment(nb):
            raise NotebookError(f"{path.name} is not in its form: run `python -m utils.notebooks {path.as_posix()}`.")
        return
    if nb != clean(nb):
        raise NotebookError(f"{path.name} holds widget state, progress bars or timings: run `make chapters`.")
    if found := problems(nb):
        raise NotebookError("\n".join([f"{path.name}:", *found]))


if __name__ == "__main__":
    sys.exit(main())
