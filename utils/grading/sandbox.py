"""A box, built by bubblewrap, in which the code of one submission runs.

Inside it there is the system (`/usr`, read-only), Python with the course's packages, the package `utils`, and an empty
`/tmp`. There is no network, no other process, no solution, no gradebook, no environment variable of the instructor's.
bubblewrap only builds the box: its one program waits for the end. The code comes in by `forkserver`.
"""

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil

MB, GB = 2**20, 2**30
PACKAGE = Path(__file__).resolve().parents[1]  # utils/
OLDEST = "0.8"  # the first bubblewrap with --disable-userns and --size
DATA = "/tmp/data"


@dataclass(frozen=True)
class Limits:
    """What one submission may use."""

    memory: int = 4 * GB  # bytes, of all its processes together, besides the libraries
    processes: int = 100  # processes and threads
    disk: int = 512 * MB  # bytes in /tmp, which is kept in memory
    file: int = 256 * MB  # bytes of one file
    cpu: int = 1800  # seconds of one process


class SandboxError(RuntimeError):
    """The box could not be built. The message says why and what to do."""


@cache
def problem() -> str:
    """Return why no box can be built on this machine, and the remedy. An empty string if one can."""
    if sys.platform != "linux":
        return "The sandbox needs Linux. Grade in a virtual machine with Linux (on Windows: in WSL)."
    program = shutil.which("bwrap")
    if not program:
        return "bubblewrap is not installed. Run `sudo apt install bubblewrap` (Fedora: `sudo dnf install bubblewrap`)."
    version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout.split()[-1:]
    numbers = [int(part) for part in "".join(version).split(".")[:2] if part.isdigit()]
    if numbers < [int(part) for part in OLDEST.split(".")]:
        return f"bubblewrap {''.join(version)} is too old: {OLDEST} or newer is needed (Debian 12, Ubuntu 24.04)."
    try:
        with Box():
            return ""
    except SandboxError as error:
        return str(error)


class Box:
    """A running box. `pid` is that of its first process, as seen from outside.

    Args:
        limits: what the box may use.
        data: a folder that can be read inside as `/tmp/data`.

    Raises:
        SandboxError: bubblewrap failed.
    """

    def __init__(self, limits: Limits | None = None, data: Path | None = None):
        if _closed:
            raise SandboxError("grading was stopped.")
        self.limits = limits or Limits()
        # Whose rights the code has: nobody's. When root grades, each box has a number of its own, since Linux counts
        # processes by user.
        self.user = 50_000 + (secrets.randbelow(10_000) if is_root() else 0)
        told, tell = os.pipe()
        names, name = os.pipe()
        os.write(name, f"student:x:{self.user}:{self.user}::/tmp/home:/bin/sh\n".encode())
        os.close(name)
        try:
            self.process = subprocess.Popen(
                _command(self.limits, self.user, data, tell, names),
                stdin=subprocess.PIPE,  # ends with this process, and so does the box
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=[tell, names],
                env={"PATH": "/usr/bin:/bin"},
            )
        except OSError as error:
            os.close(told)
            raise SandboxError(f"bubblewrap could not be started: {error.strerror}.") from None
        finally:
            os.close(tell)
            os.close(names)
        with open(told, encoding="utf-8") as info:
            text = info.read()
        if self.process.stdout.readline() != b"built\n":
            self.process.wait()
            raise SandboxError(_remedy(self.process.stderr.read().decode(errors="replace").strip()))
        self.pid = json.loads(text)["child-pid"]
        _boxes.add(self)
        if _closed:  # meanwhile
            self.close()

    def used(self) -> int:
        """Return the memory, in bytes, that the processes of the box use, besides what they share with others."""
        total = 0
        for process in psutil.process_iter():
            if _namespace(process.pid) == _namespace(self.pid) != "":
                try:
                    total += process.memory_full_info().pss
                except (psutil.Error, OSError):
                    continue
        return total

    def close(self) -> None:
        """End everything that runs in the box, and wait until it has ended."""
        self.process.kill()
        self.process.communicate()
        end = time.monotonic() + 5
        while _runs(self.pid) and time.monotonic() < end:  # its first process is the last to go
            time.sleep(0.002)

    def __enter__(self) -> "Box":
        return self

    def __exit__(self, *_) -> None:
        self.close()


_boxes: weakref.WeakSet[Box] = weakref.WeakSet()
_closed = False


@contextlib.contextmanager
def closed() -> Iterator[None]:
    """End every box of this process, and let no thread build another meanwhile."""
    global _closed
    _closed = True
    try:
        for box in list(_boxes):
            box.close()
        yield
    finally:
        _closed = False


def is_root() -> bool:
    """Return whether this process is root's, which builds the box with other means than an ordinary user."""
    return os.geteuid() == 0


def _command(limits: Limits, user: int, data: Path | None, info: int, names: int) -> list[str]:
    command = [shutil.which("bwrap") or "bwrap", "--die-with-parent", "--new-session", "--hostname", "sandbox"]
    command += [f"--unshare-{what}" for what in ("ipc", "pid", "net", "uts", "cgroup")]
    if not is_root():
        command += ["--unshare-user", "--disable-userns", "--uid", str(user), "--gid", str(user)]
    small = ["--size", str(limits.disk), "--perms", "1777", "--tmpfs"]
    command += ["--proc", "/proc", "--dev", "/dev", *small, "/dev/shm", *small, "/tmp"]
    for path in ("/bin", "/sbin", "/lib", "/lib32", "/lib64"):
        if os.path.islink(path):
            command += ["--symlink", os.readlink(path), path]
        elif os.path.isdir(path):
            command += ["--ro-bind", path, path]
    etc = ("alternatives", "fonts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime")
    for path in [Path("/usr"), *(Path("/etc", name) for name in etc), *_python()]:
        command += [*_parents(path), "--ro-bind-try", str(path), str(path)]
    command += ["--file", str(names), "/etc/passwd", "--chmod", "0644", "/etc/passwd"]
    if data:
        command += ["--ro-bind", str(data), DATA]
    command += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp", "--cap-drop", "ALL"]
    return [*command, "--info-fd", str(info), "/bin/sh", "-c", "echo built; exec cat"]


def _python() -> list[Path]:
    """Return the folders that Python needs here: its own, the environment's, the course's package."""
    paths = {Path(sys.base_prefix), Path(sys.prefix), PACKAGE}
    paths = {path for path in paths if not path.is_relative_to("/usr")}
    return sorted(path for path in paths if not any(path != other and path.is_relative_to(other) for other in paths))


def _parents(path: Path) -> list[str]:
    """Return the options that make the folders above `path`, which everybody may enter."""
    options = []
    for parent in [*path.parents][-2::-1]:
        if str(parent) not in ("/tmp", "/usr", "/dev", "/proc"):
            options += ["--dir", str(parent)]
    return options


def _runs(pid: int) -> bool:
    """Return whether a process has not ended. One that has, but that nobody has asked for its end, has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False


def _namespace(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/ns/pid")
    except OSError:
        return ""


def _remedy(error: str) -> str:
    """Return what bubblewrap said, with what usually helps."""
    if Path("/.dockerenv").exists() or Path("/run/.containerenv").exists():
        remedy = (
            "In a container, start it with `--security-opt seccomp=unconfined --security-opt apparmor=unconfined "
            "--security-opt systempaths=unconfined`, or better, grade outside of it."
        )
    else:
        remedy = (
            "If this system forbids user namespaces, allow them: on Ubuntu "
            "`sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`, elsewhere "
            "`sudo sysctl -w user.max_user_namespaces=10000`."
        )
    return f"bubblewrap cannot build a sandbox ({error or 'it gave no reason'}). {remedy} See docs/instructors.md."
