"""Run a notebook in a process of its own and score it by nbgrader's rule, in tenths of a second.

This is the one place where submitted code is executed outside nbgrader, and the one place where a sandbox will be
put around it. Today there is none: the process has the rights of whoever runs it. It protects against accidents
(endless loops, crashes, endless output), not against malice.

On Linux a server process imports torch and its friends once (`utils.grading.warm`) and every notebook gets a fresh
fork of it. It starts with the first run, keeps the environment variables of that moment and ends with the process that
started it. Elsewhere every notebook starts a new Python, which takes some seconds.
"""

import contextlib
import json
import os
import queue
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from copy import deepcopy
from dataclasses import dataclass

from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.utils import determine_grade, is_grade, is_solution

from utils.grading.assignments import ROOT, exercise_key
from utils.grading.worker import FORKS

START = 120  # seconds a new Python may take to import torch
GRACE = 2  # seconds an interrupted cell may take to end


@dataclass(frozen=True)
class Mark:
    """What a graded cell earned: `score` of `points`, `None` when a person decides; why points were lost."""

    score: float | None
    points: float
    message: str = ""


def run(notebook: NotebookNode, timeout: float = 60, total: float = 600) -> NotebookNode:
    """Return a copy of the notebook with all its code cells executed, in order, whatever they do.

    A cell that raises does not stop those after it, as in nbgrader. A cell that takes too long is interrupted; if it
    does not heed that, or ends the process, it gets an error output, and so do the cells that could not run after it.
    Each run has its own Python process and its own empty working folder, one torch thread, fixed seeds and no stdin.

    Args:
        notebook: nbformat 4.
        timeout: seconds a cell may take.
        total: seconds the whole notebook may take.
    """
    notebook = deepcopy(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in cells:
        cell.outputs, cell.execution_count = [], None
    with _lock, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server = _server()
        try:
            server.send(sources=[cell.source for cell in cells], folder=folder, seconds=int(total) + START)
            stopped = _collect(server, cells, timeout, total)
        except BaseException:  # after Ctrl-C the next notebook must not get the answers meant for this one
            server.process.kill()
            raise
        finally:
            server.end_notebook()
    if stopped:
        for cell in cells:
            if cell.execution_count is None:
                cell.outputs = [_error("NotRun", stopped)]
    return notebook


def grade(notebook: NotebookNode) -> dict[str, Mark]:
    """Return the mark of every graded cell of an executed notebook, by its grade_id, with nbgrader's scoring rule.

    The message is one line about the first thing that went wrong in the exercise: the error of the answer's own cell
    if it does not run, else the assertion of the test.
    """
    marks: dict[str, Mark] = {}
    broken: dict[str, str] = {}  # exercise -> error of its answer
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if is_solution(cell) and cell.cell_type == "code":
            for output in cell.outputs:
                if output.output_type == "error" and output.ename != "NotRun":
                    broken[exercise_key(grade_id)] = _message(output, "Your cell stops with ")
        if not is_grade(cell):
            continue
        points = float(cell.metadata.nbgrader.points)
        try:
            score, _ = determine_grade(cell)
        except (ValueError, KeyError) as error:  # a result that is no number of points
            score, message = 0.0, str(error)
        else:
            message = _reason(cell) if score is not None and score < points else ""
        if message:
            message = broken.get(exercise_key(grade_id), message)
        marks[grade_id] = Mark(score, points, message)
    return marks


class _Server:
    """A `utils.grading.worker` process and what it says."""

    def __init__(self):
        command = [sys.executable, "-m", "utils.grading.worker"]
        options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "cwd": ROOT, "encoding": "utf-8"}
        self.process = subprocess.Popen(command, start_new_session=True, **options)
        self.answers: queue.Queue[dict] = queue.Queue()
        self.pid: int | None = None  # of the notebook that is running
        threading.Thread(target=self._listen, daemon=True).start()
        if "ready" not in self.receive(START):
            raise RuntimeError("Python could not start to run the notebook. `course doctor` may tell why.")

    def _listen(self) -> None:
        for line in self.process.stdout:
            with contextlib.suppress(ValueError):
                self.answers.put(json.loads(line))
        self.answers.put({"ended": self.process.wait()})

    def send(self, **request) -> None:
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        self.pid = self.receive(START).get("pid")

    def receive(self, seconds: float) -> dict:
        """Return the next answer, or an empty one when none comes in time."""
        try:
            answer = self.answers.get(timeout=max(0, seconds))
        except queue.Empty:
            return {}
        if "ended" in answer:
            self.pid = None
        return answer

    def interrupt(self) -> None:
        if FORKS:  # elsewhere the grace passes and the process is ended
            os.kill(self.pid, signal.SIGINT)

    def end_notebook(self) -> None:
        """End the notebook's process and whatever it started."""
        if not FORKS:
            self.process.kill()
        elif self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        while self.pid:
            self.receive(START)


def _server() -> _Server:
    """Return the fork server, started anew if it is gone; without forks a new one each time."""
    global _current
    if _current is None or not FORKS or _current.process.poll() is not None:
        _current = _Server()
    return _current


_current: _Server | None = None
_lock = threading.Lock()


def _collect(server: _Server, cells: list[NotebookNode], timeout: float, total: float) -> str:
    """Fill in outputs as the worker reports them. Return why it stopped early, or an empty string."""
    end = time.monotonic() + total
    for number, cell in enumerate(cells, start=1):
        limit = min(timeout, end - time.monotonic())
        if limit <= 0:
            return f"Not run: the notebook took longer than {total:g} seconds."
        cell.execution_count = number
        too_long = _error("TimeoutError", f"this cell took longer than {limit:.3g} seconds and was stopped")
        answer = server.receive(limit)
        late = not answer
        if late:
            server.interrupt()
            answer = server.receive(GRACE)
        if "ended" in answer:
            ending = _ending(answer["ended"])
            cell.outputs = [_error("DeadKernel", f"this cell ended the Python process ({ending})")]
            return f"Not run: cell {number} ended the Python process."
        cell.outputs = [NotebookNode(output) for output in answer.get("outputs", [])]
        if late:
            cell.outputs = [output for output in cell.outputs if output.output_type != "error"] + [too_long]
        if not answer:
            return f"Not run: cell {number} did not end."
    return ""


def _ending(exitcode: int) -> str:
    return f"exit code {exitcode}" if exitcode >= 0 else signal.Signals(-exitcode).name


def _error(name: str, text: str) -> NotebookNode:
    return new_output("error", ename=name, evalue=text, traceback=[f"{name}: {text}"])


def _reason(cell: NotebookNode) -> str:
    """Return in one line why a test cell lost points."""
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            return _message(output)
    for output in cell.get("outputs", []):
        if output.get("name") == "stderr":
            text = re.sub(r"^\S+:\d+: ", "", output.text.strip())  # where a warning came from
            return f"A warning or other text on stderr costs the points: {text.partition(chr(10))[0]}"
    return "" if cell.cell_type == "code" else "No answer yet."


def _message(error: NotebookNode, prefix: str = "") -> str:
    """Return an error as one line. Of an assertion without a text, the line that failed."""
    text = re.sub(r"<ipython-input-[^>]*>, ", "", error.evalue)  # in a SyntaxError
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if error.ename == "NotImplementedError" and not lines:
        return "Not implemented yet."
    if error.ename in ("NotRun", "AssertionError") and lines:
        return " ".join(lines)
    if error.ename == "AssertionError":
        lines = re.findall(r"^-+> *\d+ (.*)$", "\n".join(error.traceback), flags=re.MULTILINE)[-1:]
    return prefix + ": ".join([error.ename, *(line.strip() for line in lines[:1])])
