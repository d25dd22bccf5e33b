"""Warm kernels: a process that has imported torch and its friends once, and forks itself into one box after the other.

`python -m utils.grading.forkserver FD` listens on the Unix socket FD, for one request a connection (see
`provisioner`). It forks a helper, which enters the namespaces of the box and forks the kernel there. The helper
answers on the connection `{"pid"}` when the kernel is up and `{"code"}` when it has ended. The server ends when its
standard input does.
"""

import contextlib
import ctypes
import gc
import json
import os
import random
import resource
import select
import shutil
import signal
import socket
import sys
from pathlib import Path
from typing import NoReturn

# linux/sched.h: mount, cgroup, uts, ipc, pid and network namespaces; the user namespace
NAMESPACES, USER_NAMESPACE = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x20000000 | 0x40000000, 0x10000000
PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 4, 24, 38  # linux/prctl.h
CAPABILITY_VERSION = 0x20080522  # linux/capability.h

DATA = "/tmp/data"  # as in sandbox.py, which would import too much

libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    listener = socket.socket(fileno=int(sys.argv[1]))
    sys.modules["debugpy"] = None  # nobody debugs here, and it takes 0.4 s of each kernel's start
    # What a kernel imports as it starts
    import sqlite3  # noqa: F401

    import ipykernel.debugger
    import ipykernel.ipkernel
    import ipykernel.kernelapp  # noqa: F401
    import IPython.core.debugger
    import IPython.core.logger
    import IPython.core.oinspect
    import IPython.extensions.storemagic  # noqa: F401
    import tornado.platform.asyncio  # noqa: F401

    from utils.grading import warm  # noqa: F401

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who grades
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no zombies
    gc.collect()
    gc.freeze()  # what is there stays shared with the forks
    print("ready", flush=True)
    while True:
        readable, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in readable:
            return
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            _help(connection)
        connection.close()


def _help(connection: socket.socket) -> NoReturn:
    """Start a kernel in a box, report its beginning and its end."""
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        wanted = json.loads(connection.makefile(encoding="utf-8").readline())
        _enter(wanted["box"], own_user=wanted["user"] is None)
        up, come_up = os.pipe()
        pid = os.fork()  # only children live in the box's process namespace
        if pid == 0:
            _run(come_up, wanted)
        os.close(come_up)
        with open(up, encoding="utf-8") as news:
            trouble = news.read()  # until the kernel is up, or gone
        if trouble:
            raise RuntimeError(trouble)
        _say(connection, pid=pid)
        _, status = os.waitpid(pid, 0)
        _say(connection, code=os.waitstatus_to_exitcode(status))
        code = 0
    except BaseException as error:
        with contextlib.suppress(OSError):
            _say(connection, error=f"{type(error).__name__}: {error}")
    finally:
        os._exit(code)


def _say(connection: socket.socket, **answer) -> None:
    connection.sendall(json.dumps(answer).encode() + b"\n")


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _enter(box: int, own_user: bool) -> None:
    """Join the namespaces of a process, those of its user too if it has its own."""
    descriptor = os.pidfd_open(box)
    _check(libc.setns(descriptor, NAMESPACES | (USER_NAMESPACE if own_user else 0)), "setns")
    os.close(descriptor)


def _run(come_up: int, wanted: dict) -> NoReturn:
    """Give away every right and become an IPython kernel."""
    code = 1
    try:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        os.dup2(come_up, 3)
        os.closerange(4, 4096)
        _confine(wanted["user"], **wanted["limits"])
        _settle()
        _become_kernel(wanted["connection"], wanted["arguments"])
        code = 0
    except Exception as error:
        with contextlib.suppress(OSError):
            os.write(3, f"{type(error).__name__}: {error}".encode())
    finally:
        os._exit(code)


def _confine(user: int | None, memory: int, processes: int, disk: int, file: int, cpu: int) -> None:
    Path("/proc/self/oom_score_adj").write_text("1000")  # if memory runs out, this goes first
    for capability in range(64):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
    _check(libc.capset(header, (ctypes.c_uint32 * 6)()), "capset")
    _check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
    libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)  # lets the instructor's side measure its memory
    with open("/proc/self/statm") as file_of_sizes:
        libraries = int(file_of_sizes.read().split()[0]) * resource.getpagesize()
    limits = {
        resource.RLIMIT_AS: libraries + memory,
        resource.RLIMIT_NPROC: processes,
        resource.RLIMIT_FSIZE: file,
        resource.RLIMIT_CPU: cpu,
        resource.RLIMIT_NOFILE: 1024,
        resource.RLIMIT_CORE: 0,
    }
    for which, limit in limits.items():
        resource.setrlimit(which, (limit, limit))


def _settle() -> None:
    """Prepare what a program expects to find: folders, variables, the submission's files, fresh random numbers."""
    import numpy as np
    import torch

    work, home = Path("/tmp/work"), Path("/tmp/home")
    if Path(DATA).exists():
        shutil.copytree(DATA, work, symlinks=True)
    work.mkdir(exist_ok=True)
    home.mkdir(mode=0o700)
    os.chdir(work)
    os.environ.pop("MPLCONFIGDIR", None)
    os.environ["IPYTHONDIR"] = "/tmp/home/.ipython"
    sys.path.insert(0, "")
    signal.signal(signal.SIGINT, signal.default_int_handler)
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
    torch.set_num_threads(1)


def _become_kernel(connection: dict, arguments: list[str]) -> None:
    from ipykernel.kernelapp import IPKernelApp

    file = Path("/tmp/home/kernel.json")
    file.write_text(json.dumps(connection))
    app = IPKernelApp.instance()
    app.initialize(["-f", str(file), *arguments])
    os.close(3)
    app.start()


if __name__ == "__main__":
    main()
