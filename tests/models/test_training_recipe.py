"""The ingredients against torchvision's, timm's and PyTorch's; a training that is interrupted ends the same."""

import math
from dataclasses import replace

import pytest
import timm
import timm.optim
import timm.scheduler
import timm.utils
import torch
from torch import nn
from torchvision.transforms import v2

from utils import training
from utils.models import training_recipe
from utils.models.training_recipe import (
    EMA,
    Recipe,
    cut_box,
    cutmix,
    decay_groups,
    fit_recipe,
    make_optimizers,
    mix,
    mixup,
    orthogonalise,
    random_erasing,
    smooth_labels,
    warmup_cosine,
)
from utils.models.vision_transformer import VisionTransformer

SIZES = dict(patch_size=4, num_classes=5, embed_dim=16, depth=2, num_heads=2)
PLAIN = Recipe(epochs=4, batch_size=8, warmup=0.2)
EVERYTHING = replace(
    PLAIN,
    muon=0.02,
    augment=lambda x: x + 0.01 * torch.randn_like(x),
    smoothing=0.1,
    mixup=0.8,
    cutmix=1.0,
    erasing=0.25,
    clip=1.0,
    accumulate=2,
    precision=torch.bfloat16,
    ema=0.9,
    patience=3,
)


def batch(seed=0, count=6, side=16, classes=5):
    generator = torch.Generator().manual_seed(seed)
    images = torch.randn(count, 3, side, side, generator=generator)
    return images, torch.arange(count) % classes


def new(seed=0, **options):
    torch.manual_seed(seed)
    model = VisionTransformer(8, **SIZES, **options)
    nn.init.normal_(model.head.weight, std=0.1)
    return model


def examples(seed=0, count=64):
    images, labels = batch(seed, count, side=8)
    return images + labels[:, None, None, None] / 2, labels


# Parameter groups


def names(model, groups):
    known = {id(p): name for name, p in model.named_parameters()}
    return [{known[id(p)] for p in group["params"]} for group in groups]


def test_decay_groups_are_timms():
    theirs = timm.create_model("vit_tiny_patch16_224", depth=2)
    no_decay, decay = timm.optim.param_groups_weight_decay(theirs, 0.05, no_weight_decay_list=theirs.no_weight_decay())
    assert names(theirs, decay_groups(theirs, 0.05)) == names(theirs, [decay, no_decay])


def test_decay_groups_of_ours():
    model = new(layer_scale=0.1)
    decay, others = decay_groups(model, 0.05)
    assert (decay["weight_decay"], others["weight_decay"]) == (0.05, 0)
    decayed, spared = names(model, [decay, others])
    assert decayed | spared == {name for name, _ in model.named_parameters()} and not decayed & spared
    assert {"class_token.token", "position.table", "norm.weight", "head.bias"} <= spared
    assert {"head.weight", "patch_embed.proj.weight", "blocks.1.mlp.fc2.weight"} <= decayed


def test_decay_groups_leave_out_what_is_frozen():
    model = new()
    model.patch_embed.requires_grad_(False)
    assert not any("patch_embed" in name for group in names(model, decay_groups(model, 0.1)) for name in group)
    with pytest.raises(ValueError, match="at least 0, got -1"):
        decay_groups(model, -1)


# Muon


@pytest.mark.parametrize("shape", [(6, 6), (4, 9), (9, 4), (1, 5)])
def test_a_step_with_orthogonalise_is_muons(shape):
    generator = torch.Generator().manual_seed(0)
    weight, gradient = torch.randn(shape, generator=generator), torch.randn(shape, generator=generator)
    theirs = nn.Parameter(weight.clone())
    theirs.grad = gradient.clone()
    torch.optim.Muon([theirs], lr=0.1, weight_decay=0.5, momentum=0.9, nesterov=False).step()
    update = orthogonalise(0.1 * gradient) * max(1, shape[0] / shape[1]) ** 0.5
    torch.testing.assert_close(theirs.detach(), weight * (1 - 0.1 * 0.5) - 0.1 * update, rtol=0, atol=1e-6)


def test_orthogonalise_pulls_singular_values_to_one_and_keeps_directions():
    generator = torch.Generator().manual_seed(0)
    matrix = torch.randn(24, 16, generator=generator, dtype=torch.float64)
    u, s, vh = torch.linalg.svd(matrix, full_matrices=False)
    result = orthogonalise(matrix)
    assert result.dtype == matrix.dtype and s.max() / s.min() > 5
    values = torch.linalg.svdvals(result)
    assert values.min() > 0.6 and values.max() < 1.3
    assert (u.T @ result @ vh.T - torch.diag(torch.diag(u.T @ result @ vh.T))).abs().max() < 0.1
    with pytest.raises(ValueError, match="only a matrix"):
        orthogonalise(torch.ones(3))


def test_muon_takes_the_matrices_of_the_blocks_and_adam_the_rest():
    model = new()
    muon, adam = make_optimizers(model, EVERYTHING)
    (matrices,) = names(model, muon.param_groups)
    assert matrices == {
        f"blocks.{i}.{n}.weight" for i in range(2) for n in ("attn.qkv", "attn.proj", "mlp.fc1", "mlp.fc2")
    }
    rest = set().union(*names(model, adam.param_groups))
    assert not rest & matrices and rest | matrices == {name for name, _ in model.named_parameters()}
    assert len(make_optimizers(model, PLAIN)) == 1
    convolutional = nn.Conv2d(3, 4, 3)
    assert len(make_optimizers(convolutional, EVERYTHING)) == 1


# Schedule


@pytest.mark.parametrize(("steps", "warmup"), [(50, 0), (50, 10), (7, 6)])
def test_warmup_cosine_is_timms(steps, warmup):
    optimizer = torch.optim.SGD(nn.Linear(1, 1).parameters(), lr=0.3)
    theirs = timm.scheduler.CosineLRScheduler(
        optimizer, t_initial=steps - warmup, warmup_t=warmup, warmup_lr_init=0, warmup_prefix=True, t_in_epochs=False
    )
    for step in range(steps):
        theirs.step_update(step + 1 if step < warmup else step)  # timm's warm-up begins with a step of 0
        assert math.isclose(optimizer.param_groups[0]["lr"], 0.3 * warmup_cosine(step, steps, warmup), abs_tol=1e-12)


def test_warmup_cosine_ends():
    assert [warmup_cosine(step, 8, 4) for step in (0, 3, 4)] == [0.25, 1, 1]
    assert math.isclose(warmup_cosine(6, 8, 4), 0.5)
    assert warmup_cosine(8, 8, 4) == warmup_cosine(100, 8, 4) == 0
    for step, steps, warmup in [(-1, 8, 0), (0, 0, 0), (0, 8, 8), (0, 8, -1)]:
        with pytest.raises(ValueError, match="warmup < steps"):
            warmup_cosine(step, steps, warmup)


# Images and labels


def test_smooth_labels_give_pytorchs_loss():
    logits, labels = torch.randn(6, 5, dtype=torch.float64, requires_grad=True), torch.arange(6) % 5
    ours = nn.functional.cross_entropy(logits, smooth_labels(labels, 5, 0.1))
    theirs = nn.functional.cross_entropy(logits, labels, label_smoothing=0.1)
    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(torch.autograd.grad(ours, logits), torch.autograd.grad(theirs, logits))
    assert smooth_labels(labels, 5).sum(dim=1).eq(1).all()
    with pytest.raises(ValueError, match="below 1, got 1"):
        smooth_labels(labels, 5, 1)


@pytest.mark.parametrize("side", [(16, 16), (9, 14)])
@pytest.mark.parametrize("seed", range(5))
def test_mixup_and_cutmix_are_torchvisions(seed, side):
    images, labels = batch(seed)
    images, targets = images[..., : side[0], : side[1]], smooth_labels(labels, 5)
    for alpha in (0.2, 1.0):
        torch.manual_seed(seed)
        theirs = v2.MixUp(alpha=alpha, num_classes=5)(images, labels)
        torch.manual_seed(seed)
        torch.testing.assert_close(mix(images, targets, Recipe(mixup=alpha))[0].shape, images.shape)
        torch.manual_seed(seed)
        lam = torch.distributions.Beta(torch.tensor([alpha]), torch.tensor([alpha])).sample().item()
        torch.testing.assert_close(mixup(images, targets, lam), theirs)
        torch.manual_seed(seed)
        theirs = v2.CutMix(alpha=alpha, num_classes=5)(images, labels)
        torch.manual_seed(seed)
        lam = torch.distributions.Beta(torch.tensor([alpha]), torch.tensor([alpha])).sample().item()
        torch.testing.assert_close(cutmix(images, targets, cut_box(*side, lam)), theirs)


def test_mixing_leaves_the_batch_as_it_was():
    images, labels = batch()
    before, targets = images.clone(), smooth_labels(labels, 5)
    for kind in ("mixup", "cutmix"):
        mixed, soft = mix(images, targets, Recipe(**{kind: 1.0}))
        assert not torch.equal(mixed, images) and torch.equal(images, before)
        torch.testing.assert_close(soft.sum(dim=1), torch.ones(6))
    assert mix(images, targets, PLAIN)[0] is images


def test_with_both_kinds_each_comes_about_half_the_time(monkeypatch):
    seen = []
    monkeypatch.setattr(training_recipe, "mixup", lambda *a: seen.append("mixup"))
    monkeypatch.setattr(training_recipe, "cutmix", lambda *a: seen.append("cutmix"))
    torch.manual_seed(0)
    images, labels = batch()
    for _ in range(200):
        mix(images, smooth_labels(labels, 5), EVERYTHING)
    assert 70 < seen.count("mixup") < 130 and len(seen) == 200


@pytest.mark.parametrize("seed", range(8))
def test_random_erasing_is_torchvisions(seed):
    images, _ = batch(seed)
    for image in images:
        torch.manual_seed(seed)
        theirs = v2.RandomErasing(p=0.6)(image)
        torch.manual_seed(seed)
        assert torch.equal(random_erasing(image[None], 0.6)[0], theirs)


def test_random_erasing_erases_as_often_as_it_says_and_copies():
    images = torch.ones(400, 1, 12, 12)
    torch.manual_seed(0)
    erased = random_erasing(images, 0.25)
    assert 0.15 < (erased == 0).flatten(1).any(dim=1).float().mean() < 0.35 and images.eq(1).all()
    assert torch.equal(random_erasing(images, 0.0), images)
    with pytest.raises(ValueError, match="from 0 to 1, got 2"):
        random_erasing(images, 2)


# The average of the weights


def test_ema_is_timms_and_pytorchs():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).double()
    ours, theirs = EMA(model, 0.9), timm.utils.ModelEmaV3(model, decay=0.9)
    pytorchs = torch.optim.swa_utils.AveragedModel(
        model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.9), use_buffers=True
    )
    pytorchs.update_parameters(model)  # its first update only copies
    for _ in range(5):
        with torch.no_grad():
            for p in model.parameters():
                p += torch.randn_like(p)
        model(torch.randn(4, 3, 8, 8, dtype=torch.float64))
        ours.update(model)
        theirs.update(model)
        pytorchs.update_parameters(model)
    for reference in (theirs.module, pytorchs.module):
        for a, b in zip(ours.average.parameters(), reference.parameters(), strict=True):
            torch.testing.assert_close(a, b)


def test_ema_is_no_part_of_the_training():
    model = new()
    ema = EMA(model, 0.5)
    assert not ema.average.training and not any(p.requires_grad for p in ema.average.parameters())
    with pytest.raises(ValueError, match="below 1, got 1"):
        EMA(model, 1.0)


# The loop


def test_it_learns():
    for recipe in (replace(PLAIN, epochs=15, learning_rate=5e-3), replace(EVERYTHING, epochs=25, patience=None)):
        history = fit_recipe(new(), examples(0, 128), examples(1, 128), recipe, 5, bar=False)
        assert history[-1]["accuracy"] > 0.6 > 0.35 > history[0]["accuracy"] - 0.2
        assert [past["epoch"] for past in history] == list(range(1, recipe.epochs + 1))


def test_with_everything_off_it_is_a_plain_step():
    recipe = Recipe(epochs=1, batch_size=64, warmup=0, cosine=False, weight_decay=0.0)
    model, by_hand, (images, labels) = new(), new(), examples()
    fit_recipe(model, (images, labels), examples(1), recipe, 5, bar=False)
    optimizer = torch.optim.AdamW(by_hand.parameters(), lr=1e-3, weight_decay=0)
    nn.functional.cross_entropy(by_hand(images), labels).backward()
    optimizer.step()
    for a, b in zip(model.parameters(), by_hand.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-4)


def test_accumulated_batches_are_one_large_batch():
    results = []
    for batch_size, accumulate in [(32, 1), (8, 4)]:
        model = new().double()
        data = [(x.double(), y) for x, y in (examples(), examples(1))]
        fit_recipe(model, *data, replace(PLAIN, batch_size=batch_size, accumulate=accumulate, clip=0.5), 5, bar=False)
        results.append(model.state_dict())
    for name, value in results[0].items():
        torch.testing.assert_close(value, results[1][name], rtol=1e-6, atol=1e-6)


def test_rates_follow_the_schedule(monkeypatch):
    rates = []
    original = torch.optim.AdamW.step
    monkeypatch.setattr(
        torch.optim.AdamW, "step", lambda self, *a: (rates.append(self.param_groups[0]["lr"]), original(self, *a))[1]
    )
    fit_recipe(new(), examples(), examples(1), replace(PLAIN, accumulate=2), 5, bar=False)
    assert rates == [1e-3 * warmup_cosine(step, 16, 3) for step in range(16)]
    rates.clear()
    fit_recipe(new(), examples(), examples(1), replace(PLAIN, cosine=False), 5, bar=False)
    assert rates[0] < rates[5] and set(rates[6:]) == {1e-3}


def test_gradients_are_clipped(monkeypatch):
    norms = []
    original = torch.optim.AdamW.step

    def step(self, *args):
        grads = [p.grad for group in self.param_groups for p in group["params"] if p.grad is not None]
        norms.append(torch.cat([g.flatten() for g in grads]).norm().item())
        return original(self, *args)

    monkeypatch.setattr(torch.optim.AdamW, "step", step)
    fit_recipe(new(), examples(), examples(1), replace(PLAIN, clip=0.01), 5, bar=False)
    assert max(norms) < 0.0101 and min(norms) > 0.009


@pytest.mark.parametrize("recipe", [PLAIN, EVERYTHING], ids=["plain", "everything"])
def test_an_interrupted_training_ends_with_the_same_weights(tmp_path, monkeypatch, recipe):
    whole, file = new(dropout=0.1), tmp_path / "run.pt"
    history = fit_recipe(whole, examples(), examples(1), recipe, 5, seed=3, bar=False)

    calls = 0

    def interrupted(*args):
        nonlocal calls
        calls += 1
        if calls == 11 // recipe.accumulate:
            raise KeyboardInterrupt
        return warmup_cosine(*args)

    monkeypatch.setattr(training_recipe, "warmup_cosine", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fit_recipe(new(dropout=0.1), examples(), examples(1), recipe, 5, seed=3, checkpoint=file, bar=False)
    monkeypatch.undo()
    assert file.exists()
    torch.manual_seed(99)
    resumed = new(seed=7, dropout=0.1)  # another start, which the checkpoint replaces
    assert fit_recipe(resumed, examples(), examples(1), recipe, 5, seed=3, checkpoint=file, bar=False) == history
    assert all(
        torch.equal(a, b) for a, b in zip(whole.state_dict().values(), resumed.state_dict().values(), strict=True)
    )


def test_a_checkpoint_belongs_to_one_recipe(tmp_path):
    file = tmp_path / "run.pt"
    fit_recipe(new(), examples(), examples(1), PLAIN, 5, checkpoint=file, bar=False)
    with pytest.raises(ValueError, match="belongs to another run"):
        fit_recipe(new(), examples(), examples(1), replace(PLAIN, clip=1.0), 5, checkpoint=file, bar=False)


def test_early_stopping_returns_the_best_weights(monkeypatch):
    curve = iter([0.2, 0.5, 0.4, 0.3, 0.9])
    kept = []

    def accuracy(model, *held_out):
        kept.append({name: value.clone() for name, value in model.state_dict().items()})
        return next(curve)

    monkeypatch.setattr(training, "accuracy", accuracy)
    model = new()
    history = fit_recipe(model, examples(), examples(1), replace(PLAIN, epochs=9, patience=2), 5, bar=False)
    assert [past["accuracy"] for past in history] == [0.2, 0.5, 0.4, 0.3]
    assert all(torch.equal(value, kept[1][name]) for name, value in model.state_dict().items())


def test_the_average_is_what_is_kept():
    slow, plain = new(), new()
    fit_recipe(slow, examples(), examples(1), replace(PLAIN, ema=0.999), 5, bar=False)
    fit_recipe(plain, examples(), examples(1), PLAIN, 5, bar=False)
    start = new().head.weight
    assert (slow.head.weight - start).norm() < 0.1 * (plain.head.weight - start).norm()


def test_float16_on_a_cpu_scales_the_loss_and_learns():
    history = fit_recipe(
        new(), examples(), examples(1), replace(PLAIN, precision=torch.float16, epochs=6), 5, bar=False
    )
    assert history[-1]["loss"] < history[0]["loss"]


def test_errors_say_what_to_do():
    with pytest.raises(ValueError, match="a step needs 128 images with labels, got 64 images"):
        fit_recipe(new(), examples(), examples(1), replace(PLAIN, batch_size=32, accumulate=4), 5, bar=False)
    with pytest.raises(FloatingPointError, match="smaller learning rate"):
        fit_recipe(new(), examples(), examples(1), replace(PLAIN, learning_rate=1e38), 5, bar=False)
