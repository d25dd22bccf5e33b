"""Relative bias explorer, for chapter 12: which entry of the table two cells of a window read, and who shares it."""

from pathlib import Path

import anywidget
import traitlets
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from utils import plots
from utils.models.position_embedding import check_grid_size, relative_position_index

LARGEST = 4  # cells along a side; 4 × 4 cells make 256 pairs


class RelativeBiasExplorer(anywidget.AnyWidget):
    """Select two cells of a window, and see the offset between them, the entry of the table and all that read it.

    Four linked pictures: the window with the cell that looks (query i), the window with the one that is looked at (key
    j), the table with one entry for each offset, and the index, one number for each pair. Click a cell in any of them,
    or move with the arrow keys; in the table, this picks a pair with that offset, and in the index the pair itself. All
    of it is drawn in the browser; `query` and `key` follow about 150 ms later, and may also be assigned.

    Args:
        window_size: `(H, W)`, rows and columns of the window, at most 4 each.
        query, key: the selected cells i and j, in reading order.

    Raises:
        TypeError: the window is not a pair of integers, or a cell not an integer.
        ValueError: a side below 1 or above 4, or a cell that does not exist.

    Source: Liu et al. (2021), "Swin Transformer", section 3.2, on relative position bias.
    """

    _esm = Path(__file__).with_suffix(".js")
    _css = Path(__file__).with_suffix(".css")

    query = traitlets.Any(0).tag(sync=True)
    key = traitlets.Any(0).tag(sync=True)

    _window = traitlets.List().tag(sync=True)  # [H, W]

    def __init__(self, window_size: tuple[int, int] = (2, 2), query: int = 0, key: int = 0):
        check_grid_size(window_size)
        H, W = window_size
        if max(H, W) > LARGEST:
            raise ValueError(f"a window of {H} × {W} cells is too large to show: at most {LARGEST} × {LARGEST}.")
        _check_cell("query", query, H, W)
        _check_cell("key", key, H, W)
        super().__init__(query=query, key=key, _window=[H, W])

    @traitlets.validate("query", "key")
    def _check(self, proposal):
        if self._window:  # not yet while the widget is being made
            _check_cell(proposal["trait"].name, proposal["value"], *self._window)
        return proposal["value"]

    def figure(self) -> Figure:
        """Draw what the widget shows as a matplotlib figure: both cells, the entry, and all pairs that share it."""
        H, W = self._window
        i, j = self.query, self.key
        index = relative_position_index(H, W)
        number = index[i, j].item()
        cells = [[row * W + column for column in range(W)] for row in range(H)]
        table = [[row * (2 * W - 1) + column for column in range(2 * W - 1)] for row in range(2 * H - 1)]
        fig, axes = plots.figure(1, 4, width=10, height=3.1, width_ratios=[W + 0.5, W + 0.5, 2 * W, max(4, H * W)])
        _draw(axes[0], cells, {i: plots.BLUE}, f"query i = {i}")
        _draw(axes[1], cells, {j: plots.ORANGE}, f"key j = {j}")
        _draw(axes[2], table, {number: plots.SKY}, f"table, entry {number}")
        axes[2].set(xticks=range(2 * W - 1), xticklabels=range(1 - W, W), yticks=range(2 * H - 1))
        axes[2].set(yticklabels=range(1 - H, H), xlabel="columns apart", ylabel="rows apart")
        _draw(
            axes[3],
            index.tolist(),
            {number: plots.SKY},
            f"index, {int((index == number).sum())} of {index.numel()} pairs",
        )
        axes[3].add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, fill=False, color=plots.BLACK, linewidth=2.5))
        axes[3].set(xticks=range(H * W), yticks=range(H * W), xlabel="key j", ylabel="query i")
        return fig

    def _repr_mimebundle_(self, **options):
        bundle, metadata = super()._repr_mimebundle_(**options)
        fig = self.figure()
        metadata["image/png"] = {"alt": self._alt(), "width": round(fig.get_figwidth() * 100)}
        bundle["image/png"] = plots.png(fig)
        bundle["text/plain"] = repr(self)
        return bundle, metadata

    def __repr__(self) -> str:
        return f"RelativeBiasExplorer(window_size={tuple(self._window)}, query={self.query}, key={self.key})"

    def _alt(self) -> str:
        H, W = self._window
        (row_i, column_i), (row_j, column_j) = divmod(self.query, W), divmod(self.key, W)
        index = relative_position_index(H, W)
        number = index[self.query, self.key].item()
        return (
            f"A window of {H} × {W} cells. Cell {self.query}, in row {row_i} and column {column_i}, looks at cell "
            f"{self.key}, in row {row_j} and column {column_j}: {row_i - row_j} rows and {column_i - column_j} columns "
            f"apart, which is entry {number} of the table, read by {(index == number).sum()} of {index.numel()} pairs."
        )


def _draw(axis, numbers: list[list[int]], colours: dict[int, str], title: str) -> None:
    """Draw a grid of numbers, those in `colours` on a ground of that colour."""
    rows, columns = len(numbers), len(numbers[0])
    for row in range(rows):
        for column in range(columns):
            number = numbers[row][column]
            color = colours.get(number, "white")
            axis.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=color, edgecolor="#999999"))
            ink = "white" if color == plots.BLUE else plots.BLACK
            size = 10 if columns <= 9 else 7
            axis.text(column, row, str(number), ha="center", va="center", fontsize=size, color=ink)
    axis.set(title=title, xlim=(-0.55, columns - 0.45), ylim=(rows - 0.45, -0.55), aspect="equal", xticks=[], yticks=[])
    axis.title.set_fontsize(10)
    axis.tick_params(length=0, labelsize=8 if columns <= 9 else 6)
    axis.grid(False)
    for spine in axis.spines.values():
        spine.set_visible(False)


def _check_cell(name: str, cell: int, H: int, W: int) -> None:
    if isinstance(cell, bool) or not isinstance(cell, int):
        raise TypeError(f"{name} must be an integer index, got {cell!r} of type {type(cell).__name__}.")
    if not 0 <= cell < H * W:
        raise ValueError(f"{name} must be from 0 to {H * W - 1}, since {H} × {W} cells are {H * W}; got {cell}.")
