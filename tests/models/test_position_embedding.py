"""Position embedding: the same as timm's, torchvision's and the papers' formulas, with gradients; clear errors."""

import re

import pytest
import timm
import torch
import torch.nn.functional as F
import torchvision
from timm.layers import build_sincos2d_pos_embed, resample_abs_pos_embed
from timm.layers.pos_embed_rel import gen_relative_position_index
from torch import nn

from utils import weights
from utils.models.position_embedding import (
    KINDS,
    PositionEmbedding,
    RelativePositionBias,
    relative_position_index,
    resample,
    sincos_1d,
    sincos_2d,
)

GRIDS = [(1, 1), (1, 5), (5, 1), (2, 3), (3, 2), (7, 7), (4, 9)]


def table(rows, dim, dtype=torch.float32):
    return torch.randn(1, rows, dim, generator=torch.Generator().manual_seed(0), dtype=torch.float64).to(dtype)


# Parity with the world


@pytest.mark.parametrize("height, width", GRIDS)
@pytest.mark.parametrize("dim, temperature", [(4, 10000.0), (64, 10000.0), (24, 100.0)])
def test_2d_table_is_timms(height, width, dim, temperature):
    theirs = build_sincos2d_pos_embed([height, width], dim, temperature)
    torch.testing.assert_close(sincos_2d(height, width, dim, temperature), theirs, rtol=0, atol=2e-6)


@pytest.mark.parametrize("old", [(7, 7), (4, 9), (1, 6)])
@pytest.mark.parametrize("new", [(14, 14), (3, 5), (6, 6), (4, 9), (9, 4), (1, 1)])
@pytest.mark.parametrize("prefix", [0, 1, 3])
def test_resampling_is_timms_forward_and_backward(old, new, prefix):
    ours, theirs = (table(prefix + old[0] * old[1], 8).requires_grad_() for _ in range(2))
    found = resample(ours, old, new, prefix)
    expected = resample_abs_pos_embed(theirs, list(new), list(old), prefix)
    torch.testing.assert_close(found, expected)
    cotangent = torch.randn(found.shape, generator=torch.Generator().manual_seed(1))
    found.backward(cotangent)
    expected.backward(cotangent)
    torch.testing.assert_close(ours.grad, theirs.grad)


def test_parity_with_the_encoder_of_torchvision():
    theirs = torchvision.models.vision_transformer.Encoder(10, 0, 1, 8, 8, 0.0, 0.0)
    theirs.ln = nn.Identity()
    parity = weights.compare(
        PositionEmbedding((3, 3), 8, prefix_tokens=1), theirs, [("pos_embedding", "table")], table(10, 8)
    )
    assert parity.parameters == 10 * 8


def test_parity_with_timms_model_at_another_image_size():
    theirs = timm.create_model("vit_tiny_patch16_224", dynamic_img_size=True)
    ours = PositionEmbedding((14, 14), 192, prefix_tokens=1)
    ours.load_state_dict({"table": theirs.pos_embed})
    grid = torch.randn(2, 5, 8, 192)  # as timm's patch embedding returns it: (B, H, W, D)
    expected = theirs._pos_embed(grid)
    tokens = torch.cat([theirs.cls_token.expand(2, -1, -1), grid.flatten(1, 2)], dim=1)
    torch.testing.assert_close(ours(tokens, (5, 8)), expected)


@pytest.mark.parametrize("height, width", GRIDS)
def test_relative_index_is_timms_and_torchvisions(height, width):
    index = relative_position_index(height, width)
    assert index.dtype == torch.int64
    assert torch.equal(index, gen_relative_position_index((height, width)))
    theirs = torchvision.models.swin_transformer.ShiftedWindowAttention(8, [height, width], [0, 0], 2)
    assert torch.equal(index.flatten(), theirs.relative_position_index)
    bias = RelativePositionBias((height, width), 2)
    bias.load_state_dict({"table": theirs.relative_position_bias_table})
    torch.testing.assert_close(bias()[None], theirs.get_relative_position_bias())


# The formulas


@pytest.mark.parametrize("dim, temperature", [(2, 10000.0), (6, 10000.0), (64, 100.0)])
def test_1d_table_is_the_papers_with_sines_before_cosines(dim, temperature):
    positions = torch.tensor([0.0, 1.0, 2.5, 17.0, -3.0], dtype=torch.float64)
    found = sincos_1d(positions, dim, temperature)
    assert found.dtype == torch.float64
    for k in range(dim // 2):
        angle = positions / temperature ** (2 * k / dim)
        torch.testing.assert_close(found[:, k], angle.sin())
        torch.testing.assert_close(found[:, dim // 2 + k], angle.cos())


@pytest.mark.parametrize("dtype", [torch.int64, torch.int16, torch.bfloat16, torch.float16, torch.float32])
def test_1d_table_is_at_least_float32(dtype):
    found = sincos_1d(torch.arange(100).to(dtype), 8)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, sincos_1d(torch.arange(100.0, dtype=torch.float64), 8).float())


def test_dot_products_depend_on_the_distance_only():
    vectors = sincos_1d(torch.arange(40, dtype=torch.float64), 32)
    dots = vectors @ vectors.T
    for distance in range(40):
        diagonal = dots.diagonal(distance)
        torch.testing.assert_close(diagonal, diagonal[:1].expand_as(diagonal))


def test_rows_and_columns_of_the_2d_table():
    grid = sincos_2d(5, 8, 16).reshape(5, 8, 4, 4)  # row, column, block, k
    rows, columns = sincos_1d(torch.arange(5), 8), sincos_1d(torch.arange(8), 8)
    for column in range(8):
        torch.testing.assert_close(grid[:, column, [0, 2]].flatten(1), rows)
    for row in range(5):
        torch.testing.assert_close(grid[row][:, [1, 3]].flatten(1), columns)


@pytest.mark.parametrize("height, width", GRIDS)
def test_relative_index_numbers_offsets_in_reading_order(height, width):
    offsets = [(r, c) for r in range(1 - height, height) for c in range(1 - width, width)]
    index = relative_position_index(height, width).tolist()
    for i in range(height * width):
        for j in range(height * width):
            assert offsets[index[i][j]] == (i // width - j // width, i % width - j % width)


# Resampling


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_prefix_rows_and_dtype_are_kept(dtype):
    before = table(2 + 12, 4, dtype)
    found = resample(before, (3, 4), (6, 5), 2)
    assert found.dtype == dtype and found.shape == (1, 2 + 30, 4)
    assert torch.equal(found[:, :2], before[:, :2])
    exact = resample(before.double(), (3, 4), (6, 5), 2)
    torch.testing.assert_close(found.double(), exact, rtol=2 * torch.finfo(dtype).eps, atol=4 * torch.finfo(dtype).eps)


def test_float64_stays_float64_on_the_way():
    before = table(12, 4, torch.float64)
    grid = F.interpolate(before.mT.unflatten(2, (3, 4)), (6, 5), mode="bicubic", antialias=True)  # (1, D, H', W')
    torch.testing.assert_close(resample(before, (3, 4), (6, 5)), grid.flatten(2).mT, rtol=0, atol=1e-12)


def test_equal_sizes_return_the_table_itself():
    before = table(7, 4)
    assert resample(before, (2, 3), [2, 3], 1) is before


def test_a_picture_of_the_rows_stays_one():
    rows = torch.arange(6.0)[:, None].expand(6, 6).reshape(1, 36, 1)
    for new in [(4, 9), (9, 4), (12, 6)]:  # as many patches, or more
        grid = resample(rows, (6, 6), new).reshape(new)
        torch.testing.assert_close(grid, grid[:, :1].expand(new))
        assert (grid[1:, 0] > grid[:-1, 0]).all()


# The modules


@pytest.mark.parametrize("kind", KINDS)
def test_adds_the_table(kind):
    position = PositionEmbedding((2, 3), 8, prefix_tokens=2, kind=kind).double()
    tokens = table(8, 8, torch.float64).expand(4, -1, -1).clone().requires_grad_()
    found = position(tokens)
    torch.testing.assert_close(found, tokens + position.table, rtol=0, atol=0)
    found.sum().backward()
    assert torch.equal(tokens.grad, torch.ones_like(tokens))
    torch.testing.assert_close(position(table(22, 8, torch.float64), (4, 5)).shape, (1, 22, 8))


def test_learned_table_trains_and_is_saved():
    torch.manual_seed(0)
    position = PositionEmbedding((20, 30), 64, prefix_tokens=1)
    assert [name for name, _ in position.named_parameters()] == ["table"] == list(position.state_dict())
    assert position.table.shape == (1, 601, 64)
    assert abs(position.table.std().item() - 0.02) < 0.001 and abs(position.table.mean().item()) < 0.001
    position(torch.zeros(3, 1 + 6, 64), (2, 3)).sum().backward()
    assert torch.equal(position.table.grad[:, 0], torch.full((1, 64), 3.0)) and position.table.grad[:, 1:].any()


@pytest.mark.parametrize("kind", ["sincos_1d", "sincos_2d"])
def test_fixed_tables_do_not_train_and_are_zero_for_the_prefix(kind):
    position = PositionEmbedding((2, 3), 8, prefix_tokens=2, kind=kind)
    assert not list(position.parameters()) and not position.state_dict()
    assert not position.table[:, :2].any()
    expected = sincos_2d(2, 3, 8) if kind == "sincos_2d" else sincos_1d(torch.arange(6), 8)
    assert torch.equal(position.table[0, 2:], expected)
    assert position.double().table.dtype == torch.float64


def test_relative_bias_trains_through_shared_numbers():
    torch.manual_seed(0)
    bias = RelativePositionBias((2, 3), 4)
    assert list(bias.state_dict()) == ["table"] and bias.table.shape == (15, 4)
    assert abs(RelativePositionBias((20, 20), 16).table.std().item() - 0.02) < 0.001
    assert bias().shape == (4, 6, 6)
    bias().sum().backward()
    counts = torch.bincount(bias.index.flatten(), minlength=15).float()
    assert torch.equal(bias.table.grad, counts[:, None].expand(15, 4))


def test_everything_moves_to_another_device():
    assert sincos_1d(torch.arange(3, device="meta"), 4).device.type == "meta"
    assert RelativePositionBias((2, 3), 4).to("meta")().device.type == "meta"
    assert RelativePositionBias((2, 3), 4).to("meta").index.device.type == "meta"
    for kind in KINDS:
        assert PositionEmbedding((2, 3), 8, kind=kind).to("meta").table.device.type == "meta"


# Errors

ERRORS = [
    (lambda: sincos_1d(torch.zeros(2, 3), 8), ValueError, "positions must have shape (N,), got (2, 3)"),
    (lambda: sincos_1d(torch.arange(3), 7), ValueError, "multiple of 2, a sine and a cosine for each angle; got 7"),
    (lambda: sincos_1d(torch.arange(3), 0), ValueError, "got 0"),
    (lambda: sincos_2d(2, 3, 6), ValueError, "multiple of 4, a sine and a cosine for row and column; got 6"),
    (lambda: sincos_2d(2, 3, 0), ValueError, "got 0"),
    (lambda: resample(table(7, 4), (2, 3), (4, 4)), ValueError, "7 rows, but 0 prefix tokens and a grid of 2 × 3"),
    (lambda: resample(table(7, 4)[0], (2, 3), (4, 4), 1), ValueError, "must have shape (1, N, D), got (7, 4)"),
    (lambda: resample(table(7, 4), (2, 3), (0, 4), 1), ValueError, "at least 1 row and 1 column, got 0 × 4"),
    (lambda: resample(table(7, 4), (2, 3), 4, 1), TypeError, "two integers; got 4"),
    (lambda: resample(table(7, 4), (2.0, 3), (4, 4), 1), TypeError, "two integers; got (2.0, 3)"),
    (lambda: PositionEmbedding(14, 8), TypeError, "two integers; got 14"),
    (lambda: PositionEmbedding((2, 3), 8, kind="2d"), ValueError, "no kind of position embedding '2d'. Choose one of:"),
    (lambda: PositionEmbedding((2, 3), 6, kind="sincos_2d"), ValueError, "got 6"),
    (lambda: RelativePositionBias((2, -3), 4), ValueError, "got 2 × -3"),
    (lambda: PositionEmbedding((2, 3), 8)(torch.zeros(1, 6, 9)), ValueError, "shape (B, N, 8), got (1, 6, 9)"),
    (lambda: PositionEmbedding((2, 3), 8)(torch.zeros(6, 8)), ValueError, "shape (B, N, 8), got (6, 8)"),
    (
        lambda: PositionEmbedding((14, 14), 8, 1)(torch.zeros(1, 257, 8)),
        ValueError,
        "257 tokens do not fit this embedding's grid of 14 × 14 patches with 1 prefix tokens, which makes 197. "
        "For images of another size, pass grid_size",
    ),
    (
        lambda: PositionEmbedding((14, 14), 8, 1)(torch.zeros(1, 197, 8), (16, 16)),
        ValueError,
        "197 tokens do not fit grid_size=(16, 16) patches with 1 prefix tokens, which makes 257",
    ),
]


@pytest.mark.parametrize("call, error, message", ERRORS)
def test_errors_name_the_sizes(call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call()
