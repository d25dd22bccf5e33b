"""The patch explorer in a real JupyterLab: what a learner sees, points at, types and hears."""

import re

import pytest
import torch
from nbformat import v4

from utils import data
from utils.models.patch_embedding import patchify

pytestmark = pytest.mark.slow

STATE = "print(explorer.photo, explorer.patch_size, explorer.patch)"
MEAN = """([area, mark]) => {  // mean colour, 0 to 1, of the canvas inside a mark
    const canvas = document.querySelector(`${area} canvas`);
    const [out, box] = [canvas, document.querySelector(mark)].map((element) => element.getBoundingClientRect());
    const scale = canvas.width / out.width;
    const [x, y, side] = [box.x - out.x + 3, box.y - out.y + 3, box.width - 6].map((v) => Math.round(v * scale));
    const pixels = canvas.getContext("2d").getImageData(x, y, side, side).data;
    return [0, 1, 2].map((c) => pixels.filter((_, k) => k % 4 === c).reduce((a, b) => a + b) / (side * side * 255));
}"""
ENLARGED = """(P) => {  // the colour at the centre of each enlarged pixel, 0 to 255
    const canvas = document.querySelector(".enlarged");
    const context = canvas.getContext("2d");
    const at = (n) => Math.floor((n + 0.5) * canvas.width / P);
    const numbers = Array.from({length: P}, (_, n) => n);
    return numbers.map((y) => numbers.map((x) => [...context.getImageData(at(x), at(y), 1, 1).data].slice(0, 3)));
}"""


CELLS = [
    v4.new_code_cell("from utils.widgets.patch_explorer import PatchExplorer\n\nexplorer = PatchExplorer()\nexplorer"),
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
    opened.locator("h3", has_text="Patch 0").wait_for()
    return opened


def middle(page, area, i, columns):
    """The middle of patch i in an area of this many columns, in pixels from the area's corner."""
    pitch = page.locator(area).bounding_box()["width"] / columns
    return {"x": (i % columns + 0.5) * pitch, "y": (i // columns + 0.5) * pitch}


def check_shows(page, photo, P, i, mark):
    """Check all that is shown of patch i against `patchify`."""
    columns = 224 // P
    row, column = divmod(i, columns)
    token = patchify(data.photo(photo, 224)[None], P)[0, i]
    pixels = token.reshape(3, P, P)
    detail = page.locator(".detail").inner_text()
    assert f"Patch {i}\n" in detail and f"row {row}, column {column}," in detail
    assert f"y {row * P}–{row * P + P - 1}, x {column * P}–{column * P + P - 1}\n" in detail
    assert f"First 8 of its {3 * P * P} numbers" in detail
    assert page.locator(".numbers li").all_inner_texts() == [f"{value:.3f}" for value in token[:8].tolist()]

    enlarged = torch.tensor(page.evaluate(ENLARGED, P)).permute(2, 0, 1) / 255
    torch.testing.assert_close(enlarged[:, 2:], pixels[:, 2:], rtol=0, atol=0)  # above is the frame
    for area in (".picture", ".sequence"):
        mean = torch.tensor(page.evaluate(MEAN, [area, f"{area} {mark}"]))
        torch.testing.assert_close(mean, pixels.mean((1, 2)), rtol=0, atol=0.02)

    picture, box = page.locator(".picture").bounding_box(), page.locator(f".picture {mark}").bounding_box()
    pitch = picture["width"] / columns
    centre = [box["y"] + box["height"] / 2 - picture["y"], box["x"] + box["width"] / 2 - picture["x"]]
    assert [int(value / pitch) for value in centre] == [row, column]


def test_pointing_links_picture_and_sequence(lab, page):
    output = page.locator(".jp-OutputArea-output").first
    assert output.locator(".patch-explorer").is_visible() and output.locator("img").count() == 0
    check_shows(page, "cat", 32, 0, ".mark:not(.hover)")
    assert not page.locator(".picture .hover").is_visible()

    page.locator(".picture").hover(position=middle(page, ".picture", 17, 7))
    check_shows(page, "cat", 32, 17, ".hover")
    place = page.locator(".sequence .hover").bounding_box()
    page.mouse.move(5, 5)
    assert page.locator(".patch-explorer h3").inner_text() == "Patch 0"
    page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    check_shows(page, "cat", 32, 17, ".hover")
    assert lab.execute(STATE) == "cat 32 0"  # pointing does not select

    page.locator(".picture").click(position=middle(page, ".picture", 30, 7))
    lab.until(STATE, "cat 32 30")
    start, end = (page.locator(".picture").bounding_box(), middle(page, ".picture", 38, 7))
    page.mouse.down()
    page.mouse.move(start["x"] + end["x"], start["y"] + end["y"], steps=5)
    page.mouse.up()
    lab.until(STATE, "cat 32 38")
    page.locator(".picture").tap(position=middle(page, ".picture", 12, 7))
    lab.until(STATE, "cat 32 12")
    page.mouse.move(5, 5)
    check_shows(page, "cat", 32, 12, ".mark:not(.hover)")

    (output,) = lab.saved().cells[0].outputs
    assert set(output.data) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}
    assert data.photo_alt("cat") in output.metadata["image/png"]["alt"]


def test_slider_and_photographs(lab, page):
    slider = page.get_by_label("Patch size in pixels")
    box = slider.bounding_box()
    page.locator(".picture").click(position=middle(page, ".picture", 31, 7))  # row 4, column 3
    page.mouse.move(box["x"] + box["width"] * 5 / 6, box["y"] + box["height"] / 2)
    page.mouse.down()
    for n, P in enumerate([7, 8, 14, 16, 28, 32, 56]):
        page.mouse.move(box["x"] + 8 + (box["width"] - 16) * n / 6, box["y"] + box["height"] / 2)
        N = (224 // P) ** 2
        formula = f"N = 224/{P} × 224/{P} = {N} tokens of C·P² = 3·{P}² = {3 * P * P} numbers"
        assert page.locator(".formula").inner_text() == formula
        assert slider.get_attribute("aria-valuetext") == f"{P} pixels, {N} tokens"
        i = int(page.locator(".patch-explorer h3").inner_text().removeprefix("Patch "))
        check_shows(page, "cat", P, i, ".mark:not(.hover)")
        lab.screenshot(f"patches_of_{P}")
    page.mouse.up()
    lab.until(STATE, f"cat 56 {2 * 4 + 2}")  # the selection stayed where it was in the picture

    page.locator(".choices label[title='temple']").click()
    lab.until(STATE, "temple 56 10")
    check_shows(page, "temple", 56, 10, ".mark:not(.hover)")


def test_keyboard_and_screen_reader(lab, page):
    spoken = page.locator(".spoken")
    assert spoken.get_attribute("aria-live") == "polite"

    page.locator(".choices input").first.focus()
    assert page.evaluate("() => notebook.content.activeCellIndex") == 0
    page.keyboard.press("ArrowRight")
    lab.until(STATE, "astronaut 32 0")
    page.keyboard.press("Tab")
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    lab.until(STATE, "astronaut 14 0")
    page.keyboard.press("Tab")
    picture = page.get_by_role("application").first
    assert page.evaluate("() => document.activeElement.className") == "picture"
    assert "cut into 16 by 16 patches" in picture.get_attribute("aria-label")
    for key, patch in [
        ("ArrowRight", 1),
        ("ArrowDown", 17),
        ("ArrowLeft", 16),
        ("ArrowLeft", 16),  # the edge of the picture
        ("ArrowUp", 0),
        ("ArrowUp", 0),
        ("End", 255),
        ("ArrowRight", 255),
        ("ArrowUp", 239),
    ]:
        page.keyboard.press(key)
        assert page.locator(".patch-explorer h3").inner_text() == f"Patch {patch}", key
    check_shows(page, "astronaut", 14, 239, ".mark:not(.hover)")
    mean = patchify(data.photo("astronaut", 224)[None], 14)[0, 239].reshape(3, -1).mean(1)
    red, green, blue = (round(100 * value) for value in mean.tolist())
    assert spoken.inner_text() == (
        f"patch 239 of 0 to 255, row 14, column 15, mean colour red {red}%, green {green}%, blue {blue}%"
    )
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.className") == "sequence"
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    line = int(page.locator(".gutter span").nth(1).inner_text())
    lab.until(STATE, f"astronaut 14 {line}")
    page.keyboard.press("ArrowLeft")
    lab.until(STATE, f"astronaut 14 {line - 1}")
    assert page.evaluate("() => notebook.content.activeCellIndex") == 0, "the notebook took an arrow key"


def test_works_while_the_kernel_is_busy(lab, page):
    page.evaluate("""() => { window.busy = notebook.sessionContext.session.kernel.requestExecute(
        {code: "import time; time.sleep(4)"}); window.busy.done.then(() => { window.busy = null; }); }""")
    page.locator(".picture").hover(position=middle(page, ".picture", 40, 7))
    check_shows(page, "cat", 32, 40, ".hover")
    page.locator(".picture").click(position=middle(page, ".picture", 30, 7))
    page.get_by_label("Patch size in pixels").focus()
    page.keyboard.press("ArrowRight")
    assert "= 16 tokens" in page.locator(".formula").inner_text()
    assert page.evaluate("() => window.busy !== null"), "the kernel was free too early for this test to say anything"
    lab.until(STATE, "cat 56 9")


def test_themes_and_narrow_windows(lab, page):
    lab.execute("explorer.patch = 24")
    page.locator(".picture").hover(position=middle(page, ".picture", 12, 7))
    brightness = {}
    for theme in ("light", "dark"):
        lab.theme(theme)
        lab.screenshot(theme)
        color = page.locator(".patch-explorer h3").evaluate("(element) => getComputedStyle(element).color")
        brightness[theme] = sum(map(int, re.findall(r"\d+", color)[:3])) / (3 * 255)
    assert brightness["light"] < 0.3 and brightness["dark"] > 0.8
    page.set_viewport_size({"width": 600, "height": 1200})
    page.wait_for_function(
        "() => document.querySelector('.detail').getBoundingClientRect().y > "
        "document.querySelector('.picture').getBoundingClientRect().bottom"
    )
    page.mouse.move(5, 5)
    lab.screenshot("narrow")
    output = page.locator(".jp-OutputArea-output").first
    assert output.evaluate("(element) => element.scrollWidth <= element.clientWidth"), "wider than the window"
    check_shows(page, "cat", 32, 24, ".mark:not(.hover)")


def test_follows_python_and_other_views(lab, page):
    page.evaluate("() => { notebook.content.activeCellIndex = 0; }")
    page.evaluate("() => jupyterapp.commands.execute('notebook:create-output-view')")
    page.wait_for_function("() => document.querySelectorAll('.patch-explorer .numbers li').length === 16")
    lab.execute("explorer.patch = 48; explorer.patch_size = 56; explorer.photo = 'flower'")
    for view in page.locator(".patch-explorer").all():
        view.locator(".formula", has_text="= 16 tokens").wait_for()
        view.locator(".choices input[value=flower]:checked").wait_for(state="attached")
        assert view.locator("h3").inner_text() == "Patch 15"
    one, other = page.locator(".patch-explorer").all()
    one.locator(".picture").focus()
    page.keyboard.press("Home")
    other.get_by_text(re.compile(r"^Patch 0$")).wait_for()
    assert lab.execute(STATE) == "flower 56 0"


def test_requests_beyond_this_machine_are_refused_and_recorded(lab, page):
    assert page.evaluate("() => fetch('https://example.org/').catch(() => 'refused')") == "refused"
    assert lab.outside == ["https://example.org/"]
    lab.outside, lab.complaints = [], []
