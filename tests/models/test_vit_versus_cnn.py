"""The cost of a ViT and a CNN: the formulas equal what PyTorch counts and keeps, and what torchvision publishes."""

import copy

import pytest
import timm
import torch
import torchvision
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import get_model, get_model_weights

from utils.models.convolution import ResidualBlock, ResidualCNN
from utils.models.multi_head_attention import MultiHeadAttention
from utils.models.vision_transformer import SIZES, VisionTransformer, vit
from utils.models.vit_versus_cnn import (
    Cost,
    activation_bytes,
    cnn_convolutions,
    cnn_cost,
    convolution_flops,
    count_flops,
    vit_cost,
)


def measured(model, images):
    parameters = sum(p.numel() for p in model.parameters())
    return Cost(count_flops(model, images), parameters, activation_bytes(model, images) // images.element_size())


def images(batch_size, channels, size, dtype=torch.float32):
    H, W = (size, size) if isinstance(size, int) else size
    return torch.rand(batch_size, channels, H, W, generator=torch.Generator().manual_seed(0), dtype=dtype)


# The formulas against counting


CNNS = [
    dict(image_size=32),
    dict(image_size=16, in_channels=1, num_classes=2, widths=(8, 16, 32)),
    dict(image_size=(19, 14), num_classes=3, widths=(5, 6, 6), blocks=2),
    dict(image_size=(7, 9), num_classes=4, widths=(4,), blocks=3),
    dict(image_size=(1, 2), num_classes=1, widths=(3, 3, 5, 2)),
]


@pytest.mark.parametrize("sizes", CNNS)
@pytest.mark.parametrize("batch_size, dtype", [(2, torch.float32), (3, torch.float64)])
def test_cnn_by_formula_is_cnn_counted(sizes, batch_size, dtype):
    model = ResidualCNN(**{k: v for k, v in sizes.items() if k != "image_size"}).to(dtype)
    x = images(batch_size, sizes.get("in_channels", 3), sizes["image_size"], dtype)
    assert cnn_cost(**sizes, batch_size=batch_size) == measured(model, x)


VITS = [
    dict(image_size=16, patch_size=4, num_classes=2, embed_dim=52, depth=2, num_heads=4, mlp_ratio=2, pool="mean"),
    dict(image_size=32, patch_size=4, num_classes=8, embed_dim=48, depth=3, num_heads=3),
    dict(image_size=(24, 16), patch_size=8, in_channels=1, num_classes=5, embed_dim=24, depth=1, num_heads=2),
    dict(image_size=64, patch_size=4, num_classes=3, embed_dim=8, depth=2, num_heads=1, mlp_ratio=2.7),
    dict(image_size=8, patch_size=8, num_classes=1, embed_dim=16, depth=2, num_heads=4, position="sincos_2d"),
    dict(image_size=12, patch_size=4, num_classes=2, embed_dim=8, depth=2, num_heads=2, position="none", pool="mean"),
]


@pytest.mark.parametrize("sizes", VITS)
@pytest.mark.parametrize("batch_size, dtype", [(1, torch.float32), (3, torch.float64)])
def test_vit_by_formula_is_vit_counted(sizes, batch_size, dtype):
    model, x = (
        VisionTransformer(**sizes).to(dtype),
        images(batch_size, sizes.get("in_channels", 3), sizes["image_size"], dtype),
    )
    assert vit_cost(**sizes, batch_size=batch_size) == measured(model, x)


def test_attention_keeps_no_table_of_weights():
    sizes = dict(patch_size=4, in_channels=1, num_classes=1, embed_dim=8, depth=1, num_heads=1, pool="mean")
    small, large = (vit_cost(side, **sizes) for side in (32, 128))  # 64 and 1,024 tokens
    assert large.activations - 18 == 16 * (small.activations - 18)  # 2·D + 2 behind the mean; no N² in the rest
    assert large.flops > 16 * 4 * small.flops


def test_tables_of_weights_are_seen_when_they_are_kept():
    class Explicit(MultiHeadAttention):
        def forward(self, x, mask=None):
            return super().forward(x, mask, return_weights=True)[0]

    B, h, N = 2, 3, 50
    x = torch.rand(B, N, 24)
    fused = MultiHeadAttention(24, h)
    explicit = Explicit(24, h)
    assert activation_bytes(explicit, x) - activation_bytes(fused, x) >= 4 * B * h * N * N


# Against the world


@pytest.mark.parametrize("name", ["vit_b_16", "vit_b_32", "vit_l_16", "vit_l_32"])
def test_vit_cost_is_what_torchvision_publishes(name):
    meta, size = get_model_weights(name).DEFAULT.meta, name[4].upper()
    embed_dim, depth, num_heads = SIZES[size]
    cost = vit_cost(224, int(name[-2:]), embed_dim=embed_dim, depth=depth, num_heads=num_heads)
    assert cost.parameters == meta["num_params"]
    assert round(cost.flops / 2e9, 3) == meta["_ops"]  # which are multiply-adds


def test_vit_huge_was_published_at_518_pixels():
    meta = get_model_weights("vit_h_14").DEFAULT.meta
    cost = vit_cost(518, 14, embed_dim=1280, depth=32, num_heads=16)
    assert (cost.parameters, round(cost.flops / 2e9, 3)) == (meta["num_params"], meta["_ops"])


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "vit_b_16", "convnext_tiny"])
def test_counting_is_what_torchvision_publishes(name):
    with torch.device("meta"):
        found = count_flops(get_model(name), torch.empty(1, 3, 224, 224))
    assert round(found / 2e9, 3) == get_model_weights(name).DEFAULT.meta["_ops"]


def test_counting_is_the_same_for_timm():
    theirs, x = timm.create_model("vit_tiny_patch16_224"), images(2, 3, 224)
    expected = vit_cost(224, 16, embed_dim=192, depth=12, num_heads=3, batch_size=2)
    assert count_flops(theirs, x) == count_flops(vit("Ti/16"), x) == expected.flops
    assert activation_bytes(theirs, x) == pytest.approx(4 * expected.activations, rel=0.01)  # it normalises all tokens


def test_block_of_torchvision_keeps_the_same():
    theirs, ours = torchvision.models.resnet.BasicBlock(4, 4), ResidualBlock(4, 4)
    x = images(2, 4, 8)
    # theirs writes its ReLU over its input, which nothing else needs: the same memory
    assert activation_bytes(theirs, x) == activation_bytes(ours, x)


# By hand


def multiplications(C, D, K, output_size, groups):
    count = 0
    for _row in range(output_size[0]):
        for _column in range(output_size[1]):
            for _kernel in range(D):
                for _weight in range(K * K * C // groups):
                    count += 1
    return count


@pytest.mark.parametrize(
    "C, D, K, output_size, groups", [(3, 4, 3, (2, 5), 1), (4, 8, 1, (3, 3), 4), (6, 6, 5, (1, 2), 6)]
)
def test_convolution_by_loops_and_by_counting(C, D, K, output_size, groups):
    found = convolution_flops(C, D, K, output_size, groups)
    assert found == 2 * multiplications(C, D, K, output_size, groups)
    conv = nn.Conv2d(C, D, K, padding=K // 2, groups=groups)
    assert found == count_flops(conv, images(1, C, output_size))


def test_convolutions_of_a_cnn_in_order():
    found = list(cnn_convolutions((5, 4), 3, (8, 16), blocks=1))
    expected = [(3, 8, 3, (5, 4)), (8, 8, 3, (5, 4)), (8, 8, 3, (5, 4))]
    expected += [(8, 16, 3, (3, 2)), (16, 16, 3, (3, 2)), (8, 16, 1, (3, 2))]
    assert found == expected
    model = ResidualCNN(3, 2, (8, 16))
    assert len(found) == sum(isinstance(m, nn.Conv2d) for m in model.modules())


def test_what_two_layers_keep():
    model = nn.Sequential(nn.Linear(5, 7), nn.ReLU(), nn.Linear(7, 2))
    x = torch.rand(3, 5)
    # the first layer keeps its input; the ReLU its output, which is the second layer's input as well
    assert activation_bytes(model, x) == 4 * (3 * 5 + 3 * 7)
    assert activation_bytes(model.double(), x.double()) == 8 * (3 * 5 + 3 * 7)


def test_frozen_layers_keep_nothing():
    model = nn.Sequential(nn.Linear(5, 7), nn.Linear(7, 2)).requires_grad_(False)
    assert activation_bytes(model, torch.rand(3, 5)) == 0


def test_a_view_counts_in_full_and_once():
    class Pick(nn.Module):
        def forward(self, x):
            y = x * 2
            return y[:, 0].sin() + y[:, 1].sin()  # two views of y are kept

    x = torch.rand(3, 5, requires_grad=True)
    assert activation_bytes(Pick(), x) == 4 * 15


# Manners


@pytest.mark.parametrize("measure", [count_flops, activation_bytes])
def test_the_model_is_not_changed(measure):
    model, x = ResidualCNN(3, 2, (4, 8)).eval(), images(2, 3, 8)
    before = copy.deepcopy(model.state_dict())
    with torch.no_grad():
        first = measure(model, x)
    assert first == measure(model, x) > 0
    assert not model.training
    assert all(p.grad is None for p in model.parameters())
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_counting_takes_no_short_cut():
    class Attention(nn.MultiheadAttention):
        def forward(self, x):
            return super().forward(x, x, x, need_weights=False)[0]

    layer, x = Attention(8, 2, batch_first=True).eval(), torch.rand(1, 5, 8)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        layer(x)
    assert counter.get_total_flops() == 0  # PyTorch's fused attention, which its counter does not know
    with torch.no_grad():
        assert count_flops(layer, x) == 8 * 5 * 64 + 4 * 25 * 8


@pytest.mark.parametrize(
    "arguments, named",
    [
        ((0, 4, 3, (2, 2)), "0"),
        ((3, 4, 3, (0, 2)), "0"),
        ((3, 4, 3, (2, 2), 2), "2 groups"),
        ((4, 6, 3, (2, 2), 4), "6"),
    ],
)
def test_convolution_errors(arguments, named):
    with pytest.raises(ValueError, match=named):
        convolution_flops(*arguments)


def test_errors_name_the_sizes():
    with pytest.raises(ValueError, match="at least 1"):
        cnn_cost((0, 8))
    with pytest.raises(ValueError, match="cannot be cut into patches"):
        vit_cost(30, 4)
    with torch.device("meta"), pytest.raises(ValueError, match="meta"):
        activation_bytes(nn.Linear(2, 2), torch.empty(1, 2))
