"""The schedule plotter in a real JupyterLab: what a learner sees, points at, types and hears."""

import math
import re

import pytest
from nbformat import v4

from utils.models.training_recipe import warmup_cosine

pytestmark = pytest.mark.slow

CODE = """
from utils.widgets.schedule_plotter import SchedulePlotter

widget = SchedulePlotter(steps=1000, warmup=0.1, learning_rate=2e-3)
widget
"""
STATE = "print(widget.steps, widget.warmup, widget.schedule, widget.step)"
CURVE = """() => {  // the points of the curve, both from 0 to 1, as parts of the axes
    const [area, curve] = [".area", ".curve"].map((name) => document.querySelector(`.schedule-plotter ${name}`));
    const sides = ["x", "y", "width", "height"].map((name) => [name, Number(area.getAttribute(name))]);
    const box = Object.fromEntries(sides);
    return curve.getAttribute("d").slice(1).split("L").map((point) => {
        const [x, y] = point.split(" ").map(Number);
        return [(x - box.x) / box.width, 1 - (y - box.y) / box.height];
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
    opened.locator(".schedule-plotter .facts", has_text="step 0").wait_for()
    opened.locator(".schedule-plotter .steps b", has_text="1,000").wait_for()
    return opened


def factor(step, steps, warmup, schedule):
    warming = min(int(warmup * steps), steps - 1)
    if schedule == "cosine" or step < warming:
        return warmup_cosine(step, steps, warming)
    return 1.0 if schedule == "constant" else 1 - (step - warming) / (steps - warming)


def check_shows(page, steps, warmup, schedule, step):
    """Check curve and numbers against the chapter's module."""
    warming = min(int(warmup * steps), steps - 1)
    curve = page.evaluate(CURVE)
    places = [round(x * (steps - 1)) for x, _ in curve]
    assert places[0] == 0 and places[-1] == steps - 1 and len(places) >= min(steps, 600)
    expected = [factor(place, steps, warmup, schedule) for place in places]
    assert [y for _, y in curve] == pytest.approx(expected, abs=1e-3 if steps <= 1000 else 0.01)
    value = factor(step, steps, warmup, schedule)
    shown = f"step {step:,} factor {value:.3f} learning rate".split()
    words = page.locator(".facts").inner_text().split()
    assert words[:-1] == shown
    assert float(words[-1]) == pytest.approx(2e-3 * value, rel=0.006, abs=1e-12)
    count = f"{100 * warmup:.0f}% = {warming:,} step{'s' * (warming != 1)}"
    assert page.locator(".warmup b").inner_text() == count
    assert page.locator(".steps b").inner_text() == f"{steps:,}"
    formula = page.locator(".formula").inner_text()
    assert formula.startswith("in the warm-up: " if step < warming else "after the warm-up: ")
    words = formula.partition(": ")[2].removeprefix("always ")
    python = words.translate({ord("−"): "-", ord("·"): "*", ord("½"): "0.5", ord("π"): "3.141592653589793"})
    assert eval(python, {"cos": math.cos}) == pytest.approx(value, abs=1e-9)


def place(page, part):
    """A place in the plot, a part of the way along the steps, in pixels of the page."""
    box = page.locator(".area").bounding_box()
    return box["x"] + part * box["width"], box["y"] + box["height"] / 2


def test_pointing_and_selecting(lab, page):
    output = page.locator(".jp-OutputArea-output").first
    assert output.locator(".schedule-plotter").is_visible() and output.locator("img").count() == 0
    check_shows(page, 1000, 0.1, "cosine", 0)
    for step in (50, 99, 100, 550, 999):
        page.mouse.move(*place(page, step / 999))
        check_shows(page, 1000, 0.1, "cosine", int(page.locator(".facts b").first.inner_text()))
        assert int(page.locator(".facts b").first.inner_text()) == pytest.approx(step, abs=1)
    page.mouse.move(*place(page, 1.04))  # beside the axes
    check_shows(page, 1000, 0.1, "cosine", 999)
    page.mouse.move(5, 5)
    check_shows(page, 1000, 0.1, "cosine", 0)
    assert lab.execute(STATE) == "1000 0.1 cosine 0"  # pointing does not select

    page.mouse.click(*place(page, 0.5))
    page.mouse.move(5, 5)
    step = int(page.locator(".facts b").first.inner_text())
    assert abs(step - 500) <= 1
    lab.until(STATE, f"1000 0.1 cosine {step}")
    page.mouse.move(*place(page, 0.5))
    page.mouse.down()
    page.mouse.move(*place(page, 2), steps=4)
    page.mouse.up()
    lab.until(STATE, "1000 0.1 cosine 999")

    (output,) = lab.saved().cells[0].outputs
    assert set(output.data) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}
    assert "rises along a line for 100 steps" in output.metadata["image/png"]["alt"]


def test_sliders_and_schedules(lab, page):
    for schedule in ("linear", "constant", "cosine"):
        page.locator(".choices label", has_text=schedule).click()
        lab.until(STATE, f"1000 0.1 {schedule} 0")
        check_shows(page, 1000, 0.1, schedule, 0)
        for part in (0.05, 0.6):
            page.mouse.move(*place(page, part))
            check_shows(page, 1000, 0.1, schedule, int(page.locator(".facts b").first.inner_text()))
    page.locator(".choices label", has_text="linear").click()
    for label, parts in (("Steps", (0, 0.3, 0.8, 1)), ("Warm-up", (0, 0.58, 1))):
        slider = page.get_by_label(label, exact=True)
        for part in parts:
            box = slider.bounding_box()
            page.mouse.click(box["x"] + 8 + (box["width"] - 16) * part, box["y"] + box["height"] / 2)
            page.wait_for_timeout(400)
            steps, warmup = lab.execute("print(widget.steps, widget.warmup)").split()
            check_shows(page, int(steps), float(warmup), "linear", 0)
        if label == "Steps":
            assert steps == "100000"
    assert warmup == "0.5"


def test_keyboard_and_screen_reader(lab, page):
    spoken = page.locator(".spoken")
    assert spoken.get_attribute("aria-live") == "polite"
    page.locator(".choices input").first.focus()
    page.keyboard.press("ArrowRight")
    lab.until(STATE, "1000 0.1 linear 0")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    lab.until(STATE, "1100 0.1 linear 0")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")
    lab.until(STATE, "1100 0.09 linear 0")
    assert page.get_by_label("Warm-up", exact=True).get_attribute("aria-valuetext") == "9%, 99 steps"
    page.keyboard.press("Tab")
    plot = page.get_by_role("application")
    assert plot.evaluate("(element) => document.activeElement === element")
    assert "1100 steps, 99 of warm-up, then linear" in plot.get_attribute("aria-label")
    for key, step in [
        ("ArrowRight", 11),
        ("Shift+ArrowRight", 12),
        ("ArrowLeft", 1),
        ("ArrowLeft", 0),
        ("ArrowLeft", 0),  # the first
        ("End", 1099),
        ("ArrowUp", 1099),
        ("ArrowDown", 1088),
    ]:
        page.keyboard.press(key)
        check_shows(page, 1100, 0.09, "linear", step)
    value = factor(1088, 1100, 0.09, "linear")
    assert spoken.inner_text().startswith(f"linear, 1100 steps, 99 of warm-up; step 1088: factor {value:.3f}, learning")
    lab.until(STATE, "1100 0.09 linear 1088")
    page.get_by_label("Steps", exact=True).focus()
    page.keyboard.press("Home")  # too few steps for the selected one
    lab.until(STATE, "10 0.09 linear 9")
    check_shows(page, 10, 0.09, "linear", 9)
    assert page.locator(".dot").count() == 10
    assert page.evaluate("() => notebook.content.activeCellIndex") == 0, "the notebook took a key"


def test_works_while_the_kernel_is_busy(lab, page):
    page.evaluate("""() => { window.busy = notebook.sessionContext.session.kernel.requestExecute(
        {code: "import time; time.sleep(6)"}); window.busy.done.then(() => { window.busy = null; }); }""")
    page.locator(".choices label", has_text="constant").click()
    page.locator(".plot").focus()
    page.keyboard.press("End")
    check_shows(page, 1000, 0.1, "constant", 999)
    assert page.evaluate("() => window.busy !== null"), "the kernel was free too early for this test to say anything"
    lab.until(STATE, "1000 0.1 constant 999")


def test_themes_and_narrow_windows(lab, page):
    lab.execute("widget.step = 400")
    brightness = {}
    for theme in ("light", "dark"):
        lab.theme(theme)
        lab.screenshot(f"schedule_{theme}")
        color = page.locator(".facts").evaluate("(element) => getComputedStyle(element).color")
        brightness[theme] = sum(map(int, re.findall(r"\d+", color)[:3])) / (3 * 255)
    assert brightness["light"] < 0.3 and brightness["dark"] > 0.8
    wide = page.locator(".area").bounding_box()["width"]
    page.set_viewport_size({"width": 600, "height": 1000})
    page.wait_for_function(
        "(wide) => document.querySelector('.schedule-plotter .area').getBoundingClientRect().width < wide", arg=wide
    )
    lab.execute("widget.steps, widget.step = 40, 5")
    page.locator(".facts", has_text="step 5").wait_for()
    lab.screenshot("schedule_narrow")
    output = page.locator(".jp-OutputArea-output").first
    assert output.evaluate("(element) => element.scrollWidth <= element.clientWidth"), "wider than the window"
    check_shows(page, 40, 0.1, "cosine", 5)
    page.mouse.move(*place(page, 1))
    check_shows(page, 40, 0.1, "cosine", 39)
    page.set_viewport_size({"width": 1280, "height": 1000})


def test_follows_python_and_other_views(lab, page):
    page.evaluate("() => { notebook.content.activeCellIndex = 0; }")
    page.evaluate("() => jupyterapp.commands.execute('notebook:create-output-view')")
    page.wait_for_function("() => document.querySelectorAll('.schedule-plotter .curve').length === 2")
    lab.execute("widget.step = 900; widget.steps = 500; widget.warmup = 0.25; widget.schedule = 'constant'")
    for view in page.locator(".schedule-plotter").all():
        view.locator(".facts", has_text="step 499").wait_for()
        view.locator(".warmup b", has_text="25% = 125 steps").wait_for()
        view.locator(".choices input[value=constant]:checked").wait_for(state="attached")
    one, other = page.locator(".schedule-plotter").all()
    one.locator(".plot").focus()
    page.keyboard.press("Home")
    other.locator(".facts", has_text=re.compile("step 0")).wait_for()
    lab.until(STATE, "500 0.25 constant 0")
