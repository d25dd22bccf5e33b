"""`course grade --cluster`: submissions run by the workers of a real Dask cluster."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from test_classroom import PROJECT, VISIBLE, hand_in, marks, one_line, process, room  # noqa: F401

from utils.grading import course

SLOW = "import time\ntime.sleep(3)\ndef add(a, b):\n    return a + b"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap: apt install bubblewrap"),
]


@pytest.fixture
def start(tmp_path):
    """Start parts of a cluster; all of them end with the test."""
    running = []

    def begin(part: str, *arguments: str) -> subprocess.Popen:
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(PROJECT), os.environ.get("PYTHONPATH", "")])}
        command = [sys.executable, "-m", f"distributed.cli.dask_{part}", "--no-dashboard", *arguments]
        with open(tmp_path / f"{part}-{len(running)}.log", "w") as log:
            running.append(subprocess.Popen(command, env=environment, stderr=log, cwd=tmp_path))
        return running[-1]

    yield begin
    for one in reversed(running):
        one.kill()
        one.wait()


@pytest.fixture
def scheduler(start, tmp_path) -> str:
    """Return the address of a scheduler."""
    file = tmp_path / "scheduler.json"
    start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file))
    deadline = time.monotonic() + 60
    while not file.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    return __import__("json").loads(file.read_text())["address"]


def worker(start, scheduler: str, name: str) -> subprocess.Popen:
    return start("worker", scheduler, "--no-nanny", "--nthreads", "1", "--name", name, "--host", "127.0.0.1")


def wait_for(condition) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_worker_that_is_killed_costs_nobody_a_mark(room, start, scheduler):  # noqa: F811
    first = worker(start, scheduler, "first")
    worker(start, scheduler, "second")
    for number in range(8):
        hand_in(room, f"s{number}", VISIBLE if number == 3 else SLOW)
    hand_in(room, "s8", "import os\nos._exit(0)")
    run = process(room, "grade", "07", "--cluster", scheduler)
    records = room.root / "classroom" / "grading" / room.name
    wait_for(lambda: list(records.glob("*.json")))
    first.kill()
    out, err = run.communicate(timeout=300)
    assert run.returncode == 0, err
    assert "9 graded, 1 flagged, 0 failed" in out
    found = marks(room)
    scores = {name: sum(v[0] or 0 for (who, _), v in found.items() if who == name) for name, _ in found}
    assert scores == {f"s{number}": 4 for number in range(8)} | {"s3": 1, "s8": 0}


def test_a_cluster_that_cannot_grade_is_one_line(room, scheduler, capsys):  # noqa: F811
    hand_in(room, "ada")
    assert course.main(["grade", "07", "--cluster", scheduler]) == 1
    assert "no workers" in (message := capsys.readouterr().err) and one_line(message)
    assert course.main(["grade", "07", "--cluster", "tcp://127.0.0.1:9"]) == 1
    assert "No Dask scheduler answers" in (message := capsys.readouterr().err) and one_line(message)
    assert not list(Path(room.root, "classroom", "grading", room.name).glob("*.json"))
