"""Mask overlay, for chapter 18: true and predicted masks over an image, and where they differ."""

from collections.abc import Sequence
from numbers import Real
from pathlib import Path

import anywidget
import matplotlib as mpl
import numpy as np
import torch
import traitlets
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from utils import plots
from utils.models.dense_prediction import class_iou
from utils.models.transfer_learning import confusion_matrix

COLORS = [plots.RED, plots.ORANGE, plots.BLUE, plots.GREEN, plots.PINK, plots.SKY]
MISTAKE = (204, 121, 167)  # plots.PINK


class MaskOverlay(anywidget.AnyWidget):
    """Lay the true and the predicted mask over an image, class by class, and see every pixel that is wrong.

    The slider says how much of the image shines through, the boxes beside the classes which of them are shown, and each
    has its IoU in this image beside it. The third panel marks the pixels at which truth and prediction differ, if one
    of the two is a class that is shown. Point at a pixel, or move the cross by the arrow keys, to read both. All of it
    is drawn in the browser; `index`, `opacity` and `shown` follow about 150 ms later, and may also be assigned.

    Args:
        images: `(n, 3, H, W)`, n at least 1, with values in [0, 1].
        truths, guesses: `(n, H, W)`, classes as integers, 0 for the ground, which has no colour.
        classes: names of all classes, that of the ground first; at most seven.
        index: which image.
        opacity: of the masks, from 0 to 1.
        shown: list of the numbers of the classes that are shown, all but the ground by default.

    Raises:
        TypeError: an index that is not an integer, or an opacity that is not a number.
        ValueError: images, masks and classes that do not go together, an index, an opacity or a class out of range, or
            `shown` not a list.
    """

    _esm = Path(__file__).with_suffix(".js")
    _css = Path(__file__).with_suffix(".css")

    # Of no particular type, so that the errors are ours; unlike `Any`, it hands `None` to the check too.
    index = traitlets.TraitType(0).tag(sync=True)
    opacity = traitlets.TraitType(0.6).tag(sync=True)
    shown = traitlets.TraitType([]).tag(sync=True)

    _sizes = traitlets.List().tag(sync=True)  # [n, H, W]
    _classes = traitlets.List().tag(sync=True)
    _colors = traitlets.List(COLORS).tag(sync=True)  # of class 1, 2, ...
    _pixels = traitlets.Bytes().tag(sync=True)  # uint8, (n, H, W, 3)
    _masks = traitlets.Bytes().tag(sync=True)  # uint8, (2, n, H, W): truths, then guesses

    def __init__(
        self,
        images: torch.Tensor,
        truths: torch.Tensor,
        guesses: torch.Tensor,
        classes: Sequence[str],
        index: int = 0,
        opacity: float = 0.6,
        shown: Sequence[int] | None = None,
    ):
        _check_pictures(images, truths, guesses, classes)
        self._images = images.detach().cpu().float()
        self._truths, self._guesses = truths.detach().cpu().long(), guesses.detach().cpu().long()
        n, _, H, W = images.shape
        shown = list(range(1, len(classes))) if shown is None else list(shown)
        self._count, self._names = n, list(classes)
        for name, value in (("index", index), ("opacity", opacity), ("shown", shown)):
            self._check_value(name, value)
        super().__init__(
            index=index,
            opacity=opacity,
            shown=shown,
            _sizes=[n, H, W],
            _classes=list(classes),
            _pixels=(self._images * 255).round().byte().permute(0, 2, 3, 1).numpy().tobytes(),
            _masks=torch.stack([self._truths, self._guesses]).byte().numpy().tobytes(),
        )

    @traitlets.validate("index", "opacity", "shown")
    def _check(self, proposal):
        name, value = proposal["trait"].name, proposal["value"]
        self._check_value(name, value)
        return float(value) if name == "opacity" else list(value) if name == "shown" else value

    def _check_value(self, name: str, value) -> None:
        if name == "index":
            if isinstance(value, bool) or not isinstance(value, int):
                raise TypeError(f"index must be an integer, got {value!r} of type {type(value).__name__}.")
            if not 0 <= value < self._count:
                raise ValueError(f"index must be from 0 to {self._count - 1}, got {value}.")
        elif name == "opacity":
            if isinstance(value, bool) or not isinstance(value, Real):
                raise TypeError(f"opacity must be a number, got {value!r}.")
            if not 0 <= value <= 1:
                raise ValueError(f"opacity must be from 0 to 1, got {value}.")
        elif not isinstance(value, (list, tuple)) or not all(k in range(1, len(self._names)) for k in value):
            raise ValueError(f"shown must be a list of classes from 1 to {len(self._names) - 1}, got {value!r}.")

    def panels(self) -> torch.Tensor:
        """Return three pictures, `(3, 3, H, W)`, in [0, 1]: with the truth, with the prediction, with the mistakes."""
        image, truth, guess = (x[self.index] for x in (self._images, self._truths, self._guesses))
        colors = torch.tensor([(0, 0, 0), *(mpl.colors.to_rgb(color) for color in COLORS)])
        is_shown = torch.zeros(len(self._names), dtype=torch.bool)
        is_shown[self.shown] = True
        grey = image.mean(dim=0, keepdim=True).expand_as(image)
        wrong = (truth != guess) & (is_shown[truth] | is_shown[guess])  # (H, W)
        mistakes = torch.tensor(MISTAKE)[:, None, None] / 255
        layers = [(image, colors[mask].permute(2, 0, 1), is_shown[mask]) for mask in (truth, guess)]
        layers.append((grey, mistakes, wrong))
        return torch.stack([below + where * self.opacity * (above - below) for below, above, where in layers])

    def ious(self) -> list[float]:
        """Return the IoU of each class in this image, the ground first; nan where a class does not occur."""
        truth, guess = self._truths[self.index].flatten(), self._guesses[self.index].flatten()
        return class_iou(confusion_matrix(truth, guess, len(self._names))).tolist()

    def figure(self) -> Figure:
        """Draw what the widget shows as a matplotlib figure: truth, prediction and mistakes, with the IoUs."""
        _, H, W = self._sizes
        fig, axes = plots.figure(1, 3, width=8.5, height=8.5 / 3 * H / W + 0.9)
        for axis, panel, title in zip(axes, self.panels(), ("truth", "prediction", self._wrong()), strict=True):
            plots.image(axis, panel, title)
        ious = self.ious()
        legend = [Patch(color=COLORS[k - 1], label=f"{self._names[k]}: IoU {_shown(ious[k])}") for k in self.shown]
        fig.legend(handles=legend, loc="outside lower center", ncols=len(legend) or 1, frameon=False)
        return fig

    def _wrong(self) -> str:
        count = int((self._truths[self.index] != self._guesses[self.index]).sum())
        return f"{count} of {self._sizes[1] * self._sizes[2]} pixels wrong"

    def _repr_mimebundle_(self, **options):
        bundle, metadata = super()._repr_mimebundle_(**options)
        fig = self.figure()
        metadata["image/png"] = {"alt": self._alt(), "width": round(fig.get_figwidth() * 100)}
        bundle["image/png"] = plots.png(fig)
        bundle["text/plain"] = repr(self)
        return bundle, metadata

    def __repr__(self) -> str:
        names = ", ".join(self._names[k] for k in self.shown)
        return f"MaskOverlay({self._count} images, index={self.index}, opacity={self.opacity:g}; {names})"

    def _alt(self) -> str:
        ious = self.ious()
        each = ", ".join(f"{self._names[k]} {_shown(ious[k])}" for k in self.shown)
        return (
            f"Image {self.index} three times: with its true mask, with the predicted mask, and in grey with the pixels "
            f"marked at which the two differ; {self._wrong()}. IoU in this image: {each or 'no class is shown'}."
        )


def _shown(iou: float) -> str:
    return "–" if np.isnan(iou) else f"{iou:.2f}"


def _check_pictures(images, truths, guesses, classes) -> None:
    if images.ndim != 4 or images.shape[1] != 3 or 0 in images.shape:
        raise ValueError(f"images must be (n, 3, H, W), at least one, got {tuple(images.shape)}.")
    n, _, H, W = images.shape
    if not (images.min() >= 0 and images.max() <= 1):
        raise ValueError("images must have values from 0 to 1: undo the normalisation.")
    if isinstance(classes, str) or not 2 <= len(classes) <= 1 + len(COLORS):
        raise ValueError(f"classes must be 2 to {1 + len(COLORS)} names, that of the ground first, got {classes!r}.")
    for name, masks in (("truths", truths), ("guesses", guesses)):
        if masks.shape != (n, H, W):
            raise ValueError(f"{name} must have shape {(n, H, W)}, got {tuple(masks.shape)}.")
        if masks.min() < 0 or masks.max() >= len(classes):
            raise ValueError(f"{name} must be classes from 0 to {len(classes) - 1}, got {masks.unique().tolist()}.")
