"""One look for every figure: colours that colour-blind readers can tell apart, a white card legible in both themes."""

import io

import matplotlib as mpl
import matplotlib.pyplot as plt
import torch
from IPython.display import display
from matplotlib.figure import Figure

# Okabe and Ito (2008), "Color Universal Design", without the yellow that vanishes on white.
BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
SKY, PINK, BLACK = "#56B4E9", "#CC79A7", "#222222"
PALETTE = [BLUE, ORANGE, GREEN, RED, SKY, PINK, BLACK]
SEQUENTIAL = "viridis"  # magnitudes
DIVERGING = "RdBu_r"  # signed values, white at zero

STYLE = {
    "figure.facecolor": "white",
    "figure.dpi": 100,
    "figure.constrained_layout.use": True,
    "savefig.facecolor": "white",
    "axes.prop_cycle": mpl.cycler(color=PALETTE),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.labelsize": 10,
    "axes.grid": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.8,
    "axes.axisbelow": True,
    "font.size": 10,
    "lines.linewidth": 2,
    "lines.markersize": 6,
    "legend.frameon": False,
    "image.cmap": SEQUENTIAL,
    "image.interpolation": "nearest",
}
plt.rcParams.update(STYLE)


def figure(rows: int = 1, columns: int = 1, width: float = 8.0, height: float = 3.2, **options):
    """Return `(fig, axes)` like `plt.subplots`, in the course's style. `width` and `height` are inches."""
    with plt.ioff():
        return plt.subplots(rows, columns, figsize=(width, height), **options)


def show(fig: Figure, caption: str) -> None:
    """Display a figure with its caption beneath, and close it.

    Args:
        fig: the figure.
        caption: what the figure shows and what follows from it, in one or two sentences. It is also the picture's
            alternative text: JupyterLab gives output images none, so readers who cannot see it get the caption.
    """
    picture = {"image/png": png(fig), "text/plain": caption}
    display(picture, raw=True, metadata={"image/png": {"alt": caption, "width": round(fig.get_figwidth() * 100)}})
    display({"text/markdown": f"*{caption}*", "text/plain": caption}, raw=True)


def png(fig: Figure, dpi: int = 140) -> bytes:
    """Return a figure as PNG bytes and close it."""
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
    plt.close(fig)
    return buffer.getvalue()


def image(axis, picture: torch.Tensor, title: str = "", **options) -> None:
    """Draw `(C, H, W)` or `(H, W)` values on an axis, without ticks. Three channels are shown as RGB in [0, 1]."""
    picture = picture.detach().cpu().float()
    if picture.ndim == 3:
        picture = picture.permute(1, 2, 0).squeeze(-1)  # (C, H, W) -> (H, W, C), or (H, W) for one channel
    if picture.ndim == 3:
        picture = picture.clamp(0, 1)
    axis.imshow(picture.numpy(), **options)
    axis.set_title(title)
    axis.set_xticks([])
    axis.set_yticks([])
    axis.grid(False)
    for spine in axis.spines.values():
        spine.set_visible(False)


def patch_grid(axis, height: int, width: int, patch_size: int, color: str = "white", linewidth: float = 1.0) -> None:
    """Draw the lines that cut an image of `height` × `width` pixels into patches."""
    for y in range(0, height + 1, patch_size):
        axis.plot([-0.5, width - 0.5], [y - 0.5] * 2, color=color, linewidth=linewidth, clip_on=False)
    for x in range(0, width + 1, patch_size):
        axis.plot([x - 0.5] * 2, [-0.5, height - 0.5], color=color, linewidth=linewidth, clip_on=False)
