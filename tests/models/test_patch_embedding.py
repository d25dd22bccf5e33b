"""Patch embedding: the same as timm's, torchvision's and PyTorch's own, forward and backward; clear errors."""

import re

import numpy as np
import pytest
import timm.layers
import torch
import torchvision
from torch import nn
from torch.nn import functional as F

from utils import weights
from utils.models.patch_embedding import ClassToken, PatchEmbedding, patchify, unpatchify

SHAPES = [(1, 3, 32, 32, 16), (2, 3, 48, 32, 16), (2, 1, 6, 9, 3), (3, 4, 5, 7, 1), (2, 5, 8, 24, 8), (0, 3, 8, 8, 4)]
# (B, C, H, W, P): square, tall, one channel, single pixels, five channels and one row of patches, an empty batch


def images(batch, channels, height, width, dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(batch, channels, height, width, generator=generator, dtype=dtype)


# Parity with the world


@pytest.mark.parametrize("batch, channels, height, width, patch_size", [shape for shape in SHAPES if shape[0]])
def test_parity_with_timm(batch, channels, height, width, patch_size):
    theirs = timm.layers.PatchEmbed(None, patch_size, in_chans=channels, embed_dim=24)
    ours = PatchEmbedding(patch_size, channels, embed_dim=24)
    parity = weights.compare(ours, theirs, [(r"proj\.(.+)", r"proj.\1")], images(batch, channels, height, width))
    assert parity.parameters == 24 * (channels * patch_size**2 + 1)


@pytest.mark.parametrize("image_size, patch_size", [(64, 16), (64, 32), (42, 14)])
def test_parity_with_torchvision(image_size, patch_size):
    options = {"num_layers": 1, "num_heads": 1, "hidden_dim": 24, "mlp_dim": 24}
    theirs = torchvision.models.VisionTransformer(image_size, patch_size, **options)
    rules = [(r"conv_proj\.(.+)", r"proj.\1"), (r".+", None)]
    weights.copy_weights(theirs, ours := PatchEmbedding(patch_size, 3, 24), rules)
    x = images(2, 3, image_size, image_size, torch.float32)
    torch.testing.assert_close(ours(x), theirs._process_input(x))


def test_parity_with_the_whole_first_stage_of_torchvision_vit_b_16():
    theirs = torchvision.models.vit_b_16(image_size=64)
    ours = nn.Sequential(PatchEmbedding(16, 3, 768), ClassToken(768))
    stage = nn.Module()  # what of theirs the first stage consists of; the rest would have no gradient
    stage.conv_proj, stage.class_token = theirs.conv_proj, nn.Parameter(torch.randn(1, 1, 768))

    def first_stage(stage, x):
        theirs.conv_proj = stage.conv_proj
        return torch.cat([stage.class_token.expand(len(x), -1, -1), theirs._process_input(x)], dim=1)

    rules = [(r"conv_proj\.(.+)", r"0.proj.\1"), ("class_token", "1.token")]
    parity = weights.compare(ours, stage, rules, images(2, 3, 64, 64), first_stage)
    assert parity.parameters == 768 * (3 * 16**2 + 1) + 768


# Cutting


@pytest.mark.parametrize("batch, channels, height, width, patch_size", SHAPES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
def test_patchify_is_unfold(batch, channels, height, width, patch_size, dtype):
    x = images(batch, channels, height, width, dtype)
    found = patchify(x, patch_size)
    assert found.dtype == dtype
    assert torch.equal(found, F.unfold(x.double(), patch_size, stride=patch_size).transpose(1, 2).to(dtype))


@pytest.mark.parametrize("batch, channels, height, width, patch_size", SHAPES)
def test_unpatchify_inverts_patchify(batch, channels, height, width, patch_size):
    x = images(batch, channels, height, width)
    assert torch.equal(unpatchify(patchify(x, patch_size), patch_size, (height, width)), x)


@pytest.mark.parametrize("memory_format", [torch.channels_last, torch.contiguous_format])
def test_memory_layout_does_not_matter(memory_format):
    x = images(2, 3, 8, 12)
    laid_out = x.to(memory_format=memory_format)
    assert torch.equal(patchify(laid_out, 4), patchify(x, 4))
    assert torch.equal(patchify(x.transpose(2, 3), 4), patchify(x.transpose(2, 3).contiguous(), 4))


def test_patchify_and_unpatchify_are_differentiable():
    x = images(1, 2, 4, 6).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: patchify(x, 2), x)
    assert torch.autograd.gradcheck(lambda x: unpatchify(x, 2, (4, 6)), patchify(x.detach(), 2).requires_grad_())


def test_shape_tells_a_wide_image_from_a_tall_one():
    x = images(1, 1, 2, 8)
    assert unpatchify(patchify(x, 2), 2, (8, 2)).shape == (1, 1, 8, 2)


# Projecting and the class token


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_convolution_is_a_linear_layer_on_patches(dtype):
    embed = PatchEmbedding(4, 3, embed_dim=10).to(dtype)
    x = images(2, 3, 8, 12, dtype)
    linear = F.linear(patchify(x, 4), embed.proj.weight.flatten(1), embed.proj.bias)
    assert embed(x).dtype == dtype
    torch.testing.assert_close(embed(x), linear)


def test_default_is_that_of_vit_base():
    assert PatchEmbedding()(torch.zeros(1, 3, 224, 224)).shape == (1, 196, 768)


def test_class_token_comes_first_and_is_shared():
    token = ClassToken(4).double()
    nn.init.normal_(token.token)
    x = images(3, 1, 5, 4).squeeze(1).requires_grad_()
    y = token(x)
    assert y.shape == (3, 6, 4)
    assert torch.equal(y[:, 0], token.token[0].expand(3, 4)) and torch.equal(y[:, 1:], x)
    y.sum().backward()
    assert torch.equal(token.token.grad, torch.full((1, 1, 4), 3.0, dtype=torch.float64))  # one from each image
    assert torch.equal(x.grad, torch.ones_like(x))


# Errors name the values, and what would fit

ERRORS = [
    (torch.zeros(1, 3, 230, 224), 16, ValueError, "230 × 224 pixels cannot be cut into patches of 16 × 16"),
    (torch.zeros(1, 3, 230, 224), 16, ValueError, "Resize it to 224 × 224, or use one of the patch sizes [1, 2]"),
    (torch.zeros(1, 3, 224, 200), 16, ValueError, "Resize it to 224 × 192, or use one of the patch sizes [1, 2, 4, 8]"),
    (torch.zeros(1, 3, 8, 8), 16, ValueError, "Resize it to 16 × 16, or use one of the patch sizes [1, 2, 4, 8]"),
    (torch.zeros(1, 3, 0, 16), 16, ValueError, "0 × 16 pixels"),
    (torch.zeros(3, 32, 32), 16, ValueError, "(B, C, H, W), got (3, 32, 32). For a single image: images.unsqueeze(0)."),
    (torch.zeros(32, 32), 16, ValueError, "(B, C, H, W), got (32, 32)."),
    (torch.zeros(1, 1, 3, 32, 32), 16, ValueError, "got (1, 1, 3, 32, 32)"),
    (
        torch.zeros(1, 3, 32, 32, dtype=torch.uint8),
        16,
        TypeError,
        "got torch.uint8. For uint8 pixels: images.float() / 255",
    ),
    (torch.zeros(1, 3, 32, 32, dtype=torch.int64), 16, TypeError, "got torch.int64"),
    (torch.zeros(1, 3, 32, 32, dtype=torch.bool), 16, TypeError, "got torch.bool"),
    ([[[[0.0]]]], 1, TypeError, "got list"),
    (torch.zeros(1, 3, 32, 32), 0, ValueError, "patch_size must be at least 1, got 0"),
    (torch.zeros(1, 3, 32, 32), -16, ValueError, "patch_size must be at least 1, got -16"),
    (torch.zeros(1, 3, 32, 32), 16.0, TypeError, "patch_size must be an integer, got 16.0 of type float"),
    (torch.zeros(1, 3, 32, 32), True, TypeError, "patch_size must be an integer, got True of type bool"),
    (torch.zeros(1, 3, 32, 32), (16, 16), TypeError, "patch_size must be an integer, got (16, 16) of type tuple"),
]


@pytest.mark.parametrize("x, patch_size, error, message", ERRORS, ids=[message for *_, message in ERRORS])
@pytest.mark.parametrize("function", [patchify, lambda x, p: PatchEmbedding(p)(x)], ids=["patchify", "PatchEmbedding"])
def test_errors(function, x, patch_size, error, message):
    with pytest.raises(error, match=re.escape(message)):
        function(x, patch_size)


def test_patch_sizes_that_the_error_suggests_fit():
    with pytest.raises(ValueError) as error:
        patchify(torch.zeros(1, 3, 36, 60), 16)
    (sizes,) = re.findall(r"patch sizes \[(.+)\]", str(error.value))
    assert [int(p) for p in sizes.split(", ")] == [1, 2, 3, 4, 6, 12]
    height, width = map(int, re.search(r"Resize it to (\d+) × (\d+)", str(error.value)).groups())
    assert patchify(torch.zeros(1, 3, height, width), 16).shape == (1, 8, 768)


def test_other_number_of_channels_is_an_error():
    with pytest.raises(ValueError, match=re.escape("images must have 3 channels, got 1: (2, 1, 32, 32)")):
        PatchEmbedding(16, in_channels=3)(torch.zeros(2, 1, 32, 32))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16])
def test_images_of_another_dtype_than_the_weights_are_an_error(dtype):
    message = f"images are {dtype}, but the model is torch.float32. Convert them: images.to(torch.float32)."
    with pytest.raises(TypeError, match=re.escape(message)):
        PatchEmbedding(16)(torch.zeros(1, 3, 32, 32, dtype=dtype))


def test_autocast_converts():
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert PatchEmbedding(16, embed_dim=8)(torch.zeros(1, 3, 32, 32)).dtype == torch.bfloat16
        assert PatchEmbedding(16, embed_dim=8)(torch.zeros(1, 3, 32, 32).bfloat16()).dtype == torch.bfloat16


def test_on_the_meta_device_shapes_and_errors_are_the_same():
    embed = PatchEmbedding(16, embed_dim=8).to("meta")
    tokens = embed(torch.zeros(2, 3, 32, 48, device="meta"))
    assert tokens.shape == (2, 6, 8) and tokens.is_meta
    with pytest.raises(TypeError, match=re.escape("images are torch.float64, but the model is torch.float32")):
        embed(torch.zeros(2, 3, 32, 48, device="meta", dtype=torch.float64))


def test_patch_size_may_be_an_integer_of_numpy():
    assert patchify(torch.zeros(1, 1, 4, 4), np.int64(2)).shape == (1, 4, 4)


@pytest.mark.parametrize("shape", [(4, 8), (1, 4, 9), (1, 2, 4, 8)])
def test_tokens_that_do_not_fit_the_class_token(shape):
    with pytest.raises(ValueError, match=re.escape(f"tokens must have shape (B, N, 8), got {shape}")):
        ClassToken(8)(torch.zeros(shape))


@pytest.mark.parametrize(
    "shape, patch_size, image_size, error, message",
    [
        ((1, 4, 12), 2, (4, 5), ValueError, "an image of 4 × 5 pixels has no patches of 2 × 2"),
        ((1, 4, 12), 2, (4, 6), ValueError, "do not fill an image of 4 × 6 pixels, which has 2 × 3 = 6"),
        ((1, 4, 12), 2, (-4, -4), ValueError, "an image of -4 × -4 pixels"),
        ((1, 4, 12), 2, 4, TypeError, "image_size must be (H, W), two integers, got 4"),
        ((1, 4, 12), 2, (4.0, 4.0), TypeError, "image_size must be (H, W), two integers, got (4.0, 4.0)"),
        ((1, 4, 13), 2, (4, 4), ValueError, "a patch of 13 values is no multiple of P² = 4"),
        ((1, 4, 0), 2, (4, 4), ValueError, "a patch of 0 values"),
        ((4, 12), 2, (4, 4), ValueError, "(B, N, C·P²), got (4, 12)"),
        ((1, 4, 12), 0, (4, 4), ValueError, "at least 1, got 0"),
        ((1, 4, 12), 2.0, (4, 4), TypeError, "an integer, got 2.0"),
    ],
)
def test_errors_of_unpatchify(shape, patch_size, image_size, error, message):
    with pytest.raises(error, match=re.escape(message)):
        unpatchify(torch.zeros(shape), patch_size, image_size)


# Mistakes that keep the shape: the checks above must see each of them

MISTAKES = {
    "reshape only": lambda x, p: x.reshape(len(x), -1, x.shape[1] * p * p),
    "columns first": lambda x, p: F.unfold(x.transpose(2, 3), p, stride=p).transpose(1, 2),
    "channels last": lambda x, p: patchify(x, p).unflatten(2, (x.shape[1], p * p)).transpose(2, 3).flatten(2),
    "unfold without transpose": lambda x, p: F.unfold(x, p, stride=p).reshape(len(x), -1, x.shape[1] * p * p),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_mistakes_keep_the_shape_and_scramble_the_values(mistake):
    x = images(2, 3, 8, 12)
    assert mistake(x, 4).shape == patchify(x, 4).shape
    assert not torch.equal(mistake(x, 4), patchify(x, 4))


def test_parity_sees_tokens_made_by_reshape():
    class Scrambled(PatchEmbedding):
        def forward(self, x):
            return self.proj(x).reshape(len(x), -1, self.proj.out_channels)

    theirs = timm.layers.PatchEmbed(None, 4, embed_dim=24)
    with pytest.raises(AssertionError, match="the outputs differ"):
        weights.compare(Scrambled(4, 3, 24), theirs, [(r"proj\.(.+)", r"proj.\1")], images(2, 3, 8, 8))
