"""The attention heads in a real JupyterLab: what a learner sees, points at, types and hears."""

import re

import pytest
import torch
from nbformat import v4

pytestmark = pytest.mark.slow

CODE = """
import torch
from utils import data
from utils.widgets.attention_heads import AttentionHeads

torch.manual_seed(0)
maps = (3 * torch.randn(3, 4, 4, 65, 65)).softmax(dim=-1)
photos = {name: data.photo(name, 128) for name in ("cat", "temple", "flower")}
widget = AttentionHeads(maps, photos, (8, 8))
widget
"""
STATE = "print(widget.photo, widget.layer, widget.patch)"
GLOW = """() => [...document.querySelectorAll(".panel canvas")].slice(1).map((canvas) => {
    // how orange each of the 8 × 8 patches is, as red minus blue, at its centre
    const context = canvas.getContext("2d");
    return Array.from({length: 64}, (_, k) => {
        const [x, y] = [k % 8, Math.floor(k / 8)].map((n) => Math.floor((n + 0.5) * canvas.width / 8));
        const [red, , blue] = context.getImageData(x, y, 1, 1).data;
        return (red - blue) / 255;
    });
})"""
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
    opened.locator("h3", has_text="Query: patch 0").wait_for()
    return opened


def middle(page, panel, i):
    """The middle of patch i in a panel, in pixels from its picture's corner."""
    pitch = page.locator(".panel .picture").nth(panel).bounding_box()["width"] / 8
    return {"x": (i % 8 + 0.5) * pitch, "y": (i // 8 + 0.5) * pitch}


def check_shows(page, photo, layer, i):
    """Check all that is shown of query i against the maps that the notebook made."""
    torch.manual_seed(0)
    maps = (3 * torch.randn(3, 4, 4, 65, 65)).softmax(dim=-1)
    weights = maps[photo, layer, :, 1 + i]  # (h, N)
    assert page.locator(".panel h3").all_inner_texts() == [f"Query: patch {i}"] + [f"Head {n}" for n in range(4)]
    notes = page.locator(".panel p").all_inner_texts()
    assert notes[0] == f"row {i // 8}, column {i % 8}"
    for note, weight in zip(notes[1:], weights, strict=True):
        shown = [float(number) for number in re.findall(r"[\d.]+(?=%)", note)]
        expected = [100 * weight[1:].max().item(), 100 * weight[0].item()]
        assert shown == pytest.approx(expected, abs=0.06 + 100 * weight.max().item() / 510), note
    shares = weights[:, 1:] / weights[:, 1:].amax(dim=1, keepdim=True)  # (h, 64)
    glow = torch.tensor(page.evaluate(GLOW), dtype=torch.float32)
    others = torch.arange(64) != i  # the mark is no part of the canvas, but a scaled pixel of it may be
    torch.testing.assert_close(glow[:, others], 0.9 * shares[:, others], rtol=0, atol=0.02)
    for panel in range(5):
        box, mark = (page.locator(f".panel {name}").nth(panel).bounding_box() for name in (".picture", ".mark"))
        centre = [(mark[a] + mark[s] / 2 - box[a]) / box[s] * 8 for a, s in (("y", "height"), ("x", "width"))]
        assert [int(value) for value in centre] == [i // 8, i % 8]


def test_pointing_at_any_picture_moves_the_query(lab, page):
    output = page.locator(".jp-OutputArea-output").first
    assert output.locator(".attention-heads").is_visible() and output.locator("img").count() == 0
    check_shows(page, 0, 0, 0)
    pictures = page.locator(".panel .picture")
    pictures.nth(0).hover(position=middle(page, 0, 27))
    check_shows(page, 0, 0, 27)
    pictures.nth(3).hover(position=middle(page, 3, 44))
    check_shows(page, 0, 0, 44)
    page.mouse.move(5, 5)
    check_shows(page, 0, 0, 0)
    assert lab.execute(STATE) == "cat 0 0"  # pointing does not select

    pictures.nth(2).click(position=middle(page, 2, 30))
    lab.until(STATE, "cat 0 30")
    start, end = pictures.nth(2).bounding_box(), middle(page, 2, 46)
    page.mouse.down()
    page.mouse.move(start["x"] + end["x"], start["y"] + end["y"], steps=5)
    page.mouse.up()
    lab.until(STATE, "cat 0 46")
    pictures.nth(0).tap(position=middle(page, 0, 12))
    lab.until(STATE, "cat 0 12")
    page.mouse.move(5, 5)
    check_shows(page, 0, 0, 12)


def test_slider_and_photographs(lab, page):
    slider = page.get_by_label("Layer", exact=True)
    box = slider.bounding_box()
    page.mouse.move(box["x"] + 8, box["y"] + box["height"] / 2)
    page.mouse.down()
    for layer in range(4):
        page.mouse.move(box["x"] + 8 + (box["width"] - 16) * layer / 3, box["y"] + box["height"] / 2)
        check_shows(page, 0, layer, 0)
    page.mouse.up()
    lab.until(STATE, "cat 3 0")
    page.locator(".choices label[title='flower']").click()
    lab.until(STATE, "flower 3 0")
    check_shows(page, 2, 3, 0)


def test_keyboard_and_screen_reader(lab, page):
    page.locator(".choices input").first.focus()
    page.keyboard.press("ArrowRight")
    lab.until(STATE, "temple 0 0")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    lab.until(STATE, "temple 1 0")
    page.keyboard.press("Tab")
    picture = page.get_by_role("application")
    assert page.evaluate("() => document.activeElement.className") == "picture"
    assert "cut into 8 by 8 patches" in picture.get_attribute("aria-label")
    for key, patch in [
        ("ArrowRight", 1),
        ("ArrowDown", 9),
        ("ArrowLeft", 8),
        ("ArrowLeft", 8),  # the edge of the picture
        ("ArrowUp", 0),
        ("ArrowUp", 0),
        ("End", 63),
        ("ArrowRight", 63),
        ("ArrowUp", 55),
    ]:
        page.keyboard.press(key)
        assert page.locator(".panel h3").first.inner_text() == f"Query: patch {patch}", key
    check_shows(page, 1, 1, 55)
    torch.manual_seed(0)
    weights = (3 * torch.randn(3, 4, 4, 65, 65)).softmax(dim=-1)[1, 1, :, 1 + 55, 1:]  # (h, 64)
    spoken = page.locator(".spoken")
    assert spoken.get_attribute("aria-live") == "polite"
    assert spoken.inner_text().startswith("layer 1, query in row 6, column 7: head 0 looks most at")
    places = re.findall(r"head (\d) looks most at row (\d), column (\d), with", spoken.inner_text())
    assert [tuple(map(int, found)) for found in places] == [
        (n, k // 8, k % 8) for n, k in enumerate(weights.argmax(1).tolist())
    ]
    lab.until(STATE, "temple 1 55")
    assert page.evaluate("() => notebook.content.activeCellIndex") == 0, "the notebook took an arrow key"


def test_works_while_the_kernel_is_busy(lab, page):
    page.evaluate("""() => { window.busy = notebook.sessionContext.session.kernel.requestExecute(
        {code: "import time; time.sleep(6)"}); window.busy.done.then(() => { window.busy = null; }); }""")
    page.locator(".panel .picture").nth(1).click(position=middle(page, 1, 40))
    page.get_by_label("Layer", exact=True).focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(".size b").inner_text() == "1"
    check_shows(page, 0, 1, 40)
    assert page.evaluate("() => window.busy !== null"), "the kernel was free too early for this test to say anything"
    lab.until(STATE, "cat 1 40")


def test_themes_and_narrow_windows(lab, page):
    lab.execute("widget.patch = 24")
    brightness = {}
    for theme in ("light", "dark"):
        lab.theme(theme)
        lab.screenshot(f"heads_{theme}")
        color = page.locator(".panel h3").first.evaluate("(element) => getComputedStyle(element).color")
        brightness[theme] = sum(map(int, re.findall(r"\d+", color)[:3])) / (3 * 255)
    assert brightness["light"] < 0.3 and brightness["dark"] > 0.8
    page.set_viewport_size({"width": 600, "height": 1000})
    page.wait_for_function(
        "() => [...document.querySelectorAll('.panel')].at(-1).getBoundingClientRect().y > "
        "document.querySelector('.panel').getBoundingClientRect().bottom"
    )
    lab.screenshot("heads_narrow")
    output = page.locator(".jp-OutputArea-output").first
    assert output.evaluate("(element) => element.scrollWidth <= element.clientWidth"), "wider than the window"
    check_shows(page, 0, 0, 24)
    page.set_viewport_size({"width": 1280, "height": 1000})


def test_follows_python_and_other_views(lab, page):
    page.evaluate("() => { notebook.content.activeCellIndex = 0; }")
    page.evaluate("() => jupyterapp.commands.execute('notebook:create-output-view')")
    page.wait_for_function("() => document.querySelectorAll('.attention-heads .panel').length === 10")
    lab.execute("widget.patch = 48; widget.layer = 2; widget.photo = 'flower'")
    for view in page.locator(".attention-heads").all():
        view.locator("h3", has_text="Query: patch 48").wait_for()
        view.locator(".choices input[value=flower]:checked").wait_for(state="attached")
        assert view.locator(".size b").inner_text() == "2"
    one, other = page.locator(".attention-heads").all()
    one.locator(".picture").first.focus()
    page.keyboard.press("Home")
    other.get_by_text(re.compile(r"^Query: patch 0$")).wait_for()
    lab.until(STATE, "flower 2 0")
