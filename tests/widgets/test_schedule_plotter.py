import math

import matplotlib.pyplot as plt
import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR

from utils.models.training_recipe import warmup_cosine
from utils.widgets.schedule_plotter import SchedulePlotter

BAD = [
    ({"steps": 9}, ValueError, "steps must be from 10 to 100000, got 9"),
    ({"steps": 100_001}, ValueError, "steps must be from 10 to 100000, got 100001"),
    ({"steps": 100.0}, TypeError, "steps must be an integer, got 100.0"),
    ({"warmup": 0.51}, ValueError, "warmup must be from 0 to 0.5 of all steps, got 0.51"),
    ({"warmup": -0.1}, ValueError, "warmup must be from 0 to 0.5 of all steps, got -0.1"),
    ({"warmup": float("nan")}, ValueError, "warmup must be from 0 to 0.5 of all steps, got nan"),
    ({"warmup": "5%"}, TypeError, "warmup must be a number, got '5%'"),
    ({"schedule": "step"}, ValueError, "one of cosine, linear, constant; got 'step'"),
    ({"schedule": None}, ValueError, "one of cosine, linear, constant; got None"),
    ({"step": 1000}, ValueError, "step must be from 0 to 999, got 1000"),
    ({"step": -1}, ValueError, "step must be from 0 to 999, got -1"),
    ({"step": True}, TypeError, "step must be an integer, got True"),
]


@pytest.mark.parametrize(("values", "error", "message"), BAD)
def test_bad_values_are_refused_and_what_fits_is_named(values, error, message):
    with pytest.raises(error, match=message):
        SchedulePlotter(**values)
    plotter = SchedulePlotter(schedule="linear", step=7)
    before = repr(plotter)
    ((name, value),) = values.items()
    with pytest.raises(error, match=message):
        setattr(plotter, name, value)
    assert repr(plotter) == before


@pytest.mark.parametrize(
    ("rate", "error", "message"),
    [
        (0, ValueError, "above 0, got 0"),
        (-1e-3, ValueError, "above 0, got -0.001"),
        (math.inf, ValueError, "above 0, got inf"),
        ("fast", TypeError, "must be a number, got 'fast'"),
    ],
)
def test_learning_rate_must_be_positive(rate, error, message):
    with pytest.raises(error, match=f"learning_rate must be {message.removeprefix('must be ')}"):
        SchedulePlotter(learning_rate=rate)


def test_fewer_steps_move_the_selected_one_to_the_last():
    plotter = SchedulePlotter(step=900)
    plotter.steps = 950
    assert plotter.step == 900
    plotter.steps = 50
    assert plotter.step == 49


@pytest.mark.parametrize(
    ("steps", "warmup", "warming"), [(100, 0.0, 0), (100, 0.29, 28), (999, 0.05, 49), (10, 0.5, 5)]
)
def test_factors_are_those_of_the_recipe_and_of_pytorch(steps, warmup, warming):
    cosine = SchedulePlotter(steps, warmup)
    assert cosine.warmup_steps() == warming == min(int(warmup * steps), steps - 1)  # 0.29 · 100 is 28.999…
    assert [cosine.factor(n) for n in range(steps)] == [warmup_cosine(n, steps, warming) for n in range(steps)]
    after = steps - warming
    for schedule, factors in {
        "cosine": pytorch_factors(lambda optimizer: CosineAnnealingLR(optimizer, after), after),
        "linear": pytorch_factors(lambda optimizer: LinearLR(optimizer, 1.0, 0.0, after), after),
        "constant": [1.0] * after,
    }.items():
        plotter = SchedulePlotter(steps, warmup, schedule)
        rising = [(n + 1) / warming for n in range(warming)]
        assert [plotter.factor(n) for n in range(steps)] == pytest.approx(rising + factors, abs=1e-9)


def pytorch_factors(make, steps):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler, factors = make(optimizer), []
    for _ in range(steps):
        factors.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return factors


@pytest.mark.parametrize("schedule", ["cosine", "linear", "constant"])
@pytest.mark.parametrize("steps", [40, 30_000])
def test_figure_shows_the_curve_and_the_selected_step(schedule, steps):
    plotter = SchedulePlotter(steps, 0.1, schedule, learning_rate=2e-3, step=30)
    fig = plotter.figure()
    (axis,) = fig.axes
    curve, _, dot = axis.lines
    for step, factor in zip(*curve.get_data(), strict=True):
        assert factor == plotter.factor(step)
    assert {0, steps // 10 - 1, steps // 10, steps - 1} <= set(curve.get_xdata())
    assert [float(value[0]) for value in dot.get_data()] == [30, plotter.factor(30)]
    factor = plotter.factor(30)
    assert axis.get_title("left") == f"step 30: factor {factor:.3f}, learning rate {2e-3 * factor:.3g}"
    plt.close(fig)


def test_pages_without_widgets_get_a_picture_with_alternative_text():
    bundle, metadata = SchedulePlotter(2000, 0.1, "linear", 1e-3, 199)._repr_mimebundle_()
    assert set(bundle) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert bundle["text/plain"] == (
        "SchedulePlotter(steps=2000, warmup=0.1, schedule='linear', learning_rate=0.001, step=199)"
    )
    alt = metadata["image/png"]["alt"]
    assert "rises along a line for 200 steps, then falls along a line. In step 199 it is 1.000." in alt
    assert "starts at 1, then stays at 1" in SchedulePlotter(warmup=0, schedule="constant")._alt()
    assert not plt.get_fignums()
