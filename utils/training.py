"""The one training loop that the chapters share: small enough to read in a minute. Chapter 01 builds and shows it."""

import math
import os
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F
from tqdm.auto import tqdm

Examples = tuple[torch.Tensor, torch.Tensor]  # images (n, C, H, W) and labels (n,), on the model's device


def fit(
    model: nn.Module,
    train: Examples,
    held_out: Examples | None = None,
    *,
    epochs: int,
    batch_size: int = 64,
    learning_rate: float = 1e-3,
    weight_decay: float = 0.05,
    seed: int = 0,
    patience: int | None = None,
    checkpoint: str | Path | None = None,
    bar: bool = True,
) -> list[dict[str, float]]:
    """Train a classifier with AdamW (Loshchilov and Hutter 2019) and cross-entropy, and return what happened.

    The order of the images and the dropout depend on `seed` and the epoch alone, so a run that was interrupted and
    resumed ends with the very same weights on a CPU. Sets PyTorch's global seed.

    Args:
        model: maps images `(b, C, H, W)` to logits `(b, classes)`. It is trained in place and left in training mode.
        train, held_out: images `(n, C, H, W)` and integer labels `(n,)`, on the device of the model. Held-out images
            are never trained on; their accuracy is measured after each epoch.
        epochs: how often to go through the training images.
        batch_size, learning_rate, weight_decay: of each step.
        seed: another one gives another order. It does not initialise the model: make that with a seed of its own.
        patience: stop after so many epochs without a better held-out accuracy, and take back the best weights.
        checkpoint: a file to save to after each epoch, and to resume from if it exists. It belongs to one run:
            another model or other settings need another file.
        bar: whether to show a progress bar.

    Returns:
        One dict per epoch: `epoch` from 1, mean `loss` and `train_accuracy` of the epoch's batches while training, and
        `accuracy` on the held-out images if there are any.

    Raises:
        ValueError: no images, not as many labels as images, or patience without held-out images.
        FloatingPointError: the loss is not finite any more.
    """
    images, labels = train
    if len(images) == 0 or len(images) != len(labels):
        raise ValueError(f"training needs as many labels as images, got {len(images)} images, {len(labels)} labels.")
    if patience is not None and held_out is None:
        raise ValueError("patience compares accuracies on held-out images: pass held_out=(images, labels) as well.")
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=weight_decay)
    history, best, since_best = [], None, 0
    if checkpoint and Path(checkpoint).exists():
        state = torch.load(checkpoint, map_location="cpu", weights_only=True)  # loading it copies to the device
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        history, best, since_best = state["history"], state["best"], state["since_best"]

    progress = tqdm(range(len(history), epochs), initial=len(history), total=epochs, disable=not bar, desc="epochs")
    for epoch in progress:
        if patience is not None and since_best >= patience:
            break
        torch.manual_seed(1_000_003 * seed + epoch)
        model.train()
        loss_sum, right = 0.0, 0
        for batch in torch.randperm(len(images)).to(images.device).split(batch_size):
            logits = model(images[batch])  # (b, classes)
            loss = F.cross_entropy(logits, labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.detach() * len(batch)
            right += (logits.argmax(dim=1) == labels[batch]).sum()
        now = {"epoch": epoch + 1, "loss": float(loss_sum / len(images)), "train_accuracy": float(right / len(images))}
        if not math.isfinite(now["loss"]):
            raise FloatingPointError(f"the loss is {now['loss']} in epoch {epoch + 1}: try a smaller learning_rate.")
        if held_out is not None:
            now["accuracy"] = accuracy(model, *held_out)
        if patience is not None:
            since_best += 1
            if now["accuracy"] > max([past["accuracy"] for past in history], default=-1.0):
                best, since_best = {name: value.clone() for name, value in model.state_dict().items()}, 0
        history.append(now)
        progress.set_postfix({key: f"{value:.3f}" for key, value in now.items() if key != "epoch"})
        if checkpoint:
            state = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
            torch.save({**state, "history": history, "best": best, "since_best": since_best}, f"{checkpoint}.new")
            os.replace(f"{checkpoint}.new", checkpoint)  # at no moment is there half a file
    progress.close()
    if best is not None:
        model.load_state_dict(best)
    return history


@torch.no_grad()
def accuracy(model: nn.Module, images: torch.Tensor, labels: torch.Tensor, batch_size: int = 512) -> float:
    """Return the share of images that the model, in evaluation mode, classifies correctly, from 0 to 1."""
    was_training = model.training
    model.eval()
    logits = torch.cat([model(batch) for batch in images.split(batch_size)])  # (n, classes)
    model.train(was_training)
    return (logits.argmax(dim=1) == labels).float().mean().item()
