"""The receptive field explorer in a real JupyterLab: what a learner sees, clicks, types and hears."""

import re

import pytest
import torch
from nbformat import v4

from utils import data
from utils.widgets.receptive_field import SIDE, brightness, map_sizes, seen

pytestmark = pytest.mark.slow

STATE = "print(explorer.depth, explorer.kernel_size, explorer.stride, explorer.row, explorer.column)"
COLOURS = """([selector, n, size]) => {  // the colour at the centre of each pixel of canvas n, 0 to 255
    const canvas = document.querySelectorAll(selector)[n];
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    const at = (k) => Math.floor((k + 0.5) * canvas.width / size);
    const numbers = Array.from({length: size}, (_, k) => k);
    return numbers.map((y) => numbers.map((x) => [0, 1, 2].map((c) => pixels[4 * (at(y) * canvas.width + at(x)) + c])));
}"""
CELLS = [
    v4.new_code_cell(
        "from utils.widgets.receptive_field import ReceptiveFieldExplorer\n\n"
        "explorer = ReceptiveFieldExplorer()\nexplorer"
    ),
    v4.new_markdown_cell("Text below."),
]


@pytest.fixture(scope="module")
def opened(shared_lab):
    return shared_lab.open(
        v4.new_notebook(cells=CELLS, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    )


@pytest.fixture
def page(lab, opened):
    """The notebook's page with a new explorer, and no other tab beside it."""
    opened.evaluate("() => [...jupyterapp.shell.widgets('main')].forEach((tab) => tab === notebook || tab.close())")
    lab.run_all()
    opened.mouse.move(5, 5)
    opened.locator(".receptive-field h3", has_text="sees 9 × 9 pixels").wait_for()
    return opened


def colours(page, selector, n, size):
    return torch.tensor(page.evaluate(COLOURS, [selector, n, size])).permute(2, 0, 1) / 255  # (3, size, size)


def check_shows(page, depth, kernel_size, stride, row, column):
    """Check the light on the photograph and on every map against the paths counted in Python."""
    rows, columns = (seen(depth, kernel_size, stride, place) for place in (row, column))
    sizes = map_sizes(depth, stride)
    assert page.locator(".maps figure").count() == depth
    for layer in range(1, depth + 1):
        shown = colours(page, ".receptive-field .maps canvas", layer - 1, sizes[layer])[2]
        ink = 1 if layer == depth else 233 / 255  # blue
        torch.testing.assert_close(shown, brightness(rows[layer], columns[layer]) * ink, rtol=0, atol=0.01)
    shown = colours(page, ".receptive-field .photo canvas", 0, SIDE)
    expected = data.photo("cat", SIDE) * brightness(rows[0], columns[0])
    same = ((shown - expected).abs() < 0.01).all(dim=0)
    assert same.float().mean() > 0.8, "the boxes cover a part, not most of it"
    assert same[brightness(rows[0], columns[0]) < 0.4].float().mean() > 0.8 or same.all()


def click(page, selector, x, y, size):
    """Click pixel x, y of a picture of this many pixels."""
    width = page.locator(selector).bounding_box()["width"]
    page.locator(selector).click(position={"x": (x + 0.5) * width / size, "y": (y + 0.5) * width / size})


def test_clicking_selects_an_output(lab, page):
    output = page.locator(".jp-OutputArea-output").first
    assert output.locator(".receptive-field").is_visible() and output.locator("img").count() == 0
    check_shows(page, 4, 3, 1, 48, 48)
    click(page, ".photo", 20, 60, SIDE)
    lab.until(STATE, "4 3 1 60 20")
    check_shows(page, 4, 3, 1, 60, 20)
    click(page, ".maps .last canvas", 70, 30, SIDE)
    lab.until(STATE, "4 3 1 30 70")
    click(page, ".maps figure:first-child canvas", 5, 5, SIDE)  # not the last map
    page.mouse.move(5, 5)
    box = page.locator(".photo").bounding_box()
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    assert lab.execute(STATE) == "4 3 1 30 70"  # pointing does not select
    page.mouse.down()
    page.mouse.move(box["x"] + 10, box["y"] + 2, steps=4)
    page.mouse.up()
    lab.until(STATE, "4 3 1 0 2")
    check_shows(page, 4, 3, 1, 0, 2)
    (output,) = lab.saved().cells[0].outputs
    assert set(output.data) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}
    assert data.photo_alt("cat") in output.metadata["image/png"]["alt"]


def test_sliders_keyboard_and_screen_reader(lab, page):
    assert page.locator(".receptive-field .spoken").get_attribute("aria-live") == "polite"
    page.get_by_label("Depth, number of layers").focus()
    page.keyboard.press("ArrowLeft")
    lab.until(STATE, "3 3 1 48 48")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    lab.until(STATE, "3 5 1 48 48")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    lab.until(STATE, "3 5 2 6 6")  # the place in the photograph stays
    assert page.locator(".receptive-field h3").inner_text() == "One output sees 29 × 29 pixels"
    assert page.locator(".receptive-field .sum").inner_text() == "r = 1 + 4·1 + 4·2 + 4·4"
    captions = page.locator(".receptive-field figcaption").all_inner_texts()
    expected = [["48 × 48", "r = 5, j = 2"], ["24 × 24", "r = 13, j = 4"], ["12 × 12", "r = 29, j = 8"]]
    assert [caption.split("\n")[1:] for caption in captions] == expected
    slider = page.get_by_label("Stride of every layer")
    assert slider.get_attribute("aria-valuetext") == "2, one output sees 29 pixels"
    check_shows(page, 3, 5, 2, 6, 6)

    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.className") == "photo"
    for key, place in [
        ("ArrowRight", (6, 7)),
        ("ArrowDown", (7, 7)),
        ("ArrowUp", (6, 7)),
        ("ArrowLeft", (6, 6)),
        ("End", (11, 11)),
        ("ArrowRight", (11, 11)),  # the edge
        ("Home", (0, 0)),
        ("ArrowUp", (0, 0)),
    ]:
        page.keyboard.press(key)
        spoken = page.locator(".receptive-field .spoken").inner_text()
        assert spoken.startswith(f"output in row {place[0]}, column {place[1]}, sees"), key
    assert spoken.endswith("sees rows 0 to 14, columns 0 to 14")
    lab.until(STATE, "3 5 2 0 0")
    assert page.evaluate("() => notebook.content.activeCellIndex") == 0, "the notebook took an arrow key"


def test_works_while_the_kernel_is_busy_and_follows_python(lab, page):
    page.evaluate("""() => { window.busy = notebook.sessionContext.session.kernel.requestExecute(
        {code: "import time; time.sleep(8)"}); window.busy.done.then(() => { window.busy = null; }); }""")
    click(page, ".photo", 10, 80, SIDE)
    assert page.locator(".receptive-field .spoken").inner_text().startswith("output in row 80, column 10")
    drawn = colours(page, ".receptive-field .photo canvas", 0, SIDE)
    assert page.evaluate("() => window.busy !== null"), "the kernel was free too early for this test to say anything"
    check_shows(page, 4, 3, 1, 80, 10)
    assert torch.equal(drawn, colours(page, ".receptive-field .photo canvas", 0, SIDE))
    lab.until(STATE, "4 3 1 80 10")
    lab.execute("explorer.depth = 2; explorer.stride = 3; explorer.row = 4; explorer.kernel_size = 7")
    page.locator(".receptive-field h3", has_text="sees 25 × 25 pixels").wait_for()
    check_shows(page, 2, 7, 3, 4, 10)


def test_themes_and_narrow_windows(lab, page):
    brightness = {}
    for theme in ("light", "dark"):
        lab.theme(theme)
        lab.screenshot(f"receptive_field_{theme}")
        color = page.locator(".receptive-field h3").evaluate("(element) => getComputedStyle(element).color")
        brightness[theme] = sum(map(int, re.findall(r"\d+", color)[:3])) / (3 * 255)
    assert brightness["light"] < 0.3 and brightness["dark"] > 0.8
    page.set_viewport_size({"width": 600, "height": 1200})
    page.wait_for_function(
        "() => document.querySelector('.receptive-field .detail').getBoundingClientRect().y > "
        "document.querySelector('.photo').getBoundingClientRect().bottom"
    )
    lab.screenshot("receptive_field_narrow")
    output = page.locator(".jp-OutputArea-output").first
    assert output.evaluate("(element) => element.scrollWidth <= element.clientWidth"), "wider than the window"
    check_shows(page, 4, 3, 1, 48, 48)
    lab.theme("light")
    page.set_viewport_size({"width": 1280, "height": 1000})
