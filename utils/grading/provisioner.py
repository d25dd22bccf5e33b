"""The kernel provisioner `course-sandbox`: each kernel is a warm fork in a box of its own."""

import atexit
import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jupyter_client.connect import port_names
from jupyter_client.provisioning import KernelProvisionerBase
from traitlets import Integer

from utils.grading import sandbox

KERNEL = 30  # seconds until a kernel is up


class SandboxProvisioner(KernelProvisionerBase):
    """Starts a Python kernel in a box. Its working folder holds copies of the files beside the notebook.

    Raises:
        SandboxError: there is no sandbox on this machine (at the start).
    """

    memory = Integer(sandbox.Limits().memory, help="bytes that the kernel and its children may use").tag(config=True)

    box: sandbox.Box | None = None
    connection: socket.socket | None = None  # to the helper that looks after the kernel
    files: Path | None = None
    pid = 0
    code: int | None = None
    why = ""  # it was ended from here

    @property
    def has_process(self) -> bool:
        return self.box is not None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        if reason := sandbox.problem():
            raise sandbox.SandboxError(reason)
        return await super().pre_launch(cmd=kwargs.pop("extra_arguments", []), **kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict[str, Any]:
        self.files = _copy_files(kwargs.get("cwd"))
        self.box = sandbox.Box(sandbox.Limits(memory=self.memory), self.files)
        # The box has no network and cannot write on this disk: the sockets lie in its own /tmp.
        sockets = dict(zip(port_names, range(1, 6), strict=True)) | {"transport": "ipc", "ip": "/tmp/home/kernel"}
        sockets |= {"signature_scheme": "hmac-sha256", "key": secrets.token_hex()}
        request = {
            "box": self.box.pid,
            "user": self.box.user if sandbox.is_root() else None,
            "arguments": cmd,
            "connection": sockets,
            "limits": asdict(self.box.limits),
        }
        self.connection = server().connect()
        self.connection.sendall(json.dumps(request).encode() + b"\n")
        self.connection.settimeout(KERNEL)
        answer = self._receive()
        if "pid" not in answer:
            await self.kill()
            raise sandbox.SandboxError(f"No kernel in the sandbox: {answer.get('error', 'it did not come up')}.")
        self.pid = answer["pid"]
        self.connection.setblocking(False)
        return sockets | {"ip": f"/proc/{self.pid}/root{sockets['ip']}", "key": sockets["key"].encode()}

    def _receive(self) -> dict:
        """Return the helper's next message. When there is none yet, an empty one."""
        try:
            line = self.connection.recv(4096)
        except (TimeoutError, BlockingIOError):
            return {}
        return json.loads(line) if line else {"code": -signal.SIGKILL}

    async def poll(self) -> int | None:
        if self.box is None:
            return 0
        if self.code is None:
            self.code = self._receive().get("code")
        if self.code is None and self.box.used() > self.box.limits.memory + self.box.limits.disk:
            self.why = f"it used more than {self.box.limits.memory / sandbox.GB:g} GB of memory"
            await self.kill()
        return self.code

    async def wait(self) -> int | None:
        code = await self.poll()
        if code is None:
            await self.kill()
        self.box = None
        return code

    async def send_signal(self, signum: int) -> None:
        """Send a signal to the kernel itself. The end is sent to all of the box."""
        if signum == signal.SIGKILL:
            await self.kill()
        elif self.box is not None and self.code is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signum)

    async def kill(self, restart: bool = False) -> None:
        if self.box is not None:
            self.box.close()
            self.code = -signal.SIGKILL if self.code is None else self.code

    async def terminate(self, restart: bool = False) -> None:
        await self.kill()

    async def cleanup(self, restart: bool = False) -> None:
        await self.kill()
        self.box = None
        if self.connection is not None:
            self.connection.close()
        if self.files is not None:
            shutil.rmtree(self.files.parent, ignore_errors=True)


def _copy_files(folder: str | None) -> Path | None:
    """Copy what lies beside the notebook, notebooks apart: an autograded one holds the hidden tests."""
    if not folder or not Path(folder).is_dir():
        return None
    target = Path(tempfile.mkdtemp(prefix="course-"))  # closed to others
    shutil.copytree(folder, target / "data", symlinks=True, ignore=shutil.ignore_patterns("*.ipynb", ".*"))
    for path in [target / "data", *target.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)  # whoever the box's user is
    return target / "data"


class Server:
    """The fork server of this process."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="course-", ignore_cleanup_errors=True)
        self.path = str(Path(self.folder.name, "server"))
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.path)
        listener.listen(64)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "utils.grading.forkserver", str(listener.fileno())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[listener.fileno()],
            env=_environment(),
            cwd="/",
        )
        listener.close()
        self.ready = False

    def wait(self) -> None:
        """Wait until it can fork."""
        self.ready = self.ready or self.process.stdout.readline() == b"ready\n"
        if not self.ready:
            raise sandbox.SandboxError("Python could not start to run notebooks. `course doctor` may tell why.")

    def connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self.path)
        return connection

    def close(self) -> None:
        self.process.stdin.close()
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()


def _environment() -> dict[str, str]:
    """Return all environment variables that a kernel has."""
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": str(sandbox.PACKAGE.parent),
        "HOME": "/tmp/home",
        "USER": "student",
        "LANG": "C.UTF-8",
        "MPLCONFIGDIR": str(Path.home() / ".cache" / "matplotlib"),  # keeps the list of fonts
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "COURSE_DEVICE": "cpu",
        "NBGRADER_EXECUTION": "autograde",
    }


_server: Server | None = None
_lock = threading.Lock()


def start_server() -> None:
    """Begin to start this process's fork server, if there is none, and do not wait for it."""
    global _server
    if _server is None or _server.process.poll() is not None:
        _server = Server()


def server() -> Server:
    """Return this process's fork server, started with its first use and anew when it is gone."""
    with _lock:
        start_server()
        _server.wait()
        return _server


@atexit.register
def _close() -> None:
    if _server is not None:
        _server.close()
