"""Transfer learning: LoRA equal to peft's, groups to timm's, metrics and neighbours to scikit-learn's; clear errors."""

import copy
import re

import peft
import pytest
import timm
import torch
from sklearn import metrics, neighbors
from timm.optim import param_groups_layer_decay
from torch import nn
from torch.nn import functional as F

from utils import weights
from utils.models.convolution import ResidualCNN
from utils.models.transfer_learning import (
    LoRALinear,
    add_lora,
    check_examples,
    confusion_matrix,
    features,
    freeze,
    knn,
    layer_decay_groups,
    layer_of,
    merge_lora,
    nearest_prototype,
    per_class,
    prototypes,
    replace_head,
    training_mode,
    unfreeze_top,
)
from utils.models.vision_transformer import VisionTransformer

SMALL = {"patch_size": 8, "num_classes": 5, "embed_dim": 24, "depth": 3, "num_heads": 3}


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def woken(model):
    """Give random values to everything that starts at zero or one, so that a comparison sees it."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=generator)
    return model.eval()


def small(**options):
    return woken(VisionTransformer(16, **{**SMALL, **options}))


# LoRA, against peft

PEFT_ON_TIMM_VIT = [
    (r"base_model\.model\.(.+)\.lora_([AB])\.default\.weight", r"\1.lora_\2"),
    (r"base_model\.model\.(.+)\.base_layer\.(.+)", r"\1.linear.\2"),
    (r"base_model\.model\.cls_token", "class_token.token"),
    (r"base_model\.model\.pos_embed", "position.table"),
    (r"base_model\.model\.(.+)", r"\1"),
]


def peft_model(rank, alpha, layers):
    theirs = timm.models.VisionTransformer(img_size=16, **SMALL)
    return woken(peft.get_peft_model(theirs, peft.LoraConfig(r=rank, lora_alpha=alpha, target_modules=list(layers))))


@pytest.mark.parametrize(
    "rank, alpha, layers", [(1, 1, ["qkv"]), (4, 8, ["qkv", "fc1"]), (3, 2, ["qkv", "proj", "fc1", "fc2"])]
)
def test_lora_is_equal_to_pefts(rank, alpha, layers):
    # peft would adapt the patch embedding's convolution as well, whose name is `proj` too
    theirs_layers = ["attn.proj" if name == "proj" else name for name in layers]
    ours = add_lora(small(), rank, alpha, layers)
    ours.head.requires_grad_(False)  # peft freezes it too, unless it is told otherwise
    parity = weights.compare(ours, peft_model(rank, alpha, theirs_layers), PEFT_ON_TIMM_VIT, random(2, 3, 16, 16))
    assert parity.weight_gradients < 1e-9


def test_lora_trains_the_same_parameters_as_peft_and_the_head():
    ours, theirs = add_lora(small(), 2, 4), peft_model(2, 4, ["qkv"])
    found = {name for name, p in ours.named_parameters() if p.requires_grad}
    expected = {name for name, p in theirs.named_parameters() if p.requires_grad}
    expected = {re.sub(PEFT_ON_TIMM_VIT[0][0], PEFT_ON_TIMM_VIT[0][1], name) for name in expected}
    assert found == expected | {"head.weight", "head.bias"}
    assert len(expected) == 2 * 3


PEFT_LAYER = [(r"base_layer\.(.+)", r"linear.\1"), (r"lora_([AB])\.default\.weight", r"lora_\1")]


def peft_layer():
    frozen = nn.Linear(6, 4).requires_grad_(False)
    return woken(peft.tuners.lora.Linear(frozen, "default", peft.LoraConfig(r=2, lora_alpha=3), r=2, lora_alpha=3))


def test_the_layer_itself_is_pefts():
    weights.compare(LoRALinear(nn.Linear(6, 4), 2, 3), peft_layer(), PEFT_LAYER, random(5, 7, 6))


def test_merging_is_pefts():
    theirs, ours = peft_layer().double(), LoRALinear(nn.Linear(6, 4), 2, 3).double()
    weights.copy_weights(theirs, ours, PEFT_LAYER)
    theirs.merge()
    torch.testing.assert_close(ours.merged().weight, theirs.base_layer.weight)


class WithoutScale(LoRALinear):
    def forward(self, x):
        return self.linear(x) + F.linear(F.linear(x, self.lora_A), self.lora_B)


class ScaledByAlpha(LoRALinear):
    def forward(self, x):
        return self.linear(x) + 3 * F.linear(F.linear(x, self.lora_A), self.lora_B)


@pytest.mark.parametrize("mistake", [WithoutScale, ScaledByAlpha])
def test_parity_sees_a_wrong_scale(mistake):
    with pytest.raises(AssertionError, match="differ"):
        weights.compare(mistake(nn.Linear(6, 4), 2, 3), peft_layer(), PEFT_LAYER, random(5, 6))


def test_lora_starts_as_the_pretrained_model_and_learns_nothing_but_itself():
    model, x = small(), random(4, 3, 16, 16)
    before, state = model(x), copy.deepcopy(model.state_dict())
    add_lora(model, 2, 4)
    assert torch.equal(model(x), before)
    assert all(lora.lora_A.abs().max() > 0 for lora in model.modules() if isinstance(lora, LoRALinear))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(2):
        optimizer.zero_grad()
        model(x).square().sum().backward()
        optimizer.step()
    after = {name.replace(".linear.", "."): value for name, value in model.state_dict().items() if "lora" not in name}
    changed = {name for name in state if not torch.equal(after[name], state[name])}
    assert changed == {"head.weight", "head.bias"}
    assert all(block.attn.qkv.lora_B.abs().max() > 0 for block in model.blocks)


def test_merging_gives_the_names_back_and_computes_the_same():
    model, x = add_lora(small(), 2, 5, ("qkv", "fc2")).double(), random(4, 3, 16, 16).double()
    for parameter in model.parameters():
        parameter.data += 0.1 * random(*parameter.shape).double()
    before = model(x)
    merged = merge_lora(model)
    assert merged is model and not any(isinstance(m, LoRALinear) for m in model.modules())
    assert list(model.state_dict()) == list(small().state_dict())
    assert all(p.requires_grad for p in model.parameters())
    torch.testing.assert_close(model(x), before)


def test_lora_keeps_dtype_and_has_r_times_d_plus_k_numbers():
    layer = LoRALinear(nn.Linear(6, 4).double(), 2, 1)
    assert layer.lora_A.dtype == layer.lora_B.dtype == torch.float64
    assert sum(p.numel() for p in layer.parameters() if p.requires_grad) == 2 * (6 + 4)


@pytest.mark.parametrize("rank", [0, -1, 5])
def test_a_rank_that_does_not_fit_is_an_error(rank):
    with pytest.raises(ValueError, match=f"between 1 and 4 for a layer from 6 to 4, got {rank}"):
        LoRALinear(nn.Linear(6, 4), rank, 1)


def test_layers_that_do_not_exist_are_an_error_and_nothing_is_changed():
    model = small()
    with pytest.raises(ValueError, match="no linear layer called query, value"):
        add_lora(model, 2, 4, ("qkv", "query", "value"))
    assert all(p.requires_grad for p in model.parameters())


# Layer-wise decay, against timm


def rates(groups, base=1.0):
    return {
        id(p): (group.get("lr", base * group.get("lr_scale", 1)), group["weight_decay"])
        for group in groups
        for p in group["params"]
    }


@pytest.mark.parametrize("decay, depth", [(0.75, 3), (0.5, 1), (1.0, 2)])
def test_groups_are_those_of_timm(decay, depth):
    theirs = timm.models.VisionTransformer(img_size=16, **{**SMALL, "depth": depth})
    ours = layer_decay_groups(small(depth=depth), 0.01, decay, weight_decay=0.1)
    expected = rates(param_groups_layer_decay(theirs, 0.1, layer_decay=decay), 0.01)
    on_theirs = rates(layer_decay_groups(theirs, 0.01, decay, weight_decay=0.1))
    assert on_theirs.keys() == expected.keys()
    for key, (lr, weight_decay) in expected.items():
        assert on_theirs[key] == pytest.approx((lr, weight_decay))
    assert len(rates(ours)) == len(list(small(depth=depth).parameters()))


def test_groups_go_from_the_image_to_the_head():
    groups = layer_decay_groups(small(), 1.0, 0.5)
    assert [group["layer"] for group in groups] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert [group["lr"] for group in groups[::2]] == [1 / 16, 1 / 8, 1 / 4, 1 / 2, 1]
    optimizer = torch.optim.AdamW(groups)
    assert [g["lr"] for g in optimizer.param_groups] == [g["lr"] for g in groups]


def test_frozen_parameters_are_in_no_group():
    model = small()
    freeze(model, but=("head", "blocks.2."))
    groups = layer_decay_groups(model, 1.0, 0.5)
    assert {group["layer"] for group in groups} == {3, 4}
    freeze(model, but=())
    with pytest.raises(ValueError, match="nothing to learn"):
        layer_decay_groups(model, 1.0)


@pytest.mark.parametrize("decay", [0, -0.5, 1.1])
def test_a_decay_out_of_range_is_an_error(decay):
    with pytest.raises(ValueError, match=f"at most 1, got {decay}"):
        layer_decay_groups(small(), 1.0, decay)


def test_layers_are_counted_from_the_image():
    layers = {name: layer_of(name, 12) for name in ("blocks.1.norm1.bias", "blocks.11.attn.qkv.weight", "head.bias")}
    assert layers == {"blocks.1.norm1.bias": 2, "blocks.11.attn.qkv.weight": 12, "head.bias": 13}
    names = ("norm.weight", "class_token.token", "position.table", "patch_embed.proj.weight")
    assert [layer_of(name, 12) for name in names] == [12, 0, 0, 0]


# Freezing


def test_freezing_leaves_the_head_and_drops_old_gradients():
    model = small()
    model(random(2, 3, 16, 16)).sum().backward()
    assert freeze(model) == 24 * 5 + 5
    assert {name for name, p in model.named_parameters() if p.grad is not None} == {"head.weight", "head.bias"}
    assert freeze(model, but=("",)) == sum(p.numel() for p in model.parameters())
    assert freeze(model, but=()) == 0


def test_freezing_all_but_something_that_is_not_there_is_an_error():
    with pytest.raises(ValueError, match="begins with 'fc'"):
        freeze(small(), but=("head", "fc"))


def test_unfreezing_goes_down_layer_by_layer():
    model, learning = small(), []
    for layers in range(1, 6):
        unfreeze_top(model, layers)
        learning.append({layer_of(name, 3) for name, p in model.named_parameters() if p.requires_grad})
    assert learning == [{4}, {3, 4}, {2, 3, 4}, {1, 2, 3, 4}, {0, 1, 2, 3, 4}]
    assert unfreeze_top(model, 1) == 24 * 5 + 5
    with pytest.raises(ValueError, match="got 0"):
        unfreeze_top(model, 0)


def test_frozen_batch_normalisation_stays_as_it_was():
    model, x = ResidualCNN(3, 4, widths=(4, 8)), random(6, 3, 8, 8)
    freeze(model)
    buffers = {name: value.clone() for name, value in model.named_buffers()}
    for _ in range(2):
        assert training_mode(model) is model and model.training
        model(x)
    assert all(torch.equal(value, buffers[name]) for name, value in model.named_buffers())
    expected = model.eval()(x)
    assert torch.equal(training_mode(model)(x), expected)
    model.train()(x)
    assert not torch.equal(model.stem[1].running_mean, buffers["stem.1.running_mean"])


def test_batch_normalisation_that_learns_trains():
    model = ResidualCNN(3, 4, widths=(4, 8))
    freeze(model, but=("stages.1", "head"))
    training_mode(model.eval())
    assert model.stages[1].bn1.training and not model.stages[0].bn1.training and not model.stem[1].training
    assert all(m.training for m in training_mode(ResidualCNN(3, 4, widths=(4,))).modules())


# Head and features


def test_a_new_head_starts_at_zero_and_leaves_the_body():
    model = small().double()
    before = model.blocks[0].attn.qkv.weight.clone()
    assert replace_head(model, 7) is model
    x = random(2, 3, 16, 16).double()
    assert torch.equal(model(x), torch.zeros(2, 7).double()) and model.head.bias.requires_grad
    assert torch.equal(model.blocks[0].attn.qkv.weight, before)
    theirs = replace_head(timm.models.VisionTransformer(img_size=16, **SMALL), 2)
    assert theirs(random(2, 3, 16, 16)).shape == (2, 2)


def test_heads_that_cannot_be_replaced_are_errors():
    with pytest.raises(TypeError, match="its head is NoneType"):
        replace_head(nn.Linear(3, 3), 2)
    with pytest.raises(ValueError, match="at least 1, got 0"):
        replace_head(small(), 0)


@pytest.mark.parametrize("make", [small, lambda: ResidualCNN(3, 4, widths=(4, 8))])
def test_features_are_what_the_head_gets(make):
    model, x = make().train(), random(5, 3, 16, 16)
    found = features(model, x, batch_size=2)
    assert model.training and not found.requires_grad and not model.head._forward_pre_hooks
    torch.testing.assert_close(model.head(found), model.eval()(x))


def test_features_of_a_timm_model():
    theirs = woken(timm.models.VisionTransformer(img_size=16, **SMALL))
    x = random(3, 3, 16, 16)
    torch.testing.assert_close(features(theirs, x), theirs.forward_head(theirs.forward_features(x), pre_logits=True))


def test_features_take_their_hook_away_after_an_error():
    model = small()
    with pytest.raises(ValueError, match="channels"):
        features(model, random(1, 1, 16, 16))
    assert not model.head._forward_pre_hooks
    with pytest.raises(ValueError, match="no images"):
        features(model, random(0, 3, 16, 16))


# Few examples, against scikit-learn


@pytest.mark.parametrize("k", [1, 3, 8])
def test_neighbours_are_those_of_scikit_learn(k):
    x, y, queries = random(40, 6).double(), torch.arange(40) % 4, random(60, 6, seed=1).double()
    theirs = neighbors.KNeighborsClassifier(k, metric="cosine").fit(x.numpy(), y.numpy())
    found = knn(queries, x, y, k)
    assert found.tolist() == theirs.predict(queries.numpy()).tolist()


def test_neighbours_compare_directions_not_lengths():
    x, y = torch.tensor([[1.0, 0.0], [0.0, 100.0]]), torch.tensor([0, 1])
    assert knn(torch.tensor([[50.0, 40.0], [0.1, 0.2]]), x, y).tolist() == [0, 1]
    assert knn(x, x, y, k=2).tolist() == [0, 0]  # one vote each: the lowest number


def test_prototypes_are_those_of_scikit_learn():
    x, y, queries = random(40, 6).double(), torch.arange(40) % 4, random(60, 6, seed=1).double()
    theirs = neighbors.NearestCentroid().fit(x.numpy(), y.numpy())
    found = prototypes(x, y, 4)
    torch.testing.assert_close(found, torch.from_numpy(theirs.centroids_))
    logits = nearest_prototype(queries, found)
    assert logits.argmax(dim=1).tolist() == theirs.predict(queries.numpy()).tolist()
    torch.testing.assert_close(logits[3, 2], -(queries[3] - found[2]).square().sum())


@pytest.mark.parametrize("x, y", [((3,), (3,)), ((3, 2), (2,)), ((0, 2), (0,)), ((3, 2), (3, 1))])
def test_examples_that_do_not_go_together_are_an_error(x, y):
    for call in (check_examples, lambda x, y: knn(x, x, y), lambda x, y: prototypes(x, y, 2)):
        with pytest.raises(ValueError, match=re.escape(f"got {x} and {y}")):
            call(torch.zeros(x), torch.zeros(y, dtype=torch.int64))


def test_errors_of_neighbours_and_prototypes():
    x, y = random(3, 2), torch.tensor([0, 2, 2])
    for k in (0, 4):
        with pytest.raises(ValueError, match=f"number of examples, 3; got {k}"):
            knn(x, x, y, k)
    with pytest.raises(ValueError, match="no example of class 1"):
        prototypes(x, y, 3)


# Counts, against scikit-learn


def test_confusion_and_metrics_are_those_of_scikit_learn():
    generator = torch.Generator().manual_seed(0)
    y, guess = torch.randint(5, (2, 200), generator=generator)
    guess[guess == 3] = 2  # a class that is never guessed
    counts = confusion_matrix(y, guess, 5)
    assert counts.tolist() == metrics.confusion_matrix(y, guess, labels=range(5)).tolist()
    expected = metrics.precision_recall_fscore_support(y, guess, labels=range(5), zero_division=0)
    for found, wanted in zip(per_class(counts).values(), expected, strict=False):
        torch.testing.assert_close(found, torch.from_numpy(wanted))


def test_rows_are_the_truth():
    assert confusion_matrix(torch.tensor([0, 0, 1]), torch.tensor([1, 1, 1]), 2).tolist() == [[0, 2], [0, 1]]
    assert confusion_matrix(torch.tensor([], dtype=torch.int64), torch.tensor([], dtype=torch.int64), 2).sum() == 0


def test_errors_of_the_confusion_matrix():
    with pytest.raises(ValueError, match=re.escape("got (2,) and (3,)")):
        confusion_matrix(torch.tensor([0, 1]), torch.tensor([0, 1, 1]), 2)
    with pytest.raises(ValueError, match="classes go from 0 to 1, got 0 to 2"):
        confusion_matrix(torch.tensor([0, 1]), torch.tensor([0, 2]), 2)
