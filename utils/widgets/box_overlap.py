"""Box overlap, for chapter 18: drag two boxes and see their intersection, their union, and IoU."""

from pathlib import Path

import anywidget
import torch
import traitlets
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from utils import plots
from utils.models.dense_prediction import COCO_THRESHOLDS, box_area, box_iou

NAMES = ("truth", "guess")


class BoxOverlap(anywidget.AnyWidget):
    """Move and resize a true and a guessed box, and see what IoU makes of it.

    Drag a box to move it and one of its corners to resize it, or use the keyboard: Tab chooses a box, arrow keys move
    it, and with Shift they move its lower right corner. All of it is computed in the browser; `truth` and `guess`
    follow about 150 ms later, and may also be assigned.

    Args:
        truth, guess: boxes (x₁, y₁, x₂, y₂) in whole pixels, at least 1 wide and high, inside the area.
        size: height and width of the area in pixels.

    Raises:
        TypeError: coordinates that are not integers.
        ValueError: a box that does not have four coordinates, is empty or turned over, or leaves the area.

    Source: Everingham et al. (2010), "The PASCAL VOC Challenge", section 4.2, for IoU; the thresholds are COCO's.
    """

    _esm = Path(__file__).with_suffix(".js")
    _css = Path(__file__).with_suffix(".css")

    truth = traitlets.TraitType([]).tag(sync=True)
    guess = traitlets.TraitType([]).tag(sync=True)

    _size = traitlets.List().tag(sync=True)  # [height, width]
    _thresholds = traitlets.List(list(COCO_THRESHOLDS)).tag(sync=True)
    _colors = traitlets.List([plots.BLUE, plots.ORANGE]).tag(sync=True)

    def __init__(
        self,
        truth: tuple[int, int, int, int] = (8, 5, 24, 17),
        guess: tuple[int, int, int, int] = (12, 8, 30, 20),
        size: tuple[int, int] = (24, 40),
    ):
        for name, box in zip(NAMES, (truth, guess), strict=True):
            _check_box(name, box, size)
        super().__init__(truth=list(truth), guess=list(guess), _size=list(size))

    @traitlets.validate("truth", "guess")
    def _check(self, proposal):
        if self._size:  # not yet while the widget is being made
            _check_box(proposal["trait"].name, proposal["value"], self._size)
        return list(proposal["value"])

    def areas(self) -> tuple[int, int, int, int]:
        """Return the areas of the true box, the guessed box, their intersection and their union, in pixels²."""
        left, top, right, bottom = self._both()
        both = max(0, right - left) * max(0, bottom - top)
        truth, guess = (int(box_area(torch.tensor(box))) for box in (self.truth, self.guess))
        return truth, guess, both, truth + guess - both

    def iou(self) -> float:
        """Return the intersection over union of the two boxes, from 0 to 1."""
        return box_iou(torch.tensor([self.truth]), torch.tensor([self.guess])).item()

    def _both(self) -> tuple[int, int, int, int]:
        """Return the intersection's edges, turned over if there is none."""
        pairs = list(zip(self.truth, self.guess, strict=True))
        return (*map(max, pairs[:2]), *map(min, pairs[2:]))

    def figure(self) -> Figure:
        """Draw what the widget shows as a matplotlib figure: both boxes, their intersection hatched, and the IoU."""
        H, W = self._size
        fig, axis = plots.figure(width=7, height=7 * H / W + 0.6)
        for name, box, color in zip(NAMES, (self.truth, self.guess), self._colors, strict=True):
            left, top, right, bottom = box
            axis.add_patch(
                Rectangle((left, top), right - left, bottom - top, facecolor=f"{color}30", edgecolor=color, linewidth=3)
            )
            y, side = (top + 0.3, "top") if name == "truth" else (bottom - 0.3, "bottom")
            x, edge = (left + 0.4, "left") if name == "truth" else (right - 0.4, "right")
            axis.text(x, y, name, ha=edge, va=side, fontsize=9)
        left, top, right, bottom = self._both()
        if left < right and top < bottom:
            axis.add_patch(
                Rectangle((left, top), right - left, bottom - top, fill=False, hatch="////", linewidth=0, alpha=0.4)
            )
        axis.set(xlim=(0, W), ylim=(H, 0), aspect="equal", title=self._facts())
        axis.set(xticks=range(0, W + 1, 4), yticks=range(0, H + 1, 4), xlabel="x (pixels)", ylabel="y (pixels)")
        return fig

    def _facts(self) -> str:
        _, _, both, either = self.areas()
        return f"IoU = {both} / {either} = {self.iou():.2f}"

    def _repr_mimebundle_(self, **options):
        bundle, metadata = super()._repr_mimebundle_(**options)
        fig = self.figure()
        metadata["image/png"] = {"alt": self._alt(), "width": round(fig.get_figwidth() * 100)}
        bundle["image/png"] = plots.png(fig)
        bundle["text/plain"] = repr(self)
        return bundle, metadata

    def __repr__(self) -> str:
        return f"BoxOverlap(truth={tuple(self.truth)}, guess={tuple(self.guess)}; {self._facts()})"

    def _alt(self) -> str:
        truth, guess, both, either = self.areas()
        return (
            f"A true box from {_corners(self.truth)}, of area {truth}, and a guessed one from {_corners(self.guess)}, "
            f"of area {guess}. Their intersection has {both}, their union {either}: IoU {self.iou():.2f}."
        )


def _corners(box: list[int]) -> str:
    return f"({box[0]}, {box[1]}) to ({box[2]}, {box[3]})"


def _check_box(name: str, box, size) -> None:
    if isinstance(box, str) or not hasattr(box, "__len__") or len(box) != 4:
        raise ValueError(f"{name} must be a box of four numbers, got {box!r}.")
    if any(isinstance(value, bool) or not isinstance(value, int) for value in box):
        raise TypeError(f"{name} must have whole numbers, got {box!r}.")
    left, top, right, bottom = box
    H, W = size
    if not (0 <= left < right <= W and 0 <= top < bottom <= H):
        raise ValueError(
            f"{name} must be (x1, y1, x2, y2) with 0 <= x1 < x2 <= {W} and 0 <= y1 < y2 <= {H}, got {tuple(box)}."
        )
