"""Convolution, receptive fields and the residual network: the same as PyTorch's and torchvision's, and clear errors."""

import re

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torchvision.models.resnet import BasicBlock

from utils import weights
from utils.models.convolution import ResidualBlock, ResidualCNN, conv2d, effective_receptive_field, receptive_field

SAME_NAMES = [(r"(.+)", r"\1")]

SHAPES = [
    ((1, 1, 5, 5), (1, 1, 3, 3), 1, 0),
    ((2, 3, 8, 12), (4, 3, 3, 3), 1, 1),
    ((2, 3, 9, 7), (5, 3, 3, 3), 2, 1),
    ((1, 2, 10, 11), (3, 2, 4, 2), 3, 2),  # neither kernel nor image square, windows that do not fit exactly
    ((2, 3, 8, 8), (6, 3, 4, 4), 4, 0),  # patches
    ((3, 4, 6, 6), (2, 4, 1, 1), 2, 0),  # kernel smaller than the stride
    ((1, 1, 2, 3), (1, 1, 6, 7), 1, 2),  # one window, padding included
    ((0, 3, 8, 8), (4, 3, 3, 3), 1, 1),  # an empty batch
]


def random(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


# Convolution


@pytest.mark.parametrize("images, kernels, stride, padding", SHAPES)
@pytest.mark.parametrize("has_bias", [True, False])
def test_conv2d_is_that_of_pytorch_forward_and_backward(images, kernels, stride, padding, has_bias):
    found, expected = [], []
    for function, results in ((conv2d, found), (F.conv2d, expected)):
        x, weight, bias = random(*images), random(*kernels, seed=1), random(kernels[0], seed=2)
        leaves = [t.requires_grad_() for t in (x, weight, bias)][: 3 if has_bias else 2]
        y = function(x, weight, bias if has_bias else None, stride=stride, padding=padding)
        results += [y, *torch.autograd.grad(y, leaves, random(*y.shape, seed=3))]
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_conv2d_keeps_the_dtype_and_takes_any_memory_layout(dtype):
    x, weight = random(2, 3, 6, 8, dtype=dtype), random(4, 3, 3, 3, seed=1, dtype=dtype)
    y = conv2d(x, weight, padding=1)
    assert y.dtype == dtype
    torch.testing.assert_close(y, F.conv2d(x, weight, padding=1))
    torch.testing.assert_close(conv2d(x.to(memory_format=torch.channels_last), weight, padding=1), y)


ERRORS = [
    ((3, 8, 8), (4, 3, 3, 3), None, 1, 0, "(B, C, H, W), got (3, 8, 8). For a single image: images.unsqueeze(0)."),
    ((8, 8), (4, 3, 3, 3), None, 1, 0, "images must have shape (B, C, H, W), got (8, 8)."),
    ((1, 3, 8, 8), (3, 3, 3), None, 1, 0, "weight must have shape (D, C, K_h, K_w), none of them 0, got (3, 3, 3)"),
    ((1, 3, 8, 8), (4, 3, 0, 3), None, 1, 0, "none of them 0, got (4, 3, 0, 3)"),
    ((1, 1, 8, 8), (4, 3, 3, 3), None, 1, 0, "images have 1 channels, but each kernel has 3"),
    ((1, 3, 8, 8), (4, 3, 3, 3), (3,), 1, 0, "bias must have shape (4,), one per kernel, got (3,)"),
    ((1, 3, 8, 8), (4, 3, 3, 3), None, 0, 0, "stride must be at least 1, got 0"),
    ((1, 3, 8, 8), (4, 3, 3, 3), None, 1, -1, "padding must be at least 0, got -1"),
    ((1, 3, 2, 8), (4, 3, 5, 3), None, 1, 1, "a kernel of 5 × 3 does not fit into 2 × 8 pixels with padding 1"),
    ((1, 3, 8, 2), (4, 3, 3, 5), None, 1, 1, "a kernel of 3 × 5 does not fit into 8 × 2 pixels with padding 1"),
]


@pytest.mark.parametrize("images, kernels, bias, stride, padding, message", ERRORS, ids=[e[-1] for e in ERRORS])
def test_errors_of_conv2d(images, kernels, bias, stride, padding, message):
    bias = None if bias is None else torch.zeros(bias)
    with pytest.raises(ValueError, match=re.escape(message)):
        conv2d(torch.zeros(images), torch.zeros(kernels), bias, stride, padding)


# Receptive fields

STACKS = [
    ([], 1),
    ([(3, 1)], 3),
    ([(3, 1)] * 5, 11),
    ([(3, 2), (3, 2)], 7),
    ([(2, 2), (2, 2), (2, 2)], 8),
    ([(7, 2), (3, 2), (3, 1)], 19),
    ([(1, 3), (5, 1)], 13),  # with holes
]


@pytest.mark.parametrize("layers, expected", STACKS)
def test_receptive_field_is_where_the_gradient_is(layers, expected):
    assert receptive_field(layers) == expected
    model = nn.Sequential(*(nn.Conv2d(1, 1, k, s, bias=False) for k, s in layers)).double()
    for layer in model:
        nn.init.ones_(layer.weight)
    rows, columns = (effective_receptive_field(model, random(2, 1, 57, 57)) > 0).nonzero().T
    assert [int(places.max() - places.min()) + 1 for places in (rows, columns)] == [expected, expected]


def test_receptive_field_of_known_networks():
    conv, pool = (3, 1), (2, 2)
    vgg16 = [conv, conv, pool] * 2 + [conv, conv, conv, pool] * 3
    assert receptive_field(vgg16) == 212  # Araujo et al. (2019), table 1
    resnet18 = [(7, 2), (3, 2), *[(3, 1)] * 4, *([(3, 2), *[(3, 1)] * 3] * 3)]
    assert receptive_field(resnet18) == 435


@pytest.mark.parametrize("layer", [(0, 1), (3, 0), (-3, 1), (3, -1)])
def test_receptive_field_refuses_impossible_layers(layer):
    with pytest.raises(ValueError, match=re.escape(f"must be at least 1, got {layer}")):
        receptive_field([(3, 1), layer])


def test_effective_receptive_field_is_the_mean_size_of_the_gradient_of_the_centre():
    weight = random(2, 3, 3, 3)
    model = nn.Conv2d(3, 2, 3, padding=1, dtype=torch.float64)
    model.weight.data = weight
    x = random(4, 3, 7, 9, seed=1).requires_grad_()
    found = effective_receptive_field(model, x)
    expected = torch.zeros(7, 9, dtype=torch.float64)
    expected[2:5, 3:6] = weight.sum(dim=0).abs().mean(dim=0)  # the same for each of the four images
    torch.testing.assert_close(found, expected)
    assert model.weight.grad is None and x.grad is None and not found.requires_grad
    images = random(1, 3, 7, 9)
    effective_receptive_field(model, images)
    assert not images.requires_grad, "the caller's images now record gradients"


def test_effective_receptive_field_refuses_batch_statistics_and_outputs_without_places():
    model = ResidualCNN(widths=(4, 8))
    with pytest.raises(ValueError, match=re.escape("call model.eval() first")):
        effective_receptive_field(model.stages, torch.zeros(1, 4, 8, 8))
    with pytest.raises(ValueError, match=re.escape("must return a feature map (B, D, H', W'), got (2, 10)")):
        effective_receptive_field(model.eval(), torch.zeros(2, 3, 8, 8))


# Residual blocks


@pytest.mark.parametrize("in_channels, out_channels, stride", [(8, 8, 1), (8, 16, 2), (8, 8, 2), (8, 12, 1)])
def test_residual_block_is_that_of_torchvision(in_channels, out_channels, stride):
    theirs = torchvision_block(in_channels, out_channels, stride)
    for train in (False, True):  # running statistics, then those of the batch
        ours, x = ResidualBlock(in_channels, out_channels, stride), random(3, in_channels, 9, 12)
        parity = weights.compare(ours, theirs, SAME_NAMES, x)
        assert parity.parameters == sum(p.numel() for p in theirs.parameters())
        weights.copy_weights(theirs, ours, SAME_NAMES)
        y, expected = (block.double().train(train)(x) for block in (ours, theirs))
        torch.testing.assert_close(y, expected, rtol=1e-12, atol=1e-12)


def torchvision_block(in_channels, out_channels, stride):
    shortcut = None
    if stride != 1 or in_channels != out_channels:
        shortcut = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)
        )
    return randomise(BasicBlock(in_channels, out_channels, stride, shortcut))


def randomise(model):
    """Give batch normalisation statistics and weights that show a mistake, unlike 0 and 1."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor in (module.weight, module.running_var):
                nn.init.uniform_(tensor, 0.5, 2.0)
            for tensor in (module.bias, module.running_mean):
                nn.init.normal_(tensor)
    return model


class FromTorchvision(nn.Module):
    """The residual network put together from torchvision's blocks."""

    def __init__(self, in_channels, num_classes, widths, blocks):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, widths[0], 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(widths[0])
        self.blocks = nn.Sequential()
        for before, width in zip([widths[0], *widths], widths, strict=False):
            for block in range(blocks):
                first = block == 0
                stride = 1 if not first or len(self.blocks) == 0 else 2
                self.blocks.append(torchvision_block(before if first else width, width, stride))
        self.fc = nn.Linear(widths[-1], num_classes)

    def forward(self, x):
        x = self.blocks(F.relu(self.bn(self.conv(x))))
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))


@pytest.mark.parametrize(
    "in_channels, num_classes, widths, blocks, size",
    [(3, 10, (16, 32, 64), 1, (32, 32)), (1, 4, (4, 6), 3, (13, 18)), (2, 3, (8,), 2, (5, 4))],
)
def test_residual_cnn_is_the_one_made_of_torchvisions_blocks(in_channels, num_classes, widths, blocks, size):
    theirs = randomise(FromTorchvision(in_channels, num_classes, widths, blocks))
    rules = [
        (r"conv\.(.+)", r"stem.0.\1"),
        (r"bn\.(.+)", r"stem.1.\1"),
        (r"blocks\.(.+)", r"stages.\1"),
        (r"fc\.(.+)", r"head.\1"),
    ]
    ours = ResidualCNN(in_channels, num_classes, widths, blocks)
    weights.compare(ours, theirs, rules, random(2, in_channels, *size))
    shrunk = [-(-side // 2 ** (len(widths) - 1)) for side in size]
    assert ours.forward_features(torch.zeros(2, in_channels, *size)).shape == (2, widths[-1], *shrunk)


def test_residual_cnn_has_the_size_of_the_one_in_the_paper():
    model = ResidualCNN(blocks=3)  # ResNet-20, 0.27 M parameters: He et al. (2016), table 6
    projections = sum(p.numel() for name, p in model.named_parameters() if "downsample" in name)
    assert sum(p.numel() for p in model.parameters()) - projections == 269_722


def test_pooling_makes_the_answer_independent_of_where_a_distant_object_is():
    torch.manual_seed(0)
    model = randomise(ResidualCNN(widths=(4, 8, 8))).double().eval()
    image = torch.zeros(1, 3, 96, 96, dtype=torch.float64)
    image[:, :, 40:48, 40:48] = random(1, 3, 8, 8)
    with torch.no_grad():
        same, other = (model(image.roll(shift, dims=3)) for shift in (8, 2))  # a multiple of the stride 4, and not
    torch.testing.assert_close(same, model(image), rtol=0, atol=1e-12)
    assert (other - model(image)).abs().max() > 1e-6
