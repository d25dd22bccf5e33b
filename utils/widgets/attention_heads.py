"""The attention heads of chapter 05: where each head of a layer looks, side by side on one photograph."""

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
PER_LINE = 5  # pictures in a line of the figure


class AttentionHeads(anywidget.AnyWidget):
    """Choose a patch as the query, and see beside each other where all heads of a layer look from there.

    Point at a patch to try it as the query; a click, a tap or the arrow keys select it. All of it is drawn in the
    browser; `photo`, `layer` and `patch` follow about 150 ms later, and may also be assigned.

    Args:
        maps: attention weights `(B, depth, h, N, N)`, queries before keys, each row adding up to 1, as
            `VisionTransformer.attention_maps` returns them.
        photos: the B photographs, each `(3, H, W)` with values in [0, 1], under their names. All are of one size, which
            need not be the one that the model saw.
        grid: `(rows, columns)` of patches. Tokens in front of them, such as the class token, are not drawn; what they
            get of the query's attention is written below each map.
        photo: name of the photograph shown, by default the first.
        layer: from 0 to depth − 1.
        patch: the query, in reading order, from 0 to rows · columns − 1.

    Raises:
        TypeError: `layer` or `patch` is not an integer.
        ValueError: maps, photographs and grid that do not fit each other, weights that do not add up to 1, or a
            photograph, layer or patch that does not exist.
    """

    _esm = Path(__file__).with_suffix(".js")
    _css = Path(__file__).with_suffix(".css")

    photo = traitlets.Any().tag(sync=True)
    layer = traitlets.Any(0).tag(sync=True)
    patch = traitlets.Any(0).tag(sync=True)

    _photos = traitlets.List().tag(sync=True)  # [{"name": ..., "alt": ...}, ...]
    _pixels = traitlets.Bytes().tag(sync=True)  # uint8, (B, H, W, 3)
    _weights = traitlets.Bytes().tag(sync=True)  # uint8, (B, depth, h, N, N), 255 for the largest weight of a row
    _largest = traitlets.Bytes().tag(sync=True)  # float32, (B, depth, h, N), that largest weight
    _sizes = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        maps: torch.Tensor,
        photos: Mapping[str, torch.Tensor],
        grid: tuple[int, int],
        photo: str | None = None,
        layer: int = 0,
        patch: int = 0,
    ):
        _check_arrays(maps, photos, grid)
        self._maps, self._grid = maps.detach().cpu().float(), tuple(grid)
        self._pictures = {name: picture.detach().cpu().float() for name, picture in photos.items()}
        state = {"photo": next(iter(photos)) if photo is None else photo, "layer": layer, "patch": patch}
        for name, value in state.items():
            self._check_value(name, value)
        pixels = torch.stack(list(self._pictures.values()))  # (B, 3, H, W)
        largest = self._maps.amax(dim=-1)  # (B, depth, h, N)
        names = ("height", "width", "rows", "columns", "depth", "heads", "tokens")
        super().__init__(
            **state,
            _photos=[{"name": name, "alt": _alt(name)} for name in photos],
            _pixels=(pixels * 255).round().byte().permute(0, 2, 3, 1).numpy().tobytes(),
            _weights=(self._maps / largest[..., None] * 255).round().byte().numpy().tobytes(),
            _largest=largest.numpy().tobytes(),
            _sizes=dict(zip(names, (*pixels.shape[2:], *self._grid, *maps.shape[1:4]), strict=True)),
        )

    @traitlets.validate("photo", "layer", "patch")
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
        count = self._maps.shape[1] if name == "layer" else self._grid[0] * self._grid[1]
        if not 0 <= value < count:
            raise ValueError(f"{name} must be from 0 to {count - 1}, got {value}.")

    def figure(self) -> Figure:
        """Draw what the widget shows as a matplotlib figure: the photograph with the query, and each head's map."""
        rows, columns = self._grid
        picture = self._pictures[self.photo]  # (3, H, W)
        _, H, W = picture.shape
        maps = self._maps[list(self._pictures).index(self.photo), self.layer]  # (h, N, N)
        before = maps.shape[-1] - rows * columns
        weights = maps[:, before + self.patch]  # (h, N)
        on_patches = weights[:, before:].reshape(-1, rows, columns)
        dark = DARK * picture.mean(dim=0, keepdim=True)  # (1, H, W)

        lines = -(-(1 + len(maps)) // PER_LINE)
        fig, axes = plots.figure(lines, PER_LINE, width=10, height=(1.75 * H / W + 0.75) * lines, squeeze=False)
        for axis in axes.flat:
            axis.axis("off")
        plots.image(axes.flat[0], picture, f"query: patch {self.patch}")
        for head, axis in enumerate(axes.flat[1 : 1 + len(maps)]):
            share = on_patches[head] / on_patches[head].max().clamp(min=1e-12)  # (rows, columns), from 0 to 1
            glow = STRENGTH * F.interpolate(share[None, None], (H, W), mode="nearest")[0]  # (1, H, W)
            plots.image(axis, dark * (1 - glow) + GLOW[:, None, None] * glow, f"head {head}")
            notes = [f"largest {on_patches[head].max():.1%}"]
            notes += [f"class token {weights[head, :before].sum():.1%}"] * (before > 0)
            axis.text(0.5, -0.04, "\n".join(notes), transform=axis.transAxes, ha="center", va="top", fontsize=9)
        row, column = divmod(self.patch, columns)
        for axis in axes.flat[: 1 + len(maps)]:
            for color, linewidth in (("black", 4), ("white", 2)):
                corner = (column * W / columns - 0.5, row * H / rows - 0.5)
                axis.add_patch(Rectangle(corner, W / columns, H / rows, fill=False, color=color, linewidth=linewidth))
        return fig

    def _repr_mimebundle_(self, **options):
        bundle, metadata = super()._repr_mimebundle_(**options)
        fig = self.figure()
        metadata["image/png"] = {"alt": self._alt(), "width": round(fig.get_figwidth() * 100)}
        bundle["image/png"] = plots.png(fig, dpi=100)
        bundle["text/plain"] = repr(self)
        return bundle, metadata

    def __repr__(self) -> str:
        return f"AttentionHeads(photo={self.photo!r}, layer={self.layer}, patch={self.patch})"

    def _alt(self) -> str:
        row, column = divmod(self.patch, self._grid[1])
        return (
            f"Photograph of {_alt(self.photo)}, with patch {self.patch} in row {row} and column {column} marked as the "
            f"query. Beside it, for each of the {self._maps.shape[2]} heads of layer {self.layer}, the photograph in "
            "dark grey with the patches that this query looks at in orange."
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
    if rows * columns > maps.shape[3]:
        raise ValueError(f"a grid of {rows} × {columns} patches has more patches than the {maps.shape[3]} tokens.")
    if not torch.allclose(maps.sum(dim=-1), torch.ones((), dtype=maps.dtype, device=maps.device), atol=1e-3):
        raise ValueError("the weights of a query must add up to 1: are they attention maps, queries before keys?")
