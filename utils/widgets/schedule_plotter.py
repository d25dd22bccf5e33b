"""The schedule plotter of chapter 08: the learning rate's factor in every step of a training."""

from numbers import Real
from pathlib import Path

import anywidget
import traitlets
from matplotlib.figure import Figure

from utils import plots
from utils.models.training_recipe import warmup_cosine

SCHEDULES = ("cosine", "linear", "constant")
STEPS = (10, 100_000)
WARMUP = (0.0, 0.5)


class SchedulePlotter(anywidget.AnyWidget):
    """See the factor of the learning rate in each step: a warm-up along a line, then a cosine, a line or nothing more.

    Point at the curve to read a step; a click, a tap or the arrow keys select it. All of it is drawn in the browser;
    `steps`, `warmup`, `schedule` and `step` follow about 150 ms later, and may also be assigned.

    Args:
        steps: number of all steps, from 10 to 100,000.
        warmup: the share of them that warms up, from 0 to 0.5, rounded down to whole steps as in `fit_recipe`.
        schedule: what comes after the warm-up, "cosine", "linear" or "constant".
        learning_rate: the highest one, which the factor multiplies. It cannot be changed later.
        step: the selected step, from 0 to steps − 1. Fewer steps that leave it out move it to the last one.

    Raises:
        TypeError: `steps` or `step` is not an integer, or `warmup` or `learning_rate` not a number.
        ValueError: a number out of its range, or a schedule that does not exist.
    """

    _esm = Path(__file__).with_suffix(".js")
    _css = Path(__file__).with_suffix(".css")

    # Of no particular type, so that the errors are ours; unlike `Any`, it hands `None` to the check too.
    steps = traitlets.TraitType(1000).tag(sync=True)
    warmup = traitlets.TraitType(0.05).tag(sync=True)
    schedule = traitlets.TraitType("cosine").tag(sync=True)
    step = traitlets.TraitType(0).tag(sync=True)

    _learning_rate = traitlets.Float().tag(sync=True)
    _ranges = traitlets.Dict({"steps": list(STEPS), "warmup": list(WARMUP)}).tag(sync=True)

    def __init__(
        self,
        steps: int = 1000,
        warmup: float = 0.05,
        schedule: str = "cosine",
        learning_rate: float = 1e-3,
        step: int = 0,
    ):
        _check_number("learning_rate", learning_rate)
        if not 0 < learning_rate < float("inf"):
            raise ValueError(f"learning_rate must be above 0, got {learning_rate}.")
        _check_integer("steps", steps, STEPS)
        _check_step(step, steps)
        super().__init__(steps=steps, warmup=warmup, schedule=schedule, step=step, _learning_rate=float(learning_rate))

    @traitlets.validate("steps", "warmup", "schedule", "step")
    def _check(self, proposal):
        value = proposal["value"]
        match proposal["trait"].name:
            case "steps":
                _check_integer("steps", value, STEPS)
            case "warmup":
                _check_number("warmup", value)
                if not WARMUP[0] <= value <= WARMUP[1]:
                    raise ValueError(f"warmup must be from {WARMUP[0]:g} to {WARMUP[1]:g} of all steps, got {value}.")
                return float(value)
            case "schedule":
                if value not in SCHEDULES:
                    raise ValueError(f"schedule must be one of {', '.join(SCHEDULES)}; got {value!r}.")
            case "step":
                _check_step(value, self.steps)
        return value

    @traitlets.observe("steps")
    def _keep_step_inside(self, change):
        self.step = min(self.step, self.steps - 1)

    def warmup_steps(self) -> int:
        """Return how many steps warm up, rounded as `fit_recipe` does."""
        return min(int(self.warmup * self.steps), self.steps - 1)

    def factor(self, step: int) -> float:
        """Return the factor of the learning rate in a step."""
        warmup = self.warmup_steps()
        if self.schedule == "cosine" or step < warmup:
            return warmup_cosine(step, self.steps, warmup)
        return 1.0 if self.schedule == "constant" else 1 - (step - warmup) / (self.steps - warmup)

    def figure(self) -> Figure:
        """Draw what the plotter shows as a matplotlib figure: the curve, the warm-up, the selected step."""
        warmup, factor = self.warmup_steps(), self.factor(self.step)
        every = max(1, self.steps // 2000)
        places = sorted({*range(0, self.steps, every), max(0, warmup - 1), warmup, self.steps - 1})
        fig, axis = plots.figure(width=8, height=3.2)
        if warmup:
            axis.axvspan(0, warmup, color=plots.ORANGE, alpha=0.18, linewidth=0)
        marker = "o" if self.steps <= 60 else None
        axis.plot(places, [self.factor(place) for place in places], color=plots.BLUE, marker=marker, markersize=4)
        axis.axvline(self.step, color=plots.BLACK, linewidth=1)
        axis.plot(self.step, factor, "o", color=plots.BLUE, markeredgecolor="black", markersize=9)
        title = f"step {self.step}: factor {factor:.3f}, learning rate {factor * self._learning_rate:.3g}"
        axis.set(xlabel=f"step, of {self.steps:,}, of which {warmup:,} warm up", ylabel="factor", title=title)
        axis.set(xlim=(-0.01 * self.steps, 1.01 * self.steps), ylim=(-0.03, 1.06))
        right = axis.secondary_yaxis("right", functions=(self._to_rate, self._to_factor))
        right.set_ylabel("learning rate")
        return fig

    def _to_rate(self, factor):
        return factor * self._learning_rate

    def _to_factor(self, rate):
        return rate / self._learning_rate

    def _repr_mimebundle_(self, **options):
        bundle, metadata = super()._repr_mimebundle_(**options)
        fig = self.figure()
        metadata["image/png"] = {"alt": self._alt(), "width": round(fig.get_figwidth() * 100)}
        bundle["image/png"] = plots.png(fig)
        bundle["text/plain"] = repr(self)
        return bundle, metadata

    def __repr__(self) -> str:
        return (
            f"SchedulePlotter(steps={self.steps}, warmup={self.warmup:g}, schedule={self.schedule!r}, "
            f"learning_rate={self._learning_rate:g}, step={self.step})"
        )

    def _alt(self) -> str:
        warmup = self.warmup_steps()
        rise = f"rises along a line for {warmup:,} step{'s' * (warmup != 1)}" if warmup else "starts at 1"
        fall = {"cosine": "falls along half a cosine", "linear": "falls along a line", "constant": "stays at 1"}
        return (
            f"Curve over {self.steps:,} steps: the factor of the learning rate {rise}, then {fall[self.schedule]}. "
            f"In step {self.step} it is {self.factor(self.step):.3f}."
        )


def _check_number(name: str, value) -> None:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, got {value!r}.")


def _check_integer(name: str, value, limits: tuple[int, int]) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an integer, got {value!r} of type {type(value).__name__}.")
    if not limits[0] <= value <= limits[1]:
        raise ValueError(f"{name} must be from {limits[0]} to {limits[1]}, got {value}.")


def _check_step(step, steps: int) -> None:
    _check_integer("step", step, (0, steps - 1))
