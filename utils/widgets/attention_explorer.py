"""The attention explorer of chapter 09: one map of a ViT at a time, of any layer, head and query, or rolled out."""

from collections.abc import Mapping
from pathlib import Path

import anywidget
import torch
import traitlets
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch.nn import functional as F

from utils import plots
from utils.models.looking_inside import rollout as roll_out
from utils.widgets.attention_heads import DARK, GLOW, STRENGTH, _alt, _check_arrays

STYLE = Path(__file__).with_name("attention_heads.css")  # the same look


class AttentionExplorer(anywidget.AnyWidget):
    """Choose a layer, a head and a query, and see where it looks; or switch rollout on, and see what it is made of.

    Point at a patch to try it as the query; a click, a tap or the arrow keys select it, and a button (or the key C)
    takes the class token instead. With rollout, the heads do not matter: the map says how much of each patch has
    reached the query's token by the end of the layer. All of it is computed in the browser; `photo`, `layer`, `head`,
    `patch` and `rollout` follow about 150 ms later, and may also be assigned.

    Args:
        maps: attention weights `(B, depth, h, N, N)`, queries before keys, each row adding up to 1: the maps of
            `record_attention`, stacked along dimension 1. Token 0 is the class token.
        photos: the B photographs, each `(3, H, W)` with values in [0, 1], under their names. All are of one size, which
            need not be the one that the model saw.
        grid: `(rows, columns)` of patches, with rows · columns = N − 1.
        photo: name of the photograph shown, by default the first.
        layer: from 0 to depth − 1, by default the last.
        head: from 0 to h − 1, or `"mean"` for the mean over the heads.
        patch: the query, in reading order, or `None` for the class token.
        rollout: whether the attention is rolled out from the image to the layer.

    Raises:
        TypeError: `layer`, `head` or `patch` is not an integer, or `rollout` not true or false.
        ValueError: maps, photographs and grid that do not fit each other, weights that do not add up to 1, or a
            photograph, layer, head or patch that does not exist.
    """

    _esm = Path(__file__).with_suffix(".js")
    _css = STYLE.read_text("utf-8") + Path(__file__).with_suffix(".css").read_text("utf-8")

    photo = traitlets.Any().tag(sync=True)
    layer = traitlets.Any(0).tag(sync=True)
    head = traitlets.Any("mean").tag(sync=True)
    patch = traitlets.Any(None, allow_none=True).tag(sync=True)
    rollout = traitlets.Any(False).tag(sync=True)

    _photos = traitlets.List().tag(sync=True)  # [{"name": ..., "alt": ...}, ...]
    _pixels = traitlets.Bytes().tag(sync=True)  # uint8, (B, H, W, 3)
    _weights = traitlets.Bytes().tag(sync=True)  # uint8, (B, depth, h, N, N): 255 · √(weight / largest of its row)
    _largest = traitlets.Bytes().tag(sync=True)  # float32, (B, depth, h, N)
    _sizes = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        maps: torch.Tensor,
        photos: Mapping[str, torch.Tensor],
        grid: tuple[int, int],
        photo: str | None = None,
        layer: int | None = None,
        head: int | str = "mean",
        patch: int | None = None,
        rollout: bool = False,
    ):
        _check_arrays(maps, photos, grid)
        if grid[0] * grid[1] + 1 != maps.shape[-1]:
            raise ValueError(
                f"a class token and a grid of {grid[0]} × {grid[1]} patches are {grid[0] * grid[1] + 1} tokens, "
                f"but the maps have {maps.shape[-1]}."
            )
        self._maps, self._grid = maps.detach().cpu().float(), tuple(grid)
        self._pictures = {name: picture.detach().cpu().float() for name, picture in photos.items()}
        state = {
            "photo": next(iter(photos)) if photo is None else photo,
            "layer": maps.shape[1] - 1 if layer is None else layer,
            "head": head,
            "patch": patch,
            "rollout": rollout,
        }
        for name, value in state.items():
            self._check_value(name, value)
        pixels = torch.stack(list(self._pictures.values()))  # (B, 3, H, W)
        largest = self._maps.amax(dim=-1)  # (B, depth, h, N)
        names = ("height", "width", "rows", "columns", "depth", "heads")
        super().__init__(
            **state,
            _photos=[{"name": name, "alt": _alt(name)} for name in photos],
            _pixels=(pixels * 255).round().byte().permute(0, 2, 3, 1).numpy().tobytes(),
            _weights=((self._maps / largest[..., None]).sqrt() * 255).round().byte().numpy().tobytes(),
            _largest=largest.numpy().tobytes(),
            _sizes=dict(zip(names, (*pixels.shape[2:], *self._grid, *maps.shape[1:3]), strict=True)),
        )

    @traitlets.validate("photo", "layer", "head", "patch", "rollout")
    def _check(self, proposal):
        self._check_value(proposal["trait"].name, proposal["value"])
        return proposal["value"]

    def _check_value(self, name: str, value) -> None:
        if name == "photo":
            if value not in self._pictures:
                raise ValueError(f"there is no photograph {value!r}. Choose one of: {', '.join(self._pictures)}.")
        elif name == "rollout":
            if not isinstance(value, bool):
                raise TypeError(f"rollout must be True or False, got {value!r}.")
        elif not (name == "head" and value == "mean") and not (name == "patch" and value is None):
            others = {"head": ' or "mean"', "patch": " or None for the class token"}.get(name, "")
            if isinstance(value, bool) or not isinstance(value, int):
                raise TypeError(f"{name} must be an integer{others}, got {value!r} of type {type(value).__name__}.")
            sizes = {"layer": self._maps.shape[1], "head": self._maps.shape[2], "patch": self._maps.shape[3] - 1}
            if not 0 <= value < sizes[name]:
                raise ValueError(f"{name} must be from 0 to {sizes[name] - 1}{others}, got {value}.")

    def weights(self) -> torch.Tensor:
        """Return what is shown: how much the query gives to each token, or is made of it, `(N,)`, class token first."""
        maps = self._maps[list(self._pictures).index(self.photo)]  # (depth, h, N, N)
        query = 0 if self.patch is None else 1 + self.patch
        if self.rollout:
            return roll_out([layer[None] for layer in maps[: self.layer + 1]])[0, query]
        chosen = maps[self.layer, :, query]  # (h, N)
        return chosen.mean(dim=0) if self.head == "mean" else chosen[self.head]

    def figure(self) -> Figure:
        """Draw what the widget shows as a matplotlib figure: the photograph with the query, and its map."""
        rows, columns = self._grid
        picture = self._pictures[self.photo]  # (3, H, W)
        _, H, W = picture.shape
        weights = self.weights()
        share = weights[1:].reshape(1, 1, rows, columns) / weights[1:].max().clamp(min=1e-12)  # from 0 to 1
        glow = STRENGTH * F.interpolate(share, (H, W), mode="nearest")[0]  # (1, H, W)
        lit = DARK * picture.mean(dim=0, keepdim=True) * (1 - glow) + GLOW[:, None, None] * glow
        fig, axes = plots.figure(1, 2, width=7, height=3.2 * H / W + 0.7)
        plots.image(axes[0], picture, self._query())
        plots.image(axes[1], lit, self._kind())
        notes = f"largest {weights[1:].max():.1%}, class token {weights[0]:.1%}"
        axes[1].text(0.5, -0.03, notes, transform=axes[1].transAxes, ha="center", va="top", fontsize=9)
        if self.patch is not None:
            row, column = divmod(self.patch, columns)
            corner = (column * W / columns - 0.5, row * H / rows - 0.5)
            for axis in axes:
                for color, linewidth in (("black", 4), ("white", 2)):
                    box = Rectangle(corner, W / columns, H / rows, fill=False, color=color, linewidth=linewidth)
                    axis.add_patch(box)
        return fig

    def _query(self) -> str:
        return "query: class token" if self.patch is None else f"query: patch {self.patch}"

    def _kind(self) -> str:
        if self.rollout:
            return f"rollout, layers 0 to {self.layer}"
        return f"layer {self.layer}, " + ("mean of heads" if self.head == "mean" else f"head {self.head}")

    def _repr_mimebundle_(self, **options):
        bundle, metadata = super()._repr_mimebundle_(**options)
        fig = self.figure()
        metadata["image/png"] = {"alt": self._description(), "width": round(fig.get_figwidth() * 100)}
        bundle["image/png"] = plots.png(fig, dpi=100)
        bundle["text/plain"] = repr(self)
        return bundle, metadata

    def __repr__(self) -> str:
        state = {name: getattr(self, name) for name in ("photo", "layer", "head", "patch", "rollout")}
        return f"AttentionExplorer({', '.join(f'{name}={value!r}' for name, value in state.items())})"

    def _description(self) -> str:
        query = (
            "the class token"
            if self.patch is None
            else "patch {} in row {} and column {}, which is marked".format(
                self.patch, *divmod(self.patch, self._grid[1])
            )
        )
        verb = "is made of" if self.rollout else "looks at"
        return (
            f"Photograph of {_alt(self.photo)}, and beside it the same photograph in dark grey, with the patches in "
            f"orange that the query {verb} ({self._kind()}). The query is {query}."
        )
