"""The relative bias explorer in a real JupyterLab: what a learner sees, clicks, types and hears."""

import re

import pytest
from nbformat import v4

from utils.models.position_embedding import relative_position_index

pytestmark = pytest.mark.slow

H, W = 3, 4
N = H * W
INDEX = relative_position_index(H, W)
CODE = (
    "from utils.widgets.relative_bias_explorer import RelativeBiasExplorer\n\n"
    f"widget = RelativeBiasExplorer(({H}, {W}), query=5, key=2)\nwidget"
)
STATE = "print(widget.query, widget.key)"


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
    opened.locator(".index .cell.chosen").nth(0).wait_for()
    return opened


def cells(page, part):
    return page.locator(f".relative-bias-explorer .{part} .cell")


def marked(page, part, name):
    """The places in a grid whose cells have this class."""
    script = "(cells, name) => cells.flatMap((cell, n) => cell.classList.contains(name) ? [n] : [])"
    return cells(page, part).evaluate_all(script, name)


def check_shows(page, i, j):
    number = INDEX[i, j].item()
    sharing = (INDEX.flatten() == number).nonzero().flatten().tolist()
    assert marked(page, "window.query", "query") == [i]
    assert marked(page, "window.key", "key") == [j]
    assert marked(page, "table", "shared") == [number]
    assert marked(page, "index", "shared") == sharing
    assert marked(page, "index", "chosen") == [i * N + j]
    rows, columns = i // W - j // W, i % W - j % W
    text = page.locator(".relative-bias-explorer").inner_text().replace("−", "-")
    assert f"Rows apart: {i // W} - {j // W} = {rows}, and + {H - 1} makes {rows + H - 1}" in text
    assert f"Columns apart: {i % W} - {j % W} = {columns}, and + {W - 1} makes {columns + W - 1}" in text
    assert f"Entry: {rows + H - 1} · (2 · {W} - 1) + {columns + W - 1} = {number}" in text
    assert f"Shared by {len(sharing)} of {N * N} pairs" in text


def test_mouse(lab, page):
    output = page.locator(".jp-OutputArea-output").first
    assert output.locator(".relative-bias-explorer").is_visible() and output.locator("img").count() == 0
    assert [int(text) for text in cells(page, "index").all_inner_texts()] == INDEX.flatten().tolist()
    assert [int(text) for text in cells(page, "table").all_inner_texts()] == list(range((2 * H - 1) * (2 * W - 1)))
    check_shows(page, 5, 2)
    cells(page, "window.query").nth(11).click()
    lab.until(STATE, "11 2")
    cells(page, "window.key").nth(0).tap()
    lab.until(STATE, "11 0")
    check_shows(page, 11, 0)
    cells(page, "index").nth(3 * N + 7).click()
    lab.until(STATE, "3 7")
    check_shows(page, 3, 7)
    cells(page, "table").nth(INDEX[3, 6].item()).click()  # the query can stay
    check_shows(page, 3, 6)
    entry = INDEX[8, 0].item()  # two rows below: query 3 is in the first row, so another pair
    cells(page, "table").nth(entry).click()
    check_shows(page, 8, 0)
    lab.until(STATE, "8 0")
    (output,) = lab.saved().cells[0].outputs
    assert set(output.data) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}
    assert "3 × 4 cells" in output.metadata["image/png"]["alt"]


def test_keyboard_and_screen_reader(lab, page):
    query, key, table, index = page.get_by_role("application").all()
    assert "window, 3 rows of 4 cells: the query" in query.get_attribute("aria-label")
    query.focus()
    for press, i in [("Home", 0), ("ArrowLeft", 0), ("ArrowUp", 0), ("ArrowRight", 1), ("ArrowDown", 5), ("End", 11)]:
        page.keyboard.press(press)
        assert marked(page, "window.query", "query") == [i], press
    for press in ("ArrowDown", "ArrowRight"):  # the edge of the window
        page.keyboard.press(press)
    check_shows(page, 11, 2)
    key.focus()
    page.keyboard.press("ArrowDown")
    check_shows(page, 11, 6)
    table.focus()
    page.keyboard.press("ArrowLeft")  # one column less, so a key one column further to the right
    check_shows(page, 11, 7)
    page.keyboard.press("Home")
    check_shows(page, 0, N - 1)
    index.focus()
    page.keyboard.press("ArrowDown")
    check_shows(page, 1, N - 1)
    lab.until(STATE, "1 11")
    spoken = page.locator(".spoken")
    assert spoken.get_attribute("aria-live") == "polite"
    expected = "query 1, key 11: −2 rows and −2 columns apart, entry 1, shared by 2 of 144 pairs"
    assert spoken.inner_text() == expected
    assert page.evaluate("() => notebook.content.activeCellIndex") == 0, "the notebook took an arrow key"


def test_themes_and_narrow_windows(lab, page):
    brightness = {}
    for theme in ("light", "dark"):
        lab.theme(theme)
        lab.screenshot(f"relative_bias_{theme}")
        color = page.locator(".relative-bias-explorer h3").first.evaluate("(e) => getComputedStyle(e).color")
        brightness[theme] = sum(map(int, re.findall(r"\d+", color)[:3])) / (3 * 255)
    assert brightness["light"] < 0.3 and brightness["dark"] > 0.8
    page.set_viewport_size({"width": 600, "height": 1200})
    page.wait_for_function(
        "() => document.querySelector('.index').getBoundingClientRect().y > "
        "document.querySelector('.left').getBoundingClientRect().bottom"
    )
    page.mouse.move(5, 5)
    lab.screenshot("relative_bias_narrow")
    output = page.locator(".jp-OutputArea-output").first
    assert output.evaluate("(element) => element.scrollWidth <= element.clientWidth"), "wider than the window"
    fits = "(cells) => cells.every((cell) => cell.scrollWidth <= cell.clientWidth + 1)"
    assert page.locator(".relative-bias-explorer .grid span").evaluate_all(fits), "a number is cut off"
    check_shows(page, 5, 2)
    page.set_viewport_size({"width": 1280, "height": 1000})
    lab.theme("light")


def test_follows_python_and_other_views(lab, page):
    page.evaluate("() => { notebook.content.activeCellIndex = 0; }")
    page.evaluate("() => jupyterapp.commands.execute('notebook:create-output-view')")
    page.wait_for_function("() => document.querySelectorAll('.relative-bias-explorer').length === 2")
    lab.execute("widget.query, widget.key = 7, 4")
    one, other = page.locator(".relative-bias-explorer").all()
    for view in (one, other):
        view.locator(".index .cell.chosen", has_text=str(INDEX[7, 4].item())).wait_for()
    one.locator(".grid").nth(3).focus()
    page.keyboard.press("End")
    other.locator(".number", has_text=f"= {INDEX[11, 11].item()}").wait_for()
    lab.until(STATE, "11 11")
