"""What the code of a submission can reach: shown from inside a grading kernel."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from traitlets.config import Config

from utils.grading import doctor, execute, provisioner, sandbox

ROOT = Path(__file__).resolve().parents[2]
PYTHON = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}

pytestmark = pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap: apt install bubblewrap")


@pytest.fixture(autouse=True)
def available():
    assert sandbox.problem() == ""


def inside(
    *sources: str, folder: Path | None = None, memory: int = 4 * sandbox.GB
) -> tuple[str, execute.SandboxedExecute]:
    """Run cells in a grading kernel. Return what they printed, errors included, and how it went."""
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources], metadata=PYTHON)
    runner = execute.SandboxedExecute(timeout=20, config=Config({"SandboxedKernelManager": {"memory": memory}}))
    done, _ = runner.preprocess(notebook, {"metadata": {"path": str(folder) if folder else None}})
    outputs = [output for cell in done.cells for output in cell.outputs]
    return "".join(output.get("text") or f"{output.get('ename')}: {output.get('evalue')}" for output in outputs), runner


def prints(expression: str) -> str:
    return f"try:\n    print({expression})\nexcept Exception as error:\n    print(type(error).__name__)"


# --- out of reach


@pytest.mark.parametrize(
    "path",
    [
        ROOT / "solutions",
        ROOT / "classroom",
        ROOT / "tests",
        ROOT / ".git",
        ROOT / "nbgrader_config.py",
        Path.home() / ".ssh",
        Path("/etc/shadow"),
        Path("/var"),
        Path("/sys"),
        Path("/run"),
        Path("/proc/1/root/etc/shadow"),
    ],
    ids=str,
)
def test_these_are_not_there(path):
    assert inside(prints(f"__import__('os').path.exists({str(path)!r})"))[0] == "False\n"


def test_what_is_beside_the_course_is_not_there(tmp_path):
    secret = tmp_path / "gradebook.db"
    secret.write_text("secret")
    text, _ = inside(prints(f"open({str(secret)!r}).read()"))
    assert text == "FileNotFoundError\n"


@pytest.mark.parametrize(
    "path", [ROOT / "utils" / "new.py", Path(sys.prefix, "new"), "/usr/new", "/new", "/dev/new", "/etc/passwd"], ids=str
)
def test_nothing_of_the_system_can_be_written(path):
    text, _ = inside(prints(f"open({str(path)!r}, 'a').write('x')"))
    assert text in ("OSError\n", "PermissionError\n", "FileNotFoundError\n")
    assert not Path(path).exists() or str(path) == "/etc/passwd"


def test_the_environment_is_a_cleared_one(monkeypatch):
    monkeypatch.setenv("COURSE_SECRET", "a password")
    if provisioner._server is not None:  # of an earlier test
        provisioner._server.close()
    text, _ = inside("import os; print(dict(os.environ), open('/proc/self/environ').read())")
    assert "password" not in text and str(Path.home() / "work") not in text


def test_no_other_process_is_to_be_seen_or_signalled():
    text, _ = inside("import os; print(sorted(int(name) for name in os.listdir('/proc') if name.isdigit()))")
    assert text in ("[1, 2, 3]\n", "[1, 2, 3, 4]\n")
    assert inside(prints(f"__import__('os').kill({os.getpid()}, 0)"))[0] == "ProcessLookupError\n"


def test_there_is_no_network_not_even_this_machines():
    heard = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)

        def listen():
            with contextlib.suppress(TimeoutError):
                heard.append(server.accept())

        thread = threading.Thread(target=listen)
        thread.start()
        address = server.getsockname()
        text, _ = inside(
            prints(f"__import__('socket').create_connection({address!r}, 2)"),
            prints("__import__('socket').create_connection(('9.9.9.9', 53), 2)"),
            prints("__import__('socket').getaddrinfo('example.org', 80)"),
        )
        thread.join()
    assert heard == []
    assert text.splitlines() == ["ConnectionRefusedError", "OSError", "gaierror"]


def test_the_code_has_no_rights():
    text, _ = inside("print(open('/proc/self/status').read())", "import os; print('user', os.getuid(), os.getgroups())")
    status = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
    assert {int(status[name], 16) for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
    assert status["NoNewPrivs"] == "1"
    assert "user 0" not in text and "user 5" in text


def test_a_kernel_sees_copies_of_the_files_beside_the_notebook_and_no_notebook(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "numbers.csv").write_text("1,2")
    (tmp_path / "autograded.ipynb").write_text("hidden tests")
    (tmp_path / ".hidden").write_text("x")
    text, _ = inside(
        "import os; print(sorted(os.listdir())); print(open('data/numbers.csv').read())",
        "open('data/numbers.csv', 'a').write('changed'); open('new.txt', 'w').write('new');",
        folder=tmp_path,
    )
    assert text == "['data']\n1,2\n"
    assert (tmp_path / "data" / "numbers.csv").read_text() == "1,2"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".hidden", "autograded.ipynb", "data"]


def test_each_kernel_starts_fresh_and_alike():
    code = (
        "import random, numpy, torch, os; print(random.random(), numpy.random.rand(), torch.rand(1), os.listdir('.'))"
    )
    first, _ = inside(code, "open('left', 'w').write('x'); import builtins; builtins.left = 1")
    second, _ = inside(code, prints("left"))
    assert second == first + "NameError\n"


# --- limits

EAT = """
import os, time
for _ in range(3):
    if os.fork() == 0:
        x = b"x" * 10**9
        time.sleep(60)
time.sleep(15)
"""
FILL = """
n = 0
try:
    while True:
        with open(f"/tmp/{n}", "wb") as file:
            file.write(bytes(100 * 2**20))
        n += 1
except OSError as error:
    print(n, error.strerror)
"""
BOMB = """
import os, time
failed = 0
for _ in range(400):
    try:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
    except OSError:
        failed += 1
print(failed)
"""
DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(600)
    os._exit(0)
"""


def test_memory_ends_where_the_limit_is():
    much = ("bytearray(10 * 2**30)", "__import__('torch').zeros(10 * 2**30 // 4)")
    text, runner = inside(*map(prints, much), "print(1)")
    assert text.splitlines()[0] == "MemoryError" and text.splitlines()[1] in ("RuntimeError", "MemoryError")
    assert text.endswith("1\n") and runner.flags == []


def test_memory_of_many_processes_counts_together():
    text, runner = inside(EAT, "print('alive')", memory=2 * sandbox.GB)
    assert [flag.kind for flag in runner.flags] == ["died"] and "memory" in runner.flags[0].message
    assert "alive" not in text


def test_the_disk_in_the_box_is_small():
    assert inside(FILL)[0] == "5 No space left on device\n"
    assert inside(FILL.replace("/tmp/", "/dev/shm/"))[0] == "5 No space left on device\n"


def test_a_fork_bomb_stays_in_its_box():
    before = len(psutil.pids())
    text, _ = inside(BOMB)
    assert int(text) > 300
    assert len(psutil.pids()) < before + 50


def test_nothing_is_left_when_a_kernel_has_ended():
    here = psutil.Process()
    inside("1")  # the fork server stays
    before = set(here.children(recursive=True))
    inside(DAEMON)
    _, left = psutil.wait_procs(set(here.children(recursive=True)) - before, timeout=30)  # who watched it is slower
    assert not left


# --- when there is none


def test_without_bubblewrap_the_remedy_is_named(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    sandbox.problem.cache_clear()
    try:
        assert "apt install bubblewrap" in sandbox.problem()
        assert not doctor.bubblewrap().ok and "apt install bubblewrap" in doctor.bubblewrap().remedy
        with pytest.raises(sandbox.SandboxError, match="apt install"):
            inside("1")
    finally:
        monkeypatch.undo()
        sandbox.problem.cache_clear()


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("echo bubblewrap 0.4.1", "too old"),
        ("[ $1 = --version ] && echo bubblewrap 0.8.0 && exit; echo 'uid map: denied' >&2; exit 1", "uid map: denied"),
    ],
)
def test_a_bubblewrap_that_cannot_work_is_named_with_a_remedy(monkeypatch, tmp_path, script, says):
    fake = tmp_path / "bwrap"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    sandbox.problem.cache_clear()
    try:
        reason = sandbox.problem()
    finally:
        monkeypatch.undo()
        sandbox.problem.cache_clear()
    assert says in reason and ("newer is needed" in reason or "sysctl" in reason or "--security-opt" in reason)


AS_ANOTHER = """
import os
from test_sandbox import inside, prints
text, _ = inside(
    prints("open('/etc/shadow').read()"),
    "import os; print(os.getuid())",
    "print(os.system('unshare -U true 2> /dev/null') != 0)",
)
print(os.geteuid(), text)
"""


def test_an_ordinary_user_gets_the_same_box():
    """If root runs this test, it becomes somebody else in a user namespace, without root's rights."""
    command = [sys.executable, "-c", AS_ANOTHER]
    if os.geteuid() == 0:
        command = ["bwrap", "--unshare-user", "--uid", "1000", "--gid", "1000", "--dev-bind", "/", "/", *command]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(Path(__file__).parent)])}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    user, *text = done.stdout.split()
    assert user != "0" and text == ["FileNotFoundError", "50000", "True"]
