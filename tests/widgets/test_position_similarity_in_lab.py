"""Position similarity in a real JupyterLab: what a learner sees, points at, types and hears."""

import re

import numpy as np
import pytest
from nbformat import v4

from utils.widgets.position_similarity import PositionSimilarity

pytestmark = pytest.mark.slow

H, W = 8, 12
CODE = "from utils.widgets.position_similarity import PositionSimilarity\n\nwidget = PositionSimilarity()\nwidget"
STATE = "print(widget.patch)"
COLOURS = """(m) => {  // of every patch of map m, row by row
    const canvas = document.querySelectorAll(".position-similarity canvas")[m];
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    return [...pixels].filter((_, k) => k % 4 < 3);
}"""


@pytest.fixture(scope="module")
def opened(shared_lab):
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    return shared_lab.open(
        v4.new_notebook(cells=[v4.new_code_cell(CODE), v4.new_markdown_cell("Text below.")], metadata=metadata)
    )


@pytest.fixture
def page(lab, opened):
    """The notebook's page with a new widget, and no other tab beside it."""
    opened.evaluate("() => [...jupyterapp.shell.widgets('main')].forEach((tab) => tab === notebook || tab.close())")
    lab.run_all()
    opened.mouse.move(5, 5)
    opened.locator(".where", has_text="patch 41").wait_for()
    return opened


def middle(page, m, i):
    """The middle of patch i in map m, in pixels from the map's corner."""
    box = page.locator(".map").nth(m).bounding_box()
    return {"x": (i % W + 0.5) * box["width"] / W, "y": (i // W + 0.5) * box["height"] / H}


def check_shows(page, i, pointed_at=None):
    """Check all that is shown of patch i against the widget's own numbers."""
    widget = PositionSimilarity()
    values = np.frombuffer(widget._values, np.float32).reshape(-1, H * W, H * W)[:, i]
    colours = np.frombuffer(widget._colours, np.uint8).reshape(256, 3)
    assert f"Selected: patch {i}, row {i // W}, column {i % W}" in page.locator(".where").inner_text()
    for m, one in enumerate(widget._maps):
        shades = 255 * (values[m] - one["low"]) / (one["high"] - one["low"])
        seen = np.array(page.evaluate(COLOURS, m)).reshape(-1, 3)
        assert np.abs(seen - colours[shades.round().astype(int)]).max() <= 4  # a shade next to it, by rounding
        area = page.locator(".map").nth(m).bounding_box()
        mark = page.locator(".mark:not(.hover)").nth(m).bounding_box()
        column = (mark["x"] + mark["width"] / 2 - area["x"]) / area["width"] * W
        row = (mark["y"] + mark["height"] / 2 - area["y"]) / area["height"] * H
        assert (int(row), int(column)) == divmod(i, W)
        at = i if pointed_at is None else pointed_at
        value = f"{values[m, at]:.2f}".replace("-", "−")
        assert page.locator(".value").nth(m).inner_text() == f"cosine with patch {at}: {value}"


def test_mouse(lab, page):
    output = page.locator(".jp-OutputArea-output").first
    assert output.locator(".position-similarity").is_visible() and output.locator("img").count() == 0
    assert page.locator(".position-similarity h3").all_inner_texts() == [
        "learned, before training",
        "sine-cosine 1D",
        "sine-cosine 2D",
    ]
    check_shows(page, 41)
    page.locator(".map").nth(1).hover(position=middle(page, 1, 20))
    check_shows(page, 41, pointed_at=20)
    assert "pointing at patch 20, row 1, column 8" in page.locator(".where").inner_text()
    assert lab.execute(STATE) == "41"  # pointing does not select
    page.locator(".map").nth(2).click(position=middle(page, 2, 90))
    lab.until(STATE, "90")
    start, end = page.locator(".map").nth(2).bounding_box(), middle(page, 2, 3)
    page.mouse.down()
    page.mouse.move(start["x"] + end["x"], start["y"] + end["y"], steps=5)
    page.mouse.up()
    lab.until(STATE, "3")
    page.locator(".map").nth(0).tap(position=middle(page, 0, 50))
    lab.until(STATE, "50")
    page.mouse.move(5, 5)
    check_shows(page, 50)
    (output,) = lab.saved().cells[0].outputs
    assert set(output.data) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}
    assert "8 × 12 patches" in output.metadata["image/png"]["alt"]


def test_keyboard_and_screen_reader(lab, page):
    area = page.get_by_role("application").nth(1)
    assert "sine-cosine 1D: cosine between the selected patch" in area.get_attribute("aria-label")
    area.focus()
    for key, patch in [
        ("Home", 0),
        ("ArrowLeft", 0),  # the edge of the grid
        ("ArrowUp", 0),
        ("ArrowRight", 1),
        ("ArrowDown", 13),
        ("End", 95),
        ("ArrowRight", 95),
        ("ArrowUp", 83),
        ("ArrowLeft", 82),
    ]:
        page.keyboard.press(key)
        assert f"Selected: patch {patch}," in page.locator(".where").inner_text(), key
    check_shows(page, 82)
    lab.until(STATE, "82")
    spoken = page.locator(".spoken")
    assert spoken.get_attribute("aria-live") == "polite"
    assert re.fullmatch(
        r"patch 82, row 6, column 10; with its right neighbour: learned, before training −?0\.\d\d, "
        r"sine-cosine 1D 0\.9\d, sine-cosine 2D 0\.9\d",
        spoken.inner_text(),
    )
    assert page.evaluate("() => notebook.content.activeCellIndex") == 0, "the notebook took an arrow key"


def test_themes_and_narrow_windows(lab, page):
    page.locator(".map").nth(2).hover(position=middle(page, 2, 20))
    brightness = {}
    for theme in ("light", "dark"):
        lab.theme(theme)
        lab.screenshot(f"position_{theme}")
        color = page.locator(".position-similarity h3").first.evaluate("(element) => getComputedStyle(element).color")
        brightness[theme] = sum(map(int, re.findall(r"\d+", color)[:3])) / (3 * 255)
    assert brightness["light"] < 0.3 and brightness["dark"] > 0.8
    page.set_viewport_size({"width": 600, "height": 1200})
    page.wait_for_function(
        "() => { const maps = document.querySelectorAll('.map');"
        "return maps[1].getBoundingClientRect().y > maps[0].getBoundingClientRect().bottom; }"
    )
    page.mouse.move(5, 5)
    lab.screenshot("position_narrow")
    output = page.locator(".jp-OutputArea-output").first
    assert output.evaluate("(element) => element.scrollWidth <= element.clientWidth"), "wider than the window"
    check_shows(page, 41)
    page.set_viewport_size({"width": 1280, "height": 1000})
    lab.theme("light")


def test_follows_python_and_other_views(lab, page):
    page.evaluate("() => { notebook.content.activeCellIndex = 0; }")
    page.evaluate("() => jupyterapp.commands.execute('notebook:create-output-view')")
    page.wait_for_function("() => document.querySelectorAll('.position-similarity').length === 2")
    lab.execute("widget.patch = 95")
    one, other = page.locator(".position-similarity").all()
    for view in (one, other):
        view.locator(".where", has_text="patch 95, row 7, column 11").wait_for()
    one.locator(".map").first.focus()
    page.keyboard.press("Home")
    other.locator(".where", has_text="patch 0, row 0, column 0").wait_for()
    lab.until(STATE, "0")
