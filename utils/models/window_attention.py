"""Attention inside windows: the image is cut into windows, and tokens look only at those of their own (chapter 12).

Liu et al. (2021), "Swin Transformer: Hierarchical Vision Transformer using Shifted Windows", section 3.2.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F

from utils.models.multi_head_attention import MultiHeadAttention
from utils.models.position_embedding import RelativePositionBias, check_grid_size


def as_window(window_size: int | tuple[int, int]) -> tuple[int, int]:
    """Return the rows and columns of a window; a single side M stands for M × M.

    Raises:
        TypeError: neither an integer nor a pair of integers.
        ValueError: a side below 1.
    """
    window = window_size if isinstance(window_size, tuple | list) else (window_size, window_size)
    check_grid_size(window)
    return tuple(window)


def check_map(x: torch.Tensor) -> None:
    """Raise a `ValueError` unless this is a map `(B, H, W, C)` with at least one token."""
    if x.ndim != 4 or 0 in x.shape[1:3]:
        raise ValueError(f"a map of tokens must have shape (B, H, W, C), H and W at least 1; got {tuple(x.shape)}.")


def pad_to_windows(x: torch.Tensor, window_size: int | tuple[int, int]) -> torch.Tensor:
    """Add rows of zeros at the bottom and columns at the right, until whole windows cover the map.

    Args:
        x: `(B, H, W, C)`.
        window_size: side M, or rows and columns of a window.

    Returns:
        `(B, H', W', C)` with H' and W' the next multiples of the window's sides; `x` itself if there is nothing to add.

    Raises:
        TypeError: a window that is neither an integer nor a pair of integers.
        ValueError: a side of the window below 1, or `x` not of four dimensions or without a token.

    Source: Liu et al. (2021), section 3.2, in a footnote.
    """
    (wh, ww), _ = as_window(window_size), check_map(x)
    bottom, right = -x.shape[1] % wh, -x.shape[2] % ww
    return F.pad(x, (0, 0, 0, right, 0, bottom)) if bottom or right else x  # (B, H, W, C) -> (B, H', W', C)


def window_partition(x: torch.Tensor, window_size: int | tuple[int, int]) -> torch.Tensor:
    """Cut a map of tokens into windows that do not overlap.

    Args:
        x: `(B, H, W, C)`.
        window_size: side M, or rows and columns `(wh, ww)` of a window; they must divide H and W.

    Returns:
        `(B·nW, N, C)`: nW = H/wh · W/ww windows per image, in reading order, one image after the other; each has its
        N = wh·ww tokens in reading order. timm's function of this name returns `(B·nW, wh, ww, C)`, the same values.

    Raises:
        TypeError: a window that is neither an integer nor a pair of integers.
        ValueError: a side of the window below 1 or one that does not divide the map's, or `x` not of four dimensions or
            without a token.

    Source: Liu et al. (2021), section 3.2, "Self-attention in non-overlapped windows".
    """
    (wh, ww), _ = as_window(window_size), check_map(x)
    B, H, W, C = x.shape
    if H % wh or W % ww:
        fits = f"{H + -H % wh} × {W + -W % ww}"
        raise ValueError(f"windows of {wh} × {ww} do not cover a map of {H} × {W}; pad it to {fits}.")
    x = x.reshape(B, H // wh, wh, W // ww, ww, C)  # (B, H, W, C) -> (B, H/wh, wh, W/ww, ww, C)
    return x.transpose(2, 3).reshape(-1, wh * ww, C)  # -> (B, H/wh, W/ww, wh, ww, C) -> (B·nW, N, C)


def window_reverse(windows: torch.Tensor, window_size: int | tuple[int, int], H: int, W: int) -> torch.Tensor:
    """Put windows back into the map that they were cut from; the inverse of `window_partition`.

    Args:
        windows: `(B·nW, N, C)`.
        window_size: side M, or rows and columns `(wh, ww)` of a window.
        H, W: rows and columns of the map, multiples of the window's.

    Returns:
        `(B, H, W, C)`.

    Raises:
        TypeError: a window that is neither an integer nor a pair of integers.
        ValueError: a side of the window below 1 or one that does not divide the map's, or windows that do not fit.

    Source: Liu et al. (2021), section 3.2. timm's function of this name takes `(B·nW, wh, ww, C)`, the same values.
    """
    wh, ww = as_window(window_size)
    if H < 1 or W < 1 or H % wh or W % ww:
        raise ValueError(f"windows of {wh} × {ww} do not cover a map of {H} × {W}.")
    per_image = (H // wh) * (W // ww)
    if windows.ndim != 3 or windows.shape[1] != wh * ww or windows.shape[0] % per_image:
        raise ValueError(
            f"a map of {H} × {W} has {per_image} windows of {wh} × {ww}, shape (B·{per_image}, {wh * ww}, C); "
            f"got {tuple(windows.shape)}."
        )
    x = windows.reshape(-1, H // wh, W // ww, wh, ww, windows.shape[2])  # (B·nW, N, C) -> (B, H/wh, W/ww, wh, ww, C)
    return x.transpose(2, 3).reshape(-1, H, W, windows.shape[2])  # -> (B, H/wh, wh, W/ww, ww, C) -> (B, H, W, C)


def attention_flops(height: int, width: int, dim: int, window_size: int | tuple[int, int] | None = None) -> int:
    """Return the floating-point operations of one attention layer on one map, a multiply-add as two.

    Args:
        height, width: rows and columns of tokens.
        dim: length C of a token.
        window_size: side M, or rows and columns of a window; `None` for global attention.

    Returns:
        8·H'·W'·C² for the four projections and 4·H'·W'·N·C for comparing and mixing, each token with the N of its
        window. H' and W' are the sides after padding; for global attention, those of the map, and N is all of it.

    Raises:
        TypeError: sides of the map or of the window that are not integers.
        ValueError: such a side below 1.

    Source: Liu et al. (2021), section 3.2, equations 1 and 2, which count multiply-adds, half as many.
    """
    check_grid_size((height, width))
    wh, ww = (height, width) if window_size is None else as_window(window_size)
    tokens = (height + -height % wh) * (width + -width % ww)
    return 8 * tokens * dim**2 + 4 * tokens * wh * ww * dim


def attend_in_windows(
    attention: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor, window_size: int | tuple[int, int]
) -> torch.Tensor:
    """Let the tokens of a map look at those of their own window: pad, partition, attend, reverse, crop.

    The zeros that padding adds are tokens like any other to the attention, in the softmax too, as in torchvision and
    timm. A window larger than the map leaves one window, padded.

    Args:
        attention: any layer from `(B·nW, N, C)` to `(B·nW, N, D)`, such as `WindowAttention`.
        x: `(B, H, W, C)`.
        window_size: side M, or rows and columns of a window.

    Returns:
        `(B, H, W, D)`.

    Raises:
        TypeError, ValueError: see `pad_to_windows`; or what the attention raises.

    Source: Liu et al. (2021), section 3.2.
    """
    padded = pad_to_windows(x, window_size)  # (B, H, W, C) -> (B, H', W', C)
    windows = attention(window_partition(padded, window_size))  # -> (B·nW, N, C) -> (B·nW, N, D)
    y = window_reverse(windows, window_size, *padded.shape[1:3])  # -> (B, H', W', D)
    return y[:, : x.shape[1], : x.shape[2]]  # -> (B, H, W, D)


def check_windows(
    windows: torch.Tensor, window_size: tuple[int, int], dim: int, mask: torch.Tensor | None = None
) -> None:
    """Raise an error unless windows `(B·nW, N, C)` and a mask `(nW, N, N)` fit this window and each other.

    Raises:
        TypeError: the mask is neither boolean nor floating point.
        ValueError: another shape, or images that the windows of the mask do not fill.
    """
    wh, ww = window_size
    N = wh * ww
    if windows.ndim != 3 or windows.shape[1:] != (N, dim):
        raise ValueError(
            f"windows of {wh} × {ww} tokens must have shape (B·nW, {N}, {dim}), got {tuple(windows.shape)}."
        )
    if mask is None:
        return
    if mask.dtype != torch.bool and not mask.is_floating_point():
        raise TypeError(
            f"a mask is boolean (True = may look) or floating point (added to the scores), got {mask.dtype}."
        )
    if mask.ndim != 3 or mask.shape[1:] != (N, N) or not mask.shape[0] or windows.shape[0] % mask.shape[0]:
        raise ValueError(
            f"a mask for {windows.shape[0]} windows must have shape (nW, {N}, {N}), nW windows per image a divisor of "
            f"{windows.shape[0]}; got {tuple(mask.shape)}."
        )


def additive(mask: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Return what a mask adds to the scores, of the mask's shape: a boolean one adds 0 where it is True, else −∞."""
    if mask.dtype != torch.bool:
        return mask.to(dtype)
    return torch.zeros(mask.shape, dtype=dtype, device=mask.device).masked_fill(~mask, -torch.inf)


class WindowAttention(MultiHeadAttention):
    """Multi-head attention among the tokens of each window, with a bias for the offset between two tokens (W-MSA).

    Softmax(QKᵀ/√d + B)V for every window and head. All windows share the weights and the bias, so each window is to
    the layer what an image of the batch was to chapter 05's. The same as timm's `WindowAttention`.

    Args:
        dim: length C of a token.
        num_heads: number of heads h; it must divide C.
        window_size: side M, or rows and columns of a window.
        qkv_bias: whether queries, keys and values have a bias.

    Shapes: `(B·nW, N, C)` → the same, windows as `window_partition` makes them. A mask `(nW, N, N)`, the same for each
    image, is boolean (True = may look) or floating point (added to the scores); it must let each token look at one at
    least, such as itself.

    Raises:
        ValueError: heads that do not divide C, a side of the window below 1, windows of another shape, or a mask that
            does not fit them.
        TypeError: a mask that is neither boolean nor floating point, or a window that is no pair of integers.

    Source: Liu et al. (2021), section 3.2, equation 4.
    """

    def __init__(self, dim: int, num_heads: int, window_size: int | tuple[int, int], qkv_bias: bool = True):
        super().__init__(dim, num_heads, qkv_bias)
        self.window_size = as_window(window_size)
        self.position_bias = RelativePositionBias(self.window_size, num_heads)  # B

    def forward(self, windows: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        check_windows(windows, self.window_size, self.proj.in_features, mask)
        nB, N, C = windows.shape
        qkv = self.qkv(windows).reshape(nB, N, 3, self.num_heads, C // self.num_heads)  # -> (nB, N, 3, h, d)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # three times (nB, h, N, d), nB = B·nW
        bias = self.position_bias().contiguous()[None]  # (1, h, N, N)
        if mask is not None:
            bias = bias + additive(mask, bias.dtype)[:, None]  # -> (nW, h, N, N)
        if torch.is_grad_enabled() and not q.is_cuda:  # the fused kernels of a CPU give the bias no gradient
            scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-2, -1)  # (nB, h, N, N)
            scores = scores.unflatten(0, (-1, bias.shape[0])) + bias  # (B, nW, h, N, N) or (nB, 1, h, N, N)
            heads = scores.flatten(0, 1).softmax(dim=-1) @ v  # -> (nB, h, N, d)
        else:
            bias = bias if mask is None else bias.repeat(nB // mask.shape[0], 1, 1, 1)  # -> (nB, h, N, N)
            heads = F.scaled_dot_product_attention(q, k, v, bias)  # (nB, h, N, d)
        return self.proj(heads.transpose(1, 2).reshape(nB, N, C))  # -> (nB, N, h, d) -> (nB, N, C)
