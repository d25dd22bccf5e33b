"""Images for the lessons. Everything here works offline: it ships inside scikit-learn and scikit-image."""

from functools import cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps

PHOTOS = {
    "cat": ("skimage", "chelsea.png", "a ginger cat's face"),
    "astronaut": ("skimage", "astronaut.png", "an astronaut in an orange suit before a flag and a space shuttle"),
    "coffee": ("skimage", "coffee.png", "a cup of coffee on a wooden table"),
    "temple": ("sklearn", "china.jpg", "a Chinese temple above a green valley"),
    "flower": ("sklearn", "flower.jpg", "an orange dahlia"),
}


def photo(name: str = "cat", size: int | tuple[int, int] | None = None) -> torch.Tensor:
    """Return a photograph as a float tensor `(3, H, W)` with values in [0, 1].

    Args:
        name: one of `PHOTOS`.
        size: side in pixels, or `(H, W)`. The photograph is cropped around its centre to that shape and resized
            (bicubic, antialiased). `None` keeps the original size.

    Raises:
        TypeError: the size is neither an integer nor a pair of integers.
        ValueError: unknown name, or a size below one pixel.
    """
    picture = _open(name)
    if size is not None:
        sides = size if isinstance(size, tuple) else (size, size)
        if len(sides) != 2 or not all(type(side) is int for side in sides):
            raise TypeError(f"size must be a side in pixels or (height, width), both integers, got {size!r}.")
        height, width = sides
        if min(sides) < 1:
            raise ValueError(f"size must be at least 1 pixel, got {size}.")
        picture = ImageOps.fit(picture, (width, height), Image.Resampling.BICUBIC)
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1).float() / 255  # (H, W, 3) -> (3, H, W)


def photo_alt(name: str) -> str:
    """Return what a photograph shows, as text for readers who cannot see it."""
    return _entry(name)[2]


def _entry(name: str) -> tuple[str, str, str]:
    if name not in PHOTOS:
        raise ValueError(f"there is no photograph {name!r}. Choose one of: {', '.join(PHOTOS)}.")
    return PHOTOS[name]


@cache
def _open(name: str) -> Image.Image:
    library, filename, _ = _entry(name)
    if library == "skimage":
        import skimage.data as package

        folder = Path(package.__file__).parent
    else:
        import sklearn.datasets as package

        folder = Path(package.__file__).parent / "images"
    return Image.open(folder / filename).convert("RGB")
