"""The Swin Transformer, versions 1 and 2: attention in windows, and a pyramid of maps (chapter 14).

Liu et al. (2021), "Swin Transformer: Hierarchical Vision Transformer using Shifted Windows"; Liu et al. (2022), "Swin
Transformer V2: Scaling Up Capacity and Resolution".
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from utils.models.patch_embedding import PatchEmbedding
from utils.models.position_embedding import relative_position_index
from utils.models.shifted_window_attention import ShiftedWindowAttention, SwinBlock
from utils.models.transformer_block import LayerNorm
from utils.models.vision_transformer import initialise
from utils.models.window_attention import WindowAttention, as_window, attention_flops

# embed_dim and depths. Liu et al. (2021), section 3.3; a head has 32 numbers everywhere
SIZES = {
    "T": (96, (2, 2, 6, 2)),
    "S": (96, (2, 2, 18, 2)),
    "B": (128, (2, 2, 18, 2)),
    "L": (192, (2, 2, 18, 2)),
}


def merge_neighbours(x: torch.Tensor) -> torch.Tensor:
    """Put the four tokens of each 2 × 2 square of a map into one, four times as long.

    They stand in it in the order of the public models: above left, below left, above right, below right, that is, down
    the columns. A map with an odd number of rows or columns gets a row at the bottom or a column at the right of zeros.

    Args:
        x: `(B, H, W, C)`.

    Returns:
        `(B, ⌈H/2⌉, ⌈W/2⌉, 4·C)`.

    Raises:
        ValueError: not a map `(B, H, W, C)` with at least one token.

    Source: Liu et al. (2021), section 3.1, "patch merging"; the order is that of their code.
    """
    if x.ndim != 4 or 0 in x.shape[1:3]:
        raise ValueError(f"a map of tokens must have shape (B, H, W, C), H and W at least 1; got {tuple(x.shape)}.")
    B, H, W, C = x.shape
    if H % 2 or W % 2:
        x = F.pad(x, (0, 0, 0, W % 2, 0, H % 2))  # (B, H, W, C) -> (B, H', W', C), both even
    x = x.reshape(B, (H + 1) // 2, 2, (W + 1) // 2, 2, C)  # (B, H', W', C) -> (B, H'/2, 2, W'/2, 2, C)
    return x.permute(0, 1, 3, 4, 2, 5).flatten(3)  # -> (B, H'/2, W'/2, column, row, C) -> (B, H'/2, W'/2, 4C)


class PatchMerging(nn.Module):
    """Halve the sides of a map and double the length of its tokens.

    Args:
        dim: length C of the tokens that come in.
        norm: `"before"` normalises the 4·C numbers of four neighbours (Swin), `"after"` the 2·C numbers made from them
            (Swin V2).

    Shapes: `(B, H, W, C)` → `(B, ⌈H/2⌉, ⌈W/2⌉, 2·C)`.

    Raises:
        ValueError: another `norm`, or not a map of tokens of length C.

    Source: Liu et al. (2021), section 3.1. The same as timm's and torchvision's `PatchMerging`, and "after" as
    torchvision's `PatchMergingV2`.
    """

    def __init__(self, dim: int, norm: str = "before"):
        super().__init__()
        if norm not in ("before", "after"):
            raise ValueError(f'norm must be "before" or "after", got {norm!r}.')
        self.norm_first = norm == "before"
        self.norm = LayerNorm(4 * dim if self.norm_first else 2 * dim, eps=1e-5)
        self.reduction = nn.Linear(4 * dim, 2 * dim, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.shape[-1] * 4 != self.reduction.in_features:
            raise ValueError(
                f"a map must have shape (B, H, W, {self.reduction.in_features // 4}), got {tuple(x.shape)}."
            )
        x = merge_neighbours(x)  # (B, H, W, C) -> (B, H/2, W/2, 4C)
        return self.reduction(self.norm(x)) if self.norm_first else self.norm(self.reduction(x))  # (B, H/2, W/2, 2C)


def log_offsets(window_size: int | tuple[int, int]) -> torch.Tensor:
    """Return all offsets between two tokens of a window, on a logarithmic scale: sign(Δ) · log₂(1 + |Δ|) / 3.

    Before the logarithm the offsets are scaled so that the largest is 8, and so the largest result is log₂(9) / 3.

    Args:
        window_size: side M, or rows and columns `(wh, ww)` of a window. A side of 1 has the offset 0 alone.

    Returns:
        `((2·wh − 1)·(2·ww − 1), 2)`, float32: rows and columns apart, in the order of `relative_position_index`.

    Raises:
        TypeError, ValueError: see `as_window`.

    Source: Liu et al. (2022), section 3.3, equation 4; the scales 8 and 3 are those of their code.
    """
    sides = [torch.arange(-side + 1, side) / max(1, side - 1) for side in as_window(window_size)]  # from -1 to 1
    offsets = 8 * torch.cartesian_prod(*sides)  # ((2wh - 1)·(2ww - 1), 2)
    return offsets.sign() * torch.log2(offsets.abs() + 1) / 3


class ContinuousPositionBias(nn.Module):
    """A bias for each offset between two tokens and each head, computed from the offset by a small MLP.

    Takes the place of the table of `RelativePositionBias`. Its weights do not depend on the size of the window.

    Args:
        window_size: side M, or rows and columns of a window.
        num_heads: heads h.
        hidden_dim: length between the two layers of the MLP.

    Shapes: `forward()` → `(h, N, N)`, N tokens in a window, queries first; values from 0 to 16.

    Raises:
        TypeError, ValueError: see `as_window`.

    Source: Liu et al. (2022), section 3.3, equations 3 and 4. The 16 · sigmoid is in their code, not in the paper.
    """

    def __init__(self, window_size: int | tuple[int, int], num_heads: int, hidden_dim: int = 512):
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(2, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, num_heads, bias=False))
        self.register_buffer("offsets", log_offsets(window_size), persistent=False)
        self.register_buffer("index", relative_position_index(*as_window(window_size)), persistent=False)
        self.start()

    def start(self) -> None:
        """Initialise in place, near a bias of 8 for all offsets: a constant, which the softmax does not see."""
        for layer in (self.mlp[0], self.mlp[2]):
            nn.init.trunc_normal_(layer.weight, std=0.02)
        nn.init.zeros_(self.mlp[0].bias)

    def forward(self) -> torch.Tensor:
        table = 16 * torch.sigmoid(self.mlp(self.offsets))  # (offsets, 2) -> (offsets, h)
        return table[self.index].permute(2, 0, 1)  # (N, N) -> (N, N, h) -> (h, N, N)


class CosineWindowAttention(WindowAttention):
    """Attention inside windows by the angle between queries and keys, however long they are.

    Softmax(s · cos(Q, K) + B)V, with a learned scale s = 1/τ of at most 100 for each head, and the bias of
    `ContinuousPositionBias`. Queries and values have a bias, keys have none: their third of `qkv.bias` is not used.

    Args:
        dim, num_heads, window_size, qkv_bias: see `WindowAttention`.

    Shapes: `(B·nW, N, C)` → the same, windows as `window_partition` makes them. A mask `(nW, N, N)` is boolean (True =
    may look); unlike that of `WindowAttention`, it may not be floating point.

    Raises:
        TypeError: a window that is neither an integer nor a pair of integers, or a floating-point mask.
        ValueError: heads that do not divide C, or a side of the window below 1. The shapes of windows and mask are not
            checked: `ShiftedCosineAttention`, which checks its map, makes them fit.

    Source: Liu et al. (2022), section 3.2, equation 2: each head has its own τ, at least 0.01.
    """

    def __init__(self, dim: int, num_heads: int, window_size: int | tuple[int, int], qkv_bias: bool = True):
        super().__init__(dim, num_heads, window_size, qkv_bias)
        self.position_bias = ContinuousPositionBias(window_size, num_heads)
        self.logit_scale = nn.Parameter(torch.full((num_heads, 1, 1), math.log(10)))  # log 1/τ

    def forward(self, windows: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        (B, N, C), qkv_bias = windows.shape, self.qkv.bias
        if qkv_bias is not None:
            q_bias, _, v_bias = qkv_bias.chunk(3)
            qkv_bias = torch.cat([q_bias, torch.zeros_like(q_bias), v_bias])
        qkv = F.linear(windows, self.qkv.weight, qkv_bias).reshape(B, N, 3, self.num_heads, C // self.num_heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # (B·nW, N, 3, h, d) -> three times (B·nW, h, N, d)
        scale = self.logit_scale.clamp(max=math.log(100)).exp()  # (h, 1, 1)
        q, k = scale * F.normalize(q, dim=-1), F.normalize(k, dim=-1)
        bias = self.position_bias()  # (h, N, N)
        if mask is not None:
            bias = bias.masked_fill(~mask[:, None], -torch.inf)  # (nW, 1, N, N) -> (nW, h, N, N)
            bias = bias.repeat(B // len(mask), 1, 1, 1)  # -> (B·nW, h, N, N)
        heads = F.scaled_dot_product_attention(q, k, v, bias, scale=1.0)  # (B·nW, h, N, d)
        return self.proj(heads.transpose(1, 2).reshape(B, N, C))


class ShiftedCosineAttention(ShiftedWindowAttention, CosineWindowAttention):
    """Chapter 13's layer around `CosineWindowAttention`.

    Python looks for `forward` in the order of the bases: the first shifts the map, cuts it and calls the next one,
    which attends. Arguments, shapes and errors are those of `ShiftedWindowAttention`.

    Source: Liu et al. (2022), section 3.2, equation 2; torchvision's `ShiftedWindowAttentionV2`.
    """


class SwinBlockV2(SwinBlock):
    """The block of Swin V2: cosine attention, and each branch normalised at its end, "res-post-norm".

    Args:
        dim, num_heads, window_size, shift, mlp_ratio, drop_path: see `SwinBlock`.

    Shapes: `(B, H, W, C)` → `(B, H, W, C)`, any H and W.

    Raises:
        TypeError, ValueError: what the parts raise.

    Source: Liu et al. (2022), section 3.2, "post normalization", figure 1. Their code begins with scales of 0 in these
    normalisations, torchvision's and ours with 1.
    """

    def __init__(
        self,
        dim: int,
        num_heads: int,
        window_size: int | tuple[int, int],
        shift: int | tuple[int, int] = 0,
        mlp_ratio: float = 4.0,
        drop_path: float = 0.0,
    ):
        super().__init__(dim, num_heads, window_size, shift, mlp_ratio, drop_path)
        self.attn = ShiftedCosineAttention(dim, num_heads, window_size, shift)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.drop_path(self.norm1(self.attn(x)))  # ẑ = LN((S)W-MSA(z)) + z
        return x + self.drop_path(self.norm2(self.mlp(x)))  # z = LN(MLP(ẑ)) + ẑ


def check_swin(depths: Sequence[int], num_heads: Sequence[int], version: int) -> None:
    """Raise a `ValueError` unless there are as many depths as heads, all at least 1, and the version is 1 or 2."""
    if len(depths) == 0 or len(depths) != len(num_heads) or min(*depths, *num_heads) < 1:
        raise ValueError(
            f"each stage has blocks and heads, at least one of each: depths {tuple(depths)} and heads "
            f"{tuple(num_heads)} do not say so."
        )
    if version not in (1, 2):
        raise ValueError(f"version must be 1 or 2, got {version!r}.")


class SwinTransformer(nn.Module):
    """Classify images, or give the maps of a pyramid: stages of blocks with windows, and between them patch merging.

    Args:
        patch_size: side P of a patch in pixels.
        in_channels: channels of the image.
        num_classes: number of logits.
        embed_dim: length C of the tokens in the first stage; it doubles from stage to stage.
        depths: blocks of each stage. Every second block of a stage shifts its windows by half a window.
        num_heads: heads of each stage.
        window_size: side M, or rows and columns of a window, the same in all stages.
        mlp_ratio: of the blocks.
        drop_path: of the last block; it grows linearly from 0 in the first.
        version: 1, or 2 for `SwinBlockV2` and a patch merging that normalises last.

    Shapes: `(B, C, H, W)` → logits `(B, num_classes)`; H and W are multiples of P, and need not be those of anything
    else: maps are padded for windows and for merging.

    Raises:
        TypeError, ValueError: see `check_swin` and the parts.

    Source: Liu et al. (2021), section 3.1, figure 3; Liu et al. (2022), figure 1. Equal to torchvision's
    `SwinTransformer`, V2 included, and to timm's at sizes whose maps need no padding. (torchvision cuts off pixels at
    the right and the bottom that fill no patch; here they are an error.)
    """

    def __init__(
        self,
        patch_size: int = 4,
        in_channels: int = 3,
        num_classes: int = 1000,
        embed_dim: int = 96,
        depths: Sequence[int] = (2, 2, 6, 2),
        num_heads: Sequence[int] = (3, 6, 12, 24),
        window_size: int | tuple[int, int] = 7,
        mlp_ratio: float = 4.0,
        drop_path: float = 0.0,
        version: int = 1,
    ):
        super().__init__()
        check_swin(depths, num_heads, version)
        block, norm = (SwinBlock, "before") if version == 1 else (SwinBlockV2, "after")
        shifts = 0, tuple(side // 2 for side in as_window(window_size))
        rates = iter([drop_path * i / max(1, sum(depths) - 1) for i in range(sum(depths))])
        self.patch_embed = PatchEmbedding(patch_size, in_channels, embed_dim)
        self.patch_norm = LayerNorm(embed_dim, eps=1e-5)
        self.merges, self.stages = nn.ModuleList(), nn.ModuleList()
        for i, (depth, heads) in enumerate(zip(depths, num_heads, strict=True)):
            dim = embed_dim * 2**i
            blocks = (block(dim, heads, window_size, shifts[j % 2], mlp_ratio, next(rates)) for j in range(depth))
            self.stages.append(nn.Sequential(*blocks))
            self.merges.append(PatchMerging(dim // 2, norm) if i > 0 else nn.Identity())
        self.norm = LayerNorm(dim, eps=1e-5)
        self.head = nn.Linear(dim, num_classes)
        self.apply(start)
        nn.init.zeros_(self.head.weight)

    def forward_features(self, images: torch.Tensor) -> list[torch.Tensor]:
        """Return the map of each stage, `(B, C·2ⁱ, ⌈H/(P·2ⁱ)⌉, ⌈W/(P·2ⁱ)⌉)`, the finest first. None is normalised."""
        x = self.patch_norm(self.patch_embed(images))  # (B, C, H, W) -> (B, N, C)
        x = x.unflatten(1, [side // self.patch_embed.patch_size for side in images.shape[2:]])  # -> (B, H/P, W/P, C)
        maps = []
        for merge, stage in zip(self.merges, self.stages, strict=True):
            x = stage(merge(x))  # (B, H, W, C) -> (B, H/2, W/2, 2C)
            maps.append(x.permute(0, 3, 1, 2))  # (B, H, W, C) -> (B, C, H, W), no copy
        return maps

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        x = self.forward_features(images)[-1].permute(0, 2, 3, 1)  # (B, C, H, W) -> (B, H, W, C)
        return self.head(self.norm(x).mean(dim=(1, 2)))  # (B, H, W, C) -> (B, C) -> (B, num_classes)


def start(module: nn.Module) -> None:
    """Initialise one layer of a Swin Transformer in place: as in a ViT, and the position bias of V2 near a constant."""
    initialise(module)
    if isinstance(module, ContinuousPositionBias):
        module.start()


def swin(name: str, **options) -> SwinTransformer:
    """Return a Swin Transformer of a published size, such as `swin("T")` or, in its second version, `swin("V2-T")`.

    Args:
        name: one of `SIZES`, for the second version after "V2-".
        options: further arguments of `SwinTransformer`. Windows have a side of 7, in the second version 8, unless
            another `window_size` is among them.

    Raises:
        ValueError: another name.

    Source: Liu et al. (2021), section 3.3; Liu et al. (2022), on model configurations.
    """
    size = name.removeprefix("V2-")
    if size not in SIZES:
        raise ValueError(
            f'a Swin Transformer is named like "T" or "V2-T", its size one of {", ".join(SIZES)}; got {name!r}.'
        )
    (embed_dim, depths), version = SIZES[size], 1 if size == name else 2
    heads = [embed_dim // 32 * 2**i for i in range(len(depths))]
    options = {"window_size": 7 if version == 1 else 8, **options}
    return SwinTransformer(embed_dim=embed_dim, depths=depths, num_heads=heads, version=version, **options)


def stage_flops(
    image_size: int | tuple[int, int] = 224,
    patch_size: int = 4,
    in_channels: int = 3,
    embed_dim: int = 96,
    depths: Sequence[int] = (2, 2, 6, 2),
    window_size: int | tuple[int, int] = 7,
    mlp_ratio: float = 4.0,
) -> list[int]:
    """Return the floating-point operations of each stage for one image, a multiply-add as two, without the classifier.

    Args:
        image_size: side in pixels, or `(H, W)`.
        patch_size, in_channels, embed_dim, depths, window_size, mlp_ratio: see `SwinTransformer`, version 1.

    Returns:
        For a stage of `depth` blocks on N tokens of length C, with an MLP of hidden length R: depth times
        `attention_flops` and 4·N·C·R for the MLP, and what makes its map: 2·N·in_channels·P²·C for the patches of the
        first, 4·N·C² for merging in front of the others (4·C/2 numbers become C).

    Raises:
        TypeError, ValueError: see `attention_flops`; an image smaller than a patch has no token and is a ValueError.

    Source: Liu et al. (2021), section 3.2, equation 2, which counts multiply-adds, and without the MLP.
    """
    H, W = (image_size, image_size) if isinstance(image_size, int) else image_size
    H, W, C, flops = H // patch_size, W // patch_size, embed_dim, []
    for i, depth in enumerate(depths):
        if i > 0:
            H, W, C = (H + 1) // 2, (W + 1) // 2, 2 * C
        made = 2 * H * W * in_channels * patch_size**2 * C if i == 0 else 4 * H * W * C**2
        block = attention_flops(H, W, C, window_size) + 4 * H * W * C * int(C * mlp_ratio)
        flops.append(made + depth * block)
    return flops
