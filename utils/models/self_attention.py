"""How every token looks at every other: scaled dot-product attention and one self-attention head (chapter 04).

Vaswani et al. (2017), "Attention Is All You Need", section 3.2.1.
"""

import torch
from torch import nn
from torch.nn import functional as F


def check_attention(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: torch.Tensor | None = None
) -> None:
    """Raise an error that names the shapes, unless the queries can look at the keys under this mask.

    Args:
        query, key, value, mask: see `attention`.

    Raises:
        TypeError: the mask is neither boolean nor floating point.
        ValueError: fewer than two dimensions, queries and keys of different length, not one value per key, leading
            dimensions that do not broadcast, or a mask that does not broadcast to the scores.
    """
    shapes = f"query {tuple(query.shape)}, key {tuple(key.shape)}, value {tuple(value.shape)}"
    if min(query.ndim, key.ndim, value.ndim) < 2:
        raise ValueError(
            f"query, key and value must have shapes (..., N, d), (..., M, d), (..., M, d_v): got {shapes}."
        )
    if query.shape[-1] != key.shape[-1]:
        raise ValueError(f"queries of length {query.shape[-1]} and keys of length {key.shape[-1]} differ: {shapes}.")
    if key.shape[-2] != value.shape[-2]:
        raise ValueError(f"{key.shape[-2]} keys need as many values, got {value.shape[-2]}: {shapes}.")
    try:
        leading = torch.broadcast_shapes(query.shape[:-2], key.shape[:-2], value.shape[:-2])
    except RuntimeError:
        raise ValueError(f"the leading dimensions do not broadcast: {shapes}.") from None
    if mask is None:
        return
    if mask.dtype != torch.bool and not mask.is_floating_point():
        raise TypeError(
            f"a mask is boolean (True = may look) or floating point (added to the scores), got {mask.dtype}."
        )
    scores = (*leading, query.shape[-2], key.shape[-2])
    try:
        fits = torch.broadcast_shapes(mask.shape, scores) == scores
    except RuntimeError:
        fits = False
    if not fits:
        raise ValueError(f"a mask of shape {tuple(mask.shape)} does not broadcast to the scores {scores}.")


def attention_weights(query: torch.Tensor, key: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
    """Return how much each query looks at each key: softmax(Q Kᵀ / √d), written out. Each row sums to 1.

    A query that may look at no key at all (its row of the mask is all False or all −∞) gets weights of zero, and
    gradients of zero, as in PyTorch.

    Args:
        query, key, mask: see `attention`. A floating-point mask must have the dtype of the queries.

    Returns:
        `(..., N, M)`.

    Source: Vaswani et al. (2017), section 3.2.1, equation 1.
    """
    scores = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5  # (..., N, d) @ (..., d, M) -> (..., N, M)
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf) if mask.dtype == torch.bool else scores + mask
    blind = (scores == -torch.inf).all(dim=-1, keepdim=True)  # (..., N, 1), queries that may look at nothing
    return scores.masked_fill(blind, 0).softmax(dim=-1).masked_fill(blind, 0)


def attention(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor | None = None,
    dropout: float = 0.0,
    return_weights: bool = False,
) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
    """Scaled dot-product attention: softmax(Q Kᵀ / √d) V. Each query gets a weighted mean of the values.

    Calls PyTorch's `F.scaled_dot_product_attention`, whose fused kernels keep no table of weights, and writes the table
    out only when the weights are asked for. Both give the same values. A query that may look at no key at all gets an
    output of zero either way, see `attention_weights`.

    Args:
        query: Q, `(..., N, d)`.
        key: K, `(..., M, d)`.
        value: V, `(..., M, d_v)`.
        mask: broadcastable to `(..., N, M)`. Boolean: True = this query may look at this key. Floating point: added to
            the scores before the softmax. `None`: every query looks at every key.
        dropout: probability with which each weight is set to zero (the others grow by 1 / (1 − dropout)). Always
            applied: pass 0 in evaluation.
        return_weights: also return the weights, after dropout, so that output = weights @ value.

    Returns:
        The output `(..., N, d_v)`; with `return_weights`, the pair of output and weights `(..., N, M)`.

    Raises:
        TypeError, ValueError: see `check_attention`.

    Source: Vaswani et al. (2017), section 3.2.1, equation 1.
    """
    check_attention(query, key, value, mask)
    if mask is not None and mask.dtype != torch.bool:
        mask = mask.to(query.dtype)
    if not return_weights:
        return F.scaled_dot_product_attention(query, key, value, mask, dropout_p=dropout)
    weights = F.dropout(attention_weights(query, key, mask), dropout)
    return weights @ value, weights  # (..., N, M) @ (..., M, d_v) -> (..., N, d_v)


class SelfAttention(nn.Module):
    """One head of self-attention: every token looks at every token of its own sequence.

    Queries, keys and values are three linear functions of the same tokens. The same as one head of transformers'
    `ViTAttention` before its output projection. The functions have biases, as in ViT; those of Vaswani et al. (2017)
    have none.

    Args:
        embed_dim: length D of a token.
        head_dim: length d of queries, keys and values; by default D.

    Shapes: `(B, N, D)` → `(B, N, d)`; with `return_weights`, a pair of this and the weights `(B, N, N)`. For the mask
    see `attention`.

    Raises:
        TypeError, ValueError: the tokens do not have shape `(B, N, D)`; for the mask see `check_attention`.

    Source: Vaswani et al. (2017), section 3.2.1, equation 1, with Q, K and V as in section 3.2.2 for one head.
    """

    def __init__(self, embed_dim: int, head_dim: int | None = None):
        super().__init__()
        head_dim = embed_dim if head_dim is None else head_dim
        self.query = nn.Linear(embed_dim, head_dim)  # W^Q
        self.key = nn.Linear(embed_dim, head_dim)  # W^K
        self.value = nn.Linear(embed_dim, head_dim)  # W^V

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None, return_weights: bool = False):
        if x.ndim != 3 or x.shape[2] != self.query.in_features:
            raise ValueError(f"tokens must have shape (B, N, {self.query.in_features}), got {tuple(x.shape)}.")
        q, k, v = self.query(x), self.key(x), self.value(x)  # (B, N, D) -> (B, N, d), three times
        return attention(q, k, v, mask, return_weights=return_weights)
