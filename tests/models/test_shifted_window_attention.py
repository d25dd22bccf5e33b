"""Shifted windows: the same as timm's and torchvision's, and as attention in irregular windows; clear errors."""

import re

import pytest
import torch
from timm.models.swin_transformer import SwinTransformerBlock as TimmBlock
from torch import nn
from torchvision.models.swin_transformer import ShiftedWindowAttention as TorchvisionAttention
from torchvision.models.swin_transformer import SwinTransformerBlock as TorchvisionBlock

from utils import weights
from utils.models.self_attention import attention
from utils.models.shifted_window_attention import (
    ShiftedWindowAttention,
    SwinBlock,
    check_shift,
    shift_mask,
    shift_regions,
)
from utils.models.window_attention import as_window, window_partition

# Rows and columns of the map, window, shift
FIT = [  # windows fill the map
    ((8, 8), 4, 2),
    ((8, 8), 4, 0),
    ((8, 12), 4, 1),
    ((12, 8), (4, 2), (3, 1)),
    ((4, 12), (2, 6), (1, 0)),
    ((6, 9), 3, (0, 2)),
    ((14, 14), 7, 3),
]
COVERED = [  # one window covers the map in rows, in columns, or in both
    ((7, 7), 7, 3),
    ((7, 14), 7, 3),
    ((14, 7), 7, (3, 2)),
    ((4, 6), (4, 3), (1, 1)),
]
SMALLER = [((3, 3), 7, 3), ((5, 14), 7, 3), ((8, 3), 4, 2), ((1, 1), 2, 1), ((1, 6), 3, 1)]  # than a window
PADDED = [((10, 9), 4, 2), ((9, 10), 4, (1, 3)), ((5, 7), (2, 3), 1), ((9, 8), 4, 2)]
LUCKY = [((6, 6), 4, 2), ((6, 8), 4, (2, 1))]  # as many rows and columns to pad as to shift, or none
UNSHIFTED = [((10, 9), 4, 0), ((5, 8), (2, 3), 0), ((6, 5), 7, 0)]
ALL = FIT + COVERED + SMALLER + PADDED + LUCKY + UNSHIFTED


def maps(B, H, W, C, dtype=torch.float64):
    return torch.randn(B, H, W, C, generator=torch.Generator().manual_seed(0), dtype=dtype)


def random_weights(block):
    """Move normalisations, biases and the table away from where they start, so that it shows when one is not used."""
    torch.manual_seed(1)
    for name, p in block.named_parameters():
        if p.ndim == 1 or "table" in name:
            nn.init.normal_(p)
    return block


def torchvision_block(window, shift, C=12, heads=3):
    both = [list(v) if isinstance(v, tuple) else [v, v] for v in (window, shift)]
    return random_weights(TorchvisionBlock(C, heads, *both))


def timm_block(size, window, shift, C=12, heads=3):
    return random_weights(TimmBlock(C, size, heads, window_size=window, shift_size=shift))


# Parity with the world


@pytest.mark.parametrize("size, window, shift", ALL)
def test_block_is_torchvisions_at_every_size(size, window, shift):
    theirs = torchvision_block(window, shift)
    parity = weights.compare(
        SwinBlock(12, 3, window, shift), theirs, weights.TORCHVISION_SWIN_BLOCK, maps(2, *size, 12)
    )
    assert parity.parameters == sum(p.numel() for p in theirs.parameters())


@pytest.mark.parametrize("size, window, shift", [*FIT, *COVERED[:2], *LUCKY, *UNSHIFTED[:2]])
def test_block_is_timms_where_windows_fill_the_map_or_stay(size, window, shift):
    theirs = timm_block(size, window, shift)
    weights.compare(SwinBlock(12, 3, window, shift), theirs, weights.TIMM_SWIN_BLOCK, maps(2, *size, 12))


@pytest.mark.parametrize("size, window, shift", SMALLER)
def test_timm_cuts_a_window_down_to_a_smaller_map_and_then_is_ours(size, window, shift):
    theirs = timm_block(size, window, shift)
    assert theirs.window_size != as_window(window)
    with pytest.raises(RuntimeError, match=r"size mismatch for attn\.position_bias\.table"):
        weights.copy_weights(theirs, SwinBlock(12, 3, window, shift), weights.TIMM_SWIN_BLOCK)
    if not any(side % cut for side, cut in zip(size, theirs.window_size, strict=True)):
        ours = SwinBlock(12, 3, theirs.window_size, theirs.shift_size)
        weights.compare(ours, theirs, weights.TIMM_SWIN_BLOCK, maps(2, *size, 12))


@pytest.mark.parametrize("size, window, shift", PADDED)
def test_timm_differs_where_a_shifted_map_needs_padding(size, window, shift):
    with pytest.raises(AssertionError, match="the outputs differ"):
        ours, theirs = SwinBlock(12, 3, window, shift), timm_block(size, window, shift)
        weights.compare(ours, theirs, weights.TIMM_SWIN_BLOCK, maps(2, *size, 12))


@pytest.mark.parametrize("size, window, shift", ALL)
def test_attention_alone_is_torchvisions(size, window, shift):
    window_list, shift_list = (list(v) if isinstance(v, tuple) else [v, v] for v in (window, shift))
    theirs = random_weights(TorchvisionAttention(12, window_list, shift_list, 3))
    ours = ShiftedWindowAttention(12, 3, window, shift)
    weights.compare(ours, theirs, weights.TORCHVISION_WINDOW_ATTENTION, maps(3, *size, 12))


def masks_of_torchvision(monkeypatch, size, window, shift):
    """Return what torchvision's function adds to the scores (0 or −100), caught on its way to the softmax."""
    caught, softmax = [], torch.nn.functional.softmax
    monkeypatch.setattr(torch.nn.functional, "softmax", lambda x, dim: caught.append(x) or softmax(x, dim=dim))
    module = TorchvisionAttention(2, list(as_window(window)), list(check_shift(shift, window)), 1)
    for p in module.parameters():
        nn.init.zeros_(p)
    module(torch.zeros(1, *size, 2))
    return caught[0][:, 0]  # (nW, 1, N, N) -> (nW, N, N)


@pytest.mark.parametrize("size, window, shift", [case for case in FIT if case[2]])
def test_mask_is_timms_and_torchvisions(monkeypatch, size, window, shift):
    mask = shift_mask(*size, window, shift)
    assert mask.dtype == torch.bool
    added = torch.zeros(mask.shape).masked_fill(~mask, -100)
    assert torch.equal(added, timm_block(size, window, shift).attn_mask)
    assert torch.equal(added, masks_of_torchvision(monkeypatch, size, window, shift))


@pytest.mark.parametrize("size, window, shift", [((9, 10), 4, 2), ((5, 7), (2, 3), 1)])
def test_mask_of_a_padded_map_is_that_of_the_padded_size(monkeypatch, size, window, shift):
    padded = [-(-side // w) * w for side, w in zip(size, as_window(window), strict=True)]
    added = torch.zeros(()).masked_fill(~shift_mask(*padded, window, shift), -100)
    assert torch.equal(added, masks_of_torchvision(monkeypatch, size, window, shift))
    assert torch.equal(added, timm_block(size, window, shift).attn_mask)  # but timm's map is shifted before padding


# What it means


def irregular(module, x):
    """Cut the map where the shifted windows' borders are, and attend in each piece alone: no mask, no roll."""
    (wh, ww), (sh, sw) = module.window_size, module.shift
    H, W = x.shape[1:3]
    rows = torch.arange(H).add(wh - sh).div(wh, rounding_mode="floor")
    columns = torch.arange(W).add(ww - sw).div(ww, rounding_mode="floor")
    bias = module.position_bias().unflatten(1, (wh, ww)).unflatten(3, (wh, ww))  # (h, wh, ww, wh, ww)
    y = torch.empty_like(x)
    for r in rows.unique():
        for c in columns.unique():
            top, left = (rows == r).nonzero().flatten(), (columns == c).nonzero().flatten()
            piece = x[:, top[:, None], left].flatten(1, 2)  # (B, n, C)
            qkv = module.qkv(piece).unflatten(2, (3, module.num_heads, -1)).permute(2, 0, 3, 1, 4)
            h, w = len(top), len(left)
            merged = attention(*qkv, bias[:, :h, :w, :h, :w].flatten(3).flatten(1, 2)).transpose(1, 2).flatten(2)
            y[:, top[:, None], left] = module.proj(merged).unflatten(1, (h, w))
    return y


@pytest.mark.parametrize("size, window, shift", [case for case in FIT if case[2]])
def test_masked_call_is_attention_in_irregular_windows(size, window, shift):
    module, x = random_weights(ShiftedWindowAttention(12, 3, window, shift)).double(), maps(2, *size, 12)
    torch.testing.assert_close(module(x), irregular(module, x))


@pytest.mark.parametrize("size, window, shift", [((8, 8), 4, 2), ((6, 8), (3, 4), (1, 3))])
def test_gradient_reaches_exactly_the_piece_that_a_token_lies_in(size, window, shift):
    module, x = ShiftedWindowAttention(4, 2, window, shift).double(), maps(1, *size, 4).requires_grad_()
    (wh, ww), (sh, sw) = as_window(window), check_shift(shift, window)
    for row in range(size[0]):
        for column in range(size[1]):
            (gradient,) = torch.autograd.grad(module(x)[0, row, column].sum(), x)
            found = gradient[0].abs().amax(-1) > 0
            rows = (torch.arange(size[0]) - sh).div(wh, rounding_mode="floor")
            columns = (torch.arange(size[1]) - sw).div(ww, rounding_mode="floor")
            expected = (rows == rows[row])[:, None] & (columns == columns[column])
            assert torch.equal(found, expected), (row, column)


def test_shift_of_zero_is_window_attention_alone():
    module, x = ShiftedWindowAttention(12, 3, 4).double(), maps(2, 8, 12, 12)
    windows = super(ShiftedWindowAttention, module).forward(window_partition(x, 4))
    assert torch.equal(window_partition(module(x), 4), windows)
    assert module.mask is None


def test_regions_by_hand():
    expected = [[0, 0, 0, 1], [0, 0, 0, 1], [2, 2, 2, 3], [2, 2, 2, 3]]
    assert shift_regions(4, 4, 4, (2, 1)).tolist() == expected
    assert shift_regions(4, 6, 2, 1).sum(0).tolist() == [2, 2, 2, 2, 2, 6]
    assert not shift_regions(4, 6, 2, 0).any()
    assert shift_regions(4, 4, 2, (0, 1)).unique().tolist() == [0, 1]


def test_mask_is_symmetric_and_lets_every_token_see_itself():
    mask = shift_mask(9, 8, (3, 4), (2, 1))
    assert mask.shape == (6, 12, 12)
    assert torch.equal(mask, mask.transpose(1, 2)) and mask.diagonal(dim1=1, dim2=2).all()
    assert mask[0].all() and not mask[-1].all()


# Around it


def test_one_module_serves_maps_of_many_sizes_and_dtypes():
    module = random_weights(ShiftedWindowAttention(12, 3, 4, 2))
    for size in [(8, 8), (12, 8), (8, 12), (9, 5), (4, 8), (8, 8)]:
        fresh = ShiftedWindowAttention(12, 3, 4, 2)
        fresh.load_state_dict(module.state_dict())
        x = maps(2, *size, 12, dtype=torch.float32)
        assert torch.equal(module(x), fresh(x))
    assert set(module.state_dict()) == {"qkv.weight", "qkv.bias", "proj.weight", "proj.bias", "position_bias.table"}
    for dtype in (torch.float64, torch.bfloat16):
        assert module.to(dtype)(maps(1, 8, 8, 12, dtype)).dtype == dtype


def test_mask_is_kept_for_the_next_call():
    module = ShiftedWindowAttention(12, 3, 4, 2)
    module(maps(1, 8, 8, 12, torch.float32))
    mask = module.mask
    module(maps(2, 8, 8, 12, torch.float32))
    assert module.mask is mask
    module(maps(1, 4, 8, 12, torch.float32))  # the same number of windows in a row, another shift
    assert torch.equal(module.mask, shift_mask(4, 8, 4, (0, 2)))


def test_input_is_not_changed():
    x = maps(1, 8, 8, 12)
    before = x.clone()
    SwinBlock(12, 3, 4, 2).double()(x)
    assert torch.equal(x, before)


def test_no_query_bias():
    assert ShiftedWindowAttention(12, 3, 4, 2, qkv_bias=False).qkv.bias is None


def test_defaults_are_those_of_swin():
    block = SwinBlock(12, 3, 4)
    assert block.norm1.eps == block.norm2.eps == TorchvisionBlock(12, 3, [4, 4], [0, 0]).norm1.eps
    assert block.mlp.fc1.out_features == 48 and block.attn.shift == (0, 0)
    assert SwinBlock(10, 2, 4, mlp_ratio=1.79).mlp.fc1.out_features == 17


def test_drop_path_leaves_out_whole_images_of_each_branch():
    torch.manual_seed(0)
    block, x = SwinBlock(4, 2, 2, 1, drop_path=0.5).double(), maps(200, 4, 4, 4)
    with torch.no_grad():
        y = block(x)
        full = block.attn(block.norm1(x))
        choices = []
        for first in (0, 2):
            z = x + first * full
            m = block.mlp(block.norm2(z))
            choices += [z, z + 2 * m]
    distance = torch.stack([(y - c).abs().amax(dim=(1, 2, 3)) for c in choices])  # (4, images)
    assert (distance.amin(dim=0) < 1e-12).all()
    assert (distance.argmin(dim=0).bincount(minlength=4) > 25).all()
    assert not torch.allclose(block.eval()(x), y)


ERRORS = [
    (lambda: check_shift(4, 4), ValueError, "4 × 4 can be shifted by 0 to 3 rows and 0 to 3 columns, got 4"),
    (lambda: check_shift(-1, 4), ValueError, "0 to 3 rows and 0 to 3 columns, got -1"),
    (
        lambda: check_shift((1, 2), (4, 2)),
        ValueError,
        "4 × 2 can be shifted by 0 to 3 rows and 0 to 1 columns, got (1, 2)",
    ),
    (lambda: check_shift((1, 2, 3), 4), TypeError, "a shift is an integer or a pair of integers"),
    (lambda: check_shift(1.0, 4), TypeError, "got 1.0"),
    (lambda: check_shift(True, 4), TypeError, "got True"),
    (lambda: shift_regions(8, 6, 4, 2), ValueError, "windows of 4 × 4 do not cover a map of 8 × 6; pad it first."),
    (lambda: shift_mask(0, 4, 4, 2), ValueError, "windows of 4 × 4 do not cover a map of 0 × 4; pad it first."),
    (lambda: shift_mask(8, 8, 4, 5), ValueError, "0 to 3 rows"),
    (lambda: ShiftedWindowAttention(8, 2, 4, 4), ValueError, "0 to 3 rows"),
    (lambda: ShiftedWindowAttention(8, 3, 4, 2), ValueError, "tokens of length 8 cannot be split into 3 heads"),
    (lambda: ShiftedWindowAttention(8, 2, 4, 2)(torch.zeros(2, 8, 8, 6)), ValueError, "(B, H, W, 8), got (2, 8, 8, 6)"),
    (lambda: ShiftedWindowAttention(8, 2, 4, 2)(torch.zeros(2, 64, 8)), ValueError, "(B, H, W, 8), got (2, 64, 8)"),
    (lambda: SwinBlock(8, 2, 4, 2)(torch.zeros(8, 8, 8)), ValueError, "(B, H, W, 8), got (8, 8, 8)"),
]


@pytest.mark.parametrize("call, error, message", ERRORS)
def test_errors(call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call()


# Mistakes that keep the shape: parity must see each of them


class NoMask(ShiftedWindowAttention):
    def cached_mask(self, *arguments):
        return None


class WrongSign(ShiftedWindowAttention):
    def cached_mask(self, *arguments):
        return ~super().cached_mask(*arguments) | torch.eye(16, dtype=torch.bool)


class RolledOn(ShiftedWindowAttention):
    def forward(self, x):
        return super().forward(x).roll((-4, -4), (1, 2))


class OtherWay(ShiftedWindowAttention):
    def forward(self, x):
        return super().forward(x.roll((4, 4), (1, 2))).roll((-4, -4), (1, 2))


@pytest.mark.parametrize("mistake", [NoMask, WrongSign, RolledOn, OtherWay])
def test_parity_sees_the_mistake(mistake):
    ours = SwinBlock(12, 3, 4, 2)
    ours.attn = mistake(12, 3, 4, 2)
    with pytest.raises(AssertionError, match="the outputs differ"):
        weights.compare(ours, torchvision_block(4, 2), weights.TORCHVISION_SWIN_BLOCK, maps(2, 12, 8, 12))
