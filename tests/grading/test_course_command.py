"""The learner's command: never overwrites, and says in one line what is wrong."""

import contextlib
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import nbformat
import pytest

from utils.grading import assignments, course, doctor, execute, sandbox

RIGHT = "def add(a, b): return a + b"


@pytest.fixture
def run(capfd):
    """Call the command and return its exit code and what it printed."""

    def call(*arguments: str):
        try:
            code = course.main(list(arguments))
        except SystemExit as error:  # argparse
            code = error.code
        out, err = capfd.readouterr()
        return code, out, err

    return call


def one_line(text: str) -> bool:
    return text.count("\n") == 1 and "Traceback" not in text


def answer(assignment, source: str, why: str = "Because.") -> None:
    notebook = nbformat.read(assignment.work, as_version=4)
    for cell in notebook.cells:
        if cell.id in ("ex1-add", "ex2-why"):
            cell.source = source if cell.id == "ex1-add" else why
    nbformat.write(notebook, assignment.work)


def without_source(tiny) -> None:
    """Make of the tiny course what a class gets."""
    shutil.rmtree(tiny.root / "solutions")


def test_the_help_keeps_the_case_of_names(run):
    assert "Open the course in JupyterLab." in run("lab", "--help")[1]


@pytest.mark.parametrize("stream", [lambda: io.TextIOWrapper(io.BytesIO(), encoding="cp1252"), io.StringIO])
def test_a_code_page_without_the_character_is_no_obstacle(monkeypatch, stream):
    """As on Windows, and as in a notebook's own streams, which cannot be changed."""
    out, err = stream(), stream()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    monkeypatch.setattr(doctor, "CHECKS", [lambda: doctor.Check("Good", True, "2 ≠ −3")])
    assert (course.main(["doctor"]), course.main(["start", "≠"])) == (0, 2)
    for text, words in ((out, "2 ≠ −3"), (err, "no assignment '≠'")):
        text.flush()
        assert words in (text.getvalue() if isinstance(text, io.StringIO) else text.buffer.getvalue().decode())


# --- start


def test_start_copies_the_release(tiny, run):
    code, out, err = run("start", "7")
    assert (code, err) == (0, "")
    assert tiny.work.read_bytes() == tiny.release.read_bytes()
    assert f"work{os.sep}07_tiny{os.sep}07_tiny.ipynb" in out and "course check 07" in out
    assert [path.name for path in tiny.work.parent.iterdir()] == ["07_tiny.ipynb"]


def test_start_never_overwrites(tiny, run):
    run("start", "07")
    tiny.work.write_text("my work")
    code, out, _ = run("start", "07_tiny")
    assert code == 0 and "already there" in out
    assert tiny.work.read_text() == "my work"


def test_start_brings_back_only_what_is_gone(tiny, run):
    run("start", "07")
    (tiny.work.parent / "notes.txt").write_text("mine")
    tiny.work.unlink()
    assert run("start", "07")[0] == 0
    assert tiny.work.exists() and (tiny.work.parent / "notes.txt").read_text() == "mine"


def test_start_needs_no_solutions(tiny, run):
    without_source(tiny)
    code, _, err = run("start", "07")
    assert (code, err) == (0, "") and tiny.work.exists()


def test_a_relative_work_folder_is_the_same_from_everywhere(tiny, run, monkeypatch):
    monkeypatch.setenv("COURSE_WORK", "mine")
    (tiny.root / "chapters").mkdir()
    monkeypatch.chdir(tiny.root / "chapters")
    run("start", "07")
    assert (tiny.root / "mine" / "07_tiny" / "07_tiny.ipynb").exists()


@pytest.mark.parametrize("command", ["start", "check"])
@pytest.mark.parametrize("which", ["99", "", "tiny", "../07"])
def test_an_unknown_number_lists_the_known_ones(tiny, run, command, which):
    code, out, err = run(command, which)
    assert code == 2 and one_line(err) and "07_tiny" in err and not out


def test_a_file_in_the_way(tiny, run):
    (tiny.root / "work").write_text("a file")
    code, _, err = run("start", "07")
    assert code == 1 and one_line(err) and "move it away" in err
    assert (tiny.root / "work").read_text() == "a file"


@pytest.mark.parametrize(("error", "remedy"), [(13, "COURSE_WORK"), (28, "disk is full"), (30, "COURSE_WORK")])
def test_a_copy_that_fails_leaves_nothing_behind(tiny, run, monkeypatch, error, remedy):
    def fail(source, target):
        target.write_text("half")
        raise OSError(error, os.strerror(error), str(target))

    monkeypatch.setattr("shutil.copyfile", fail)
    code, _, err = run("start", "07")
    assert code == 1 and one_line(err) and remedy in err
    assert not list(tiny.work.parent.iterdir())


# --- check


def test_check_shows_points_and_messages(tiny, run):
    run("start", "07")
    answer(tiny, "def add(a, b): return a + b if b < 2 else 3")
    before = tiny.work.read_bytes()
    code, out, err = run("check", "07")
    assert (code, err) == (0, "")
    assert re.search(r"1\. Add +1 / 4 +hidden: 2 \+ 2", out)
    assert re.search(r"2\. Why +- / 2 +Graded by your instructor", out)
    assert re.search(r"Total +1 / 4", out) and "saved just now" in out
    assert "\x1b" not in out and max(map(len, out.splitlines())) <= 80
    assert tiny.work.read_bytes() == before


def test_check_of_right_and_of_empty_work(tiny, run):
    run("start", "07")
    assert "Not implemented yet." in run("check")[1]
    answer(tiny, RIGHT)
    assert re.search(r"Total +4 / 4", run("check")[1])


def test_check_says_so_where_there_is_no_sandbox(tiny, run, monkeypatch):
    run("start", "07")
    answer(tiny, RIGHT)
    monkeypatch.setattr(sandbox, "problem", lambda: "bubblewrap is not installed.")
    monkeypatch.setattr(execute, "run", None)
    _, out, _ = run("check", "07")
    assert re.search(r"Total +4 / 4", out) and "Run without a sandbox" in out and "bubblewrap is not" in out


def test_square_brackets_are_no_markup(tiny, run):
    run("start", "07")
    answer(tiny, "def add(a, b): raise ValueError('[red]shape[/red] [2, 3]')")
    assert "ValueError: [red]shape[/red] [2, 3]" in " ".join(run("check", "07")[1].split())


def test_check_of_what_is_not_started(tiny, run):
    code, _, err = run("check", "07")
    assert code == 1 and one_line(err) and "course start 07" in err
    code, _, err = run("check")
    assert code == 1 and one_line(err) and "course start" in err


@pytest.mark.parametrize("arguments", [["check", "07"], ["check"]])
def test_check_without_solutions_says_what_serves(tiny, run, arguments):
    run("start", "07")
    without_source(tiny)
    code, out, err = run(*arguments)
    assert code == 1 and one_line(err) and not out
    assert "07_tiny" in err and "solutions/" in err and "Validate" in err


def test_a_result_that_cannot_be_noted_is_shown_all_the_same(tiny, run, monkeypatch):
    other = assignments.Assignment("08_other", tiny.root)
    for path in (tiny.source, tiny.release):
        target = path.parents[1] / other.name / f"{other.name}.ipynb"
        target.parent.mkdir()
        shutil.copy(path, target)
    run("start", "07")
    run("start", "08")
    (tiny.root / "work" / ".progress.json.part").mkdir()  # so that it cannot be written
    code, out, err = run("check")
    assert code == 0 and out.count("Total") == 2
    assert err.count("\n") == 2 and err.count(".progress.json") == 2 and "Traceback" not in err


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"cells": 3}', '{"nbformat": 4, "cells": []}', "\udcff"])
def test_a_broken_notebook_is_named_and_kept(tiny, run, text):
    run("start", "07")
    data = text.encode("utf-8", "surrogateescape")
    tiny.work.write_bytes(data)
    code, out, err = run("check", "07")
    assert code == 1 and one_line(err) and "07_tiny.ipynb" in err and "left as it is" in err and not out
    assert tiny.work.read_bytes() == data
    (tiny.work.parent / ".ipynb_checkpoints").mkdir()
    assert ".ipynb_checkpoints" in run("check", "07")[2]


def test_a_runner_that_cannot_start_is_one_line(tiny, run, monkeypatch):
    run("start", "07")

    def fail(*_, **__):
        raise RuntimeError("Python could not start")

    monkeypatch.setattr(execute, "run", fail)
    code, _, err = run("check", "07")
    assert code == 1 and one_line(err) and "could not start" in err


# --- progress


def test_progress_follows_the_work(tiny, run):
    assert "not started: course start 07" in run("progress")[1]
    run("start", "07")
    assert "started: course check 07" in run("progress")[1]
    answer(tiny, RIGHT)
    run("check", "07")
    out = run("progress")[1]
    assert re.search(r"07_tiny +#{10} +4 / 4 +(just now|1 minute ago)", out) and "changed" not in out
    later = tiny.work.stat().st_mtime + 60
    os.utime(tiny.work, (later, later))
    assert "changed since" in run("progress")[1]


def test_the_notes_are_merged_and_a_broken_file_is_no_obstacle(tiny, run):
    run("start", "07")
    notes = tiny.root / "work" / ".progress.json"
    notes.write_text(json.dumps({"03_other": {"points": 1, "checked": "2024-01-01T00:00:00"}}))
    run("check", "07")
    assert set(json.loads(notes.read_text())) == {"03_other", "07_tiny"}
    notes.write_text("{")
    assert run("progress")[0] == 0
    run("check", "07")
    assert set(json.loads(notes.read_text())) == {"07_tiny"}


@pytest.mark.parametrize(
    "note", [3, None, "x", {}, {"points": 1}, {"points": [], "checked": "2024-01-01"}, {"points": 1, "checked": "x"}]
)
def test_malformed_notes_count_as_none(tiny, run, note):
    run("start", "07")
    (tiny.root / "work" / ".progress.json").write_text(json.dumps({"07_tiny": note}))
    code, out, err = run("progress")
    assert (code, err) == (0, "") and re.search(r"0 / 4 +started: course check 07", out)


def test_more_points_than_there_are_now_fill_the_bar(tiny, run):
    run("start", "07")
    note = {"points": 40, "checked": "2024-01-01"}
    (tiny.root / "work" / ".progress.json").write_text(json.dumps({"07_tiny": note}))
    assert re.search(r" #{10} +40 / 4", run("progress")[1])


def test_progress_without_solutions_says_what_serves(tiny, run):
    without_source(tiny)
    assert "not started: course start 07" in run("progress")[1]
    run("start", "07")
    code, out, err = run("progress")
    assert (code, err) == (0, "") and "Total" not in out
    assert "solutions/" in out and "Validate" in out


# --- doctor and lab


def test_doctor_knows_what_is_required(run, monkeypatch):
    good = doctor.Check("Good", True, "fine")
    note = doctor.Check("Extra", False, "absent", "get it", required=False)
    bad = doctor.Check("Needed", False, "absent", "install it")
    monkeypatch.setattr(doctor, "CHECKS", [lambda: good, lambda: note])
    code, out, _ = run("doctor")
    assert code == 0 and "get it" in out and "ready" in out

    def broken():
        raise ImportError("no module")

    monkeypatch.setattr(doctor, "CHECKS", [lambda: bad, broken])
    code, out, _ = run("doctor")
    assert code == 1 and "install it" in out and "no module" in out and "ready" not in out


@pytest.mark.parametrize(("platform", "names"), [("linux", ["Sandbox", "Chromium"]), ("darwin", []), ("win32", [])])
def test_what_only_linux_has_is_looked_for_there_alone(monkeypatch, platform, names):
    monkeypatch.setattr(doctor, "CHECKS", [])
    monkeypatch.setattr(sys, "platform", platform)
    assert [check.name for check in doctor.checks()] == names


def test_this_machine_passes_the_doctor():
    found = doctor.checks()
    assert not [check for check in found if check.required and not check.ok]
    assert all(check.remedy for check in found if not check.ok)


def test_doctor_sees_a_gpu_that_is_not_used(monkeypatch):
    import torch

    monkeypatch.delenv("COURSE_DEVICE", raising=False)
    monkeypatch.setattr(doctor, "_nvidia_gpu", lambda: "NVIDIA T4")
    monkeypatch.setattr("utils.device.best", lambda: torch.device("cpu"))
    check = doctor.device()
    assert not check.ok and not check.required and "NVIDIA T4" in check.detail and "driver" in check.remedy
    monkeypatch.setenv("COURSE_DEVICE", "cpu")
    assert doctor.device().ok, "the CPU was asked for"


def test_doctor_names_a_device_that_is_not_there(monkeypatch):
    monkeypatch.setenv("COURSE_DEVICE", "cuda:99")
    check = doctor.device()
    assert not check.ok and check.required and "COURSE_DEVICE" in check.remedy


def test_lab_names_a_port_in_use(tiny, run):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code, _, err = run("lab", "--port", str(port))
    assert code == 1 and one_line(err) and str(port) in err and "--port" in err
    assert run("lab", "--port", "0")[0] == 2


def test_lab_suggests_no_port_beyond_the_last(tiny, run):
    with socket.socket() as server:
        with contextlib.suppress(OSError):  # another program has it: as good
            server.bind(("127.0.0.1", 65535))
            server.listen()
        code, _, err = run("lab", "--port", "65535")
    assert code == 1 and one_line(err) and "65536" not in err and "next free one" in err


def test_lab_needs_a_folder_it_can_write_to(tiny, run, monkeypatch):
    def fail(dir):
        raise PermissionError(13, "Permission denied", f"{dir}/tmpabc123")

    monkeypatch.setattr(tempfile, "TemporaryFile", fail)
    code, _, err = run("lab")
    assert code == 1 and one_line(err) and str(tiny.root) in err and "a place of your own" in err
    assert "tmpabc123" not in err and "COURSE_WORK" not in err


@pytest.mark.skipif(os.name == "nt", reason="needs execve")
def test_lab_opens_chapter_00_with_the_environment_first(tiny, run, monkeypatch):
    first = tiny.root / "chapters" / "00_start_here.ipynb"
    first.parent.mkdir()
    first.touch()
    monkeypatch.setattr(course, "_has_browser", lambda: False)
    started = []
    monkeypatch.setattr(course.os, "execve", lambda *arguments: started.append(arguments))
    _, out, _ = run("lab")
    program, command, environment = started[0]
    assert program == sys.executable and "--LabApp.default_url=/lab/tree/chapters/00_start_here.ipynb" in command
    assert f"--ServerApp.root_dir={tiny.root}" in command and not [c for c in command if "port" in c]
    assert "--no-browser" in command and "Open the address" in out
    assert ("--allow-root" in command) == (os.geteuid() == 0) == ("root" in out)
    assert environment["PATH"].startswith(os.path.dirname(sys.executable))


@pytest.mark.slow
def test_lab_serves_and_stops(tiny):
    """The real thing, on a free port, until it is asked to end."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    lab = subprocess.Popen(["course", "lab", "--no-browser", "--port", str(port)], stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            time.sleep(0.1)
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/api") as answer:
                assert "version" in json.load(answer)
                break
        else:
            pytest.fail("JupyterLab did not answer within a minute")
    finally:
        lab.terminate()
    assert lab.wait(timeout=60) in (0, -signal.SIGTERM)


@pytest.mark.parametrize("arguments", [["--help"], ["start", "99"]])
def test_the_installed_command(arguments):
    done = subprocess.run(["course", *arguments], capture_output=True, text=True, timeout=60)
    assert (done.returncode, "Traceback" in done.stderr) == (0 if arguments == ["--help"] else 2, False)
    assert done.stdout or one_line(done.stderr)
