"""Run a notebook for marks: in the sandbox, with a limit on everything, and with a probe around each test.

`SandboxedExecute` takes the place of nbgrader's preprocessor `Execute`. Whatever a cell does, the notebook ends as one
whose test cells have a mark: a cell that hangs or ends its kernel gets an error, and so do those after it.
"""

import ast
import builtins
import contextlib
import secrets
import threading
import time
from copy import copy, deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty

import zmq
from jupyter_client import AsyncKernelClient, AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from jupyter_core.utils import ensure_async
from nbclient.exceptions import CellExecutionComplete, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import ClearHiddenTests, Execute
from nbgrader.utils import is_grade, is_locked
from traitlets import Bool, Integer, Type, default
from traitlets.config import Config

from utils.grading import marks, sandbox
from utils.grading.records import Flag

GRACE = 5  # seconds an interrupted cell may take to end
CELL_OUTPUT = 5_000_000  # characters a cell may write; the rest is left out
NOTEBOOK_OUTPUT = 100_000_000  # characters after which the kernel is ended

# Runs before, at the end of and after each test, written as tests are. Everything tried must fail; only then there is a
# proof, a text that is new each time. If there is none, somebody has changed what an assertion is.
PROBE = """
def course_probe(builtins, math, torch, checks, names):
    one, two = torch.ones(2), torch.full((2,), 2.0)
    def number():
        assert 1 == 2
    def equal():
        assert torch.equal(one, two)
    def near():
        assert torch.allclose(one, two)
    def kind():
        assert builtins.isinstance(one, builtins.int)
    def own():
        with checks.own_work([math.sqrt]):
            math.sqrt(4)
    attempts = [number, equal, near, kind, own, lambda: torch.testing.assert_close(one, two)]
    attempts += [lambda: checks.equal(one, two), lambda: checks.close(one, two), lambda: checks.shape(one, (3,))]
    attempts += [lambda: checks.number(1, 2), lambda: checks.raises(builtins.ValueError, math.sqrt, 4)]
    for attempt in attempts:
        try:
            attempt()
        except builtins.AssertionError:
            pass
        else:
            raise builtins.SystemExit("{token}")
    for name in names:
        if name in builtins.__dict__ and builtins.__dict__[name].__class__ not in (math.sqrt.__class__, builtins.type):
            raise builtins.SystemExit("{token}")
course_probe(
    __import__("builtins"), __import__("math"), __import__("torch"), __import__("utils.checks").checks, {names}
)
del course_probe
course_proof = "{token}"
"""

# The end of a test. IPython asks an error for its own report first; nobody reads this one, and the usual report would
# take most of a test's time.
LAST = """
try:
    assert 1 == 2, f"{message} {{course_points!r}}"
except:
    __import__("sys").exc_info()[1]._render_traceback_ = __import__("builtins").list
    raise
"""


def prelude(test: str, imports: list[str]) -> str:
    """Return code that puts right the names that a test relies on: the official imports, Python's own functions.

    A learner may have used `torch` or `sum` as the name of something else, in good faith or not.
    """
    lines = ["import sys", "sys.settrace(None)", "sys.setprofile(None)"]
    for name in _builtins_in(test):
        lines += ["try:", f"    del {name}", "except:", "    pass"]
    return "\n".join([*lines, *imports])


def probe(test: str, token: str) -> str:
    """Return the probe for the names that a test uses. It sets `course_proof`, or ends with `SystemExit(token)`."""
    return PROBE.replace("{token}", token).replace("{names}", repr(_builtins_in(test)))


def armed(test: str, message: str) -> str:
    """Return a test as one statement that ends with an assertion that fails with `message`, then the test's value.

    So a test passes only if its last assertion fails: nothing that skips, empties or silences it gains points, and no
    output has to be believed. Right before it stands the probe, which ends with `SystemExit(message)` if an assertion
    does not fail; so what was changed while an answer ran has no time to be put right.
    """
    try:
        body = ast.parse(test).body
    except SyntaxError:  # magics; the tests of the course have none
        return f'{test}\nassert 1 == 2, "{message} None"\n'
    if body and isinstance(body[-1], ast.Expr):
        points = body.pop().value
        body.append(ast.Assign([ast.Name("course_points", ast.Store())], points, lineno=0))
    else:
        body += ast.parse("course_points = None").body
    body += ast.parse(probe(test, message)).body
    body += ast.parse(LAST.format(message=message)).body
    return ast.unparse(ast.If(ast.Constant(True), body, []))


def imports_of(notebook: NotebookNode) -> list[str]:
    """Return the import statements of a notebook's locked cells, tests apart."""
    found = []
    for cell in notebook.cells:
        if cell.cell_type == "code" and is_locked(cell) and not is_grade(cell):
            with contextlib.suppress(SyntaxError):
                found += [
                    ast.unparse(n) for n in ast.parse(cell.source).body if isinstance(n, ast.Import | ast.ImportFrom)
                ]
    return found


def _builtins_in(source: str) -> list[str]:
    try:
        nodes = ast.walk(ast.parse(source))
    except SyntaxError:
        return []
    names = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    return sorted(names & {name for name in vars(builtins) if name.isidentifier()} - {"__build_class__"})


def _fresh_message() -> str:
    """Return a text like those of the tests, which nobody has seen before."""
    return f"expected {secrets.randbelow(10**9)}, got {secrets.randbelow(10**9)}:"


class KernelClient(AsyncKernelClient):
    """Talks to a kernel without the heartbeat, whose thread would wait for ever for one that closed its sockets."""

    def start_channels(self, *args, **kwargs) -> None:
        super().start_channels(*args, **kwargs | {"hb": False})

    async def wait_for_ready(self, timeout: float = 60) -> None:
        """Wait until the kernel answers on both channels. Jupyter's own waits 0.2 s longer, in case more comes.

        Raises:
            RuntimeError: it has died, or does not answer in time.
        """
        end = time.monotonic() + timeout
        while time.monotonic() < end and await ensure_async(self.parent.is_alive()):
            self.kernel_info()
            with contextlib.suppress(Empty):
                await self.get_shell_msg(timeout=1)
                await self.get_iopub_msg(timeout=0.2)  # whoever listens too late misses the first
                return
        raise RuntimeError("the kernel did not answer")


class SandboxedKernelManager(AsyncKernelManager):
    """Starts kernels with the provisioner `course-sandbox`, whatever the kernel's own specification says."""

    client_factory = Type(KernelClient, klass=AsyncKernelClient)
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
    probing = Bool(True, help="check around each test that assertions still fail").tag(config=True)
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
        self.imports = imports_of(nb)
        self.deadline = begun + self.total_timeout
        self.kernel_manager_class = SandboxedKernelManager if self.sandboxed else AsyncKernelManager
        if not self.sandboxed:
            self.flag("unsafe", "graded without a sandbox: the code had your rights")
            self.extra_arguments = ["--IPKernelApp.log_level=ERROR"]  # it warns of every kernel on the network
        self.record_timing = self.store_widget_state = False
        watch = threading.Timer(self.total_timeout + 60, self.kill)  # whatever else fails
        watch.start()
        try:
            nb, resources = super().preprocess(nb, resources, km)
        finally:
            watch.cancel()
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
        if not marks.is_test(cell) or not self.probing:
            self.execute_cell(cell, index, store_history=True)
            return
        source, message = cell.source, _fresh_message()
        sound = self._probe(source)
        if sound:
            cell.source = armed(source, message)
            try:
                self.execute_cell(cell, index, store_history=True)
            finally:
                cell.source = source
            reply = self.reply["content"]
            error, genuine = reply.get("ename"), str(reply.get("evalue")).startswith(message)
            passed = error == "AssertionError" and genuine
            sound = reply["status"] == "error" and not (error == "SystemExit" and genuine)
            sound = bool(self.ended) or (sound and self._probe(source))
            if passed:
                kept = [output for output in cell.outputs if output.output_type not in ("error", "execute_result")]
                value = reply["evalue"].removeprefix(message).strip()
                if value != "None":
                    kept.append(new_output("execute_result", data={"text/plain": value}, execution_count=None))
                cell.outputs = kept
        if not sound:
            self.flag("tampered", f"{name}: an assertion that must fail did not")
            cell.outputs = [marks.error("Tampered", "an assertion that must fail did not: this test does not count")]

    def on_cell_executed(self, **kwargs) -> None:
        self.reply = kwargs["execute_reply"]
        super().on_cell_executed(**kwargs)

    def _probe(self, test: str) -> bool:
        """Return whether an assertion that must fail still does in this kernel, for the names that a test uses."""
        proof = _fresh_message()
        message = self.kc.execute(
            f"{prelude(test, self.imports)}\n{probe(test, proof)}",
            store_history=False,
            stop_on_error=False,
            user_expressions={"proof": "course_proof"},
        )
        reply = self.wait_for_reply(message)
        if reply is None or reply["content"]["status"] != "ok":
            return False
        found = reply["content"].get("user_expressions", {}).get("proof", {}).get("data", {})
        return found.get("text/plain") == repr(proof)

    def _end(self, kind: str, name: str, why: str) -> None:
        """Note that the kernel is of no use any more."""
        if not self.ended:
            texts = {
                "died": f"{name} ended the Python process",
                "deadline": f"{name} did not stop",
                "output": f"{name} wrote too much",
            }
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
        try:
            return super().process_message(msg, cell, cell_index)
        except CellExecutionComplete:
            raise
        except Exception:  # a message that no honest kernel sends
            self.log.debug("unusable message", exc_info=True)
            return None

    def handle_comm_msg(self, outs: list, msg: dict, cell_index: int) -> None:
        """Widgets have nobody to talk to here, and must not take outputs away."""

    def kill(self) -> None:
        """End the kernel at once, if there is one."""
        provisioner = getattr(self.km, "provisioner", None)
        running = getattr(provisioner, "box" if self.sandboxed else "process", None)
        if running is not None:
            running.close() if self.sandboxed else running.kill()


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
    lost = marks.lost(executed)
    if explain and lost and all(map(_is_not_written, lost)):  # as it would be once more
        names = [cell.metadata.nbgrader.grade_id for cell in lost]
        empty = marks.error("NotImplementedError", "")
        outcome.visible = [
            [empty] if cell.metadata.get("nbgrader", {}).get("grade_id") in names else [] for cell in executed.cells
        ]
    elif explain and lost:
        shown, _ = ClearHiddenTests().preprocess(deepcopy(notebook), {})
        again, second = _once(shown, folder, sandboxed, config, probing=False)
        outcome.visible = [cell.get("outputs", []) for cell in again.cells]
        outcome.seconds["visible"] = sum(second.seconds.values())
    return outcome


def _is_not_written(cell: NotebookNode) -> bool:
    """Return whether a test met an answer that was left as it was."""
    return any(output.get("ename") == "NotImplementedError" for output in cell.outputs)


def _once(
    notebook: NotebookNode, folder: Path | None, sandboxed: bool, config: Config | None, probing: bool = True
) -> tuple[NotebookNode, SandboxedExecute]:
    execute = SandboxedExecute(config=config or Config(), sandboxed=sandboxed, probing=probing)
    resources = {"metadata": {"path": str(folder) if folder else None}}
    executed, _ = execute.preprocess(deepcopy(notebook), resources)
    return executed, execute
