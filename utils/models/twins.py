"""Twins: attention inside windows, then attention to a summary of the whole map (chapter 16).

Chu et al. (2021), "Twins: Revisiting the Design of Spatial Attention in Vision Transformers"; the position encoding is
that of Chu et al. (2023), "Conditional Positional Encodings for Vision Transformers" (first published 2021).
"""

from collections.abc import Sequence

import torch
from torch import nn

from utils.models.multi_head_attention import MultiHeadAttention
from utils.models.patch_embedding import PatchEmbedding
from utils.models.pyramid_vision_transformer import SpatialReductionAttention
from utils.models.transformer_block import MLP, DropPath, LayerNorm
from utils.models.vision_transformer import initialise
from utils.models.window_attention import as_window, check_map, pad_to_windows, window_partition, window_reverse

# embed_dims, num_heads, depths of the four stages. Chu et al. (2021), Twins-SVT
TWINS = {
    "svt_small": ((64, 128, 256, 512), (2, 4, 8, 16), (2, 2, 10, 4)),
    "svt_base": ((96, 192, 384, 768), (3, 6, 12, 24), (2, 2, 18, 2)),
    "svt_large": ((128, 256, 512, 1024), (4, 8, 16, 32), (2, 2, 18, 2)),
}


def check_stages(*of_each_stage: Sequence) -> None:
    """Raise a `ValueError` unless these have the same length, one entry for each stage, and at least one."""
    if len({len(entries) for entries in of_each_stage}) != 1 or not of_each_stage[0]:
        raise ValueError(f"every stage needs an entry in each of these: {', '.join(map(str, of_each_stage))}.")


def check_size(images: torch.Tensor, stride: int) -> None:
    """Raise a `ValueError` that says what would fit, unless both sides of the images are multiples of the stride."""
    if images.ndim != 4 or any(side < 1 or side % stride for side in images.shape[2:]):
        fits = [max(1, round(side / stride)) * stride for side in images.shape[2:]]
        raise ValueError(
            f"images must have shape (B, C, H, W), H and W multiples of {stride}, got {tuple(images.shape)}"
            + (f"; the nearest size is {fits[0]} × {fits[1]}." if images.ndim == 4 else ".")
        )


class LocallyGroupedAttention(MultiHeadAttention):
    """Multi-head attention among the tokens of each window, without a bias (LSA).

    A map that windows do not cover is padded with zeros at the bottom and the right. The padded tokens are looked at
    like any other and then cut off, as in the authors' code and in timm.

    Args:
        dim: length C of a token.
        num_heads: number of heads h; it must divide C.
        window_size: side k of a window, or its rows and columns.

    Shapes: `(B, H, W, C)` → the same.

    Raises:
        TypeError: a window that is neither an integer nor a pair of integers.
        ValueError: heads that do not divide C, a side of the window below 1, or no map of tokens of this length.

    Source: Chu et al. (2021), section 3.2. The same as timm's `LocallyGroupedAttn`.
    """

    def __init__(self, dim: int, num_heads: int, window_size: int | tuple[int, int] = 7):
        super().__init__(dim, num_heads)
        self.window_size = as_window(window_size)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        check_map(x)
        _, H, W, _ = x.shape
        padded = pad_to_windows(x, self.window_size)  # (B, H, W, C) -> (B, H', W', C)
        windows = super().forward(window_partition(padded, self.window_size))  # (B·nW, N, C)
        y = window_reverse(windows, self.window_size, *padded.shape[1:3])  # -> (B, H', W', C)
        return y[:, :H, :W]  # -> (B, H, W, C)


class PositionalEncodingGenerator(nn.Module):
    """Add to each token a weighted sum of itself and its eight neighbours, channel by channel (PEG).

    A depthwise 3 × 3 convolution. Beyond the border it reads zeros, so tokens near it can be told from others: that is
    how a position gets in.

    Args:
        dim: length C of a token.

    Shapes: `(B, H, W, C)` → the same, for any H and W.

    Raises:
        ValueError: no map of tokens of this length.

    Source: Chu et al. (2023), section 3.2. The same as timm's `PosConv`.
    """

    def __init__(self, dim: int):
        super().__init__()
        self.conv = nn.Conv2d(dim, dim, kernel_size=3, padding=1, groups=dim)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        check_map(x)
        if x.shape[3] != self.conv.in_channels:
            raise ValueError(f"a token must have {self.conv.in_channels} numbers, got {x.shape[3]}: {tuple(x.shape)}.")
        encoding = self.conv(x.permute(0, 3, 1, 2))  # (B, H, W, C) -> (B, C, H, W)
        return x + encoding.permute(0, 2, 3, 1)  # (B, C, H, W) -> (B, H, W, C)


class TwinsBlock(nn.Module):
    """A pre-norm block on a map: local attention if it has windows, else global attention to fewer keys; then an MLP.

    Args:
        dim: length C of a token.
        num_heads: number of heads h; it must divide C.
        window_size: side k of the windows of `LocallyGroupedAttention`, or `None` for global sub-sampled attention
            (GSA), which is chapter 15's `SpatialReductionAttention`.
        sr_ratio: side of the squares of tokens that GSA sums up in one key; 1 for attention to every token.
        mlp_ratio: hidden length of the MLP divided by C.
        drop_path: probability of leaving a branch out for an image, in training.

    Shapes: `(B, H, W, C)` → the same.

    Raises:
        TypeError, ValueError: what the parts raise.

    Source: Chu et al. (2021), section 3.2, the equations of LSA and GSA. The same as timm's `Block` in its Twins.
    """

    def __init__(
        self,
        dim: int,
        num_heads: int,
        window_size: int | tuple[int, int] | None = None,
        sr_ratio: int = 1,
        mlp_ratio: float = 4.0,
        drop_path: float = 0.0,
    ):
        super().__init__()
        self.norm1, self.norm2 = LayerNorm(dim), LayerNorm(dim)
        if window_size is None:
            self.attn = SpatialReductionAttention(dim, num_heads, sr_ratio)
        else:
            self.attn = LocallyGroupedAttention(dim, num_heads, window_size)
        self.mlp = MLP(dim, int(dim * mlp_ratio))
        self.drop_path = DropPath(drop_path)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.drop_path(self.attn(self.norm1(x)))  # (B, H, W, C)
        return x + self.drop_path(self.mlp(self.norm2(x)))  # (B, H, W, C)


class TwinsStage(nn.Module):
    """Cut a map into patches, then apply blocks that attend locally and globally in turns, with a PEG after the first.

    Args:
        in_channels: channels of the map that comes in.
        dim: length C of a token, the channels of the map that goes out.
        depth: number of blocks. The first, third, ... is local, the others are global.
        num_heads, window_size, sr_ratio, mlp_ratio: see `TwinsBlock`.
        patch_size: side of a patch, so that the map shrinks by this factor.
        drop_path: probability of leaving a branch out for an image in training, one for each block; `None` for none.

    Shapes: `(B, in_channels, H, W)` → `(B, dim, H / patch_size, W / patch_size)`.

    Raises:
        TypeError, ValueError: what the parts raise.

    Source: Chu et al. (2021), section 3.2 (Twins-SVT); for the PEG after the first block, section 3.1.
    """

    def __init__(
        self,
        in_channels: int,
        dim: int,
        depth: int,
        num_heads: int,
        window_size: int | tuple[int, int] = 7,
        sr_ratio: int = 1,
        mlp_ratio: float = 4.0,
        patch_size: int = 2,
        drop_path: Sequence[float] | None = None,
    ):
        super().__init__()
        self.patch_embed, self.norm = PatchEmbedding(patch_size, in_channels, dim), LayerNorm(dim, eps=1e-5)
        windows, rates = [window_size, None], drop_path or [0.0] * depth  # in turns: LSA, GSA
        self.blocks = nn.ModuleList(
            TwinsBlock(dim, num_heads, windows[i % 2], sr_ratio, mlp_ratio, rates[i]) for i in range(depth)
        )
        self.peg = PositionalEncodingGenerator(dim)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        grid = [side // self.patch_embed.patch_size for side in x.shape[2:]]
        x = self.norm(self.patch_embed(x)).unflatten(1, grid)  # (B, C', H', W') -> (B, N, C) -> (B, H, W, C)
        for i, block in enumerate(self.blocks):
            x = self.peg(block(x)) if i == 0 else block(x)  # (B, H, W, C)
        return x.permute(0, 3, 1, 2)  # -> (B, C, H, W)


class Twins(nn.Module):
    """Classify images by a pyramid of stages in which attention is local, then global.

    Args:
        in_channels: channels of the image.
        num_classes: number of logits.
        embed_dims, num_heads, depths: length of a token, heads and number of blocks of each stage.
        window_sizes: side of the windows of each stage's local attention.
        sr_ratios: side of the squares that each stage's global attention sums up in one key.
        mlp_ratio: of each block's MLP.
        patch_size: side of the first stage's patches; those of the later ones have side 2.
        drop_path: of the last block; it grows linearly from 0 in the first.

    Shapes: `(B, in_channels, H, W)` → logits `(B, num_classes)`, for every H and W that can be cut into whole patches:
    with four stages multiples of `8 · patch_size`. timm takes other sizes as well, and leaves out the rows and columns
    that remain.

    Raises:
        TypeError: what the parts raise.
        ValueError: an image of another size, arguments that do not have an entry for each stage, or what the parts
            raise.

    Source: Chu et al. (2021), section 3.2 (Twins-SVT). Equal to timm's `twins_svt_small`, `_base` and `_large`.
    """

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 1000,
        embed_dims: Sequence[int] = (64, 128, 256, 512),
        num_heads: Sequence[int] = (2, 4, 8, 16),
        depths: Sequence[int] = (2, 2, 10, 4),
        window_sizes: Sequence[int] = (7, 7, 7, 7),
        sr_ratios: Sequence[int] = (8, 4, 2, 1),
        mlp_ratio: float = 4.0,
        patch_size: int = 4,
        drop_path: float = 0.0,
    ):
        super().__init__()
        check_stages(embed_dims, num_heads, depths, window_sizes, sr_ratios)
        self.stride = patch_size * 2 ** (len(depths) - 1)  # pixels along a side of the last map's tokens
        rates = iter([drop_path * i / max(1, sum(depths) - 1) for i in range(sum(depths))])
        self.stages, channels = nn.ModuleList(), in_channels
        for D, h, depth, k, s in zip(embed_dims, num_heads, depths, window_sizes, sr_ratios, strict=True):
            P, drops = 2 if self.stages else patch_size, [next(rates) for _ in range(depth)]
            self.stages.append(TwinsStage(channels, D, depth, h, k, s, mlp_ratio, P, drops))
            channels = D
        self.norm, self.head = LayerNorm(channels), nn.Linear(channels, num_classes)
        self.apply(initialise)
        nn.init.zeros_(self.head.weight)

    def forward_features(self, images: torch.Tensor) -> list[torch.Tensor]:
        """Return the map of each stage, `(B, C, H, W)`, the finest first. None is normalised."""
        check_size(images, self.stride)
        maps = [images]
        for stage in self.stages:
            maps.append(stage(maps[-1]))
        return maps[1:]

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        x = self.norm(self.forward_features(images)[-1].permute(0, 2, 3, 1))  # (B, C, H, W) -> (B, H, W, C)
        return self.head(x.mean(dim=(1, 2)))  # (B, H, W, C) -> (B, C) -> (B, num_classes)


def twins(name: str = "svt_small", **options) -> Twins:
    """Return a Twins model of a published size: `"svt_small"`, `"svt_base"` or `"svt_large"`.

    Args:
        name: one of `TWINS`.
        options: further arguments of `Twins`.

    Raises:
        ValueError: another name.

    Source: Chu et al. (2021), section 3.2 (Twins-SVT).
    """
    if name not in TWINS:
        raise ValueError(f"there is no Twins {name!r}. Choose one of: {', '.join(TWINS)}.")
    embed_dims, num_heads, depths = TWINS[name]
    return Twins(embed_dims=embed_dims, num_heads=num_heads, depths=depths, **options)
