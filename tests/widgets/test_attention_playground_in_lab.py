"""The attention playground in a real JupyterLab: what a learner sees, drags, types and hears."""

import json
import re

import pytest
from nbformat import v4

from utils.widgets.attention_playground import AttentionPlayground

pytestmark = pytest.mark.slow

STATE = """import json
print(json.dumps([p.query_points, p.key_points, p.query, p.scaled, p.temperature]))"""
CELLS = [
    v4.new_code_cell(
        "from utils.widgets.attention_playground import AttentionPlayground\n\np = AttentionPlayground()\np"
    ),
    v4.new_markdown_cell("Text below."),
]
START = [[[2.0, 1.0], [-1.0, -0.5]], [[0.0, 1.5], [1.5, 0.0], [0.0, -1.5], [-1.5, 0.0]], 0, True, 1.0]
COLOR_AT = """([x, y]) => {  // the background, 0 to 255, at a place in the plane
    const canvas = document.querySelector(".attention-playground canvas");
    const [left, top] = [(x + 3) / 6, (3 - y) / 6].map((part) => Math.round(part * canvas.width));
    return [...canvas.getContext("2d").getImageData(left, top, 1, 1).data].slice(0, 3);
}"""


@pytest.fixture(scope="module")
def opened(shared_lab):
    return shared_lab.open(
        v4.new_notebook(cells=CELLS, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    )


@pytest.fixture
def page(lab, opened):
    """The notebook's page with a new playground, and no other tab beside it."""
    opened.evaluate("() => [...jupyterapp.shell.widgets('main')].forEach((tab) => tab === notebook || tab.close())")
    lab.run_all()
    opened.mouse.move(5, 5)
    opened.locator(".attention-playground caption", has_text="Query A at (2.00, 1.00)").wait_for()
    return opened


def handle(page, name):
    return page.locator(f".handles button:text-is('{name}')")


def drag(page, name, x, y):
    """Drag a handle to a place in the plane."""
    box, plane = handle(page, name).bounding_box(), page.locator(".plane").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2 + 3, box["y"] + box["height"] / 2 - 2)
    page.mouse.down()
    to = plane["x"] + (x + 3) / 6 * plane["width"] + 3, plane["y"] + (3 - y) / 6 * plane["height"] - 2
    page.mouse.move(*to, steps=6)
    page.mouse.up()


def check_shows(page, state):
    """Check scores, weights, outputs and background against the Python side with the same state."""
    python = AttentionPlayground(*state)
    weights = python.weights()[python.query].tolist()
    rows = [row.inner_text().split("\t") for row in page.locator("tbody tr").all()]
    x, y = python.query_points[python.query]
    divisor = (2**0.5 if python.scaled else 1) * python.temperature
    assert len(rows) == len(weights)
    for (_, raw, divided, share), (a, b), weight in zip(rows, python.key_points, weights, strict=True):
        assert abs(float(raw.replace("−", "-")) - (x * a + y * b)) < 0.0051
        assert abs(float(divided.replace("−", "-")) - (x * a + y * b) / divisor) < 0.0051
        assert abs(int(share.split()[0]) - 100 * weight) <= 0.51
    outputs = page.locator(".output").all_inner_texts()
    for letter, text, output in zip("ABC", outputs, python.outputs().tolist(), strict=False):
        assert text.split()[0] == letter
        assert max(abs(float(v) - w) for v, w in zip(text.split()[1:], output, strict=True)) < 0.0051
    assert len(outputs) == len(python.query_points)
    place = (-2.2, 2.4)  # no handle, no line
    behind = AttentionPlayground([place], *state[1:2], 0, *state[3:]).outputs()[0].tolist()
    seen = page.evaluate(COLOR_AT, place)
    assert max(abs(v / 255 - w) for v, w in zip(seen, behind, strict=True)) < 0.03


def test_dragging_queries_and_keys(lab, page):
    output = page.locator(".jp-OutputArea-output").first
    assert output.locator(".attention-playground").is_visible() and output.locator("img").count() == 0
    check_shows(page, START)
    assert json.loads(lab.execute(STATE)) == START

    drag(page, "B", -1.0, 2.0)  # also lists it
    drag(page, "2", 2.5, -2.0)
    page.wait_for_timeout(400)
    state = json.loads(lab.execute(STATE))
    assert state[2] == 1
    for found, wanted in [(state[0][1], [-1.0, 2.0]), (state[1][1], [2.5, -2.0])]:
        assert max(abs(a - b) for a, b in zip(found, wanted, strict=True)) < 0.03
    assert (state[0][0], state[1][0], state[1][2:]) == (START[0][0], START[1][0], START[1][2:])
    check_shows(page, state)

    drag(page, "2", 20, 20)  # out of the plane: stays at its corner
    lab.until("print(p.key_points[1])", "[3.0, 3.0]")
    check_shows(page, [state[0], [state[1][0], [3.0, 3.0], *state[1][2:]], 1, True, 1.0])
    lab.screenshot("dragged")

    (output,) = lab.saved().cells[0].outputs
    assert set(output.data) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}
    assert "blue key 1" in output.metadata["image/png"]["alt"]


def test_scale_temperature_and_number_of_points(lab, page):
    page.get_by_label("divide by").uncheck()
    lab.until("print(p.scaled)", "False")
    check_shows(page, [*START[:3], False, 1.0])
    slider = page.get_by_label("Temperature")
    slider.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    lab.until("print(p.temperature)", "1.4")
    assert slider.get_attribute("aria-valuetext") == "temperature 1.4"
    check_shows(page, [*START[:3], False, 1.4])
    page.keyboard.press("Home")
    lab.until("print(p.temperature)", "0.1")
    page.keyboard.press("End")
    lab.until("print(p.temperature)", "10.0")

    for count in (5, 6):
        page.get_by_text("Add a key").click()
        lab.until("print(len(p.key_points))", str(count))
    assert page.get_by_text("Add a key").is_disabled()
    page.get_by_text("Remove pink key 6").click()
    page.get_by_text("Remove sky blue key 5").click()
    lab.until("print(p.key_points)", str(START[1]))
    page.get_by_text("Add a query").click()
    lab.until("print(len(p.query_points), p.query)", "3 2")
    assert page.get_by_text("Add a query").is_disabled()
    check_shows(page, [[*START[0], [0.0, 0.0]], START[1], 2, False, 10.0])
    for left in (2, 1):
        page.locator("button.remove").click()
        lab.until("print(len(p.query_points))", str(left))
    assert page.locator("button.remove").is_disabled()
    check_shows(page, [START[0][:1], START[1], 0, False, 10.0])


def test_keyboard_and_screen_reader(lab, page):
    assert page.locator(".spoken").get_attribute("aria-live") == "polite"
    handle(page, "1").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowUp", "ArrowLeft", "Shift+ArrowDown"):
        page.keyboard.press(key)
    lab.until("print(p.key_points[0])", "[0.1, 1.1]")
    assert handle(page, "1").get_attribute("aria-label") == "blue key 1 at (0.10, 1.10)"
    moved = [START[0], [[0.1, 1.1], *START[1][1:]], 0, True, 1.0]
    shares = [f"{100 * w:.0f}" for w in AttentionPlayground(*moved).weights()[0].tolist()]
    names = ["blue", "orange", "green", "red"]
    listed = ", ".join(f"{share}% at {name} key {n}" for n, (share, name) in enumerate(zip(shares, names), 1))  # noqa: B905
    assert page.locator(".spoken").inner_text() == f"query A at (2.00, 1.00) looks {listed}"
    for _ in range(5):  # past the other keys and A, to B, which is then listed
        page.keyboard.press("Tab")
    lab.until("print(p.query)", "1")
    page.keyboard.press("ArrowDown")
    lab.until("print(p.query_points[1])", "[-1.0, -0.6]")
    page.keyboard.press("Delete")
    lab.until("print(p.query_points, p.query)", "[[2.0, 1.0]] 0")
    page.keyboard.press("Delete")  # the last one stays
    page.keyboard.press("ArrowUp")
    lab.until("print(p.query_points)", "[[2.0, 1.1]]")
    page.get_by_label("divide by").focus()
    page.keyboard.press("Space")
    lab.until("print(p.scaled)", "False")
    assert page.evaluate("() => notebook.content.activeCellIndex") == 0, "the notebook took a key"


def test_works_while_the_kernel_is_busy(lab, page):
    page.evaluate("""() => { window.busy = notebook.sessionContext.session.kernel.requestExecute(
        {code: "import time; time.sleep(4)"}); window.busy.done.then(() => { window.busy = null; }); }""")
    drag(page, "A", -2.0, 0.0)
    handle(page, "A").focus()
    page.keyboard.press("ArrowUp")
    assert "at (−2.00, 0.10)" in page.locator("caption").inner_text()
    assert page.evaluate("() => window.busy !== null"), "the kernel was free too early for this test to say anything"
    lab.until("print(p.query_points[0])", "[-2.0, 0.1]")


def test_themes_and_narrow_windows(lab, page):
    brightness = {}
    for theme in ("light", "dark"):
        lab.theme(theme)
        lab.screenshot(f"playground_{theme}")
        color = page.locator("tbody td").first.evaluate("(element) => getComputedStyle(element).color")
        brightness[theme] = sum(map(int, re.findall(r"\d+", color)[:3])) / (3 * 255)
    assert brightness["light"] < 0.3 and brightness["dark"] > 0.8
    page.set_viewport_size({"width": 600, "height": 1200})
    page.wait_for_function(
        "() => document.querySelector('.panel').getBoundingClientRect().y > "
        "document.querySelector('.plane').getBoundingClientRect().bottom"
    )
    lab.screenshot("playground_narrow")
    output = page.locator(".jp-OutputArea-output").first
    assert output.evaluate("(element) => element.scrollWidth <= element.clientWidth"), "wider than the window"
    check_shows(page, START)
    drag(page, "A", 0.0, 2.5)
    assert "Query A at (0.0" in page.locator("caption").inner_text()
    page.set_viewport_size({"width": 1280, "height": 1000})


def test_follows_python_and_other_views(lab, page):
    page.evaluate("() => { notebook.content.activeCellIndex = 0; }")
    page.evaluate("() => jupyterapp.commands.execute('notebook:create-output-view')")
    page.wait_for_function("() => document.querySelectorAll('.attention-playground tbody tr').length === 8")
    lab.execute("p.key_points = [(1, 1), (-1, -1)]; p.query = 1; p.query_points = [(0.5, 0.5)]; p.temperature = 2.0")
    for view in page.locator(".attention-playground").all():
        view.locator("caption", has_text="Query A at (0.50, 0.50)").wait_for()
        view.locator(".heat b", has_text="2.0").wait_for()
        assert view.locator("tbody tr").count() == 2
    one, other = page.locator(".attention-playground").all()
    one.locator(".handles button:text-is('2')").focus()
    page.keyboard.press("ArrowLeft")
    other.locator(".handles [aria-label='orange key 2 at (−1.10, −1.00)']").wait_for()
    lab.until("print(p.key_points)", "[[1.0, 1.0], [-1.1, -1.0]]")
