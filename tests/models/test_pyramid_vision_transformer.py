"""The pyramid of PVT v2: the same as timm's and as loops, forward and backward; its cost; clear errors."""

import re

import pytest
import timm
import torch
from timm.models import pvt_v2
from torch import nn
from torch.nn import functional as F

from utils import weights
from utils.models.multi_head_attention import MultiHeadAttention
from utils.models.patch_embedding import patchify
from utils.models.pyramid_vision_transformer import (
    SIZES,
    DepthwiseMLP,
    LinearSpatialReductionAttention,
    OverlapPatchEmbedding,
    PyramidBlock,
    PyramidStage,
    PyramidVisionTransformer,
    SpatialReductionAttention,
    check_map,
    pvt,
)
from utils.models.vit_versus_cnn import count_flops

SAME: weights.Rules = [(r"(.+)", r"\1")]


def numbers(*shape, dtype=torch.float64):
    return torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=dtype)


def random(model):
    """Move all weights away from ones and zeros, so that it shows when two are exchanged."""
    for p in model.parameters():
        nn.init.normal_(p, std=0.3)
    return model


def on_tokens(model, x):
    """Call a part of timm's, which wants tokens and the map's size, on a map."""
    return model(x.flatten(1, 2), list(x.shape[1:3])).unflatten(1, x.shape[1:3])


def small(**options):
    sizes = dict(num_classes=5, embed_dims=(8, 12), depths=(1, 2), num_heads=(2, 3), mlp_ratios=(2, 1.5))
    return PyramidVisionTransformer(**sizes | dict(sr_ratios=(2, 1), strides=(4, 2)) | options)


# Parity with the world


@pytest.mark.parametrize("name, size", [("b0", (64, 64)), *((name, (45, 70)) for name in SIZES)], ids=str)
def test_parity_with_timm(name, size):
    theirs = timm.create_model(f"pvt_v2_{name}", num_classes=7)
    parity = weights.compare(pvt(name, num_classes=7), theirs, weights.TIMM_PVT, numbers(1, 3, *size))
    assert parity.parameters == sum(p.numel() for p in theirs.parameters())


@pytest.mark.parametrize("size", [(32, 32), (29, 33), (32, 160), (97, 31), (128, 96)], ids=str)
@pytest.mark.parametrize("linear", [False, True])
def test_parity_at_other_sizes_and_channels(size, linear):
    options = dict(embed_dims=(8, 12, 18, 20), num_heads=(2, 3, 1, 5), mlp_ratios=(2, 3, 1.5, 1), depths=(1, 2, 1, 1))
    theirs = pvt_v2.PyramidVisionTransformerV2(2, 5, **options, linear=linear)
    ours = PyramidVisionTransformer(2, 5, **options, linear=linear)
    weights.compare(ours, random(theirs), weights.TIMM_PVT, numbers(2, 2, *size))


@pytest.mark.parametrize("name", ["b0", "b2_li"])
def test_the_maps_are_timms(name):
    theirs = timm.create_model(f"pvt_v2_{name}", features_only=True).double().eval()
    ours = pvt(name).double().eval()
    ours.load_state_dict(
        weights.rename({k.replace("stages_", "stages."): v for k, v in theirs.state_dict().items()}, weights.TIMM_PVT)
        | {k: v for k, v in ours.state_dict().items() if k.startswith("head")}
    )
    images = numbers(1, 3, 50, 75)
    found = ours.forward_features(images)
    assert [tuple(m.shape[2:]) for m in found] == [(13, 19), (7, 10), (4, 5), (2, 3)]
    for ours_map, theirs_map in zip(found, theirs(images), strict=True):
        torch.testing.assert_close(ours_map, theirs_map, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("H, W, R", [(8, 8, 2), (4, 10, 2), (9, 7, 3), (7, 5, 5), (4, 4, 4), (3, 6, 1), (1, 1, 1)])
@pytest.mark.parametrize("bias", [True, False])
def test_spatial_reduction_attention_is_timms(H, W, R, bias):
    theirs = random(pvt_v2.Attention(12, 3, R, qkv_bias=bias))
    weights.compare(SpatialReductionAttention(12, 3, R, bias), theirs, SAME, numbers(2, H, W, 12), on_tokens)


@pytest.mark.parametrize("H, W", [(14, 14), (7, 21), (10, 16), (3, 9), (1, 1)])
def test_linear_spatial_reduction_attention_is_timms(H, W):
    theirs = random(pvt_v2.Attention(12, 3, 4, linear_attn=True))
    weights.compare(LinearSpatialReductionAttention(12, 3), theirs, SAME, numbers(2, H, W, 12), on_tokens)


@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("H, W", [(5, 3), (1, 4), (6, 6)])
def test_depthwise_mlp_is_timms(relu, H, W):
    theirs = random(pvt_v2.MlpWithDepthwiseConv(6, 10, extra_relu=relu))
    weights.compare(DepthwiseMLP(6, 10, relu), theirs, SAME, numbers(2, H, W, 6), on_tokens)


@pytest.mark.parametrize("S", [2, 3, 4])
@pytest.mark.parametrize("H, W", [(16, 12), (9, 7), (1, 5)])
def test_overlap_patch_embedding_is_timms(S, H, W):
    theirs = random(pvt_v2.OverlapPatchEmbed(2 * S - 1, S, 5, 8))
    weights.compare(OverlapPatchEmbedding(S, 5, 8), theirs, SAME, numbers(2, 5, H, W))


@pytest.mark.parametrize("linear", [False, True])
def test_block_and_stage_are_timms(linear):
    theirs = random(pvt_v2.Block(12, 3, 2.5, 2, linear, qkv_bias=True))
    weights.compare(PyramidBlock(12, 3, 2, 2.5, linear), theirs, SAME, numbers(2, 6, 9, 12), on_tokens)
    theirs = random(pvt_v2.PyramidVisionTransformerStage(5, 12, 2, True, 3, 2, linear, 2.5))
    ours = PyramidStage(2, 5, 12, 3, 2, 2.5, linear, (0.0, 0.0))
    weights.compare(ours, theirs, [(r"downsample\.(.+)", r"embed.\1"), *SAME], numbers(2, 5, 11, 18))


# The same by other means


def test_ratio_of_one_is_multi_head_attention():
    ours, plain = SpatialReductionAttention(12, 3).double(), MultiHeadAttention(12, 3).double()
    ours.q.weight.data, ours.kv.weight.data = plain.qkv.weight[:12].data, plain.qkv.weight[12:].data
    ours.q.bias.data, ours.kv.bias.data = plain.qkv.bias[:12].data, plain.qkv.bias[12:].data
    ours.proj.load_state_dict(plain.proj.state_dict())
    x = numbers(2, 4, 5, 12)
    torch.testing.assert_close(ours(x), plain(x.flatten(1, 2)).unflatten(1, (4, 5)))


@pytest.mark.parametrize("H, W, R", [(4, 6, 2), (9, 3, 3)])
def test_reduction_is_a_linear_layer_on_squares(H, W, R):
    """Equation 3 of the paper: Norm(Reshape(x, R) W^S), where Reshape puts the R² tokens of a square side by side."""
    layer, x = random(SpatialReductionAttention(6, 2, R)).double(), numbers(2, H, W, 6)
    squares = patchify(x.permute(0, 3, 1, 2), R)  # (B, M, D·R²), channel first, as a convolution's weights
    linear = F.linear(squares, layer.sr.weight.flatten(1), layer.sr.bias)
    expected = F.layer_norm(linear, (6,), layer.norm.weight, layer.norm.bias, 1e-5)
    torch.testing.assert_close(layer.reduce(x), expected)


@pytest.mark.parametrize(
    "make", [lambda: SpatialReductionAttention(6, 2, 2), lambda: LinearSpatialReductionAttention(6, 2, 3)]
)
def test_weights_are_those_of_the_output(make):
    layer, x = random(make()).double(), numbers(2, 4, 7, 6)
    y, found = layer(x, return_weights=True)
    torch.testing.assert_close(y, layer(x))
    M = 9 if isinstance(layer, LinearSpatialReductionAttention) else 2 * 3
    assert found.shape == (2, 2, 28, M)
    torch.testing.assert_close(found.sum(-1), torch.ones(2, 2, 28).double())
    v = layer.kv(layer.reduce(x))[..., 6:].unflatten(2, (2, 3)).transpose(1, 2)  # (B, h, M, d_h)
    torch.testing.assert_close(layer.proj((found @ v).transpose(1, 2).flatten(2)).unflatten(1, (4, 7)), y)


def test_what_fills_no_whole_square_is_not_looked_at():
    layer, x = SpatialReductionAttention(6, 2, 4), numbers(1, 9, 11, 6, dtype=torch.float32)
    changed = x.clone()
    changed[:, 8:], changed[:, :, 8:] = 0, 0
    assert torch.equal(layer.reduce(x), layer.reduce(changed))


def test_dropout_acts_in_training_only():
    torch.manual_seed(0)
    layer, x = SpatialReductionAttention(8, 2, 2, dropout=0.5), numbers(1, 4, 4, 8, dtype=torch.float32)
    assert not torch.equal(layer(x), layer(x))
    assert torch.equal(layer.eval()(x), layer(x))


def test_neighbouring_patches_overlap_and_zeros_surround_the_map():
    embed = OverlapPatchEmbedding(4, 1, 3)
    nn.init.ones_(embed.proj.weight), nn.init.zeros_(embed.proj.bias)
    seen = embed.proj(torch.ones(1, 1, 16, 12))[0, 0]  # how many pixels each patch sees
    assert seen.shape == (4, 3)
    assert seen[0, 0] == 16 and seen[0, 1] == 4 * 7 and seen[1, 1] == 49


def test_zeros_around_the_map_tell_the_place():
    torch.manual_seed(0)
    x = torch.ones(1, 7, 7, 4)
    layer = DepthwiseMLP(4, 8)
    y = layer(x)[0]
    middle = (y - y[3, 3]).abs().amax(dim=2) < 1e-6
    expected = torch.zeros(7, 7, dtype=torch.bool)
    expected[1:6, 1:6] = True
    assert torch.equal(middle, expected)
    layer.dwconv.padding_mode = "circular"
    layer.dwconv._reversed_padding_repeated_twice = [1, 1, 1, 1]
    assert torch.allclose(layer(x)[0], y[3, 3].expand(7, 7, 4), atol=1e-6)


def test_depthwise_convolution_does_not_mix_channels():
    layer = DepthwiseMLP(6, 10)
    assert layer.dwconv.weight.shape == (10, 1, 3, 3)


# The whole


def test_maps_logits_and_strides():
    model, images = small(), numbers(2, 3, 30, 41, dtype=torch.float32)
    maps = model.forward_features(images)
    assert [tuple(m.shape) for m in maps] == [(2, 8, 8, 11), (2, 12, 4, 6)]
    nn.init.normal_(model.head.weight)
    assert model(images).shape == (2, 5)
    torch.testing.assert_close(model(images), model.head(maps[-1].flatten(2).mean(2)))


def test_initial_logits_are_zero_and_gradients_reach_all():
    model = small()
    assert not model(numbers(1, 3, 32, 32, dtype=torch.float32)).any()
    nn.init.normal_(model.head.weight)
    model(numbers(1, 3, 32, 32, dtype=torch.float32)).square().sum().backward()
    assert all(p.grad is not None for p in model.parameters())


def test_drop_path_grows_over_all_blocks_as_timms():
    ours = small(drop_path=0.4)
    found = [block.drop_path.rate for stage in ours.stages for block in stage.blocks]
    theirs = pvt_v2.PyramidVisionTransformerV2(depths=(1, 2), embed_dims=(8, 12), num_heads=(2, 3), sr_ratios=(2, 1),
                                               mlp_ratios=(2.0, 1.5), drop_path_rate=0.4)  # fmt: skip
    expected = [getattr(b.drop_path1, "drop_prob", 0.0) for stage in theirs.stages for b in stage.blocks]
    assert found == pytest.approx(expected)
    assert found == pytest.approx([0, 0.2, 0.4])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_dtype_is_kept(dtype):
    assert small().to(dtype)(numbers(1, 3, 16, 16, dtype=dtype)).dtype == dtype


@pytest.mark.parametrize("H, W, D, R", [(16, 8, 12, 4), (9, 9, 12, 2), (6, 5, 12, 1)])
def test_flops_are_those_of_the_formula(H, W, D, R):
    N, M = H * W, (H // R) * (W // R)
    reduction = 2 * M * R**2 * D**2 if R > 1 else 0
    expected = 4 * N * D**2 + 4 * M * D**2 + 4 * N * M * D + reduction
    assert count_flops(SpatialReductionAttention(D, 3, R), torch.zeros(1, H, W, D)) == expected
    linear = 4 * N * D**2 + 4 * 49 * D**2 + 4 * N * 49 * D + 2 * 49 * D**2
    assert count_flops(LinearSpatialReductionAttention(D, 3), torch.zeros(1, H, W, D)) == linear


def test_an_empty_batch_passes():
    assert small()(torch.zeros(0, 3, 32, 32)).shape == (0, 5)


# Errors name the values

MAP = torch.zeros(1, 6, 9, 8)
ERRORS = [
    (
        lambda: SpatialReductionAttention(8, 3),
        "tokens of length 8 cannot be split into 3 heads. Use one of [1, 2, 4, 8].",
    ),
    (lambda: SpatialReductionAttention(8, 2, 0), "sr_ratio must be at least 1, got 0."),
    (lambda: LinearSpatialReductionAttention(8, 2, 0), "pool_size must be at least 1, got 0."),
    (lambda: SpatialReductionAttention(8, 2, 7)(MAP), "a map of 6 × 9 tokens has no square of 7 × 7. Use sr_ratio=6."),
    (lambda: SpatialReductionAttention(8, 2)(MAP[0]), "a map of tokens must have shape (B, H, W, 8), got (6, 9, 8)."),
    (lambda: SpatialReductionAttention(6, 2)(MAP), "a map of tokens must have shape (B, H, W, 6), got (1, 6, 9, 8)."),
    (lambda: DepthwiseMLP(8, 16)(MAP[0]), "a map of tokens must have shape (B, H, W, 8), got (6, 9, 8)."),
    (lambda: DepthwiseMLP(8, 0), "hidden_dim must be at least 1, got 0 (embed_dim is 8)."),
    (lambda: check_map(MAP, 9), "a map of tokens must have shape (B, H, W, 9), got (1, 6, 9, 8)."),
    (lambda: OverlapPatchEmbedding(0, 3, 8), "stride must be at least 1, got 0."),
    (lambda: OverlapPatchEmbedding(4, 3, 8)(MAP), "images must have 3 channels, got 6: (1, 6, 9, 8)."),
    (lambda: small(depths=(1,)), "each stage needs one number of each kind, got lists of [1, 2] numbers."),
    (lambda: pvt("b6"), "the sizes of PVT v2 here are b0, b1, b2, b2_li; got 'b6'."),
    (lambda: pvt("b0")(torch.zeros(1, 3, 28, 64)), "a map of 7 × 16 tokens has no square of 8 × 8. Use sr_ratio=7."),
]


@pytest.mark.parametrize("call, message", ERRORS, ids=[message for _, message in ERRORS])
def test_errors(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


# Mistakes that keep the shape: parity must see each of them


class ValuesAveraged(SpatialReductionAttention):
    """Keys from the convolution, values from an average."""

    def forward(self, x):
        B, H, W, D = x.shape
        R, h = self.sr_ratio, self.num_heads
        averaged = F.avg_pool2d(x.permute(0, 3, 1, 2), R).flatten(2).transpose(1, 2)  # (B, M, D)
        k, v = self.kv(self.reduce(x))[..., :D], self.kv(averaged)[..., D:]
        q, k, v = (t.unflatten(-1, (h, -1)).transpose(1, 2) for t in (self.q(x).flatten(1, 2), k, v))
        return self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(B, H, W, D))


class StripsOfTokens(SpatialReductionAttention):
    """Equation 3 taken literally: R² tokens that follow each other in reading order, instead of a square."""

    def reduce(self, x):
        R, D = self.sr_ratio, x.shape[3]
        strips = x.flatten(1, 2).unflatten(1, (-1, R * R)).transpose(2, 3).flatten(2)  # (B, M, D·R²)
        return self.norm(F.linear(strips, self.sr.weight.reshape(D, -1), self.sr.bias))


class HeightAndWidthSwapped(SpatialReductionAttention):
    def reduce(self, x):
        B, H, W, D = x.shape
        return super().reduce(x.reshape(B, W, H, D))


class QueriesReduced(SpatialReductionAttention):
    def forward(self, x):
        R = self.sr_ratio
        few = self.reduce(x).unflatten(1, (x.shape[1] // R, -1))
        return super().forward(few.repeat_interleave(R, 1).repeat_interleave(R, 2))


ATTENTION_MISTAKES = [ValuesAveraged, StripsOfTokens, HeightAndWidthSwapped, QueriesReduced]


@pytest.mark.parametrize("mistake", ATTENTION_MISTAKES)
def test_parity_sees_the_mistake(mistake):
    theirs = random(pvt_v2.Attention(12, 3, 2, qkv_bias=True))
    with pytest.raises(AssertionError, match="the outputs differ"):
        weights.compare(mistake(12, 3, 2), theirs, SAME, numbers(2, 4, 6, 12), on_tokens)


def test_a_swap_of_height_and_width_is_invisible_on_squares():
    theirs = random(pvt_v2.Attention(12, 3, 2, qkv_bias=True))
    weights.compare(HeightAndWidthSwapped(12, 3, 2), theirs, SAME, numbers(2, 6, 6, 12), on_tokens)


def test_parity_sees_a_missing_relu_and_a_convolution_without_groups():
    theirs = random(pvt_v2.MlpWithDepthwiseConv(6, 10, extra_relu=True))
    with pytest.raises(AssertionError, match="the outputs differ"):
        weights.compare(DepthwiseMLP(6, 10), theirs, SAME, numbers(2, 5, 3, 6), on_tokens)
    dense = DepthwiseMLP(6, 10, relu=True)
    dense.dwconv = nn.Conv2d(10, 10, 3, padding=1)
    with pytest.raises(RuntimeError, match=r"size mismatch for dwconv\.weight"):
        weights.compare(dense, theirs, SAME, numbers(2, 5, 3, 6), on_tokens)
