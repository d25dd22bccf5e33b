"""Every widget of every chapter comes alive in JupyterLab."""

import json
import re
from pathlib import Path

import nbformat
import pytest

CHAPTERS = Path(__file__).parents[2] / "chapters"
WITH_WIDGETS = [path for path in sorted(CHAPTERS.glob("*.ipynb")) if "utils.widgets" in path.read_text("utf-8")]

VIEW = "application/vnd.jupyter.widget-view+json"
MODELS = """
import ipywidgets, json
widgets = ipywidgets.widgets.widget._instances.values()
print(json.dumps([widget.model_id for widget in widgets if type(widget).__module__.startswith("utils.widgets.")]))
"""
VIEWS = """async ([models, view]) => {  // what the learner sees of each output that shows such a model
    const seen = [];
    for (const [number, cell] of notebook.content.widgets.entries()) {
        const outputs = cell.model.sharedModel.toJSON().outputs ?? [];
        for (const [place, {data}] of outputs.entries()) {
            if (!models.includes(data?.[view]?.model_id)) continue;
            await notebook.content.scrollToItem(number, "start");
            const {node} = cell.outputArea.widgets[place];
            node.scrollIntoView({block: "center"});
            await new Promise((done) => setTimeout(done, 500));
            const {width, height} = node.getBoundingClientRect();
            const colors = [...node.querySelectorAll("canvas")].map((canvas) => {
                const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
                return new Set(new Uint32Array(pixels.buffer)).size;
            });
            seen.push({cell: number, text: node.innerText, width, height, colors});
        }
    }
    return seen;
}"""


def until_the_last_widget(chapter: Path) -> nbformat.NotebookNode:
    """Return a chapter up to the last cell that names a widget. The rest is run by `tests/chapters`, and takes long."""
    notebook = nbformat.read(chapter, 4)
    sources = [cell.source if cell.cell_type == "code" else "" for cell in notebook.cells]
    names = re.findall(r"from utils\.widgets\.\w+ import (\w+)", "\n".join(sources))
    last = max(number for number, source in enumerate(sources) if any(name in source for name in names))
    notebook.cells = notebook.cells[: last + 1]
    return notebook


@pytest.mark.slow
@pytest.mark.parametrize("chapter", WITH_WIDGETS, ids=lambda path: path.stem)
def test_widgets_come_alive(lab, chapter):
    page = lab.open(until_the_last_widget(chapter))
    page.set_default_timeout(180_000)
    lab.run_all()
    models = json.loads(lab.execute(MODELS))
    seen = page.evaluate(VIEWS, [models, VIEW])
    assert seen, "no widget of utils.widgets was displayed"
    for view in seen:
        assert view["text"].strip() and "Error displaying widget" not in view["text"], view
        assert view["width"] >= 100 and view["height"] >= 100, view
        assert all(colors > 1 for colors in view["colors"]), f"an empty canvas: {view}"
