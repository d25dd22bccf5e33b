"""A private PostgreSQL server for the tests, reached by a Unix socket only."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

MISSING = "needs PostgreSQL: apt install postgresql"


def find_programs() -> Path | None:
    """Return the folder of PostgreSQL's programs, the newest there is. Debian does not put it on PATH."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    initdb = folders[-1] if folders else shutil.which("initdb")
    return initdb and Path(initdb).resolve().parent


@contextlib.contextmanager
def server(programs: Path) -> Iterator[str]:
    """Run a server with no databases of ours in it, and yield the folder of its socket.

    Raises:
        RuntimeError: it did not start; the message ends with what it said.
    """
    folder = Path(tempfile.mkdtemp(prefix="course-pg-", dir="/tmp"))  # short: a socket's path has at most 107 bytes
    try:
        data, log = folder / "data", folder / "log"
        user = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root; its package brings this user
            user = {"user": "postgres", "group": "postgres", "extra_groups": []}
            shutil.chown(folder, "postgres", "postgres")
        initdb = [programs / "initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-locale"]
        _run([*initdb, "--no-sync", "-D", data], folder, user)
        command = [programs / "postgres", "-F", "-D", data, "-k", folder, "-c", "listen_addresses="]
        if setpriv := shutil.which("setpriv"):
            command = [setpriv, "--pdeathsig", "INT", *command]  # ends with the tests, even if they are killed
        with open(log, "wb") as output:
            process = subprocess.Popen(
                command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output, **user
            )
        try:
            _wait(process, folder, log)
            yield str(folder)
        finally:
            _stop(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def database(socket: str, name: str) -> Iterator[str]:
    """Make an empty database, yield its address, and drop it."""
    with psycopg.connect(host=socket, user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield f"postgresql+psycopg://postgres@/{name}?host={socket}"
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _run(command: list, folder: Path, user: dict) -> None:
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, **user)
    if done.returncode:
        raise RuntimeError(f"initdb failed:\n{done.stdout}{done.stderr}")


def _wait(process: subprocess.Popen, folder: Path, log: Path, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(host=str(folder), user="postgres", dbname="postgres").close()
            return
        time.sleep(0.1)
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")


def _stop(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGINT)  # "fast": ends connections, then itself
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
