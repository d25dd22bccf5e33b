"""The attention explorer in a real JupyterLab: what a learner sees, points at, types and hears."""

import re

import pytest
import torch
from nbformat import v4

from utils.models.looking_inside import rollout

pytestmark = pytest.mark.slow

CODE = """
import torch
from utils import data
from utils.widgets.attention_explorer import AttentionExplorer

torch.manual_seed(0)
maps = (3 * torch.randn(3, 4, 3, 65, 65)).softmax(dim=-1)
photos = {name: data.photo(name, 128) for name in ("cat", "temple", "flower")}
widget = AttentionExplorer(maps, photos, (8, 8))
widget
"""
STATE = "print(widget.photo, widget.layer, widget.head, widget.patch, widget.rollout)"
GLOW = """() => {  // how orange each of the 8 × 8 patches is, as red minus blue, at its centre
    const canvas = document.querySelectorAll(".panel canvas")[1];
    const context = canvas.getContext("2d");
    return Array.from({length: 64}, (_, k) => {
        const [x, y] = [k % 8, Math.floor(k / 8)].map((n) => Math.floor((n + 0.5) * canvas.width / 8));
        const [red, , blue] = context.getImageData(x, y, 1, 1).data;
        return (red - blue) / 255;
    });
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
    opened.locator("h3", has_text="Query: class token").wait_for()
    return opened


def middle(page, panel, i):
    """The middle of patch i in a panel, in pixels from its picture's corner."""
    pitch = page.locator(".panel .picture").nth(panel).bounding_box()["width"] / 8
    return {"x": (i % 8 + 0.5) * pitch, "y": (i // 8 + 0.5) * pitch}


def expected(photo, layer, head, patch, rolled):
    torch.manual_seed(0)
    maps = (3 * torch.randn(3, 4, 3, 65, 65)).softmax(dim=-1)[photo]  # (layers, heads, N, N)
    token = 0 if patch is None else 1 + patch
    if rolled:
        return rollout([m[None] for m in maps[: layer + 1]])[0, token]
    return maps[layer, :, token].mean(dim=0) if head == "mean" else maps[layer, head, token]


def check_shows(page, photo, layer, head="mean", patch=None, rolled=False):
    """Check all that is shown against the maps that the notebook made."""
    weights = expected(photo, layer, head, patch, rolled)
    kind = f"Rollout, layers 0 to {layer}" if rolled else f"Layer {layer}, "
    if not rolled:
        kind += "mean of heads" if head == "mean" else f"head {head}"
    query = "Query: class token" if patch is None else f"Query: patch {patch}"
    assert page.locator(".panel h3").all_inner_texts() == [query, kind]
    note = page.locator(".panel p").last.inner_text()
    shown = [float(number) for number in re.findall(r"[\d.]+(?=%)", note)]
    assert shown == pytest.approx([100 * weights[1:].max().item(), 100 * weights[0].item()], abs=0.3)
    shares = weights[1:] / weights[1:].max()
    glow = torch.tensor(page.evaluate(GLOW), dtype=torch.float32)
    others = torch.arange(64) != (-1 if patch is None else patch)  # a scaled pixel of the mark may be in the way
    torch.testing.assert_close(glow[others], 0.9 * shares[others], rtol=0, atol=0.03)
    marks = page.locator(".panel .mark")
    assert [marks.nth(n).is_visible() for n in range(2)] == [patch is not None] * 2


def test_mouse_and_touch_choose_the_query(lab, page):
    output = page.locator(".jp-OutputArea-output").first
    assert output.locator(".attention-explorer").is_visible() and output.locator("img").count() == 0
    check_shows(page, 0, 3)
    pictures = page.locator(".panel .picture")
    pictures.nth(0).hover(position=middle(page, 0, 27))
    check_shows(page, 0, 3, patch=27)
    page.mouse.move(5, 5)
    check_shows(page, 0, 3)
    assert lab.execute(STATE) == "cat 3 mean None False"  # pointing does not select
    pictures.nth(1).click(position=middle(page, 1, 30))
    lab.until(STATE, "cat 3 mean 30 False")
    pictures.nth(0).tap(position=middle(page, 0, 12))
    lab.until(STATE, "cat 3 mean 12 False")
    page.mouse.move(5, 5)
    check_shows(page, 0, 3, patch=12)
    page.get_by_role("button", name="class token").click()
    lab.until(STATE, "cat 3 mean None False")
    check_shows(page, 0, 3)


def test_layer_head_photograph_and_rollout(lab, page):
    slider = page.get_by_label("Layer", exact=True)
    slider.focus()
    page.keyboard.press("ArrowLeft")
    check_shows(page, 0, 2)
    page.locator(".heads label").nth(1).click()
    check_shows(page, 0, 2, head=1)
    lab.until(STATE, "cat 2 1 None False")
    page.locator(".choices label[title='flower']").click()
    check_shows(page, 2, 2, head=1)
    page.get_by_label("rollout").check()
    check_shows(page, 2, 2, head=1, rolled=True)
    assert page.locator(".heads input").first.is_disabled()
    page.locator(".panel .picture").nth(0).click(position=middle(page, 0, 9))
    page.mouse.move(5, 5)
    check_shows(page, 2, 2, patch=9, rolled=True)
    slider.focus()
    page.keyboard.press("Home")
    check_shows(page, 2, 0, patch=9, rolled=True)
    lab.until(STATE, "flower 0 1 9 True")
    (output,) = lab.saved().cells[0].outputs
    assert set(output.data) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}


def test_keyboard_and_screen_reader(lab, page):
    page.locator(".choices input").first.focus()
    page.keyboard.press("ArrowRight")
    lab.until(STATE, "temple 3 mean None False")
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")  # from "mean" to head 2
    lab.until(STATE, "temple 3 2 None False")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    lab.until(STATE, "temple 3 2 None True")
    page.keyboard.press("Space")
    for _ in range(2):
        page.keyboard.press("Tab")
    picture = page.get_by_role("application")
    assert page.evaluate("() => document.activeElement.className") == "picture"
    assert "cut into 8 by 8 patches" in picture.get_attribute("aria-label")
    for key, patch in [
        ("ArrowRight", 0),  # from the class token into the picture
        ("ArrowRight", 1),
        ("ArrowDown", 9),
        ("ArrowLeft", 8),
        ("ArrowLeft", 8),  # the edge of the picture
        ("End", 63),
        ("ArrowUp", 55),
        ("c", None),
        ("Home", 0),
    ]:
        page.keyboard.press(key)
        title = "Query: class token" if patch is None else f"Query: patch {patch}"
        assert page.locator(".panel h3").first.inner_text() == title, key
    check_shows(page, 1, 3, head=2, patch=0)
    spoken = page.locator(".spoken")
    assert spoken.get_attribute("aria-live") == "polite"
    row, column = divmod(expected(1, 3, 2, 0, False)[1:].argmax().item(), 8)
    text = f"Layer 3, head 2: the query in row 0, column 0 looks most at row {row}, column {column}, with"
    assert spoken.inner_text().startswith(text)
    lab.until(STATE, "temple 3 2 0 False")
    assert page.evaluate("() => notebook.content.activeCellIndex") == 0, "the notebook took an arrow key"


def test_works_while_the_kernel_is_busy(lab, page):
    page.evaluate("""() => { window.busy = notebook.sessionContext.session.kernel.requestExecute(
        {code: "import time; time.sleep(6)"}); window.busy.done.then(() => { window.busy = null; }); }""")
    page.locator(".panel .picture").nth(1).click(position=middle(page, 1, 40))
    page.mouse.move(5, 5)
    page.get_by_label("rollout").check()
    check_shows(page, 0, 3, patch=40, rolled=True)
    assert page.evaluate("() => window.busy !== null"), "the kernel was free too early for this test to say anything"
    lab.until(STATE, "cat 3 mean 40 True")


def test_themes_and_narrow_windows(lab, page):
    lab.execute("widget.patch = 24")
    brightness = {}
    for theme in ("light", "dark"):
        lab.theme(theme)
        lab.screenshot(f"explorer_{theme}")
        color = page.locator(".panel h3").first.evaluate("(element) => getComputedStyle(element).color")
        brightness[theme] = sum(map(int, re.findall(r"\d+", color)[:3])) / (3 * 255)
    assert brightness["light"] < 0.3 and brightness["dark"] > 0.8
    page.set_viewport_size({"width": 600, "height": 1000})
    page.wait_for_function(
        "() => [...document.querySelectorAll('.panel')].at(-1).getBoundingClientRect().y > "
        "document.querySelector('.panel').getBoundingClientRect().bottom"
    )
    page.wait_for_timeout(200)  # the observer draws at the new size
    lab.screenshot("explorer_narrow")
    output = page.locator(".jp-OutputArea-output").first
    assert output.evaluate("(element) => element.scrollWidth <= element.clientWidth"), "wider than the window"
    check_shows(page, 0, 3, patch=24)
    page.set_viewport_size({"width": 1280, "height": 1000})


def test_follows_python_and_other_views(lab, page):
    page.evaluate("() => { notebook.content.activeCellIndex = 0; }")
    page.evaluate("() => jupyterapp.commands.execute('notebook:create-output-view')")
    page.wait_for_function("() => document.querySelectorAll('.attention-explorer .panel').length === 4")
    lab.execute("widget.patch = 48; widget.layer = 2; widget.photo = 'flower'; widget.rollout = True")
    for view in page.locator(".attention-explorer").all():
        view.locator("h3", has_text="Query: patch 48").wait_for()
        view.locator("h3", has_text="Rollout, layers 0 to 2").wait_for()
        view.locator(".choices input[value=flower]:checked").wait_for(state="attached")
    one, other = page.locator(".attention-explorer").all()
    one.locator(".picture").first.focus()
    page.keyboard.press("c")
    other.get_by_text(re.compile(r"^Query: class token$")).wait_for()
    lab.until(STATE, "flower 2 mean None True")
