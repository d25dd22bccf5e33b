"""The batch mixer in a real JupyterLab: what a learner sees, drags, types and hears."""

import re

import pytest
import torch
from nbformat import v4

from utils import data
from utils.models import training_recipe

pytestmark = pytest.mark.slow

H, W = 90, 121  # an odd side: half of it is rounded down
CODE = f"""
from utils import data
from utils.widgets.batch_mixer import BatchMixer

widget = BatchMixer([data.photo(name, ({H}, {W})) for name in ("cat", "flower")], ["cat", "flower"], row=12, column=80)
widget
"""
STATE = "print(widget.kind, widget.lam, widget.row, widget.column)"
PIXELS = """(view) => {  // of the mixed picture, row by row, red green blue, 0 to 255
    const canvas = document.querySelectorAll(".batch-mixer .mixed canvas")[view];
    const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return [canvas.height, canvas.width, [...data].filter((_, k) => k % 4 < 3)];
}"""
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
    opened.locator(".batch-mixer .facts", has_text="every pixel = 0.60 · cat + 0.40 · flower").wait_for()
    return opened


def recipe(kind, lam, row, column):
    """What the chapter's module makes of the two pictures: the first one of the batch, and its target."""
    images, targets = torch.stack([data.photo(name, (H, W)) for name in ("cat", "flower")]), torch.eye(2)
    if kind == "mixup":
        return *training_recipe.mixup(images, targets, lam), None
    draw, centre = torch.randint, iter([column, row])
    try:
        torch.randint = lambda *_: torch.tensor([next(centre)])  # `cut_box` shall draw this centre
        box = training_recipe.cut_box(H, W, lam)
    finally:
        torch.randint = draw
    return *training_recipe.cutmix(images, targets, box), box


def check_shows(page, kind, lam, row=12, column=80):
    """Check pixels, numbers, bar and box against the chapter's module."""
    images, targets, box = recipe(kind, lam, row, column)
    height, width, pixels = page.evaluate(PIXELS, 0)
    seen = torch.tensor(pixels).reshape(height, width, 3).permute(2, 0, 1) / 255
    torch.testing.assert_close(seen, images[0], rtol=0, atol=0.51 / 255)

    own = f"{targets[0, 0]:.2f}"
    shares = [own, f"{1 - float(own):.2f}"]
    assert page.locator(".bar b").all_inner_texts() == shares
    assert page.locator(".bar").get_attribute("aria-label") == f"label: {shares[0]} cat, {shares[1]} flower"
    bar, part = page.locator(".bar").bounding_box(), page.locator(".bar div.own").bounding_box()
    assert abs(part["width"] / bar["width"] - targets[0, 0]) < 0.003
    assert page.locator(".size b").inner_text() == f"{lam:.2f}"
    facts = page.locator(".facts").inner_text()
    if kind == "mixup":
        assert facts == f"every pixel = {shares[0]} · cat + {shares[1]} · flower"
        assert page.locator(".mark:visible, .centre:visible").count() == 0
        return
    assert facts == f"λ drawn {lam:.2f}, λ really seen {own}"
    top, bottom, left, right = box
    area = (bottom - top) * (right - left)
    assert f": {area:,} of {H * W:,} pixels" in page.locator(".detail").inner_text()
    assert page.locator(".mark:visible").count() == (2 if area else 0)
    for panel in (".mixed", ".other") if area else ():
        picture = page.locator(f"{panel} .picture").bounding_box()
        mark = page.locator(f"{panel} .mark").bounding_box()
        place = [(mark["y"] - picture["y"]) / picture["height"] * H, (mark["x"] - picture["x"]) / picture["width"] * W]
        size = [mark["height"] / picture["height"] * H, mark["width"] / picture["width"] * W]
        assert place + size == pytest.approx([top, left, bottom - top, right - left], abs=0.5)


def place(page, row, column):
    """A place in the mixed picture, in pixels of the page."""
    box = page.locator(".mixed .picture").bounding_box()
    return box["x"] + column / W * box["width"], box["y"] + row / H * box["height"]


def test_switch_and_slider(lab, page):
    output = page.locator(".jp-OutputArea-output").first
    assert output.locator(".batch-mixer").is_visible() and output.locator("img").count() == 0
    check_shows(page, "mixup", 0.6)
    assert page.locator(".part h3").all_inner_texts() == ["cat", "Mixed", "flower"]
    slider = page.get_by_label("Lambda", exact=True)
    for kind, title in (("mixup", "mixup"), ("cutmix", "CutMix")):
        page.locator(".choices label", has_text=title).click()
        for share in (0, 0.03, 0.37, 0.82, 1):
            box = slider.bounding_box()
            page.mouse.click(box["x"] + 8 + (box["width"] - 16) * share, box["y"] + box["height"] / 2)
            lam = float(page.locator(".size b").inner_text())
            assert lam == pytest.approx(share, abs=0.02)
            check_shows(page, kind, lam)
            lab.until(STATE, f"{kind} {lam:g} 12 80" if 0 < lam < 1 else f"{kind} {int(lam)}.0 12 80")
            assert slider.get_attribute("aria-valuetext") == f"lambda {lam:.2f}"
    for lam in (0.125, 0.375):  # rounded to two decimals as in Python
        lab.execute(f"widget.kind, widget.lam = 'mixup', {lam}")
        page.locator(".size b", has_text=f"{lam:.2f}").wait_for()
        check_shows(page, "mixup", lam)

    (output,) = lab.saved().cells[0].outputs
    assert set(output.data) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}
    assert "picture of cat" in output.metadata["image/png"]["alt"]


def test_dragging_the_box(lab, page):
    page.mouse.click(*place(page, 40, 40))
    lab.until(STATE, "mixup 0.6 12 80")  # nothing to drag
    page.locator(".choices label", has_text="CutMix").click()
    check_shows(page, "cutmix", 0.6)
    assert page.locator(".drawn").is_visible()  # beyond the upper border
    page.mouse.move(*place(page, 45, 60))
    page.mouse.down()
    check_shows(page, "cutmix", 0.6, 45, 60)
    assert not page.locator(".drawn").is_visible()
    assert page.locator(".detail").inner_text() == "box of 56 rows × 76 columns: 4,256 of 10,890 pixels"
    page.mouse.move(*place(page, 20, 110), steps=4)
    check_shows(page, "cutmix", 0.6, 20, 110)
    assert "cut off at the border to 48 × 49: 2,352" in page.locator(".detail").inner_text()
    page.mouse.move(*place(page, -40, 300), steps=4)  # out of the picture: stays at its corner
    check_shows(page, "cutmix", 0.6, 0, W - 1)
    lab.screenshot("mixer_corner")
    page.mouse.up()
    page.mouse.move(*place(page, 45, 60))
    lab.until(STATE, f"cutmix 0.6 0 {W - 1}")
    page.touchscreen.tap(*place(page, 70, 30))
    lab.until(STATE, "cutmix 0.6 70 30")
    check_shows(page, "cutmix", 0.6, 70, 30)


def test_keyboard_and_screen_reader(lab, page):
    spoken = page.locator(".spoken")
    assert spoken.get_attribute("aria-live") == "polite"
    page.locator(".choices input").first.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    lab.until(STATE, "mixup 0.61 12 80")
    assert spoken.inner_text() == "mixup, lambda 0.61, label 0.61 cat, 0.39 flower"
    page.keyboard.press("Tab")
    assert page.evaluate("() => !document.activeElement.closest('.mixed')"), "there is no box to move"
    page.locator(".choices input").first.focus()
    page.keyboard.press("ArrowRight")
    lab.until(STATE, "cutmix 0.61 12 80")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    picture = page.get_by_role("application")
    assert picture.evaluate("(element) => document.activeElement === element")
    assert "Arrow keys move the box" in picture.get_attribute("aria-label")
    for key, row, column in [
        ("ArrowRight", 12, 83),
        ("ArrowDown", 15, 83),
        ("ArrowLeft", 15, 80),
        ("Shift+ArrowUp", 0, 80),
        ("ArrowUp", 0, 80),  # the border
        ("End", 89, 120),
        ("ArrowRight", 89, 120),
        ("Shift+ArrowLeft", 89, 105),
    ]:
        page.keyboard.press(key)
        check_shows(page, "cutmix", 0.61, row, column)
    share = recipe("cutmix", 0.61, 89, 105)[1][0, 0].item()
    assert spoken.inner_text() == (
        f"CutMix, box around row 89, column 105, lambda drawn 0.61, really seen {share:.2f}, "
        f"label {share:.2f} cat, {1 - share:.2f} flower"
    )
    lab.until(STATE, "cutmix 0.61 89 105")
    page.keyboard.press("Home")
    lab.until(STATE, "cutmix 0.61 0 0")
    assert page.evaluate("() => notebook.content.activeCellIndex") == 0, "the notebook took a key"


def test_works_while_the_kernel_is_busy(lab, page):
    page.evaluate("""() => { window.busy = notebook.sessionContext.session.kernel.requestExecute(
        {code: "import time; time.sleep(6)"}); window.busy.done.then(() => { window.busy = null; }); }""")
    page.locator(".choices label", has_text="CutMix").click()
    page.mouse.click(*place(page, 5, 5))
    page.get_by_label("Lambda", exact=True).focus()
    page.keyboard.press("ArrowLeft")
    check_shows(page, "cutmix", 0.59, 5, 5)
    assert page.evaluate("() => window.busy !== null"), "the kernel was free too early for this test to say anything"
    lab.until(STATE, "cutmix 0.59 5 5")


def test_themes_and_narrow_windows(lab, page):
    brightness = {}
    for theme in ("light", "dark"):
        lab.theme(theme)
        lab.execute("widget.kind = 'mixup'")
        page.locator(".facts", has_text="every pixel").wait_for()
        lab.screenshot(f"mixer_mixup_{theme}")
        lab.execute("widget.kind = 'cutmix'")
        page.locator(".facts", has_text="really seen").wait_for()
        lab.screenshot(f"mixer_cutmix_{theme}")
        color = page.locator(".part h3").first.evaluate("(element) => getComputedStyle(element).color")
        brightness[theme] = sum(map(int, re.findall(r"\d+", color)[:3])) / (3 * 255)
    assert brightness["light"] < 0.3 and brightness["dark"] > 0.8
    wide = page.locator(".mixed .picture").bounding_box()["width"]
    page.set_viewport_size({"width": 600, "height": 1000})
    page.wait_for_function(
        "(wide) => document.querySelector('.mixed .picture').getBoundingClientRect().width < wide", arg=wide
    )
    lab.screenshot("mixer_narrow")
    output = page.locator(".jp-OutputArea-output").first
    assert output.evaluate("(element) => element.scrollWidth <= element.clientWidth"), "wider than the window"
    check_shows(page, "cutmix", 0.6)
    page.mouse.click(*place(page, 45, 60))
    page.wait_for_function("() => document.querySelector('.detail').innerText.includes('pixels')")
    lab.until("print(abs(widget.row - 45) <= 1 and abs(widget.column - 60) <= 1)", "True")
    page.set_viewport_size({"width": 1280, "height": 1000})


def test_follows_python_and_other_views(lab, page):
    page.evaluate("() => { notebook.content.activeCellIndex = 0; }")
    page.evaluate("() => jupyterapp.commands.execute('notebook:create-output-view')")
    page.wait_for_function("() => document.querySelectorAll('.batch-mixer .mixed canvas').length === 2")
    lab.execute("widget.kind = 'cutmix'; widget.lam = 0.25; widget.row = 60; widget.column = 20")
    share = recipe("cutmix", 0.25, 60, 20)[1][0, 0].item()
    for view in page.locator(".batch-mixer").all():
        view.locator(".facts", has_text=f"drawn 0.25, λ really seen {share:.2f}").wait_for()
        view.locator(".choices input[value=cutmix]:checked").wait_for(state="attached")
    one, other = page.locator(".batch-mixer").all()
    one.locator("input[type=range]").focus()
    page.keyboard.press("End")
    other.locator(".facts", has_text="drawn 1.00, λ really seen 1.00").wait_for()
    assert page.evaluate(PIXELS, 0) == page.evaluate(PIXELS, 1)
    lab.until(STATE, "cutmix 1.0 60 20")
