"""Each test cell ends with a mark that is deserved, whatever a notebook does."""

import ast
import shutil

import nbformat
import pytest
from jupyter_client.channels import HBChannel
from nbformat.v4 import new_code_cell, new_notebook
from tiny_course import cell
from traitlets.config import Config

from utils import checks
from utils.grading import execute, marks

PYTHON = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
needs_sandbox = pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap: apt install bubblewrap")


def notebook(*sources: str) -> nbformat.NotebookNode:
    """Return a notebook: an official cell with imports, then answers and tests ("# test") in turn, 4 points each."""
    cells = [cell(new_code_cell, "setup", "import torch\nfrom utils import checks")]
    for number, source in enumerate(sources):
        if source.startswith("# test"):
            cells.append(cell(new_code_cell, f"ex{number}-a-test", source, grade=True, points=4))
        else:
            cells.append(cell(new_code_cell, f"ex{number}-a", source, solution=True, locked=False))
    return new_notebook(cells=cells, metadata=PYTHON)


def run(*sources: str, **options) -> tuple[list[float], dict[str, str], execute.Outcome]:
    """Run cells. Return the scores of the tests and the flags."""
    config = Config({"SandboxedExecute": options})
    outcome = execute.run(notebook(*sources), explain=False, config=config)
    earned = [mark.score for mark in marks.grade(outcome.notebook).values()]
    return earned, {flag.kind: flag.message for flag in outcome.flags}, outcome


# --- what a test is made into


@pytest.mark.parametrize(
    ("test", "value"),
    [
        ("x = 1", "None"),
        ("f()", "3"),
        ("x = 1\nf() / 2", "1.5"),
        ("def t():\n    '''\n  text\n    '''\nt()", "None"),
        ("for i in [1]:\n    assert i", "None"),
        ("f() # ü", "3"),
        ("", "None"),
    ],
)
def test_a_passing_test_fails_only_by_its_last_assertion_which_holds_its_value(test, value):
    source = execute.armed(test, "expected 3, got 4:")
    assert len(ast.parse(source).body) == 1, "parts of it could be skipped"
    with pytest.raises(AssertionError, match=rf"^expected 3, got 4: {value}$"):
        exec(source, {"f": lambda: 3})


def test_a_failing_test_fails_as_before():
    with pytest.raises(AssertionError, match=r"^mine$"):
        exec(execute.armed("assert 1 == 2, 'mine'\nf()", "expected 3, got 4:"), {})


@pytest.mark.parametrize("name", ["number", "equal", "close", "shape", "raises"])
def test_what_is_patched_only_while_a_test_runs_is_found_at_its_end(name):
    original = getattr(checks, name)

    def answer():
        setattr(checks, name, lambda *a, **k: None)

    try:
        with pytest.raises(SystemExit, match=r"^expected 3, got 4:$"):
            exec(execute.armed("answer()\ncourse_points = 4", "expected 3, got 4:"), {"answer": answer})
    finally:
        setattr(checks, name, original)


@needs_sandbox
def test_a_patch_that_is_taken_back_by_a_thread_earns_nothing_and_is_flagged():
    answer = """
import threading, time

def answer(original=checks.number):
    checks.number = lambda *a, **k: None
    threading.Timer(0.5, setattr, (checks, "number", original)).start()
    return 0
"""
    test = "# test\nchecks.number(answer(), 3, 'answer()')"
    scores, flags, _ = run(answer, f"{test}\nimport time; time.sleep(0.1)", "import time; time.sleep(1)", test)
    assert scores == [0, 0] and list(flags) == ["tampered"]


# --- honest work


@needs_sandbox
@pytest.mark.parametrize(
    "answer",
    [
        "torch = None; checks = 3",
        "sum = 0; list = [1]; len = 'x'; print = None",
        "map = filter = type = vars = Exception = 'attention'",
        "import sys; sys.settrace(lambda *_: None)",
        "import warnings; warnings.warn('careful'); print('hello')",
        "assert False",
        "%precision 2",
        "import sys; sys.stderr.write('progress')",
    ],
)
def test_what_honest_people_leave_behind_costs_nothing(answer):
    test = "# test\nchecks.number(sum([1, len('ab')]), 3, 'three')\nassert isinstance(torch.ones(1), torch.Tensor)"
    assert run(answer, test)[:2] == ([4], {})


@needs_sandbox
def test_partial_credit_is_the_value_of_the_last_expression():
    answer = "def points(x):\n    import sys; sys.displayhook(4.0); print('4.0'); return x"
    tests = [f"# test\npoints({x})" for x in ("1.5", "0", "4", "None", "9.0", "float('nan')", "-1", "'4'")]
    assert run(answer, *tests)[:2] == ([1.5, 0, 4, 4, 0, 0, 0, 0], {})


# --- limits


@needs_sandbox
def test_a_cell_that_takes_too_long_earns_nothing_and_the_rest_is_graded():
    scores, flags, _ = run("x = 1", "# test\nwhile x: pass", "# test\nassert x == 1", timeout=2)
    assert scores == [0, 4] and list(flags) == ["deadline"] and "ex1-a-test" in flags["deadline"]


@needs_sandbox
def test_a_cell_that_cannot_be_interrupted_ends_the_notebook(monkeypatch):
    monkeypatch.setattr(execute, "GRACE", 1)
    stubborn = "# test\nwhile True:\n    try:\n        while True: pass\n    except KeyboardInterrupt:\n        pass"
    scores, flags, outcome = run("# test\nassert 1", stubborn, "# test\nassert 1", timeout=2)
    assert scores == [4, 0, 0] and list(flags) == ["deadline"] and "could not be interrupted" in flags["deadline"]
    assert outcome.notebook.cells[-1].outputs[0].ename == marks.NOT_RUN


@needs_sandbox
def test_the_whole_notebook_has_a_limit():
    slow = "import time; time.sleep(1.5)"
    scores, flags, _ = run("# test\nassert 1", slow, slow, slow, slow, "# test\nassert 1", total_timeout=4)
    assert scores == [4, 0] and list(flags) == ["deadline"]


@needs_sandbox
@pytest.mark.parametrize("way", ["import os; os._exit(0)", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"])
def test_a_kernel_that_ends_leaves_zeros_and_a_flag(way):
    scores, flags, outcome = run("# test\nassert 1", way, "# test\nassert 1")
    assert scores == [4, 0] and list(flags) == ["died"] and flags["died"].startswith("ex1-a ")
    assert outcome.notebook.cells[-2].outputs[-1].ename == "DeadKernel"


@needs_sandbox
def test_too_much_output_is_cut_and_costs_nothing_until_it_is_far_too_much(monkeypatch):
    monkeypatch.setattr(execute, "CELL_OUTPUT", 10_000)
    scores, flags, outcome = run("for _ in range(1000): print('x' * 100, flush=True)", "# test\nassert 1")
    assert scores == [4] and list(flags) == ["output"]
    assert sum(len(output.text) for output in outcome.notebook.cells[1].outputs) < 30_000
    monkeypatch.setattr(execute, "NOTEBOOK_OUTPUT", 200_000)
    scores, flags, _ = run("while True: print('x' * 100, flush=True)", "# test\nassert 1", timeout=30)
    assert scores == [0] and "output" in flags


@needs_sandbox
def test_nothing_waits_for_a_kernel_that_closed_its_sockets(monkeypatch):
    """The thread of jupyter_client's heartbeat would, for ever."""
    started = []
    monkeypatch.setattr(HBChannel, "start", lambda *_: started.append(1))
    close = (
        "import os\nfor number in range(3, 256):\n    try:\n        os.close(number)\n    except OSError:\n        pass"
    )
    scores, flags, _ = run("# test\nassert 1", close, "# test\nassert 1", timeout=3)
    assert scores == [4, 0] and len(flags) == 1 and not started


# --- tampering


@needs_sandbox
@pytest.mark.parametrize(
    "attack",
    [
        "checks.equal = checks.close = lambda *_, **__: None",
        "torch.testing.assert_close.__code__ = (lambda *_, **__: None).__code__",
        "get_ipython().input_transformers_post.append(lambda lines: [x for x in lines if 'assert' not in x])",
        "import builtins; builtins.AssertionError = type('Quiet', (Exception,), {})",
        "get_ipython().run_code = None",
    ],
)
def test_a_kernel_that_was_tampered_with_voids_the_test(attack):
    scores, flags, _ = run(attack, "# test\nchecks.equal(torch.ones(1), torch.zeros(1))\nassert torch.ones(1) == 0")
    assert scores == [0] and list(flags) == ["tampered"]
    assert list(run("x = 1", "# test\nchecks.equal(torch.ones(1), torch.ones(1))")[1]) == []


# --- the second run, for the feedback


@needs_sandbox
def test_outputs_without_hidden_tests_are_kept_where_points_were_lost():
    hidden = (
        "# test\nassert f(1) == 1, 'visible'\n### BEGIN HIDDEN TESTS\nassert f(2) == 2, 'hidden'\n### END HIDDEN TESTS"
    )
    leak = "print('\\n'.join(In[:-1]))"
    outcome = execute.run(notebook("def f(x): return 1", hidden, leak))
    assert "hidden" in str(outcome.notebook.cells[3].outputs)
    assert "hidden" not in str(outcome.visible) and "visible" in str(outcome.visible[3])
    assert outcome.visible[2] == [], "the visible part passed"
    assert execute.run(notebook("def f(x): return x", hidden, leak)).visible is None
