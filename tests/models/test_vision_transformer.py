"""The Vision Transformer: equal to torchvision's, timm's and transformers', forward and backward; clear errors."""

import math
import re

import pytest
import timm
import torch
import torchvision
from torch import nn
from torch.nn import functional as F

from utils import weights
from utils.models.vision_transformer import SIZES, VisionTransformer, check_vit, initialise, vit

SMALL = {"patch_size": 8, "num_classes": 5, "embed_dim": 24, "depth": 2, "num_heads": 3}


def images(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def woken(model):
    """Give random values to everything that starts at zero or one, so that a comparison sees it."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=generator)
    return model.eval()


def small(**options):
    return VisionTransformer(**{"image_size": (16, 24), **SMALL, **options})


# Parity with the world


def their_timm(**options):
    return woken(timm.models.VisionTransformer(img_size=(16, 24), **SMALL, **options))


def test_parity_with_timm_on_a_rectangle():
    parity = weights.compare(small(), their_timm(), weights.TIMM_VIT, images(2, 3, 16, 24))
    assert parity.parameters == sum(p.numel() for p in small().parameters())


def test_parity_with_timm_when_the_mean_is_classified():
    theirs = their_timm(global_pool="avg", class_token=False)
    weights.compare(small(pool="mean"), theirs, weights.TIMM_VIT, images(2, 3, 16, 24))


def test_parity_with_timm_with_layer_scale_one_channel_and_a_wider_mlp():
    theirs = timm.models.VisionTransformer(img_size=16, in_chans=1, init_values=0.1, mlp_ratio=6, **SMALL)
    ours = VisionTransformer(16, in_channels=1, layer_scale=0.1, mlp_ratio=6, **SMALL)
    weights.compare(ours, woken(theirs), weights.TIMM_VIT, images(2, 1, 16, 16))


def test_parity_with_timm_at_a_size_other_than_the_one_it_was_made_for():
    theirs = timm.models.VisionTransformer(img_size=(16, 24), dynamic_img_size=True, **SMALL)
    x = images(2, 3, 32, 16)
    weights.compare(small(), woken(theirs), weights.TIMM_VIT, x, tolerance=1e-6)  # timm resamples in float32


def test_parity_with_torchvision():
    theirs = woken(torchvision.models.VisionTransformer(16, 8, 2, 3, 24, 96, num_classes=5))
    weights.compare(VisionTransformer(16, **SMALL), theirs, weights.TORCHVISION_VIT, images(2, 3, 16, 16))


def their_transformers(**options):
    from transformers import ViTConfig, ViTForImageClassification

    return woken(ViTForImageClassification(ViTConfig(layer_norm_eps=1e-6, **options)))


def logits(model, x):
    return model(x).logits


def test_parity_with_transformers():
    sizes = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 96}
    theirs = their_transformers(image_size=(16, 24), patch_size=8, num_labels=5, **sizes)
    weights.compare(small(), theirs, weights.TRANSFORMERS_VIT, images(2, 3, 16, 24), logits)


@pytest.mark.slow
@pytest.mark.parametrize("size, name, parameters", [("Ti", "tiny", 5_717_416), ("S", "small", 22_050_664)])
def test_parity_with_timm_at_full_size(size, name, parameters):
    theirs = woken(timm.create_model(f"vit_{name}_patch16_224"))
    parity = weights.compare(vit(f"{size}/16"), theirs, weights.TIMM_VIT, images(1, 3, 224, 224))
    assert parity.parameters == parameters


@pytest.mark.slow
def test_parity_with_timm_base_at_full_size():
    theirs = woken(timm.create_model("vit_base_patch16_224"))
    weights.copy_weights(theirs, ours := vit("B/16").eval(), weights.TIMM_VIT)
    x = images(1, 3, 224, 224)
    with torch.no_grad():
        torch.testing.assert_close(ours(x), theirs(x), rtol=1e-4, atol=1e-4)


@pytest.mark.slow
def test_parity_with_torchvision_vit_b_16_at_full_size():
    theirs = woken(torchvision.models.vit_b_16())
    weights.copy_weights(theirs, ours := vit("B/16").eval(), weights.TORCHVISION_VIT)
    x = images(1, 3, 224, 224)
    with torch.no_grad():
        torch.testing.assert_close(ours(x), theirs(x), rtol=1e-4, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("library", ["torchvision", "timm", "transformers"])
def test_gradients_of_the_base_size_agree_on_small_images(library):
    if library == "torchvision":
        theirs, rules, call = torchvision.models.vit_b_16(image_size=32), weights.TORCHVISION_VIT, None
    elif library == "timm":
        theirs, rules, call = timm.create_model("vit_base_patch16_224", img_size=32), weights.TIMM_VIT, None
    else:  # the default configuration is that of ViT-B/16
        theirs, rules, call = their_transformers(image_size=32, num_labels=1000), weights.TRANSFORMERS_VIT, logits
    parity = weights.compare(vit("B/16", image_size=32), woken(theirs), rules, images(1, 3, 32, 32), call)
    assert parity.parameters == 85_808_000 + 768 * (2 * 2 - 14 * 14) + 759_656


# Parity sees the mistakes that keep every shape


class ClassTokenWithoutPosition(VisionTransformer):
    def embed(self, images):
        x = self.class_token(self.patch_embed(images))
        return torch.cat([x[:, :1], x[:, 1:] + self.position.table[:, 1:]], dim=1)


class ClassTokenLast(VisionTransformer):
    def embed(self, images):
        patches = self.patch_embed(images)
        token = self.class_token.token.expand(len(images), -1, -1)
        x = torch.cat([patches, token], dim=1) + self.position.table
        return x.roll(1, dims=1)


class NormBeforeTheMean(VisionTransformer):
    def forward(self, images):
        x = self.norm(self.blocks(self.embed(images)))
        return self.head(x[:, 0] if self.pool == "class" else x.mean(dim=1))


class WithoutTheLastNorm(VisionTransformer):
    def forward(self, images):
        return self.head(self.blocks(self.embed(images))[:, 0])


def test_parity_sees_each_mistake():
    x = images(2, 3, 16, 24)
    for mistake in (ClassTokenWithoutPosition, ClassTokenLast, WithoutTheLastNorm):
        with pytest.raises(AssertionError, match="differ"):
            weights.compare(mistake((16, 24), **SMALL), their_timm(), weights.TIMM_VIT, x)
    theirs = their_timm(global_pool="avg", class_token=False)
    with pytest.raises(AssertionError, match="differ"):
        weights.compare(NormBeforeTheMean((16, 24), **SMALL, pool="mean"), theirs, weights.TIMM_VIT, x)


def test_the_order_of_norm_and_pooling_matters_for_the_mean_only():
    weights.compare(NormBeforeTheMean((16, 24), **SMALL), their_timm(), weights.TIMM_VIT, images(2, 3, 16, 24))
    before = timm.models.VisionTransformer(
        img_size=(16, 24), global_pool="avg", class_token=False, fc_norm=False, final_norm=True, **SMALL
    )
    ours = NormBeforeTheMean((16, 24), **SMALL, pool="mean")
    weights.compare(ours, woken(before), weights.TIMM_VIT, images(2, 3, 16, 24))


# Sizes


def formula(D, L, P=16, N=196, K=1000):
    return L * (12 * D**2 + 13 * D) + (3 * P**2 + 1) * D + D + (N + 1) * D + 2 * D + (D + 1) * K


@pytest.mark.parametrize("size", SIZES)
def test_published_sizes_have_the_published_number_of_parameters(size):
    with torch.device("meta"):
        model = vit(f"{size}/16")
    D, L, h = SIZES[size]
    count = sum(p.numel() for p in model.parameters())
    assert count == formula(D, L)
    millions = {"Ti": 5, "S": 22, "B": 86, "L": 307, "H": 632}[size]  # DeiT table 1, ViT table 1
    assert abs(count / 1e6 - millions) < (1 if size != "L" else 3)
    assert (len(model.blocks), model.blocks[0].attn.num_heads, D // h) == (L, h, 80 if size == "H" else 64)


@pytest.mark.parametrize("name", ["B", "b/16", "XL/16", "B/", "B/16x16", "16/B"])
def test_another_name_is_an_error(name):
    with pytest.raises(ValueError, match=re.escape(f"one of Ti, S, B, L, H; got {name!r}")):
        vit(name)


# What goes in and comes out


@pytest.mark.parametrize("pool", ["class", "mean"])
@pytest.mark.parametrize("position", ["learned", "sincos_1d", "sincos_2d", "none"])
def test_logits_for_images_of_any_fitting_size(pool, position):
    model = small(pool=pool, position=position)
    for shape in [(2, 3, 16, 24), (1, 3, 8, 8), (3, 3, 40, 16)]:
        assert model(images(*shape)).shape == (shape[0], 5)
    assert len(model.embed(images(1, 3, 8, 16))[0]) == 2 + (pool == "class")


def test_without_position_the_order_of_patches_does_not_matter_and_with_it_it_does():
    x = images(2, 3, 16, 24)
    moved = torch.cat([x[..., 8:], x[..., :8]], dim=3)
    without, with_position = woken(small(position="none")), woken(small())
    torch.testing.assert_close(without(moved), without(x))
    assert (with_position(moved) - with_position(x)).abs().max() > 1e-3


@pytest.mark.parametrize("pool", ["class", "mean"])
def test_attention_maps_are_those_of_the_forward_pass(pool):
    model, x = woken(small(pool=pool)), images(2, 3, 16, 24)
    maps = model.attention_maps(x)
    N = 6 + (pool == "class")
    assert maps.shape == (2, 2, 3, N, N) and not maps.requires_grad
    torch.testing.assert_close(maps.sum(dim=-1), torch.ones(2, 2, 3, N))
    seen = []
    for block in model.blocks:
        block.attn.qkv.register_forward_hook(lambda module, args, output: seen.append(output))
    model(x)
    for layer, qkv in enumerate(seen):
        q, k, _ = qkv.reshape(2, N, 3, 3, 8).permute(2, 0, 3, 1, 4)
        torch.testing.assert_close(maps[:, layer], (q @ k.mT / 8**0.5).softmax(dim=-1))


def test_dropout_and_drop_path_act_in_training_only():
    x = images(8, 3, 16, 24)
    for option in ({"dropout": 0.5}, {"attention_dropout": 0.5}, {"drop_path": 0.5}):
        model = woken(small(**option))
        assert torch.equal(model(x), model(x)), option
        model.train()
        assert not torch.equal(model(x), model(x)), option


def test_drop_path_grows_from_the_first_block_to_the_last():
    rates = [block.drop_path.rate for block in small(depth=5, drop_path=0.2).blocks]
    assert rates == pytest.approx([0, 0.05, 0.1, 0.15, 0.2])
    assert [block.drop_path.rate for block in small(depth=1, drop_path=0.2).blocks] == [0]


# Initialisation


def test_a_new_model_gives_every_class_the_same_probability():
    model, x, y = small(), images(4, 3, 16, 24), torch.tensor([0, 1, 2, 4])
    loss = F.cross_entropy(model(x), y)
    assert loss.item() == pytest.approx(math.log(5), abs=1e-6)
    loss.backward()
    gradients = {name: p.grad.abs().max().item() for name, p in model.named_parameters()}
    assert {name for name, size in gradients.items() if size > 0} == {"head.weight", "head.bias"}


def test_linear_layers_start_with_a_deviation_of_one_over_the_root_of_their_inputs():
    torch.manual_seed(0)
    layer = nn.Linear(400, 500)
    initialise(layer)
    assert layer.weight.std().item() == pytest.approx(400**-0.5, rel=0.02)
    assert not layer.bias.any()
    model = small(embed_dim=192, num_heads=3)
    assert model.blocks[1].mlp.fc2.weight.std().item() == pytest.approx(768**-0.5, rel=0.02)
    assert 0 < model.class_token.token.abs().max() < 1e-5


# Errors


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        ((230, 16, "class"), ValueError, "230 × 230 pixels cannot be cut into patches of 16 × 16"),
        (((224, 230), 16, "class"), ValueError, "The nearest size that can is 224 × 224"),
        ((8, 16, "class"), ValueError, "The nearest size that can is 16 × 16"),
        ((0, 16, "class"), ValueError, "0 × 0 pixels"),
        ((224, 0, "class"), ValueError, "patch_size must be at least 1, got 0"),
        ((224, 16.0, "class"), TypeError, "patch_size must be an integer, got 16.0"),
        ((224, 16, "cls"), ValueError, 'pool must be "class" or "mean", got \'cls\''),
    ],
)
def test_errors(arguments, error, message):
    image_size, patch_size, pool = arguments
    with pytest.raises(error, match=re.escape(message)):
        VisionTransformer(image_size, patch_size, pool=pool, embed_dim=24, depth=1, num_heads=3)


def test_the_size_that_the_error_suggests_fits():
    assert check_vit((224, 224), 16, "mean") == (14, 14) and check_vit(32, 4, "class") == (8, 8)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"num_heads": 5}, "cannot be split into 5 heads"),
        ({"position": "rotary"}, "rotary"),
        ({"drop_path": 1.0}, "below 1"),
    ],
)
def test_errors_of_the_parts_come_through(options, message):
    with pytest.raises(ValueError, match=message):
        small(**options)


def test_images_that_do_not_fit_are_an_error():
    with pytest.raises(ValueError, match="17 × 24 pixels cannot be cut"):
        small()(images(1, 3, 17, 24))
    with pytest.raises(ValueError, match="must have 3 channels, got 1"):
        small()(images(1, 1, 16, 24))
