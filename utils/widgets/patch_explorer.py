"""The patch explorer of chapter 02: a photograph, its patches, and their places in the token sequence."""

from functools import cache
from pathlib import Path

import anywidget
import torch
import traitlets
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from utils import data, plots
from utils.models.patch_embedding import check_patch_size, patchify

SIDE = 224  # pixels of the square photographs
PATCH_SIZES = [p for p in range(7, 57) if SIDE % p == 0]  # 7, 8, 14, 16, 28, 32, 56


class PatchExplorer(anywidget.AnyWidget):
    """Cut a photograph into patches and see each patch, its token and its numbers side by side.

    Point at a patch to see its place in the token sequence; point at a token to see its place in the picture. A
    click, a tap or the arrow keys select a patch. All of it is drawn in the browser; the three attributes below
    follow about 150 ms later, and may also be assigned.

    Args:
        photo: one of `utils.data.PHOTOS`, cropped to 224 × 224 pixels.
        patch_size: side P of a patch in pixels, one of `PATCH_SIZES`.
        patch: index of the selected patch in reading order, from 0 to N − 1, where N = (224 / P)². A larger patch
            size that leaves fewer patches moves it to the last one.

    Raises:
        TypeError: `photo` is not a string, or `patch_size` or `patch` not an integer.
        ValueError: a photograph, patch size or patch that does not exist.
    """

    _esm = Path(__file__).with_suffix(".js")
    _css = Path(__file__).with_suffix(".css")

    photo = traitlets.Any("cat").tag(sync=True)
    patch_size = traitlets.Any(32).tag(sync=True)
    patch = traitlets.Any(0).tag(sync=True)

    _photos = traitlets.List().tag(sync=True)  # [{"name": ..., "alt": ...}, ...]
    _pixels = traitlets.Bytes().tag(sync=True)  # uint8, (photographs, 224, 224, 3)
    _side = traitlets.Int(SIDE).tag(sync=True)
    _patch_sizes = traitlets.List(PATCH_SIZES).tag(sync=True)

    def __init__(self, photo: str = "cat", patch_size: int = 32, patch: int = 0):
        _check_photo(photo)
        _check_patch_size(patch_size)
        _check_patch(patch, patch_size)
        super().__init__(
            photo=photo,
            patch_size=patch_size,
            patch=patch,
            _photos=[{"name": name, "alt": data.photo_alt(name)} for name in data.PHOTOS],
            _pixels=_all_pixels(),
        )

    @traitlets.validate("photo", "patch_size", "patch")
    def _check(self, proposal):
        value = proposal["value"]
        match proposal["trait"].name:
            case "photo":
                _check_photo(value)
            case "patch_size":
                _check_patch_size(value)
            case "patch":
                _check_patch(value, self.patch_size)
        return value

    @traitlets.observe("patch_size")
    def _keep_patch_inside(self, change):
        self.patch = min(self.patch, _count(self.patch_size) - 1)

    def figure(self) -> Figure:
        """Draw what the explorer shows as a matplotlib figure: picture, selected patch, its numbers, the sequence."""
        P, columns, N = self.patch_size, SIDE // self.patch_size, _count(self.patch_size)
        row, column = divmod(self.patch, columns)
        picture = data.photo(self.photo, SIDE)
        tokens = patchify(picture[None], P)[0]  # (N, 3·P²)
        patches = tokens.reshape(N, 3, P, P)

        per_line = _tokens_per_line(N, columns)
        strip = _strip(patches, per_line)
        strip_height = 8 * strip.shape[1] / strip.shape[2]  # inches

        fig, axis = plots.figure(width=8, height=3.7 + strip_height)
        axis.remove()
        axes = fig.subplot_mosaic(
            [["picture", "enlarged"], ["picture", "numbers"], ["sequence", "sequence"]],
            height_ratios=[2.4, 0.8, strip_height + 0.2],
        )
        plots.image(axes["picture"], picture, f"{columns} × {columns} patches of {P} × {P} pixels")
        plots.patch_grid(axes["picture"], SIDE, SIDE, P, linewidth=1.2 if P >= 14 else 0.6)
        _mark(axes["picture"], column * P, row * P, P)

        plots.image(axes["enlarged"], patches[self.patch], f"Patch {self.patch}: row {row}, column {column}")
        numbers = [f"{value:.3f}" for value in tokens[self.patch, :8].tolist()]
        axes["numbers"].axis("off")
        axes["numbers"].text(
            0.5,
            1,
            f"First 8 of its {3 * P * P} numbers:\n{'  '.join(numbers[:4])}\n{'  '.join(numbers[4:])}",
            transform=axes["numbers"].transAxes,
            ha="center",
            va="top",
            linespacing=1.6,
        )

        title = f"Token sequence: N = {SIDE}/{P} × {SIDE}/{P} = {N} tokens of C·P² = 3·{P}² = {3 * P * P} numbers"
        plots.image(axes["sequence"], strip, title)
        pitch = P + _gap(P)
        line, place = divmod(self.patch, per_line)
        _mark(axes["sequence"], place * pitch, line * pitch, P)
        lines = range(0, -(-N // per_line), 1 if P >= 14 else 3)
        axes["sequence"].set_yticks([n * pitch + P / 2 for n in lines], [n * per_line for n in lines], fontsize=8)
        axes["sequence"].tick_params(length=0)
        return fig

    def _repr_mimebundle_(self, **options):
        bundle, metadata = super()._repr_mimebundle_(**options)
        fig = self.figure()
        metadata["image/png"] = {"alt": self._alt(), "width": round(fig.get_figwidth() * 100)}
        bundle["image/png"] = plots.png(fig)
        bundle["text/plain"] = repr(self)
        return bundle, metadata

    def __repr__(self) -> str:
        return f"PatchExplorer(photo={self.photo!r}, patch_size={self.patch_size}, patch={self.patch})"

    def _alt(self) -> str:
        columns = SIDE // self.patch_size
        row, column = divmod(self.patch, columns)
        return (
            f"Photograph of {data.photo_alt(self.photo)}, cut into {columns} × {columns} patches of "
            f"{self.patch_size} × {self.patch_size} pixels, which form a sequence of {_count(self.patch_size)} tokens. "
            f"Patch {self.patch}, in row {row} and column {column}, is marked and shown enlarged."
        )


def _count(patch_size: int) -> int:
    return (SIDE // patch_size) ** 2


def _check_photo(name: str) -> None:
    if not isinstance(name, str):
        raise TypeError(f"photo must be a name, one of {', '.join(data.PHOTOS)}; got {name!r}.")
    data.photo_alt(name)  # raises a ValueError that lists the photographs


def _check_patch_size(size: int) -> None:
    check_patch_size(size)
    if size not in PATCH_SIZES:
        raise ValueError(f"patch_size must be one of {', '.join(map(str, PATCH_SIZES))}; got {size}.")


def _check_patch(patch: int, patch_size: int) -> None:
    if isinstance(patch, bool) or not isinstance(patch, int):
        raise TypeError(f"patch must be an integer index, got {patch!r} of type {type(patch).__name__}.")
    count = _count(patch_size)
    if not 0 <= patch < count:
        raise ValueError(
            f"patch must be from 0 to {count - 1}: patches of {patch_size} × {patch_size} pixels "
            f"cut the photograph into {count}; got {patch}."
        )


@cache
def _all_pixels() -> bytes:
    """Return the photographs as bytes, in the order photograph, row, column, channel."""
    photos = torch.stack([data.photo(name, SIDE) for name in data.PHOTOS])  # (photographs, 3, 224, 224)
    return (photos * 255).round().byte().permute(0, 2, 3, 1).numpy().tobytes()


def _tokens_per_line(count: int, columns: int) -> int:
    """Choose lines that fit the page, and do not end where rows of the picture end: a sequence has no rows."""
    per_line = min(count, {16: 16, 49: 25, 64: 22}.get(count, round((count * 6.4) ** 0.5)))
    return per_line - 1 if per_line < count and per_line % columns == 0 else per_line


def _gap(patch_size: int) -> int:
    return max(1, patch_size // 8)


def _strip(patches: torch.Tensor, per_line: int) -> torch.Tensor:
    """Lay patches `(N, 3, P, P)` out in lines, white between them: `(3, H, W)`."""
    N, C, P, _ = patches.shape
    pitch = P + _gap(P)
    strip = torch.ones(C, -(-N // per_line) * pitch, per_line * pitch)
    for i, patch in enumerate(patches):
        line, place = divmod(i, per_line)
        strip[:, line * pitch : line * pitch + P, place * pitch : place * pitch + P] = patch
    return strip


def _mark(axis, column: float, row: float, side: int) -> None:
    """Outline a square of pixels in two tones, visible on light and on dark pictures."""
    width = 2.2 if side >= 14 else 1.3
    for color, linewidth in (("black", 2 * width), ("white", width)):
        square = Rectangle((column - 1.5, row - 1.5), side + 2, side + 2, fill=False, color=color, linewidth=linewidth)
        square.set(clip_on=False, zorder=3)
        axis.add_patch(square)
