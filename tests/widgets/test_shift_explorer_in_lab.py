"""The shift explorer in a real JupyterLab: what a learner sees, moves, points at, types and hears."""

import re

import pytest
from nbformat import v4

from utils.models.shifted_window_attention import shift_mask, shift_regions

pytestmark = pytest.mark.slow

H, W, M = 8, 8, 4
CODE = "from utils.widgets.shift_explorer import ShiftExplorer\n\nwidget = ShiftExplorer()\nwidget"
STATE = "print(widget.shift, widget.cell)"
COLOURS = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7")
SEEN = """(panel) => {  // numbers, colours and marks of a map, row by row
    const all = (selector) => [...document.querySelectorAll(`.shift-explorer .${panel} ${selector}`)];
    return {
        numbers: all("text").map((text) => Number(text.textContent)),
        colours: all(".place").map((place) => place.getAttribute("fill")),
        marks: all(".mark").map((mark) => mark.getAttribute("class").replace("mark", "").trim()),
    };
}"""
MASK = """() => [...document.querySelectorAll(".shift-explorer .mask .place")].map(
    (place) => place.classList.contains("may"))"""


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
    opened.locator(".where", has_text="Selected: token 9").wait_for()
    return opened


def middle(page, panel, row, column, size=8):
    """The middle of a place in a panel's drawing, in pixels from its corner."""
    box = page.locator(f".{panel} svg").bounding_box()
    return {"x": (column + 0.5) * box["width"] / size, "y": (row + 0.5) * box["height"] / size}


def check_shows(page, shift, token):
    """Check all that is drawn against the module of the chapter; a full window's shift is as none but for colours."""
    row, column = (token // W - shift) % H, (token % W - shift) % W
    number, place = row // M * (W // M) + column // M, row % M * M + column % M
    mask = shift_mask(H, W, M, shift % M)[number]
    shown = page.evaluate(SEEN, "after")
    assert shown["numbers"] == [(r + shift) % H * W + (c + shift) % W for r in range(H) for c in range(W)]
    if shift < M:
        assert shown["colours"] == [COLOURS[n] for n in shift_regions(H, W, M, shift).flatten().tolist()]
    top, left = number // (W // M) * M, number % (W // M) * M
    seen = {(top + k // M) * W + left + k % M for k in mask[place].nonzero().flatten().tolist()}
    assert {i for i, mark in enumerate(shown["marks"]) if mark} == seen
    assert shown["marks"].index("chosen") == row * W + column
    before = page.evaluate(SEEN, "before")
    assert before["numbers"] == list(range(H * W)) and before["marks"].index("chosen") == token
    assert {before["numbers"][i] for i, mark in enumerate(before["marks"]) if mark} == {
        shown["numbers"][i] for i in seen
    }
    assert page.evaluate(MASK) == mask.flatten().tolist()
    assert page.locator(".mask h3").inner_text() == f"mask of window {number}"
    assert f"it may look at {len(seen)} of 16 tokens" in page.locator(".where").inner_text()


def test_mouse(lab, page):
    output = page.locator(".jp-OutputArea-output").first
    assert output.locator(".shift-explorer").is_visible() and output.locator("img").count() == 0
    check_shows(page, 2, 9)
    page.locator(".after svg").hover(position=middle(page, "after", 3, 7))  # came in at the right edge
    assert "Pointing at: token 41, row 5, column 1. Window 1, region 1" in page.locator(".where").inner_text()
    check_shows(page, 2, 41)
    assert lab.execute(STATE) == "2 9"  # pointing does not select
    page.locator(".before svg").click(position=middle(page, "before", 2, 5))
    lab.until(STATE, "2 21")
    page.locator(".mask svg").hover(position=middle(page, "mask", 15, 3, size=16))  # the last token of window 0's rows
    page.locator(".where", has_text="Pointing at").wait_for()
    row, column = page.locator(".mask .row"), page.locator(".mask .column")
    assert (row.get_attribute("y"), column.get_attribute("x")) == ("150", "30") and column.is_visible()
    assert "token 45, row 5, column 5." in page.locator(".where").inner_text()
    assert page.locator(".where").inner_text().endswith("it may look at 16 of 16 tokens, also at token 21.")
    marks = page.evaluate(SEEN, "after")["marks"]
    assert (marks.index("chosen"), marks.index("key")) == (3 * W + 3, 3)
    page.mouse.move(5, 5)
    assert not column.is_visible()
    check_shows(page, 2, 21)
    page.locator(".after svg").click(position=middle(page, "after", 3, 4))  # its window holds two regions
    page.locator(".mask svg").hover(position=middle(page, "mask", 0, 2, size=16))
    assert page.locator(".where").inner_text().endswith("it may look at 8 of 16 tokens, not at token 16.")
    page.mouse.move(5, 5)
    page.locator(".after svg").tap(position=middle(page, "after", 0, 0))
    lab.until(STATE, "2 18")
    (output,) = lab.saved().cells[0].outputs
    assert set(output.data) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}
    assert "8 × 8 tokens" in output.metadata["image/png"]["alt"]


def test_slider_keyboard_and_screen_reader(lab, page):
    page.locator(".shift-explorer input").focus()
    for key, shift in [("Home", 0), ("ArrowRight", 1), ("ArrowRight", 2), ("ArrowRight", 3), ("End", 4), ("End", 4)]:
        page.keyboard.press(key)
        assert page.locator(".shift-explorer output").inner_text() == str(shift)
        check_shows(page, shift, 9)
    lab.until(STATE, "4 9")
    page.keyboard.press("ArrowLeft")
    area = page.get_by_role("application").nth(1)
    assert "The shifted map, 8 rows of 8 tokens" in area.get_attribute("aria-label")
    area.focus()
    for key, token in [  # in the shifted map, by 3
        ("Home", 27),
        ("ArrowUp", 27),
        ("ArrowLeft", 27),
        ("ArrowRight", 28),
        ("ArrowDown", 36),
        ("End", 18),
        ("ArrowDown", 18),
        ("ArrowLeft", 17),
    ]:
        page.keyboard.press(key)
        assert f"Selected: token {token}," in page.locator(".where").inner_text(), key
    check_shows(page, 3, 17)
    lab.until(STATE, "3 17")
    page.get_by_role("application").nth(0).focus()
    page.keyboard.press("ArrowUp")
    lab.until(STATE, "3 9")
    spoken = page.locator(".spoken")
    assert spoken.get_attribute("aria-live") == "polite"
    expected = "shift 3: token 9, row 1, column 1. Window 3, region 3: it may look at 9 of 16 tokens."
    assert spoken.inner_text() == expected
    assert page.evaluate("() => notebook.content.activeCellIndex") == 0, "the notebook took an arrow key"


def test_themes_and_narrow_windows(lab, page):
    page.locator(".after svg").hover(position=middle(page, "after", 7, 1))
    brightness = {}
    for theme in ("light", "dark"):
        lab.theme(theme)
        lab.screenshot(f"shift_{theme}")
        color = page.locator(".shift-explorer h3").first.evaluate("(element) => getComputedStyle(element).color")
        brightness[theme] = sum(map(int, re.findall(r"\d+", color)[:3])) / (3 * 255)
    assert brightness["light"] < 0.3 and brightness["dark"] > 0.8
    page.set_viewport_size({"width": 600, "height": 1300})
    page.wait_for_function(
        "() => { const maps = document.querySelectorAll('.shift-explorer svg');"
        "return maps[2].getBoundingClientRect().y > maps[0].getBoundingClientRect().bottom; }"
    )
    page.mouse.move(5, 5)
    lab.screenshot("shift_narrow")
    output = page.locator(".jp-OutputArea-output").first
    assert output.evaluate("(element) => element.scrollWidth <= element.clientWidth"), "wider than the window"
    check_shows(page, 2, 9)
    page.set_viewport_size({"width": 1280, "height": 1000})
    lab.theme("light")


def test_follows_python_and_other_views(lab, page):
    page.evaluate("() => { notebook.content.activeCellIndex = 0; }")
    page.evaluate("() => jupyterapp.commands.execute('notebook:create-output-view')")
    page.wait_for_function("() => document.querySelectorAll('.shift-explorer').length === 2")
    lab.execute("widget.shift, widget.cell = 1, 63")
    one, other = page.locator(".shift-explorer").all()
    for view in (one, other):
        view.locator(".where", has_text="token 63, row 7, column 7").wait_for()
        assert view.locator("output").inner_text() == "1"
    one.locator("svg").first.focus()
    page.keyboard.press("Home")
    other.locator(".where", has_text="token 0, row 0, column 0").wait_for()
    lab.until(STATE, "1 0")
