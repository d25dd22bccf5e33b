"""Multi-head attention: the same as PyTorch's and timm's, forward and backward, with masks and maps; clear errors."""

import pytest
import timm.layers
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from utils import weights
from utils.models.multi_head_attention import MultiHeadAttention
from utils.models.self_attention import SelfAttention
from utils.weights import TIMM_BLOCK, TORCH_ATTENTION, copy_weights

SIZES = [(2, 9, 12, 1), (1, 5, 12, 3), (3, 7, 8, 8), (2, 1, 6, 2), (1, 50, 64, 4)]  # (B, N, D, h)


def pytorchs(D, h, bias=True):
    reference = nn.MultiheadAttention(D, h, bias=bias, batch_first=True)
    for name, parameter in reference.named_parameters():
        if name.endswith("bias"):  # they start at zero, which proves little
            nn.init.normal_(parameter)
    return reference


def masks(N):
    may_look = torch.rand(N, N, generator=torch.Generator().manual_seed(0)) < 0.5
    may_look |= torch.eye(N, dtype=torch.bool)  # PyTorch's layer makes nan of a query that may look at nothing
    return {"none": None, "boolean": may_look, "added": torch.randn(N, N, dtype=torch.float64)}


@pytest.mark.parametrize(("B", "N", "D", "h"), SIZES)
def test_same_as_pytorch(B, N, D, h):
    forward = lambda layer, x: layer(x, x, x, need_weights=False)[0]  # noqa: E731
    weights.compare(MultiHeadAttention(D, h), pytorchs(D, h), TORCH_ATTENTION, torch.randn(B, N, D), forward)


@pytest.mark.parametrize("mask", ["none", "boolean", "added"])
@pytest.mark.parametrize(("B", "N", "D", "h"), SIZES)
def test_same_as_pytorch_with_masks_and_maps(B, N, D, h, mask):
    ours, reference = MultiHeadAttention(D, h).double(), pytorchs(D, h).double()
    copy_weights(reference, ours, TORCH_ATTENTION)
    mask = masks(N)[mask]
    theirs = ~mask if mask is not None and mask.dtype == torch.bool else mask  # True means "may not look" there
    x = torch.randn(B, N, D, dtype=torch.float64)
    found, expected = x.clone().requires_grad_(), x.clone().requires_grad_()
    out, weights = ours(found, mask, return_weights=True)
    reference_out, reference_weights = reference(
        expected, expected, expected, attn_mask=theirs, average_attn_weights=False
    )
    torch.testing.assert_close(out, reference_out)
    torch.testing.assert_close(weights, reference_weights)
    torch.testing.assert_close(ours(x, mask), reference_out)  # the fused path
    (out.sin().sum() + weights.square().sum()).backward()
    (reference_out.sin().sum() + reference_weights.square().sum()).backward()
    torch.testing.assert_close(found.grad, expected.grad)
    torch.testing.assert_close(ours.qkv.weight.grad, reference.in_proj_weight.grad)


@pytest.mark.parametrize("qkv_bias", [True, False])
@pytest.mark.parametrize(("B", "N", "D", "h"), SIZES)
def test_same_as_timm(B, N, D, h, qkv_bias):
    reference = timm.layers.Attention(D, num_heads=h, qkv_bias=qkv_bias)
    weights.compare(MultiHeadAttention(D, h, qkv_bias=qkv_bias), reference, TIMM_BLOCK, torch.randn(B, N, D))


def test_masks_may_differ_from_head_to_head_and_image_to_image():
    layer, x = MultiHeadAttention(8, 2).double(), torch.randn(3, 4, 8, dtype=torch.float64)
    mask = torch.rand(3, 2, 4, 4, generator=torch.Generator().manual_seed(0)) < 0.7
    mask |= torch.eye(4, dtype=torch.bool)
    out, weights = layer(x, mask, return_weights=True)
    assert (weights[~mask] == 0).all() and (weights[mask] > 0).all()
    for image in range(3):
        torch.testing.assert_close(layer(x[image : image + 1], mask[image : image + 1])[0], out[image])


def test_is_one_attention_per_head():
    D, h = 12, 3
    layer, heads = MultiHeadAttention(D, h), [SelfAttention(D, D // h) for _ in range(h)]
    with torch.no_grad():
        for role, name in enumerate(("query", "key", "value")):
            for i, head in enumerate(heads):
                rows = slice(role * D + i * D // h, role * D + (i + 1) * D // h)  # (3, h, d_h)
                getattr(head, name).weight.copy_(layer.qkv.weight[rows])
                getattr(head, name).bias.copy_(layer.qkv.bias[rows])
    x = torch.randn(2, 5, D)
    torch.testing.assert_close(layer(x), layer.proj(torch.cat([head(x) for head in heads], dim=-1)))


@pytest.mark.parametrize("h", [1, 4, 32])
def test_parameters_and_flops_do_not_depend_on_the_number_of_heads(h):
    N, D = 10, 32
    layer = MultiHeadAttention(D, h)
    assert sum(p.numel() for p in layer.parameters()) == 4 * D * D + 4 * D
    for return_weights in (False, True):
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            layer(torch.randn(1, N, D), return_weights=return_weights)
        assert counter.get_total_flops() == 2 * N * D * 4 * D + 4 * N * N * D


def test_dropout_acts_on_the_weights_in_training_only():
    x, layer = torch.randn(2, 6, 8), MultiHeadAttention(8, 2, dropout=0.5)
    weights = layer(x, return_weights=True)[1]
    assert (weights == 0).any() and not torch.equal(layer(x), layer(x))
    layer.eval()
    assert (layer(x, return_weights=True)[1] > 0).all()
    torch.testing.assert_close(layer(x), layer(x, return_weights=True)[0])


@pytest.mark.parametrize(("D", "h", "fits"), [(12, 5, r"\[1, 2, 3, 4, 6, 12\]"), (7, 2, r"\[1, 7\]"), (4, 8, "")])
def test_heads_must_divide_the_token(D, h, fits):
    with pytest.raises(ValueError, match=f"length {D} cannot be split into {h} heads. Use one of {fits}"):
        MultiHeadAttention(D, h)


@pytest.mark.parametrize("h", [0, -2])
def test_there_is_at_least_one_head(h):
    with pytest.raises(ValueError, match=f"cannot be split into {h} heads"):
        MultiHeadAttention(12, h)


@pytest.mark.parametrize("shape", [(5, 12), (2, 5, 13), (2, 3, 5, 12)])
def test_tokens_must_have_the_layers_length(shape):
    with pytest.raises(ValueError, match=r"must have shape \(B, N, 12\), got \(" + ", ".join(map(str, shape))):
        MultiHeadAttention(12, 3)(torch.zeros(shape))
