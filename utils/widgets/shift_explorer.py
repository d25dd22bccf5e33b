"""Shift explorer, for chapter 13: the pieces of a map, its shifted windows, and the mask that keeps strangers apart."""

from pathlib import Path

import anywidget
import matplotlib as mpl
import numpy as np
import torch
import traitlets
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from utils import plots
from utils.models.position_embedding import check_grid_size

COLOURS = (plots.SKY, plots.ORANGE, plots.GREEN, plots.PINK)  # of regions 0 to 3
NAMES = ("only moved", "came in at the right edge", "came in at the lower edge", "came in at both")


class ShiftExplorer(anywidget.AnyWidget):
    """Shift a map of tokens, and follow one token: into which window it comes, and whom it may look at there.

    Three panels: the map, cut into the pieces that attend on their own; the cyclically shifted map, cut into regular
    windows, its regions in colour; and the mask of one window. Move the shift with the slider, select a token by a
    click or the arrow keys, point at one to see its row in the mask, or at a pair in the mask to see both its tokens in
    the maps. All of it is drawn in the browser; `shift` and `cell` follow about 150 ms later, and may also be assigned.

    Args:
        grid_size: `(H, W)`, rows and columns of tokens, multiples of the window's side.
        window: side of a window in tokens.
        shift: rows and columns to shift by, in tokens, from 0 to a full window.
        cell: index of the selected token in reading order, before the shift.

    Raises:
        TypeError: a size that is not a pair of integers, or a window, shift or cell that is not an integer.
        ValueError: a side below 1, a window larger than the map, a map that windows do not fill, a shift that is not
            from 0 to a window, or a cell that does not exist.

    Source: Liu et al. (2021), "Swin Transformer", section 3.2, figure 4.
    """

    _esm = Path(__file__).with_suffix(".js")
    _css = Path(__file__).with_suffix(".css")

    shift = traitlets.Any(0).tag(sync=True)
    cell = traitlets.Any(0).tag(sync=True)

    _grid = traitlets.List().tag(sync=True)  # [H, W]
    _window = traitlets.Int().tag(sync=True)
    _colours = traitlets.List().tag(sync=True)
    _names = traitlets.List().tag(sync=True)

    def __init__(self, grid_size: tuple[int, int] = (8, 8), window: int = 4, shift: int = 2, cell: int = 9):
        check_grid_size(grid_size)
        H, W = grid_size
        _check("window", window, 1, min(H, W), "the window's side")
        if H % window or W % window:
            raise ValueError(f"windows of {window} × {window} do not cover a map of {H} × {W}.")
        _check("shift", shift, 0, window, "a shift of this window")
        _check("cell", cell, 0, H * W - 1, f"{H} × {W} tokens")
        super().__init__(
            shift=shift, cell=cell, _grid=[H, W], _window=window, _colours=list(COLOURS), _names=list(NAMES)
        )

    @traitlets.validate("shift")
    def _check_shift(self, proposal):
        if self._grid:  # not yet while the widget is being made
            _check("shift", proposal["value"], 0, self._window, "a shift of this window")
        return proposal["value"]

    @traitlets.validate("cell")
    def _check_cell(self, proposal):
        if self._grid:
            H, W = self._grid
            _check("cell", proposal["value"], 0, H * W - 1, f"{H} × {W} tokens")
        return proposal["value"]

    def _shifted(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return, for each place of the shifted map `(H, W)`: its token's index, its region and its window."""
        (H, W), M, s = self._grid, self._window, self.shift
        tokens = torch.arange(H * W).view(H, W).roll((-s, -s), (0, 1))
        row, column = torch.arange(H), torch.arange(W)
        regions = 2 * (row >= H - s)[:, None].long() + (column >= W - s).long()
        windows = (row // M)[:, None] * (W // M) + column // M
        return tokens, regions, windows

    def _window_of(self) -> tuple[int, torch.Tensor, torch.Tensor, int]:
        """Return the selected token's window: its number, its tokens `(N,)`, their regions, and the token's place."""
        tokens, regions, windows = self._shifted()
        number = int(windows[tokens == self.cell])
        inside = tokens[windows == number]  # in reading order
        return number, inside, regions[windows == number], int((inside == self.cell).nonzero())

    def figure(self) -> Figure:
        """Draw what the widget shows as a matplotlib figure: the map, the shifted map, and the mask of the window."""
        (H, W), M, s = self._grid, self._window, self.shift
        tokens, regions, _ = self._shifted()
        number, inside, inside_regions, place = self._window_of()
        seen = set(inside[inside_regions == inside_regions[place]].tolist())
        fig, axes = plots.figure(1, 3, width=10.5, height=4.1, width_ratios=(W, W, H))
        cmap = mpl.colors.ListedColormap(COLOURS)
        still = torch.empty(H * W, dtype=torch.long)
        still[tokens.flatten()] = regions.flatten()
        cuts = [sorted({0, *range(s % M, side, M), side}) for side in (H, W)]
        windows = [range(0, side + 1, M) for side in (H, W)]
        for axis, labels, colours, borders, title in (
            (axes[0], torch.arange(H * W).view(H, W), still.view(H, W), cuts, "the map and its pieces"),
            (axes[1], tokens, regions, windows, f"shifted by {s}, in windows"),
        ):
            plots.image(axis, colours, title, cmap=cmap, vmin=0, vmax=3)
            for (r, c), token in np.ndenumerate(labels.numpy()):
                weight = "bold" if token in seen else "normal"
                axis.text(c, r, token, ha="center", va="center", fontsize=7, weight=weight, color=plots.BLACK)
                if token in seen:
                    frame = {"linewidth": 3 if token == self.cell else 1, "color": plots.BLACK, "fill": False}
                    axis.add_patch(Rectangle((c - 0.4, r - 0.4), 0.8, 0.8, **frame))
            axis.hlines([b - 0.5 for b in borders[0]], -0.5, W - 0.5, plots.BLACK, linewidth=2.5, clip_on=False)
            axis.vlines([b - 0.5 for b in borders[1]], -0.5, H - 0.5, plots.BLACK, linewidth=2.5, clip_on=False)
        mask = inside_regions[:, None] == inside_regions
        title = f"mask of window {number}: {len(seen)} of {len(inside)}"
        plots.image(axes[2], mask, title, cmap=mpl.colors.ListedColormap(["#eeeeee", plots.SKY]), vmin=0, vmax=1)
        axes[2].add_patch(Rectangle((-0.5, place - 0.5), len(inside), 1, fill=False, color=plots.BLACK, linewidth=2.5))
        axes[2].set(xlabel="key", ylabel="query")
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
            f"ShiftExplorer(grid_size={tuple(self._grid)}, window={self._window}, shift={self.shift}, cell={self.cell})"
        )

    def _alt(self) -> str:
        (H, W), M = self._grid, self._window
        number, inside, regions, place = self._window_of()
        return (
            f"A map of {H} × {W} tokens in windows of {M} × {M}, shifted by {self.shift}: the pieces of the map, the "
            f"shifted map in windows, its regions in colour, and the mask of window {number}. There token {self.cell} "
            f"may look at {int((regions == regions[place]).sum())} of {len(inside)} tokens, which are framed."
        )


def _check(name: str, value: int, low: int, high: int, what: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an integer, got {value!r} of type {type(value).__name__}.")
    if not low <= value <= high:
        raise ValueError(f"{name} must be from {low} to {high}, for {what}; got {value}.")
