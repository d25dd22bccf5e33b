"""The mask overlay in a real JupyterLab: what a learner sees, switches, types and hears."""

import re

import pytest
import torch
from nbformat import v4

from utils import data
from utils.widgets.mask_overlay import MaskOverlay

pytestmark = pytest.mark.slow

SIZE = 64
CODE = f"""
from utils import data
from utils.widgets.mask_overlay import MaskOverlay

images, truths, _ = data.scenes(3, seed=2, size={SIZE})
guesses = truths.roll((2, 3), (1, 2))
guesses[0][truths[0] == 2] = 1
widget = MaskOverlay(images, truths, guesses, data.SCENE_CLASSES)
widget
"""
STATE = "print(widget.index, widget.opacity, widget.shown)"
PIXELS = """(panel) => {  // of one picture, row by row, red green blue, 0 to 255
    const canvas = document.querySelectorAll(".mask-overlay canvas")[panel];
    const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return [...data].filter((_, k) => k % 4 < 3);
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
    opened.locator(".mask-overlay .choose b", has_text="1 of 3").wait_for()
    return opened


@pytest.fixture(scope="module")
def scenes():
    images, truths, _ = data.scenes(3, seed=2, size=SIZE)
    guesses = truths.roll((2, 3), (1, 2))
    guesses[0][truths[0] == 2] = 1
    return images, truths, guesses


def check_shows(page, scenes, index=0, opacity=0.6, shown=(1, 2, 3)):
    """Check pixels and numbers against what Python makes of the same state."""
    widget = MaskOverlay(*scenes, data.SCENE_CLASSES, index, opacity, shown)
    for panel, expected in enumerate(widget.panels()):
        seen = torch.tensor(page.evaluate(PIXELS, panel)).reshape(SIZE, SIZE, 3).permute(2, 0, 1) / 255
        torch.testing.assert_close(seen, expected, rtol=0, atol=0.6 / 255)
    ious = [f"IoU {'–' if iou != iou else format(iou, '.2f')}" for iou in widget.ious()[1:]]
    assert page.locator(".classes .iou").all_inner_texts() == ious
    wrong = int((scenes[1][index] != scenes[2][index]).sum())
    share = f"{100 * wrong / SIZE**2:.1f} %"
    assert page.locator(".wrong").inner_text() == f"{wrong:,} of {SIZE**2:,} pixels are wrong, {share}"
    assert page.locator(".opacity b").inner_text() == f"{round(100 * opacity)} %"
    boxes = page.locator(".classes input").all()
    assert [k for k, box in enumerate(boxes, 1) if box.is_checked()] == list(shown)


def test_sliders_and_switches(lab, page, scenes):
    output = page.locator(".jp-OutputArea-output").first
    assert output.locator(".mask-overlay").is_visible() and output.locator("img").count() == 0
    check_shows(page, scenes)
    page.locator(".classes label", has_text="yellow").click()
    check_shows(page, scenes, shown=(1, 3))
    lab.until(STATE, "0 0.6 [1, 3]")
    for name, share in (("Image", 1), ("Opacity of the masks", 0)):
        box = page.get_by_label(name, exact=True).bounding_box()
        page.mouse.click(box["x"] + 8 + (box["width"] - 16) * share, box["y"] + box["height"] / 2)
    check_shows(page, scenes, 2, 0, (1, 3))
    lab.until(STATE, "2 0.0 [1, 3]")
    page.locator(".classes label", has_text="yellow").click()
    lab.until(STATE, "2 0.0 [1, 2, 3]")
    (output,) = lab.saved().cells[0].outputs
    assert set(output.data) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}


def test_pointing_at_pixels(lab, page, scenes):
    row, column = (scenes[1][0] != scenes[2][0]).nonzero()[0].tolist()
    picture = page.locator(".picture").nth(1)
    box = picture.bounding_box()
    picture.hover(position={"x": (column + 0.5) * box["width"] / SIZE, "y": (row + 0.5) * box["height"] / SIZE})
    truth, guess = (data.SCENE_CLASSES[masks[0, row, column]] for masks in scenes[1:])
    assert page.locator(".pixel").inner_text() == f"row {row}, column {column}: truth {truth}, prediction {guess}"
    assert page.locator(".across:visible").count() == 3
    page.mouse.move(5, 5)
    assert "Point at a pixel" in page.locator(".pixel").inner_text()
    assert page.locator(".across:visible").count() == 0


def test_keyboard_and_screen_reader(lab, page, scenes):
    spoken = page.locator(".spoken")
    assert spoken.get_attribute("aria-live") == "polite"
    page.get_by_label("Image", exact=True).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")
    check_shows(page, scenes, 1, 0.55)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    check_shows(page, scenes, 1, 0.55, (2, 3))
    assert re.match(r"image 2, \d+ pixels wrong; IoU yellow (0\.\d\d|–), blue (0\.\d\d|–)$", spoken.inner_text())
    lab.until(STATE, "1 0.55 [2, 3]")
    picture = page.get_by_role("application").first
    picture.focus()
    row, column = SIZE // 2, SIZE // 2
    for key, down, right in [
        ("ArrowDown", 0, 0),  # the first key sets the cross in the middle
        ("ArrowDown", 1, 0),
        ("ArrowLeft", 0, -1),
        ("Shift+ArrowUp", -8, 0),
        ("Shift+ArrowRight", 0, 8),
    ]:
        page.keyboard.press(key)
        row, column = row + down, column + right
        truth, guess = (data.SCENE_CLASSES[masks[1, row, column]] for masks in scenes[1:])
        assert spoken.inner_text() == f"row {row}, column {column}: truth {truth}, prediction {guess}"
    assert page.evaluate("() => notebook.content.activeCellIndex") == 0, "the notebook took a key"


def test_themes_and_narrow_windows(lab, page, scenes):
    brightness = {}
    for theme in ("light", "dark"):
        lab.theme(theme)
        lab.screenshot(f"masks_{theme}")
        color = page.locator(".mask-overlay h3").first.evaluate("(element) => getComputedStyle(element).color")
        brightness[theme] = sum(map(int, re.findall(r"\d+", color)[:3])) / (3 * 255)
    assert brightness["light"] < 0.3 and brightness["dark"] > 0.8
    wide = page.locator(".picture").first.bounding_box()["width"]
    page.set_viewport_size({"width": 600, "height": 1000})
    page.wait_for_function(
        "(wide) => document.querySelector('.picture').getBoundingClientRect().width < wide - 20", arg=wide
    )
    lab.screenshot("masks_narrow")
    output = page.locator(".jp-OutputArea-output").first
    assert output.evaluate("(element) => element.scrollWidth <= element.clientWidth"), "wider than the window"
    check_shows(page, scenes)
    page.set_viewport_size({"width": 1280, "height": 1000})
    lab.theme("light")


def test_follows_python_and_other_views(lab, page, scenes):
    page.evaluate("() => { notebook.content.activeCellIndex = 0; }")
    page.evaluate("() => jupyterapp.commands.execute('notebook:create-output-view')")
    page.wait_for_function("() => document.querySelectorAll('.mask-overlay').length === 2")
    lab.execute("widget.index, widget.opacity, widget.shown = 1, 0.25, [3]")
    one, other = page.locator(".mask-overlay").all()
    for view in (one, other):
        view.locator(".choose b", has_text="2 of 3").wait_for()
        view.locator(".opacity b", has_text="25 %").wait_for()
    expected = MaskOverlay(*scenes, data.SCENE_CLASSES, 1, 0.25, (3,)).panels()
    for canvas, panel in enumerate([*expected, *expected]):
        seen = torch.tensor(page.evaluate(PIXELS, canvas)).reshape(SIZE, SIZE, 3).permute(2, 0, 1) / 255
        torch.testing.assert_close(seen, panel, rtol=0, atol=0.6 / 255)
    one.locator(".opacity input").focus()
    page.keyboard.press("End")
    other.locator(".opacity b", has_text="100 %").wait_for()
    lab.until(STATE, "1 1.0 [3]")
