"""Using a pretrained model on another task: frozen, tuned gently, or with a few added numbers (chapter 11).

Hu et al. (2021), "LoRA: Low-Rank Adaptation of Large Language Models". Clark et al. (2020), "ELECTRA". Howard and Ruder
(2018), "Universal Language Model Fine-tuning for Text Classification". Snell et al. (2017), "Prototypical Networks".
"""

import math
import re
from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F


def replace_head(model: nn.Module, num_classes: int) -> nn.Module:
    """Give a pretrained model a new last layer, all zeros, for other classes. The model is changed and returned.

    Args:
        model: has a linear layer `head`, as all classifiers of this course and timm's ViT have. The new one is on the
            same device and of the same dtype.
        num_classes: logits of the new head, at least 1.

    Raises:
        TypeError: the model has no linear layer called `head`.
        ValueError: fewer than one class.
    """
    old = getattr(model, "head", None)
    if not isinstance(old, nn.Linear):
        raise TypeError(f"the model needs a linear layer called head, its head is {type(old).__name__}.")
    if num_classes < 1:
        raise ValueError(f"num_classes must be at least 1, got {num_classes}.")
    model.head = nn.Linear(old.in_features, num_classes, device=old.weight.device, dtype=old.weight.dtype)
    nn.init.zeros_(model.head.weight)
    nn.init.zeros_(model.head.bias)
    return model


@torch.no_grad()
def features(model: nn.Module, images: torch.Tensor, batch_size: int = 256) -> torch.Tensor:
    """Return what a pretrained model, in evaluation mode, hands to its head: one vector per image.

    Args:
        model: has a layer `head` that is called once per forward pass. Its mode is put back afterwards.
        images: `(n, C, H, W)`, at least one, prepared as the model was trained.
        batch_size: images at a time.

    Returns:
        `(n, D)`, without gradients.

    Raises:
        ValueError: no images.
    """
    if len(images) == 0:
        raise ValueError("there are no images to take features of.")
    found, was_training = [], model.training
    hook = model.head.register_forward_pre_hook(lambda head, inputs: found.append(inputs[0]))
    model.eval()
    try:
        for batch in images.split(batch_size):
            model(batch)
    finally:
        hook.remove()
        model.train(was_training)
    return torch.cat(found)  # (n, D)


def check_examples(features: torch.Tensor, labels: torch.Tensor) -> None:
    """Raise a `ValueError` unless there is one label for each of at least one feature vector `(n, D)`."""
    if features.ndim != 2 or len(features) == 0 or labels.shape != features.shape[:1]:
        shapes = f"{tuple(features.shape)} and {tuple(labels.shape)}"
        raise ValueError(f"features must be (n, D) and labels (n,), with n of at least 1; got {shapes}.")


def knn(
    queries: torch.Tensor, features: torch.Tensor, labels: torch.Tensor, k: int = 1, num_classes: int | None = None
) -> torch.Tensor:
    """Classify each query by a vote of the k examples whose features point most nearly in the same direction.

    Args:
        queries: `(m, D)`, features of the images to classify.
        features, labels: `(n, D)` and `(n,)`, the examples, labels from 0.
        k: how many examples vote, from 1 to n. Of classes with equal votes, the one with the lowest number wins.
        num_classes: number of classes; by default the largest label and one.

    Returns:
        `(m,)`, int64.

    Raises:
        ValueError: features and labels that do not go together, or a k that is not between 1 and n.

    Source: Cover and Hart (1967), "Nearest Neighbor Pattern Classification"; here with the cosine as similarity.
    Equal to scikit-learn's `KNeighborsClassifier(k, metric="cosine")`.
    """
    check_examples(features, labels)
    if not 1 <= k <= len(features):
        raise ValueError(f"k must be between 1 and the number of examples, {len(features)}; got {k}.")
    similarity = F.normalize(queries, dim=1) @ F.normalize(features, dim=1).T  # (m, D) @ (D, n) -> (m, n)
    nearest = similarity.topk(k, dim=1).indices  # (m, k)
    votes = F.one_hot(labels[nearest], num_classes or int(labels.max()) + 1).sum(dim=1)  # (m, k, K) -> (m, K)
    return votes.argmax(dim=1)


def prototypes(features: torch.Tensor, labels: torch.Tensor, num_classes: int) -> torch.Tensor:
    """Return the mean of the features of each class, its prototype c_k.

    Args:
        features, labels: `(n, D)` and `(n,)`, the examples, labels from 0 to `num_classes` − 1.
        num_classes: number of classes K.

    Returns:
        `(K, D)`.

    Raises:
        ValueError: features and labels that do not go together, or a class without an example.

    Source: Snell et al. (2017), equation 1.
    """
    check_examples(features, labels)
    member = F.one_hot(labels, num_classes).to(features.dtype)  # (n, K)
    counts = member.sum(dim=0)  # (K,)
    if not counts.all():
        raise ValueError(f"there is no example of class {int((counts == 0).nonzero()[0])}.")
    return member.T @ features / counts[:, None]  # (K, n) @ (n, D) -> (K, D)


def nearest_prototype(queries: torch.Tensor, prototypes: torch.Tensor) -> torch.Tensor:
    """Return logits: the negative squared Euclidean distance of each query from each prototype.

    Args:
        queries: `(m, D)`.
        prototypes: `(K, D)`.

    Returns:
        `(m, K)`; their softmax is equation 2 of the paper, their argmax the nearest prototype.

    Source: Snell et al. (2017), equation 2.
    """
    return -torch.cdist(queries, prototypes).square()  # (m, K)


def freeze(model: nn.Module, but: Sequence[str] = ("head",)) -> int:
    """Let only some parameters of a model learn, and return how many numbers these are.

    Args:
        model: its parameters get `requires_grad`, or lose it. Gradients that frozen ones had are dropped.
        but: beginnings of names of parameters that learn; each must match at least one. `()` freezes all.

    Raises:
        ValueError: a beginning that no parameter's name has.
    """
    names = [name for name, _ in model.named_parameters()]
    for beginning in but:
        if not any(name.startswith(beginning) for name in names):
            raise ValueError(f"no parameter's name begins with {beginning!r}; the names are {names[:3]}, …")
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.startswith(tuple(but)))
        if not parameter.requires_grad:
            parameter.grad = None
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def training_mode(model: nn.Module) -> nn.Module:
    """Put a model in training mode, all but its frozen batch normalisations, and return it.

    A batch normalisation in training mode uses and updates statistics of the batch whether its weights learn or not.
    Call this instead of `model.train()`, at every epoch.
    """
    model.train()
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            frozen = not any(p.requires_grad for p in module.parameters())
            module.train(not frozen)
    return model


def layer_of(name: str, depth: int) -> int:
    """Return the number of the layer that a parameter of a ViT belongs to, counted from the image.

    0 is everything before the blocks, 1 to `depth` are the blocks, and the last normalisation goes with the last of
    them; `depth` + 1 is the head.

    Args:
        name: of a parameter, as `named_parameters` gives it.
        depth: number of blocks L.

    Source: timm's `param_groups_layer_decay`.
    """
    if block := re.match(r"blocks\.(\d+)\.", name):
        return int(block[1]) + 1
    return depth + 1 if name.startswith("head.") else depth if name.startswith("norm.") else 0


def layer_decay_groups(
    model: nn.Module, learning_rate: float, decay: float = 0.75, weight_decay: float = 0.05
) -> list[dict]:
    """Return parameter groups for an optimiser, whose learning rates shrink from the head to the image.

    Layer i of a ViT with L blocks, see `layer_of`, learns with η · decay^(L + 1 − i). Vectors (biases and
    normalisations) have no weight decay. Frozen parameters are left out.

    Args:
        model: has `blocks` and a `head`.
        learning_rate: η, the head's.
        decay: factor from one layer to the one before it, above 0 and at most 1; 1 gives all the same rate.
        weight_decay: of matrices and larger.

    Returns:
        Dicts with `params`, `lr`, `weight_decay`, and the `layer`, from the image to the head.

    Raises:
        ValueError: a decay that is not above 0 and at most 1, or nothing left to learn.

    Source: Clark et al. (2020), "ELECTRA"; Bao et al. (2022), "BEiT". Equal to timm's `param_groups_layer_decay`
    with `lr = learning_rate * lr_scale`.
    """
    if not 0 < decay <= 1:
        raise ValueError(f"decay must be above 0 and at most 1, got {decay}.")
    groups, depth = {}, len(model.blocks)
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            layer, decayed = layer_of(name, depth), parameter.ndim > 1
            group = {
                "params": [],
                "lr": learning_rate * decay ** (depth + 1 - layer),
                "weight_decay": weight_decay if decayed else 0.0,
                "layer": layer,
            }
            groups.setdefault((layer, decayed), group)["params"].append(parameter)
    if not groups:
        raise ValueError("all parameters are frozen: there is nothing to learn.")
    return [groups[key] for key in sorted(groups)]


def unfreeze_top(model: nn.Module, layers: int) -> int:
    """Let the last layers of a ViT learn and freeze the others; return how many numbers learn.

    Gradual unfreezing calls it with 1, the head alone, then with 2, 3, … as the epochs go by.

    Args:
        model: has `blocks` and a `head`.
        layers: how many layers, counted from the head as in `layer_of`; from L + 2 on, everything learns.

    Raises:
        ValueError: fewer than one layer.

    Source: Howard and Ruder (2018), section 3.3.
    """
    if layers < 1:
        raise ValueError(f"layers must be at least 1, the head; got {layers}.")
    depth = len(model.blocks)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(layer_of(name, depth) > depth + 1 - layers)
        if not parameter.requires_grad:
            parameter.grad = None
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


class LoRALinear(nn.Module):
    """A frozen linear layer, and beside it a learned matrix of low rank: h = W₀x + b + (α / r) · BAx.

    B starts at zero, so at first nothing changes.

    Args:
        linear: the pretrained layer with W₀ `(d, k)`; it is kept, frozen, as `linear`.
        rank: r, from 1 to the smaller of d and k.
        alpha: α; the product BA is multiplied by α / r.

    Shapes: `(..., k)` → `(..., d)`.

    Raises:
        ValueError: a rank that does not fit.

    Source: Hu et al. (2021), section 4.1, equation 3. The paper draws A from a normal distribution; here it is drawn
    as in the authors' code and in `peft`, uniformly, as PyTorch draws a linear layer's weights.
    """

    def __init__(self, linear: nn.Linear, rank: int, alpha: float):
        super().__init__()
        d, k = linear.weight.shape
        if not 1 <= rank <= min(d, k):
            raise ValueError(f"rank must be between 1 and {min(d, k)} for a layer from {k} to {d}, got {rank}.")
        self.in_features, self.out_features, self.scale = k, d, alpha / rank
        self.linear = linear.requires_grad_(False)
        self.lora_A = nn.Parameter(linear.weight.new_empty(rank, k))  # A
        self.lora_B = nn.Parameter(linear.weight.new_zeros(d, rank))  # B
        nn.init.kaiming_uniform_(self.lora_A, a=math.sqrt(5))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        low = F.linear(x, self.lora_A)  # Ax: (..., k) -> (..., r)
        return self.linear(x) + self.scale * F.linear(low, self.lora_B)  # (..., r) -> (..., d)

    @torch.no_grad()
    def merged(self) -> nn.Linear:
        """Return one linear layer that does the same, with W₀ + (α / r) · BA. It learns as usual."""
        self.linear.weight += self.scale * self.lora_B @ self.lora_A  # (d, r) @ (r, k) -> (d, k)
        return self.linear.requires_grad_(True)


def add_lora(model: nn.Module, rank: int, alpha: float, layers: Sequence[str] = ("qkv",)) -> nn.Module:
    """Freeze a model but for its head, and put a `LoRALinear` in place of chosen linear layers. Changes the model.

    Args:
        model: has a `head`, which goes on learning.
        rank, alpha: of each `LoRALinear`.
        layers: last parts of the names of the layers to replace, such as `"qkv"` or `"fc1"`.

    Returns:
        The same model.

    Raises:
        ValueError: a name that no linear layer has, or a rank that does not fit.
    """
    chosen = [
        (name, module)
        for name, module in model.named_modules()
        if name.rpartition(".")[2] in layers and isinstance(module, nn.Linear)
    ]
    missing = set(layers) - {name.rpartition(".")[2] for name, _ in chosen}
    if missing:
        raise ValueError(f"the model has no linear layer called {', '.join(sorted(missing))}.")
    freeze(model, but=("head",))
    for name, linear in chosen:
        model.set_submodule(name, LoRALinear(linear, rank, alpha))
    return model


def merge_lora(model: nn.Module) -> nn.Module:
    """Add each learned product to the matrix beside it, and put plain linear layers back. Changes the model.

    The outputs stay the same up to rounding, the names and shapes of the parameters become those from before
    `add_lora`, and all parameters learn again. Source: Hu et al. (2021), section 4.1, "No additional inference
    latency".
    """
    for name, module in list(model.named_modules()):
        if isinstance(module, LoRALinear):
            model.set_submodule(name, module.merged())
    return model.requires_grad_(True)


def confusion_matrix(labels: torch.Tensor, guesses: torch.Tensor, num_classes: int) -> torch.Tensor:
    """Count how often each class was taken for each.

    Args:
        labels, guesses: `(n,)`, integers from 0 to `num_classes` − 1.
        num_classes: number of classes K.

    Returns:
        `(K, K)`, int64: row i, column j holds how many images of class i were guessed to be j.

    Raises:
        ValueError: not as many guesses as labels, or a number that is no class.
    """
    if labels.ndim != 1 or labels.shape != guesses.shape:
        raise ValueError(f"labels and guesses must both be (n,), got {tuple(labels.shape)} and {tuple(guesses.shape)}.")
    both = torch.stack([labels, guesses])
    if both.numel() and (both.min() < 0 or both.max() >= num_classes):
        raise ValueError(f"classes go from 0 to {num_classes - 1}, got {both.min().item()} to {both.max().item()}.")
    pairs = labels * num_classes + guesses  # each pair a number of its own
    return pairs.bincount(minlength=num_classes**2).reshape(num_classes, num_classes)


def per_class(confusion: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return precision, recall and F1 of each class, from its confusion matrix.

    Precision: of the images guessed to be the class, the share that is. Recall: of the images of the class, the share
    that was found. F1: their harmonic mean. Where there is nothing to divide by, 0, as in scikit-learn.

    Args:
        confusion: `(K, K)`, rows are the true classes.

    Returns:
        `{"precision": (K,), "recall": (K,), "f1": (K,)}`, from 0 to 1.
    """
    right = confusion.diagonal().double()  # (K,)
    precision = right / confusion.sum(dim=0).clamp(min=1)
    recall = right / confusion.sum(dim=1).clamp(min=1)
    f1 = 2 * right / (confusion.sum(dim=0) + confusion.sum(dim=1)).clamp(min=1)
    return {"precision": precision, "recall": recall, "f1": f1}
