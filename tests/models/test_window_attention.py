"""Windows and the attention inside them: the same as timm's and torchvision's, forward and backward; clear errors."""

import pytest
import timm.models.swin_transformer as timm_swin
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import swin_transformer as torchvision_swin

from utils import weights
from utils.models.multi_head_attention import MultiHeadAttention
from utils.models.position_embedding import relative_position_index
from utils.models.window_attention import (
    WindowAttention,
    attend_in_windows,
    attention_flops,
    pad_to_windows,
    window_partition,
    window_reverse,
)
from utils.weights import TIMM_WINDOW_ATTENTION, TORCHVISION_WINDOW_ATTENTION, copy_weights

WHOLE = [((4, 4), (2, 2)), ((6, 10), (3, 5)), ((6, 10), (2, 5)), ((7, 7), (7, 7)), ((2, 9), (1, 3))]  # map, window
PADDED = [((5, 7), (2, 2)), ((6, 5), (3, 4)), ((9, 4), (2, 4)), ((3, 2), (4, 4)), ((3, 8), (4, 2)), ((1, 1), (2, 3))]


def noisy(module):
    """Give all weights some noise: biases and tables that start at zero, or nearly, prove little."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter += 0.5 * torch.randn_like(parameter)
    return module


class OnMap(WindowAttention):
    """Our attention on a map, as torchvision's module has it."""

    def forward(self, x):
        return attend_in_windows(super().forward, x, self.window_size)


@pytest.mark.parametrize(("size", "window"), WHOLE)
def test_windows_are_timms(size, window):
    x = torch.randn(3, *size, 5)
    windows = window_partition(x, window)
    torch.testing.assert_close(windows, timm_swin.window_partition(x, window).flatten(1, 2), rtol=0, atol=0)
    other = torch.randn_like(windows)
    expected = timm_swin.window_reverse(other.unflatten(1, window), window, *size)
    torch.testing.assert_close(window_reverse(other, window, *size), expected, rtol=0, atol=0)


@pytest.mark.parametrize(("size", "window"), WHOLE)
def test_reverse_undoes_partition(size, window):
    x = torch.randn(3, *size, 5)
    assert torch.equal(window_reverse(window_partition(x, window), window, *size), x)


def test_windows_are_in_reading_order_image_by_image():
    image, row, column = torch.meshgrid(torch.arange(2), torch.arange(4), torch.arange(6), indexing="ij")
    x = torch.stack([image, row, column], dim=-1)  # (2, 4, 6, 3), each token its own address
    windows = window_partition(x, (2, 3))
    assert windows.shape == (8, 6, 3)
    assert windows[5].tolist() == [[1, 0, 3], [1, 0, 4], [1, 0, 5], [1, 1, 3], [1, 1, 4], [1, 1, 5]]


def test_a_map_that_is_not_contiguous_is_cut_as_well():
    x = torch.randn(2, 5, 4, 6).permute(0, 2, 3, 1)  # channels first in memory
    assert torch.equal(window_partition(x, 2), window_partition(x.contiguous(), 2))


@pytest.mark.parametrize(("size", "window"), WHOLE + PADDED)
def test_padding_adds_zeros_at_the_bottom_and_the_right(size, window):
    x = torch.rand(2, *size, 3) + 1
    padded = pad_to_windows(x, window)
    H, W = size
    assert padded.shape[1] % window[0] == 0 and 0 <= padded.shape[1] - H < window[0]
    assert padded.shape[2] % window[1] == 0 and 0 <= padded.shape[2] - W < window[1]
    assert torch.equal(padded[:, :H, :W], x)
    assert (padded[:, H:] == 0).all() and (padded[:, :, W:] == 0).all()


def test_nothing_is_copied_where_nothing_is_padded():
    x = torch.randn(1, 4, 6, 2)
    assert pad_to_windows(x, 2) is x


@pytest.mark.parametrize("window", [(2, 2), (3, 5), (1, 4), (7, 7)])
def test_the_index_is_timms_and_torchvisions(window):
    index = relative_position_index(*window)
    assert torch.equal(index, timm_swin.get_relative_position_index(*window))
    theirs = torchvision_swin.ShiftedWindowAttention(4, list(window), [0, 0], 2)
    assert torch.equal(index.flatten(), theirs.relative_position_index)


@pytest.mark.parametrize("window", [(2, 2), (3, 5), (1, 4)])
def test_the_bias_is_torchvisions(window):
    theirs = noisy(torchvision_swin.ShiftedWindowAttention(4, list(window), [0, 0], 2))
    ours = WindowAttention(4, 2, window)
    copy_weights(theirs, ours, TORCHVISION_WINDOW_ATTENTION)
    expected = torchvision_swin._get_relative_position_bias(
        theirs.relative_position_bias_table, theirs.relative_position_index, list(window)
    )
    torch.testing.assert_close(ours.position_bias()[None], expected, rtol=0, atol=0)


@pytest.mark.parametrize("qkv_bias", [True, False])
@pytest.mark.parametrize(("window", "dim", "heads"), [((2, 2), 4, 1), ((3, 5), 12, 3), ((1, 4), 8, 8), ((7, 7), 16, 2)])
def test_same_as_timm(window, dim, heads, qkv_bias):
    reference = noisy(timm_swin.WindowAttention(dim, heads, window_size=window, qkv_bias=qkv_bias))
    ours = WindowAttention(dim, heads, window, qkv_bias)
    weights.compare(ours, reference, TIMM_WINDOW_ATTENTION, torch.randn(6, window[0] * window[1], dim))


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize(("size", "window"), WHOLE + PADDED)
def test_same_as_torchvision_on_maps(size, window, batch):
    reference = noisy(torchvision_swin.ShiftedWindowAttention(12, list(window), [0, 0], 3))
    ours = OnMap(12, 3, window)
    weights.compare(ours, reference, TORCHVISION_WINDOW_ATTENTION, torch.randn(batch, *size, 12))


class Masked(nn.Module):
    """Our attention with one mask for all inputs."""

    def __init__(self, layer, mask):
        super().__init__()
        self.layer, self.mask = layer, mask

    def forward(self, windows):
        return self.layer(windows, self.mask)


def mask_of(kind, windows, tokens):
    generator = torch.Generator().manual_seed(0)
    if kind == "added":
        return torch.randn(windows, tokens, tokens, generator=generator, dtype=torch.float64)
    may_look = torch.rand(windows, tokens, tokens, generator=generator) < 0.5
    return may_look | torch.eye(tokens, dtype=torch.bool)


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("kind", ["added", "boolean"])
@pytest.mark.parametrize("windows", [1, 3, 6])
def test_a_mask_per_window_is_the_same_for_every_image(kind, windows, fused):
    reference = noisy(timm_swin.WindowAttention(8, 2, window_size=(2, 3)))
    x = torch.randn(6, 6, 8)
    mask = mask_of(kind, windows, 6)
    theirs = mask if kind == "added" else torch.zeros(mask.shape, dtype=torch.float64).masked_fill(~mask, -torch.inf)
    if not fused:
        ours = Masked(WindowAttention(8, 2, (2, 3)), mask)
        both = [(a, f"layer.{b}") for a, b in TIMM_WINDOW_ATTENTION]
        weights.compare(ours, reference, both, x, lambda layer, inputs: layer(inputs, theirs))
        return
    ours = WindowAttention(8, 2, (2, 3)).double()
    copy_weights(reference, ours, TIMM_WINDOW_ATTENTION)
    with torch.no_grad():
        torch.testing.assert_close(ours(x.double(), mask), reference.double()(x.double(), theirs))


def test_the_fused_path_is_the_written_out_one():
    layer, x = noisy(WindowAttention(12, 3, (2, 5))).double(), torch.randn(4, 10, 12, dtype=torch.float64)
    with torch.no_grad():
        fused = layer(x)
    torch.testing.assert_close(fused, layer(x))


def test_without_a_bias_it_is_chapter_05s_attention_on_every_window():
    layer, plain = noisy(WindowAttention(12, 3, (2, 3))), MultiHeadAttention(12, 3)
    nn.init.zeros_(layer.position_bias.table)
    plain.qkv, plain.proj = layer.qkv, layer.proj
    x = torch.randn(2, 4, 6, 12)
    torch.testing.assert_close(attend_in_windows(layer, x, (2, 3)), attend_in_windows(plain, x, (2, 3)))
    windows = window_partition(x, (2, 3))
    torch.testing.assert_close(layer(windows)[5], plain(x[1:2, 0:2, 3:6].reshape(1, 6, 12))[0])


def test_no_window_looks_into_another():
    layer, x = noisy(WindowAttention(8, 2, 2)), torch.randn(2, 4, 4, 8, requires_grad=True)
    attend_in_windows(layer, x, 2)[1, 3, 0].sum().backward()
    reached = x.grad.abs().sum(dim=-1) > 0
    assert reached.nonzero().tolist() == [[1, 2, 0], [1, 2, 1], [1, 3, 0], [1, 3, 1]]


@pytest.mark.parametrize(("size", "window"), WHOLE + PADDED)
def test_arithmetic_is_what_is_counted(size, window):
    layer, plain, x = WindowAttention(12, 3, window), MultiHeadAttention(12, 3), torch.randn(1, *size, 12)
    with FlopCounterMode(display=False) as counter:
        attend_in_windows(layer, x, window)
    assert counter.get_total_flops() == attention_flops(*size, 12, window)
    with FlopCounterMode(display=False) as counter:
        plain(x.flatten(1, 2))
    assert counter.get_total_flops() == attention_flops(*size, 12)


def test_arithmetic_is_the_papers():
    h, w, C, M = 56, 56, 96, 7  # the first stage of Swin-T
    assert attention_flops(h, w, C) == 2 * (4 * h * w * C**2 + 2 * (h * w) ** 2 * C)
    assert attention_flops(h, w, C, M) == 2 * (4 * h * w * C**2 + 2 * M**2 * h * w * C)
    for wrong in [(0, 5, 8, 2), (5, -1, 8, 2), (5, 5, 8, 0)]:
        with pytest.raises(ValueError, match="at least 1"):
            attention_flops(*wrong)


@pytest.mark.parametrize("make", [lambda x, w: pad_to_windows(x, w), lambda x, w: window_partition(x, w)])
def test_windows_and_maps_have_sizes_that_make_sense(make):
    x = torch.randn(1, 4, 4, 2)
    for window in [0, (2, 0), -1]:
        with pytest.raises(ValueError, match="at least 1"):
            make(x, window)
    for window in [2.0, (2, 2, 2), True, "2", None]:
        with pytest.raises(TypeError, match="two integers"):
            make(x, window)
    for shape in [(4, 4, 2), (1, 0, 4, 2), (1, 4, 0, 2)]:
        with pytest.raises(ValueError, match=r"shape \(B, H, W, C\)"):
            make(torch.randn(shape), 2)


def test_windows_must_cover_the_map():
    with pytest.raises(ValueError, match="windows of 2 × 4 do not cover a map of 5 × 4; pad it to 6 × 4"):
        window_partition(torch.randn(1, 5, 4, 2), (2, 4))
    with pytest.raises(ValueError, match="windows of 2 × 4 do not cover a map of 4 × 6"):
        window_reverse(torch.randn(3, 8, 2), (2, 4), 4, 6)
    with pytest.raises(ValueError, match="do not cover a map of 0 × 4"):
        window_reverse(torch.randn(3, 8, 2), (2, 4), 0, 4)


@pytest.mark.parametrize("shape", [(3, 8, 2), (4, 4, 2), (4, 8), (4, 2, 4, 2)])
def test_windows_must_fill_the_map(shape):
    with pytest.raises(ValueError, match=r"has 2 windows of 2 × 4, shape \(B·2, 8, C\)"):
        window_reverse(torch.randn(shape), (2, 4), 4, 4)


@pytest.mark.parametrize("shape", [(3, 3, 8), (3, 4, 4), (4, 8), (3, 2, 2, 8)])
def test_tokens_must_fill_a_window(shape):
    with pytest.raises(ValueError, match=r"windows of 2 × 2 tokens must have shape \(B·nW, 4, 8\)"):
        WindowAttention(8, 2, 2)(torch.randn(shape))


def test_masks_must_fit_the_windows():
    layer, x = WindowAttention(8, 2, 2), torch.randn(6, 4, 8)
    for shape in [(4, 4, 4), (6, 4, 3), (4, 4), (6, 2, 4, 4), (0, 4, 4), (12, 4, 4)]:
        with pytest.raises(ValueError, match="a mask for 6 windows"):
            layer(x, torch.zeros(shape))
    with pytest.raises(TypeError, match="int64"):
        layer(x, torch.zeros(6, 4, 4, dtype=torch.long))


def test_heads_must_divide_the_token_and_windows_be_positive():
    with pytest.raises(ValueError, match="length 8 cannot be split into 3 heads"):
        WindowAttention(8, 3, 2)
    with pytest.raises(ValueError, match="at least 1"):
        WindowAttention(8, 2, 0)
    with pytest.raises(TypeError, match="two integers"):
        WindowAttention(8, 2, 2.5)
