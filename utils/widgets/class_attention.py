"""The class token's attention, of chapter 07: what it looks at in every layer and head, on one photograph."""

from collections.abc import Mapping
from pathlib import Path

import anywidget
import torch
import traitlets
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch.nn import functional as F

from utils import data, plots

GLOW = torch.tensor([1.0, 0.69, 0.0])  # the colour of attention, over the darkened grey photograph
DARK, STRENGTH = 0.45, 0.9  # how dark that is, and how opaque the largest weight


class ClassAttention(anywidget.AnyWidget):
    """See what the class token looks at, in all layers (rows) and heads (columns) at once, and enlarge one map.

    A click, a tap or the arrow keys choose a map of the table. All of it is drawn in the browser; `photo`, `layer` and
    `head` follow about 150 ms later, and may also be assigned.

    Args:
        maps: attention weights `(B, depth, h, N, N)`, queries before keys, each row adding up to 1, as
            `VisionTransformer.attention_maps` returns them. Token 0 is the class token.
        photos: the B photographs, each `(3, H, W)` with values in [0, 1], under their names. All are of one size, which
            need not be the one that the model saw.
        grid: `(rows, columns)` of patches, with rows · columns = N − 1.
        photo: name of the photograph shown, by default the first.
        layer: from 0 to depth − 1, by default the last.
        head: from 0 to h − 1.

    Raises:
        TypeError: `layer` or `head` is not an integer.
        ValueError: maps, photographs and grid that do not fit each other, weights that do not add up to 1, or a
            photograph, layer or head that does not exist.
    """

    _esm = Path(__file__).with_suffix(".js")
    _css = Path(__file__).with_suffix(".css")

    photo = traitlets.Any().tag(sync=True)
    layer = traitlets.Any(0).tag(sync=True)
    head = traitlets.Any(0).tag(sync=True)

    _photos = traitlets.List().tag(sync=True)  # [{"name": ..., "alt": ...}, ...]
    _pixels = traitlets.Bytes().tag(sync=True)  # uint8, (B, H, W, 3)
    _weights = traitlets.Bytes().tag(sync=True)  # float32, (B, depth, h, N), the class token's row of each map
    _sizes = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        maps: torch.Tensor,
        photos: Mapping[str, torch.Tensor],
        grid: tuple[int, int],
        photo: str | None = None,
        layer: int | None = None,
        head: int = 0,
    ):
        _check_arrays(maps, photos, grid)
        self._rows, self._grid = maps[..., 0, :].detach().cpu().float().contiguous(), tuple(grid)
        self._pictures = {name: picture.detach().cpu().float() for name, picture in photos.items()}
        photo = next(iter(photos)) if photo is None else photo
        state = {"photo": photo, "layer": maps.shape[1] - 1 if layer is None else layer, "head": head}
        for name, value in state.items():
            self._check_value(name, value)
        pixels = torch.stack(list(self._pictures.values()))  # (B, 3, H, W)
        names = ("height", "width", "rows", "columns", "depth", "heads")
        super().__init__(
            **state,
            _photos=[{"name": name, "alt": _alt(name)} for name in photos],
            _pixels=(pixels * 255).round().byte().permute(0, 2, 3, 1).numpy().tobytes(),
            _weights=self._rows.numpy().tobytes(),
            _sizes=dict(zip(names, (*pixels.shape[2:], *self._grid, *maps.shape[1:3]), strict=True)),
        )

    @traitlets.validate("photo", "layer", "head")
    def _check(self, proposal):
        self._check_value(proposal["trait"].name, proposal["value"])
        return proposal["value"]

    def _check_value(self, name: str, value) -> None:
        if name == "photo":
            if value not in self._pictures:
                raise ValueError(f"there is no photograph {value!r}. Choose one of: {', '.join(self._pictures)}.")
            return
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{name} must be an integer, got {value!r} of type {type(value).__name__}.")
        count = self._rows.shape[1 if name == "layer" else 2]
        if not 0 <= value < count:
            raise ValueError(f"{name} must be from 0 to {count - 1}, got {value}.")

    def figure(self) -> Figure:
        """Draw what the widget shows as a matplotlib figure: the chosen map enlarged, and the table of all maps."""
        picture = self._pictures[self.photo]  # (3, H, W)
        weights = self._rows[list(self._pictures).index(self.photo)]  # (depth, h, N)
        depth, heads, _ = weights.shape
        _, H, W = picture.shape
        cell = min(0.95, 5 / heads, 5 / depth)  # inches
        fig, axis = plots.figure(width=9, height=max(3.6, (cell + 0.05) * depth * H / W + 0.4))
        axis.remove()
        left, right = fig.subfigures(1, 2, width_ratios=[3.2, cell * heads + 0.6])

        photo, large = left.subplots(2, 1, height_ratios=[1, 2])
        plots.image(photo, picture, self.photo)
        chosen = weights[self.layer, self.head]
        plots.image(large, self._lit(picture, chosen), f"layer {self.layer}, head {self.head}")
        notes = f"largest {chosen[1:].max():.1%}, on itself {chosen[0]:.1%}"
        large.text(0.5, -0.03, notes, transform=large.transAxes, ha="center", va="top", fontsize=9)

        axes = right.subplots(depth, heads, squeeze=False)
        for layer in range(depth):
            for head in range(heads):
                plots.image(axes[layer, head], self._lit(picture, weights[layer, head]))
                if layer == 0:
                    axes[layer, head].set_title(f"head {head}", fontsize=9, loc="center")
            axes[layer, 0].set_ylabel(f"layer {layer}", fontsize=9)
        frame = Rectangle((-0.5, -0.5), W, H, fill=False, color=plots.BLUE, linewidth=3, clip_on=False)
        axes[self.layer, self.head].add_patch(frame)
        return fig

    def _lit(self, picture: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """Return the photograph `(3, H, W)` dark and grey, with the weights `(N,)` on its patches glowing."""
        on_patches = weights[1:].reshape(1, 1, *self._grid)
        share = on_patches / on_patches.max().clamp(min=1e-12)
        glow = STRENGTH * F.interpolate(share, picture.shape[1:], mode="nearest")[0]  # (1, H, W)
        return DARK * picture.mean(dim=0, keepdim=True) * (1 - glow) + GLOW[:, None, None] * glow

    def _repr_mimebundle_(self, **options):
        bundle, metadata = super()._repr_mimebundle_(**options)
        fig = self.figure()
        metadata["image/png"] = {"alt": self._description(), "width": round(fig.get_figwidth() * 100)}
        bundle["image/png"] = plots.png(fig, dpi=100)
        bundle["text/plain"] = repr(self)
        return bundle, metadata

    def __repr__(self) -> str:
        return f"ClassAttention(photo={self.photo!r}, layer={self.layer}, head={self.head})"

    def _description(self) -> str:
        depth, heads = self._rows.shape[1:3]
        return (
            f"Photograph of {_alt(self.photo)}, and a table of the same photograph in dark grey, one for each of "
            f"{depth} layers and {heads} heads, with the patches that the class token looks at in orange. "
            f"Layer {self.layer}, head {self.head} is marked and shown enlarged."
        )


def _alt(name: str) -> str:
    return data.photo_alt(name) if name in data.PHOTOS else name


def _check_arrays(maps: torch.Tensor, photos: Mapping[str, torch.Tensor], grid: tuple[int, int]) -> None:
    if maps.ndim != 5 or maps.shape[3] != maps.shape[4]:
        raise ValueError(f"maps must have shape (B, depth, heads, N, N), got {tuple(maps.shape)}.")
    shapes = {tuple(picture.shape) for picture in photos.values()}
    if len(photos) != len(maps) or len(shapes) != 1 or len(shape := next(iter(shapes))) != 3 or shape[0] != 3:
        raise ValueError(
            f"maps of {len(maps)} images need as many photographs (3, H, W) of one size, got {len(photos)} "
            f"of {', '.join(map(str, sorted(shapes)))}."
        )
    rows, columns = grid
    if rows * columns + 1 != maps.shape[3]:
        raise ValueError(
            f"a class token and a grid of {rows} × {columns} patches are {rows * columns + 1} tokens, "
            f"but the maps have {maps.shape[3]}."
        )
    if not torch.allclose(maps.sum(dim=-1), torch.ones((), dtype=maps.dtype, device=maps.device), atol=1e-3):
        raise ValueError("the weights of a query must add up to 1: are they attention maps, queries before keys?")
