"""What is it looking at? Attention maps and what to make of them, for ViTs and beside them for CNNs (chapter 09).

Abnar and Zuidema (2020), "Quantifying Attention Flow in Transformers"; Chefer, Gur and Wolf (2021), "Generic
Attention-model Explainability"; Selvaraju et al. (2017), "Grad-CAM"; Petsiuk, Das and Saenko (2018), "RISE".
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.hooks import RemovableHandle

from utils.models.multi_head_attention import MultiHeadAttention

Maps = Sequence[torch.Tensor]  # one (B, h, N, N) per block, from the first block to the last


@contextmanager
def record_outputs(layer: nn.Module) -> Iterator[list[torch.Tensor]]:
    """Within this block, note what a layer returns. It stays as it is, and when the block ends, the hook is gone.

    Args:
        layer: any module whose output is one tensor.

    Yields:
        A list, empty at first, to which every forward pass adds an output, with its place in the computation.
    """
    outputs: list[torch.Tensor] = []
    hook = layer.register_forward_hook(lambda layer, args, output: outputs.append(output))
    try:
        yield outputs
    finally:
        hook.remove()


def listen(layer: MultiHeadAttention, maps: list[torch.Tensor]) -> list[RemovableHandle]:
    """Make an attention layer append its weights to a list whenever it runs, and return its two hooks.

    PyTorch's fused attention keeps no weights, so the hook in front asks the layer for the written-out form, and the
    one behind takes the weights out of what it returns, unless whoever called the layer has asked for them as well.
    """
    wanted: list[bool] = []

    def before(layer, args, kwargs):
        wanted.append(kwargs.get("return_weights", False))
        return args, {**kwargs, "return_weights": True}

    def after(layer, args, result):
        maps.append(result[1])  # (B, h, N, N)
        return result if wanted.pop() else result[0]

    return [layer.register_forward_pre_hook(before, with_kwargs=True), layer.register_forward_hook(after)]


@contextmanager
def record_attention(model: nn.Module) -> Iterator[list[torch.Tensor]]:
    """Within this block, note the attention weights of all that passes through a model. The model stays as it is.

    Its outputs are the same to rounding, and the weights are part of their computation: `torch.autograd.grad` gives the
    gradient of a logit with respect to them. When the block ends, also by an error, the hooks are gone; the list stays.

    Args:
        model: any module that holds one `utils.models.multi_head_attention.MultiHeadAttention` or more.

    Yields:
        A list, empty at first. A forward pass adds the weights of each attention, `(B, h, N, N)`, queries before keys,
        in the order in which they ran. With dropout in training, they are the weights that were used.

    Raises:
        ValueError: the model holds no `MultiHeadAttention`.
    """
    layers = [layer for layer in model.modules() if isinstance(layer, MultiHeadAttention)]
    if not layers:
        raise ValueError(f"{type(model).__name__} holds no MultiHeadAttention to listen to.")
    maps: list[torch.Tensor] = []
    hooks = [hook for layer in layers for hook in listen(layer, maps)]
    try:
        yield maps
    finally:
        for hook in hooks:
            hook.remove()


def check_maps(maps: Maps) -> None:
    """Raise a `ValueError` unless there is at least one map and all have the same shape `(B, h, N, N)`."""
    shapes = [tuple(m.shape) for m in maps]
    if not shapes or len(set(shapes)) > 1 or len(shapes[0]) != 4 or shapes[0][2] != shapes[0][3]:
        found = ", ".join(map(str, dict.fromkeys(shapes))) or "none"
        raise ValueError(f"maps must be one tensor (B, h, N, N) per block, all of one shape; got {found}.")


def check_grid(weights: torch.Tensor, grid: tuple[int, int]) -> None:
    """Raise a `ValueError` unless weights `(..., N, N)` have a token for each patch of the grid `(rows, columns)`."""
    rows, columns = grid
    if weights.ndim < 2 or weights.shape[-1] != weights.shape[-2] or not 1 <= rows * columns <= weights.shape[-1]:
        raise ValueError(
            f"weights must be (..., N, N) with at least {rows * columns} tokens for {rows} × {columns} patches, "
            f"got {tuple(weights.shape)}."
        )


def attention_distance(weights: torch.Tensor, grid: tuple[int, int], patch_size: int = 1) -> torch.Tensor:
    """Return how far away each head looks: the distance from the query patch to the keys, averaged by their weights.

    Distances are measured between the middles of patches. Tokens in front of the patches, such as the class token, have
    no place in the image: they are left out as queries and as keys, and the weights that remain are divided by their
    sum.

    Args:
        weights: `(..., N, N)`, queries before keys, where N is at least rows · columns. The patches come last.
        grid: `(rows, columns)` of patches.
        patch_size: side of a patch in pixels; with 1, distances are in patches.

    Returns:
        `(...)`, the mean over the queries, in pixels.

    Raises:
        ValueError: fewer tokens than the grid has patches, or maps that are not square.

    Source: Dosovitskiy et al. (2021), "An Image is Worth 16x16 Words", appendix D.7 and figure 11.
    """
    check_grid(weights, grid)
    patches = grid[0] * grid[1]
    weights = weights[..., -patches:, -patches:]  # (..., N, N) -> (..., rows · columns, rows · columns)
    weights = weights / weights.sum(dim=-1, keepdim=True)
    y, x = torch.meshgrid(torch.arange(grid[0]), torch.arange(grid[1]), indexing="ij")  # (rows, columns)
    places = patch_size * torch.stack([y.flatten(), x.flatten()], dim=1).to(weights)  # (rows · columns, 2)
    distances = (places[:, None] - places).square().sum(dim=-1).sqrt()  # (rows · columns, rows · columns)
    return (weights * distances).sum(dim=-1).mean(dim=-1)  # (...)


def entropy(weights: torch.Tensor) -> torch.Tensor:
    """Return the entropy of attention weights along the keys, in bits: Σ p log₂(1/p), with 0 for p = 0.

    It is 0 when one key gets everything, and log₂ N when N keys get the same. `2 ** entropy` is the number of keys
    that, sharing equally, would have this entropy.

    Args:
        weights: `(..., N)`, not negative, each row adding up to 1.

    Returns:
        `(...)`.

    Source: Shannon (1948), "A Mathematical Theory of Communication", section 6.
    """
    return torch.special.entr(weights).sum(dim=-1) / math.log(2)  # -p ln p, (..., N) -> (...)


def sparsity(weights: torch.Tensor) -> torch.Tensor:
    """Return how concentrated attention weights are: 0 when all N keys get the same, 1 when one key gets everything.

    It compares the sum of the weights with the root of the sum of their squares: (√N − Σ|p| / √Σp²) / (√N − 1).

    Args:
        weights: `(..., N)`, with N of at least 2. Their scale does not matter.

    Returns:
        `(...)`, from 0 to 1.

    Raises:
        ValueError: fewer than two keys, between which nothing can be spread.

    Source: Hoyer (2004), "Non-negative Matrix Factorization with Sparseness Constraints", section 3.1.
    """
    N = weights.shape[-1]
    if N < 2:
        raise ValueError(f"sparsity compares the weights of two or more keys, got {tuple(weights.shape)}.")
    ratio = weights.abs().sum(dim=-1) / weights.square().sum(dim=-1).sqrt()  # from 1 to √N
    return (N**0.5 - ratio) / (N**0.5 - 1)


def rollout(maps: Maps) -> torch.Tensor:
    """Return how much of each input token has reached each token, if attention and residual path count half each.

    In each block the heads are averaged, Â = ½ A + ½ I stands for the block, and the blocks are multiplied, the last
    one on the left: Â_L ⋯ Â_2 Â_1. MLPs, values and normalisations are ignored.

    Args:
        maps: of `record_attention`: one `(B, h, N, N)` per block, each row adding up to 1.

    Returns:
        `(B, N, N)`, output tokens before input tokens; each row adds up to 1.

    Raises:
        ValueError: no maps, or maps of different shapes.

    Source: Abnar and Zuidema (2020), section 3, equation 1.
    """
    check_maps(maps)
    identity = torch.eye(maps[0].shape[-1]).to(maps[0])  # (N, N), the residual path
    result = identity.expand(len(maps[0]), -1, -1)  # (B, N, N)
    for weights in maps:
        result = (weights.mean(dim=1) + identity) / 2 @ result  # (B, N, N) @ (B, N, N)
    return result


def check_classes(images: torch.Tensor, classes: torch.Tensor) -> None:
    """Raise a `ValueError` unless there is one class, an integer, for each image."""
    if tuple(classes.shape) != (len(images),) or classes.dtype != torch.int64:
        raise ValueError(
            f"{len(images)} images need classes of shape ({len(images)},) and dtype torch.int64, "
            f"got {tuple(classes.shape)} and {classes.dtype}."
        )


def check_feature_maps(outputs: list[torch.Tensor]) -> None:
    """Raise a `ValueError` unless a layer gave feature maps `(B, D, H', W')`, once."""
    if len(outputs) != 1 or outputs[0].ndim != 4:
        found = ", ".join(str(tuple(output.shape)) for output in outputs) or "nothing"
        raise ValueError(f"the layer must give feature maps (B, D, H', W') once per forward pass, got {found}.")


def gradient_relevance(model: nn.Module, images: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """Return how much each input token speaks for a class: attention weighted by the gradient of the class's logit.

    Each head's weights are multiplied by the gradient of the logit with respect to them; what speaks against the class
    is set to 0, and only then are the heads averaged: Ā = mean over heads of (∇A ⊙ A)⁺. From the first block to the
    last, R ← R + Ā R, beginning with the identity.

    Args:
        model: classifies images `(B, C, H, W)` into logits `(B, K)` and holds `MultiHeadAttention`. Its parameters get
            no gradient, and it is run in the mode that it is in: evaluation, as a rule.
        images: `(B, C, H, W)`.
        classes: `(B,)`, integers: the class that each image is explained for.

    Returns:
        `(B, N, N)`, output tokens before input tokens. For a class token, row 0 without column 0 is the map.

    Raises:
        ValueError: not one class per image, or a model without `MultiHeadAttention`.

    Source: Chefer, Gur and Wolf (2021), "Generic Attention-model Explainability", section 3, equations 5 and 6.
    """
    check_classes(images, classes)
    with torch.enable_grad(), record_attention(model) as maps:
        logits = model(images.detach().requires_grad_())  # (B, K)
        chosen = logits.gather(1, classes[:, None]).sum()  # images do not mix: each map gets its own logit's gradient
        gradients = torch.autograd.grad(chosen, maps)  # L times (B, h, N, N)
    result = torch.eye(maps[0].shape[-1]).to(maps[0]).expand(len(images), -1, -1)  # (B, N, N)
    for weights, gradient in zip(maps, gradients, strict=True):
        result = result + (gradient * weights.detach()).clamp(min=0).mean(dim=1) @ result  # (B, N, N)
    return result


def grad_cam(model: nn.Module, layer: nn.Module, images: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """Return where a CNN's feature maps speak for a class: the maps, weighted by the mean gradient of its logit.

    α_k is the mean over all places of the gradient of the logit with respect to feature map k, and the result is
    ReLU(Σ_k α_k A_k). On the last feature maps in front of a global average pooling and a linear head, this is the
    positive part of CAM (Zhou et al. 2016), divided by the number of places.

    Args:
        model: classifies images `(B, C, H, W)` into logits `(B, K)`.
        layer: the module inside it whose output `(B, D, H', W')` holds the feature maps, as a rule the last of them.
        images: `(B, C, H, W)`.
        classes: `(B,)`, integers: the class that each image is explained for.

    Returns:
        `(B, H', W')`, not negative.

    Raises:
        ValueError: not one class per image, or an output of the layer that is not `(B, D, H', W')`.

    Source: Selvaraju et al. (2017), section 3, equations 1 and 2.
    """
    check_classes(images, classes)
    with torch.enable_grad(), record_outputs(layer) as outputs:
        logits = model(images.detach().requires_grad_())  # (B, K)
        chosen = logits.gather(1, classes[:, None]).sum()
    check_feature_maps(outputs)
    (gradients,) = torch.autograd.grad(chosen, outputs)  # (B, D, H', W')
    alpha = gradients.mean(dim=(2, 3), keepdim=True)  # (B, D, 1, 1)
    return F.relu((alpha * outputs[0].detach()).sum(dim=1))  # (B, D, H', W') -> (B, H', W')


def check_deletion(images: torch.Tensor, maps: torch.Tensor, classes: torch.Tensor, steps: int) -> None:
    """Raise a `ValueError` unless images, maps, classes and steps fit each other; see `deletion_curve`."""
    check_classes(images, classes)
    B, _, H, W = images.shape
    if maps.ndim != 3 or len(maps) != B or H % maps.shape[1] or W % maps.shape[2]:
        raise ValueError(
            f"{B} images of {H} × {W} pixels need maps (B, rows, columns) whose rows divide {H} and columns {W}, "
            f"got {tuple(maps.shape)}."
        )
    if not 1 <= steps <= maps[0].numel():
        raise ValueError(f"steps must be from 1 to the {maps[0].numel()} patches of a map, got {steps}.")


def cover_order(maps: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Return for each pixel when its patch has its turn: 0 for the highest value of a map, then 1, 2, …

    Args:
        maps: `(B, rows, columns)`, one value per patch. Equal values have their turns in reading order.
        size: `(H, W)` of the images, multiples of rows and columns.

    Returns:
        `(B, H, W)`, integers.
    """
    order = maps.flatten(1).argsort(dim=1, descending=True, stable=True).argsort(dim=1).reshape(maps.shape)
    order = order.repeat_interleave(size[0] // maps.shape[1], dim=1)  # (B, rows, columns) -> (B, H, columns)
    return order.repeat_interleave(size[1] // maps.shape[2], dim=2)  # (B, H, W)


@torch.no_grad()
def deletion_curve(
    model: nn.Module, images: torch.Tensor, maps: torch.Tensor, classes: torch.Tensor, steps: int = 16
) -> torch.Tensor:
    """Cover an image patch by patch, highest value of a map first, and return what becomes of a class's probability.

    Covered pixels get the image's mean colour. The lower the curve, the more the answer depended on what the map marks.
    Equal values are covered in reading order.

    Args:
        model: classifies images `(B, C, H, W)` into logits `(B, K)`.
        images: as the model takes them. H and W are multiples of the map's rows and columns.
        maps: `(B, rows, columns)`, one value per patch.
        classes: `(B,)`, integers: the class whose probability is followed.
        steps: how often something is covered, the same number of patches each time, up to rounding.

    Returns:
        `(B, steps + 1)` probabilities; the first is of the whole image, the last of nothing but its mean colour.

    Raises:
        ValueError: maps that do not fit the images, fewer than 1 step or more than patches, not one class per image.

    Source: Petsiuk, Das and Saenko (2018), section 4.1: the deletion metric, on patches instead of pixels.
    """
    check_deletion(images, maps, classes, steps)
    order, patches = cover_order(maps, images.shape[2:]), maps[0].numel()
    mean = images.mean(dim=(2, 3), keepdim=True)  # (B, C, 1, 1)
    curve = []
    for step in range(steps + 1):
        covered = (order < round(step * patches / steps))[:, None]  # (B, 1, H, W)
        probabilities = model(torch.where(covered, mean, images)).softmax(dim=1)  # (B, K)
        curve.append(probabilities.gather(1, classes[:, None]))  # (B, 1)
    return torch.cat(curve, dim=1)  # (B, steps + 1)
