"""The pyramid explorer of chapter 14: the stages of four backbones, and what they cost at any size of the image."""

from pathlib import Path
from typing import NamedTuple

import anywidget
import traitlets
from matplotlib.figure import Figure

from utils import plots
from utils.models.swin_transformer import stage_flops
from utils.models.vit_versus_cnn import convolution_flops, vit_cost

SIZES = tuple(range(64, 1025, 32))  # sides in pixels: multiples of the largest stride
CLASSES = 1000


class Stage(NamedTuple):
    """One stage of a backbone.

    Attributes:
        stride: pixels between two places of its map.
        channels: numbers at each place.
        blocks: how many.
        flops: floating-point operations for one image, a multiply-add as two, with what makes the map (patches or
            merging) and, in the last stage, the classifier of 1,000 classes.
        parameters: learned numbers, of the same parts.
    """

    stride: int
    channels: int
    blocks: int
    flops: int
    parameters: int


def vit_s(image_size: int) -> list[Stage]:
    """Return the one stage of ViT-S/16 (Touvron et al. 2021, DeiT, table 1), by chapter 10's formula.

    Args:
        image_size: side in pixels, one of `SIZES`.
    """
    cost = vit_cost(image_size, embed_dim=384, num_heads=6)
    at_home = vit_cost(224, embed_dim=384, num_heads=6).parameters  # positions are resampled, not learned again
    return [Stage(16, 384, 12, cost.flops, at_home)]


def swin_t(image_size: int) -> list[Stage]:
    """Return the stages of Swin-T (Liu et al. 2021, section 3.3).

    Args:
        image_size: side in pixels, one of `SIZES`.
    """
    stages = []
    for i, (depth, flops) in enumerate(zip((2, 2, 6, 2), stage_flops(image_size), strict=True)):
        C, heads = 96 * 2**i, 3 * 2**i
        made = 49 * C + 2 * C if i == 0 else 2 * C * C + 4 * C  # patches and a norm, or merging
        block = 12 * C**2 + 13 * C + 13**2 * heads
        stages.append(_stage(i, C, depth, flops, made + depth * block, last_norm=2 * C))
    return stages


def pvt_v2_b2(image_size: int) -> list[Stage]:
    """Return the stages of PVTv2-B2 (Wang et al. 2022, "PVT v2", table 1): fewer keys, overlapping patches.

    Args:
        image_size: side in pixels, one of `SIZES`.
    """
    stages, channels = [], 3
    for i, (C, depth, R, ratio) in enumerate([(64, 3, 8, 8), (128, 4, 4, 8), (320, 6, 2, 4), (512, 3, 1, 4)]):
        side, kernel = image_size // (4 * 2**i), 7 if i == 0 else 3
        N, M, hidden = side**2, (side // R) ** 2, ratio * C  # queries, keys
        attention = 4 * N * C**2 + 4 * M * C**2 + 4 * N * M * C
        mlp = 4 * N * C * hidden + convolution_flops(hidden, hidden, 3, (side, side), groups=hidden)
        reduction = convolution_flops(C, C, R, (side // R, side // R)) if R > 1 else 0
        flops = convolution_flops(channels, C, kernel, (side, side)) + depth * (attention + reduction + mlp)
        block = 4 * C**2 + 4 * C + 2 * C * hidden + C + 11 * hidden + 4 * C + (R**2 * C**2 + 3 * C if R > 1 else 0)
        made = kernel**2 * channels * C + 3 * C
        stages.append(_stage(i, C, depth, flops, made + depth * block + 2 * C, last_norm=0))
        channels = C
    return stages


def convnext_t(image_size: int) -> list[Stage]:
    """Return the stages of ConvNeXt-T (Liu et al. 2022, "A ConvNet for the 2020s", section 3).

    Args:
        image_size: side in pixels, one of `SIZES`.
    """
    stages, channels = [], 3
    for i, (C, depth) in enumerate([(96, 3), (192, 3), (384, 9), (768, 3)]):
        side, kernel = image_size // (4 * 2**i), 4 if i == 0 else 2
        depthwise = convolution_flops(C, C, 7, (side, side), groups=C)
        flops = convolution_flops(channels, C, kernel, (side, side)) + depth * (depthwise + 16 * side**2 * C**2)
        norm = 2 * C if i == 0 else 2 * channels
        made = kernel**2 * channels * C + C + norm
        stages.append(_stage(i, C, depth, flops, made + depth * (8 * C**2 + 58 * C), last_norm=2 * C))
        channels = C
    return stages


def _stage(i: int, channels: int, depth: int, flops: int, parameters: int, last_norm: int) -> Stage:
    """Return stage i of four; the last one has the last normalisation and the classifier."""
    if i == 3:
        flops, parameters = flops + 2 * channels * CLASSES, parameters + last_norm + (channels + 1) * CLASSES
    return Stage(4 * 2**i, channels, depth, flops, parameters)


MODELS = {"ViT-S/16": vit_s, "Swin-T": swin_t, "PVTv2-B2": pvt_v2_b2, "ConvNeXt-T": convnext_t}
# On white and on black
COLOURS = {"ViT-S/16": plots.RED, "Swin-T": "#1f8ac8", "PVTv2-B2": plots.GREEN, "ConvNeXt-T": plots.ORANGE}


class PyramidExplorer(anywidget.AnyWidget):
    """See four backbones side by side: the map of each stage, and how the cost follows the size of the image.

    A backbone is drawn from the bottom up: a bar for each stage, as wide as its map is fine and as high as it has
    blocks; the darker, the larger its share of the cost. Below, the cost per pixel of the image over its side. Click a
    bar, or use the arrow keys, to read the numbers of a stage. All of it is drawn in the browser; `image_size`, `model`
    and `stage` follow about 150 ms later, and may also be assigned.

    Args:
        image_size: side in pixels, a multiple of 32 from 64 to 1,024.
        model: the selected backbone, one of `MODELS`.
        stage: its selected stage, from 1. Selecting a backbone with fewer stages moves it to the last one.

    Raises:
        TypeError: `image_size` or `stage` is not an integer.
        ValueError: a size, a model or a stage that does not exist.
    """

    _esm = Path(__file__).with_suffix(".js")
    _css = Path(__file__).with_suffix(".css")

    # Of no particular type, so that the errors are ours; unlike `Any`, it hands `None` to the check too.
    image_size = traitlets.TraitType(224).tag(sync=True)
    model = traitlets.TraitType("Swin-T").tag(sync=True)
    stage = traitlets.TraitType(1).tag(sync=True)

    _sizes = traitlets.List(list(SIZES)).tag(sync=True)
    _models = traitlets.List().tag(sync=True)  # [{"name", "colour", "stages": [...], "flops": (sizes, stages)}, ...]

    def __init__(self, image_size: int = 224, model: str = "Swin-T", stage: int = 3):
        _check_size(image_size)
        _check_model(model)
        _check_stage(stage, model)
        models = [
            {
                "name": name,
                "colour": COLOURS[name],
                "stages": [s._asdict() for s in stages(224)],
                "flops": [[s.flops for s in stages(size)] for size in SIZES],
            }
            for name, stages in MODELS.items()
        ]
        super().__init__(image_size=image_size, model=model, stage=stage, _models=models)

    @traitlets.validate("image_size", "model", "stage")
    def _check(self, proposal):
        value = proposal["value"]
        match proposal["trait"].name:
            case "image_size":
                _check_size(value)
            case "model":
                _check_model(value)
            case "stage":
                _check_stage(value, self.model)
        return value

    @traitlets.observe("model")
    def _keep_stage_inside(self, change):
        self.stage = min(self.stage, len(MODELS[self.model](224)))

    def figure(self) -> Figure:
        """Draw what the explorer shows as a matplotlib figure: the pyramids, and the cost per pixel."""
        fig, axes = plots.figure(2, len(MODELS), width=9, height=6, height_ratios=[1.1, 1])
        for axis, (name, stages) in zip(axes[0], MODELS.items(), strict=True):
            self._draw_pyramid(axis, name, stages(self.image_size))
        for axis in axes[1]:
            axis.remove()
        axis = fig.add_subplot(axes[0, 0].get_gridspec()[1, :])
        for name, stages in MODELS.items():
            values = [sum(s.flops for s in stages(size)) / size**2 / 1e3 for size in SIZES]
            axis.plot(SIZES, values, color=COLOURS[name], label=name)
        axis.axvline(self.image_size, color=plots.BLACK, linewidth=1)
        axis.set(xlabel="side of the image (pixels)", ylabel="thousand FLOPs per pixel", ylim=(0, None))
        axis.legend(loc="upper center")
        return fig

    def _draw_pyramid(self, axis, name: str, stages: list[Stage]) -> None:
        total, bottom = sum(s.flops for s in stages), 0.0
        for number, s in enumerate(stages, 1):
            selected = (name, number) == (self.model, self.stage)
            share, width, side = s.flops / total, 4 / s.stride, self.image_size // s.stride
            axis.barh(
                bottom, width, s.blocks, left=-width / 2, align="edge", color=COLOURS[name], alpha=_opacity(share)
            )
            axis.barh(
                *(bottom, width, s.blocks),
                **dict(left=-width / 2, align="edge", fill=False, linewidth=2.5 if selected else 0.8),
            )
            axis.text(0.58, bottom + s.blocks / 2, f"{side}×{side}×{s.channels}", va="center", fontsize=8)
            bottom += s.blocks + 0.4
        axis.set_title(f"{name}\n{total / 1e9:.1f} GFLOPs", fontsize=10)
        axis.set(xlim=(-0.55, 1.7), ylim=(-0.3, 20))
        axis.axis("off")

    def _repr_mimebundle_(self, **options):
        bundle, metadata = super()._repr_mimebundle_(**options)
        fig = self.figure()
        metadata["image/png"] = {"alt": self._alt(), "width": round(fig.get_figwidth() * 100)}
        bundle["image/png"] = plots.png(fig)
        bundle["text/plain"] = repr(self)
        return bundle, metadata

    def __repr__(self) -> str:
        return f"PyramidExplorer(image_size={self.image_size}, model={self.model!r}, stage={self.stage})"

    def _alt(self) -> str:
        costs = []
        for name, stages in MODELS.items():
            found = stages(self.image_size)
            sides = ", ".join(f"{self.image_size // s.stride}" for s in found)
            costs.append(
                f"{name} has maps with a side of {sides} and costs {sum(s.flops for s in found) / 1e9:.1f} GFLOPs"
            )
        return (
            f"Four backbones drawn as bars, one for each stage, at {self.image_size} × {self.image_size} pixels: "
            f"{'; '.join(costs)}. Below, the cost per pixel over the side of the image."
        )


def _opacity(share: float) -> float:
    return 0.15 + 0.85 * share


def _check_integer(name: str, value) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an integer, got {value!r} of type {type(value).__name__}.")


def _check_size(value) -> None:
    _check_integer("image_size", value)
    if value not in SIZES:
        raise ValueError(f"image_size must be a multiple of 32 from {SIZES[0]} to {SIZES[-1]}, got {value}.")


def _check_model(value) -> None:
    if value not in MODELS:
        raise ValueError(f"model must be one of {', '.join(MODELS)}; got {value!r}.")


def _check_stage(value, model: str) -> None:
    _check_integer("stage", value)
    last = len(MODELS[model](224))
    if not 1 <= value <= last:
        raise ValueError(f"stage must be from 1 to {last}, which {model} has, got {value}.")
