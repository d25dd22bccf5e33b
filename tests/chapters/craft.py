"""The rules of craft. Each takes a notebook and yields what is wrong: where it is, and what to do about it."""

import ast
import copy
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import nbformat
from IPython.core.inputtransformer2 import TransformerManager
from notebooks_on_disk import ROOT

from utils.notebooks import clean, describe, problems, text_of

MODELS = ROOT / "utils" / "models"
CODE_LINES, CLASS_LINES = 12, 35
WORDS, WORDS_OF_START = (2_000, 3_500), (300, 2_000)
FIGURES = (6, 12)
STEPS = (3, 6)
MEGABYTES = 3

WARNING = re.compile(r"\b\w*Warning\b:?")
TIMESTAMP = re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\b\d{1,2}:\d\d:\d\d\b")
ADDRESS = re.compile(r"\b0x[0-9a-f]{8,}\b")
DOWNLOAD = re.compile(
    r"pretrained\s*=\s*True(?!.*\bfile\s*=)|download\s*=\s*True|\bweights\s*=\s*[\"'\w.]*(DEFAULT|_Weights|IMAGENET)"
    r"|\bhub\.load|load_state_dict_from_url|from_pretrained|hf_hub_download|snapshot_download"
    r"|\burllib\b|\burlopen\b|\brequests\b|\bhttpx\b|^\s*[!%].*\b(pip|conda|wget|curl|git clone)\b",
    re.MULTILINE,
)
DEVICE = re.compile(r"(cpu|cuda|mps)(:\d+)?")
MARKER = re.compile(r"# utils/models/(\w+)\.py")
DEFINITION = (ast.FunctionDef, ast.ClassDef)


class Notebook:
    """A notebook as the rules see it."""

    def __init__(self, path: Path):
        self.path = path
        self.nb = nbformat.read(path, as_version=4)
        self.number = int(path.stem[:2])
        self.code = [(i, cell) for i, cell in enumerate(self.nb.cells) if cell.cell_type == "code"]
        self.text = [(i, cell) for i, cell in enumerate(self.nb.cells) if cell.cell_type == "markdown"]

    def at(self, index: int, message: str) -> str:
        return f"{self.path.name}, {describe(self.nb, index)}: {message}"

    def whole(self, message: str) -> str:
        return f"{self.path.name}: {message}"


# What a committed notebook looks like


def kernel_is_python3(notebook: Notebook) -> Iterator[str]:
    name = notebook.nb.metadata.get("kernelspec", {}).get("name")
    if name != "python3":
        yield notebook.whole(f"the kernel is {name!r}. Set metadata.kernelspec.name to 'python3'.")


def outputs_are_clean(notebook: Notebook) -> Iterator[str]:
    if notebook.nb != clean(notebook.nb):
        yield notebook.whole("holds widget state, progress bars or timings. Run `make chapters`.")
    yield from map(notebook.whole, problems(notebook.nb))
    for index, cell in notebook.code:
        shown = "\n".join(map(text_of, cell.outputs))
        for what, pattern in {"warning": WARNING, "timestamp": TIMESTAMP, "memory address": ADDRESS}.items():
            if found := pattern.search(shown):
                yield notebook.at(index, f"shows a {what}, {found[0]!r}. Change the cell so that it prints none.")


def cells_ran_in_order(notebook: Notebook) -> Iterator[str]:
    for expected, (index, cell) in enumerate(notebook.code, 1):
        if cell.execution_count != expected:
            yield notebook.at(index, f"has run as number {cell.execution_count}, not {expected}. Run `make chapters`.")
            return  # the first one out of order says it all


def outputs_are_there(notebook: Notebook) -> Iterator[str]:
    silent = [(index, cell) for index, cell in notebook.code if not cell.outputs]
    if 2 * len(silent) > len(notebook.code):
        yield notebook.whole(
            f"{len(silent)} of {len(notebook.code)} code cells show nothing. Show a result after each."
        )
    for index, cell in silent:
        if "NBVAL_CHECK_OUTPUT" in cell.source or "nbval-check-output" in cell.metadata.get("tags", []):
            yield notebook.at(index, "is checked but has no output to check. Print something or remove the mark.")


def outputs_are_left_out(notebook: Notebook) -> Iterator[str]:
    for index, cell in notebook.code:
        if cell.outputs or cell.execution_count is not None:
            yield notebook.at(index, "a solution is committed without outputs: clear them before committing.")


def file_is_small(notebook: Notebook) -> Iterator[str]:
    size = notebook.path.stat().st_size / 1e6
    if size >= MEGABYTES:
        yield notebook.whole(f"is {size:.1f} MB, allowed are {MEGABYTES}. Draw smaller or fewer pictures.")


# How a chapter reads


def length_is_right(notebook: Notebook) -> Iterator[str]:
    least, most = WORDS if notebook.number else WORDS_OF_START
    words = sum(len(re.findall(r"\b[^\W\d_][\w'’-]*", _prose(cell.source))) for _, cell in notebook.text)
    if not least <= words <= most:
        yield notebook.whole(f"has {words:,} words of text; a chapter has {least:,} to {most:,}.")


def anatomy_is_complete(notebook: Notebook) -> Iterator[str]:
    if notebook.number == 0:
        return
    first = notebook.nb.cells[0]
    if first.cell_type != "markdown" or not first.source.startswith("# ") or "minutes" not in first.source:
        yield notebook.at(
            0, "a chapter opens with a text cell: `# NN · Title`, the question, and the minutes it takes."
        )
    headings = [h for _, cell in notebook.text for h in re.findall(r"^## (.+?)\s*$", _prose(cell.source), re.MULTILINE)]
    steps = [heading for heading in headings if heading.startswith("Step ")]
    expected = ["Predict", *steps, "Check against the world", "Experiment", "Traps", "Recap"]
    if headings != expected:
        yield notebook.whole(f"has the sections {headings}. A chapter has, in this order: {expected}.")
    if not STEPS[0] <= len(steps) <= STEPS[1]:
        yield notebook.whole(
            f"builds in {len(steps)} steps (`## Step 1: …`); a chapter takes {STEPS[0]} to {STEPS[1]}."
        )
    for number, step in enumerate(steps, 1):
        if not step.startswith(f"Step {number}: "):
            yield notebook.whole(f"its step number {number} is headed {step!r}. Write `## Step {number}: …`.")


def assignment_is_linked(notebook: Notebook) -> Iterator[str]:
    name = notebook.path.stem
    target = f"../exercises/{name}/{name}.ipynb"
    assigned = (notebook.path.parent.parent / "solutions" / name).exists()
    if notebook.number and assigned and not any(target in cell.source for _, cell in notebook.text):
        yield notebook.whole(f"does not link to its assignment. Add a link to {target} to the recap.")


def next_chapter_is_linked(notebook: Notebook) -> Iterator[str]:
    number = f"{notebook.number + 1:02}"
    following = sorted(notebook.path.parent.glob(f"{number}_*.ipynb"))
    last = notebook.nb.cells[-1].source
    if following and not re.search(rf"\bNext\b.*\]\({following[0].name}\)", last):
        yield notebook.whole(f"does not lead on. End with `**Next**: …` and a link to {following[0].name}.")


def figures_are_enough(notebook: Notebook) -> Iterator[str]:
    pictures = sum(len(_images(output)) for _, cell in notebook.code for output in cell.outputs)
    pictures += sum(len(_markdown_images(cell.source)) for _, cell in notebook.text)
    if notebook.number and not FIGURES[0] <= pictures <= FIGURES[1]:
        yield notebook.whole(f"has {pictures} figures and widgets; a chapter has {FIGURES[0]} to {FIGURES[1]}.")


def code_cells_are_short(notebook: Notebook) -> Iterator[str]:
    for index, cell in notebook.code:
        tree = _tree(cell.source)
        limit = CLASS_LINES if any(isinstance(node, ast.ClassDef) for node in tree.body) else CODE_LINES
        lines = _code_lines(cell.source, tree)
        if lines > limit:
            yield notebook.at(index, f"has {lines} lines of code, allowed are {limit}. Split it into cells.")


def images_have_alt_text(notebook: Notebook) -> Iterator[str]:
    for index, cell in notebook.text:
        tags = re.findall(r"<img\b[^>]*>", _prose(cell.source, keep_html=True))
        silent = [alt for alt, _ in _markdown_images(cell.source) if not alt.strip()]
        if silent or not all(map(_has_alt, tags)):
            yield notebook.at(
                index, 'an image has no alt text. Write ![what it shows](…) or <img alt="what it shows" …>.'
            )
    for index, cell in notebook.code:
        for output in cell.outputs:
            if any(not output.metadata.get(mime, {}).get("alt", "").strip() for mime in _images(output)):
                yield notebook.at(index, "a picture has no alt text. Show it with plots.show(fig, caption).")
            if not all(map(_has_alt, re.findall(r"<img\b[^>]*>", output.get("data", {}).get("text/html", "")))):
                yield notebook.at(
                    index, 'an HTML output has an image without alt text. Write <img alt="what it shows" …>.'
                )


# What the code may do


def nothing_is_downloaded(notebook: Notebook) -> Iterator[str]:
    for index, cell in notebook.code:
        found = DOWNLOAD.search(cell.source)
        if found and "needs-download" not in cell.metadata.get("tags", []):
            yield notebook.at(
                index,
                f"{found[0].strip()!r} needs the network. Use what ships with the course, or make the cell "
                "optional: tag it `needs-download` and let it print one line when offline.",
            )


def device_is_chosen_once(notebook: Notebook) -> Iterator[str]:
    calls = [
        (i, call) for i, cell in notebook.code for call in ast.walk(_tree(cell.source)) if isinstance(call, ast.Call)
    ]
    best = [i for i, call in calls if ast.unparse(call.func) in ("best", "device.best", "utils.device.best")]
    if len(best) != 1:
        yield notebook.whole(f"chooses its device {len(best)} times. Say `dev = device.best()` once, near the top.")
    for index, call in calls:
        function = ast.unparse(call.func).rpartition(".")[2]
        named = [k.value for k in call.keywords if k.arg == "device"]
        named += call.args if function in ("to", "device") else []
        if function == "cuda" or any(isinstance(n, ast.Constant) and DEVICE.fullmatch(str(n.value)) for n in named):
            yield notebook.at(index, f"`{ast.unparse(call)}` names a device. Use the one that best() returned.")


def final_forms_are_those_of_utils(notebook: Notebook) -> Iterator[str]:
    """A marked cell equals the file it names, and whatever a chapter defines under a name of `utils.models` ends so.

    A chapter may have a small thing of its own under a name that a later one builds for good.
    """
    last = {}
    for index, cell in notebook.code:
        marker = MARKER.fullmatch(cell.source.split("\n")[0].rstrip())
        found = _definitions(_tree(cell.source))
        last.update(dict.fromkeys(found, (index, marker)))
        if marker:
            yield from _differences(notebook, index, marker[1], found)
    for name, (index, marker) in last.items():
        module = next((m for m in _modules() if name in _definitions(m.tree) and not name.startswith("_")), None)
        if module and module.chapter < notebook.number:
            yield notebook.at(index, f"builds {name} again. Say `from utils.models.{module.name} import {name}`.")
        elif module and module.chapter == notebook.number and not (marker and marker[1] == module.name):
            yield notebook.at(
                index,
                f"is the last definition of {name} but not the final one. Begin the cell that shows the final "
                f"form with the line `# utils/models/{module.name}.py`, or give this version another name.",
            )


def _differences(notebook: Notebook, index: int, name: str, found: dict[str, ast.AST]) -> Iterator[str]:
    module = next((m for m in _modules() if m.name == name), None)
    if module is None:
        yield notebook.at(index, f"there is no utils/models/{name}.py.")
        return
    if not found:
        yield notebook.at(index, f"is marked with utils/models/{name}.py but defines nothing. Remove the mark.")
    kept = _definitions(module.tree)
    for definition, node in found.items():
        if definition not in kept:
            yield notebook.at(
                index, f"{definition} is not in utils/models/{name}.py. Add it there, or remove the mark."
            )
        elif _bare(node) != _bare(kept[definition]):
            yield notebook.at(index, f"{definition} differs from utils/models/{name}.py. Make the two the same.")


def what_a_module_leaves_out(module: "Module", chapters: list[Notebook]) -> Iterator[str]:
    """Yield what the chapter that a module names does not teach: each public definition is shown or imported there."""
    chapter = next((c for c in chapters if c.number == module.chapter), None)
    if chapter is None:
        yield f"utils/models/{module.name}.py: the first line must end in `(chapter NN)`, a chapter that is on disk."
        return
    shown = set()
    for _, cell in chapter.code:
        tree, marker = _tree(cell.source), MARKER.match(cell.source)
        shown |= set(_definitions(tree)) if marker and marker[1] == module.name else set()
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module == f"utils.models.{module.name}":
                shown |= {alias.name for alias in node.names}
    for missing in [n for n in _definitions(module.tree) if not n.startswith("_") and n not in shown]:
        yield chapter.whole(
            f"neither shows nor imports {missing} of utils/models/{module.name}.py. Show it in a cell that begins with "
            f"`# utils/models/{module.name}.py`, or import it."
        )


class Module:
    """A file of `utils/models`, its syntax tree, and the number of the chapter that builds it."""

    def __init__(self, path: Path):
        self.name = path.stem
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        chapter = re.search(r"\(chapter (\d\d)\)", (ast.get_docstring(self.tree) or "").split("\n")[0])
        self.chapter = int(chapter[1]) if chapter else None


@cache
def _modules() -> list[Module]:
    return [Module(path) for path in sorted(MODELS.glob("*.py")) if path.stem != "__init__"]


# Links, in notebooks and in Markdown files


def links_resolve(notebook: Notebook) -> Iterator[str]:
    for index, cell in notebook.text:
        for broken in broken_links(cell.source, notebook.path.parent, cell.get("attachments", {})):
            yield notebook.at(index, f"the link {broken} leads nowhere inside the repository. Correct the path.")


def broken_links(text: str, folder: Path, attachments=()) -> list[str]:
    """Return the relative links and images of a Markdown text that name no file of the repository."""
    text = _prose(text, keep_html=True)
    targets = re.findall(r"\]\(\s*<?([^)\s>]+)", text) + re.findall(r"^\s*\[[^\]]+\]:\s*(\S+)", text, re.MULTILINE)
    targets += re.findall(r"<(?:a|img|source)\b[^>]*?(?:href|src)=[\"']([^\"']+)", text)
    return [target for target in targets if not _resolves(target, folder, attachments)]


def _resolves(target: str, folder: Path, attachments) -> bool:
    if target.startswith("attachment:"):
        return target.removeprefix("attachment:") in attachments
    if re.match(r"[a-z]+:|#|//", target):
        return True  # the web, an e-mail address, or a place on the same page
    path = (folder / unquote(re.split(r"[#?]", target)[0])).resolve()
    return path.exists() and path.is_relative_to(ROOT)


# Small helpers


def _prose(text: str, keep_html: bool = False) -> str:
    """Return Markdown without code and formulas, and without HTML tags and link targets unless they are kept."""
    text = re.sub(r"^(```|~~~).*?^\1|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]+\$", " ", text, flags=re.DOTALL | re.MULTILINE)
    return text if keep_html else re.sub(r"<[^>]*>|\]\([^)]*\)", " ", text)


def _markdown_images(text: str) -> list[tuple[str, str]]:
    return re.findall(r"!\[([^\]]*)\]\(([^)]*)\)", _prose(text, keep_html=True))


def _has_alt(tag: str) -> bool:
    return re.search(r"\balt=(\"[^\"]*\S[^\"]*\"|'[^']*\S[^']*')", tag) is not None


def _images(output) -> list[str]:
    return [mime for mime in output.get("data", {}) if mime.startswith("image/")]


def _tree(source: str) -> ast.Module:
    return ast.parse(TransformerManager().transform_cell(source))


def _definitions(tree: ast.Module) -> dict[str, ast.AST]:
    return {node.name: node for node in tree.body if isinstance(node, DEFINITION)}


def _docstrings(tree: ast.AST) -> list[tuple[ast.AST, ast.Expr]]:
    owners = [node for node in ast.walk(tree) if isinstance(node, DEFINITION)]
    return [(node, node.body[0]) for node in owners if ast.get_docstring(node, clean=False) is not None]


def _bare(node: ast.AST) -> str:
    """Return a definition's syntax tree without docstrings."""
    node = copy.deepcopy(node)
    for owner, docstring in _docstrings(node):
        owner.body.remove(docstring)
    return ast.dump(node)


def _code_lines(source: str, tree: ast.Module) -> int:
    """Count the lines that are neither blank nor a comment nor a docstring."""
    text = {line for _, docstring in _docstrings(tree) for line in range(docstring.lineno, docstring.end_lineno + 1)}
    lines = enumerate(source.splitlines(), 1)
    return sum(
        bool(line.strip()) and not line.lstrip().startswith("#") and number not in text for number, line in lines
    )


EVERYWHERE = [kernel_is_python3, links_resolve, images_have_alt_text, nothing_is_downloaded, file_is_small]
OF_CHAPTERS = [
    outputs_are_clean,
    cells_ran_in_order,
    outputs_are_there,
    length_is_right,
    anatomy_is_complete,
    assignment_is_linked,
    next_chapter_is_linked,
    figures_are_enough,
    code_cells_are_short,
    device_is_chosen_once,
    final_forms_are_those_of_utils,
]
OF_SOLUTIONS = [outputs_are_left_out]
