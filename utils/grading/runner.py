"""Run a notebook in a process of its own, without Jupyter and without a sandbox, in tenths of a second.

For code that is trusted: the answers that prove the graders, and a learner's own work where there is no sandbox. The
process has the rights of whoever runs it. It protects against accidents (endless loops, crashes, endless output), not
against malice. What is graded for others goes through `execute`.

On Linux a server process imports torch and its friends once (`utils.grading.warm`) and every notebook gets a fresh
fork of it. It starts with the first run, keeps the environment variables of that moment and ends with the process that
started it. Elsewhere every notebook starts a new Python, which takes some seconds.
"""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from copy import deepcopy

from nbformat import NotebookNode

from utils.grading import marks
from utils.grading.assignments import ROOT
from utils.grading.worker import FORKS

START = 120  # seconds a new Python may take to import torch
GRACE = 2  # seconds an interrupted cell may take to end


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
                cell.outputs = [marks.error(marks.NOT_RUN, stopped)]
    for cell in filter(marks.is_test, cells):
        marks.settle(cell)
    return notebook


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
        too_long = marks.error("TimeoutError", f"this cell took longer than {limit:.3g} seconds and was stopped")
        answer = server.receive(limit)
        late = not answer
        if late:
            server.interrupt()
            answer = server.receive(GRACE)
        if "ended" in answer:
            ending = _ending(answer["ended"])
            cell.outputs = [marks.error("DeadKernel", f"this cell ended the Python process ({ending})")]
            return f"Not run: cell {number} ended the Python process."
        cell.outputs = [NotebookNode(output) for output in answer.get("outputs", [])]
        if late:
            cell.outputs = [output for output in cell.outputs if output.output_type != "error"] + [too_long]
        if not answer:
            return f"Not run: cell {number} did not end."
    return ""


def _ending(exitcode: int) -> str:
    return f"exit code {exitcode}" if exitcode >= 0 else signal.Signals(-exitcode).name
