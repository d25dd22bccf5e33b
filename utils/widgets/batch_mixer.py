"""The batch mixer of chapter 08: two pictures and their labels, mixed by mixup or by CutMix."""

import math
from collections.abc import Sequence
from numbers import Real
from pathlib import Path

import anywidget
import torch
import traitlets
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from utils import plots
from utils.models.training_recipe import cutmix, mixup

KINDS = ("mixup", "cutmix")
COLORS = (plots.SKY, plots.ORANGE)  # of the two classes; black is legible on both


class BatchMixer(anywidget.AnyWidget):
    """Mix two pictures and their labels by mixup or CutMix, and see what is left of each.

    The first picture has the share λ; the second, its partner in the batch, has the rest. With CutMix,
    drag the box on the mixed picture or move it by the arrow keys: where the border cuts it off, more of the first
    picture is seen than λ said, and the label follows what is seen. All of it is drawn in the browser; the four
    attributes below follow about 150 ms later, and may also be assigned.

    Args:
        images: two pictures `(3, H, W)` of one size with values in [0, 1], or one tensor `(2, 3, H, W)`.
        names: their classes, two different names.
        kind: "mixup" or "cutmix".
        lam: λ in [0, 1].
        row, column: the centre of CutMix's box in pixels, from 0 to H − 1 and W − 1; `None` takes the middle.

    Raises:
        TypeError: λ is not a number, or `row` or `column` not an integer.
        ValueError: pictures or names that do not fit, or a kind, a λ or a centre that does not exist.
    """

    _esm = Path(__file__).with_suffix(".js")
    _css = Path(__file__).with_suffix(".css")

    # Of no particular type, so that the errors are ours; unlike `Any`, it hands `None` to the check too.
    kind = traitlets.TraitType("mixup").tag(sync=True)
    lam = traitlets.TraitType(0.6).tag(sync=True)
    row = traitlets.TraitType(0).tag(sync=True)
    column = traitlets.TraitType(0).tag(sync=True)

    _names = traitlets.List().tag(sync=True)
    _pixels = traitlets.Bytes().tag(sync=True)  # uint8, (2, H, W, 3)
    _sizes = traitlets.Dict().tag(sync=True)
    _colors = traitlets.List(list(COLORS)).tag(sync=True)

    def __init__(
        self,
        images: Sequence[torch.Tensor] | torch.Tensor,
        names: Sequence[str],
        kind: str = "mixup",
        lam: float = 0.6,
        row: int | None = None,
        column: int | None = None,
    ):
        _check_images(images)
        if isinstance(names, str) or len(names) != 2 or names[0] == names[1]:
            raise ValueError(f"names must be two different classes, got {names!r}.")
        self._images = torch.stack([image.detach().cpu().float() for image in images])  # (2, 3, H, W)
        _, _, H, W = self._images.shape
        row, column = H // 2 if row is None else row, W // 2 if column is None else column
        for name, value in (("kind", kind), ("lam", lam), ("row", row), ("column", column)):
            self._check_value(name, value)
        super().__init__(
            kind=kind,
            lam=lam,
            row=row,
            column=column,
            _names=[str(name) for name in names],
            _pixels=(self._images * 255).round().byte().permute(0, 2, 3, 1).numpy().tobytes(),
            _sizes={"height": H, "width": W},
        )

    @traitlets.validate("kind", "lam", "row", "column")
    def _check(self, proposal):
        name, value = proposal["trait"].name, proposal["value"]
        self._check_value(name, value)
        return float(value) if name == "lam" else value

    def _check_value(self, name: str, value) -> None:
        if name == "kind":
            if value not in KINDS:
                raise ValueError(f"kind must be one of {', '.join(KINDS)}; got {value!r}.")
        elif name == "lam":
            if isinstance(value, bool) or not isinstance(value, Real):
                raise TypeError(f"lam must be a number, got {value!r}.")
            if not 0 <= value <= 1:
                raise ValueError(f"lam must be from 0 to 1, got {value}.")
        else:
            if isinstance(value, bool) or not isinstance(value, int):
                raise TypeError(f"{name} must be an integer, got {value!r} of type {type(value).__name__}.")
            count = self._images.shape[2 if name == "row" else 3]
            if not 0 <= value < count:
                raise ValueError(f"{name} must be from 0 to {count - 1}, got {value}.")

    def box(self) -> tuple[int, int, int, int]:
        """Return the box `(top, bottom, left, right)` of `cut_box`, if it drew this centre."""
        _, _, H, W = self._images.shape
        (half_h, half_w), y, x = self._halves(), self.row, self.column
        return max(0, y - half_h), min(H, y + half_h), max(0, x - half_w), min(W, x + half_w)

    def mixed(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the mixed picture `(3, H, W)` and the shares of the two classes in its label `(2,)`."""
        targets = torch.eye(2, dtype=torch.float64)
        if self.kind == "mixup":
            pictures, targets = mixup(self._images, targets, self.lam)
        else:
            pictures, targets = cutmix(self._images, targets, self.box())
        return pictures[0], targets[0]  # the first is mixed with the last

    def _halves(self) -> tuple[int, int]:
        return tuple(int(0.5 * math.sqrt(1 - self.lam) * side) for side in self._images.shape[2:])

    def figure(self) -> Figure:
        """Draw what the mixer shows as a matplotlib figure: the pictures, the mixed one between them, its label."""
        _, _, H, W = self._images.shape
        picture, target = self.mixed()
        fig, axis = plots.figure(width=8, height=2.4 * H / W + 1.9)
        axis.remove()
        fig.get_layout_engine().set(w_pad=0.1, h_pad=0.1)
        mosaic = [["own", "mixed", "other"], ["label"] * 3]
        axes = fig.subplot_mosaic(mosaic, height_ratios=[2.4 * H / W, 0.4])
        plots.image(axes["own"], self._images[0], self._names[0])
        plots.image(axes["mixed"], picture, "mixed by mixup" if self.kind == "mixup" else "mixed by CutMix")
        plots.image(axes["other"], self._images[1], self._names[1])
        for name, color in zip(("own", "other"), COLORS, strict=True):
            axes[name].plot(
                [0, 1], [-0.035, -0.035], color=color, linewidth=4, transform=axes[name].transAxes, clip_on=False
            )
        top, bottom, left, right = self.box()
        if self.kind == "cutmix" and bottom > top and right > left:
            for name in ("mixed", "other"):
                for color, linewidth in (("black", 4), ("white", 2)):
                    corner, size = (left - 0.5, top - 0.5), (right - left, bottom - top)
                    square = Rectangle(corner, *size, fill=False, color=color, linewidth=linewidth, clip_on=False)
                    axes[name].add_patch(square)

        bar, (own, other) = axes["label"], target.tolist()
        bar.barh([0, 0], [own, other], left=[0, own], color=COLORS, height=1)
        for middle, share in zip((own / 2, own + other / 2), _shown(own), strict=True):
            bar.text(min(max(middle, 0.03), 0.97), 0, share, ha="center", va="center_baseline", color="black")
        bar.set(xlim=(0, 1), ylim=(-0.5, 0.5), yticks=[], title=self._facts())
        bar.set_xlabel(f"label: {self._names[0]}, then {self._names[1]}")
        bar.spines[:].set_visible(False)
        return fig

    def _facts(self) -> str:
        own, other = _shown(self.mixed()[1][0].item())
        if self.kind == "mixup":
            return f"every pixel = {own} · {self._names[0]} + {other} · {self._names[1]}"
        return f"λ drawn {self.lam:.2f}, λ really seen {own}"

    def _repr_mimebundle_(self, **options):
        bundle, metadata = super()._repr_mimebundle_(**options)
        fig = self.figure()
        metadata["image/png"] = {"alt": self._alt(), "width": round(fig.get_figwidth() * 100)}
        bundle["image/png"] = plots.png(fig)
        bundle["text/plain"] = repr(self)
        return bundle, metadata

    def __repr__(self) -> str:
        return f"BatchMixer(kind={self.kind!r}, lam={self.lam:g}, row={self.row}, column={self.column})"

    def _alt(self) -> str:
        own, other = _shown(self.mixed()[1][0].item())
        one, two = self._names
        if self.kind == "mixup":
            how = f"both pictures laid over each other, {own} of {one} and {other} of {two}"
        else:
            top, bottom, left, right = self.box()
            how = (
                f"the picture of {one} with a box of {two} in it, {bottom - top} rows by {right - left} columns; "
                f"λ drawn {self.lam:.2f}, really seen {own}"
            )
        return (
            f"Left, the picture of {one}; right, of {two}; between them, {how}. "
            f"Below, the label as a bar: {own} {one}, {other} {two}."
        )


def _shown(own: float) -> tuple[str, str]:
    """Return both shares with two decimals that add up to 1."""
    return f"{own:.2f}", f"{1 - float(f'{own:.2f}'):.2f}"


def _check_images(images) -> None:
    shapes = [tuple(image.shape) for image in images]
    if len(shapes) != 2 or shapes[0] != shapes[1] or len(shapes[0]) != 3 or shapes[0][0] != 3 or 0 in shapes[0]:
        raise ValueError(
            f"images must be two pictures (3, H, W) of one size, got {len(shapes)} of {', '.join(map(str, shapes))}."
        )
    low, high = min(image.min().item() for image in images), max(image.max().item() for image in images)
    if not (low >= 0 and high <= 1):
        raise ValueError(f"images must have values from 0 to 1, got {low:.3g} to {high:.3g}: undo the normalisation.")
