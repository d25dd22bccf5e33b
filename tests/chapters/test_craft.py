"""Chapters and solutions keep the rules of craft, and every rule catches what it is there for."""

from functools import cache

import craft
import nbformat
import pytest
from craft import EVERYWHERE, OF_CHAPTERS, OF_SOLUTIONS, Module, Notebook
from nbformat.v4 import new_output
from notebooks_on_disk import CHAPTERS, ROOT, SOLUTIONS, code, name, text, write

EXERCISES = sorted(ROOT.glob("exercises/*/*.ipynb"))
MARKDOWN = sorted(ROOT.glob("*.md")) + sorted(ROOT.glob("docs/**/*.md"))
PAIRS = [(rule, path) for path in CHAPTERS for rule in EVERYWHERE + OF_CHAPTERS]
PAIRS += [(rule, path) for path in SOLUTIONS for rule in EVERYWHERE + OF_SOLUTIONS]
PAIRS += [(rule, path) for path in EXERCISES for rule in EVERYWHERE]


@cache
def load(path) -> Notebook:
    return Notebook(path)


@pytest.mark.parametrize("rule, path", PAIRS, ids=[f"{rule.__name__}-{name(path)}" for rule, path in PAIRS])
def test_craft(rule, path):
    wrong = list(rule(load(path)))
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.parametrize("path", sorted(craft.MODELS.glob("[!_]*.py")), ids=name)
def test_chapter_teaches_all_of_its_module(path):
    wrong = list(craft.what_a_module_leaves_out(Module(path), [load(chapter) for chapter in CHAPTERS]))
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.parametrize("path", MARKDOWN, ids=name)
def test_links_of_markdown_files_resolve(path):
    broken = craft.broken_links(path.read_text(encoding="utf-8"), path.parent)
    assert not broken, f"{name(path)}: these links lead nowhere inside the repository: {broken}"


# The rules themselves, each on a notebook that breaks it and on one that does not

PNG = "iVBORw0KGgo="


def stream(text, name="stdout"):
    return new_output("stream", name=name, text=text)


def picture(**metadata):
    return new_output("display_data", data={"image/png": PNG}, metadata={"image/png": metadata})


def html(source):
    return new_output("display_data", data={"text/html": source})


def chapter(*headings, opening="# 02 · Patches\n\n30 minutes"):
    return [text(opening), *[text(f"## {heading}") for heading in headings]]


STEPS = ["Step 1: Cut", "Step 2: Project", "Step 3: Join"]
COMPLETE = ["Predict", *STEPS, "Check against the world", "Experiment", "Traps", "Recap"]
LONG_CLASS = "class Long:\n" + "\n".join(f"    x{i} = {i}" for i in range(34))
LINES = "\n".join(f"x{i} = {i}" for i in range(12))
TOKEN = (ROOT / "utils/models/patch_embedding.py").read_text(encoding="utf-8")
TOKEN = "class ClassToken" + TOKEN.partition("class ClassToken")[2].partition("\n\n\n")[0]
MARK = "# utils/models/patch_embedding.py\n"

BAD = [
    (craft.outputs_are_clean, [code("1", [stream("/home/ada/course/x.py\n")])], "shows the path /home/ada"),
    (craft.outputs_are_clean, [code("1", [stream("in C:\\Users\\ada")])], "shows the path C:\\Users"),
    (craft.outputs_are_clean, [code("1", [html("<b>/tmp/x</b>")])], "shows the path /tmp/x"),
    (craft.outputs_are_clean, [code("1", [stream("careful", "stderr")])], "wrote to stderr: careful"),
    (craft.outputs_are_clean, [code("1", [new_output("error", ename="E", evalue="no", traceback=[])])], "E: no"),
    (craft.outputs_are_clean, [code("1", [stream("x.py:3: UserWarning: old")])], "shows a warning"),
    (craft.outputs_are_clean, [code("1", [stream("2026-01-31 12:00")])], "shows a timestamp"),
    (craft.outputs_are_clean, [code("1", [stream("Sat Jan 31 12:00:01 2026")])], "shows a timestamp"),
    (craft.outputs_are_clean, [code("1", [stream("<object at 0x7f3a12345678>")])], "shows a memory address"),
    (
        craft.outputs_are_clean,
        [code("1", [new_output("display_data", data={"application/vnd.jupyter.widget-view+json": {}})])],
        "widget state",
    ),
    (craft.cells_ran_in_order, [code("1", count=2)], "has run as number 2, not 1"),
    (craft.cells_ran_in_order, [code("1", count=None)], "has run as number None"),
    (craft.outputs_are_there, ["x = 1", "y = 2", code("3", [stream("3")])], "2 of 3 code cells show nothing"),
    (craft.outputs_are_there, [code("# NBVAL_CHECK_OUTPUT\nx = 1"), code("2", [stream("2")])], "no output to check"),
    (craft.outputs_are_left_out, [code("1", [stream("1")], count=None)], "committed without outputs"),
    (craft.outputs_are_left_out, [code("1")], "committed without outputs"),
    (craft.file_is_small, [text("x" * 3_000_000)], "is 3.0 MB"),
    (craft.length_is_right, [text("word " * 1999)], "has 1,999 words"),
    (craft.length_is_right, [text("word " * 3501)], "has 3,501 words"),
    (craft.length_is_right, [text("```\n" + "word " * 2500 + "\n```")], "has 0 words"),
    (craft.anatomy_is_complete, chapter(*COMPLETE[1:]), "A chapter has, in this order"),
    (craft.anatomy_is_complete, chapter(*COMPLETE[:-2], "Recap", "Traps"), "A chapter has, in this order"),
    (craft.anatomy_is_complete, chapter("Predict", *STEPS[:2], *COMPLETE[4:]), "builds in 2 steps"),
    (craft.anatomy_is_complete, chapter("Predict", *STEPS[:2], "Step 4: Join", *COMPLETE[4:]), "step number 3"),
    (craft.anatomy_is_complete, chapter(*COMPLETE, opening="Welcome, 30 minutes"), "opens with a text cell"),
    (craft.anatomy_is_complete, chapter(*COMPLETE, opening="# 02 · Patches"), "the minutes it takes"),
    (craft.figures_are_enough, [code("1", [picture(alt="a cat")] * 5)], "has 5 figures"),
    (craft.figures_are_enough, [code("1", [picture(alt="a cat")] * 12), text("![a dog](dog.png)")], "has 13 figures"),
    (craft.code_cells_are_short, [LINES + "\ny = 1"], "has 13 lines of code, allowed are 12"),
    (craft.code_cells_are_short, [LONG_CLASS + "\n    last = 1"], "has 36 lines of code, allowed are 35"),
    (craft.images_have_alt_text, [text("![](cat.png)")], "no alt text"),
    (craft.images_have_alt_text, [text('<img src="cat.png" alt="">')], "no alt text"),
    (craft.images_have_alt_text, [code("1", [picture()])], "a picture has no alt text"),
    (craft.images_have_alt_text, [code("1", [html("<img src='data:'>")])], "HTML output has an image without alt"),
    (craft.links_resolve, [text("[module](../utils/nothing.py)")], "leads nowhere"),
    (craft.links_resolve, [text("[above](../../../../../../etc)")], "leads nowhere"),
    (craft.links_resolve, [text('<img src="nothing.png" alt="a cat">')], "leads nowhere"),
    (craft.links_resolve, [text("[a][b]\n\n[b]: nothing.md")], "leads nowhere"),
    (craft.links_resolve, [text("![a cat](attachment:cat.png)")], "leads nowhere"),
    (craft.nothing_is_downloaded, ["timm.create_model('vit', pretrained=True)"], "needs the network"),
    (craft.nothing_is_downloaded, ["vit_b_16(weights='DEFAULT')"], "needs the network"),
    (craft.nothing_is_downloaded, ["CIFAR10('data', download=True)"], "needs the network"),
    (craft.nothing_is_downloaded, ["ViTModel.from_pretrained('google/vit')"], "needs the network"),
    (craft.nothing_is_downloaded, ["torch.hub.load('a', 'b')"], "needs the network"),
    (craft.nothing_is_downloaded, ["import urllib.request"], "needs the network"),
    (craft.nothing_is_downloaded, ["!pip install x"], "needs the network"),
    (craft.device_is_chosen_once, ["x = 1"], "chooses its device 0 times"),
    (craft.device_is_chosen_once, ["dev = device.best()\ndev = device.best()"], "chooses its device 2 times"),
    (craft.device_is_chosen_once, ["dev = device.best()\nx.to('cuda')"], "names a device"),
    (craft.device_is_chosen_once, ["dev = best()\ntorch.rand(3, device='cpu')"], "names a device"),
    (craft.device_is_chosen_once, ["dev = best()\nx.cuda()"], "names a device"),
    (craft.device_is_chosen_once, ["dev = best()\ntorch.device('mps')"], "names a device"),
    (craft.final_forms_are_those_of_utils, [MARK + TOKEN.replace("dim=1", "dim=2")], "ClassToken differs"),
    (craft.final_forms_are_those_of_utils, [TOKEN], "not the final one"),
    (craft.final_forms_are_those_of_utils, [MARK + TOKEN, TOKEN.replace("dim=1", "dim=2")], "not the final one"),
    (craft.final_forms_are_those_of_utils, ["# utils/models/nothing.py\n" + TOKEN], "there is no utils/models/nothing"),
    (craft.final_forms_are_those_of_utils, [MARK + "x = 1"], "defines nothing"),
    (craft.final_forms_are_those_of_utils, [MARK + "def new():\n    pass"], "new is not in utils/models"),
]
GOOD = [
    (craft.outputs_are_clean, [code("1", [stream("work/02_x/02_x.ipynb, https://example.org/home/x, 3/4")])]),
    (craft.cells_ran_in_order, [code("1", count=1), text("x"), code("2", count=2)]),
    (craft.outputs_are_there, ["x = 1", code("2", [stream("2")])]),
    (craft.outputs_are_left_out, [code("1", count=None)]),
    (craft.file_is_small, [text("x" * 2_900_000)]),
    (craft.length_is_right, [text("word " * 2000)]),
    (craft.anatomy_is_complete, chapter(*COMPLETE)),
    (craft.figures_are_enough, [code("1", [picture(alt="a cat")] * 5), text("![a dog](dog.png)")]),
    (craft.code_cells_are_short, [LINES + "\n\n# a comment"]),
    (craft.code_cells_are_short, [LONG_CLASS.replace(":\n", ':\n    """A\n    docstring."""\n\n', 1)]),
    (craft.code_cells_are_short, ["%matplotlib inline\n" + LINES.partition("\n")[2]]),
    (craft.images_have_alt_text, [text('![a cat](cat.png) <img src="cat.png" alt="a cat"> `![](x)`')]),
    (craft.images_have_alt_text, [code("1", [picture(alt="a cat"), html('<img alt="a cat">')])]),
    (
        craft.links_resolve,
        [text("[here](#x), [web](https://example.org), `[code](x)`, $[a](b)$, [me](02_bad.ipynb#x)")],
    ),
    (craft.nothing_is_downloaded, ["timm.create_model('vit', pretrained=False)", "x = requested"]),
    (craft.nothing_is_downloaded, [code("CIFAR10('data', download=True)", tags=["needs-download"])]),
    (craft.device_is_chosen_once, ["dev = device.best()\nx.to(dev).cpu()\nif dev.type == 'cuda': pass"]),
    (craft.final_forms_are_those_of_utils, [TOKEN.replace("dim=1", "dim=2"), MARK + TOKEN]),
    (
        craft.final_forms_are_those_of_utils,
        [MARK + TOKEN.replace("learned token", "TOKEN"), "def patchify_loops(): pass"],
    ),
]


@pytest.fixture
def made_up(tmp_path, monkeypatch):
    """Return a function that makes chapter 02 of these cells, in a repository of its own."""
    monkeypatch.setattr(craft, "ROOT", tmp_path)
    return lambda cells, stem="02_bad": Notebook(write(tmp_path / f"{stem}.ipynb", *cells))


@pytest.mark.parametrize("rule, cells, message", BAD, ids=[f"{rule.__name__}-{message}" for rule, _, message in BAD])
def test_rule_catches(rule, cells, message, made_up):
    wrong = list(rule(made_up(cells)))
    assert message in "\n".join(wrong)
    assert all(line.startswith("02_bad.ipynb") for line in wrong)


@pytest.mark.parametrize("rule, cells", GOOD, ids=[rule.__name__ for rule, _ in GOOD])
def test_rule_lets_pass(rule, cells, made_up):
    assert not list(rule(made_up(cells)))


def test_message_names_the_cell_and_the_remedy(made_up):
    (line,) = craft.cells_ran_in_order(made_up([text("hello"), code("print(1)", count=3)]))
    assert line == "02_bad.ipynb, cell 2 `print(1)`: has run as number 3, not 1. Run `make chapters`."


def test_another_kernel_is_caught(made_up):
    notebook = made_up(["1"])
    notebook.nb.metadata.kernelspec.name = "python"
    assert list(craft.kernel_is_python3(notebook)) == [
        "02_bad.ipynb: the kernel is 'python'. Set metadata.kernelspec.name to 'python3'."
    ]


def test_later_chapters_import_and_do_not_paste(made_up):
    wrong = list(craft.final_forms_are_those_of_utils(made_up([MARK + TOKEN], "03_later")))
    assert len(wrong) == 1 and "Say `from utils.models.patch_embedding import ClassToken`" in wrong[0]


def test_earlier_chapters_may_have_a_small_version_of_their_own(made_up):
    assert not list(craft.final_forms_are_those_of_utils(made_up(["class ClassToken: pass"], "01_earlier")))


def test_missing_link_to_the_assignment_is_caught(tmp_path, made_up):
    (tmp_path / "solutions" / "02_bad").mkdir(parents=True)
    (tmp_path / "chapters").mkdir()
    assert "does not link to its assignment" in "".join(
        craft.assignment_is_linked(made_up([text("x")], "chapters/02_bad"))
    )
    link = text("[assignment](../exercises/02_bad/02_bad.ipynb)")
    assert not list(craft.assignment_is_linked(made_up([link], "chapters/02_bad")))


def test_a_chapter_that_does_not_lead_on_is_caught(tmp_path, made_up):
    (tmp_path / "chapters").mkdir()
    end, link = text("**Next**: windows."), text("**Next**: windows move, in [chapter 03](03_shift.ipynb).")
    assert not list(craft.next_chapter_is_linked(made_up([end], "chapters/02_last")))
    (tmp_path / "chapters" / "03_shift.ipynb").touch()
    assert "does not lead on" in "".join(craft.next_chapter_is_linked(made_up([end], "chapters/02_last")))
    assert "does not lead on" in "".join(craft.next_chapter_is_linked(made_up([link, end], "chapters/02_last")))
    assert not list(craft.next_chapter_is_linked(made_up([text("x"), link], "chapters/02_last")))


@pytest.mark.parametrize(
    "shown, left_out", [("", ["cut", "Join"]), (MARK.replace("patch_embedding", "made_up"), ["Join"])]
)
def test_what_a_module_leaves_out(tmp_path, made_up, shown, left_out):
    source = '"""Made up (chapter 02)."""\n\ndef cut(): pass\n\nclass Join: pass\n\ndef _hidden(): pass\n'
    (tmp_path / "made_up.py").write_text(source)
    module = Module(tmp_path / "made_up.py")
    cells = [shown + "def cut(): pass"]
    wrong = list(craft.what_a_module_leaves_out(module, [made_up(cells)]))
    assert [name for name in ("cut", "Join", "_hidden") if f"imports {name} of" in "\n".join(wrong)] == left_out
    imports = "from utils.models.made_up import Join, cut"
    assert not list(craft.what_a_module_leaves_out(module, [made_up([imports])]))
    assert "first line must end in `(chapter NN)`" in "".join(craft.what_a_module_leaves_out(module, []))


def test_chapter_00_is_shorter(made_up):
    assert not list(craft.length_is_right(made_up([text("word " * 300)], "00_start")))
    assert "has 2,001 words" in "".join(craft.length_is_right(made_up([text("word " * 2001)], "00_start")))


def test_made_up_notebooks_are_valid(made_up):
    nbformat.validate(made_up(["1", text("x")]).nb)
