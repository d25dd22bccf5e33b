"""A small ViT trained on CIFAR-10, for looking at attention maps that mean something: `natural_vit.load()`.

`python -m utils.trained.natural_vit` makes its weights again, from the original CIFAR-10 (downloaded once) or with
`--folder` from image folders `train/<class>/` and `test/<class>/`. The recipe (AdamW for vectors, Muon for matrices,
one warm-up and a cosine) is explained in chapter 08.
"""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel
from tqdm.auto import tqdm

from utils import data, training
from utils.models.vision_transformer import VisionTransformer

WEIGHTS = Path(__file__).with_suffix(".safetensors")
IMAGE_SIZE = 32  # pixels; larger images work too, their position embedding is resampled
CLASSES = list(data.CIFAR10)
SAVE_EVERY = 100  # steps, if there is a checkpoint file


def load() -> VisionTransformer:
    """Return the trained model, on the CPU, in evaluation mode: patches of 4 × 4 pixels, D = 128, 6 blocks, 4 heads.

    It takes images from `prepare` and returns logits `(B, 10)` for `CLASSES`.
    """
    model = new()
    model.load_state_dict({name: value.float() for name, value in load_file(WEIGHTS).items()})
    return model.eval()


def about() -> dict[str, str]:
    """Return what the training script noted with the weights: data, epochs, seed, accuracy on the test images."""
    with safe_open(WEIGHTS, "pt") as file:
        return file.metadata()


def prepare(images: torch.Tensor) -> torch.Tensor:
    """Bring images `(B, 3, H, W)` from [0, 1] to [−1, 1], as the model was trained."""
    return 2 * images - 1


def new() -> VisionTransformer:
    """Return the model before training."""
    return VisionTransformer(IMAGE_SIZE, patch_size=4, num_classes=len(CLASSES), embed_dim=128, depth=6, num_heads=4)


def augment(images: torch.Tensor) -> torch.Tensor:
    """Shift each image `(B, 3, H, W)` by up to 4 pixels both ways (reflected at the border), and mirror about half."""
    B, _, H, W = images.shape
    padded = F.pad(images, (4, 4, 4, 4), mode="reflect")  # (B, 3, H + 8, W + 8)
    rows = torch.randint(9, (B, 1)) + torch.arange(H)  # (B, H)
    columns = torch.randint(9, (B, 1)) + torch.arange(W)  # (B, W)
    columns = torch.where(torch.rand(B, 1) < 0.5, columns.flip(1), columns)
    batch = torch.arange(B)[:, None, None]
    return padded[batch, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)  # (B, H, W, 3) -> (B, 3, H, W)


def train(
    images: torch.Tensor,
    labels: torch.Tensor,
    epochs: int,
    seed: int = 0,
    batch_size: int = 128,
    checkpoint: Path | None = None,
    new: Callable[[], nn.Module] = new,
) -> nn.Module:
    """Train a new model on images `(n, 3, 32, 32)` in [0, 1] with labels `(n,)`, on the CPU, and return it.

    With a checkpoint file, the state is kept every `SAVE_EVERY` steps, and an interrupted training goes on from there
    to the very same weights. Sets PyTorch's global seed.
    """
    torch.manual_seed(seed)
    model = new()
    matrices = [p for name, p in model.named_parameters() if name.startswith("blocks.") and p.ndim == 2]
    others = [p for p in model.parameters() if not any(p is matrix for matrix in matrices)]
    optimizers = [torch.optim.AdamW(others, lr=2e-3, weight_decay=0.0)]
    if matrices:  # a Transformer's; Muon takes no convolutions
        optimizers.insert(0, torch.optim.Muon(matrices, lr=0.02, weight_decay=0.05, adjust_lr_fn="original"))
    steps = epochs * max(1, len(images) // batch_size)
    warm_up = max(1, steps // 20)

    def rate(step: int) -> float:
        half_cosine = 0.5 * (1 + torch.cos(torch.tensor(torch.pi * step / steps)).item())
        return min((step + 1) / warm_up, half_cosine)

    schedulers = [torch.optim.lr_scheduler.LambdaLR(optimizer, rate) for optimizer in optimizers]
    stateful, first = [model, *optimizers, *schedulers], 0
    if checkpoint and checkpoint.exists():
        first, states = torch.load(checkpoint, weights_only=True)
        for thing, state in zip(stateful, states, strict=True):
            thing.load_state_dict(state)
    progress = tqdm(range(first, steps), initial=first, total=steps, desc="steps", mininterval=5)
    for step in progress:
        torch.manual_seed(1_000_003 * seed + step + 1)  # what comes next does not depend on what was resumed
        batch = torch.randint(len(images), (batch_size,))
        # In bfloat16, PyTorch's fused attention takes longer backward on a CPU than the written-out form.
        with torch.autocast("cpu", torch.bfloat16), sdpa_kernel(SDPBackend.MATH):
            logits = model(prepare(augment(images[batch])))
            loss = F.cross_entropy(logits.float(), labels[batch], label_smoothing=0.1)
        model.zero_grad()
        loss.backward()
        for optimizer, scheduler in zip(optimizers, schedulers, strict=True):
            optimizer.step()
            scheduler.step()
        progress.set_postfix(loss=f"{loss.item():.2f}", refresh=False)
        if checkpoint and (step + 1) % SAVE_EVERY == 0:
            torch.save((step + 1, [thing.state_dict() for thing in stateful]), f"{checkpoint}.new")
            os.replace(f"{checkpoint}.new", checkpoint)  # at no moment is there half a file
    return model


def save(model: nn.Module, path: Path, notes: dict[str, str]) -> None:
    """Write the weights in half precision, with notes that `about` returns."""
    state = {
        name: (value.half() if value.is_floating_point() else value).contiguous()
        for name, value in model.state_dict().items()
    }
    save_file(state, path, metadata=notes)


def main(new: Callable[[], nn.Module] = new, to: Path = WEIGHTS) -> None:
    """Train a model as the command line asks, and save it."""
    parser = argparse.ArgumentParser(description=f"Train the model of {to.stem} on CIFAR-10.")
    parser.add_argument("--folder", type=Path, help="CIFAR-10 as image folders train/<class>/ and test/<class>/")
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--checkpoint", type=Path, help="keep the state here, and resume from it")
    parser.add_argument("--to", type=Path, default=to)
    options = parser.parse_args()
    if options.folder:
        sets = [data.image_folder(options.folder / part, IMAGE_SIZE) for part in ("train", "test")]
        source = "CIFAR-10 (JPEG)"
        if any(names != CLASSES for _, _, names in sets):
            parser.error(f"{options.folder} must hold train/ and test/, each with the folders {', '.join(CLASSES)}")
    else:
        sets, source = [data.cifar10(train=True), data.cifar10(train=False)], "CIFAR-10"
    model = train(*sets[0][:2], options.epochs, options.seed, checkpoint=options.checkpoint, new=new)
    images, labels = sets[1][:2]
    right = training.accuracy(model, prepare(images), labels)
    notes = {"data": source, "epochs": str(options.epochs), "seed": str(options.seed), "test_accuracy": f"{right:.4f}"}
    save(model, options.to, notes)
    print(", ".join(f"{name} {value}" for name, value in notes.items()))


if __name__ == "__main__":
    main()
