"""Self-attention: the same as PyTorch's and transformers', with every mask, forward and backward; clear errors."""

import re

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from utils import weights
from utils.models.self_attention import SelfAttention, attention, attention_weights


def tensors(*shapes, dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(shape, generator=generator, dtype=dtype).requires_grad_() for shape in shapes]


def mask_of(kind, n, m):
    generator = torch.Generator().manual_seed(1)
    allowed = torch.rand(n, m, generator=generator) < 0.6
    allowed[:, 0] = True
    bias = torch.randn(n, m, generator=generator, dtype=torch.float64)
    blind = allowed.clone()
    blind[1] = False
    return {
        "none": None,
        "boolean": allowed,
        "bias": bias,
        "minus infinity": torch.zeros(n, m, dtype=torch.float64).masked_fill(~allowed, -torch.inf),
        "bias in float32": bias.float(),
        "one row for all": allowed[:1],
        "a query that sees nothing": blind,
        "minus infinity everywhere": bias.masked_fill(~blind, -torch.inf),
    }[kind]


MASKS = ["none", "boolean", "bias", "minus infinity", "bias in float32", "one row for all"]
BLIND = ["a query that sees nothing", "minus infinity everywhere"]
SHAPES = [  # query, key, value
    ((5, 4), (7, 4), (7, 3)),
    ((2, 5, 4), (2, 7, 4), (2, 7, 3)),
    ((2, 3, 5, 8), (2, 3, 7, 8), (2, 3, 7, 8)),
    ((2, 1, 5, 4), (1, 3, 7, 4), (7, 3)),
    ((1, 5, 1), (1, 7, 1), (1, 7, 1)),
]


def by_hand(query, key, value, mask):
    """The equation, one query and one key after the other; for tensors of two dimensions."""
    outputs = []
    for i, q in enumerate(query):
        scores = [q @ k / len(q) ** 0.5 for k in key]
        if mask is not None:
            rows = mask.expand(len(query), -1)
            if mask.dtype == torch.bool:
                scores = [s if seen else s * 0 - torch.inf for s, seen in zip(scores, rows[i], strict=True)]
            else:
                scores = [s + b for s, b in zip(scores, rows[i], strict=True)]
        largest = max(s.item() for s in scores)
        exponentials = [(s - largest).exp() for s in scores]
        outputs.append(sum(e * v for e, v in zip(exponentials, value, strict=True)) / sum(exponentials))
    return torch.stack(outputs)


# Parity with the world


@pytest.mark.parametrize("kind", MASKS)
def test_both_ways_are_the_equation(kind):
    query, key, value = tensors((5, 4), (7, 4), (7, 3))
    mask = mask_of(kind, 5, 7)
    expected = by_hand(query, key, value, mask)
    torch.testing.assert_close(attention(query, key, value, mask), expected)
    torch.testing.assert_close(attention(query, key, value, mask, return_weights=True)[0], expected)


@pytest.mark.parametrize("kind", MASKS + BLIND)
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_written_out_and_fused_agree_forward_and_backward(shapes, kind):
    inputs, mask = tensors(*shapes), mask_of(kind, shapes[0][-2], shapes[1][-2])
    fused = attention(*inputs, mask)
    written_out, table = attention(*inputs, mask, return_weights=True)
    reference = F.scaled_dot_product_attention(
        *inputs, mask if mask is None or mask.dtype == torch.bool else mask.double()
    )
    cotangent = torch.randn(reference.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    expected = torch.autograd.grad(reference, inputs, cotangent)
    for ours in (fused, written_out):
        torch.testing.assert_close(ours, reference)
        for found, wanted in zip(torch.autograd.grad(ours, inputs, cotangent), expected, strict=True):
            torch.testing.assert_close(found, wanted)
    assert table.shape == (*reference.shape[:-1], shapes[1][-2])


@pytest.mark.parametrize("head_dim", [None, 8])
def test_parity_with_one_head_of_transformers(head_dim):
    from transformers import ViTConfig
    from transformers.models.vit.modeling_vit import ViTAttention

    config = ViTConfig(hidden_size=24, num_attention_heads=1, attn_implementation="sdpa")
    if head_dim:
        config.head_dim = head_dim
    theirs = ViTAttention(config)
    theirs.o_proj = nn.Identity()
    rules = [(rf"{name[0]}_proj\.(.+)", rf"{name}.\1") for name in ("query", "key", "value")]
    first = lambda model, x: model(x)[0]  # noqa: E731
    parity = weights.compare(SelfAttention(24, head_dim), theirs, rules, torch.randn(2, 9, 24), first)
    assert parity.parameters == 3 * 25 * (head_dim or 24)


@pytest.mark.parametrize("masked", [False, True])
def test_parity_with_one_head_of_pytorch(masked):
    theirs, ours = nn.MultiheadAttention(12, 1, batch_first=True).double(), SelfAttention(12).double()
    nn.init.eye_(theirs.out_proj.weight)
    nn.init.normal_(theirs.in_proj_bias)
    parts = zip(theirs.in_proj_weight.chunk(3), theirs.in_proj_bias.chunk(3), strict=True)
    for layer, (weight, bias) in zip((ours.query, ours.key, ours.value), parts, strict=True):
        layer.load_state_dict({"weight": weight, "bias": bias})
    (x,) = tensors((2, 5, 12))
    mask = mask_of("boolean", 5, 5) if masked else None
    y_theirs, table = theirs(x, x, x, attn_mask=~mask if masked else None)  # there, True means "may not"
    y_ours, maps = ours(x, mask, return_weights=True)
    torch.testing.assert_close(y_ours, y_theirs)
    torch.testing.assert_close(maps, table)
    torch.testing.assert_close(ours(x, mask), y_theirs)
    of_ours, of_theirs = (torch.autograd.grad(y.square().sum(), x, retain_graph=True)[0] for y in (y_ours, y_theirs))
    torch.testing.assert_close(of_ours, of_theirs)
    y_ours.square().sum().backward()
    y_theirs.square().sum().backward()
    found = torch.cat([layer.weight.grad for layer in (ours.query, ours.key, ours.value)])
    torch.testing.assert_close(found, theirs.in_proj_weight.grad)


# Masks


@pytest.mark.parametrize("kind", BLIND)
def test_a_query_that_sees_nothing_gets_zeros_and_no_gradient(kind):
    inputs, mask = tensors((5, 4), (7, 4), (7, 3)), mask_of(kind, 5, 7)
    written_out, table = attention(*inputs, mask, return_weights=True)
    torch.testing.assert_close(table.sum(dim=-1), torch.tensor([1.0, 0.0, 1.0, 1.0, 1.0], dtype=torch.float64))
    for output in (written_out, attention(*inputs, mask)):
        assert torch.equal(output[1], torch.zeros(3, dtype=torch.float64))
        gradients = torch.autograd.grad(output.sum(), inputs, retain_graph=True)
        assert all(gradient.isfinite().all() for gradient in gradients)
        assert not gradients[0][1].any() and gradients[0][0].any()


def test_masking_keys_is_leaving_them_out():
    query, key, value = tensors((2, 5, 4), (2, 7, 4), (2, 7, 3))
    allowed = torch.tensor([True, False, True, True, False, False, True])
    left_out = attention(query, key[:, allowed], value[:, allowed])
    torch.testing.assert_close(attention(query, key, value, allowed), left_out)
    output, table = attention(query, key, value, allowed, return_weights=True)
    torch.testing.assert_close(output, left_out)
    assert not table[..., ~allowed].any()


# Numbers


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
def test_dtype_is_kept_and_nothing_overflows(dtype):
    query, key, value = (100 * x for x in tensors((2, 5, 8), (2, 7, 8), (2, 7, 8), dtype=dtype))
    output, table = attention(query, key, value, return_weights=True)
    assert output.dtype == table.dtype == attention(query, key, value).dtype == dtype
    assert output.isfinite().all() and attention(query, key, value).isfinite().all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_mask_may_have_another_dtype_than_the_queries(dtype):
    inputs, bias = tensors((5, 8), (7, 8), (7, 8), dtype=dtype), mask_of("bias", 5, 7)
    for mask in (bias, bias.float()):
        output, _ = attention(*inputs, mask, return_weights=True)
        assert output.dtype == attention(*inputs, mask).dtype == dtype
        torch.testing.assert_close(output, attention(*inputs, mask), rtol=0.02, atol=0.02)


def test_dropout_scales_what_it_keeps_and_is_in_the_weights():
    query, key, value = tensors((5, 4), (400, 4), (400, 3))
    torch.manual_seed(0)
    output, table = attention(query, key, value, dropout=0.25, return_weights=True)
    assert 0.15 < (table == 0).double().mean() < 0.35
    kept = table != 0
    torch.testing.assert_close(table[kept], attention_weights(query, key)[kept] / 0.75)
    torch.testing.assert_close(output, table @ value)
    assert not torch.allclose(attention(query, key, value, dropout=0.25), attention(query, key, value))


def test_autocast_works_both_ways():
    x = torch.randn(2, 5, 12)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        head = SelfAttention(12)
        bias = torch.randn(5, 5)
        assert head(x, bias).dtype == torch.bfloat16
        torch.testing.assert_close(head(x, bias), head(x, bias, return_weights=True)[0], rtol=0.05, atol=0.05)


# The layer


def test_outputs_follow_a_permutation_of_the_tokens():
    head = SelfAttention(12, 6).double()
    (x,) = tensors((2, 9, 12))
    order = torch.randperm(9, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(head(x[:, order]), head(x)[:, order])


def test_tokens_of_one_image_do_not_see_those_of_another():
    head = SelfAttention(12).double()
    (x,) = tensors((3, 4, 12))
    torch.testing.assert_close(head(x)[1:2], head(x[1:2]))


def test_head_dim_is_embed_dim_unless_said():
    assert SelfAttention(12)(torch.zeros(1, 3, 12)).shape == (1, 3, 12)
    output, table = SelfAttention(12, 5)(torch.zeros(2, 3, 12), return_weights=True)
    assert output.shape == (2, 3, 5) and table.shape == (2, 3, 3)


# Errors name the shapes

ERRORS = [
    ([(5, 4), (7, 3), (7, 4)], None, ValueError, "queries of length 4 and keys of length 3 differ: query (5, 4)"),
    ([(5, 4), (7, 4), (6, 4)], None, ValueError, "7 keys need as many values, got 6: query (5, 4), key (7, 4)"),
    ([(4,), (7, 4), (7, 4)], None, ValueError, "(..., N, d), (..., M, d), (..., M, d_v): got query (4,), key (7, 4)"),
    ([(2, 5, 4), (3, 7, 4), (3, 7, 4)], None, ValueError, "the leading dimensions do not broadcast: query (2, 5, 4)"),
    ([(5, 4), (7, 4), (7, 4)], (7, 5), ValueError, "a mask of shape (7, 5) does not broadcast to the scores (5, 7)"),
    (
        [(5, 4), (7, 4), (7, 4)],
        (2, 5, 7),
        ValueError,
        "mask of shape (2, 5, 7) does not broadcast to the scores (5, 7)",
    ),
    ([(2, 5, 4), (2, 7, 4), (2, 7, 4)], (3, 5, 7), ValueError, "(3, 5, 7) does not broadcast to the scores (2, 5, 7)"),
]


@pytest.mark.parametrize("return_weights", [False, True])
@pytest.mark.parametrize(("shapes", "mask", "error", "message"), ERRORS, ids=[message for *_, message in ERRORS])
def test_errors(shapes, mask, error, message, return_weights):
    mask = None if mask is None else torch.ones(mask, dtype=torch.bool)
    with pytest.raises(error, match=re.escape(message)):
        attention(*map(torch.zeros, shapes), mask, return_weights=return_weights)


def test_masks_of_integers_are_refused_because_nobody_knows_what_they_mean():
    with pytest.raises(TypeError, match=re.escape("boolean (True = may look) or floating point")):
        attention(*map(torch.zeros, [(5, 4), (7, 4), (7, 4)]), torch.ones(5, 7, dtype=torch.int64))


@pytest.mark.parametrize("shape", [(5, 12), (1, 5, 11), (1, 1, 5, 12)])
def test_tokens_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=re.escape(f"tokens must have shape (B, N, 12), got {shape}")):
        SelfAttention(12)(torch.zeros(shape))


# Mistakes that keep the shape: the checks above must see each of them


def mistake(query, key, value, axis=-1, power=0.5, fill=-torch.inf, after=False):
    mask = mask_of("boolean", query.shape[-2], key.shape[-2])
    scores = query @ key.transpose(-2, -1) / query.shape[-1] ** power
    table = (scores if after else scores.masked_fill(~mask, fill)).softmax(dim=axis)
    return (table * mask if after else table) @ value


@pytest.mark.parametrize(
    "options", [{"axis": -2}, {"power": 1.0}, {"power": 0}, {"fill": 0.0}, {"after": True}], ids=str
)
def test_mistakes_keep_the_shape_and_change_the_values(options):
    inputs = tensors((2, 5, 4), (2, 7, 4), (2, 7, 3))
    expected = attention(*inputs, mask_of("boolean", 5, 7))
    torch.testing.assert_close(mistake(*inputs), expected)
    wrong = mistake(*inputs, **options)
    assert wrong.shape == expected.shape and not torch.allclose(wrong, expected, equal_nan=True)
