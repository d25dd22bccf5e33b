"""A small assignment, and what honest and hostile students hand in for it: the files in `attacks/` and `honest/`.

A file is a Python module. Its docstring says what the student does. It sets

    SCORE    the automatic points that the work in it deserves. An honest submission earns exactly that, an attack no
             more; None (attacks only): no promise about its own points, only that nobody else is harmed.
    FLAGS    the kinds of `utils.grading.records.FLAGS` that the instructor must see.
    MAY      kinds that may come as well; none by default.

and says what is handed in with one of

    ANSWERS  texts for solution cells, by grade_id. Cells it leaves out are right in an honest file. In an attack
             exercise 1 is right (4 points), and exercises 2 to 4 are wrong (0 points), so that gained points show.
    AFTER    further code cells, a list for the grade_id that they follow. Goes together with ANSWERS.
    submit   a function that is given the submission's folder and the notebook (made with ANSWERS and AFTER) and writes
             into that folder whatever it likes. Without it the notebook is written there under its own name.

Texts may contain @ROOT@, the folder of the course, and @PORT@, a server on 127.0.0.1 and on the abstract Unix socket
`attacked-@PORT@` to which nobody should be able to connect. An attack that can read what it should not prints a line
that starts with "LEAK:". It never prints a real secret of the machine, only that it could be read.
"""

import importlib.util
import sys
from copy import deepcopy
from pathlib import Path
from types import ModuleType

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from tiny_course import cell

from utils.grading.rebuild import released

NAME = "08_attacked"
FILE = f"{NAME}.ipynb"
FULL = 10  # automatic points; 2 more are given by hand
MARKER = "hidden-marker-7141"  # stands in the hidden tests and must not reach a student
FOLDER = Path(__file__).parent

DOUBLE = '''
def double(x):
    """Return twice a tensor, of the same dtype and with a gradient."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION
'''
DOUBLE_TEST = f'''
# Values
def test_values():
    x = torch.tensor([1.0, -2.0, 3.0])
    checks.equal(double(x), torch.tensor([2.0, -4.0, 6.0]), "double([1, -2, 3])")


test_values()
### BEGIN HIDDEN TESTS


def test_values_more():  # {MARKER}
    for shape in [(1,), (2, 3), (0, 4), (2, 1, 5)]:
        torch.manual_seed(len(shape))
        x = torch.randn(shape)
        checks.equal(double(x), x + x, f"double of a tensor of shape {{shape}}", "{MARKER}")


test_values_more()
### END HIDDEN TESTS
'''
DOUBLE_TEST_2 = f'''
# Dtype and gradient
x = torch.arange(4)
checks.equal(double(x), torch.tensor([0, 2, 4, 6]), "double([0, 1, 2, 3])", "keep the dtype")
### BEGIN HIDDEN TESTS
x = torch.ones(3, dtype=torch.float64, requires_grad=True)
double(x).sum().backward()
checks.equal(x.grad, torch.full((3,), 2.0, dtype=torch.float64), "the gradient", "{MARKER}")
### END HIDDEN TESTS
'''
NUMBER = '''
def answer():
    """Return how many weights a linear layer from 6 to 6 features has, with its biases."""
    ### BEGIN SOLUTION
    return 6 * 6 + 6
    ### END SOLUTION
'''
NUMBER_TEST = f"""
checks.number(answer(), None, "answer()")
### BEGIN HIDDEN TESTS
checks.number(answer(), 42, "answer()", "{MARKER}")
### END HIDDEN TESTS
"""
STANDARDISE = '''
def standardise(x):
    """Return `(B, D)` with every row shifted and scaled to mean 0 and standard deviation 1 (unbiased=False)."""
    ### BEGIN SOLUTION
    return (x - x.mean(1, keepdim=True)) / x.std(1, keepdim=True, unbiased=False)
    ### END SOLUTION
'''
STANDARDISE_TEST = f"""
x = torch.tensor([[1.0, 3.0], [10.0, 30.0]])
y = standardise(x)
assert isinstance(y, torch.Tensor), "standardise(x): return a tensor"
assert y.shape == (2, 2), "standardise(x): keep the shape"
torch.testing.assert_close(y, torch.tensor([[-1.0, 1.0], [-1.0, 1.0]]))
### BEGIN HIDDEN TESTS
for seed in range(3):
    torch.manual_seed(seed)
    x = 5 + 3 * torch.randn(4, 7)
    y = standardise(x)
    assert torch.allclose(y.mean(1), torch.zeros(4), atol=1e-5), "{MARKER}: mean"
    torch.testing.assert_close(y.std(1, unbiased=False), torch.ones(4))
### END HIDDEN TESTS
"""
COUNTS = '''
def counts():
    """Return four numbers: how many tokens a ViT sees of 32 x 32 pixels with patches of 2, 4, 8 and 16."""
    ### BEGIN SOLUTION
    return [256, 64, 16, 4]
    ### END SOLUTION
'''
COUNTS_TEST = f"""
# Half a point for each number
given = counts()
assert len(given) == 4, "counts(): return four numbers"
### BEGIN HIDDEN TESTS
right = sum(int(number) == wanted for number, wanted in zip(given, [256, 64, 16, 4]))  # {MARKER}
0.5 * right
### END HIDDEN TESTS
"""
RUBRIC = "=== BEGIN MARK SCHEME ===\nOne point for each reason.\n=== END MARK SCHEME ==="

RIGHT = {
    "ex1-double": "def double(x):\n    return x + x",
    "ex2-answer": "def answer():\n    return 42",
    "ex3-standardise": "def standardise(x):\n    x = x - x.mean(1, keepdim=True)\n"
    "    return x / x.square().mean(1, keepdim=True).sqrt()",
    "ex4-counts": "def counts():\n    return [(32 // size) ** 2 for size in (2, 4, 8, 16)]",
    "ex5-why": "Because a patch is a token, and attention compares all of them.",
}
WRONG = RIGHT | {
    "ex2-answer": "def answer():\n    return 0",
    "ex3-standardise": "def standardise(x):\n    return x",
    "ex4-counts": "def counts():\n    return [0, 0, 0, 0]",
}


def attacked_source() -> NotebookNode:
    """Return the assignment as it lies in `solutions/`."""

    def text(key: str, source: str) -> NotebookNode:
        return cell(new_markdown_cell, key, source)

    def answer(key: str, source: str) -> NotebookNode:
        return cell(new_code_cell, key, source.strip(), solution=True, locked=False)

    def test(key: str, source: str, points: int) -> NotebookNode:
        return cell(new_code_cell, key, source.strip(), grade=True, points=points)

    return new_notebook(
        cells=[
            text("title", "# Assignment 08. Attacked"),
            cell(new_code_cell, "setup", "import torch\n\nfrom utils import checks"),
            text("ex1-double-text", "## Exercise 1. Double\n\nimplement · easy · 2 minutes · 4 points"),
            answer("ex1-double", DOUBLE),
            test("ex1-double-test", DOUBLE_TEST, 2),
            test("ex1-double-test-2", DOUBLE_TEST_2, 2),
            text("ex2-answer-text", "## Exercise 2. A number\n\npredict · easy · 2 minutes · 1 point"),
            answer("ex2-answer", NUMBER),
            test("ex2-answer-test", NUMBER_TEST, 1),
            text("ex3-standardise-text", "## Exercise 3. Standardise\n\nimplement · medium · 5 minutes · 3 points"),
            answer("ex3-standardise", STANDARDISE),
            test("ex3-standardise-test", STANDARDISE_TEST, 3),
            text("ex4-counts-text", "## Exercise 4. Counts\n\npredict · easy · 3 minutes · 2 points"),
            answer("ex4-counts", COUNTS),
            test("ex4-counts-test", COUNTS_TEST, 2),
            text("ex5-why-text", "## Exercise 5. Why\n\nexplain · easy · 5 minutes · 2 points"),
            cell(new_markdown_cell, "ex5-why", RUBRIC, grade=True, solution=True, locked=False, points=2),
            text("end", "## Hand in"),
        ],
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
        },
    )


def cases(kind: str) -> dict[str, ModuleType]:
    """Return the files of a folder, "attacks" or "honest", as modules, by name."""
    return {path.stem: _load(path) for path in sorted((FOLDER / kind).glob("*.py"))}


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"{path.parent.name}_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = bytecode
    return module


def notebook_of(case: ModuleType | None, honest: bool, root: Path, port: int) -> NotebookNode:
    """Return a student's notebook: the release with the answers and further cells of a file (None: right answers)."""
    notebook = released(attacked_source())
    answers = (RIGHT if honest else WRONG) | getattr(case, "ANSWERS", {})
    after = getattr(case, "AFTER", {})
    unknown = {*answers, *after} - {cell.id for cell in notebook.cells}
    if unknown:
        raise KeyError(f"no such cells: {', '.join(sorted(unknown))}")
    cells = []
    for official in notebook.cells:
        official.source = answers.get(official.id, official.source)
        cells += [official, *(new_code_cell(source.strip()) for source in after.get(official.id, []))]
    notebook.cells = cells
    for place in notebook.cells:
        place.source = place.source.replace("@ROOT@", str(root)).replace("@PORT@", str(port))
    return notebook


def hand_in(case: ModuleType | None, honest: bool, folder: Path, port: int = 9) -> None:
    """Write a submission into `folder`, which is `ROOT/classroom/submitted/STUDENT/08_attacked`."""
    folder.mkdir(parents=True)
    notebook = notebook_of(case, honest, root=folder.parents[3], port=port)
    if hasattr(case, "submit"):
        case.submit(folder, deepcopy(notebook))
    else:
        nbformat.write(notebook, folder / FILE)
