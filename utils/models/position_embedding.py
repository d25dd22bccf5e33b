"""Telling a Transformer where each token was (chapter 03).

Vaswani et al. (2017), "Attention Is All You Need", section 3.5, and Dosovitskiy et al. (2021), "An Image is Worth 16x16
Words: Transformers for Image Recognition at Scale", section 3.1 and appendix D.4; relative positions as in Liu et al.
(2021), "Swin Transformer: Hierarchical Vision Transformer using Shifted Windows", section 3.2.
"""

from numbers import Integral

import torch
import torch.nn.functional as F
from torch import nn

KINDS = ("learned", "sincos_1d", "sincos_2d")


def check_grid_size(grid_size: tuple[int, int]) -> None:
    """Raise an error unless this is a pair of integers: rows and columns of patches, each at least 1.

    Raises:
        TypeError: not a pair of integers.
        ValueError: a side below 1.
    """
    pair = isinstance(grid_size, tuple | list) and len(grid_size) == 2
    if not pair or not all(isinstance(side, Integral) and not isinstance(side, bool) for side in grid_size):
        raise TypeError(f"a grid size is (rows, columns) of patches, two integers; got {grid_size!r}.")
    if min(grid_size) < 1:
        raise ValueError(f"a grid of patches has at least 1 row and 1 column, got {grid_size[0]} × {grid_size[1]}.")


def check_table(table: torch.Tensor, grid_size: tuple[int, int], prefix_tokens: int) -> None:
    """Raise an error unless a table `(1, prefix_tokens + H·W, D)` has one row for each token of this grid.

    Raises:
        TypeError: the grid size is not a pair of integers.
        ValueError: a side below 1, or a table of another shape.
    """
    check_grid_size(grid_size)
    if table.ndim != 3 or table.shape[0] != 1:
        raise ValueError(f"a table of positions must have shape (1, N, D), got {tuple(table.shape)}.")
    H, W = grid_size
    if table.shape[1] != prefix_tokens + H * W:
        raise ValueError(
            f"the table has {table.shape[1]} rows, but {prefix_tokens} prefix tokens and a grid of {H} × {W} patches "
            f"need {prefix_tokens + H * W}."
        )


def check_tokens(
    tokens: torch.Tensor, table: torch.Tensor, grid_size: tuple[int, int], trained: tuple[int, int], prefix_tokens: int
) -> None:
    """Raise a `ValueError` that says what would fit, unless there is one token for each row of the table.

    Args:
        tokens: `(B, N, D)`.
        table: `(1, prefix_tokens + H·W, D)`, as it is to be added.
        grid_size: `(H, W)`, rows and columns of patches that the table is for.
        trained: the grid that the embedding was made for, before resampling.
        prefix_tokens: tokens in front of the patches.
    """
    D = table.shape[2]
    if tokens.ndim != 3 or tokens.shape[2] != D:
        raise ValueError(f"tokens must have shape (B, N, {D}), got {tuple(tokens.shape)}.")
    if tokens.shape[1] != table.shape[1]:
        H, W = grid_size
        given = f"grid_size={H, W}" if tuple(grid_size) != tuple(trained) else f"this embedding's grid of {H} × {W}"
        raise ValueError(
            f"{tokens.shape[1]} tokens do not fit {given} patches with {prefix_tokens} prefix tokens, which makes "
            f"{table.shape[1]}. For images of another size, pass grid_size=(rows, columns) of their patches."
        )


def sincos_1d(positions: torch.Tensor, dim: int, temperature: float = 10000.0) -> torch.Tensor:
    """Write each position as the sines and cosines of `dim / 2` angles, from fast to slow.

    Angle k of position p is p / temperature^(2k / dim), for k = 0 … dim/2 − 1. All sines come first, then all cosines,
    as in MoCo v3, MAE and timm. The paper interleaves them (sine in column 2k, cosine in 2k + 1); the columns are the
    same, and the linear layers that read them do not mind their order.

    Args:
        positions: `(N,)`, of any dtype; float64 is computed in float64, everything else in float32.
        dim: numbers per position, even.
        temperature: the slowest wave is nearly this many times as long as the fastest, whose length is 2π positions.

    Returns:
        `(N, dim)`, floating point.

    Raises:
        ValueError: `positions` is not one-dimensional, or `dim` not a positive even number.

    Source: Vaswani et al. (2017), section 3.5.
    """
    if positions.ndim != 1:
        raise ValueError(f"positions must have shape (N,), got {tuple(positions.shape)}.")
    if dim < 2 or dim % 2:
        raise ValueError(f"dim must be a positive multiple of 2, a sine and a cosine for each angle; got {dim}.")
    positions = positions.to(torch.promote_types(positions.dtype, torch.float32))
    k = torch.arange(dim // 2, dtype=positions.dtype, device=positions.device)
    angles = positions[:, None] / temperature ** (2 * k / dim)  # (N, 1) / (dim/2,) -> (N, dim/2)
    return torch.cat([angles.sin(), angles.cos()], dim=1)  # (N, dim)


def sincos_2d(height: int, width: int, embed_dim: int, temperature: float = 10000.0) -> torch.Tensor:
    """Write the row of each patch into one half of its embedding, and its column into the other.

    The columns of the table are four blocks of `embed_dim / 4`: sine of the row, sine of the column, cosine of the
    row, cosine of the column; patches are in reading order. That is timm's `build_sincos2d_pos_embed((height, width),
    embed_dim)`. MoCo v3 and MAE have the same blocks in another order.

    Args:
        height, width: rows and columns of patches.
        embed_dim: length D of a token, a multiple of 4.
        temperature: see `sincos_1d`.

    Returns:
        `(H·W, D)`, float32.

    Raises:
        ValueError: `embed_dim` is not a positive multiple of 4.

    Source: Chen, Xie & He (2021), "An Empirical Study of Training Self-Supervised Vision Transformers" (MoCo v3).
    """
    if embed_dim < 4 or embed_dim % 4:
        raise ValueError(
            f"embed_dim must be a positive multiple of 4, a sine and a cosine for row and column; got {embed_dim}."
        )
    i = torch.arange(height * width)  # index of each patch, in reading order
    row = sincos_1d(i // width, embed_dim // 2, temperature)  # (H·W, D/2)
    column = sincos_1d(i % width, embed_dim // 2, temperature)  # (H·W, D/2)
    pair = torch.stack([row.unflatten(1, (2, -1)), column.unflatten(1, (2, -1))], dim=2)  # (H·W, 2 sin/cos, 2, D/4)
    return pair.flatten(1)  # (H·W, D)


def resample(
    table: torch.Tensor, old_size: tuple[int, int], new_size: tuple[int, int], prefix_tokens: int = 0
) -> torch.Tensor:
    """Stretch or shrink a table of positions to another grid of patches, as one resizes an image.

    Bicubic and antialiased, as timm's `resample_abs_pos_embed`. The rows of prefix tokens, which have no place in the
    image, are kept as they are. Computed in float32 at least, returned in the table's dtype.

    Args:
        table: `(1, prefix_tokens + H·W, D)`, patches in reading order.
        old_size: `(H, W)`, rows and columns of patches that the table is for.
        new_size: `(H', W')`, those wanted.
        prefix_tokens: rows in front that belong to no patch, such as the class token's.

    Returns:
        `(1, prefix_tokens + H'·W', D)`; the table itself if the sizes are equal.

    Raises:
        TypeError: a size is not a pair of integers.
        ValueError: a size below 1, or a table that does not fit the old size.

    Source: Dosovitskiy et al. (2021), section 3.2, last paragraph.
    """
    check_table(table, old_size, prefix_tokens)
    check_grid_size(new_size)
    if tuple(old_size) == tuple(new_size):
        return table
    grid = table[:, prefix_tokens:].transpose(1, 2).unflatten(2, tuple(old_size))  # (1, H·W, D) -> (1, D, H, W)
    grid = grid.to(torch.promote_types(table.dtype, torch.float32))
    grid = F.interpolate(grid, size=tuple(new_size), mode="bicubic", antialias=True)  # (1, D, H', W')
    grid = grid.flatten(2).transpose(1, 2).to(table.dtype)  # (1, H'·W', D)
    return torch.cat([table[:, :prefix_tokens], grid], dim=1)


class PositionEmbedding(nn.Module):
    """Add to each token a vector that says where it was.

    Args:
        grid_size: `(H, W)`, rows and columns of patches.
        embed_dim: length D of a token.
        prefix_tokens: tokens in front of the patches, such as the class token.
        kind: `"learned"`, a parameter, normally distributed with standard deviation 0.02 (cut off at ±2) to begin with;
            or `"sincos_1d"` or `"sincos_2d"`, a fixed table, zero for the prefix tokens, not in the `state_dict`.

    Shapes: `(B, prefix_tokens + H·W, D)` → the same. For images of another size, `forward(tokens, grid_size)` takes
    their rows and columns of patches, and resamples the table to them, whatever its kind.

    Raises:
        TypeError: a grid size is not a pair of integers.
        ValueError: unknown kind, a side below 1, `embed_dim` that a fixed table cannot have, or tokens that do not fit.

    Source: Dosovitskiy et al. (2021), section 3.1, the matrix E_pos of equation 1.
    """

    def __init__(self, grid_size: tuple[int, int], embed_dim: int, prefix_tokens: int = 0, kind: str = "learned"):
        super().__init__()
        check_grid_size(grid_size)
        if kind not in KINDS:
            raise ValueError(f"there is no kind of position embedding {kind!r}. Choose one of: {', '.join(KINDS)}.")
        self.grid_size, self.prefix_tokens = tuple(grid_size), prefix_tokens
        H, W = self.grid_size
        if kind == "learned":
            table = torch.empty(1, prefix_tokens + H * W, embed_dim)
            self.table = nn.Parameter(nn.init.trunc_normal_(table, std=0.02))  # E_pos
        else:
            patches = sincos_1d(torch.arange(H * W), embed_dim) if kind == "sincos_1d" else sincos_2d(H, W, embed_dim)
            table = F.pad(patches, (0, 0, prefix_tokens, 0))[None]  # (H·W, D) -> (1, prefix_tokens + H·W, D)
            self.register_buffer("table", table, persistent=False)

    def forward(self, tokens: torch.Tensor, grid_size: tuple[int, int] | None = None) -> torch.Tensor:
        grid_size = self.grid_size if grid_size is None else grid_size
        table = resample(self.table, self.grid_size, grid_size, self.prefix_tokens)
        check_tokens(tokens, table, grid_size, self.grid_size, self.prefix_tokens)
        return tokens + table  # (B, N, D) + (1, N, D)


def relative_position_index(height: int, width: int) -> torch.Tensor:
    """Number the offsets between any two patches of a grid.

    Two pairs of patches have the same number exactly if their offsets agree, row by row and column by column. The
    offset of patch i from patch j is counted from (−(H − 1), −(W − 1)) in reading order, so there are
    (2H − 1)·(2W − 1) numbers. The same as timm's `gen_relative_position_index` and torchvision's Swin Transformer.

    Args:
        height, width: rows and columns of patches.

    Returns:
        `(H·W, H·W)`, int64: row i, column j holds the number of position(i) − position(j).

    Source: Liu et al. (2021), section 3.2, equation 4.
    """
    i = torch.arange(height * width)
    row, column = i // width, i % width  # (N,)
    rows_apart = row[:, None] - row[None, :] + height - 1  # (N, N), from 0 to 2H - 2
    columns_apart = column[:, None] - column[None, :] + width - 1  # (N, N), from 0 to 2W - 2
    return rows_apart * (2 * width - 1) + columns_apart


class RelativePositionBias(nn.Module):
    """One learned number per offset between two patches and per head, to be added to the scores of attention.

    Args:
        grid_size: `(H, W)`, rows and columns of patches. There are no prefix tokens.
        num_heads: heads h, each with numbers of its own.

    Shapes: `forward()` → `(num_heads, N, N)` with N = H · W; row i belongs to the patch that looks (the query),
    column j to the one that is looked at (the key).

    Raises:
        TypeError: the grid size is not a pair of integers.
        ValueError: a side below 1.

    Source: Liu et al. (2021), section 3.2, equation 4, the matrix B; after Shaw et al. (2018), "Self-Attention with
    Relative Position Representations", and Raffel et al. (2020), the T5 model.
    """

    def __init__(self, grid_size: tuple[int, int], num_heads: int):
        super().__init__()
        check_grid_size(grid_size)
        H, W = grid_size
        table = torch.empty((2 * H - 1) * (2 * W - 1), num_heads)
        self.table = nn.Parameter(nn.init.trunc_normal_(table, std=0.02))  # B-hat
        self.register_buffer("index", relative_position_index(H, W), persistent=False)

    def forward(self) -> torch.Tensor:
        return self.table[self.index].permute(2, 0, 1)  # (N, N) -> (N, N, h) -> (h, N, N)
