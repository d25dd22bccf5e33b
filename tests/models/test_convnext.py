"""ConvNeXt: equal to torchvision's and timm's, forward and backward; layer normalisation of maps; clear errors."""

import re

import pytest
import timm
import torch
import torchvision
from timm.models.convnext import ConvNeXtBlock as TimmBlock
from torch import nn
from torch.nn import functional as F
from torchvision.models.convnext import CNBlock, CNBlockConfig

from utils import weights
from utils.models.convnext import SIZES, ConvNeXt, ConvNeXtBlock, LayerNorm2d, convnext, draw_weights, smallest_side

DEPTHS, WIDTHS = (1, 2, 2, 1), (8, 12, 16, 20)
SMALL = {"depths": DEPTHS, "widths": WIDTHS, "num_classes": 5}
BLOCK = [(r"gamma", "ls.gamma"), (r"(.+)", r"\1")]
CONV_BLOCK = [(r"mlp\.(fc[12])\.weight", r"mlp.\1.weight#1x1"), *BLOCK]
TORCHVISION_BLOCK = [
    (r"layer_scale", "ls.gamma#1x1"),
    (r"block\.0\.(.+)", r"conv_dw.\1"),
    (r"block\.2\.(.+)", r"norm.\1"),
    (r"block\.3\.(.+)", r"mlp.fc1.\1"),
    (r"block\.5\.(.+)", r"mlp.fc2.\1"),
]


def images(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def woken(model):
    """Give random values to everything that starts at zero, one or a millionth, so that a comparison sees it."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.3 * torch.randn(parameter.shape, generator=generator)
    return model.eval()


def their_timm(**options):
    return woken(timm.models.ConvNeXt(depths=DEPTHS, dims=WIDTHS, **{"num_classes": 5, **options}))


def their_torchvision(**options):
    setting = [CNBlockConfig(a, b, n) for a, b, n in zip(WIDTHS, (*WIDTHS[1:], None), DEPTHS, strict=True)]
    return woken(torchvision.models.ConvNeXt(setting, num_classes=5, **options))


# Parity with the world


@pytest.mark.parametrize("shape", [(2, 3, 32, 32), (1, 3, 64, 96), (2, 3, 50, 37)])
def test_parity_with_torchvision_and_timm_on_squares_rectangles_and_sizes_that_do_not_fit(shape):
    for theirs, rules in (
        (their_torchvision(), weights.TORCHVISION_CONVNEXT),
        (their_timm(), weights.TIMM_CONVNEXT),
        (their_timm(conv_mlp=True), weights.TIMM_CONVNEXT_CONV_MLP),
    ):
        parity = weights.compare(ConvNeXt(**SMALL), theirs, rules, images(*shape))
        assert parity.parameters == sum(p.numel() for p in theirs.parameters())


def test_parity_with_timm_with_other_kernels_channels_and_without_layer_scale():
    theirs = their_timm(kernel_sizes=5, in_chans=1, ls_init_value=None)
    ours = ConvNeXt(in_channels=1, kernel_size=5, layer_scale=None, **SMALL)
    weights.compare(ours, theirs, weights.TIMM_CONVNEXT, images(2, 1, 32, 64))


@pytest.mark.parametrize("C, shape", [(6, (2, 6, 5, 9)), (1, (1, 1, 3, 3)), (4, (3, 4, 1, 1))])
def test_block_is_that_of_torchvision_and_timm(C, shape):
    for theirs, rules in (
        (CNBlock(C, 0.5, 0.0), TORCHVISION_BLOCK),
        (TimmBlock(C), BLOCK),
        (TimmBlock(C, conv_mlp=True), CONV_BLOCK),
    ):
        weights.compare(ConvNeXtBlock(C), woken(theirs), rules, images(*shape))


@pytest.mark.slow
@pytest.mark.parametrize("library", ["torchvision", "timm"])
def test_parity_of_the_tiny_size(library):
    if library == "torchvision":
        theirs, rules = torchvision.models.convnext_tiny(), weights.TORCHVISION_CONVNEXT
    else:
        theirs, rules = timm.create_model("convnext_tiny"), weights.TIMM_CONVNEXT
    with torch.no_grad():
        for name, parameter in theirs.named_parameters():
            if "gamma" in name or "layer_scale" in name:
                parameter.fill_(0.2)
    parity = weights.compare(convnext("T"), theirs, rules, images(1, 3, 64, 96))
    assert parity.parameters == 28_589_128


@pytest.mark.parametrize("size, name", [("T", "tiny"), ("S", "small"), ("B", "base"), ("L", "large")])
def test_published_sizes_have_the_published_number_of_parameters(size, name):
    with torch.device("meta"):
        ours, theirs = convnext(size), getattr(torchvision.models, f"convnext_{name}")()
        timms = timm.create_model(f"convnext_{name}")
    published = torchvision.models.get_model_weights(f"convnext_{name}").DEFAULT.meta["num_params"]
    assert {sum(p.numel() for p in model.parameters()) for model in (ours, theirs, timms)} == {published}
    weights.copy_weights(theirs, ours, weights.TORCHVISION_CONVNEXT)  # on the meta device: names and shapes
    weights.copy_weights(timms, ours, weights.TIMM_CONVNEXT)


# Parity sees the mistakes that keep every shape


class OneMeanPerImage(ConvNeXtBlock):
    def forward(self, x):
        y = F.group_norm(self.conv_dw(x), 1, self.norm.weight, self.norm.bias, 1e-6).permute(0, 2, 3, 1)
        return x + self.ls(self.mlp(y)).permute(0, 3, 1, 2)


class NormFirst(ConvNeXtBlock):
    def forward(self, x):
        y = self.conv_dw(self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        return x + self.ls(self.mlp(y)).permute(0, 3, 1, 2)


class WithoutScale(ConvNeXtBlock):
    def forward(self, x):
        return x + self.mlp(self.norm(self.conv_dw(x).permute(0, 2, 3, 1))).permute(0, 3, 1, 2)


class ScaleOfTheSum(ConvNeXtBlock):
    def forward(self, x):
        y = self.mlp(self.norm(self.conv_dw(x).permute(0, 2, 3, 1)))
        return self.ls(x.permute(0, 2, 3, 1) + y).permute(0, 3, 1, 2)


class TanhGelu(ConvNeXtBlock):
    def forward(self, x):
        y = self.mlp.fc1(self.norm(self.conv_dw(x).permute(0, 2, 3, 1)))
        y = self.mlp.fc2(F.gelu(y, approximate="tanh"))
        return x + self.ls(y).permute(0, 3, 1, 2)


@pytest.mark.parametrize("mistake", [OneMeanPerImage, NormFirst, WithoutScale, ScaleOfTheSum, TanhGelu])
def test_parity_sees_each_mistake(mistake):
    with pytest.raises(AssertionError, match="differ"):
        weights.compare(mistake(6), woken(CNBlock(6, 0.5, 0.0)), TORCHVISION_BLOCK, images(2, 6, 5, 9))


class NormBeforeTheMean(ConvNeXt):
    def forward(self, x):
        x = self.norm(self.forward_features(x)[-1].permute(0, 2, 3, 1))
        return self.head(x.mean(dim=(1, 2)))


def test_parity_sees_a_head_that_normalises_before_it_pools():
    with pytest.raises(AssertionError, match="differ"):
        weights.compare(
            NormBeforeTheMean(**SMALL), their_torchvision(), weights.TORCHVISION_CONVNEXT, images(1, 3, 64, 64)
        )


def test_parity_sees_another_epsilon():
    theirs, rules = woken(CNBlock(6, 0.5, 0.0)), TORCHVISION_BLOCK
    theirs.block[2].eps = 1e-5
    with pytest.raises(AssertionError, match="differ"):
        weights.compare(ConvNeXtBlock(6), theirs, rules, images(2, 6, 5, 9))


# The weight map


def test_a_1x1_convolution_becomes_a_linear_layer_and_nothing_else_does():
    state = {"fc.weight": torch.arange(6.0).reshape(3, 2, 1, 1), "scale": torch.ones(3, 1, 1)}
    renamed = weights.rename(state, [(r"(.+)", r"\1#1x1")])
    assert {name: tuple(value.shape) for name, value in renamed.items()} == {"fc.weight": (3, 2), "scale": (3,)}
    conv, x = nn.Conv2d(2, 3, 1), images(2, 2, 4, 5)
    linear = weights.rename(conv.state_dict(), [(r"weight", "weight#1x1"), (r"bias", "bias")])
    torch.testing.assert_close(F.linear(x.movedim(1, -1), linear["weight"], linear["bias"]).movedim(-1, 1), conv(x))
    for shape in [(3, 2), (3, 2, 3, 3), (3, 2, 1, 3)]:
        with pytest.raises(ValueError, match="no last two axes of length 1"):
            weights.rename({"weight": torch.ones(shape)}, [(r"weight", "weight#1x1")])


# Layer normalisation of a map


@pytest.mark.parametrize("shape", [(2, 6, 4, 5), (1, 6, 1, 1), (0, 6, 3, 3)])
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_layer_norm_2d_is_that_of_torchvision_and_timm(shape, memory_format):
    x = images(*shape).contiguous(memory_format=memory_format)
    ours = woken(LayerNorm2d(6))
    for theirs in (torchvision.models.convnext.LayerNorm2d(6, eps=1e-6), timm.layers.LayerNorm2d(6)):
        theirs.load_state_dict(ours.state_dict())
        torch.testing.assert_close(ours(x), theirs(x))


def test_layer_norm_2d_keeps_places_apart_and_group_norm_does_not():
    x = images(2, 6, 4, 5)
    changed = x.clone()
    changed[0, :, 1, 2] += torch.arange(6.0)
    for norm, places in ((LayerNorm2d(6), 1), (nn.GroupNorm(1, 6), 20)):
        moved = (norm(x) - norm(changed)).abs().amax(dim=1) > 1e-6  # (B, H, W)
        assert moved.sum() == places and not moved[1].any()


# What goes in and comes out


def test_features_are_a_pyramid_of_maps():
    model = ConvNeXt(**SMALL)
    for H, W in [(32, 32), (64, 96), (47, 100)]:
        maps = model.forward_features(images(2, 3, H, W))
        assert [tuple(m.shape) for m in maps] == [(2, C, H // 4 // 2**i, W // 4 // 2**i) for i, C in enumerate(WIDTHS)]
    assert smallest_side(DEPTHS, WIDTHS, 4) == 32 and smallest_side((1,), (8,), 2) == 2
    two = ConvNeXt(depths=(1, 1), widths=(4, 8), patch_size=2, num_classes=3)
    assert two(images(1, 3, 4, 6)).shape == (1, 3)


def test_maps_lie_channels_last_in_memory_so_that_permutations_copy_nothing():
    model = ConvNeXt(**SMALL)
    for m in model.forward_features(images(2, 3, 64, 96)):
        assert m.is_contiguous(memory_format=torch.channels_last)


def test_a_new_block_is_nearly_the_identity_and_without_layer_scale_it_is_not():
    x = images(2, 6, 5, 5)
    assert 0 < (ConvNeXtBlock(6)(x) - x).abs().max() < 1e-4
    assert (ConvNeXtBlock(6, layer_scale=None)(x) - x).abs().max() > 1e-2
    assert torch.equal(ConvNeXtBlock(6).ls.gamma, TimmBlock(6).gamma)


def test_depth_wise_kernels_see_one_channel_each():
    block = ConvNeXtBlock(6, kernel_size=5)
    assert block.conv_dw.weight.shape == (6, 1, 5, 5)
    assert block.conv_dw(images(1, 6, 8, 9)).shape == (1, 6, 8, 9)


def test_drop_path_acts_in_training_only_and_grows_from_the_first_block_to_the_last():
    model = woken(ConvNeXt(drop_path=0.5, **SMALL))
    rates = [block.drop_path.rate for stage in model.stages for block in stage]
    assert rates == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.5])
    theirs = [
        b.stochastic_depth.p for i in (1, 3, 5, 7) for b in their_torchvision(stochastic_depth_prob=0.5).features[i]
    ]
    assert rates == pytest.approx(theirs)
    x = images(8, 3, 32, 32)
    assert torch.equal(model(x), model(x))
    model.train()
    assert not torch.equal(model(x), model(x))
    with torch.device("meta"):
        assert convnext("T", drop_path=0.1).stages[3][2].drop_path.rate == pytest.approx(0.1)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_dtype_is_kept(dtype):
    assert ConvNeXt(**SMALL).to(dtype)(images(1, 3, 32, 32).to(dtype)).dtype == dtype


def test_weights_start_with_a_deviation_of_two_hundredths():
    torch.manual_seed(0)
    for layer in (nn.Linear(200, 300), nn.Conv2d(20, 30, 5)):
        draw_weights(layer)
        assert layer.weight.std().item() == pytest.approx(0.02, rel=0.03) and not layer.bias.any()
    model = ConvNeXt(**SMALL)
    assert model.head.weight.std().item() == pytest.approx(0.02, rel=0.2) and not model.head.bias.any()


# Errors


@pytest.mark.parametrize("name", ["t", "XXL", "tiny", ""])
def test_another_name_is_an_error(name):
    with pytest.raises(ValueError, match=re.escape(f"one of {', '.join(SIZES)}; got {name!r}")):
        convnext(name)


def test_errors():
    with pytest.raises(ValueError, match="kernel_size must be odd, so that the map keeps its size, got 4"):
        ConvNeXtBlock(6, kernel_size=4)
    with pytest.raises(ValueError, match=re.escape("as many depths as widths, got (1, 2) and (8,)")):
        ConvNeXt(depths=(1, 2), widths=(8,))
    with pytest.raises(ValueError, match=re.escape("at least 32 × 32 pixels, got (1, 3, 64, 31)")):
        ConvNeXt(**SMALL)(images(1, 3, 64, 31))
    with pytest.raises(ValueError, match=re.escape("must have shape (..., 6), got (2, 4, 5, 7)")):
        LayerNorm2d(6)(images(2, 7, 4, 5))
    with pytest.raises(ValueError, match="below 1"):
        ConvNeXt(drop_path=1.0, **SMALL)
