"""Twins: equal to timm's, forward and backward, part by part and whole; local stays local, and PEG tells positions."""

import re
from functools import partial

import pytest
import timm
import torch
from timm.models.twins import Block, GlobalSubSampleAttn, LocallyGroupedAttn, PosConv
from torch import nn
from torch.nn import functional as F

from utils import weights
from utils.models.pyramid_vision_transformer import SpatialReductionAttention
from utils.models.twins import (
    TWINS,
    LocallyGroupedAttention,
    PositionalEncodingGenerator,
    Twins,
    TwinsBlock,
    TwinsStage,
    check_size,
    check_stages,
    twins,
)
from utils.models.window_attention import window_partition

SMALL = {"embed_dims": (16, 32, 48, 64), "num_heads": (1, 2, 3, 4), "depths": (2, 1, 3, 2), "num_classes": 5}
SAME_NAMES = [(r"(.+)", r"\1")]
PEG_NAMES = [(r"proj\.0\.(.+)", r"conv.\1")]


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def woken(model):
    """Give random values to everything that starts at zero or one, so that a comparison sees it."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=generator)
    return model.eval()


def on_tokens(model, x):
    """Call a part of timm's, which takes tokens and the size of their map."""
    return model(x.flatten(1, 2), x.shape[1:3]).reshape(x.shape)


def small(**options):
    return Twins(**{**SMALL, **options})


def their_twins(**options):
    return woken(timm.models.twins.Twins(**{"wss": (7, 7, 7, 7), **SMALL, **options}))


# Parity with the world

MAPS = [(2, 14, 21, 24), (1, 9, 12, 24), (2, 3, 5, 24), (3, 7, 7, 24), (1, 1, 8, 24)]  # some need padding


@pytest.mark.parametrize("shape", MAPS)
def test_local_attention_is_timms_whether_padded_or_not(shape):
    for window in (7, 2):
        theirs = woken(LocallyGroupedAttn(24, 3, ws=window))
        weights.compare(LocallyGroupedAttention(24, 3, window), theirs, SAME_NAMES, noise(*shape), on_tokens)


@pytest.mark.parametrize("shape", MAPS)
def test_peg_is_timms(shape):
    weights.compare(PositionalEncodingGenerator(24), woken(PosConv(24, 24)), PEG_NAMES, noise(*shape), on_tokens)


@pytest.mark.parametrize("ratio", [1, 2, 4])
def test_chapter_15s_attention_is_timms_global_one(ratio):
    theirs = woken(GlobalSubSampleAttn(24, 3, sr_ratio=ratio))
    weights.compare(SpatialReductionAttention(24, 3, ratio), theirs, SAME_NAMES, noise(2, 8, 12, 24), on_tokens)


@pytest.mark.parametrize("window, ratio", [(7, 4), (None, 4), (None, 1)])
def test_blocks_are_timms(window, ratio):
    norm = partial(nn.LayerNorm, eps=1e-6)
    theirs = woken(Block(24, 3, mlp_ratio=3.0, sr_ratio=ratio, ws=window or 1, norm_layer=norm))
    weights.compare(TwinsBlock(24, 3, window, ratio, 3.0), theirs, SAME_NAMES, noise(2, 8, 12, 24), on_tokens)


@pytest.mark.parametrize("size", [(32, 32), (64, 96), (128, 32)])  # maps from 1 × 1 on, all padded in some stage
def test_parity_with_timm_on_squares_and_rectangles(size):
    parity = weights.compare(small(), their_twins(), weights.TIMM_TWINS, noise(2, 3, *size))
    assert parity.parameters == sum(p.numel() for p in small().parameters())


def test_parity_with_timm_with_other_windows_ratios_patches_and_channels():
    options = {"sr_ratios": (4, 4, 1, 1), "patch_size": 2}
    theirs = their_twins(wss=(3, 5, 2, 4), in_chans=1, mlp_ratios=(2, 2, 2, 2), **options)
    ours = small(window_sizes=(3, 5, 2, 4), in_channels=1, mlp_ratio=2.0, **options)
    weights.compare(ours, theirs, weights.TIMM_TWINS, noise(2, 1, 32, 64))


def test_maps_are_timms():
    ours, theirs, x = small().eval(), their_twins(), noise(2, 3, 64, 96)
    weights.copy_weights(theirs, ours, weights.TIMM_TWINS)
    with torch.no_grad():
        maps, expected = ours.forward_features(x), theirs.forward_intermediates(x, intermediates_only=True)
    assert [tuple(m.shape) for m in maps] == [(2, 16, 16, 24), (2, 32, 8, 12), (2, 48, 4, 6), (2, 64, 2, 3)]
    for found, wanted in zip(maps, expected, strict=True):
        torch.testing.assert_close(found, wanted)


@pytest.mark.slow
def test_parity_with_timm_at_full_size():
    theirs = woken(timm.create_model("twins_svt_small"))
    parity = weights.compare(twins(), theirs, weights.TIMM_TWINS, noise(1, 3, 224, 224), tolerance=1e-8)
    assert parity.parameters == 24_060_776


@pytest.mark.slow
@pytest.mark.parametrize("name", ["svt_base", "svt_large"])
def test_parity_of_the_larger_sizes_on_a_small_image(name):
    theirs = woken(timm.create_model(f"twins_{name}"))
    weights.copy_weights(theirs, ours := twins(name).eval(), weights.TIMM_TWINS)
    x = noise(1, 3, 64, 96)
    with torch.no_grad():
        torch.testing.assert_close(ours(x), theirs(x), rtol=1e-3, atol=1e-3)


# Parity sees the mistakes that keep every shape


class RowsForWindows(LocallyGroupedAttention):
    def forward(self, x):
        B, H, W, C = x.shape
        groups = x.reshape(-1, self.window_size[0] * self.window_size[1], C)
        return super(LocallyGroupedAttention, self).forward(groups).reshape(B, H, W, C)


class WithoutPadding(PositionalEncodingGenerator):
    def forward(self, x):
        y = F.pad(x.permute(0, 3, 1, 2), (1, 1, 1, 1), mode="replicate")
        return x + F.conv2d(y, self.conv.weight, self.conv.bias, groups=x.shape[3]).permute(0, 2, 3, 1)


class WithoutResidual(PositionalEncodingGenerator):
    def forward(self, x):
        return super().forward(x) - x


class KeysOnly(SpatialReductionAttention):
    def forward(self, x):
        B, H, W, D = x.shape
        y = self.reduce(x)
        heads = lambda t: t.reshape(B, -1, self.num_heads, D // self.num_heads).transpose(1, 2)  # noqa: E731
        k, v = self.kv(y)[..., :D], self.kv(x)[..., D:].reshape(B, H * W, D)[:, : y.shape[1]]
        mixed = F.scaled_dot_product_attention(heads(self.q(x)), heads(k), heads(v))
        return self.proj(mixed.transpose(1, 2).reshape(B, H, W, D))


@pytest.mark.parametrize(
    "ours, theirs, rules",
    [
        (RowsForWindows(24, 3, 2), LocallyGroupedAttn(24, 3, ws=2), SAME_NAMES),
        (WithoutPadding(24), PosConv(24, 24), PEG_NAMES),
        (WithoutResidual(24), PosConv(24, 24), PEG_NAMES),
        (KeysOnly(24, 3, 2), GlobalSubSampleAttn(24, 3, sr_ratio=2), SAME_NAMES),
    ],
)
def test_parity_sees_each_mistake(ours, theirs, rules):
    with pytest.raises(AssertionError, match="differ"):
        weights.compare(ours, woken(theirs), rules, noise(2, 4, 8, 24), on_tokens)


class PegFirst(TwinsStage):
    def forward(self, x):
        x = self.peg(self.norm(self.patch_embed(x)).unflatten(1, [side // 2 for side in x.shape[2:]]))
        for block in self.blocks:
            x = block(x)
        return x.permute(0, 3, 1, 2)


def test_parity_sees_a_peg_in_another_place():
    ours = small()
    ours.stages[1] = PegFirst(16, 32, 1, 2, sr_ratio=4)
    with pytest.raises(AssertionError, match="differ"):
        weights.compare(ours, their_twins(), weights.TIMM_TWINS, noise(1, 3, 64, 64))


# What the parts do


def reach(layer, x, place):
    """Return which tokens of x the output at a place depends on, `(H, W)`."""
    x = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(layer(x)[0, *place].sum(), x)
    return gradient[0].abs().amax(dim=-1) > 0


def test_local_attention_reaches_its_window_and_no_further():
    layer, x = woken(LocallyGroupedAttention(8, 2, (2, 3))), noise(1, 6, 9, 8)
    for place in [(0, 0), (3, 5), (5, 8)]:
        expected = torch.zeros(6, 9, dtype=torch.bool)
        row, column = place[0] // 2 * 2, place[1] // 3 * 3
        expected[row : row + 2, column : column + 3] = True
        assert torch.equal(reach(layer, x, place), expected), place


def test_a_pair_of_layers_reaches_everything():
    local, everywhere = woken(LocallyGroupedAttention(8, 2, 2)), woken(SpatialReductionAttention(8, 2, 2))
    assert reach(lambda x: everywhere(local(x)), noise(1, 6, 8, 8), (2, 3)).all()


def test_padded_tokens_are_looked_at():
    layer, x = woken(LocallyGroupedAttention(8, 2, 4)), noise(1, 3, 4, 8)
    alone = super(LocallyGroupedAttention, layer).forward(x.flatten(1, 2)).reshape(x.shape)  # 12 tokens, no padding
    assert (layer(x) - alone).abs().max() > 1e-3


def test_without_padding_local_attention_is_attention_on_each_window():
    layer, x = woken(LocallyGroupedAttention(8, 2, 2)), noise(2, 4, 6, 8)
    expected = super(LocallyGroupedAttention, layer).forward(window_partition(x, 2))
    torch.testing.assert_close(window_partition(layer(x), 2), expected)


def test_peg_tells_the_border_of_a_uniform_map_apart_and_nothing_else():
    y = woken(PositionalEncodingGenerator(4))(torch.ones(1, 6, 7, 4))[0, ..., 0]
    inside = y[1:-1, 1:-1]
    torch.testing.assert_close(inside, inside[:1, :1].expand_as(inside))
    assert len({round(v, 5) for v in y.flatten().tolist()}) == 9  # inside, four sides, four corners


def test_a_stage_attends_locally_and_globally_in_turns_with_its_peg_after_the_first_block():
    stage, calls = TwinsStage(3, 8, 3, 2, window_size=2, sr_ratio=2, patch_size=4), []
    parts = {"0": stage.blocks[0], "1": stage.blocks[1], "2": stage.blocks[2], "peg": stage.peg}
    for name, part in parts.items():
        part.register_forward_hook(lambda *_, name=name: calls.append(name))
    assert stage(noise(1, 3, 16, 24)).shape == (1, 8, 4, 6)
    assert calls == ["0", "peg", "1", "2"]
    kinds = [type(block.attn) for block in stage.blocks]
    assert kinds == [LocallyGroupedAttention, SpatialReductionAttention, LocallyGroupedAttention]


def test_drop_path_acts_in_training_only_and_grows_to_the_last_block():
    model, x = small(drop_path=0.5), noise(8, 3, 32, 32)
    nn.init.normal_(model.head.weight)
    rates = [block.drop_path.rate for stage in model.stages for block in stage.blocks]
    assert rates == pytest.approx([0.5 * i / 7 for i in range(8)])
    assert not torch.equal(model(x), model(x))
    model.eval()
    assert torch.equal(model(x), model(x))


def test_a_new_model_gives_every_class_the_same_probability():
    logits = small()(noise(2, 3, 32, 64))
    assert torch.equal(logits, torch.zeros(2, 5))


def test_backward_reaches_every_parameter():
    model = woken(small())
    model(noise(1, 3, 64, 64)).square().sum().backward()
    assert all(p.grad is not None and p.grad.any() for p in model.parameters())


# Sizes


@pytest.mark.parametrize("name, millions", [("svt_small", 24), ("svt_base", 56), ("svt_large", 99.2)])
def test_published_sizes_have_the_published_number_of_parameters(name, millions):
    with torch.device("meta"):
        model = twins(name)
    assert abs(sum(p.numel() for p in model.parameters()) / 1e6 - millions) < 0.1
    assert [len(stage.blocks) for stage in model.stages] == list(TWINS[name][2])


# Errors


def test_another_name_is_an_error():
    with pytest.raises(ValueError, match="svt_small, svt_base, svt_large"):
        twins("pcpvt_small")


def test_images_that_are_not_cut_into_whole_patches_are_an_error_that_says_what_fits():
    with pytest.raises(
        ValueError, match=re.escape("multiples of 32, got (1, 3, 230, 224); the nearest size is 224 × 224")
    ):
        small()(noise(1, 3, 230, 224))
    with pytest.raises(ValueError, match=re.escape("the nearest size is 32 × 64")):
        small()(noise(1, 3, 8, 60))
    with pytest.raises(ValueError, match=re.escape("got (3, 32, 32).")):
        small()(noise(3, 32, 32))
    assert check_size(noise(1, 3, 24, 36), 12) is None


def test_stages_of_unequal_number_are_an_error():
    with pytest.raises(ValueError, match=re.escape("(2, 2)")):
        small(depths=(2, 2))
    with pytest.raises(ValueError, match="every stage needs an entry"):
        check_stages((), ())
    assert check_stages((1, 2), [3, 4]) is None


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: LocallyGroupedAttention(8, 3, 7), ValueError, "cannot be split into 3 heads"),
        (lambda: LocallyGroupedAttention(8, 2, 0), ValueError, "0"),
        (lambda: LocallyGroupedAttention(8, 2, 7.0), TypeError, "7.0"),
        (lambda: LocallyGroupedAttention(8, 2)(noise(2, 49, 8)), ValueError, "(B, H, W, C)"),
        (lambda: PositionalEncodingGenerator(8)(noise(2, 49, 8)), ValueError, "(B, H, W, C)"),
        (lambda: PositionalEncodingGenerator(8)(noise(2, 7, 7, 4)), ValueError, "8 numbers, got 4"),
        (lambda: TwinsBlock(8, 2, None, 0), ValueError, "0"),
        (lambda: small(drop_path=1.0), ValueError, "below 1"),
        (lambda: small()(noise(1, 1, 32, 32)), ValueError, "must have 3 channels, got 1"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call()
