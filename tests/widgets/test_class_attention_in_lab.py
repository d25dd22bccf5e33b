"""The class token's attention in a real JupyterLab: what a learner sees, clicks, types and hears."""

import re

import pytest
import torch
from nbformat import v4

pytestmark = pytest.mark.slow

CODE = """
import torch
from utils import data
from utils.widgets.class_attention import ClassAttention

torch.manual_seed(0)
maps = (3 * torch.randn(3, 4, 3, 65, 65)).softmax(dim=-1)
photos = {name: data.photo(name, 128) for name in ("cat", "temple", "flower")}
widget = ClassAttention(maps, photos, (8, 8))
widget
"""
STATE = "print(widget.photo, widget.layer, widget.head)"
GLOW = """() => [...document.querySelectorAll(".class-attention .main canvas")].map((canvas) => {
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
    opened.locator("h3", has_text="Layer 3, head 0").wait_for()
    return opened


def rows(photo):
    """The class token's attention as the notebook made it, `(depth, heads, N)`."""
    torch.manual_seed(0)
    return (3 * torch.randn(3, 4, 3, 65, 65)).softmax(dim=-1)[photo, :, :, 0]


def check_shows(page, photo, layer, head):
    weights = rows(photo)
    assert page.locator(".class-attention h3").inner_text() == f"Layer {layer}, head {head}"
    chosen = weights[layer, head]
    note = page.locator(".class-attention .note").inner_text()
    assert note.split("\n") == [f"largest {100 * chosen[1:].max():.1f}%", f"on itself {100 * chosen[0]:.1f}%"]
    assert page.locator(".cell.chosen").evaluate_all("(cells) => cells.map((cell) => cell.dataset.at)") == [
        f"{layer},{head}"
    ]
    expected = torch.cat([chosen[None], weights.flatten(0, 1)])[:, 1:]  # the large map first, then the table
    shares = expected / expected.amax(dim=1, keepdim=True)
    torch.testing.assert_close(torch.tensor(page.evaluate(GLOW)), 0.9 * shares, rtol=0, atol=0.02)


def test_mouse_and_touch_choose_a_map(lab, page):
    output = page.locator(".jp-OutputArea-output").first
    assert output.locator(".class-attention").is_visible() and output.locator("img").count() == 0
    check_shows(page, 0, 3, 0)
    page.locator("[data-at='1,2']").click()
    check_shows(page, 0, 1, 2)
    lab.until(STATE, "cat 1 2")
    page.locator("[data-at='0,1']").tap()
    lab.until(STATE, "cat 0 1")
    page.locator(".choices label[title='flower']").click()
    lab.until(STATE, "flower 0 1")
    check_shows(page, 2, 0, 1)
    (output,) = lab.saved().cells[0].outputs
    assert set(output.data) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}


def test_keyboard_and_screen_reader(lab, page):
    page.locator(".choices input").first.focus()
    page.keyboard.press("ArrowRight")
    lab.until(STATE, "temple 3 0")
    page.keyboard.press("Tab")
    table = page.get_by_role("application")
    assert page.evaluate("() => document.activeElement.className") == "table"
    assert "4 layers and 3 heads" in table.get_attribute("aria-label")
    for key, layer, head in [
        ("ArrowLeft", 3, 0),  # the edge of the table
        ("ArrowRight", 3, 1),
        ("ArrowUp", 2, 1),
        ("ArrowDown", 3, 1),
        ("ArrowDown", 3, 1),
        ("Home", 0, 0),
        ("End", 3, 2),
        ("ArrowRight", 3, 2),
        ("ArrowUp", 2, 2),
    ]:
        page.keyboard.press(key)
        assert page.locator(".class-attention h3").inner_text() == f"Layer {layer}, head {head}", key
    check_shows(page, 1, 2, 2)
    chosen = rows(1)[2, 2]
    spoken = page.locator(".spoken")
    assert spoken.get_attribute("aria-live") == "polite"
    row, column = divmod(chosen[1:].argmax().item(), 8)
    assert spoken.inner_text().startswith(
        f"layer 2, head 2: the class token looks most at row {row}, column {column}, with "
    )
    lab.until(STATE, "temple 2 2")
    assert page.evaluate("() => notebook.content.activeCellIndex") == 0, "the notebook took an arrow key"


def test_works_while_the_kernel_is_busy(lab, page):
    page.evaluate("""() => { window.busy = notebook.sessionContext.session.kernel.requestExecute(
        {code: "import time; time.sleep(6)"}); window.busy.done.then(() => { window.busy = null; }); }""")
    page.locator("[data-at='2,1']").click()
    check_shows(page, 0, 2, 1)
    assert page.evaluate("() => window.busy !== null"), "the kernel was free too early for this test to say anything"
    lab.until(STATE, "cat 2 1")


def test_themes_and_narrow_windows(lab, page):
    brightness = {}
    for theme in ("light", "dark"):
        lab.theme(theme)
        lab.screenshot(f"class_{theme}")
        color = page.locator(".class-attention h3").evaluate("(element) => getComputedStyle(element).color")
        brightness[theme] = sum(map(int, re.findall(r"\d+", color)[:3])) / (3 * 255)
    assert brightness["light"] < 0.3 and brightness["dark"] > 0.8
    page.set_viewport_size({"width": 600, "height": 1000})
    page.wait_for_function(
        "() => document.querySelector('.table').getBoundingClientRect().y > "
        "document.querySelector('.detail').getBoundingClientRect().bottom"
    )
    page.wait_for_timeout(200)  # the observer draws at the new size
    lab.screenshot("class_narrow")
    output = page.locator(".jp-OutputArea-output").first
    assert output.evaluate("(element) => element.scrollWidth <= element.clientWidth"), "wider than the window"
    check_shows(page, 0, 3, 0)
    page.set_viewport_size({"width": 1280, "height": 1000})


def test_follows_python_and_other_views(lab, page):
    page.evaluate("() => { notebook.content.activeCellIndex = 0; }")
    page.evaluate("() => jupyterapp.commands.execute('notebook:create-output-view')")
    page.wait_for_function("() => document.querySelectorAll('.class-attention').length === 2")
    lab.execute("widget.layer = 1; widget.head = 2; widget.photo = 'flower'")
    for view in page.locator(".class-attention").all():
        view.locator("h3", has_text="Layer 1, head 2").wait_for()
        view.locator(".choices input[value=flower]:checked").wait_for(state="attached")
    one, other = page.locator(".class-attention").all()
    one.locator(".table").focus()
    page.keyboard.press("Home")
    other.get_by_text(re.compile(r"^Layer 0, head 0$")).wait_for()
    lab.until(STATE, "flower 0 0")
