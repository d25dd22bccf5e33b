"""What makes a ViT train well: the ingredients of a recipe, and the loop that uses and resumes them (chapter 08)."""

import math
import os
from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm.auto import tqdm

from utils import training
from utils.training import Examples

NEWTON_SCHULZ = (3.4445, -4.775, 2.0315)  # a, b, c


def decay_groups(model: nn.Module, weight_decay: float) -> list[dict]:
    """Split a model's trainable parameters into those that weight decay shrinks and those that it leaves alone.

    Decayed are matrices and convolutions. Not decayed are vectors (biases, the scales of normalisations and of layer
    scale), and what is added to the tokens: a class token and a position embedding, whatever their shape.

    Args:
        model: its parameters are found by name; `token` and `table` are the names that the course's class token and
            position embedding use, `cls_token` and `pos_embed` timm's.
        weight_decay: of the first group, at least 0.

    Returns:
        Two parameter groups for an optimiser, the decayed one first.

    Raises:
        ValueError: a negative weight decay.

    Source: Touvron et al. (2021), DeiT, whose code leaves these out; timm's `param_groups_weight_decay`.
    """
    if weight_decay < 0:
        raise ValueError(f"weight_decay must be at least 0, got {weight_decay}.")
    added = ("token", "table", "cls_token", "pos_embed")
    decayed, others = [], []
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            spared = parameter.ndim < 2 or name.split(".")[-1] in added
            (others if spared else decayed).append(parameter)
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]


def orthogonalise(matrix: Tensor, steps: int = 5) -> Tensor:
    """Return nearly the orthogonal matrix closest to a matrix `(m, n)`: its singular values pulled towards 1.

    A Newton–Schulz iteration: matrix products only, in bfloat16, which is enough. After five steps, singular values
    lie roughly between 0.7 and 1.2, unless they were tiny beside the largest.

    Raises:
        ValueError: not a matrix.

    Source: Jordan et al. (2024), "Muon: An optimizer for hidden layers in neural networks".
    """
    if matrix.ndim != 2:
        raise ValueError(f"only a matrix can be made orthogonal, got the shape {tuple(matrix.shape)}.")
    a, b, c = NEWTON_SCHULZ
    wide = matrix.shape[0] <= matrix.shape[1]
    x = (matrix if wide else matrix.T).bfloat16()  # the shorter side first, so that x xᵀ is small
    x = x / x.norm().clamp(min=1e-7)  # no singular value is above 1 now
    for _ in range(steps):
        gram = x @ x.T  # (m, m)
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)  # a x + (b gram + c gram²) x
    return (x if wide else x.T).to(matrix.dtype)


def warmup_cosine(step: int, steps: int, warmup: int) -> float:
    """Return the factor of the learning rate in a step: up along a line, down along half a cosine.

    Args:
        step: from 0. Its factor is used in this very step, so step 0 is not lost to a factor of 0.
        steps: number of all steps. After them, the factor is 0.
        warmup: number of steps of the line, which ends at 1 in step `warmup − 1`; 0 for none.

    Raises:
        ValueError: a negative step, no steps, or a warm-up that does not leave room for the cosine.

    Source: Goyal et al. (2017), section 2.2, for the warm-up; Loshchilov and Hutter (2017), SGDR, equation 5, for the
    cosine, which here begins after the warm-up.
    """
    if steps < 1 or step < 0 or not 0 <= warmup < steps:
        raise ValueError(f"needs 0 ≤ step and 0 ≤ warmup < steps, got step {step}, warmup {warmup}, steps {steps}.")
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * min(1, (step - warmup) / (steps - warmup))))


def smooth_labels(labels: Tensor, num_classes: int, smoothing: float = 0.0) -> Tensor:
    """Turn labels `(B,)` into targets `(B, num_classes)`, the probabilities that the model shall answer with.

    The right class gets 1 − ε, and ε is spread evenly over all classes, the right one included.

    Args:
        labels: int64, from 0 to `num_classes` − 1.
        num_classes: number of classes K.
        smoothing: ε in [0, 1); 0 gives one-hot targets.

    Raises:
        ValueError: a smoothing outside [0, 1).

    Source: Szegedy et al. (2016), "Rethinking the Inception Architecture for Computer Vision", section 7.
    """
    if not 0 <= smoothing < 1:
        raise ValueError(f"smoothing must be at least 0 and below 1, got {smoothing}.")
    return F.one_hot(labels, num_classes) * (1 - smoothing) + smoothing / num_classes  # (B,) -> (B, K)


def mixup(images: Tensor, targets: Tensor, lam: float) -> tuple[Tensor, Tensor]:
    """Blend each image, and its target, with those before it in the batch: λ of its own and 1 − λ of the other.

    Args:
        images: `(B, C, H, W)`; the first is blended with the last.
        targets: `(B, K)`, probabilities.
        lam: λ in [0, 1]; usually drawn from a Beta distribution, once per batch.

    Returns:
        New images and targets of the same shapes.

    Source: Zhang et al. (2018), "mixup: Beyond Empirical Risk Minimization", section 2. The pairs are torchvision's.
    """
    return tuple(lam * x + (1 - lam) * x.roll(1, dims=0) for x in (images, targets))


def cut_box(height: int, width: int, lam: float) -> tuple[int, int, int, int]:
    """Draw a box that covers about 1 − λ of an image: its centre anywhere, its sides cut off at the image's border.

    Args:
        height, width: of the image, in pixels.
        lam: λ in [0, 1], the share that the box shall leave.

    Returns:
        `(top, bottom, left, right)` in pixels, for `[top:bottom, left:right]`.

    Source: Yun et al. (2019), CutMix, equation 2. Drawn as torchvision does.
    """
    x, y = torch.randint(width, (1,)).item(), torch.randint(height, (1,)).item()  # the centre
    half_h, half_w = (int(0.5 * math.sqrt(1 - lam) * side) for side in (height, width))
    return max(0, y - half_h), min(height, y + half_h), max(0, x - half_w), min(width, x + half_w)


def cutmix(images: Tensor, targets: Tensor, box: tuple[int, int, int, int]) -> tuple[Tensor, Tensor]:
    """Paste a box of each image into the one after it, and mix the targets by the areas that are really seen.

    Args:
        images: `(B, C, H, W)`; the last one's box goes into the first.
        targets: `(B, K)`, probabilities.
        box: `(top, bottom, left, right)`, of `cut_box`.

    Returns:
        New images and targets of the same shapes.

    Source: Yun et al. (2019), CutMix, equation 1. The pairs are torchvision's.
    """
    top, bottom, left, right = box
    mixed = images.clone()
    mixed[:, :, top:bottom, left:right] = images.roll(1, dims=0)[:, :, top:bottom, left:right]
    lam = 1 - (bottom - top) * (right - left) / (images.shape[2] * images.shape[3])
    return mixed, lam * targets + (1 - lam) * targets.roll(1, dims=0)


def random_erasing(
    images: Tensor,
    probability: float = 0.25,
    area: tuple[float, float] = (0.02, 0.33),
    ratio: tuple[float, float] = (0.3, 3.3),
) -> Tensor:
    """Return images in which, in some, one box of random place, area and shape is 0.

    Args:
        images: `(B, C, H, W)`, best around 0, so that 0 means grey.
        probability: of an image to lose a box, in [0, 1].
        area: smallest and largest share of the image that a box covers.
        ratio: smallest and largest height of a box, divided by its width.

    Raises:
        ValueError: a probability outside [0, 1].

    Source: Zhong et al. (2020), "Random Erasing Data Augmentation", algorithm 1. Drawn as torchvision does.
    """
    if not 0 <= probability <= 1:
        raise ValueError(f"probability must be from 0 to 1, got {probability}.")
    H, W = images.shape[2:]
    low, high = math.log(ratio[0]), math.log(ratio[1])
    erased = images.clone()
    for image in erased:
        if torch.rand(1).item() >= probability:
            continue
        for _ in range(10):  # until a box fits
            pixels = H * W * torch.empty(1).uniform_(*area).item()
            r = math.exp(torch.empty(1).uniform_(low, high).item())
            h, w = round(math.sqrt(pixels * r)), round(math.sqrt(pixels / r))
            if h < H and w < W:
                top, left = torch.randint(H - h + 1, (1,)).item(), torch.randint(W - w + 1, (1,)).item()
                image[:, top : top + h, left : left + w] = 0
                break
    return erased


class EMA:
    """An exponential moving average of a model's weights, for evaluation: `average` is a model like it.

    Args:
        model: its weights now are the average's first ones.
        decay: share of the average that an update keeps, in [0, 1). The average reaches back about 1/(1 − decay)
            updates, so take at most a few per cent of the training.

    Raises:
        ValueError: a decay outside [0, 1).

    Source: Polyak and Juditsky (1992) for averaging; as in Szegedy et al. (2016), section 8, with a fixed decay.
    """

    def __init__(self, model: nn.Module, decay: float):
        if not 0 <= decay < 1:
            raise ValueError(f"decay must be at least 0 and below 1, got {decay}.")
        self.decay = decay
        self.average = deepcopy(model).eval().requires_grad_(False)

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Move the average towards the model's weights: decay · average + (1 − decay) · weights."""
        for mean, now in zip(self.average.state_dict().values(), model.state_dict().values(), strict=True):
            if mean.is_floating_point():
                mean.lerp_(now, 1 - self.decay)
            else:
                mean.copy_(now)  # a counter, as in batch normalisation


@dataclass(frozen=True)
class Recipe:
    """Everything that is decided about a training, apart from the model and the images. None or 0 leaves a part out."""

    epochs: int = 30
    batch_size: int = 64
    learning_rate: float = 1e-3  # of AdamW, at its highest
    weight_decay: float = 0.05
    muon: float | None = None  # learning rate of Muon, for the blocks' matrices
    warmup: float = 0.05  # share of all steps
    cosine: bool = True  # without it, the rate stays where the warm-up ends
    augment: Callable[[Tensor], Tensor] | None = None  # images (B, C, H, W) to images
    smoothing: float = 0.0
    mixup: float = 0.0  # α of the Beta distribution
    cutmix: float = 0.0  # α; with both, each batch takes one of them at random
    erasing: float = 0.0  # probability
    clip: float | None = None  # largest norm of the gradient
    accumulate: int = 1  # batches per step
    precision: torch.dtype | None = None  # torch.bfloat16, or on a GPU torch.float16
    ema: float | None = None  # decay; then the average is what is evaluated and kept
    patience: int | None = None  # epochs without a better accuracy


def make_optimizers(model: nn.Module, recipe: Recipe) -> list[torch.optim.Optimizer]:
    """Return AdamW for a model, and before it, if the recipe says so, Muon for the matrices of its `blocks`."""
    matrices = []
    if recipe.muon is not None:
        matrices = [p for name, p in model.named_parameters() if name.startswith("blocks.") and p.ndim == 2]
    groups = decay_groups(model, recipe.weight_decay)
    for group in groups:
        group["params"] = [p for p in group["params"] if not any(p is matrix for matrix in matrices)]
    adam = torch.optim.AdamW(groups, lr=recipe.learning_rate)
    if not matrices:
        return [adam]
    return [torch.optim.Muon(matrices, lr=recipe.muon, weight_decay=recipe.weight_decay), adam]


def mix(images: Tensor, targets: Tensor, recipe: Recipe) -> tuple[Tensor, Tensor]:
    """Apply mixup or CutMix to a batch, as the recipe says, with a λ from Beta(α, α)."""
    kinds = [kind for kind in ("mixup", "cutmix") if getattr(recipe, kind) > 0]
    if not kinds:
        return images, targets
    kind = kinds[torch.randint(len(kinds), (1,)).item()]
    alpha = torch.tensor(float(getattr(recipe, kind)))
    lam = torch.distributions.Beta(alpha, alpha).sample().item()
    if kind == "mixup":
        return mixup(images, targets, lam)
    return cutmix(images, targets, cut_box(*images.shape[2:], lam))


def fit_recipe(
    model: nn.Module,
    examples: Examples,
    held_out: Examples,
    recipe: Recipe,
    num_classes: int,
    seed: int = 0,
    checkpoint: str | Path | None = None,
    bar: bool = True,
) -> list[dict[str, float]]:
    """Train a classifier by a recipe, in place, and return what happened.

    All random numbers of an epoch depend on `seed` and the epoch alone, so a training that was interrupted and is
    resumed from its checkpoint ends with the very same weights on a CPU. Sets PyTorch's global seed.

    Args:
        model: maps images `(B, C, H, W)` to logits `(B, num_classes)`. With `recipe.ema` or `recipe.patience`, it ends
            with the averaged or the best weights.
        examples, held_out: images `(n, C, H, W)` and labels `(n,)`, on the model's device. A last batch that is not
            full is left out; the order changes every epoch.
        recipe: see `Recipe`.
        num_classes: number of classes K.
        seed: another one gives another order and other random changes.
        checkpoint: a file to save to after each epoch, and to resume from if it exists. It belongs to one run.
        bar: whether to show a progress bar.

    Returns:
        One dict per epoch: `epoch` from 1, the mean `loss`, which the mixed targets raise, the learning `rate` of the
        last step as a share of the highest, and the `accuracy` on the held-out images, which nobody mixes.

    Raises:
        ValueError: fewer images than one step needs, or a checkpoint of another recipe.
        FloatingPointError: the loss is not finite any more.
    """
    images, labels = examples
    steps_per_epoch = len(images) // (recipe.batch_size * recipe.accumulate)
    if steps_per_epoch < 1 or len(images) != len(labels):
        raise ValueError(
            f"a step needs {recipe.batch_size * recipe.accumulate} images with labels, "
            f"got {len(images)} images and {len(labels)} labels."
        )
    steps = recipe.epochs * steps_per_epoch
    warmup = min(int(recipe.warmup * steps), steps - 1)
    optimizers = make_optimizers(model, recipe)
    highest = [[group["lr"] for group in optimizer.param_groups] for optimizer in optimizers]
    scaler = torch.amp.GradScaler(images.device.type, enabled=recipe.precision == torch.float16)
    ema = EMA(model, recipe.ema) if recipe.ema is not None else None
    kept, stateful = ema.average if ema else model, [model, *optimizers, scaler, *([ema.average] if ema else [])]
    history, best, since_best = [], None, 0
    settings = {name: str(value) for name, value in asdict(recipe).items() if name != "augment"} | {"seed": str(seed)}
    if checkpoint and Path(checkpoint).exists():
        saved = torch.load(checkpoint, map_location="cpu", weights_only=True)  # loading it copies to the device
        if saved["settings"] != settings:
            raise ValueError(f"{checkpoint} belongs to another run: remove it, or name another file.")
        for thing, state in zip(stateful, saved["states"], strict=True):
            thing.load_state_dict(state)
        history, best, since_best = saved["history"], saved["best"], saved["since_best"]

    progress = tqdm(
        range(len(history), recipe.epochs), initial=len(history), total=recipe.epochs, disable=not bar, desc="epochs"
    )
    for epoch in progress:
        if recipe.patience is not None and since_best >= recipe.patience:
            break
        torch.manual_seed(1_000_003 * seed + epoch)
        model.train()
        order, loss_sum = torch.randperm(len(images)).to(images.device), 0.0
        for step in range(steps_per_epoch):
            now = epoch * steps_per_epoch + step
            factor = warmup_cosine(now, steps, warmup) if recipe.cosine or now < warmup else 1.0
            for optimizer, rates in zip(optimizers, highest, strict=True):
                for group, rate in zip(optimizer.param_groups, rates, strict=True):
                    group["lr"] = rate * factor
            first = step * recipe.batch_size * recipe.accumulate
            for batch in order[first : first + recipe.batch_size * recipe.accumulate].split(recipe.batch_size):
                x, t = images[batch], smooth_labels(labels[batch], num_classes, recipe.smoothing)
                x = recipe.augment(x) if recipe.augment else x
                x = random_erasing(x, recipe.erasing) if recipe.erasing else x
                x, t = mix(x, t, recipe)
                with torch.autocast(x.device.type, recipe.precision, enabled=recipe.precision is not None):
                    logits = model(x)  # (B, C, H, W) -> (B, K)
                loss = F.cross_entropy(logits.float(), t) / recipe.accumulate
                scaler.scale(loss).backward()
                loss_sum += loss.detach()
            for optimizer in optimizers:
                scaler.unscale_(optimizer)
            if recipe.clip is not None:
                nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
            for optimizer in optimizers:
                scaler.step(optimizer)
            scaler.update()
            model.zero_grad()
            if ema:
                ema.update(model)
        past = {"epoch": epoch + 1, "loss": float(loss_sum / steps_per_epoch), "rate": factor}
        if not math.isfinite(past["loss"]):
            raise FloatingPointError(f"the loss is {past['loss']} in epoch {epoch + 1}: try a smaller learning rate.")
        past["accuracy"] = training.accuracy(kept, *held_out)
        since_best += 1
        if past["accuracy"] > max([earlier["accuracy"] for earlier in history], default=-1.0):
            since_best = 0
            if recipe.patience is not None:
                best = {name: value.clone() for name, value in kept.state_dict().items()}
        history.append(past)
        progress.set_postfix(loss=f"{past['loss']:.3f}", accuracy=f"{past['accuracy']:.3f}")
        if checkpoint:
            states = [thing.state_dict() for thing in stateful]
            saved = {"settings": settings, "states": states, "history": history, "best": best, "since_best": since_best}
            torch.save(saved, f"{checkpoint}.new")
            os.replace(f"{checkpoint}.new", checkpoint)  # at no moment is there half a file
    progress.close()
    model.load_state_dict(best or kept.state_dict())
    return history
