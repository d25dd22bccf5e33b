"""The pyramid explorer in a real JupyterLab: what a learner sees, clicks, types and hears."""

import re

import pytest
from nbformat import v4

from utils.widgets.pyramid_explorer import MODELS, SIZES

pytestmark = pytest.mark.slow

CODE = """
from utils.widgets.pyramid_explorer import PyramidExplorer

widget = PyramidExplorer()
widget
"""
STATE = "print(widget.image_size, widget.model, widget.stage)"
CELLS = [v4.new_code_cell(CODE.strip()), v4.new_markdown_cell("Text below.")]


@pytest.fixture(scope="module")
def opened(shared_lab):
    return shared_lab.open(
        v4.new_notebook(cells=CELLS, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    )


@pytest.fixture
def page(lab, opened):
    """The notebook's page with a new widget, and no other tab beside it."""
    opened.evaluate("() => [...jupyterapp.shell.widgets('main')].forEach((tab) => tab === notebook || tab.close())")
    lab.run_all()
    opened.mouse.move(5, 5)
    opened.locator(".pyramid-explorer .size b", has_text="224 × 224").wait_for()
    opened.locator(".pyramid-explorer .facts", has_text="Swin-T, stage 3").wait_for()
    return opened


SHOWN = """() => {
    const root = document.querySelector(".pyramid-explorer");
    const all = (parent, selector, get) => [...parent.querySelectorAll(selector)].map(get);
    return {
        size: root.querySelector(".size b").textContent,
        facts: root.querySelector(".facts").textContent,
        panels: all(root, "figure", (panel) => ({
            name: panel.querySelector("h3").textContent,
            cost: panel.querySelector(".cost b").textContent,
            texts: all(panel, ".stage text", (text) => text.textContent),
            opacities: all(panel, ".fill", (bar) => Number(bar.getAttribute("opacity"))),
            selected: all(panel, ".stage.selected", (bar) => Number(bar.dataset.stage)),
        })),
    };
}"""


def check_shows(page, size, model, stage):
    """Check texts and bars against the widget's formulas."""
    shown = page.evaluate(SHOWN)
    assert shown["size"] == f"{size} × {size} pixels"
    for panel, (name, stages) in zip(shown["panels"], MODELS.items(), strict=True):
        found, total = stages(size), sum(s.flops for s in stages(size))
        assert panel["name"] == name
        assert float(panel["cost"].removesuffix(" GFLOPs")) == pytest.approx(total / 1e9, rel=0.01)
        assert panel["texts"] == [f"{size // s.stride} × {size // s.stride} × {s.channels}" for s in found]
        assert panel["opacities"] == pytest.approx([0.15 + 0.85 * s.flops / total for s in found], abs=1e-6)
        assert panel["selected"] == ([stage] if name == model else [])
    s = MODELS[model](size)[stage - 1]
    start = f"{model}, stage {stage}: a map of {size // s.stride} × {size // s.stride} × {s.channels}, one place for"
    assert shown["facts"].startswith(start)
    share = s.flops / sum(other.flops for other in MODELS[model](size))
    assert f"{s.blocks} blocks" in shown["facts"] and f"{100 * share:.0f} % of the cost" in shown["facts"]


def test_sizes_stages_and_what_is_saved(lab, page):
    output = page.locator(".jp-OutputArea-output").first
    assert output.locator(".pyramid-explorer").is_visible() and output.locator("img").count() == 0
    check_shows(page, 224, "Swin-T", 3)
    assert page.locator(".curve").count() == 4
    page.locator("figure").nth(2).locator(".stage").nth(0).click()
    check_shows(page, 224, "PVTv2-B2", 1)
    lab.until(STATE, "224 PVTv2-B2 1")
    page.locator("figure").nth(0).locator("h3").click()
    lab.until(STATE, "224 ViT-S/16 1")
    slider = page.get_by_label("Side of the image", exact=True)
    for key, size in (("Home", 64), ("ArrowRight", 96), ("End", 1024)):
        slider.press(key)
        check_shows(page, size, "ViT-S/16", 1)
    lab.until(STATE, "1024 ViT-S/16 1")
    box = page.locator(".area").bounding_box()
    part = (448 - SIZES[0]) / (SIZES[-1] - SIZES[0])
    page.mouse.click(box["x"] + part * box["width"], box["y"] + box["height"] / 2)
    check_shows(page, 448, "ViT-S/16", 1)
    lab.until(STATE, "448 ViT-S/16 1")
    (output,) = lab.saved().cells[0].outputs
    assert set(output.data) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}


def test_keyboard_and_screen_reader(lab, page):
    spoken = page.locator(".spoken")
    assert spoken.get_attribute("aria-live") == "polite"
    models = page.get_by_role("application")
    models.focus()
    for key, state in [
        ("ArrowUp", ("Swin-T", 4)),
        ("ArrowUp", ("Swin-T", 4)),
        ("ArrowRight", ("PVTv2-B2", 4)),
        ("Home", ("PVTv2-B2", 1)),
        ("ArrowDown", ("PVTv2-B2", 1)),
        ("End", ("PVTv2-B2", 4)),
        ("ArrowLeft", ("Swin-T", 4)),
        ("ArrowLeft", ("ViT-S/16", 1)),
        ("ArrowLeft", ("ViT-S/16", 1)),
    ]:
        page.keyboard.press(key)
        check_shows(page, 224, *state)
    assert spoken.inner_text().startswith("224 pixels. ViT-S/16, stage 1: a map of 14 × 14 × 384")
    lab.until(STATE, "224 ViT-S/16 1")
    assert page.evaluate("() => notebook.content.activeCellIndex") == 0, "the notebook took a key"


def test_themes_and_narrow_windows(lab, page):
    brightness = {}
    for theme in ("light", "dark"):
        lab.theme(theme)
        lab.screenshot(f"pyramid_{theme}", page.locator(".pyramid-explorer"))
        color = page.locator(".facts").evaluate("(element) => getComputedStyle(element).color")
        brightness[theme] = sum(map(int, re.findall(r"\d+", color)[:3])) / (3 * 255)
    assert brightness["light"] < 0.3 and brightness["dark"] > 0.8
    wide = page.locator(".area").bounding_box()["width"]
    page.set_viewport_size({"width": 600, "height": 1000})
    page.wait_for_function(
        "(wide) => document.querySelector('.pyramid-explorer .area').getBoundingClientRect().width < wide", arg=wide
    )
    lab.screenshot("pyramid_narrow", page.locator(".pyramid-explorer"))
    output = page.locator(".jp-OutputArea-output").first
    assert output.evaluate("(element) => element.scrollWidth <= element.clientWidth"), "wider than the window"
    check_shows(page, 224, "Swin-T", 3)
    page.set_viewport_size({"width": 1280, "height": 1000})
    lab.theme("light")


def test_follows_python_and_other_views(lab, page):
    page.evaluate("() => { notebook.content.activeCellIndex = 0; }")
    page.evaluate("() => jupyterapp.commands.execute('notebook:create-output-view')")
    page.wait_for_function("() => document.querySelectorAll('.pyramid-explorer .curve').length === 8")
    lab.execute("widget.image_size = 640; widget.model = 'ViT-S/16'")
    for view in page.locator(".pyramid-explorer").all():
        view.locator(".size b", has_text="640 × 640").wait_for()
        view.locator(".facts", has_text="ViT-S/16, stage 1").wait_for()
    one, other = page.locator(".pyramid-explorer").all()
    one.locator("figure").nth(3).locator(".stage").nth(1).click()
    other.locator(".facts", has_text="ConvNeXt-T, stage 2").wait_for()
    lab.until(STATE, "640 ConvNeXt-T 2")
