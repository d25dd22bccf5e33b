"""The box overlap in a real JupyterLab: what a learner sees, drags, types and hears."""

import re

import pytest
import torch
import torchvision
from nbformat import v4

pytestmark = pytest.mark.slow

H, W = 24, 40
CODE = "from utils.widgets.box_overlap import BoxOverlap\n\nwidget = BoxOverlap()\nwidget"
STATE = "print(widget.truth, widget.guess)"
TRUTH, GUESS = [8, 5, 24, 17], [12, 8, 30, 20]
CELLS = [v4.new_code_cell(CODE), v4.new_markdown_cell("Text below.")]


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
    opened.locator(".box-overlap .iou", has_text="= 0.36").wait_for()
    return opened


def check_shows(page, truth, guess):
    """Check places and numbers against torchvision."""
    area = page.locator(".area").bounding_box()

    def place(mark):
        box = mark.bounding_box()
        left, top = (box["x"] - area["x"]) / area["width"] * W, (box["y"] - area["y"]) / area["height"] * H
        return [left, top, left + box["width"] / area["width"] * W, top + box["height"] / area["height"] * H]

    for name, box in (("truth", truth), ("guess", guess)):
        assert place(page.locator(f".box.{name}")) == pytest.approx(box, abs=0.2), name
    both = [*map(max, truth[:2], guess[:2]), *map(min, truth[2:], guess[2:])]
    inter, union = torchvision.ops.boxes._box_inter_union(torch.tensor([truth]), torch.tensor([guess]))
    inter, union = int(inter), int(union)
    assert page.locator(".both").is_visible() == (inter > 0)
    if inter:
        assert place(page.locator(".both")) == pytest.approx(both, abs=0.2)
    iou = inter / union
    assert page.locator(".iou").inner_text() == f"IoU = {inter} / {union} = {iou:.2f}"
    hits = sum(iou >= t / 100 for t in range(50, 100, 5))
    assert page.locator(".hits").inner_text() == f"a hit at {hits} of COCO's 10 thresholds"
    assert page.locator(".ticks .reached").count() == hits
    bar = page.locator(".scale > .reached").bounding_box()["width"] / page.locator(".scale").bounding_box()["width"]
    assert bar == pytest.approx(iou, abs=0.005)
    values = [int(text) for text in page.locator("td.value").all_inner_texts()]
    sides = [(box[2] - box[0]) * (box[3] - box[1]) for box in (truth, guess)]
    assert values == [*sides, inter, union]


def at(page, x, y):
    """A place of the area, in pixels of the page."""
    box = page.locator(".area").bounding_box()
    return box["x"] + x / W * box["width"], box["y"] + y / H * box["height"]


def drag(page, start, end):
    page.mouse.move(*at(page, *start))
    page.mouse.down()
    page.mouse.move(*at(page, *end), steps=5)
    page.mouse.up()


def test_dragging(lab, page):
    output = page.locator(".jp-OutputArea-output").first
    assert output.locator(".box-overlap").is_visible() and output.locator("img").count() == 0
    check_shows(page, TRUTH, GUESS)
    drag(page, (26, 15), (30, 17))  # the guess, by its inside
    check_shows(page, TRUTH, [16, 10, 34, 22])
    lab.until(STATE, f"{TRUTH} [16, 10, 34, 22]")
    drag(page, (8, 5), (2, 3))  # the truth's upper left corner
    check_shows(page, [2, 3, 24, 17], [16, 10, 34, 22])
    drag(page, (34, 22), (10, 30))  # turned over: one pixel is left, and the border stops it
    check_shows(page, [2, 3, 24, 17], [16, 10, 17, 24])
    drag(page, (5, 6), (-30, -30))  # out of the area: stays at its corner
    check_shows(page, [0, 0, 22, 14], [16, 10, 17, 24])
    drag(page, (22, 14), (10, 5))
    check_shows(page, [0, 0, 10, 5], [16, 10, 17, 24])  # they do not meet
    assert page.locator("tr.intersection .sides").inner_text() == "none"
    lab.until(STATE, "[0, 0, 10, 5] [16, 10, 17, 24]")
    (output,) = lab.saved().cells[0].outputs
    assert set(output.data) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}


def test_keyboard_and_screen_reader(lab, page):
    truth, guess = page.get_by_role("application").all()
    assert "true box, from 8, 5 to 24, 17. Arrow keys move it" in truth.get_attribute("aria-label")
    truth.focus()
    page.keyboard.press("Tab")
    assert guess.evaluate("(element) => document.activeElement === element")
    for key, box in [
        ("ArrowLeft", [11, 8, 29, 20]),
        ("ArrowUp", [11, 7, 29, 19]),
        ("Shift+ArrowLeft", [11, 7, 28, 19]),
        ("Shift+ArrowDown", [11, 7, 28, 20]),
        ("ArrowDown", [11, 8, 28, 21]),
    ]:
        page.keyboard.press(key)
        check_shows(page, TRUTH, box)
    spoken = page.locator(".spoken")
    assert spoken.get_attribute("aria-live") == "polite"
    assert spoken.inner_text() == "guessed box from 11, 8 to 28, 21; intersection 117, union 296, IoU 0.40"
    lab.until(STATE, f"{TRUTH} [11, 8, 28, 21]")
    for _ in range(10):
        page.keyboard.press("ArrowDown")  # the border
    check_shows(page, TRUTH, [11, 11, 28, 24])
    assert page.evaluate("() => notebook.content.activeCellIndex") == 0, "the notebook took a key"


def test_themes_and_narrow_windows(lab, page):
    brightness = {}
    for theme in ("light", "dark"):
        lab.theme(theme)
        lab.screenshot(f"boxes_{theme}")
        color = page.locator(".box-overlap .iou").evaluate("(element) => getComputedStyle(element).color")
        brightness[theme] = sum(map(int, re.findall(r"\d+", color)[:3])) / (3 * 255)
    assert brightness["light"] < 0.3 and brightness["dark"] > 0.8
    page.set_viewport_size({"width": 600, "height": 1000})
    page.wait_for_function(
        "() => document.querySelector('.numbers').getBoundingClientRect().y > "
        "document.querySelector('.area').getBoundingClientRect().bottom"
    )
    lab.screenshot("boxes_narrow")
    output = page.locator(".jp-OutputArea-output").first
    assert output.evaluate("(element) => element.scrollWidth <= element.clientWidth"), "wider than the window"
    check_shows(page, TRUTH, GUESS)
    drag(page, (26, 18), (29, 19))
    check_shows(page, TRUTH, [15, 9, 33, 21])
    page.set_viewport_size({"width": 1280, "height": 1000})
    lab.theme("light")


def test_follows_python_and_other_views(lab, page):
    page.evaluate("() => { notebook.content.activeCellIndex = 0; }")
    page.evaluate("() => jupyterapp.commands.execute('notebook:create-output-view')")
    page.wait_for_function("() => document.querySelectorAll('.box-overlap').length === 2")
    lab.execute("widget.guess = widget.truth")
    one, other = page.locator(".box-overlap").all()
    for view in (one, other):
        view.locator(".iou", has_text="192 / 192 = 1.00").wait_for()
    one.locator(".box.guess").focus()
    page.keyboard.press("ArrowRight")
    other.locator(".iou", has_text="180 / 204 = 0.88").wait_for()
    lab.until(STATE, f"{TRUTH} [9, 5, 25, 17]")
