"""The layer that a Transformer repeats: attention, an MLP, and what makes many of them trainable (chapter 06).

Dosovitskiy et al. (2021), "An Image is Worth 16x16 Words", section 3.1, equations 2 and 3; Vaswani et al. (2017).
"""

import torch
from torch import nn
from torch.nn import functional as F

from utils.models.multi_head_attention import MultiHeadAttention


def check_tokens(x: torch.Tensor, embed_dim: int) -> None:
    """Raise a `ValueError` unless the last axis of x holds the `embed_dim` numbers of a token."""
    if x.ndim == 0 or x.shape[-1] != embed_dim:
        raise ValueError(f"tokens must have shape (..., {embed_dim}), got {tuple(x.shape)}.")


class LayerNorm(nn.Module):
    """Bring each token to mean 0 and variance 1 over its D numbers, then scale and shift each number.

    Args:
        embed_dim: length D of a token.
        eps: added to the variance, inside the root. timm's and torchvision's ViT have 1e-6, `nn.LayerNorm` has 1e-5.

    Shapes: `(..., D)` → `(..., D)`.

    Raises:
        ValueError: the last axis is not D long.

    Source: Ba et al. (2016), "Layer Normalization", section 3. The variance divides by D, not D − 1.
    """

    def __init__(self, embed_dim: int, eps: float = 1e-6):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(embed_dim))  # γ
        self.bias = nn.Parameter(torch.zeros(embed_dim))  # β

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        check_tokens(x, len(self.weight))
        return F.layer_norm(x, self.weight.shape, self.weight, self.bias, self.eps)


class MLP(nn.Module):
    """Two linear layers with a GELU between them, applied to each token on its own.

    Args:
        embed_dim: length D of a token.
        hidden_dim: length between the two layers, usually 4 · D.
        dropout: probability with which a number is set to zero in training, after each layer.

    Shapes: `(..., D)` → `(..., D)`.

    Raises:
        ValueError: the last axis is not D long, or there are no hidden numbers.

    Source: Dosovitskiy et al. (2021), section 3.1; GELU: Hendrycks and Gimpel (2016), the exact form with erf.
    """

    def __init__(self, embed_dim: int, hidden_dim: int, dropout: float = 0.0):
        super().__init__()
        if hidden_dim < 1:
            raise ValueError(f"hidden_dim must be at least 1, got {hidden_dim} (embed_dim is {embed_dim}).")
        self.fc1 = nn.Linear(embed_dim, hidden_dim)
        self.fc2 = nn.Linear(hidden_dim, embed_dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        check_tokens(x, self.fc1.in_features)
        x = self.dropout(F.gelu(self.fc1(x)))  # (..., D) -> (..., hidden)
        return self.dropout(self.fc2(x))  # (..., hidden) -> (..., D)


class DropPath(nn.Module):
    """Stochastic depth: in training, leave a branch out for some images of the batch, and scale it up for the others.

    Args:
        rate: probability with which an image's branch is left out, from 0 to below 1.

    Shapes: `(B, ...)` → `(B, ...)`. The mean over many draws is the input; in evaluation nothing changes.

    Raises:
        ValueError: the rate is below 0 or not below 1.

    Source: Huang et al. (2016), "Deep Networks with Stochastic Depth", section 3. They draw once for a whole batch and
    scale in evaluation; here, as in timm and in torchvision's mode "row", each image has a draw of its own, and the
    scaling is done in training.
    """

    def __init__(self, rate: float = 0.0):
        super().__init__()
        if not 0 <= rate < 1:
            raise ValueError(f"the rate of DropPath must be at least 0 and below 1, got {rate}.")
        self.rate = rate

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.rate == 0 or not self.training:
            return x
        keep = x.new_empty(len(x), *[1] * (x.ndim - 1)).bernoulli_(1 - self.rate)  # (B, 1, ...), zeros and ones
        return x * (keep / (1 - self.rate))


class LayerScale(nn.Module):
    """Multiply each of the D numbers of a branch by a learned factor that starts small.

    Args:
        embed_dim: length D of a token.
        initial: the factors' first value.

    Shapes: `(..., D)` → `(..., D)`.

    Raises:
        ValueError: the last axis is not D long.

    Source: Touvron et al. (2021), "Going deeper with Image Transformers", section 2, equation 4.
    """

    def __init__(self, embed_dim: int, initial: float = 1e-5):
        super().__init__()
        self.gamma = nn.Parameter(torch.full((embed_dim,), float(initial)))  # λ

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        check_tokens(x, len(self.gamma))
        return x * self.gamma


class TransformerBlock(nn.Module):
    """Attention between tokens, then an MLP on each token, both with a normalisation and a residual connection.

    Args:
        embed_dim: length D of a token.
        num_heads: attention heads.
        mlp_ratio: hidden length of the MLP divided by D; what the product has after the point is cut off, as in timm.
        dropout: after attention and inside the MLP, in training.
        attention_dropout: on the attention weights, in training.
        drop_path: probability of leaving a branch out for an image, in training.
        layer_scale: first value of a learned factor on each branch; `None` for no factor.
        norm: `"pre"` normalises what enters a branch (ViT), `"post"` the sum behind it (Vaswani et al. 2017).
        eps: of the normalisations.

    Shapes: `(B, N, D)` → `(B, N, D)`. A mask is what `MultiHeadAttention` takes.

    Raises:
        ValueError: another `norm`, or what the parts raise.

    Source: Dosovitskiy et al. (2021), equations 2 and 3. Equal to timm's `Block` (which takes a layer scale of 0 for
    none) and torchvision's `EncoderBlock`, and to PyTorch's `nn.TransformerEncoderLayer` with `activation="gelu"`,
    whose `norm_first` is `norm="pre"`.
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        mlp_ratio: float = 4.0,
        dropout: float = 0.0,
        attention_dropout: float = 0.0,
        drop_path: float = 0.0,
        layer_scale: float | None = None,
        norm: str = "pre",
        eps: float = 1e-6,
    ):
        super().__init__()
        if norm not in ("pre", "post"):
            raise ValueError(f'norm must be "pre" or "post", got {norm!r}.')
        self.norm = norm
        self.norm1, self.norm2 = LayerNorm(embed_dim, eps), LayerNorm(embed_dim, eps)
        self.attn = MultiHeadAttention(embed_dim, num_heads, dropout=attention_dropout)
        self.mlp = MLP(embed_dim, int(embed_dim * mlp_ratio), dropout)
        self.ls1 = nn.Identity() if layer_scale is None else LayerScale(embed_dim, layer_scale)
        self.ls2 = nn.Identity() if layer_scale is None else LayerScale(embed_dim, layer_scale)
        self.dropout, self.drop_path = nn.Dropout(dropout), DropPath(drop_path)

    def attention_branch(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        return self.drop_path(self.ls1(self.dropout(self.attn(x, mask))))  # (B, N, D)

    def mlp_branch(self, x: torch.Tensor) -> torch.Tensor:
        return self.drop_path(self.ls2(self.mlp(x)))  # (B, N, D)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        if self.norm == "pre":
            x = x + self.attention_branch(self.norm1(x), mask)  # z' = MSA(LN(z)) + z
            return x + self.mlp_branch(self.norm2(x))  # z = MLP(LN(z')) + z'
        x = self.norm1(x + self.attention_branch(x, mask))  # z' = LN(z + MSA(z))
        return self.norm2(x + self.mlp_branch(x))  # z = LN(z' + MLP(z'))
