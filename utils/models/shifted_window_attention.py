"""How windows talk to each other: attention in windows that are shifted in every second layer (chapter 13).

Liu et al. (2021), "Swin Transformer: Hierarchical Vision Transformer using Shifted Windows", section 3.2, equation
3 and figure 4.
"""

from numbers import Integral

import torch
from torch import nn

from utils.models.transformer_block import MLP, DropPath, LayerNorm
from utils.models.window_attention import WindowAttention, as_window, pad_to_windows, window_partition, window_reverse


def check_shift(shift: int | tuple[int, int], window_size: int | tuple[int, int]) -> tuple[int, int]:
    """Return the shift as (rows, columns), or raise an error if it does not go with this window.

    Raises:
        TypeError: a shift or a window that is neither an integer nor a pair of integers.
        ValueError: a side of the window below 1, a negative shift, or one that is not smaller than the window.
    """
    window, pair = as_window(window_size), tuple(shift) if isinstance(shift, tuple | list) else (shift, shift)
    if len(pair) != 2 or not all(isinstance(side, Integral) and not isinstance(side, bool) for side in pair):
        raise TypeError(f"a shift is an integer or a pair of integers, rows and columns; got {shift!r}.")
    if not all(0 <= side < limit for side, limit in zip(pair, window, strict=True)):
        raise ValueError(
            f"a window of {window[0]} × {window[1]} can be shifted by 0 to {window[0] - 1} rows and 0 to "
            f"{window[1] - 1} columns, got {shift!r}."
        )
    return pair


def shift_regions(H: int, W: int, window_size: int | tuple[int, int], shift: int | tuple[int, int]) -> torch.Tensor:
    """Label each place of a cyclically shifted map by the region that it came from.

    The shift moves the map up and to the left, and what leaves at one edge comes in at the opposite one. 0: places that
    only moved; 1: their column came in at the right edge; 2: their row came in at the lower edge; 3: both. These are
    the paper's figure 4, where regions 1 to 3 carry letters. The public implementations have up to nine labels, which
    separate the same places within every window.

    Args:
        H, W: rows and columns of the map, multiples of the window's.
        window_size: rows and columns of a window.
        shift: rows and columns by which the map was shifted, each smaller than the window.

    Returns:
        `(H, W)`, int64.

    Raises:
        TypeError: see `check_shift`.
        ValueError: see `check_shift`; or a map that whole windows do not cover.

    Source: Liu et al. (2021), section 3.2, figure 4.
    """
    (wh, ww), (sh, sw) = as_window(window_size), check_shift(shift, window_size)
    if H < 1 or W < 1 or H % wh or W % ww:
        raise ValueError(f"windows of {wh} × {ww} do not cover a map of {H} × {W}; pad it first.")
    row_came_in = torch.arange(H) >= H - sh  # (H,)
    column_came_in = torch.arange(W) >= W - sw  # (W,)
    return 2 * row_came_in[:, None].long() + column_came_in.long()  # (H, 1) + (W,) -> (H, W)


def shift_mask(H: int, W: int, window_size: int | tuple[int, int], shift: int | tuple[int, int]) -> torch.Tensor:
    """Say, for each window of a cyclically shifted map, which of its tokens may look at which.

    Tokens of one region were neighbours before the shift, and may look at each other; those of different regions were
    far apart, and may not.

    Args:
        H, W, window_size, shift: see `shift_regions`.

    Returns:
        `(nW, N, N)`, boolean, True = may look: nW windows and N tokens of a window, both in reading order; queries
        first. It is symmetric.

    Raises:
        TypeError, ValueError: see `shift_regions`.

    Source: Liu et al. (2021), section 3.2. The public implementations add −100 where this is False.
    """
    regions = shift_regions(H, W, window_size, shift)[None, :, :, None]  # (H, W) -> (1, H, W, 1)
    regions = window_partition(regions, window_size)  # -> (nW, N, 1)
    return regions == regions.transpose(1, 2)  # (nW, N, 1) == (nW, 1, N) -> (nW, N, N)


class ShiftedWindowAttention(WindowAttention):
    """Attention inside the windows of a map that is cyclically shifted first, and shifted back afterwards.

    The map is padded with zeros at the bottom and the right until windows fill it, then shifted, cut into windows,
    attended to under `shift_mask` in one call, put together, shifted back and cropped. In rows or columns where one
    window covers the padded map there is nothing to shift, and the shift is taken as 0. All this is as in torchvision;
    padded places are looked at like any other, as there. timm's `SwinTransformerBlock` is made for one size of map and
    cuts a window that is larger down to it; it shifts before it pads, so that its mask does not fit maps that need
    padding.

    Args:
        dim: length C of a token.
        num_heads: heads h; it must divide C.
        window_size: side M, or rows and columns of a window.
        shift: rows and columns to shift by, each smaller than the window; 0 for windows that stay.
        qkv_bias: whether queries, keys and values have a bias.

    Shapes: `(B, H, W, C)` → `(B, H, W, C)`, any H and W.

    Raises:
        TypeError: a window or a shift that is neither an integer nor a pair of integers.
        ValueError: a side of the window below 1, a shift that does not fit the window, heads that do not divide C, or a
            map of another shape.

    Source: Liu et al. (2021), section 3.2, figure 4, and equation 4 for the bias.
    """

    def __init__(
        self,
        dim: int,
        num_heads: int,
        window_size: int | tuple[int, int],
        shift: int | tuple[int, int] = 0,
        qkv_bias: bool = True,
    ):
        super().__init__(dim, num_heads, window_size, qkv_bias)
        self.shift = check_shift(shift, window_size)
        self.register_buffer("mask", None, persistent=False)
        self.mask_for = None  # the size and shift that the mask was computed for

    def cached_mask(self, H: int, W: int, shift: tuple[int, int], device: torch.device) -> torch.Tensor:
        """Return `shift_mask` of a padded map, `(nW, N, N)`; computed anew only for another size, shift or device."""
        if self.mask_for != (H, W, shift) or self.mask.device != device:
            self.mask_for, self.mask = (H, W, shift), shift_mask(H, W, self.window_size, shift).to(device)
        return self.mask  # (nW, N, N)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.ndim != 4 or x.shape[3] != self.proj.in_features:
            raise ValueError(f"a map must have shape (B, H, W, {self.proj.in_features}), got {tuple(x.shape)}.")
        (_, H, W, _), (wh, ww) = x.shape, self.window_size
        x = pad_to_windows(x, self.window_size)  # (B, H, W, C) -> (B, H', W', C)
        H_padded, W_padded = x.shape[1:3]
        sh, sw = self.shift[0] * (wh < H_padded), self.shift[1] * (ww < W_padded)
        mask = None
        if sh or sw:
            x = x.roll((-sh, -sw), dims=(1, 2))  # up and to the left
            mask = self.cached_mask(H_padded, W_padded, (sh, sw), x.device)
        windows = super().forward(window_partition(x, self.window_size), mask)  # (B·nW, N, C)
        x = window_reverse(windows, self.window_size, H_padded, W_padded)  # (B, H', W', C)
        if sh or sw:
            x = x.roll((sh, sw), dims=(1, 2))  # back
        return x[:, :H, :W]  # (B, H', W', C) -> (B, H, W, C)


class SwinBlock(nn.Module):
    """The pre-norm block of chapter 06 on a map, with attention inside windows, shifted or not.

    The same as timm's and torchvision's `SwinTransformerBlock`; where those two differ, as torchvision's, see
    `ShiftedWindowAttention`. Swin alternates blocks without and with a shift of half a window.

    Args:
        dim: length C of a token.
        num_heads: attention heads.
        window_size: rows and columns of a window.
        shift: rows and columns to shift by; 0 for windows that stay (W-MSA), usually half a window otherwise (SW-MSA).
        mlp_ratio: hidden length of the MLP divided by C; the product is rounded down.
        drop_path: probability of leaving a branch out for an image, in training.
        eps: of the normalisations; Swin has 1e-5.

    Shapes: `(B, H, W, C)` → `(B, H, W, C)`, any H and W.

    Raises:
        TypeError, ValueError: what the parts raise.

    Source: Liu et al. (2021), section 3.2, equation 3.
    """

    def __init__(
        self,
        dim: int,
        num_heads: int,
        window_size: int | tuple[int, int],
        shift: int | tuple[int, int] = 0,
        mlp_ratio: float = 4.0,
        drop_path: float = 0.0,
        eps: float = 1e-5,
    ):
        super().__init__()
        self.norm1, self.norm2 = LayerNorm(dim, eps), LayerNorm(dim, eps)
        self.attn = ShiftedWindowAttention(dim, num_heads, window_size, shift)
        self.mlp = MLP(dim, int(dim * mlp_ratio))
        self.drop_path = DropPath(drop_path)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.drop_path(self.attn(self.norm1(x)))  # ẑ = (S)W-MSA(LN(z)) + z
        return x + self.drop_path(self.mlp(self.norm2(x)))  # z = MLP(LN(ẑ)) + ẑ
