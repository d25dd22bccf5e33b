"""Position similarity, for chapter 03: how much the position of one patch resembles every other, one map per kind."""

from pathlib import Path

import anywidget
import matplotlib as mpl
import numpy as np
import torch
import torch.nn.functional as F
import traitlets
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from utils import plots
from utils.models.position_embedding import check_grid_size, sincos_1d, sincos_2d


class PositionSimilarity(anywidget.AnyWidget):
    """Select a patch and see, in one map per kind of position embedding, how similar all others are to it.

    Click a patch in any map, or move the selection with the arrow keys; pointing at a patch shows its value in every
    map. Colours run from the smallest to the largest value between any two patches, in each map its own. All of it is
    drawn in the browser; `patch` follows about 150 ms later, and may also be assigned.

    Args:
        grid_size: `(H, W)`, rows and columns of patches.
        tables: title → position embeddings `(H·W, D)` in reading order, compared by their cosine. By default a random
            table, as a learned one begins, and the sine-cosine tables in 1D and 2D, D = 64 each.
        biases: title → `(H·W, H·W)`, such as one head of a relative position bias: row i says what patch i adds to its
            scores.
        patch: index of the selected patch in reading order.

    Raises:
        TypeError: the grid size is not a pair of integers, or `patch` not an integer.
        ValueError: a table or bias that does not fit the grid, one title twice, nothing to show, or a patch that does
            not exist.
    """

    _esm = Path(__file__).with_suffix(".js")
    _css = Path(__file__).with_suffix(".css")

    patch = traitlets.Any(0).tag(sync=True)

    _grid = traitlets.List().tag(sync=True)  # [H, W]
    _maps = traitlets.List().tag(sync=True)  # [{"title": ..., "what": ..., "low": ..., "high": ...}, ...]
    _values = traitlets.Bytes().tag(sync=True)  # float32, (maps, H·W, H·W)
    _colours = traitlets.Bytes().tag(sync=True)  # uint8, (256, 3), from low to high

    def __init__(
        self,
        grid_size: tuple[int, int] = (8, 12),
        tables: dict[str, torch.Tensor] | None = None,
        biases: dict[str, torch.Tensor] | None = None,
        patch: int = 41,
    ):
        check_grid_size(grid_size)
        H, W = grid_size
        if tables is None and biases is None:
            tables = _untrained(H, W)
        tables, biases = tables or {}, biases or {}
        if (not tables and not biases) or tables.keys() & biases.keys():
            raise ValueError(f"each map needs a title of its own, got tables {list(tables)} and biases {list(biases)}.")
        values = [_cosines(title, table, H * W) for title, table in tables.items()]
        values += [_bias(title, bias, H * W) for title, bias in biases.items()]
        values = torch.stack(values)  # (maps, N, N)
        _check_patch(patch, H, W)
        colours = mpl.colormaps[plots.SEQUENTIAL](np.arange(256))[:, :3] * 255
        super().__init__(
            patch=patch,
            _grid=[H, W],
            _maps=[
                {"title": title, "what": "bias" if title in biases else "cosine", "low": low, "high": high}
                for title, low, high in zip(
                    [*tables, *biases], values.amin((1, 2)).tolist(), values.amax((1, 2)).tolist(), strict=True
                )
            ],
            _values=values.numpy().tobytes(),
            _colours=colours.round().astype(np.uint8).tobytes(),
        )

    @traitlets.validate("patch")
    def _check(self, proposal):
        if self._grid:  # not yet while the widget is being made
            _check_patch(proposal["value"], *self._grid)
        return proposal["value"]

    def figure(self) -> Figure:
        """Draw what the widget shows as a matplotlib figure: one map per kind, the selected patch framed."""
        H, W = self._grid
        columns = min(3, len(self._maps))
        rows = -(-len(self._maps) // columns)
        fig, axes = plots.figure(rows, columns, width=8, height=rows * (8 / columns * H / W + 0.5), squeeze=False)
        values = np.frombuffer(self._values, np.float32).reshape(-1, H * W, H, W)
        for axis in axes.flat[len(self._maps) :]:
            axis.axis("off")
        for axis, one, maps in zip(axes.flat, self._maps, values, strict=False):
            low, high = one["low"], one["high"]
            plots.image(axis, torch.tensor(maps[self.patch]), one["title"], vmin=low, vmax=high)
            row, column = divmod(self.patch, W)
            for color, linewidth in (("white", 4), (plots.BLACK, 2)):
                frame = Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, color=color, linewidth=linewidth)
                axis.add_patch(frame)
            axis.set_xlabel(f"{one['what']}, from {low:.2f} (dark) to {high:.2f} (bright)", fontsize=8)
        return fig

    def _repr_mimebundle_(self, **options):
        bundle, metadata = super()._repr_mimebundle_(**options)
        fig = self.figure()
        metadata["image/png"] = {"alt": self._alt(), "width": round(fig.get_figwidth() * 100)}
        bundle["image/png"] = plots.png(fig)
        bundle["text/plain"] = repr(self)
        return bundle, metadata

    def __repr__(self) -> str:
        titles = ", ".join(one["title"] for one in self._maps)
        return f"PositionSimilarity(grid_size={tuple(self._grid)}, patch={self.patch}; {titles})"

    def _alt(self) -> str:
        H, W = self._grid
        row, column = divmod(self.patch, W)
        titles = ", ".join(one["title"] for one in self._maps)
        return (
            f"Maps of {H} × {W} patches, one for each of: {titles}. Colour says how similar the position of each patch "
            f"is to that of patch {self.patch}, in row {row} and column {column}, which is framed."
        )


def _untrained(H: int, W: int) -> dict[str, torch.Tensor]:
    random = torch.randn(H * W, 64, generator=torch.Generator().manual_seed(0))
    return {
        "learned, before training": random,
        "sine-cosine 1D": sincos_1d(torch.arange(H * W), 64),
        "sine-cosine 2D": sincos_2d(H, W, 64),
    }


def _cosines(title: str, table: torch.Tensor, count: int) -> torch.Tensor:
    if table.ndim != 2 or len(table) != count:
        raise ValueError(f"the table {title!r} must have shape ({count}, D), got {tuple(table.shape)}.")
    table = F.normalize(table.detach().cpu().float(), dim=1)
    return table @ table.T  # (N, D) @ (D, N) -> (N, N)


def _bias(title: str, bias: torch.Tensor, count: int) -> torch.Tensor:
    if bias.shape != (count, count):
        raise ValueError(f"the bias {title!r} must have shape ({count}, {count}), got {tuple(bias.shape)}.")
    return bias.detach().cpu().float()


def _check_patch(patch: int, H: int, W: int) -> None:
    if isinstance(patch, bool) or not isinstance(patch, int):
        raise TypeError(f"patch must be an integer index, got {patch!r} of type {type(patch).__name__}.")
    if not 0 <= patch < H * W:
        raise ValueError(f"patch must be from 0 to {H * W - 1}, since {H} × {W} patches are {H * W}; got {patch}.")
