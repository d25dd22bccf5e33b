"""What a ViT and a CNN cost, by formula and by counting (chapter 10).

He et al. (2016), "Deep Residual Learning for Image Recognition"; Dosovitskiy et al. (2021), "An Image is Worth 16x16
Words"; Dehghani et al. (2022), "The Efficiency Misnomer", on what such numbers can and cannot tell.
"""

import copy
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from utils.models.vision_transformer import check_vit


class Cost(NamedTuple):
    """What one forward pass in training costs.

    Attributes:
        flops: floating-point operations of the convolutions and matrix products, a multiplication and the addition that
            follows as two; half as many multiply-adds. The backward pass takes about twice as many again.
        parameters: learned numbers. They do not depend on the batch.
        activations: numbers kept for the backward pass besides the parameters, the images included.
    """

    flops: int
    parameters: int
    activations: int


def convolution_flops(
    in_channels: int, out_channels: int, kernel_size: int, output_size: tuple[int, int], groups: int = 1
) -> int:
    """Return the floating-point operations of a convolution of one image, a multiply-add as two.

    Args:
        in_channels, out_channels: channels C and D.
        kernel_size: side K of the kernels.
        output_size: `(H', W')` of the output; stride and padding matter only through it.
        groups: groups of channels that do not see each other; C for a depthwise convolution.

    Returns:
        2 · K² · (C / groups) · D · H' · W'. A bias is not counted, as in PyTorch's counter.

    Raises:
        ValueError: a size below 1, or groups that do not divide the channels.
    """
    H, W = output_size
    sizes = (in_channels, out_channels, kernel_size, H, W, groups)
    if min(sizes) < 1:
        raise ValueError(f"channels, kernel size, output size and groups must be at least 1, got {sizes}.")
    if in_channels % groups or out_channels % groups:
        raise ValueError(f"{groups} groups do not divide {in_channels} input and {out_channels} output channels.")
    return 2 * kernel_size**2 * in_channels // groups * out_channels * H * W


def cnn_convolutions(
    image_size: int | tuple[int, int], in_channels: int = 3, widths: Sequence[int] = (16, 32, 64), blocks: int = 1
) -> Iterator[tuple[int, int, int, tuple[int, int]]]:
    """Go through the convolutions of a `ResidualCNN`, from the stem on, a block's shortcut after its two others.

    Args:
        image_size: side in pixels, or `(H, W)`.
        in_channels, widths, blocks: see `ResidualCNN`.

    Yields:
        Input channels, output channels, kernel size and `(H', W')` of the output: the arguments of
        `convolution_flops`.
    """
    H, W = (image_size, image_size) if isinstance(image_size, int) else image_size
    width = widths[0]
    yield in_channels, width, 3, (H, W)
    for i, out_channels in enumerate(widths):
        for block in range(blocks):
            stride = 2 if i > 0 and block == 0 else 1
            H, W = (H - 1) // stride + 1, (W - 1) // stride + 1
            yield from [(width, out_channels, 3, (H, W)), (out_channels, out_channels, 3, (H, W))]
            if stride != 1 or width != out_channels:
                yield width, out_channels, 1, (H, W)
            width = out_channels


def cnn_cost(
    image_size: int | tuple[int, int],
    in_channels: int = 3,
    num_classes: int = 10,
    widths: Sequence[int] = (16, 32, 64),
    blocks: int = 1,
    batch_size: int = 1,
) -> Cost:
    """Return the cost of a `ResidualCNN` by formula.

    Args:
        image_size: side in pixels, or `(H, W)`.
        in_channels, num_classes, widths, blocks: see `ResidualCNN`.
        batch_size: images B in the batch.

    Returns:
        Per convolution from C to D channels with output H' × W': `convolution_flops`, times B; K²·C·D parameters and
        2·D of its batch normalisation; B·D·H'·W' numbers kept for the normalisation, 2·D statistics of it, and, if K is
        3, the B·D·H'·W' numbers that the ReLU behind it returns, which are also what the next convolution keeps. Then
        the images, and the classifier.

    Raises:
        ValueError: see `convolution_flops`.
    """
    H, W = (image_size, image_size) if isinstance(image_size, int) else image_size
    flops, parameters, activations = 0, 0, batch_size * in_channels * H * W
    for C, D, K, (H, W) in cnn_convolutions(image_size, in_channels, widths, blocks):
        flops += batch_size * convolution_flops(C, D, K, (H, W))
        parameters += K**2 * C * D + 2 * D
        activations += batch_size * D * H * W * (2 if K == 3 else 1) + 2 * D
    D = widths[-1]
    return Cost(
        flops + batch_size * 2 * D * num_classes, parameters + (D + 1) * num_classes, activations + batch_size * D
    )


def vit_cost(
    image_size: int | tuple[int, int] = 224,
    patch_size: int = 16,
    in_channels: int = 3,
    num_classes: int = 1000,
    embed_dim: int = 768,
    depth: int = 12,
    num_heads: int = 12,
    mlp_ratio: float = 4.0,
    pool: str = "class",
    position: str = "learned",
    batch_size: int = 1,
) -> Cost:
    """Return the cost of a `VisionTransformer` without dropout and layer scale, by formula.

    Args:
        image_size, patch_size, in_channels, num_classes, embed_dim, depth, num_heads, mlp_ratio, pool, position: see
            `VisionTransformer`.
        batch_size: images B in the batch.

    Returns:
        With N tokens of length D, an MLP of hidden length M and h heads, a block takes 8·N·D² + 4·N²·D + 4·N·D·M
        operations per image, has 4·D² + 2·D·M + 9·D + M parameters, and keeps N · (8·D + 2·M + 4 + h) numbers per
        image: no table of N × N, because the fused attention computes it again in the backward pass.

    Raises:
        TypeError, ValueError: see `check_vit`.
    """
    rows, columns = check_vit(image_size, patch_size, pool)
    patches, values = rows * columns, in_channels * patch_size**2  # numbers in a patch
    N, D, M, B = patches + (pool == "class"), embed_dim, int(embed_dim * mlp_ratio), batch_size
    flops = 2 * patches * values * D + depth * (8 * N * D**2 + 4 * N**2 * D + 4 * N * D * M) + 2 * D * num_classes
    parameters = (values + 1) * D + depth * (4 * D**2 + 2 * D * M + 9 * D + M) + 2 * D + (D + 1) * num_classes
    parameters += D * (pool == "class") + N * D * (position == "learned")
    pooled = N * D if pool == "class" else D  # the class token is a view of all tokens, and keeps them alive
    activations = patches * values + depth * N * (8 * D + 2 * M + 4 + num_heads) + pooled + D + 2
    return Cost(B * flops, parameters, B * activations)


def count_flops(model: nn.Module, images: torch.Tensor) -> int:
    """Run a model forward under PyTorch's counter, and return the floating-point operations of these images.

    Counted are convolutions and matrix products, a multiply-add as two. The model runs as in training, with gradients:
    without them PyTorch's own layers may take a short cut that the counter does not see.

    Args:
        model: any model of images. It is not changed.
        images: `(B, C, H, W)`, on the model's device.
    """
    with FlopCounterMode(display=False) as counter, torch.enable_grad():
        copy.deepcopy(model).train()(images)
    return counter.get_total_flops()


def activation_bytes(model: nn.Module, images: torch.Tensor) -> int:
    """Run a model forward as in training, and return the bytes that it keeps for the backward pass.

    Each piece of memory counts once, in full, however many operations refer to it or to a part of it. Parameters and
    buffers do not count, they are there anyway; the images do.

    Args:
        model: any model of images. It is not changed.
        images: `(B, C, H, W)`, on the model's device, which must be a real one: `meta` has no memory to tell apart.

    Raises:
        ValueError: images on the `meta` device.
    """
    if images.is_meta:
        raise ValueError("activation_bytes needs images and a model with memory, got the meta device.")
    model, kept = copy.deepcopy(model).train(), {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor), torch.enable_grad():
        _alive = model(images)  # and with it all that it keeps, so that no place in memory is used twice
    known = {t.untyped_storage().data_ptr() for t in [*model.parameters(), *model.buffers()]}
    return sum(size for place, size in kept.items() if place not in known)
