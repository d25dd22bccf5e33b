"""Several attentions side by side, each in its own part of the token (chapter 05).

Vaswani et al. (2017), "Attention Is All You Need", section 3.2.2.
"""

import torch
from torch import nn

from utils.models.self_attention import attention


class MultiHeadAttention(nn.Module):
    """Let every token look at every other through several heads at once, and merge what they bring back.

    The same as timm's `Attention` and PyTorch's `nn.MultiheadAttention` on one sequence. One linear layer makes the
    queries, keys and values of all heads; each head then works on its own d_h = D / h of the D numbers.

    Args:
        embed_dim: length D of a token.
        num_heads: number of heads h; it must divide D.
        qkv_bias: whether queries, keys and values have a bias.
        dropout: share of the attention weights set to zero in training.

    Shapes: `(B, N, D)` → `(B, N, D)`; with `return_weights=True` also the weights `(B, h, N, N)`, queries first. A mask
    is what `utils.models.self_attention.attention` takes, and fits `(B, h, N, N)`.

    Raises:
        ValueError: heads that do not divide D, tokens that are not `(B, N, D)`, or a mask that does not fit.
        TypeError: a mask that is neither boolean nor floating point.

    Source: Vaswani et al. (2017), section 3.2.2; Dosovitskiy et al. (2021), appendix A, equations 5 to 8.
    """

    def __init__(self, embed_dim: int, num_heads: int, qkv_bias: bool = True, dropout: float = 0.0):
        super().__init__()
        if num_heads < 1 or embed_dim % num_heads:
            fits = [h for h in range(1, embed_dim + 1) if embed_dim % h == 0]
            raise ValueError(f"tokens of length {embed_dim} cannot be split into {num_heads} heads. Use one of {fits}.")
        self.num_heads = num_heads
        self.dropout = dropout
        self.qkv = nn.Linear(embed_dim, 3 * embed_dim, bias=qkv_bias)  # U_qkv
        self.proj = nn.Linear(embed_dim, embed_dim)  # U_msa

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None, return_weights: bool = False):
        if x.ndim != 3 or x.shape[2] != self.proj.in_features:
            raise ValueError(f"tokens must have shape (B, N, {self.proj.in_features}), got {tuple(x.shape)}.")
        B, N, D = x.shape
        qkv = self.qkv(x).reshape(B, N, 3, self.num_heads, D // self.num_heads)  # (B, N, 3D) -> (B, N, 3, h, d_h)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # three times (B, h, N, d_h)
        dropout = self.dropout if self.training else 0.0
        if return_weights:
            heads, weights = attention(q, k, v, mask, dropout, return_weights=True)  # (B, h, N, d_h), (B, h, N, N)
        else:
            heads = attention(q, k, v, mask, dropout)  # (B, h, N, d_h)
        merged = heads.transpose(1, 2).reshape(B, N, D)  # (B, h, N, d_h) -> (B, N, h, d_h) -> (B, N, D)
        return (self.proj(merged), weights) if return_weights else self.proj(merged)
