"""Convolution, receptive fields and a small residual network (chapter 01).

He et al. (2016), "Deep Residual Learning for Image Recognition". Araujo, Norris and Sim (2019), "Computing Receptive
Fields of Convolutional Neural Networks".
"""

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F


def check_convolution(
    images: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, stride: int, padding: int
) -> None:
    """Raise a `ValueError` that names the sizes, unless `conv2d` can be applied to these arguments."""
    if images.ndim != 4:
        hint = " For a single image: images.unsqueeze(0)." if images.ndim == 3 else ""
        raise ValueError(f"images must have shape (B, C, H, W), got {tuple(images.shape)}.{hint}")
    if weight.ndim != 4 or 0 in weight.shape:
        raise ValueError(f"weight must have shape (D, C, K_h, K_w), none of them 0, got {tuple(weight.shape)}.")
    if images.shape[1] != weight.shape[1]:
        raise ValueError(f"images have {images.shape[1]} channels, but each kernel has {weight.shape[1]}.")
    if bias is not None and bias.shape != weight.shape[:1]:
        raise ValueError(f"bias must have shape ({weight.shape[0]},), one per kernel, got {tuple(bias.shape)}.")
    if stride < 1:
        raise ValueError(f"stride must be at least 1, got {stride}.")
    if padding < 0:
        raise ValueError(f"padding must be at least 0, got {padding}.")
    (H, W), (K_h, K_w) = images.shape[2:], weight.shape[2:]
    if K_h > H + 2 * padding or K_w > W + 2 * padding:
        raise ValueError(f"a kernel of {K_h} × {K_w} does not fit into {H} × {W} pixels with padding {padding}.")


def conv2d(
    images: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    stride: int = 1,
    padding: int = 0,
) -> torch.Tensor:
    """Lay each kernel over every window of the images, multiply and add up: the same as `F.conv2d`.

    The kernel is not flipped, so in signal processing this is called a cross-correlation.

    Args:
        images: `(B, C, H, W)`.
        weight: `(D, C, K_h, K_w)`, D kernels.
        bias: `(D,)`, one number added to each output channel, or `None`.
        stride: pixels from one window to the next, in both directions.
        padding: rows or columns of zeros added on each of the four sides.

    Returns:
        `(B, D, H', W')` with `H' = (H + 2·padding − K_h) // stride + 1`, and `W'` likewise.

    Raises:
        ValueError: shapes that do not go together, a stride below 1, a negative padding, or a kernel larger than the
            padded image.
    """
    check_convolution(images, weight, bias, stride, padding)
    K_h, K_w = weight.shape[2:]
    padded = F.pad(images, (padding, padding, padding, padding))  # (B, C, H, W) -> (B, C, H + 2p, W + 2p)
    windows = padded.unfold(2, K_h, stride).unfold(3, K_w, stride)  # (B, C, H', W', K_h, K_w), no copy
    y = torch.einsum("bchwij,dcij->bdhw", windows, weight)  # (B, D, H', W')
    return y if bias is None else y + bias[:, None, None]


def receptive_field(layers: Sequence[tuple[int, int]]) -> int:
    """Return the side, in pixels, of the square that one output of a stack of layers depends on.

    Args:
        layers: `(kernel_size, stride)` of each convolution or pooling, from the image to the output.

    Returns:
        r, by the recurrence r ← r + (k − 1) · j, then j ← j · s, from r = j = 1. j, the jump, is how many pixels lie
        between neighbouring outputs. Near the border, part of the square may lie outside the image.

    Raises:
        ValueError: a kernel size or a stride below 1.

    Source: Araujo, Norris and Sim (2019), "Computing Receptive Fields of Convolutional Neural Networks", equation 2.
    """
    r, j = 1, 1
    for kernel_size, stride in layers:
        if kernel_size < 1 or stride < 1:
            raise ValueError(f"kernel size and stride must be at least 1, got {(kernel_size, stride)}.")
        r += (kernel_size - 1) * j
        j *= stride
    return r


def effective_receptive_field(model: nn.Module, images: torch.Tensor) -> torch.Tensor:
    """Measure how much the central output of a model depends on each pixel: the size of its gradient.

    Args:
        model: from images `(B, C, H, W)` to a feature map `(B, D, H', W')`. Its parameters' gradients stay untouched.
        images: `(B, C, H, W)`, the images to average over.

    Returns:
        `(H, W)`: for the sum of all channels of the output at row `H' // 2`, column `W' // 2`, the absolute gradient
        with respect to each pixel, averaged over images and input channels.

    Raises:
        ValueError: the model does not return a feature map, or a batch normalisation is in training mode, in which
            every output depends on all pixels of the batch.

    Source: Luo et al. (2016), "Understanding the Effective Receptive Field in Deep Convolutional Neural Networks",
    section 3.
    """
    if any(isinstance(m, nn.BatchNorm2d) and m.training for m in model.modules()):
        raise ValueError("batch normalisation in training mode mixes all pixels of the batch: call model.eval() first.")
    images = images.detach().requires_grad_()
    features = model(images)
    if features.ndim != 4:
        raise ValueError(f"the model must return a feature map (B, D, H', W'), got {tuple(features.shape)}.")
    _, _, H, W = features.shape
    (gradient,) = torch.autograd.grad(features[:, :, H // 2, W // 2].sum(), images)  # (B, C, H, W)
    return gradient.abs().mean(dim=(0, 1))  # (B, C, H, W) -> (H, W)


class ResidualBlock(nn.Module):
    """Add to the input what two 3 × 3 convolutions make of it: torchvision's `BasicBlock`, with the same names.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        stride: of the first convolution, and of the shortcut. Where the output differs from the input in size or
            channels, the shortcut is a 1 × 1 convolution with batch normalisation (option B of the paper), else the
            input itself.

    Shapes: `(B, in_channels, H, W)` → `(B, out_channels, H', W')` with `H' = (H − 1) // stride + 1`.

    Source: He et al. (2016), figure 2 and equations 1 and 2.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.downsample = nn.Sequential()  # passes its input on
        if stride != 1 or in_channels != out_channels:
            projection = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)  # W_s
            self.downsample = nn.Sequential(projection, nn.BatchNorm2d(out_channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.bn1(self.conv1(x)))  # (B, C, H, W) -> (B, D, H', W')
        y = self.bn2(self.conv2(y))  # F(x)
        return F.relu(y + self.downsample(x))


class ResidualCNN(nn.Module):
    """A small residual network: a 3 × 3 stem, stages of residual blocks, global average pooling, a linear classifier.

    The layout is that of the networks for CIFAR-10 in He et al. (2016), section 4.2, which have the widths 16, 32, 64
    and 3, 5, 7, … blocks per stage; their shortcuts without parameters are projections here.

    Args:
        in_channels: channels C of the images.
        num_classes: numbers in the output.
        widths: channels of each stage. Every stage but the first halves height and width.
        blocks: residual blocks per stage.

    Shapes: `(B, C, H, W)` → `(B, num_classes)`, for any H and W. `forward_features` stops before the pooling and
    returns `(B, widths[-1], H', W')`.

    Source: He et al. (2016), section 4.2.
    """

    def __init__(
        self, in_channels: int = 3, num_classes: int = 10, widths: Sequence[int] = (16, 32, 64), blocks: int = 1
    ):
        super().__init__()
        width = widths[0]
        stem = nn.Conv2d(in_channels, width, 3, padding=1, bias=False)
        self.stem = nn.Sequential(stem, nn.BatchNorm2d(width), nn.ReLU())
        self.stages = nn.Sequential()
        for i, out_channels in enumerate(widths):
            for block in range(blocks):
                stride = 2 if i > 0 and block == 0 else 1
                self.stages.append(ResidualBlock(width, out_channels, stride))
                width = out_channels
        self.head = nn.Linear(width, num_classes)

    def forward_features(self, images: torch.Tensor) -> torch.Tensor:
        return self.stages(self.stem(images))  # (B, C, H, W) -> (B, D, H', W')

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        features = self.forward_features(images).mean(dim=(2, 3))  # (B, D, H', W') -> (B, D)
        return self.head(features)
