"""The Transformer block: the same as timm's, torchvision's and PyTorch's own, forward and backward; clear errors."""

import re

import pytest
import timm.layers
import torch
import torchvision
from timm.models.vision_transformer import Block
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models.vision_transformer import EncoderBlock

from utils import weights
from utils.models.transformer_block import MLP, DropPath, LayerNorm, LayerScale, TransformerBlock


def tokens(*shape, dtype=torch.float64):
    return torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=dtype)


def random_norms(block):
    """Move the normalisations' weights away from 1 and 0, so that it shows when two are exchanged."""
    for name, p in block.named_parameters():
        if "norm" in name or "ln_" in name:
            nn.init.normal_(p)
    return block


# Parity with the world


@pytest.mark.parametrize("B, N, D, heads, ratio", [(2, 7, 24, 4, 4.0), (1, 1, 8, 1, 2.0), (3, 5, 24, 3, 2.7)])
@pytest.mark.parametrize("scale", [None, 1e-5, 0.1])
def test_parity_with_timm(B, N, D, heads, ratio, scale):
    theirs = random_norms(Block(D, heads, mlp_ratio=ratio, qkv_bias=True, init_values=scale))
    ours = TransformerBlock(D, heads, ratio, layer_scale=scale)
    parity = weights.compare(ours, theirs, weights.TIMM_BLOCK, tokens(B, N, D))
    assert parity.parameters == sum(p.numel() for p in theirs.parameters())


def test_layer_scale_begins_as_timms():
    ours, theirs = TransformerBlock(8, 2, layer_scale=0.3), Block(8, 2, init_values=0.3)
    for name in ("ls1", "ls2"):
        assert torch.equal(getattr(ours, name).gamma, getattr(theirs, name).gamma)
    assert torch.equal(LayerScale(8).gamma, timm.layers.LayerScale(8).gamma)


def test_default_eps_is_that_of_vision_transformers():
    assert LayerNorm(8).eps == TransformerBlock(8, 2).norm2.eps == EncoderBlock(2, 8, 32, 0.0, 0.0).ln_1.eps


def test_parity_with_torchvision():
    theirs = random_norms(EncoderBlock(4, 24, mlp_dim=96, dropout=0.0, attention_dropout=0.0))
    weights.compare(TransformerBlock(24, 4), theirs, weights.TORCHVISION_BLOCK, tokens(2, 7, 24))


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_parity_with_pytorch(norm):
    theirs = nn.TransformerEncoderLayer(24, 4, 60, 0.0, "gelu", 1e-6, batch_first=True, norm_first=norm == "pre")
    ours = TransformerBlock(24, 4, 2.5, norm=norm)
    weights.compare(ours, random_norms(theirs), weights.TORCH_BLOCK, tokens(2, 7, 24))


def test_parity_under_a_mask():
    theirs = nn.TransformerEncoderLayer(24, 4, 96, 0.0, "gelu", 1e-6, batch_first=True, norm_first=True).double()
    ours = TransformerBlock(24, 4).double()
    weights.copy_weights(theirs, ours, weights.TORCH_BLOCK)
    may_look = torch.ones(7, 7, dtype=torch.bool).tril()
    torch.testing.assert_close(ours(tokens(2, 7, 24), may_look), theirs(tokens(2, 7, 24), src_mask=~may_look))


@pytest.mark.parametrize("shape", [(2, 7, 24), (3, 24), (24,), (1, 2, 3, 24), (0, 4, 24)])
@pytest.mark.parametrize("eps", [1e-6, 1e-2])
def test_layer_norm_is_pytorchs(shape, eps):
    ours, theirs = LayerNorm(24, eps).double(), nn.LayerNorm(24, eps).double()
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        q.data.copy_(nn.init.normal_(p))
    torch.testing.assert_close(ours(tokens(*shape)), theirs(tokens(*shape)))


def test_layer_norm_by_hand():
    norm = LayerNorm(4, eps=4.0).double()  # variance 5, so it divides by the root of 9
    found = norm(torch.tensor([1.0, 3.0, 5.0, 7.0]).double())
    torch.testing.assert_close(found, torch.tensor([-3.0, -1.0, 1.0, 3.0]).double() / 3)
    assert not LayerNorm(4)(torch.full((4,), 2.0)).any()


def test_mlp_is_timms():
    theirs = timm.layers.Mlp(6, 20)
    weights.compare(MLP(6, 20), theirs, [(r"(.+)", r"\1")], tokens(2, 3, 6))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_dtype_is_kept(dtype):
    block = TransformerBlock(8, 2, drop_path=0.5, dropout=0.1, layer_scale=0.1).to(dtype)
    assert block(tokens(2, 3, 8, dtype=dtype)).dtype == dtype


# What leaves things out


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
@pytest.mark.parametrize("shape", [(3, 2), (2, 2, 2), ()])
def test_drop_path_is_that_of_timm_and_torchvision(rate, shape):
    torch.manual_seed(0)
    x = torch.ones(20_000, *shape)
    theirs = timm.layers.DropPath(rate), torchvision.ops.StochasticDepth(rate, mode="row")
    for drop in (DropPath(rate), *theirs):
        y = drop(x).flatten(1) if shape else drop(x)[:, None]
        assert torch.equal(y, y[:, :1].expand_as(y))  # one draw per image
        kept = y[:, 0] > 0
        torch.testing.assert_close(y[kept, 0], torch.full((int(kept.sum()),), 1 / (1 - rate)))
        assert abs(kept.double().mean() - (1 - rate)) < 0.02
        alike = (kept[1:] == kept[:-1]).double().mean()  # independent draws
        assert abs(alike - (rate**2 + (1 - rate) ** 2)) < 0.03


def test_drop_path_does_nothing_in_evaluation_or_at_rate_zero():
    x = tokens(5, 2, 3)
    assert torch.equal(DropPath(0.7).eval()(x), x)
    assert torch.equal(DropPath(0.0)(x), x)


def test_block_in_training_leaves_out_whole_branches():
    torch.manual_seed(0)
    block = TransformerBlock(8, 2, drop_path=0.5).double()
    x = tokens(200, 3, 8)
    block.drop_path.eval()
    with torch.no_grad():
        full = block.attention_branch(block.norm1(x))  # the attention's branch of every image
        choices = []
        for first in (0, 2):
            z = x + first * full
            m = block.mlp_branch(block.norm2(z))
            choices += [z, z + 2 * m]
        block.drop_path.train()
        y = block(x)
    distance = torch.stack([(y - c).abs().amax(dim=(1, 2)) for c in choices])  # (4, images)
    assert (distance.amin(dim=0) < 1e-12).all()
    assert (distance.argmin(dim=0).bincount(minlength=4) > 25).all()  # the two branches are drawn independently


@pytest.mark.parametrize("name", ["dropout", "attention_dropout", "drop_path"])
def test_what_is_left_out_in_training_is_there_in_evaluation(name):
    torch.manual_seed(0)
    plain, noisy = TransformerBlock(8, 2).double(), TransformerBlock(8, 2, **{name: 0.5}).double()
    noisy.load_state_dict(plain.state_dict())
    x = tokens(4, 5, 8)
    assert not torch.allclose(noisy(x), plain(x))
    torch.testing.assert_close(noisy.eval()(x), plain(x))


def test_dropout_acts_on_both_branches():
    torch.manual_seed(0)
    block, x = TransformerBlock(8, 2, dropout=0.25).double(), tokens(50, 20, 8)
    for branch in (block.attention_branch, block.mlp_branch):
        assert abs((branch(x) == 0).double().mean() - 0.25) < 0.03


# What makes depth trainable


def test_pre_norm_block_is_the_identity_when_its_branches_are_zero():
    x = tokens(2, 3, 8)
    block = TransformerBlock(8, 2, layer_scale=0.0).double()
    assert torch.equal(block(x), x)
    post = TransformerBlock(8, 2, layer_scale=0.0, norm="post").double()
    torch.testing.assert_close(post(x), F.layer_norm(x, (8,)), rtol=1e-4, atol=1e-4)


def test_mlp_works_on_each_token_alone_and_layer_norm_too():
    x = tokens(2, 5, 8)
    changed = x.clone()
    changed[0, 1] = torch.arange(8.0)
    for layer in (MLP(8, 16), LayerNorm(8), LayerScale(8)):
        moved = (layer.double()(x) - layer(changed)).abs().amax(dim=2) > 0
        assert moved.nonzero().tolist() == [[0, 1]]


@pytest.mark.parametrize("D, N", [(192, 197), (24, 5)])
def test_parameters_and_flops_are_those_of_the_formula(D, N):
    block = TransformerBlock(D, 3)
    assert sum(p.numel() for p in block.parameters()) == 12 * D**2 + 13 * D
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        block(torch.zeros(1, N, D))
    assert counter.get_total_flops() == 24 * N * D**2 + 4 * N**2 * D


def test_hidden_length_is_cut_off_as_in_timm():
    assert TransformerBlock(10, 2, mlp_ratio=1.79).mlp.fc1.out_features == Block(10, 2, 1.79).mlp.fc1.out_features == 17


# Errors name the values

ERRORS = [
    (lambda: TransformerBlock(8, 2, norm="first"), 'norm must be "pre" or "post", got \'first\'.'),
    (lambda: TransformerBlock(8, 3), "tokens of length 8 cannot be split into 3 heads"),
    (lambda: TransformerBlock(8, 2, mlp_ratio=0.1), "hidden_dim must be at least 1, got 0 (embed_dim is 8)."),
    (lambda: TransformerBlock(8, 2, drop_path=1.0), "the rate of DropPath must be at least 0 and below 1, got 1.0."),
    (lambda: DropPath(-0.1), "the rate of DropPath must be at least 0 and below 1, got -0.1."),
    (lambda: TransformerBlock(8, 2)(torch.zeros(2, 3, 6)), "tokens must have shape (..., 8), got (2, 3, 6)."),
    (lambda: TransformerBlock(8, 2)(torch.zeros(3, 8)), "tokens must have shape (B, N, 8), got (3, 8)."),
    (lambda: LayerNorm(8)(torch.zeros(2, 8, 1)), "tokens must have shape (..., 8), got (2, 8, 1)."),
    (lambda: LayerNorm(1)(torch.zeros(())), "tokens must have shape (..., 1), got ()."),
    (lambda: MLP(8, 16)(torch.zeros(2, 16)), "tokens must have shape (..., 8), got (2, 16)."),
    (lambda: LayerScale(8)(torch.zeros(2, 1)), "tokens must have shape (..., 8), got (2, 1)."),
]


@pytest.mark.parametrize("call, message", ERRORS, ids=[message for _, message in ERRORS])
def test_errors(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


# Mistakes that keep the shape: parity must see each of them


class UnbiasedNorm(LayerNorm):
    def forward(self, x):
        return (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True) + self.eps) * self.weight + self.bias


class ResidualBehindNorm(TransformerBlock):
    def forward(self, x):
        x = self.norm1(x)
        x = x + self.attention_branch(x)
        return x + self.mlp_branch(self.norm2(x))


def with_unbiased_norm():
    block = TransformerBlock(24, 4)
    block.norm1 = UnbiasedNorm(24)
    return block


MISTAKES = {
    "unbiased standard deviation": with_unbiased_norm,
    "other eps": lambda: TransformerBlock(24, 4, eps=1e-5),
    "residual behind the norm": lambda: ResidualBehindNorm(24, 4),
    "post-norm": lambda: TransformerBlock(24, 4, norm="post"),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_parity_sees_the_mistake(mistake):
    with pytest.raises(AssertionError, match="the outputs differ"):
        weights.compare(mistake(), Block(24, 4, qkv_bias=True), weights.TIMM_BLOCK, tokens(2, 7, 24))


def test_parity_sees_the_tanh_form_of_gelu():
    class TanhMLP(MLP):
        def forward(self, x):
            return self.fc2(F.gelu(self.fc1(x), approximate="tanh"))

    with pytest.raises(AssertionError, match="the outputs differ"):
        weights.compare(TanhMLP(6, 20), timm.layers.Mlp(6, 20), [(r"(.+)", r"\1")], tokens(2, 3, 6))
