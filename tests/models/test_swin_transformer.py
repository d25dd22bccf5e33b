"""The Swin Transformer, versions 1 and 2: equal to torchvision's and timm's, forward and backward; clear errors."""

import math
import re

import pytest
import timm
import torch
import torchvision
from safetensors.torch import save_file
from timm.models.swin_transformer import PatchMerging as TimmMerging
from torch import nn
from torch.nn import functional as F
from torchvision.models.swin_transformer import PatchMerging as TorchvisionMerging
from torchvision.models.swin_transformer import (
    PatchMergingV2,
    ShiftedWindowAttentionV2,
    SwinTransformerBlockV2,
)

from utils import weights
from utils.models.position_embedding import relative_position_index
from utils.models.shifted_window_attention import ShiftedWindowAttention, SwinBlock, shift_mask
from utils.models.swin_transformer import (
    ContinuousPositionBias,
    CosineWindowAttention,
    PatchMerging,
    ShiftedCosineAttention,
    SwinBlockV2,
    SwinTransformer,
    log_offsets,
    merge_neighbours,
    stage_flops,
    swin,
)
from utils.models.vit_versus_cnn import count_flops
from utils.weights import public_weights

SMALL = {"embed_dim": 16, "depths": (2, 3, 2), "num_heads": (1, 2, 4)}
SAME = [(r"(.+)", r"\1")]
COSINE_RULES = [(r"relative_(position_index|coords_table)", None), (r"cpb_mlp\.(.+)", r"position_bias.mlp.\1"), *SAME]
SIZES = [(32, 32), (56, 28), (36, 52), (4, 100), (4, 4)]  # with and without padding, for windows and for merging


def images(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def woken(model):
    """Give random values to everything that starts at zero or one, so that a comparison sees it."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=generator)
    return model.eval()


def ours(version=1, **options):
    options = {"window_size": 7 if version == 1 else 4, **SMALL, **options}
    return SwinTransformer(num_classes=5, version=version, **options)


def torchvisions(version=1, window=None):
    parts = {"block": SwinTransformerBlockV2, "downsample_layer": PatchMergingV2} if version == 2 else {}
    window = window or ([7, 7] if version == 1 else [4, 4])
    return woken(torchvision.models.SwinTransformer([4, 4], 16, [2, 3, 2], [1, 2, 4], window, num_classes=5, **parts))


def timms(size, **options):
    return woken(timm.models.SwinTransformer(img_size=size, num_classes=5, **{**SMALL, **options}))


# Parity with the world


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_parity_with_torchvision(version, size):
    model = ours(version)
    parity = weights.compare(model, torchvisions(version), weights.TORCHVISION_SWIN, images(2, 3, *size))
    assert parity.parameters == sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize("version", [1, 2])
def test_parity_with_torchvision_with_windows_that_are_no_squares(version):
    model = ours(version, window_size=(2, 6))
    weights.compare(model, torchvisions(version, [2, 6]), weights.TORCHVISION_SWIN, images(2, 3, 36, 52))


@pytest.mark.parametrize("size, window", [((112, 112), 7), ((64, 64), 4), ((80, 160), 5)])
def test_parity_with_timm_where_windows_fill_the_maps(size, window):
    model, theirs = ours(window_size=window), timms(size, window_size=window)
    weights.compare(model, theirs, weights.TIMM_SWIN, images(2, 3, *size))


def test_timm_differs_where_maps_are_padded():
    with pytest.raises(AssertionError, match="the outputs differ"):
        weights.compare(ours(window_size=5), timms((96, 96), window_size=5), weights.TIMM_SWIN, images(2, 3, 96, 96))


@pytest.mark.parametrize("name, model", [("swin_t", "T"), ("swin_v2_t", "V2-T")])
def test_parity_with_torchvision_tiny(name, model):
    theirs = woken(getattr(torchvision.models, name)())
    weights.compare(swin(model), theirs, weights.TORCHVISION_SWIN, images(1, 3, 32, 64), tolerance=1e-8)


@pytest.mark.slow
@pytest.mark.parametrize("name, model", [("swin_s", "S"), ("swin_b", "B"), ("swin_v2_s", "V2-S")])
def test_parity_with_torchvision_larger(name, model):
    theirs = woken(getattr(torchvision.models, name)())
    weights.compare(swin(model), theirs, weights.TORCHVISION_SWIN, images(1, 3, 32, 32), tolerance=1e-8)


@pytest.mark.slow
def test_parity_with_timm_tiny_at_full_size():
    theirs = woken(timm.create_model("swin_tiny_patch4_window7_224"))
    weights.compare(swin("T"), theirs, weights.TIMM_SWIN, images(1, 3, 224, 224), tolerance=1e-8)


@pytest.mark.parametrize(
    "name, library, public",
    [
        ("T", torchvision.models, "swin_t"),
        ("S", torchvision.models, "swin_s"),
        ("B", torchvision.models, "swin_b"),
        ("V2-T", torchvision.models, "swin_v2_t"),
        ("V2-B", torchvision.models, "swin_v2_b"),
        ("L", timm, "swin_large_patch4_window7_224"),
    ],
)
def test_sizes_have_the_parameters_of_the_public_models(name, library, public):
    with torch.device("meta"):
        model = swin(name)
        theirs = timm.create_model(public) if library is timm else getattr(library, public)()
    assert sum(p.numel() for p in model.parameters()) == sum(p.numel() for p in theirs.parameters())


@pytest.mark.parametrize("name, theirs", [("torchvision/swin_t", torchvisions), ("timm/swin_tiny", None)])
def test_public_weights_find_their_places(tmp_path, name, theirs):
    theirs = theirs() if theirs else timms((112, 112))
    if name.startswith("timm"):
        save_file(theirs.state_dict(), file := tmp_path / "w.safetensors")
    else:
        torch.save(theirs.state_dict(), file := tmp_path / "w.pth")
    (model := ours().eval()).load_state_dict(public_weights(name, file))
    x = images(1, 3, 112, 112)
    torch.testing.assert_close(model(x), theirs(x), rtol=1e-4, atol=1e-5)


# Patch merging


@pytest.mark.parametrize("shape", [(2, 4, 6, 3), (1, 5, 4, 2), (1, 4, 5, 2), (2, 7, 3, 1), (1, 1, 1, 4)])
def test_merging_is_that_of_timm_and_torchvision(shape):
    x, dim = torch.randn(shape), shape[3]
    for theirs, norm in (
        (TimmMerging(dim), "before"),
        (TorchvisionMerging(dim), "before"),
        (PatchMergingV2(dim), "after"),
    ):
        weights.compare(PatchMerging(dim, norm), woken(theirs), SAME, x)


def test_neighbours_stand_in_columns():
    x = torch.arange(16.0).reshape(1, 4, 4, 1)
    assert merge_neighbours(x)[0].tolist() == [[[0, 4, 1, 5], [2, 6, 3, 7]], [[8, 12, 9, 13], [10, 14, 11, 15]]]
    assert merge_neighbours(x[:, :3, :1])[0].tolist() == [[[0, 4, 0, 0]], [[8, 0, 0, 0]]]


def test_merging_without_its_norm_is_a_strided_convolution():
    merging, x = PatchMerging(3).double(), torch.randn(2, 6, 4, 3, dtype=torch.float64)
    kernel = merging.reduction.weight.reshape(6, 2, 2, 3).permute(
        0, 3, 2, 1
    )  # (2C, column, row, C) -> (2C, C, row, column)
    expected = F.conv2d(x.permute(0, 3, 1, 2), kernel, stride=2).permute(0, 2, 3, 1)
    torch.testing.assert_close(merging.reduction(merge_neighbours(x)), expected)


# The parts of version 2


@pytest.mark.parametrize("window, shift", [((4, 4), (0, 0)), ((4, 4), (2, 2)), ((2, 6), (1, 3)), ((4, 4), (2, 0))])
@pytest.mark.parametrize("size", [(8, 12), (7, 5), (4, 4), (3, 2)])
def test_parity_of_cosine_attention(window, shift, size):
    theirs = woken(ShiftedWindowAttentionV2(12, list(window), list(shift), 3))
    weights.compare(ShiftedCosineAttention(12, 3, window, shift), theirs, COSINE_RULES, torch.randn(2, *size, 12))


def test_parity_of_the_block():
    theirs = woken(SwinTransformerBlockV2(12, 3, [4, 4], [2, 2]))
    rules = [
        (r".+(index|table)", None),
        (r"attn\.cpb_mlp\.(.+)", r"attn.position_bias.mlp.\1"),
        (r"mlp\.0\.(.+)", r"mlp.fc1.\1"),
        (r"mlp\.3\.(.+)", r"mlp.fc2.\1"),
        *SAME,
    ]
    weights.compare(SwinBlockV2(12, 3, 4, 2), theirs, rules, torch.randn(2, 7, 9, 12))


def test_parity_beyond_the_largest_scale():
    theirs = woken(ShiftedWindowAttentionV2(12, [4, 4], [0, 0], 3))
    with torch.no_grad():
        theirs.logit_scale.copy_(torch.tensor([1.0, 4.6, 9.0]).reshape(3, 1, 1))  # log 100 = 4.605
    weights.compare(ShiftedCosineAttention(12, 3, 4), theirs, COSINE_RULES, torch.randn(2, 4, 8, 12))


def test_log_offsets_by_hand():
    found = log_offsets((3, 1))  # offsets of -2 to 2 rows, scaled to -8, -4, 0, 4, 8
    expected = [-math.log2(9) / 3, -math.log2(5) / 3, 0, math.log2(5) / 3, math.log2(9) / 3]
    torch.testing.assert_close(found[:, 0], torch.tensor(expected))
    assert found.shape == (5, 2) and not found[:, 1].any()


@pytest.mark.parametrize("window", [(3, 5), (2, 2), (1, 4)])
def test_offsets_are_in_the_order_of_the_index(window):
    offsets, index = log_offsets(window), relative_position_index(*window)
    place = torch.cartesian_prod(*(torch.arange(side) for side in window))
    apart = place[:, None] - place[None, :]  # (N, N, 2)
    assert torch.equal(offsets[index].sign(), apart.sign().float())


def test_bias_begins_near_a_constant_and_stays_between_0_and_16():
    bias = ContinuousPositionBias(4, 3)
    assert (bias() - 8).abs().max() < 0.2
    nn.init.normal_(bias.mlp[2].weight, std=100)
    assert bias().min() >= 0 and bias().max() <= 16 and bias().std() > 1
    model = ours(version=2)  # and the model's own initialisation does not undo it
    assert (model.stages[0][0].attn.position_bias() - 8).abs().max() < 0.2


def test_length_of_queries_and_keys_does_not_matter():
    torch.manual_seed(0)
    attention = CosineWindowAttention(8, 2, 3).double()
    x = torch.randn(2, 9, 8, dtype=torch.float64)
    nn.init.zeros_(attention.qkv.bias)
    before = attention(x)
    with torch.no_grad():
        attention.qkv.weight[:16] *= 10  # queries and keys
    torch.testing.assert_close(attention(x), before)


def test_keys_have_no_bias():
    torch.manual_seed(0)
    attention = woken(CosineWindowAttention(8, 2, 3)).double()
    x = torch.randn(2, 9, 8, dtype=torch.float64)
    attention(x).square().sum().backward()
    q, k, v = attention.qkv.bias.grad.chunk(3)
    assert q.any() and v.any() and not k.any()
    assert CosineWindowAttention(8, 2, 3, qkv_bias=False)(x.float()).shape == (2, 9, 8)


def test_masked_places_are_not_looked_at():
    attention, mask = CosineWindowAttention(8, 2, 4).double(), shift_mask(8, 8, 4, 2)
    x = torch.randn(8, 16, 8, dtype=torch.float64)
    changed = x.clone()
    changed[3, 15] += 1  # the last window of the first image, of which region 3 is alone with its four places
    moved = (attention(x, mask) - attention(changed, mask)).abs().amax(dim=2) > 1e-12
    assert moved[3].nonzero().flatten().tolist() == mask[3, 15].nonzero().flatten().tolist() == [10, 11, 14, 15]
    assert not moved[[0, 1, 2, 4, 5, 6, 7]].any()


# The model


@pytest.mark.parametrize("version", [1, 2])
def test_features_are_the_maps_of_the_stages(version):
    model = woken(ours(version))
    maps = model.forward_features(images(2, 3, 36, 52))
    assert [tuple(m.shape) for m in maps] == [(2, 16, 9, 13), (2, 32, 5, 7), (2, 64, 3, 4)]
    x = model.norm(maps[-1].permute(0, 2, 3, 1)).mean(dim=(1, 2))
    torch.testing.assert_close(model.head(x), model(images(2, 3, 36, 52)))


def test_features_are_torchvisions():
    theirs, model = torchvisions(), ours().eval()
    weights.copy_weights(theirs, model, weights.TORCHVISION_SWIN)
    x = images(1, 3, 64, 32)
    for i, found in enumerate(model.forward_features(x)):
        torch.testing.assert_close(found, theirs.features[: 2 * i + 2](x).permute(0, 3, 1, 2), rtol=1e-4, atol=1e-4)


def test_every_second_block_of_a_stage_shifts_by_half_a_window():
    model = ours(window_size=(7, 4))
    assert [[block.attn.shift for block in stage] for stage in model.stages] == [
        [(0, 0), (3, 2)],
        [(0, 0), (3, 2), (0, 0)],
        [(0, 0), (3, 2)],
    ]


def test_drop_path_grows_from_the_first_block_to_the_last():
    rates = [block.drop_path.rate for stage in ours(drop_path=0.3).stages for block in stage]
    assert rates == pytest.approx([0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3])
    assert [b.drop_path.rate for s in ours(depths=(1,), num_heads=(1,), drop_path=0.3).stages for b in s] == [0]


def test_a_new_model_gives_every_class_the_same_probability():
    for version in (1, 2):
        assert not ours(version)(images(2, 3, 16, 16)).any()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("version", [1, 2])
def test_dtype_is_kept(version, dtype):
    model = woken(ours(version)).to(dtype)
    assert model(images(1, 3, 32, 16).to(dtype)).dtype == dtype


def test_other_channels_and_patches():
    model = ours(patch_size=2, in_channels=1)
    assert [tuple(m.shape[1:]) for m in model.forward_features(images(1, 1, 16, 8))] == [
        (16, 8, 4),
        (32, 4, 2),
        (64, 2, 1),
    ]


@pytest.mark.parametrize("size", [(224, 224), (68, 100), (32, 64)])
def test_flops_are_those_counted(size):
    options = dict(embed_dim=32, depths=(2, 1, 3, 1))
    model = SwinTransformer(num_heads=(1, 2, 4, 8), num_classes=5, **options)
    assert sum(stage_flops(size, **options)) + 2 * 256 * 5 == count_flops(model, images(1, 3, *size))
    theirs = torchvision.models.SwinTransformer([4, 4], 32, [2, 1, 3, 1], [1, 2, 4, 8], [7, 7], num_classes=5)
    assert count_flops(theirs, images(1, 3, *size)) == count_flops(model, images(1, 3, *size))


def test_flops_with_other_options():
    options = dict(patch_size=2, in_channels=1, embed_dim=16, depths=(1, 2), window_size=(2, 4), mlp_ratio=2.5)
    model = SwinTransformer(num_heads=(1, 2), num_classes=5, **options)
    counted = count_flops(model, images(3, 1, 18, 22))
    assert counted == 3 * (sum(stage_flops((18, 22), **options)) + 2 * 32 * 5)
    assert len(stage_flops()) == 4 and stage_flops(448) == [4 * flops for flops in stage_flops(224)]


# Mistakes that keep every shape: parity must see each of them


class RowsFirst(PatchMerging):
    def forward(self, x):
        x = torch.cat([x[:, i::2, j::2] for i in (0, 1) for j in (0, 1)], dim=-1)
        return self.reduction(self.norm(x))


class ChannelsFirst(PatchMerging):  # the order of nn.Unfold
    def forward(self, x):
        x = torch.stack([x[:, i::2, j::2] for j in (0, 1) for i in (0, 1)], dim=-1).flatten(3)
        return self.reduction(self.norm(x))


class NormAfterThePool(SwinTransformer):
    def forward(self, images):
        return self.head(self.norm(self.forward_features(images)[-1].mean(dim=(2, 3))))


def with_merging(kind):
    model = ours()
    model.merges[1], model.merges[2] = kind(16), kind(32)
    return model


def without_shift():
    model = ours()
    for block in (block for stage in model.stages for block in stage):
        block.attn.shift = (0, 0)
    return model


def shift_first():
    model = ours()
    for stage in model.stages:
        for j, block in enumerate(stage):
            block.attn.shift = (3, 3) if j % 2 == 0 else (0, 0)
    return model


MISTAKES = {
    "rows first": lambda: with_merging(RowsFirst),
    "channels first": lambda: with_merging(ChannelsFirst),
    "norm after the pool": lambda: NormAfterThePool(num_classes=5, **SMALL),
    "no shift": without_shift,
    "shift first": shift_first,
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_parity_sees_the_mistake(mistake):
    with pytest.raises(AssertionError, match="the outputs differ"):
        weights.compare(mistake(), torchvisions(), weights.TORCHVISION_SWIN, images(1, 3, 64, 64))


class KeysWithBias(CosineWindowAttention):
    def forward(self, windows, mask=None):
        q, k, v = self.qkv(windows).unflatten(2, (3, self.num_heads, -1)).permute(2, 0, 3, 1, 4)
        q, k = self.logit_scale.exp() * F.normalize(q, dim=-1), F.normalize(k, dim=-1)
        y = F.scaled_dot_product_attention(q, k, v, self.position_bias(), scale=1.0)
        return self.proj(y.transpose(1, 2).flatten(2))


def test_parity_sees_a_bias_of_keys():
    class Mistake(ShiftedWindowAttention, KeysWithBias):
        pass

    theirs, x = woken(ShiftedWindowAttentionV2(12, [4, 4], [0, 0], 3)), torch.randn(2, 4, 8, 12)
    weights.compare(ShiftedCosineAttention(12, 3, 4), theirs, COSINE_RULES, x)
    with pytest.raises(AssertionError, match="the outputs differ"):
        weights.compare(Mistake(12, 3, 4), theirs, COSINE_RULES, x)


# Errors name the values

ERRORS = [
    (lambda: PatchMerging(8, norm="first"), 'norm must be "before" or "after", got \'first\'.'),
    (lambda: PatchMerging(8)(torch.zeros(1, 4, 4, 6)), "a map must have shape (B, H, W, 8), got (1, 4, 4, 6)."),
    (
        lambda: merge_neighbours(torch.zeros(4, 4, 6)),
        "must have shape (B, H, W, C), H and W at least 1; got (4, 4, 6).",
    ),
    (lambda: merge_neighbours(torch.zeros(1, 0, 4, 6)), "got (1, 0, 4, 6)."),
    (lambda: ours(depths=(2, 2)), "depths (2, 2) and heads (1, 2, 4) do not say so."),
    (lambda: ours(depths=(2, 0, 2)), "depths (2, 0, 2)"),
    (lambda: ours(depths=(), num_heads=()), "depths () and heads ()"),
    (lambda: ours(num_heads=(1, 3, 4)), "tokens of length 32 cannot be split into 3 heads"),
    (lambda: SwinTransformer(version=3), "version must be 1 or 2, got 3."),
    (lambda: ours(drop_path=1.0), "below 1"),
    (lambda: ours()(images(1, 3, 30, 32)), "30 × 32 pixels cannot be cut into patches of 4 × 4"),
    (lambda: ours()(images(1, 1, 32, 32)), "must have 3 channels, got 1"),
    (lambda: ours()(images(3, 32, 32)), "images must have shape (B, C, H, W), got (3, 32, 32)."),
    (lambda: swin("XL"), 'named like "T" or "V2-T", its size one of T, S, B, L; got \'XL\'.'),
    (lambda: swin("V3-T"), "got 'V3-T'."),
    (lambda: ours(window_size=0), "got 0 × 0"),
]


@pytest.mark.parametrize("call, message", ERRORS, ids=[message for _, message in ERRORS])
def test_errors(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


def test_sizes_by_name():
    with torch.device("meta"):
        model, second = swin("T", num_classes=3, window_size=5), swin("V2-T")
    assert model.head.out_features == 3 and model.stages[0][0].attn.window_size == (5, 5)
    assert second.head.out_features == 1000 and second.stages[0][0].attn.window_size == (8, 8)
    assert isinstance(second.stages[3][1], SwinBlockV2) and type(model.stages[3][1]) is SwinBlock
