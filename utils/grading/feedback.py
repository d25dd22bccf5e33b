"""What learners and instructors see of a graded notebook, as pages in which nothing of a student's is executed.

`SafeFeedback` makes nbgrader's feedback: it shows no hidden test, and nothing that a kernel printed that saw one.
`Disarm` takes active contents out of an autograded notebook, and `markdown2html` replaces nbconvert's filter of that
name in both the feedback and the form grader. `nbgrader_config.py` puts them in place.
"""

import base64
import html
import io
import re
from collections.abc import Iterable, Mapping
from itertools import groupby, islice
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

import bleach
from bs4 import BeautifulSoup
from jinja2 import pass_context
from mistune import import_plugin
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_output
from nbgrader.api import Gradebook
from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme, GetGrades, NbGraderPreprocessor
from nbgrader.utils import is_grade, is_solution, is_task
from PIL import Image
from traitlets import Integer, List, Unicode

from utils.grading import records
from utils.grading.assignments import exercise_key
from utils.grading.marks import NOT_RUN, error
from utils.grading.records import REFUSED, Flag, Record

SHOWN = ["image/png", "image/jpeg", "text/plain"]  # the only types of output that are shown, best first
MAX_TEXT = 10_000  # characters of one output in the feedback
MAX_SOURCE = 20_000  # characters of a cell of a student's that are shown
MAX_SOURCES = 200_000  # of all of them: Markdown made for it costs a second per 30,000
MAX_IMAGE = 2_000_000  # bytes
MAX_PIXELS = 40_000_000
MAX_OUTPUTS = 50  # of one cell
MAX_PAGE = 20_000_000  # characters of all outputs of a page
MAX_NESTING = 100  # of HTML elements

CSS = """
pre, .rendered_html code { white-space: pre-wrap; overflow-wrap: anywhere; }
.rendered_html { overflow-wrap: anywhere; }
.rendered_html th, .rendered_html td { padding: 0.3em 0.8em; border: 1px solid #ddd; text-align: left; }
.rendered_html th { overflow-wrap: normal; }
.rendered_html table { display: block; overflow-x: auto; margin: 0.5em 0 1em; }
.rendered_html summary { display: list-item; cursor: pointer; }
.rendered_html img, div.output img { max-width: 100%; height: auto; }
div.output, div.input_area { max-height: 50em; overflow: auto; }
div.output_subarea { max-width: 100%; }
.ansi-bold { font-weight: bold; }
.ansi-red-fg { color: #b22b31; }
.ansi-green-fg { color: #00733a; }
.ansi-blue-fg { color: #1b61a8; }
.ansi-yellow-fg { color: #7a5c00; }
.ansi-cyan-fg { color: #00677a; }
.ansi-magenta-fg { color: #933a94; }
#toc li:not(.late-penalty) { display: none; }
@media print { div.output, div.input_area { max-height: none; } }
"""


# --- outputs ----------------------------------------------------------------------------------------------------------


def sanitise(outputs: Iterable[Mapping], limit: int = MAX_TEXT) -> list[NotebookNode]:
    """Return outputs as text and pictures that no browser executes, of a size that it can show.

    Kept are streams, errors, text, and PNG and JPEG pictures that are what they claim to be. HTML and other markup that
    comes without a text becomes the text of its source. `limit` is the number of characters of a text.
    """
    outputs = list(outputs)
    kept = [_sanitised(output, limit) for output in outputs[:MAX_OUTPUTS]]
    if len(outputs) > MAX_OUTPUTS:
        kept.append(_note(f"({len(outputs) - MAX_OUTPUTS} more outputs are not shown.)"))
    return [output for output in kept if output]


def _sanitised(output: Mapping, limit: int) -> NotebookNode | None:
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return new_output("stream", name=name, text=shorten(_text(output.get("text")), limit))
    if kind == "error":
        traceback = shorten("\n".join(map(str, output.get("traceback") or [])), limit).split("\n")
        name, value = (shorten(str(output.get(key, "")), limit) for key in ("ename", "evalue"))
        return new_output("error", ename=name, evalue=value, traceback=traceback)
    if kind in ("display_data", "execute_result"):
        count = {"execution_count": None} if kind == "execute_result" else {}
        return new_output(kind, data=_data(output.get("data") or {}, limit), **count)
    return None


def _data(data: Mapping, limit: int) -> dict[str, str]:
    kept = {kind: shown for kind in SHOWN[:2] if (shown := picture(kind, _text(data.get(kind))))}
    if "text/plain" in data:
        return kept | {"text/plain": shorten(_text(data["text/plain"]), limit)}
    if kept:
        return kept
    sources = [_text(value) for value in data.values()]
    source = next(filter(None, sources), "") if not any(kind in SHOWN for kind in data) else ""
    return {"text/plain": shorten(source, limit) or "(This output cannot be shown.)"}


def picture(kind: str, text: str) -> str:
    """Return base64 text as it is to be embedded, or an empty one if it is no such picture or too large."""
    try:
        raw = base64.b64decode("".join(text.split()), validate=True)
        if len(raw) > MAX_IMAGE:
            return ""
        with Image.open(io.BytesIO(raw), formats=[kind.removeprefix("image/").upper()]) as image:
            width, height = image.size
            image.verify()
    except Exception:  # Pillow has many ways to say that a file is broken
        return ""
    return base64.b64encode(raw).decode() if width * height <= MAX_PIXELS else ""


def shorten(text: str, limit: int) -> str:
    """Return a text with its middle left out if it is too long; the last line of an error says most."""
    if len(text) <= limit:
        return text
    end = limit // 4
    start = limit - end - 60  # what is left fits once more
    return f"{text[:start]}\n... {len(text) - start - end:,} characters are not shown ...\n{text[-end:]}"


def _text(value) -> str:
    """Return a string or nbformat's list of its lines; anything else has no text."""
    lines = value if isinstance(value, list) else [value]
    return "".join(line for line in lines if isinstance(line, str))


def _note(text: str) -> NotebookNode:
    return new_output("stream", name="stdout", text=text)


class Preprocessor(NbGraderPreprocessor):
    """A base that may be configured as nbconvert does it for all; else Jupyter warns of an unknown option."""

    display_data_priority = List(SHOWN).tag(config=True)


class Disarm(Preprocessor):
    """Leave nothing in a notebook that a browser would execute: for the end of `Autograde.autograde_preprocessors`."""

    limit = Integer(100_000, help="How many characters of one output are kept.").tag(config=True)

    def preprocess(self, nb, resources):
        plain_metadata(nb)
        return super().preprocess(nb, resources)

    def preprocess_cell(self, cell, resources, index):
        if cell.cell_type == "code":
            cell.outputs = sanitise(cell.outputs, self.limit)
            if not isinstance(cell.get("execution_count"), int):
                cell.execution_count = None
        return cell, resources


class Show(Disarm):
    """What the form grader shows of an autograded notebook, whoever wrote it."""

    def preprocess(self, nb, resources):
        fit(nb)
        return super().preprocess(nb, resources)


def fit(notebook: NotebookNode) -> None:
    """Shorten a student's cells to what a page can show."""
    room = MAX_SOURCES
    for cell in notebook.cells:
        if is_solution(cell) or "nbgrader" not in cell.metadata:
            length = len(cell.source)
            cell.source = shorten(cell.source, MAX_SOURCE) if room > 0 else "(Not shown: there is too much text.)"
            room -= min(length, MAX_SOURCE)


def plain_metadata(notebook: NotebookNode) -> None:
    """Replace what a kernel can write into a notebook's metadata: the language, and the state of widgets."""
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    notebook.metadata = NotebookNode(kernelspec=NotebookNode(kernel), language_info=NotebookNode(name="python"))


# --- Markdown ---------------------------------------------------------------------------------------------------------

HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"]
TABLES = ["table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"]
LISTS = ["ul", "ol", "li", "dl", "dt", "dd"]
BLOCKS = ["p", "div", "pre", "blockquote", "hr", "br", "details", "summary"]
SPANS = ["span", "code", "kbd", "b", "strong", "i", "em", "u", "s", "del", "ins", "mark", "small", "sub", "sup"]
LINK = re.compile(r"(https?://|mailto:)[^\s\x00-\x20\\\"'<>`]+|#[\w.-]+", flags=re.IGNORECASE)
EMBEDDED = re.compile(r"data:(image/(?:png|jpeg|gif));base64,([A-Za-z0-9+/=]+)")
ALIGNED = re.compile(r"(<t[hd]) style=\"text-align:(left|center|right)\"")  # what Mistune writes
ACTIVE_TEX = re.compile(  # what MathJax makes links, styles, classes, attributes of, or loads extensions for
    r"\\(?=(?:href|url|style|class|cssId|html\w*|require|mmlToken|toolTip|texttip|mathtip|data|bbox|unicode"
    r"|includegraphics)(?![a-zA-Z]))"
)


@pass_context
def markdown2html(context, source: str) -> str:
    """The Jinja filter of that name, for Markdown from anybody."""
    return safe_html(source, (context.get("cell") or {}).get("attachments"))


def safe_html(source: str, attachments: Mapping | None = None) -> str:
    """Return Markdown as HTML that holds no more than text, tables, details, pictures and links to other sites.

    Elements and protocols that are not allowed are visible as text. Pictures are PNG, JPEG or GIF and embedded.
    """
    source = shorten(source, MAX_SOURCE)
    renderer = _Renderer(escape=False, attachments=attachments or {}, exclude_anchor_links=True)
    plugins = [plugin for plugin in MarkdownWithMath.DEFAULT_PLUGINS if plugin != "task_lists"]  # they are <input>
    try:
        rendered = MarkdownWithMath(renderer, plugins=map(import_plugin, plugins)).render(source)
        rendered = ALIGNED.sub(r'\1 align="\2"', rendered)
        return _finish(BeautifulSoup(_clean(rendered), "html.parser"))
    except Exception:  # too deep for a parser, or whatever else somebody finds; the page must still appear
        return f"<pre>{html.escape(source)}</pre>"


class _Renderer(IPythonRenderer):
    def image(self, text: str, url: str, title: str | None = None) -> str:
        if url.startswith("attachment:"):  # nbconvert fails if it is missing
            name = url.removeprefix("attachment:")
            attachment = self.attachments.get(name) or self.attachments.get(unquote(name)) or {}
            kinds = [kind for kind in SHOWN[:2] if kind in attachment]
            url = f"data:{kinds[0]};base64,{''.join(_text(attachment[kinds[0]]).split())}" if kinds else ""
        return super().image(text, url, title)

    def block_mermaidjs(self, code: str) -> str:  # nbconvert does not escape it
        return self.block_code(code, "text")


def _clean(text: str) -> str:
    attributes = {
        "a": _link_attribute,
        "img": _image_attribute,
        "div": _class_attribute,
        "span": _class_attribute,
        "th": _align_attribute,
        "td": _align_attribute,
        "ol": ["start"],
        "details": ["open"],
    }
    return bleach.clean(
        text,
        tags={"a", "img", *HEADINGS, *TABLES, *LISTS, *BLOCKS, *SPANS},
        attributes=attributes,
        protocols={"http", "https", "mailto", "data"},  # data only in pictures, by their attribute's check
    )


def _link_attribute(tag: str, name: str, value: str) -> bool:
    return name == "href" and bool(LINK.fullmatch(html.unescape(value)))


def _image_attribute(tag: str, name: str, value: str) -> bool:
    if name == "src":
        match = EMBEDDED.fullmatch(value)
        return bool(match and picture(*match.groups()))
    return name == "alt"


def _class_attribute(tag: str, name: str, value: str) -> bool:
    return name == "class" and bool(re.fullmatch(r"highlight|[a-z][a-z0-9]{0,2}", value))  # those of Pygments


def _align_attribute(tag: str, name: str, value: str) -> bool:
    return name == "align" and value in ("left", "center", "right")


def _finish(soup: BeautifulSoup) -> str:
    """Return the cleaned HTML with harmless TeX, links that open elsewhere, and words where a picture is missing."""
    for link in soup.find_all("a"):
        if "href" not in link.attrs:
            link.unwrap()
        elif not link["href"].startswith("#"):
            link.attrs |= {"rel": "noopener noreferrer", "target": "_blank"}
    for image in soup.find_all("img", src=False):
        image.replace_with(f"(picture not shown: {image.get('alt') or 'without a description'})")
    soup.smooth()
    for text in soup.find_all(string=ACTIVE_TEX):
        if not text.find_parent(["code", "pre"]):  # where MathJax does not look
            text.replace_with(ACTIVE_TEX.sub(r"\\backslash ", text))
    if any(len(list(islice(leaf.parents, MAX_NESTING))) == MAX_NESTING for leaf in soup.find_all(True)):
        raise RecursionError("more nested elements than the parser of the whole page takes")
    return str(soup)


# --- feedback ---------------------------------------------------------------------------------------------------------


class Given(NamedTuple):
    """What the gradebook says of a graded cell."""

    score: float
    points: float
    waiting: bool  # for a person, who has not looked at it yet
    by_hand: bool  # a person decided


class SafeFeedback(Preprocessor):
    """Make a page for the student of a graded notebook; comes after GetGrades and CSSHTMLHeaderPreprocessor.

    Hidden tests and every output of the graded run go. In their place come the outputs of the visible run, and for
    each test cell that lost points what to do about it.
    """

    records = Unicode(help="The folder of the records that `course grade` writes.").tag(config=True)

    def preprocess(self, nb, resources):
        info = resources["nbgrader"]
        record = records.load(Path(self.records), info["assignment"], info["student"])
        explain(nb, record, _given(info))
        resources.setdefault("inlining", {}).setdefault("css", []).append(CSS)
        return nb, resources


FEEDBACK = [GetGrades, CSSHTMLHeaderPreprocessor, SafeFeedback]  # for GenerateFeedback.preprocessors


def _given(info: Mapping) -> dict[str, Given]:
    with Gradebook(info["db_url"]) as gradebook:
        notebook = gradebook.find_submission_notebook(info["notebook"], info["assignment"], info["student"])
        return {
            grade.name: Given(
                score=grade.score,
                points=grade.max_score,
                waiting=bool(grade.needs_manual_grade) and grade.manual_score is None,
                by_hand=grade.manual_score is not None,
            )
            for grade in notebook.grades
        }


def explain(notebook: NotebookNode, record: Record | None, given: Mapping[str, Given]) -> None:
    """Turn an autograded notebook into what its student may see, with advice where points were lost."""
    plain_metadata(notebook)
    fit(notebook)
    visible = _visible(record, len(notebook.cells))
    broken: dict[str, NotebookNode] = {}  # exercise -> the error of its answer
    lost: list[tuple[str, str]] = []  # grade_id and advice
    count, room = 0, MAX_PAGE
    for number, cell in enumerate(notebook.cells):
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        had_hidden_tests = _clear(cell)
        mark, advice = given.get(grade_id) if is_grade(cell) or is_task(cell) else None, ""
        if cell.cell_type == "code":
            count += bool(cell.source.strip())
            cell.execution_count = count if cell.source.strip() and visible is not None else None
            cell.outputs = [] if visible is None else sanitise(visible[number])
            room -= sum(len(str(output)) for output in cell.outputs)
            failure = _failure(cell.outputs)
            if room < 0:
                cell.outputs = [_note("(Not shown: this page has too many outputs already.)")]
            if is_solution(cell) and failure and failure.ename != NOT_RUN:
                broken.setdefault(exercise_key(grade_id), failure)
            if mark and not is_solution(cell) and mark.score < mark.points:
                seen = None if visible is None else failure or "passed"
                answer = broken.get(exercise_key(grade_id))
                advice = _advice(mark, seen, answer, had_hidden_tests, record.flags if record else [])
                cell.outputs.insert(0, _note(f"{BOLD}{_score(mark)}{PLAIN} {advice}"))
        if mark and (is_solution(cell) or is_task(cell)):
            advice = _comment(cell, mark)
        if advice:
            lost.append((grade_id, advice))
    refused = any(cell.source.startswith(REFUSED) for cell in notebook.cells[:1])
    notebook.cells.insert(int(refused), _summary(notebook, lost, given))  # below the reason why everything is lost


def _visible(record: Record | None, cells: int) -> list[list[dict]] | None:
    """Return the outputs of the visible run for every cell. Cells at the end without any did not run."""
    if record is None or record.visible is None or len(record.visible) > cells:
        return None
    missing = error(NOT_RUN, "an earlier cell took too long or ended Python")
    return record.visible + [[missing]] * (cells - len(record.visible))


def _clear(cell: NotebookNode) -> bool:
    """Take what is secret out of an official cell, and return whether there were hidden tests.

    In students' own cells there is nothing that they did not write themselves.
    """
    if is_solution(cell) or "nbgrader" not in cell.metadata:
        return False
    before = cell.source
    try:
        ClearHiddenTests(enforce_metadata=False).preprocess_cell(cell, {}, 0)
        had_hidden_tests = cell.source != before
        ClearMarkScheme(enforce_metadata=False, check_attachment_leakage=False).preprocess_cell(cell, {}, 0)
    except RuntimeError:  # a region without an end; nbgrader does not release such a notebook
        cell.source, had_hidden_tests = "", True
    return had_hidden_tests


def _failure(outputs: list[NotebookNode]) -> NotebookNode | None:
    errors = [output for output in outputs if output.output_type == "error"]
    stopped = [output for output in errors if output.ename == "TimeoutError"]  # after its KeyboardInterrupt
    return next(iter(stopped + errors), None)


def _named(failure: NotebookNode) -> str:
    value = re.sub(r"\(\d+\.py, (line \d+)\)", r"(\1)", failure.evalue)  # the file is an invention of IPython
    lines = [line for line in value.splitlines() if line.strip()]
    return shorten(": ".join([failure.ename, *lines[:1]]), 200)


BOLD, PLAIN = "\x1b[1m", "\x1b[0m"
RUN_AGAIN = "Restart the kernel and run all cells of your notebook"
HIDDEN = (
    "Hidden tests try other sizes, dtypes, gradients, edge cases and errors.\n"
    "Read the exercise and the docstring once more: do they promise something that your code does not do?"
)
ENDED = {
    NOT_RUN: "This test did not run, because an earlier cell took too long or ended Python. Repair that one first.",
    "DeadKernel": "This cell ended Python. Look for exit(), and for a computation that needs too much memory.",
    "TimeoutError": "This cell took too long and was stopped. Look for a loop that does not end.",
    "NotImplementedError": "Your answer is not written yet: replace the line with NotImplementedError by your code.",
    "AssertionError": "A test that you can see fails. The end of the message below says what it expected.",
}
WHILE_GRADING = {
    "tampered": "Something in your notebook changed how tests work, so they count for nothing. Ask your instructor.",
    "died": "While the hidden tests ran, a cell ended Python: does your code need too much memory for larger inputs?",
    "deadline": "While the hidden tests ran, a cell took too long: is your code fast enough for larger inputs?",
}


def _advice(
    mark: Given, seen: NotebookNode | str | None, broken: NotebookNode | None, had_hidden_tests: bool, flags: list[Flag]
) -> str:
    """Return what to do about a test cell that lost points.

    Args:
        mark: what it earned.
        seen: the error in the visible run, or "passed", or None if there was no such run.
        broken: the error of the answer's own cell, if it has one.
        had_hidden_tests: whether the cell has tests that the student cannot see.
        flags: what the grading noted about the submission.
    """
    if mark.by_hand:
        return "A person gave these points; see the comments, or ask."
    if seen is None:
        return f"What the tests printed is not kept. {RUN_AGAIN} to see whether these tests pass.\n{HIDDEN}"
    if broken and seen != "passed":
        if broken.ename == "NotImplementedError":
            return ENDED[broken.ename]
        return f"The cell with your answer stops with {_named(broken)}. Repair that first: the tests need it."
    if seen != "passed":
        other = f"Your code stops with {seen.ename} in a test that you can see. The end of the message below says why."
        return ENDED.get(seen.ename, other)
    noted = [WHILE_GRADING[flag.kind] for flag in flags if flag.kind in WHILE_GRADING]
    if had_hidden_tests:
        return "\n".join(["The tests that you can see pass; a hidden one does not.", *noted[:1], HIDDEN])
    again = f"These tests pass on their own, but failed after the ones before. {RUN_AGAIN}, and ask if they pass."
    return noted[0] if noted else again


def _comment(cell: NotebookNode, mark: Given) -> str:
    """Put into the comments of an answer that a person grades what there is to say, and return it."""
    comment = cell.metadata.nbgrader.get("comment") or ""
    if mark.waiting:
        text = "A person reads this answer; until then it counts 0 points."
    elif mark.score < mark.points and comment.strip() == "No response.":
        text, comment = "There is no answer here yet: write what the exercise asks for into this cell.", ""
    elif mark.score < mark.points:
        text = "See the comment below your answer." if comment else "There is no comment. Ask what was missing."
        cell.metadata.nbgrader.comment = comment or f"**{_score(mark)}** {text}"
        return text
    else:
        return ""
    cell.metadata.nbgrader.comment = f"**{_score(mark)}** {text}\n\n{comment}"
    return f"Not yet graded. {text}" if mark.waiting else text


def _score(mark: Given) -> str:
    return "Not yet graded." if mark.waiting else f"{mark.score:.4g} of {mark.points:.4g} points."


def _summary(notebook: NotebookNode, lost: list[tuple[str, str]], given: Mapping[str, Given]) -> NotebookNode:
    """Return a table of the exercises: points, and the first thing to do about each."""
    official = "\n".join(
        cell.source for cell in notebook.cells if not is_solution(cell) and "nbgrader" in cell.metadata
    )
    titles = dict(re.findall(r"^## Exercise (\d+)\. (.+?) *$", official, flags=re.MULTILINE))
    advice = {exercise_key(grade_id): (grade_id, text) for grade_id, text in reversed(lost)}  # the first one stays
    rows = []
    for key, marks in groupby(_graded(notebook, given), lambda graded: exercise_key(graded[0])):
        rows.append(_row(key, titles.get(key.removeprefix("ex")), [mark for _, mark in marks], *advice.get(key, ())))
    head = "<tr><th>Exercise</th><th>Points</th><th>What to do next</th></tr>"
    return new_markdown_cell(f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>")


def _graded(notebook: NotebookNode, given: Mapping[str, Given]) -> list[tuple[str, Given]]:
    ids = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in notebook.cells]
    return [(grade_id, given[grade_id]) for grade_id in ids if grade_id in given]


def _row(key: str, title: str | None, marks: list[Given], grade_id: str = "", advice: str = "") -> str:
    name = html.escape(f"{key.removeprefix('ex')}. {title}" if title else key)
    name = re.sub(r"`(.+?)`", r"<code>\1</code>", name)
    earned = "–" if all(mark.waiting for mark in marks) else f"{sum(mark.score for mark in marks):.4g}"
    points = f"{earned} of {sum(mark.points for mark in marks):.4g}"
    first = html.escape(advice.split("\n")[0])
    link = f' <a href="#{grade_id}">Show</a>' if advice else "Nothing: all points."
    return f"<tr><td>{name}</td><td>{points}</td><td>{first}{link}</td></tr>"
