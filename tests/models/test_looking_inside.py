"""Looking inside: maps as timm's and transformers', gradients as autograd's, scores as SciPy's; clear errors."""

import itertools
import re

import pytest
import timm
import torch
from scipy.spatial.distance import cdist
from scipy.stats import entropy as scipy_entropy
from torch import nn
from torch.nn import functional as F

from utils import weights
from utils.models.convolution import ResidualCNN
from utils.models.looking_inside import (
    attention_distance,
    cover_order,
    deletion_curve,
    entropy,
    grad_cam,
    gradient_relevance,
    record_attention,
    record_outputs,
    rollout,
    sparsity,
)
from utils.models.vision_transformer import VisionTransformer

SMALL = {"patch_size": 8, "num_classes": 5, "embed_dim": 24, "depth": 3, "num_heads": 3}


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def random_maps(B=2, depth=3, heads=3, N=7):
    return list((2 * random(depth, B, heads, N, N)).softmax(dim=-1))


def woken(model):
    """Give random values to everything that starts at zero or one, so that a comparison sees it."""
    with torch.no_grad():
        for n, parameter in enumerate(model.parameters()):
            parameter += 0.1 * random(*parameter.shape, seed=n).to(parameter)
    return model.double().eval()


def small(**options):
    return woken(VisionTransformer(**{"image_size": (16, 24), **SMALL, **options}))


# Recording


def recorded(model, x):
    with record_attention(model) as maps:
        logits = model(x)
    return logits, maps


@pytest.mark.parametrize("pool", ["class", "mean"])
def test_recorded_maps_are_those_of_the_forward_pass_and_the_outputs_stay(pool):
    model, x = small(pool=pool), random(2, 3, 16, 24)
    logits, maps = recorded(model, x)
    torch.testing.assert_close(logits, model(x), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(torch.stack(maps, dim=1).detach(), model.attention_maps(x))


def test_maps_are_those_of_transformers():
    from transformers import ViTConfig, ViTForImageClassification

    sizes = {"hidden_size": 24, "num_hidden_layers": 3, "num_attention_heads": 3, "intermediate_size": 96}
    config = ViTConfig(layer_norm_eps=1e-6, image_size=(16, 24), patch_size=8, num_labels=5, **sizes)
    config._attn_implementation = "eager"
    theirs, ours, x = woken(ViTForImageClassification(config)), small(), random(2, 3, 16, 24)
    weights.copy_weights(theirs, ours, weights.TRANSFORMERS_VIT)
    _, maps = recorded(ours, x)
    attentions = theirs(x, output_attentions=True).attentions
    torch.testing.assert_close(maps, list(attentions), rtol=1e-6, atol=1e-6)  # its softmax is in float32


def test_maps_and_their_gradients_are_those_of_timm():
    theirs = timm.models.VisionTransformer(img_size=(16, 24), **SMALL)
    theirs, ours, x = woken(theirs), small(), random(2, 3, 16, 24)
    weights.copy_weights(theirs, ours, weights.TIMM_VIT)
    for block in theirs.blocks:
        block.attn.fused_attn = False
    seen = []
    for block in theirs.blocks:
        block.attn.attn_drop.register_forward_hook(lambda module, args, output: seen.append(output))
    expected = torch.autograd.grad(theirs(x)[:, 1].sum(), seen)
    logits, maps = recorded(ours, x)
    torch.testing.assert_close(maps, seen, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(torch.autograd.grad(logits[:, 1].sum(), maps), expected, rtol=1e-9, atol=1e-9)
    extract = timm.utils.AttentionExtract(theirs, method="hook")
    torch.testing.assert_close(list(extract(x).values()), [m.detach() for m in maps], rtol=1e-10, atol=1e-10)


def test_a_model_is_still_that_of_timm_while_it_is_recorded():
    theirs, ours = woken(timm.models.VisionTransformer(img_size=(16, 24), **SMALL)), small()
    with record_attention(ours) as maps:
        weights.compare(ours, theirs, weights.TIMM_VIT, random(2, 3, 16, 24))
    assert len(maps) == 3


def hooks_of(model):
    return [hook for m in model.modules() for hook in (*m._forward_hooks.values(), *m._forward_pre_hooks.values())]


def test_hooks_are_gone_afterwards_also_after_an_error():
    model = small()
    with record_attention(model) as maps:
        model(random(1, 3, 16, 24))
        assert hooks_of(model)
    model(random(1, 3, 16, 24))
    assert len(maps) == 3 and not hooks_of(model)
    with pytest.raises(ValueError, match="17 × 24"), record_attention(model):
        model(random(1, 3, 17, 24))
    assert not hooks_of(model)
    with pytest.raises(ZeroDivisionError), record_outputs(model.norm):
        _ = 1 / 0
    assert not hooks_of(model)


def test_who_asks_for_the_weights_gets_them_while_they_are_recorded():
    model, x = small(), random(2, 3, 16, 24)
    expected = model.attention_maps(x)
    with record_attention(model):
        torch.testing.assert_close(model.attention_maps(x), expected)


def test_recorded_weights_are_those_used_with_dropout_in_training():
    layer = small(attention_dropout=0.5).blocks[0].attn.train()
    x = random(2, 7, 24)
    with record_attention(layer) as maps:
        torch.manual_seed(0)
        output = layer(x)
    torch.manual_seed(0)
    expected = layer(x, return_weights=True)
    torch.testing.assert_close((output, maps[0]), expected)
    assert (maps[0] == 0).any()


# What one map is like


def test_attention_distance_of_three_patches_by_hand():
    a = torch.tensor([[0.5, 0.25, 0.25], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])  # one row of patches
    assert attention_distance(a, (1, 3)).item() == pytest.approx((0.25 * 1 + 0.25 * 2 + 0 + 2) / 3)
    assert attention_distance(a, (1, 3), patch_size=4).item() == pytest.approx(4 * 2.75 / 3)


@pytest.mark.parametrize("prefix", [0, 1, 5])
@pytest.mark.parametrize("grid", [(2, 3), (3, 2), (1, 6)])
def test_attention_distance_is_that_of_scipy(grid, prefix):
    a = (2 * random(2, 3, 6 + prefix, 6 + prefix)).softmax(dim=-1)
    places = list(itertools.product(range(grid[0]), range(grid[1])))
    distances = 4 * torch.tensor(cdist(places, places))
    patches = F.normalize(a[..., prefix:, prefix:], p=1, dim=-1)
    expected = torch.tensor([[(patches[b, h] * distances).sum(dim=1).mean() for h in range(3)] for b in range(2)])
    torch.testing.assert_close(attention_distance(a, grid, 4), expected.double())


def test_entropy_is_that_of_scipy_and_zero_weights_have_finite_gradients_elsewhere():
    a = (3 * random(2, 3, 5, 6)).softmax(dim=-1)
    torch.testing.assert_close(entropy(a), torch.tensor(scipy_entropy(a.numpy(), base=2, axis=-1)))
    edge = torch.tensor([[1.0, 0, 0, 0], [0.25, 0.25, 0.25, 0.25], [0.5, 0.5, 0, 0]])
    torch.testing.assert_close(entropy(edge), torch.tensor([0.0, 2.0, 1.0]))


def test_sparsity_goes_from_zero_to_one_and_does_not_depend_on_scale():
    edge = torch.tensor([[1.0, 0, 0, 0], [0.25, 0.25, 0.25, 0.25], [0.5, 0.5, 0, 0]])
    torch.testing.assert_close(sparsity(edge), torch.tensor([1.0, 0.0, 2 - 2**0.5]))
    torch.testing.assert_close(sparsity(edge * 7), sparsity(edge))
    found = sparsity(random_maps()[0])
    assert found.min() >= 0 and found.max() <= 1


# Across the blocks


def test_rollout_sums_over_all_paths():
    maps = random_maps(B=1, depth=3, heads=2, N=3)
    steps = [0.5 * m[0].mean(dim=0) + 0.5 * torch.eye(3) for m in maps]
    expected = torch.zeros(3, 3, dtype=torch.float64)
    for top, middle, low, start in itertools.product(range(3), repeat=4):  # down from the last block to the first
        expected[top, start] += steps[2][top, middle] * steps[1][middle, low] * steps[0][low, start]
    torch.testing.assert_close(rollout(maps)[0], expected)


def test_rollout_is_the_jacobian_of_a_model_of_attention_and_residual_path_alone():
    maps, x = random_maps(B=1, N=5), random(5)

    def mix(tokens):
        for a in maps:
            tokens = (a[0].mean(dim=0) @ tokens + tokens) / 2
        return tokens

    torch.testing.assert_close(rollout(maps)[0], torch.autograd.functional.jacobian(mix, x))


def test_rollout_rows_add_up_to_one_for_each_image_on_its_own():
    maps = random_maps(B=4)
    together = rollout(maps)
    torch.testing.assert_close(together.sum(dim=-1), torch.ones(4, 7, dtype=torch.float64))
    for b in range(4):
        torch.testing.assert_close(rollout([m[b : b + 1] for m in maps])[0], together[b])
    assert rollout(random_maps(depth=1, B=1))[0, 0, 0] > 0.5  # half of it is the token itself


def test_relevance_by_loops_with_the_gradients_of_autograd():
    model, x, classes = small(), random(2, 3, 16, 24), torch.tensor([3, 1])
    relevance = gradient_relevance(model, x, classes)
    for b in range(2):
        logits, maps = recorded(model, x[b : b + 1])
        gradients = torch.autograd.grad(logits[0, classes[b]], maps)
        R = torch.eye(7, dtype=torch.float64)
        for a, g in zip(maps, gradients, strict=True):
            mean = sum((g[0, h] * a[0, h]).clamp(min=0) for h in range(3)) / 3
            R = R + mean @ R
        torch.testing.assert_close(relevance[b], R.detach())
    assert relevance.shape == (2, 7, 7) and not relevance.requires_grad


def test_the_gradient_of_a_map_is_the_slope_of_the_logit():
    """Finite differences: change one weight of one head a little, leave everything else, and watch the logit."""
    model, x = small(depth=1), random(1, 3, 16, 24)
    logits, maps = recorded(model, x)
    (gradient,) = torch.autograd.grad(logits[0, 2], maps)
    block, step = model.blocks[0], 1e-6

    def logit(change):
        tokens = model.embed(x)
        qkv = block.attn.qkv(block.norm1(tokens)).reshape(1, 7, 3, 3, 8).permute(2, 0, 3, 1, 4)
        heads = (maps[0] + change) @ qkv[2]
        tokens = tokens + block.attn.proj(heads.transpose(1, 2).reshape(1, 7, 24))
        tokens = tokens + block.mlp_branch(block.norm2(tokens))
        return model.head(model.norm(tokens[:, 0]))[0, 2]

    change = torch.zeros_like(maps[0])
    change[0, 1, 0, 4] = step
    slope = (logit(change) - logit(-change)) / (2 * step)
    assert slope.item() == pytest.approx(gradient[0, 1, 0, 4].item(), rel=1e-4)
    assert slope.abs() > 1e-4


def test_explaining_leaves_images_and_parameters_without_gradients():
    model, cnn, x, classes = small(), woken(ResidualCNN(num_classes=5)), random(2, 3, 16, 24), torch.tensor([0, 4])
    for parameter in [*model.parameters(), *cnn.parameters()]:
        parameter.requires_grad_(False)
    with torch.no_grad():
        assert gradient_relevance(model, x, classes).isfinite().all()
        assert grad_cam(cnn, cnn.stages, x, classes).isfinite().all()
    assert not x.requires_grad and x.grad is None
    model.requires_grad_(True)
    gradient_relevance(model, x, classes)
    assert all(parameter.grad is None for parameter in model.parameters())


# Beside it: the CNN


def test_grad_cam_on_the_last_maps_is_the_positive_part_of_cam():
    cnn, x, classes = woken(ResidualCNN(num_classes=5)), random(3, 3, 16, 24), torch.tensor([4, 0, 2])
    features = cnn.forward_features(x)  # (3, 64, 4, 6)
    cam = torch.einsum("bk,bkij->bij", cnn.head.weight[classes], features)  # Zhou et al. (2016), equation 2
    expected = cam.clamp(min=0) / (4 * 6)
    torch.testing.assert_close(grad_cam(cnn, cnn.stages, x, classes), expected.detach())
    assert (cam < 0).any() and (cam > 0).any()


def test_grad_cam_on_earlier_maps_by_autograd():
    cnn, x = woken(ResidualCNN(num_classes=5)), random(2, 3, 16, 16)
    first = cnn.stages[0](cnn.stem(x)).detach().requires_grad_()
    logits = cnn.head(cnn.stages[1:](first).mean(dim=(2, 3)))
    (gradient,) = torch.autograd.grad(logits[:, 3].sum(), first)
    expected = (gradient.mean(dim=(2, 3))[:, :, None, None] * first).sum(dim=1).clamp(min=0)
    found = grad_cam(cnn, cnn.stages[0], x, torch.tensor([3, 3]))
    torch.testing.assert_close(found, expected.detach())


# Deletion


class Brightness(nn.Module):
    """Two classes; the first one's probability is known: the sigmoid of the weighted sum of the pixels."""

    def __init__(self, importance):
        super().__init__()
        self.importance = importance

    def forward(self, images):
        score = (images.sum(dim=1) * self.importance).sum(dim=(1, 2))
        return torch.stack([score, torch.zeros_like(score)], dim=1)


def test_cover_order_goes_down_the_map_and_leaves_ties_in_reading_order():
    order = cover_order(torch.tensor([[[1.0, 3.0], [3.0, 2.0]]]), (2, 4))
    assert order.tolist() == [[[3, 3, 0, 0], [1, 1, 2, 2]]]


def test_deletion_curve_step_by_step():
    x = random(2, 3, 4, 6)
    importance = random(4, 6, seed=1)
    maps = random(2, 2, 3, seed=2)
    curve = deletion_curve(Brightness(importance), x, maps, torch.tensor([0, 1]), steps=6)
    for b, sign in ((0, 1), (1, -1)):
        picture = x[b].clone()
        for step in range(7):
            score = (picture.sum(dim=0) * importance).sum()
            assert curve[b, step].item() == pytest.approx((sign * score).sigmoid().item())
            if step < 6:
                k = maps[b].flatten().argsort(descending=True)[step].item()
                row, column = divmod(k, 3)
                mean = x[b].mean(dim=(1, 2))[:, None, None]
                picture[:, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2] = mean


def test_a_map_of_what_matters_has_a_lower_curve_than_its_opposite():
    model = small()
    with torch.no_grad():
        model.head.weight *= 20
    x = random(4, 3, 16, 24)
    classes = model(x).argmax(dim=1)
    occluded = torch.zeros(4, 2, 3, dtype=torch.float64)
    for row, column in itertools.product(range(2), range(3)):
        covered = x.clone()
        covered[:, :, 8 * row : 8 * row + 8, 8 * column : 8 * column + 8] = x.mean(dim=(2, 3), keepdim=True)
        occluded[:, row, column] = -model(covered).softmax(dim=1)[range(4), classes].detach()
    best, worst = (deletion_curve(model, x, m, classes, 6) for m in (occluded, -occluded))
    torch.testing.assert_close(best[:, [0, -1]], worst[:, [0, -1]])
    assert best.mean() < worst.mean()
    assert not best.requires_grad


def test_steps_that_do_not_divide_the_patches():
    curve = deletion_curve(small(), random(1, 3, 16, 24), random(1, 2, 3), torch.tensor([0]), steps=4)
    assert curve.shape == (1, 5)


# Errors


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: record_attention(nn.Linear(2, 2)).__enter__(), "Linear holds no MultiHeadAttention"),
        (lambda: rollout([]), "got none"),
        (lambda: rollout([torch.ones(2, 3, 3)]), "got (2, 3, 3)"),
        (lambda: rollout([torch.ones(1, 2, 3, 3), torch.ones(1, 2, 4, 4)]), "got (1, 2, 3, 3), (1, 2, 4, 4)"),
        (lambda: attention_distance(torch.ones(5, 5), (2, 3)), "at least 6 tokens for 2 × 3 patches, got (5, 5)"),
        (lambda: attention_distance(torch.ones(5, 6), (2, 2)), "got (5, 6)"),
        (lambda: sparsity(torch.ones(3, 1)), "two or more keys, got (3, 1)"),
        (lambda: gradient_relevance(small(), random(2, 3, 16, 24), torch.tensor([0])), "2 images need classes"),
        (lambda: gradient_relevance(small(), random(1, 3, 16, 24), torch.tensor([0.0])), "float32"),
        (lambda: grad_cam(m := woken(ResidualCNN()), m.head, random(1, 3, 8, 8), torch.tensor([0])), "got (1, 10)"),
        (
            lambda: grad_cam(woken(ResidualCNN()), nn.Linear(2, 2), random(1, 3, 8, 8), torch.tensor([0])),
            "got nothing",
        ),
        (
            lambda: deletion_curve(small(), random(1, 3, 16, 24), random(1, 3, 3), torch.tensor([0])),
            "need maps (B, rows, columns) whose rows divide 16 and columns 24, got (1, 3, 3)",
        ),
        (
            lambda: deletion_curve(small(), random(1, 3, 16, 24), random(1, 2, 3), torch.tensor([0]), steps=7),
            "steps must be from 1 to the 6 patches of a map, got 7",
        ),
    ],
)
def test_errors_name_what_was_given(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()
