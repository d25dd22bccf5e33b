"""ConvNeXt: what a residual network becomes when it is modernised step by step towards Swin (chapter 17).

Liu et al. (2022), "A ConvNet for the 2020s".
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn

from utils.models.transformer_block import MLP, DropPath, LayerNorm, LayerScale

# depths and widths of the four stages. Liu et al. (2022), section 3
SIZES = {
    "T": ((3, 3, 9, 3), (96, 192, 384, 768)),
    "S": ((3, 3, 27, 3), (96, 192, 384, 768)),
    "B": ((3, 3, 27, 3), (128, 256, 512, 1024)),
    "L": ((3, 3, 27, 3), (192, 384, 768, 1536)),
}


class LayerNorm2d(LayerNorm):
    """Layer normalisation of a feature map: each place is a token, whose C numbers are normalised on their own.

    Args:
        embed_dim: channels C.
        eps: added to the variance, inside the root.

    Shapes: `(B, C, H, W)` → `(B, C, H, W)`. The result lies channels last in memory, whatever the input's layout.

    Raises:
        ValueError: a map that does not have C channels.

    Source: Ba et al. (2016), for tokens. Equal to torchvision's and timm's `LayerNorm2d`. It is not `nn.GroupNorm(1,
    C)`, which takes one mean and one variance of all C · H · W numbers of an image.
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)  # -> (B, H, W, C) -> (B, C, H, W)


class ConvNeXtBlock(nn.Module):
    """Mix places by a depthwise convolution, then channels by an MLP at each place, and add to the input.

    Args:
        embed_dim: channels C.
        kernel_size: side of the depthwise kernels, odd.
        mlp_ratio: hidden length of the MLP divided by C.
        drop_path: probability of leaving the branch out for an image, in training.
        layer_scale: first value of a learned factor on each channel of the branch; `None` for no factor.

    Shapes: `(B, C, H, W)` → `(B, C, H, W)`.

    Raises:
        ValueError: an even kernel size, or what the parts raise.

    Source: Liu et al. (2022), figure 4, with layer scale and stochastic depth as in section 3.1. Equal to torchvision's
    `CNBlock` and timm's `ConvNeXtBlock`.
    """

    def __init__(
        self,
        embed_dim: int,
        kernel_size: int = 7,
        mlp_ratio: float = 4.0,
        drop_path: float = 0.0,
        layer_scale: float | None = 1e-6,
    ):
        super().__init__()
        if kernel_size % 2 == 0:
            raise ValueError(f"kernel_size must be odd, so that the map keeps its size, got {kernel_size}.")
        self.conv_dw = nn.Conv2d(embed_dim, embed_dim, kernel_size, padding=kernel_size // 2, groups=embed_dim)
        self.norm = LayerNorm(embed_dim)
        self.mlp = MLP(embed_dim, int(embed_dim * mlp_ratio))
        self.ls = nn.Identity() if layer_scale is None else LayerScale(embed_dim, layer_scale)
        self.drop_path = DropPath(drop_path)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.conv_dw(x).permute(0, 2, 3, 1)  # (B, C, H, W) -> (B, H, W, C)
        y = self.ls(self.mlp(self.norm(y)))
        return x + self.drop_path(y.permute(0, 3, 1, 2))  # (B, H, W, C) -> (B, C, H, W)


def smallest_side(depths: Sequence[int], widths: Sequence[int], patch_size: int) -> int:
    """Return how many pixels along a side a ConvNeXt needs, so that its last stage has a place left.

    Raises:
        ValueError: not as many depths as widths.
    """
    if len(depths) != len(widths):
        raise ValueError(f"there must be as many depths as widths, got {tuple(depths)} and {tuple(widths)}.")
    return patch_size * 2 ** (len(widths) - 1)


class ConvNeXt(nn.Module):
    """Classify images with a pyramid of stages, by default four: convolution mixes places, an MLP mixes channels.

    Args:
        in_channels: channels of the images.
        num_classes: number of logits.
        depths, widths: blocks and channels of each stage.
        patch_size: side of the stem's patches in pixels.
        kernel_size, layer_scale: of each block.
        drop_path: of the last block; it grows linearly from 0 in the first.

    Shapes: `(B, C, H, W)` → logits `(B, num_classes)`. `forward_features` returns the map of each stage, of widths[i]
    channels and (H // patch_size) // 2ⁱ rows, columns likewise. As in the public models, rows and columns that do not
    fill a patch are left out.

    Raises:
        ValueError: not as many depths as widths, images too small to leave the last stage a place, or what the parts
            raise.

    Source: Liu et al. (2022), section 2 and figure 4. Equal to torchvision's and timm's ConvNeXt.
    """

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 1000,
        depths: Sequence[int] = (3, 3, 9, 3),
        widths: Sequence[int] = (96, 192, 384, 768),
        patch_size: int = 4,
        kernel_size: int = 7,
        drop_path: float = 0.0,
        layer_scale: float | None = 1e-6,
    ):
        super().__init__()
        self.least = smallest_side(depths, widths, patch_size)
        stem = nn.Sequential(nn.Conv2d(in_channels, widths[0], patch_size, patch_size), LayerNorm2d(widths[0]))
        halve = (nn.Sequential(LayerNorm2d(C), nn.Conv2d(C, D, 2, 2)) for C, D in pairwise(widths))
        self.downsample, self.stages = nn.ModuleList([stem, *halve]), nn.ModuleList()
        rates = iter([drop_path * i / max(1, sum(depths) - 1) for i in range(sum(depths))])
        for depth, D in zip(depths, widths, strict=True):
            blocks = (ConvNeXtBlock(D, kernel_size, 4.0, next(rates), layer_scale) for _ in range(depth))
            self.stages.append(nn.Sequential(*blocks))
        self.norm, self.head = LayerNorm(widths[-1]), nn.Linear(widths[-1], num_classes)
        self.apply(draw_weights)

    def forward_features(self, images: torch.Tensor) -> list[torch.Tensor]:
        """Return the map of each stage, `(B, widths[i], H_i, W_i)`, the finest first. None is normalised."""
        if min(images.shape[-2:]) < self.least:
            raise ValueError(f"images need at least {self.least} × {self.least} pixels, got {tuple(images.shape)}.")
        x, maps = images.contiguous(memory_format=torch.channels_last), []  # so that later permutations copy nothing
        for downsample, stage in zip(self.downsample, self.stages, strict=True):
            x = stage(downsample(x))  # (B, D, H', W') -> (B, 2D, H'/2, W'/2)
            maps.append(x)
        return maps

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        x = self.forward_features(images)[-1].mean(dim=(2, 3))  # (B, D, H', W') -> (B, D)
        return self.head(self.norm(x))  # (B, D) -> (B, num_classes)


def draw_weights(module: nn.Module) -> None:
    """Draw a layer's weights from a truncated normal distribution with deviation 0.02, in place; biases become zero.

    Source: the code of Liu et al. (2022).
    """
    if isinstance(module, (nn.Conv2d, nn.Linear)):
        nn.init.trunc_normal_(module.weight, std=0.02)
        nn.init.zeros_(module.bias)


def convnext(name: str, **options) -> ConvNeXt:
    """Return a ConvNeXt of a published size, such as `convnext("T")`.

    Args:
        name: one of `SIZES`.
        options: further arguments of `ConvNeXt`.

    Raises:
        ValueError: another name.

    Source: Liu et al. (2022), section 3.
    """
    if name not in SIZES:
        raise ValueError(f"a ConvNeXt is one of {', '.join(SIZES)}; got {name!r}.")
    depths, widths = SIZES[name]
    return ConvNeXt(depths=depths, widths=widths, **options)
