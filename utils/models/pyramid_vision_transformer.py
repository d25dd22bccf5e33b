"""A pyramid whose queries look at a shrunken map of keys and values: PVT v2 (chapter 15).

Wang et al. (2021), "Pyramid Vision Transformer: A Versatile Backbone for Dense Prediction without Convolutions", on
spatial reduction; Wang et al. (2022), "PVT v2: Improved Baselines with Pyramid Vision Transformer", on the rest.
"""

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F

from utils.models.patch_embedding import check_images
from utils.models.self_attention import attention
from utils.models.transformer_block import MLP, DropPath, LayerNorm
from utils.models.vision_transformer import initialise

SIZES = {  # name: embed_dims C_1 to C_4, depths L_1 to L_4, linear attention
    "b0": ((32, 64, 160, 256), (2, 2, 2, 2), False),
    "b1": ((64, 128, 320, 512), (2, 2, 2, 2), False),
    "b2": ((64, 128, 320, 512), (3, 4, 6, 3), False),
    "b2_li": ((64, 128, 320, 512), (3, 4, 6, 3), True),
}


def check_map(x: torch.Tensor, embed_dim: int) -> None:
    """Raise a `ValueError` unless x is a map of tokens `(B, H, W, D)` with `embed_dim` numbers in each."""
    if x.ndim != 4 or x.shape[3] != embed_dim:
        raise ValueError(f"a map of tokens must have shape (B, H, W, {embed_dim}), got {tuple(x.shape)}.")


class SpatialReductionAttention(nn.Module):
    """Let every token of a map look at a shrunken copy of the map: many queries, few keys and values.

    Queries are made from all H · W tokens. Before keys and values are made, each square of R × R tokens becomes one, by
    a convolution whose kernel and stride are R, and is normalised. Rows and columns at the bottom and at the right that
    fill no whole square are not looked at, as in the authors' code and in timm.

    Args:
        embed_dim: length D of a token.
        num_heads: number of heads h; it must divide D.
        sr_ratio: side R of the squares. With 1 nothing is reduced: `MultiHeadAttention` on the map.
        qkv_bias: whether queries, keys and values have a bias.
        dropout: share of the attention weights set to zero in training.

    Shapes: `(B, H, W, D)` → `(B, H, W, D)`; with `return_weights=True` also the weights `(B, h, N, M)`, where
    N = H · W queries and M = ⌊H / R⌋ · ⌊W / R⌋ keys are in reading order.

    Raises:
        ValueError: heads that do not divide D, a ratio below 1, a map that is not `(B, H, W, D)` or has no whole
            square.

    Source: Wang et al. (2021), section 3.3, equations 1 to 4.
    """

    def __init__(self, embed_dim: int, num_heads: int, sr_ratio: int = 1, qkv_bias: bool = True, dropout: float = 0.0):
        super().__init__()
        if num_heads < 1 or embed_dim % num_heads:
            fits = [h for h in range(1, embed_dim + 1) if embed_dim % h == 0]
            raise ValueError(f"tokens of length {embed_dim} cannot be split into {num_heads} heads. Use one of {fits}.")
        if sr_ratio < 1:
            raise ValueError(f"sr_ratio must be at least 1, got {sr_ratio}.")
        self.num_heads, self.sr_ratio, self.dropout = num_heads, sr_ratio, dropout
        self.q = nn.Linear(embed_dim, embed_dim, bias=qkv_bias)  # W^Q
        self.kv = nn.Linear(embed_dim, 2 * embed_dim, bias=qkv_bias)  # W^K, W^V
        self.proj = nn.Linear(embed_dim, embed_dim)  # W^O
        if sr_ratio > 1:
            self.sr = nn.Conv2d(embed_dim, embed_dim, sr_ratio, stride=sr_ratio)  # W^S
            self.norm = LayerNorm(embed_dim, eps=1e-5)

    def reduce(self, x: torch.Tensor) -> torch.Tensor:
        """Return what keys and values are made from: `(B, H, W, D)` → `(B, M, D)`."""
        H, W, R = *x.shape[1:3], self.sr_ratio
        if R == 1:
            return x.flatten(1, 2)  # (B, H, W, D) -> (B, N, D)
        if min(H, W) < R:
            raise ValueError(f"a map of {H} × {W} tokens has no square of {R} × {R}. Use sr_ratio={max(1, min(H, W))}.")
        x = self.sr(x.permute(0, 3, 1, 2))  # (B, H, W, D) -> (B, D, H, W) -> (B, D, ⌊H/R⌋, ⌊W/R⌋)
        return self.norm(x.flatten(2).transpose(1, 2))  # (B, D, ⌊H/R⌋, ⌊W/R⌋) -> (B, D, M) -> (B, M, D)

    def forward(self, x: torch.Tensor, return_weights: bool = False):
        check_map(x, self.proj.in_features)
        (B, H, W, D), h = x.shape, self.num_heads
        q = self.q(x).reshape(B, H * W, h, D // h).transpose(1, 2)  # (B, H, W, D) -> (B, h, N, d_h)
        kv = self.kv(self.reduce(x)).unflatten(2, (2, h, D // h))  # (B, M, 2D) -> (B, M, 2, h, d_h)
        k, v = kv.permute(2, 0, 3, 1, 4)  # twice (B, h, M, d_h)
        heads = attention(q, k, v, None, self.dropout if self.training else 0.0, return_weights)
        heads, weights = heads if return_weights else (heads, None)  # (B, h, N, d_h), (B, h, N, M)
        merged = self.proj(heads.transpose(1, 2).reshape(B, H, W, D))  # (B, h, N, d_h) -> (B, H, W, D)
        return (merged, weights) if return_weights else merged


class LinearSpatialReductionAttention(SpatialReductionAttention):
    """Let every token look at the same small number of keys and values, however large the map is.

    The map is averaged to P × P places, then come a linear layer per place (a 1 × 1 convolution), a normalisation and
    a GELU. A map smaller than P × P is averaged to P × P all the same, its tokens repeated.

    Args:
        embed_dim, num_heads, qkv_bias, dropout: see `SpatialReductionAttention`.
        pool_size: side P of the map that keys and values are made from.

    Shapes: see `SpatialReductionAttention`, with M = P² keys.

    Raises:
        ValueError: heads that do not divide D, a `pool_size` below 1, or a map that is not `(B, H, W, D)`.

    Source: Wang et al. (2022), section 3, on linear SRA; layer by layer as in the authors' code and in timm.
    """

    def __init__(self, embed_dim: int, num_heads: int, pool_size: int = 7, qkv_bias: bool = True, dropout: float = 0.0):
        super().__init__(embed_dim, num_heads, 1, qkv_bias, dropout)
        if pool_size < 1:
            raise ValueError(f"pool_size must be at least 1, got {pool_size}.")
        self.pool = nn.AdaptiveAvgPool2d(pool_size)
        self.sr = nn.Conv2d(embed_dim, embed_dim, 1)
        self.norm = LayerNorm(embed_dim, eps=1e-5)

    def reduce(self, x: torch.Tensor) -> torch.Tensor:
        """Return what keys and values are made from: `(B, H, W, D)` → `(B, P², D)`."""
        x = self.sr(self.pool(x.permute(0, 3, 1, 2)))  # (B, H, W, D) -> (B, D, H, W) -> (B, D, P, P)
        return F.gelu(self.norm(x.flatten(2).transpose(1, 2)))  # (B, D, P, P) -> (B, D, M) -> (B, M, D)


class OverlapPatchEmbedding(nn.Module):
    """Cut a map into patches that overlap, and make one normalised token of each.

    Patches are 2S − 1 wide and S apart, so each reaches to the middles of its neighbours. Zeros are added around the
    map, S − 1 on each side: every size fits.

    Args:
        stride: distance S between neighbouring patches.
        in_channels: channels of the map.
        embed_dim: length D of a token.

    Shapes: `(B, C, H, W)` → `(B, ⌈H / S⌉, ⌈W / S⌉, D)`.

    Raises:
        TypeError: see `check_images`.
        ValueError: see `check_images`; or a stride below 1.

    Source: Wang et al. (2022), section 3, on overlapping patch embedding.
    """

    def __init__(self, stride: int, in_channels: int, embed_dim: int):
        super().__init__()
        if stride < 1:
            raise ValueError(f"stride must be at least 1, got {stride}.")
        self.proj = nn.Conv2d(in_channels, embed_dim, 2 * stride - 1, stride=stride, padding=stride - 1)
        self.norm = LayerNorm(embed_dim, eps=1e-5)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        check_images(images, 1, self.proj.weight)
        images = images.contiguous(memory_format=torch.channels_last)  # in memory (B, H, W, C), as the tokens will be
        return self.norm(self.proj(images).permute(0, 2, 3, 1))  # (B, C, H, W) -> (B, D, H/S, W/S) -> (B, H/S, W/S, D)


class DepthwiseMLP(MLP):
    """An MLP in which each hidden number also hears its eight neighbours on the map.

    Between the first linear layer and the GELU stands a depthwise convolution of 3 × 3, one filter per channel. The
    zeros that it reads around the map tell tokens where the border is; PVT v2 has no position embedding.

    Args:
        embed_dim: length D of a token.
        hidden_dim: length between the linear layers.
        relu: whether a ReLU stands before the convolution, as in the authors' code for the linear variant.
        dropout: see `MLP`.

    Shapes: `(B, H, W, D)` → `(B, H, W, D)`.

    Raises:
        ValueError: a map that is not `(B, H, W, D)`, or a `hidden_dim` below 1.

    Source: Wang et al. (2022), section 3, on the convolutional feed-forward network.
    """

    def __init__(self, embed_dim: int, hidden_dim: int, relu: bool = False, dropout: float = 0.0):
        super().__init__(embed_dim, hidden_dim, dropout)
        self.relu = relu
        self.dwconv = nn.Conv2d(hidden_dim, hidden_dim, 3, padding=1, groups=hidden_dim)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        check_map(x, self.fc1.in_features)
        x = self.fc1(x)  # (B, H, W, D) -> (B, H, W, hidden)
        x = F.relu(x) if self.relu else x
        x = self.dwconv(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)  # to (B, hidden, H, W) and back
        return self.dropout(self.fc2(self.dropout(F.gelu(x))))  # (B, H, W, hidden) -> (B, H, W, D)


class PyramidBlock(nn.Module):
    """A pre-norm block on a map: attention over reduced keys, then an MLP with a depthwise convolution.

    Args:
        embed_dim, num_heads: length D of a token, and heads.
        sr_ratio: see `SpatialReductionAttention`; without meaning if the attention is linear.
        mlp_ratio: hidden length of the MLP divided by D.
        linear: whether to use `LinearSpatialReductionAttention`, and the ReLU that goes with it.
        drop_path: probability of leaving a branch out for an image, in training.

    Shapes: `(B, H, W, D)` → `(B, H, W, D)`.

    Raises:
        ValueError: what the parts raise.

    Source: Wang et al. (2021), section 3.3, with the changes of Wang et al. (2022), section 3.
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        sr_ratio: int = 1,
        mlp_ratio: float = 4.0,
        linear: bool = False,
        drop_path: float = 0.0,
    ):
        super().__init__()
        self.norm1, self.norm2 = LayerNorm(embed_dim), LayerNorm(embed_dim)
        if linear:
            self.attn = LinearSpatialReductionAttention(embed_dim, num_heads)
        else:
            self.attn = SpatialReductionAttention(embed_dim, num_heads, sr_ratio)
        self.mlp = DepthwiseMLP(embed_dim, int(embed_dim * mlp_ratio), relu=linear)
        self.drop_path = DropPath(drop_path)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.drop_path(self.attn(self.norm1(x)))  # (B, H, W, D)
        return x + self.drop_path(self.mlp(self.norm2(x)))  # (B, H, W, D)


class PyramidStage(nn.Module):
    """One level of the pyramid: shrink the map, let its tokens look at each other, normalise.

    Args:
        stride, in_channels, embed_dim: see `OverlapPatchEmbedding`.
        num_heads, sr_ratio, mlp_ratio, linear: see `PyramidBlock`.
        drop_path: a rate for each block; as many blocks as there are rates.

    Shapes: `(B, C, H, W)` → `(B, D, ⌈H / S⌉, ⌈W / S⌉)`.

    Raises:
        TypeError, ValueError: what the parts raise.

    Source: Wang et al. (2021), section 3.1, figure 3, with the changes of Wang et al. (2022), section 3.
    """

    def __init__(
        self,
        stride: int,
        in_channels: int,
        embed_dim: int,
        num_heads: int,
        sr_ratio: int,
        mlp_ratio: float,
        linear: bool,
        drop_path: Sequence[float],
    ):
        super().__init__()
        self.embed = OverlapPatchEmbedding(stride, in_channels, embed_dim)
        blocks = [PyramidBlock(embed_dim, num_heads, sr_ratio, mlp_ratio, linear, rate) for rate in drop_path]
        self.blocks = nn.Sequential(*blocks)
        self.norm = LayerNorm(embed_dim)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.blocks(self.embed(x))  # (B, C, H, W) -> (B, H/S, W/S, D)
        return self.norm(x).permute(0, 3, 1, 2)  # (B, H/S, W/S, D) -> (B, D, H/S, W/S)


class PyramidVisionTransformer(nn.Module):
    """PVT v2: a backbone of several stages, each a smaller map of longer tokens, for any image size.

    Args:
        in_channels: channels of the image.
        num_classes: number of logits.
        embed_dims, depths, num_heads: length of a token, number of blocks and heads, for each stage.
        sr_ratios: R of each stage's `SpatialReductionAttention`; not used by the linear variant.
        mlp_ratios: of each stage.
        strides: by how much each stage shrinks its map.
        linear: the linear variant, whose keys are always 7 × 7.
        drop_path: of the last block; it grows linearly from 0 in the first.

    Shapes: `(B, C, H, W)` → logits `(B, num_classes)`. `forward_features` returns the list of the stages' maps,
    `(B, D_i, H_i, W_i)`, finest first: with the default strides a 4th, 8th, 16th and 32nd of the image, rounded up.

    Raises:
        TypeError, ValueError: not as many numbers for each stage, an image too small for a stage's ratio, or what the
            parts raise.

    Source: Wang et al. (2022), table 1. Equal to timm's `PyramidVisionTransformerV2`.
    """

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 1000,
        embed_dims: Sequence[int] = (32, 64, 160, 256),
        depths: Sequence[int] = (2, 2, 2, 2),
        num_heads: Sequence[int] = (1, 2, 5, 8),
        sr_ratios: Sequence[int] = (8, 4, 2, 1),
        mlp_ratios: Sequence[float] = (8, 8, 4, 4),
        strides: Sequence[int] = (4, 2, 2, 2),
        linear: bool = False,
        drop_path: float = 0.0,
    ):
        super().__init__()
        sizes = {len(s) for s in (embed_dims, depths, num_heads, sr_ratios, mlp_ratios, strides)}
        if len(sizes) != 1:
            raise ValueError(f"each stage needs one number of each kind, got lists of {sorted(sizes)} numbers.")
        blocks = sum(depths)
        rates = iter([drop_path * i / max(1, blocks - 1) for i in range(blocks)])
        channels = (in_channels, *embed_dims[:-1])  # of the map that enters each stage
        per_stage = zip(strides, channels, embed_dims, num_heads, sr_ratios, mlp_ratios, depths, strict=True)
        self.stages = nn.Sequential(
            *(
                PyramidStage(S, C, D, h, R, ratio, linear, [next(rates) for _ in range(depth)])
                for S, C, D, h, R, ratio, depth in per_stage
            )
        )
        self.head = nn.Linear(embed_dims[-1], num_classes)
        self.apply(initialise)
        nn.init.zeros_(self.head.weight)

    def forward_features(self, images: torch.Tensor) -> list[torch.Tensor]:
        """Return the map of each stage, `(B, D_i, H_i, W_i)`, the finest first, each normalised."""
        maps = [images]
        for stage in self.stages:
            maps.append(stage(maps[-1]))  # (B, D_i, H_i, W_i) -> (B, D_{i+1}, H_{i+1}, W_{i+1})
        return maps[1:]

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(self.forward_features(images)[-1].mean(dim=(2, 3)))  # (B, D, H, W) -> (B, D) -> logits


def pvt(name: str, **options) -> PyramidVisionTransformer:
    """Return a PVT v2 of a published size, such as `pvt("b2_li")`: size B2 with linear attention.

    Args:
        name: one of `SIZES`.
        options: further arguments of `PyramidVisionTransformer`.

    Raises:
        ValueError: another name.

    Source: Wang et al. (2022), table 1.
    """
    if name not in SIZES:
        raise ValueError(f"the sizes of PVT v2 here are {', '.join(SIZES)}; got {name!r}.")
    embed_dims, depths, linear = SIZES[name]
    return PyramidVisionTransformer(embed_dims=embed_dims, depths=depths, linear=linear, **options)
