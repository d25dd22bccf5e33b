"""The attention playground of chapter 04: queries and keys to drag in the plane, and what each query gets."""

import math
from numbers import Real
from pathlib import Path

import anywidget
import torch
import traitlets
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from utils import plots
from utils.models.self_attention import attention_weights

REACH = 3.0  # coordinates go from -REACH to REACH
QUERIES, KEYS = 3, 6  # at most
TEMPERATURES = (0.1, 10.0)
COLORS = {
    "blue": plots.BLUE,
    "orange": plots.ORANGE,
    "green": plots.GREEN,
    "red": plots.RED,
    "sky blue": plots.SKY,
    "pink": plots.PINK,
}  # the values, in the order of the keys


class AttentionPlayground(anywidget.AnyWidget):
    """Drag two-dimensional queries and keys, and watch scores, weights and outputs.

    The value of a key is its colour (red, green and blue from 0 to 1), so the output of a query is a mixture of
    colours. The background has, at every place, the colour that a query there would get. All of it is drawn in the
    browser; the five attributes below follow about 150 ms later, and may also be assigned.

    Args:
        query_points: one to three pairs `(x, y)` of numbers from -3 to 3.
        key_points: one to six such pairs. Key number i has the i-th of `COLORS` as its value.
        query: index of the query whose scores and weights are listed, from 0.
        scaled: whether scores are divided by √d, here √2.
        temperature: what scores are divided by besides, from 0.1 to 10.

    Raises:
        TypeError: points that are not pairs of numbers, an index that is not an integer, a temperature that is not a
            number, or `scaled` neither `True` nor `False`.
        ValueError: too few or too many points, a coordinate or a temperature out of range, or a query that does not
            exist.
    """

    _esm = Path(__file__).with_suffix(".js")
    _css = Path(__file__).with_suffix(".css")

    query_points = traitlets.Any().tag(sync=True)
    key_points = traitlets.Any().tag(sync=True)
    query = traitlets.Any(0).tag(sync=True)
    scaled = traitlets.Any(True).tag(sync=True)
    temperature = traitlets.Any(1.0).tag(sync=True)

    _reach = traitlets.Float(REACH).tag(sync=True)
    _most = traitlets.Dict({"query_points": QUERIES, "key_points": KEYS}).tag(sync=True)
    _temperatures = traitlets.List(list(TEMPERATURES)).tag(sync=True)
    _colors = traitlets.List([{"name": name, "hex": color} for name, color in COLORS.items()]).tag(sync=True)

    def __init__(
        self,
        query_points=((2.0, 1.0), (-1.0, -0.5)),
        key_points=((0.0, 1.5), (1.5, 0.0), (0.0, -1.5), (-1.5, 0.0)),
        query: int = 0,
        scaled: bool = True,
        temperature: float = 1.0,
    ):
        queries = _points("query_points", query_points, QUERIES)
        _check_query(query, len(queries))
        super().__init__(
            query_points=queries, key_points=key_points, query=query, scaled=scaled, temperature=temperature
        )

    @traitlets.validate("query_points", "key_points", "query", "scaled", "temperature")
    def _check(self, proposal):
        value = proposal["value"]
        match proposal["trait"].name:
            case "query_points":
                return _points("query_points", value, QUERIES)
            case "key_points":
                return _points("key_points", value, KEYS)
            case "query":
                _check_query(value, len(self.query_points or [None]))
            case "scaled":
                if not isinstance(value, bool):
                    raise TypeError(f"scaled must be True or False, got {value!r}.")
            case "temperature":
                _check_temperature(value)
                return float(value)
        return value

    @traitlets.observe("query_points")
    def _keep_query_inside(self, change):
        self.query = min(self.query, len(self.query_points) - 1)

    def weights(self) -> torch.Tensor:
        """Return how much each query looks at each key, `(queries, keys)`."""
        return self._weights_at(torch.tensor(self.query_points, dtype=torch.float64))

    def outputs(self) -> torch.Tensor:
        """Return what each query gets: red, green and blue from 0 to 1, `(queries, 3)`."""
        return self.weights() @ self._values()

    def _weights_at(self, places: torch.Tensor) -> torch.Tensor:
        factor = (1.0 if self.scaled else math.sqrt(2)) / self.temperature  # `attention_weights` divides by √2
        return attention_weights(factor * places, torch.tensor(self.key_points, dtype=torch.float64))

    def _values(self) -> torch.Tensor:
        return torch.tensor([to_rgb(color) for color in COLORS.values()], dtype=torch.float64)[: len(self.key_points)]

    def figure(self) -> Figure:
        """Draw what the playground shows as a matplotlib figure: the plane, and the weights of the listed query."""
        fig, (plane, bars) = plots.figure(1, 2, width=8, height=3.9, gridspec_kw={"width_ratios": [1, 0.9]})
        line = torch.linspace(-REACH, REACH, 121, dtype=torch.float64)
        grid = torch.stack(torch.meshgrid(line, line, indexing="xy"), dim=-1)  # (121, 121, 2), y upwards
        field = self._weights_at(grid.reshape(-1, 2)) @ self._values()
        field = field.reshape(121, 121, 3).clamp(0, 1).numpy()
        plane.imshow(field, origin="lower", extent=[-REACH, REACH] * 2, interpolation="bilinear")
        plane.axhline(0, color="white", linewidth=0.8)
        plane.axvline(0, color="white", linewidth=0.8)
        plane.grid(False)
        weights, outputs = self.weights(), self.outputs()
        x, y = self.query_points[self.query]
        for (kx, ky), weight in zip(self.key_points, weights[self.query].tolist(), strict=True):
            plane.plot([x, kx], [y, ky], color="white", linewidth=0.5 + 7 * weight, solid_capstyle="round")
        for number, ((kx, ky), color) in enumerate(zip(self.key_points, COLORS.values(), strict=False), 1):
            plane.plot(kx, ky, "o", color=color, markeredgecolor="white", markersize=16)
            plane.text(kx, ky, str(number), color="white", ha="center", va="center_baseline", weight="bold")
        for letter, (qx, qy), output in zip("ABC", self.query_points, outputs.clamp(0, 1).tolist(), strict=False):
            plane.plot(qx, qy, "s", color=output, markeredgecolor="black", markeredgewidth=2, markersize=16)
            plane.text(qx, qy, letter, color="white", ha="center", va="center_baseline", weight="bold")
        plane.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), title="Queries A, B, … and keys 1, 2, …")

        shares = weights[self.query].tolist()
        numbers = list(range(len(shares), 0, -1))
        bars.barh(numbers, shares, color=list(COLORS.values())[: len(shares)])
        for number, share in zip(numbers, shares, strict=True):
            bars.text(min(share + 0.02, 1.02), number, f"{share:.0%}", va="center")
        bars.set_yticks(numbers, [f"key {n}" for n in range(1, len(shares) + 1)])
        scale = "q·k / √2" if self.scaled else "q·k"
        bars.set(xlim=(0, 1.15), xlabel="weight", title=f"Query {'ABC'[self.query]}: {scale}, T = {self.temperature:g}")
        bars.grid(axis="y", visible=False)
        return fig

    def _repr_mimebundle_(self, **options):
        bundle, metadata = super()._repr_mimebundle_(**options)
        fig = self.figure()
        metadata["image/png"] = {"alt": self._alt(), "width": round(fig.get_figwidth() * 100)}
        bundle["image/png"] = plots.png(fig)
        bundle["text/plain"] = repr(self)
        return bundle, metadata

    def __repr__(self) -> str:
        return (
            f"AttentionPlayground(query_points={self.query_points}, key_points={self.key_points}, "
            f"query={self.query}, scaled={self.scaled}, temperature={self.temperature})"
        )

    def _alt(self) -> str:
        shares = zip(COLORS, self.weights()[self.query].tolist(), strict=False)
        listed = ", ".join(f"{share:.0%} at {color} key {n}" for n, (color, share) in enumerate(shares, 1))
        return (
            f"Plane with {len(self.query_points)} queries and {len(self.key_points)} keys; the background has, at each "
            f"place, the mixture of the keys' colours that a query there would get. Query {'ABC'[self.query]} looks "
            f"{listed}."
        )


def _points(name: str, points, most: int) -> list[list[float]]:
    """Return points as a list of pairs, or raise an error that says what would fit."""
    try:
        pairs = [list(point) for point in points]
        whole = all(len(pair) == 2 and all(_is_number(x) for x in pair) for pair in pairs)
    except TypeError:
        whole = False
    if not whole:
        raise TypeError(f"{name} must be pairs (x, y) of numbers, got {points!r}.")
    if not 1 <= len(pairs) <= most:
        raise ValueError(f"there can be 1 to {most} {name}, got {len(pairs)}.")
    for pair in pairs:
        if not all(-REACH <= x <= REACH for x in pair):
            raise ValueError(f"{name} must have coordinates from {-REACH:g} to {REACH:g}, got {tuple(pair)}.")
    return [[float(x), float(y)] for x, y in pairs]


def _check_query(query: int, count: int) -> None:
    if isinstance(query, bool) or not isinstance(query, int):
        raise TypeError(f"query must be an integer index, got {query!r} of type {type(query).__name__}.")
    if not 0 <= query < count:
        raise ValueError(f"query must be from 0 to {count - 1}, got {query}.")


def _check_temperature(temperature: float) -> None:
    if not _is_number(temperature):
        raise TypeError(f"temperature must be a number, got {temperature!r}.")
    low, high = TEMPERATURES
    if not low <= temperature <= high:
        raise ValueError(f"temperature must be from {low:g} to {high:g}, got {temperature}.")


def _is_number(value) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)
