"""The receptive field explorer of chapter 01: which pixels of a photograph one output of stacked convolutions sees."""

from pathlib import Path

import anywidget
import torch
import traitlets
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from utils import data, plots
from utils.models.convolution import receptive_field

SIDE = 96  # pixels of the square photograph
CHOICES = {"depth": [1, 2, 3, 4, 5, 6], "kernel_size": [1, 3, 5, 7], "stride": [1, 2, 3]}


class ReceptiveFieldExplorer(anywidget.AnyWidget):
    """Stack equal convolutions on a photograph, select one output, and see the pixels it depends on.

    Each layer pads by (K − 1) / 2, so its output at row h, column w is centred on row h · s, column w · s of its input.
    The boxes are the receptive fields of all layers at the selected place. Pixels that the output depends on are lit,
    the brighter the more paths lead from them to it. All of it is drawn in the browser; the attributes below follow
    about 150 ms later, and may also be assigned.

    Args:
        photo: one of `utils.data.PHOTOS`, cropped to 96 × 96 pixels. It cannot be changed later.
        depth: number L of layers, 1 to 6.
        kernel_size: side K of every kernel, 1, 3, 5 or 7.
        stride: stride s of every layer, 1, 2 or 3.
        row, column: the selected output, counted from 0; `None` takes the one in the middle. A map that becomes
            smaller keeps the place in the photograph as far as it can.

    Raises:
        ValueError: a photograph, a setting or an output that does not exist.
    """

    _esm = Path(__file__).with_suffix(".js")
    _css = Path(__file__).with_suffix(".css")

    photo = traitlets.Unicode("cat", read_only=True).tag(sync=True)
    depth = traitlets.Any(4).tag(sync=True)
    kernel_size = traitlets.Any(3).tag(sync=True)
    stride = traitlets.Any(1).tag(sync=True)
    row = traitlets.Any(0).tag(sync=True)
    column = traitlets.Any(0).tag(sync=True)

    _alt = traitlets.Unicode().tag(sync=True)
    _pixels = traitlets.Bytes().tag(sync=True)  # uint8, (96, 96, 3)
    _choices = traitlets.Dict(CHOICES).tag(sync=True)

    def __init__(
        self,
        photo: str = "cat",
        depth: int = 4,
        kernel_size: int = 3,
        stride: int = 1,
        row: int | None = None,
        column: int | None = None,
    ):
        for name, value in (("depth", depth), ("kernel_size", kernel_size), ("stride", stride)):
            _check_choice(name, value)
        size = map_sizes(depth, stride)[-1]
        row, column = (size // 2 if place is None else place for place in (row, column))
        _check_place("row", row, size)
        _check_place("column", column, size)
        pixels = (data.photo(photo, SIDE) * 255).round().byte().permute(1, 2, 0)  # (96, 96, 3)
        super().__init__(
            depth=depth,
            kernel_size=kernel_size,
            stride=stride,
            row=row,
            column=column,
            _alt=data.photo_alt(photo),
            _pixels=pixels.numpy().tobytes(),
        )
        self.set_trait("photo", photo)

    @traitlets.validate("depth", "kernel_size", "stride", "row", "column")
    def _check(self, proposal):
        name, value = proposal["trait"].name, proposal["value"]
        if name in CHOICES:
            _check_choice(name, value)
        else:
            _check_place(name, value, map_sizes(self.depth, self.stride)[-1])
        return value

    @traitlets.observe("depth", "stride")
    def _keep_output_inside(self, change):
        last = map_sizes(self.depth, self.stride)[-1] - 1
        self.row, self.column = min(self.row, last), min(self.column, last)

    def figure(self) -> Figure:
        """Draw what the explorer shows as a matplotlib figure: the photograph with its boxes, and the layers' maps."""
        L, K, s = self.depth, self.kernel_size, self.stride
        rows, columns = seen(L, K, s, self.row), seen(L, K, s, self.column)
        sizes = map_sizes(L, s)
        fig, axis = plots.figure(width=8, height=4.6)
        axis.remove()
        layout = [["photo"] * 4, ["photo"] * 4]
        names = [f"layer {n}" for n in range(1, L + 1)] + ["."] * (6 - L)
        axes = fig.subplot_mosaic([layout[0] + names[:3], layout[1] + names[3:]], empty_sentinel=".")

        light = brightness(rows[0], columns[0])
        plots.image(axes["photo"], data.photo(self.photo, SIDE) * light, _sentence(L, K, s))
        for layer in range(1, L + 1):
            r = receptive_field([(K, s)] * layer)
            centre = [place * s**L - r / 2 for place in (self.column, self.row)]
            color = "white" if layer == L else plots.SKY
            axes["photo"].add_patch(
                Rectangle(centre, r, r, fill=False, color=color, linewidth=2.4 if layer == L else 1)
            )
        for layer in range(1, L + 1):
            shown = brightness(rows[layer], columns[layer])
            plots.image(axes[f"layer {layer}"], shown, vmin=0, vmax=1, cmap="gray")
            axes[f"layer {layer}"].set_title(f"layer {layer}: {sizes[layer]} × {sizes[layer]}", fontsize=9)
        return fig

    def _repr_mimebundle_(self, **options):
        bundle, metadata = super()._repr_mimebundle_(**options)
        fig = self.figure()
        metadata["image/png"] = {"alt": self._text(), "width": round(fig.get_figwidth() * 100)}
        bundle["image/png"] = plots.png(fig)
        bundle["text/plain"] = repr(self)
        return bundle, metadata

    def __repr__(self) -> str:
        names = ("photo", "depth", "kernel_size", "stride", "row", "column")
        return f"ReceptiveFieldExplorer({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    def _text(self) -> str:
        return (
            f"Photograph of {self._alt}, 96 × 96 pixels. {_sentence(self.depth, self.kernel_size, self.stride)}. "
            f"The output in row {self.row}, column {self.column} is selected; the pixels it sees are lit, "
            "those with more paths to it more brightly."
        )


def map_sizes(depth: int, stride: int) -> list[int]:
    """Return the side of the photograph and of each layer's map."""
    sizes = [SIDE]
    for _ in range(depth):
        sizes.append((sizes[-1] - 1) // stride + 1)
    return sizes


def seen(depth: int, kernel_size: int, stride: int, place: int) -> list[torch.Tensor]:
    """Count the paths from every position of every map to one output, along one axis.

    Returns:
        `depth + 1` tensors `(size,)`, for the photograph and each layer; the last is 1 at `place` and 0 elsewhere.
    """
    sizes = map_sizes(depth, stride)
    paths = [torch.zeros(size, dtype=torch.float64) for size in sizes]
    paths[depth][place] = 1
    for layer in range(depth, 0, -1):
        for output in paths[layer].nonzero().flatten().tolist():
            first = output * stride - (kernel_size - 1) // 2
            window = slice(max(0, first), first + kernel_size)
            paths[layer - 1][window] += paths[layer][output]
    return paths


def brightness(rows: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
    """Turn counted paths `(H,)` and `(W,)` into brightness `(H, W)`: 0.3 where there is none, 0.5 to 1 elsewhere."""
    paths = rows[:, None] * columns  # a path is a path of rows and one of columns
    return torch.where(paths > 0, 0.5 + 0.5 * paths / paths.max(), 0.3).float()


def _sentence(depth: int, kernel_size: int, stride: int) -> str:
    r = receptive_field([(kernel_size, stride)] * depth)
    layers = f"{depth} layer{'s' if depth > 1 else ''} of {kernel_size} × {kernel_size}, stride {stride}"
    return f"{layers}: one output sees {r} × {r} pixels"


def _check_choice(name: str, value: int) -> None:
    if isinstance(value, bool) or value not in CHOICES[name]:
        raise ValueError(f"{name} must be one of {', '.join(map(str, CHOICES[name]))}; got {value!r}.")


def _check_place(name: str, value: int, size: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < size:
        raise ValueError(
            f"{name} must be an integer from 0 to {size - 1}, the last map is {size} × {size}; got {value!r}."
        )
