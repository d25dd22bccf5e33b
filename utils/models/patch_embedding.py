"""From an image to a sequence of tokens (chapter 02).

Dosovitskiy et al. (2021), "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale", section 3.1.
"""

from collections.abc import Sequence
from numbers import Integral

import torch
from torch import nn


def check_patch_size(patch_size: int) -> None:
    """Raise a `TypeError` unless the patch size is an integer, a `ValueError` unless it is at least 1."""
    if isinstance(patch_size, bool) or not isinstance(patch_size, Integral):
        raise TypeError(f"patch_size must be an integer, got {patch_size!r} of type {type(patch_size).__name__}.")
    if patch_size < 1:
        raise ValueError(f"patch_size must be at least 1, got {patch_size}.")


def check_images(images: torch.Tensor, patch_size: int, weight: torch.Tensor | None = None) -> None:
    """Raise an error that says what would fit, unless images can be cut into square patches of this size.

    Args:
        images: `(B, C, H, W)`, floating point, `H` and `W` divisible by `patch_size`.
        patch_size: side P of a patch in pixels.
        weight: `(D, C, P, P)`, the convolution's weights that images must match in channels and dtype; `None`
            accepts any. Under autocast, which converts them, dtypes may differ.

    Raises:
        TypeError: images are not a floating-point tensor or not of the weights' dtype, or the patch size is not an
            integer.
        ValueError: images do not have four dimensions or the weights' channels, `H` or `W` is not divisible, or the
            patch size is below 1.
    """
    check_patch_size(patch_size)
    if not isinstance(images, torch.Tensor) or not images.is_floating_point():
        kind = images.dtype if isinstance(images, torch.Tensor) else type(images).__name__
        raise TypeError(f"images must be a floating-point tensor, got {kind}. For uint8 pixels: images.float() / 255.")
    if images.ndim != 4:
        hint = " For a single image: images.unsqueeze(0)." if images.ndim == 3 else ""
        raise ValueError(f"images must have shape (B, C, H, W), got {tuple(images.shape)}.{hint}")
    if weight is not None and images.shape[1] != weight.shape[1]:
        raise ValueError(f"images must have {weight.shape[1]} channels, got {images.shape[1]}: {tuple(images.shape)}.")
    if weight is not None and images.dtype != weight.dtype and not _is_autocast_enabled(images.device.type):
        raise TypeError(
            f"images are {images.dtype}, but the model is {weight.dtype}. Convert them: images.to({weight.dtype})."
        )
    H, W = images.shape[2:]
    if H == 0 or W == 0:
        raise ValueError(f"images of {H} × {W} pixels are empty: {tuple(images.shape)}.")
    if H % patch_size or W % patch_size:
        fits = [max(1, round(side / patch_size)) * patch_size for side in (H, W)]
        sizes = [p for p in range(1, min(H, W) + 1) if H % p == 0 and W % p == 0]
        raise ValueError(
            f"an image of {H} × {W} pixels cannot be cut into patches of {patch_size} × {patch_size}. "
            f"Resize it to {fits[0]} × {fits[1]}, or use one of the patch sizes {sizes}."
        )


def _is_autocast_enabled(device: str) -> bool:
    """Say whether autocast converts dtypes now; never on a device that has no autocast, such as meta."""
    return torch.amp.is_autocast_available(device) and torch.is_autocast_enabled(device)


def check_patches(patches: torch.Tensor, patch_size: int, image_size: tuple[int, int]) -> None:
    """Raise an error unless flattened patches `(B, N, C·P²)` fill images of `(H, W)` pixels.

    Raises:
        TypeError: patches are not a tensor, the patch size is not an integer, or the image size not a pair of integers.
        ValueError: the patch size or a side is below 1, patches do not have three dimensions, or they do not fill the
            image.
    """
    check_patch_size(patch_size)
    if not isinstance(patches, torch.Tensor):
        raise TypeError(f"patches must be a tensor, got {type(patches).__name__}.")
    if patches.ndim != 3:
        raise ValueError(f"patches must have shape (B, N, C·P²), got {tuple(patches.shape)}.")
    pair = isinstance(image_size, Sequence) and len(image_size) == 2
    if not pair or not all(isinstance(side, Integral) for side in image_size):
        raise TypeError(f"image_size must be (H, W), two integers, got {image_size!r}.")
    (_, N, values), (H, W) = patches.shape, image_size
    if min(H, W) < 1 or H % patch_size or W % patch_size:
        raise ValueError(f"an image of {H} × {W} pixels has no patches of {patch_size} × {patch_size}.")
    rows, columns = H // patch_size, W // patch_size
    if rows * columns != N:
        raise ValueError(
            f"{N} patches of {patch_size} × {patch_size} do not fill an image of {H} × {W} pixels, "
            f"which has {rows} × {columns} = {rows * columns}."
        )
    if values == 0 or values % patch_size**2:
        raise ValueError(f"a patch of {values} values is no multiple of P² = {patch_size**2}.")


def patchify(images: torch.Tensor, patch_size: int) -> torch.Tensor:
    """Cut images into square patches that do not overlap, and flatten each patch.

    Patches are in reading order (left to right, then top to bottom); inside a patch, values are in the order
    channel, row, column, which is the order of a convolution's weights.

    Args:
        images: `(B, C, H, W)`, floating point, `H` and `W` divisible by `patch_size`.
        patch_size: side P of a patch in pixels.

    Returns:
        `(B, N, C·P²)` with `N = (H / P) · (W / P)`.

    Raises:
        TypeError, ValueError: see `check_images`.

    Source: Dosovitskiy et al. (2021), section 3.1, the tensor x_p.
    """
    check_images(images, patch_size)
    B, C, H, W = images.shape
    rows, columns = H // patch_size, W // patch_size
    x = images.reshape(B, C, rows, patch_size, columns, patch_size)  # (B, C, H/P, P, W/P, P)
    x = x.permute(0, 2, 4, 1, 3, 5)  # (B, H/P, W/P, C, P, P)
    return x.reshape(B, rows * columns, C * patch_size * patch_size)  # (B, N, C·P²)


def unpatchify(patches: torch.Tensor, patch_size: int, image_size: tuple[int, int]) -> torch.Tensor:
    """Put flattened patches back together: the inverse of `patchify`.

    Args:
        patches: `(B, N, C·P²)`.
        patch_size: side P of a patch in pixels.
        image_size: `(H, W)` in pixels. The number of patches alone does not tell a wide image from a tall one.

    Returns:
        `(B, C, H, W)`.

    Raises:
        TypeError, ValueError: see `check_patches`.
    """
    check_patches(patches, patch_size, image_size)
    (B, _, values), (H, W) = patches.shape, image_size
    rows, columns, C = H // patch_size, W // patch_size, values // patch_size**2
    x = patches.reshape(B, rows, columns, C, patch_size, patch_size)  # (B, H/P, W/P, C, P, P)
    x = x.permute(0, 3, 1, 4, 2, 5)  # (B, C, H/P, P, W/P, P)
    return x.reshape(B, C, H, W)


class PatchEmbedding(nn.Module):
    """Turn an image into a sequence of tokens: cut it into patches and project each patch linearly.

    Cutting and projecting are one strided convolution: its kernel covers exactly one patch, its stride is the
    patch size. The same as timm's `PatchEmbed` and torchvision's `conv_proj`, for any image size that is divisible.

    Args:
        patch_size: side P of a patch in pixels.
        in_channels: channels C of the image.
        embed_dim: length D of a token.

    Shapes: `(B, C, H, W)` → `(B, N, D)` with `N = (H / P) · (W / P)`.

    Raises:
        TypeError, ValueError: see `check_images`.

    Source: Dosovitskiy et al. (2021), section 3.1, the matrix E of equation 1.
    """

    def __init__(self, patch_size: int = 16, in_channels: int = 3, embed_dim: int = 768):
        super().__init__()
        check_patch_size(patch_size)
        self.patch_size = patch_size
        self.proj = nn.Conv2d(in_channels, embed_dim, kernel_size=patch_size, stride=patch_size)  # E

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        check_images(images, self.patch_size, self.proj.weight)
        x = self.proj(images)  # (B, C, H, W) -> (B, D, H/P, W/P)
        return x.flatten(2).transpose(1, 2)  # (B, D, N) -> (B, N, D)


class ClassToken(nn.Module):
    """Put one learned token in front of every sequence; after the last layer it stands for the whole image.

    Args:
        embed_dim: length D of a token.

    Shapes: `(B, N, D)` → `(B, N + 1, D)`, the class token at index 0.

    Raises:
        ValueError: the tokens do not have three dimensions or another length than D.

    Source: Dosovitskiy et al. (2021), section 3.1, x_class of equation 1; after BERT (Devlin et al. 2019).
    """

    def __init__(self, embed_dim: int = 768):
        super().__init__()
        self.token = nn.Parameter(torch.zeros(1, 1, embed_dim))  # x_class

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        if tokens.ndim != 3 or tokens.shape[2] != self.token.shape[2]:
            raise ValueError(f"tokens must have shape (B, N, {self.token.shape[2]}), got {tuple(tokens.shape)}.")
        token = self.token.expand(tokens.shape[0], -1, -1)  # (1, 1, D) -> (B, 1, D), no copy
        return torch.cat([token, tokens], dim=1)  # (B, N, D) -> (B, N + 1, D)
