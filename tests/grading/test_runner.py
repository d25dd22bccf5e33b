"""The runner does what a kernel does, and reports whatever a notebook does to itself."""

import os
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from utils.grading import marks, runner

linux_only = pytest.mark.skipif(not runner.FORKS, reason="needs Linux's fork and signals")


def run(*sources: str, **limits) -> list[list]:
    """Return the outputs of each cell."""
    notebook = new_notebook(cells=[new_markdown_cell("text"), *map(new_code_cell, sources)])
    done = runner.run(notebook, **limits)
    nbformat.validate(done)
    assert all(not cell.outputs for cell in notebook.cells[1:]), "the notebook that was passed in has changed"
    return [cell.outputs for cell in done.cells[1:]]


def mark(source: str) -> marks.Mark:
    """Return the mark of a test cell worth 4 points."""
    nbgrader = {"grade": True, "locked": True, "grade_id": "ex1-a-test", "points": 4, "schema_version": 3}
    notebook = new_notebook(cells=[new_code_cell(source, metadata={"nbgrader": nbgrader})])
    return marks.grade(runner.run(notebook))["ex1-a-test"]


def test_outputs_are_those_of_a_kernel():
    printed, value, shown, figure = run(
        "import sys; print('a'); print('b', file=sys.stderr); print('c')",
        "x = 40\nx + 2",
        "from IPython.display import Markdown, display\ndisplay(Markdown('**hi**'), metadata={'k': 1})\n1;",
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
    )
    assert [(o.name, o.text) for o in printed] == [("stdout", "a\n"), ("stderr", "b\n"), ("stdout", "c\n")]
    assert [(o.output_type, o.data["text/plain"]) for o in value] == [("execute_result", "42")]
    assert [(o.output_type, o.data["text/markdown"], o.metadata) for o in shown] == [
        ("display_data", "**hi**", {"k": 1})
    ]
    assert [o.output_type for o in figure] == ["display_data"] and figure[0].data["image/png"].startswith("iVBOR")


def test_an_error_stops_its_cell_only():
    first, second, third = run("x = 1\nraise KeyError('no')\nx = 2", "x", "def f(:")
    assert (first[0].ename, first[0].evalue) == ("KeyError", "'no'")
    assert second[0].data["text/plain"] == "1"
    assert third[0].ename == "SyntaxError"


def test_each_run_starts_afresh_and_alike():
    source = (
        "import os, random, sys, numpy, torch; 'leak' in globals(), random.random(), torch.rand(1).item(), "
        "numpy.random.rand(), torch.get_num_threads(), os.listdir(), __name__"
    )
    first, second = run(source, "leak = 1; open('left', 'w').close()"), run(source)
    assert first[0] == second[0]
    leaked, *_, threads, files, name = eval(first[0][0].data["text/plain"])
    assert (leaked, threads, files, name) == (False, 1, [], "__main__")
    assert run("import os; os.getcwd()")[0][0].data["text/plain"] != repr(os.getcwd())


def test_gradients_work():
    """Forks of a process in which autograd has run may refuse to differentiate."""
    import torch

    torch.ones(2, requires_grad=True).sum().backward()
    (outputs,) = run("import torch; x = torch.ones(2, requires_grad=True); (3 * x).sum().backward(); x.grad.tolist()")
    assert outputs[0].data["text/plain"] == "[3.0, 3.0]"


def test_progress_bars_are_widgets_not_stderr():
    (outputs,) = run("from tqdm.auto import tqdm\nfor _ in tqdm(range(2)): pass")
    assert [output.output_type for output in outputs] == ["display_data"]


def test_nobody_answers_input():
    (outputs,) = run("input('name? ')")
    assert outputs[-1].ename == "EOFError"


@linux_only
@pytest.mark.parametrize("loop", ["while True: pass", "import time; time.sleep(99)"])
def test_a_cell_that_hangs_is_interrupted_and_the_rest_runs(loop):
    hung, after = run(loop, "1 + 1", timeout=1)
    assert [output.ename for output in hung] == ["TimeoutError"]
    assert after[0].data["text/plain"] == "2"


@linux_only
def test_a_cell_that_ignores_the_interrupt_is_killed():
    hung, after = run("import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass", "1", timeout=1)
    assert hung[0].ename == "TimeoutError"
    assert after[0].ename == "NotRun"


def test_the_whole_notebook_has_a_limit_too():
    first, second, third = run("import time; time.sleep(1)", "time.sleep(9)", "1", total=1.5)
    assert (first, second[-1].ename, third[0].ename) == ([], "TimeoutError", "NotRun")


@pytest.mark.parametrize("source", ["import sys; sys.exit(0)", "exit()", "quit()"])
def test_leaving_is_an_error_of_its_cell(source):
    left, after = run(source, "1 + 1")
    assert left[0].ename == "SystemExit"
    assert after[0].data["text/plain"] == "2"


@linux_only
@pytest.mark.parametrize(
    ("source", "ending"), [("import os; os._exit(0)", "exit code 0"), ("import ctypes; ctypes.string_at(0)", "SIGSEGV")]
)
def test_a_process_that_dies_is_an_error_of_its_cell_and_no_other_runs(source, ending):
    before, died, after = run("1", source, "2")
    assert before[0].output_type == "execute_result"
    assert died[0].ename == "DeadKernel" and ending in died[0].evalue
    assert after[0].ename == "NotRun" and "cell 2" in after[0].evalue
    assert run("1 + 1")[0][0].data["text/plain"] == "2", "the next notebook is graded as usual"


def test_endless_printing_ends():
    outputs, after = run("while True: print('x' * 1000)", "1 + 1")
    assert "printed more than" in outputs[-1].evalue
    assert sum(len(output.get("text", "")) for output in outputs) < 2_000_000
    assert after[0].data["text/plain"] == "2"


@linux_only
def test_nothing_is_left_running():
    (outputs,) = run("import subprocess; subprocess.Popen(['sleep', '600']).pid")
    pid = int(outputs[0].data["text/plain"])
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return
    assert state == "Z", "a process that the notebook started is still running"


@pytest.mark.parametrize(
    ("source", "score", "message"),
    [
        ("x = 1", 4, ""),
        ("assert 1 == 1", 4, ""),
        ("2.5", 2.5, ""),
        ("assert 1 == 2, 'expected 2,\\n  got 1'", 0, "expected 2, got 1"),
        ("y = 3\nassert y == 2", 0, "AssertionError: assert y == 2"),
        ("raise NotImplementedError()", 0, "Not implemented yet."),
        ("undefined", 0, "NameError: name 'undefined' is not defined"),
        ("import warnings; warnings.warn('careful')", 4, ""),
        ("import os; os.write(2, b'from C++\\n');", 4, ""),
        ("9.0", 0, "not a number from 0 to 4"),
        ("float('nan')", 0, "not a number from 0 to 4"),
        ("import sys; sys.displayhook(2.0); assert False, 'too late'", 0, "too late"),
        ("import sys; sys.displayhook(2.0); x = 1", 4, ""),
        ("print('fine')", 4, ""),
    ],
)
def test_scores_follow_nbgraders_rule_and_messages_are_one_line(source, score, message):
    result = mark(source)
    assert (result.score, result.points) == (score, 4)
    assert message in result.message and "\n" not in result.message
    assert bool(message) == bool(result.message)


def test_the_error_of_the_answer_is_named_rather_than_what_follows_from_it(tiny):
    source = nbformat.read(tiny.source, as_version=4)
    source.cells[2].source = "def add(a, b) return 3"
    earned = marks.grade(runner.run(source))
    assert "Your cell stops with SyntaxError" in earned["ex1-add-test"].message
    assert earned["ex2-why"] == marks.Mark(None, 2.0)
