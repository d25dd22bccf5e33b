"""Run a notebook for marks: in the sandbox, with a limit on everything, and with a probe around each test.

`SandboxedExecute` takes the place of nbgrader's preprocessor `Execute`. Whatever a cell does, the notebook ends as one
whose test cells have a mark: a cell that hangs or ends its kernel gets an error, and so do those after it.
"""

import secrets
import time
from copy import copy, deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty

import zmq
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from jupyter_core.utils import ensure_async
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests, Execute
from traitlets import Bool, Integer, default
from traitlets.config import Config

from utils.grading import marks, sandbox
from utils.grading.records import Flag

GRACE = 5  # seconds an interrupted cell may take to end
CELL_OUTPUT = 5_000_000  # characters a cell may write; the rest is left out
NOTEBOOK_OUTPUT = 100_000_000  # characters after which the kernel is ended

# Runs before and after each test, written as tests are. Every line of `wrong` must fail, and so must the last one,
# with a token that is new each time. If the kernel thinks otherwise, somebody has changed what an assertion is.
PROBE = """
def course_probe(wrong=()):
    import math
    import torch
    from utils import checks
    one, two = torch.ones(2), torch.full((2,), 2.0)
    def number():
        assert 1 == 2
    def equal():
        assert torch.equal(one, two)
    def near():
        assert torch.allclose(one, two)
    def kind():
        assert isinstance(one, int)
    def own():
        with checks.own_work([math.sqrt]):
            math.sqrt(4)
    tries = [number, equal, near, kind, own, lambda: torch.testing.assert_close(one, two)]
    tries += [lambda: checks.equal(one, two), lambda: checks.close(one, two), lambda: checks.shape(one, (3,))]
    tries += [lambda: checks.number(1, 2), lambda: checks.raises(ValueError, math.sqrt, 4)]
    for attempt in tries:
        try:
            attempt()
        except AssertionError:
            pass
        else:
            raise SystemExit("an assertion that must fail did not")
course_probe()
del course_probe
assert 1 == 2, "{token}"
"""


class SandboxedKernelManager(AsyncKernelManager):
    """Starts kernels with the provisioner `course-sandbox`, whatever the kernel's own specification says."""

    memory = Integer(sandbox.Limits().memory, help="bytes a submission may use").tag(config=True)

    @property
    def kernel_spec(self) -> KernelSpec:
        spec = copy(super().kernel_spec)
        stanza = {"provisioner_name": "course-sandbox", "config": {"memory": self.memory}}
        spec.metadata = {"kernel_provisioner": stanza}
        return spec

    def _context_default(self) -> zmq.Context:
        context = super()._context_default()
        context.setsockopt(zmq.MAXMSGSIZE, NOTEBOOK_OUTPUT)
        return context


class SandboxedExecute(Execute):
    """Executes the cells of a rebuilt notebook. Afterwards `flags` and `seconds` tell how it went.

    Raises:
        SandboxError: there is no sandbox on this machine, or no kernel started in it.
    """

    sandboxed = Bool(True, help="run the kernel in bubblewrap; without, student code has all your rights").tag(
        config=True
    )
    total_timeout = Integer(600, help="seconds a notebook may take").tag(config=True)

    @default("timeout")
    def _timeout_default(self) -> int:
        return 60

    @default("shutdown_kernel")
    def _shutdown_kernel_default(self) -> str:
        return "immediate"

    def preprocess(self, nb: NotebookNode, resources: dict, km=None) -> tuple[NotebookNode, dict]:
        begun = time.monotonic()
        self.flags: list[Flag] = []
        self.seconds: dict[str, float] = {}
        self.ended, self.written, self.written_in_cell = "", 0, 0
        self.deadline = begun + self.total_timeout
        self.kernel_manager_class = SandboxedKernelManager if self.sandboxed else AsyncKernelManager
        if not self.sandboxed:
            self.flag("unsafe", "graded without a sandbox: the code had your rights")
        self.record_timing = self.store_widget_state = False
        nb, resources = super().preprocess(nb, resources, km)
        self.seconds["kernel"] = time.monotonic() - begun - self.seconds.get("cells", 0)
        return nb, resources

    def flag(self, kind: str, message: str) -> None:
        if not any(flag.kind == kind for flag in self.flags):  # the first case of each kind is enough
            self.flags.append(Flag(kind, message))

    def preprocess_cell(self, cell: NotebookNode, resources: dict, index: int) -> tuple[NotebookNode, dict]:
        if cell.cell_type != "code":
            return cell, resources
        begun = time.monotonic()
        cell.outputs, self.written_in_cell = [], 0
        name = cell.metadata.get("nbgrader", {}).get("grade_id") or f"extra cell {index + 1}"
        if not self.ended and begun >= self.deadline:
            self._end("deadline", name, f"the notebook took longer than {self.total_timeout} seconds")
        if self.ended:
            cell.outputs = [marks.error(marks.NOT_RUN, self.ended)]
            return cell, resources
        try:
            self._execute(cell, index, name)
        except DeadKernelError:
            self._end("died", name, self.km.provisioner.why if self.sandboxed else "")
            self._fail(cell, "DeadKernel", self.flags[-1].message)
        except CellTimeoutError:  # its messages do not arrive any more
            self._end("output", name, "its output could not be read to the end")
            self._fail(cell, "OutputError", self.flags[-1].message)
        if marks.is_test(cell):
            marks.settle(cell)
        self.nb.cells[index] = cell
        self.seconds["cells"] = self.seconds.get("cells", 0) + time.monotonic() - begun
        return cell, resources

    def _execute(self, cell: NotebookNode, index: int, name: str) -> None:
        if not marks.is_test(cell):
            self.execute_cell(cell, index, store_history=True)
            return
        sound = self._probe()
        if sound:
            self.execute_cell(cell, index, store_history=True)
            sound = bool(self.ended) or self._probe()
        if not sound:
            self.flag("tampered", f"{name}: an assertion that must fail did not")
            cell.outputs = [marks.error("Tampered", "an assertion that must fail did not: this test does not count")]

    def _probe(self) -> bool:
        """Return whether an assertion that must fail still does in this kernel."""
        token = secrets.token_hex()
        message = self.kc.execute(PROBE.replace("{token}", token), store_history=False, stop_on_error=False)
        reply = self.wait_for_reply(message)
        if reply is None:
            return False
        content = reply["content"]
        return (content["status"], content.get("ename"), content.get("evalue")) == ("error", "AssertionError", token)

    def _end(self, kind: str, name: str, why: str) -> None:
        """Note that the kernel is of no use any more."""
        if not self.ended:
            texts = {"died": f"{name} ended the Python process", "deadline": f"{name} did not stop", "output": name}
            self.flag(kind, f"{texts[kind]}: {why}" if why else texts[kind])
            self.ended = f"Not run: {texts[kind]}."

    @staticmethod
    def _fail(cell: NotebookNode, name: str, text: str) -> None:
        cell.outputs = [output for output in cell.outputs if output.output_type != "error"] + [marks.error(name, text)]

    # nbclient's own hooks

    def _get_timeout(self, cell: NotebookNode | None) -> int:
        return max(1, min(self.timeout, round(self.deadline - time.monotonic())))

    async def _async_handle_timeout(self, timeout: int, cell: NotebookNode | None = None) -> dict:
        """Interrupt a cell that took too long, and end a kernel that does not heed it."""
        name = (cell or {}).get("metadata", {}).get("nbgrader", {}).get("grade_id", "a cell")
        await ensure_async(self.km.interrupt_kernel())
        try:
            await ensure_async(self.kc.shell_channel.get_msg(timeout=GRACE))
        except Empty:
            self._end("deadline", name, f"it took longer than {timeout} seconds and could not be interrupted")
            await ensure_async(self.km.provisioner.kill())
            raise DeadKernelError("killed") from None
        self.flag("deadline", f"{name} took longer than {timeout} seconds and was stopped")
        text = f"this cell took longer than {timeout} seconds and was stopped"
        return {"content": {"status": "error", **marks.error("TimeoutError", text)}}

    def process_message(self, msg: dict, cell: NotebookNode, cell_index: int) -> NotebookNode | None:
        size = len(str(msg["content"])) if msg["msg_type"] not in ("status", "execute_input", "error") else 0
        self.written += size
        self.written_in_cell += size
        if self.written_in_cell > CELL_OUTPUT and size:
            name = cell.metadata.get("nbgrader", {}).get("grade_id", "an extra cell")
            self.flag("output", f"{name} wrote more than {CELL_OUTPUT:,} characters; the rest was left out")
            if self.written > NOTEBOOK_OUTPUT and not self.ended:
                self._end("output", name, f"it wrote more than {NOTEBOOK_OUTPUT:,} characters and was ended")
                self.kill()
            return None
        return super().process_message(msg, cell, cell_index)

    def kill(self) -> None:
        """End the kernel at once."""
        if self.sandboxed:
            self.km.provisioner.box.close()
        else:
            self.km.provisioner.process.kill()


@dataclass
class Outcome:
    """What came of running a submission: the executed notebook, and its outputs without hidden tests (see Record)."""

    notebook: NotebookNode
    flags: list[Flag] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    visible: list[list[dict]] | None = None


def run(
    notebook: NotebookNode,
    folder: Path | None = None,
    sandboxed: bool = True,
    explain: bool = True,
    config: Config | None = None,
) -> Outcome:
    """Run a rebuilt notebook.

    Args:
        notebook: what `rebuild` gives. It is not changed.
        folder: its files are copied beside the notebook; the notebooks in it are not.
        sandboxed: `False` runs the code with all rights of this process.
        explain: where points were lost, run it once more without the hidden tests, for the feedback.
        config: settings of `SandboxedExecute`.

    Raises:
        SandboxError: there is no sandbox.
    """
    executed, first = _once(notebook, folder, sandboxed, config)
    outcome = Outcome(executed, first.flags, first.seconds)
    score, points = marks.automatic(executed)
    if explain and score < points:
        shown, _ = ClearHiddenTests().preprocess(deepcopy(notebook), {})
        again, second = _once(shown, folder, sandboxed, config)
        outcome.visible = [cell.get("outputs", []) for cell in again.cells]
        outcome.seconds["visible"] = sum(second.seconds.values())
    return outcome


def _once(
    notebook: NotebookNode, folder: Path | None, sandboxed: bool, config: Config | None
) -> tuple[NotebookNode, SandboxedExecute]:
    execute = SandboxedExecute(config=config or Config(), sandboxed=sandboxed)
    resources = {"metadata": {"path": str(folder) if folder else None}}
    executed, _ = execute.preprocess(deepcopy(notebook), resources)
    return executed, execute
