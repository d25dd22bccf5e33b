# %% wrong: copied unchanged
def grid_table(height, width, dim):
    return found_table(height, width, dim)


# %% wrong: finds only the division by the height
def grid_table(height, width, dim):
    half = dim // 2
    patch = torch.arange(height * width)
    row, column = patch // width, patch % width
    rates = 10000 ** (-torch.arange(0, half, 2) / dim)
    table = torch.zeros(height * width, dim)
    table[:, 0:half:2] = (row[:, None] * rates).sin()
    table[:, 1:half:2] = (row[:, None] * rates).cos()
    table[:, half::2] = (column[:, None] * rates).sin()
    table[:, half + 1 :: 2] = (row[:, None] * rates).cos()
    return table


# %% wrong: finds only the rates
def grid_table(height, width, dim):
    half = dim // 2
    patch = torch.arange(height * width)
    row, column = patch // height, patch % height
    rates = 10000 ** (-torch.arange(0, half, 2) / half)
    table = torch.zeros(height * width, dim)
    table[:, 0:half:2] = (row[:, None] * rates).sin()
    table[:, 1:half:2] = (row[:, None] * rates).cos()
    table[:, half::2] = (column[:, None] * rates).sin()
    table[:, half + 1 :: 2] = (row[:, None] * rates).cos()
    return table


# %% wrong: finds the two bugs that a square grid shows
def grid_table(height, width, dim):
    half = dim // 2
    patch = torch.arange(height * width)
    row, column = patch // height, patch % height
    rates = 10000 ** (-torch.arange(0, half, 2) / half)
    table = torch.zeros(height * width, dim)
    table[:, 0:half:2] = (row[:, None] * rates).sin()
    table[:, 1:half:2] = (row[:, None] * rates).cos()
    table[:, half::2] = (column[:, None] * rates).sin()
    table[:, half + 1 :: 2] = (column[:, None] * rates).cos()
    return table


# %% wrong: finds the two bugs that D = 4 shows
def grid_table(height, width, dim):
    half = dim // 2
    patch = torch.arange(height * width)
    row, column = patch // width, patch % width
    rates = 10000 ** (-torch.arange(0, half, 2) / dim)
    table = torch.zeros(height * width, dim)
    table[:, 0:half:2] = (row[:, None] * rates).sin()
    table[:, 1:half:2] = (row[:, None] * rates).cos()
    table[:, half::2] = (column[:, None] * rates).sin()
    table[:, half + 1 :: 2] = (column[:, None] * rates).cos()
    return table


# %% wrong: everything right, but the column in the first half
def grid_table(height, width, dim):
    half = dim // 2
    patch = torch.arange(height * width)
    column, row = patch // width, patch % width
    rates = 10000 ** (-torch.arange(0, half, 2) / half)
    table = torch.zeros(height * width, dim)
    table[:, 0:half:2] = (row[:, None] * rates).sin()
    table[:, 1:half:2] = (row[:, None] * rates).cos()
    table[:, half::2] = (column[:, None] * rates).sin()
    table[:, half + 1 :: 2] = (column[:, None] * rates).cos()
    return table


# %% wrong: the chapter's order, all sines before all cosines
def grid_table(height, width, dim):
    half = dim // 2
    patch = torch.arange(height * width)
    rates = 10000 ** (-torch.arange(0, half, 2) / half)
    row, column = (patch // width)[:, None] * rates, (patch % width)[:, None] * rates
    return torch.cat([row.sin(), row.cos(), column.sin(), column.cos()], dim=1)


# %% wrong: the same rate for every hand
def grid_table(height, width, dim):
    half = dim // 2
    patch = torch.arange(height * width)
    row, column = (patch // width)[:, None], (patch % width)[:, None]
    table = torch.zeros(height * width, dim)
    table[:, 0:half:2], table[:, 1:half:2] = row.sin(), row.cos()
    table[:, half::2], table[:, half + 1 :: 2] = column.sin(), column.cos()
    return table


# %% wrong: calls the course's table and reorders it
from utils.models.position_embedding import sincos_2d as ready_made


def grid_table(height, width, dim):
    blocks = ready_made(height, width, dim).reshape(height * width, 2, 2, dim // 4)  # sin or cos, row or column, hand
    return blocks.permute(0, 2, 3, 1).reshape(height * width, dim)


# %% wrong: column of the last line found by the height
def grid_table(height, width, dim):
    half = dim // 2
    patch = torch.arange(height * width)
    row, column = patch // width, patch % width
    rates = 10000 ** (-torch.arange(0, half, 2) / half)
    table = torch.zeros(height * width, dim)
    table[:, 0:half:2] = (row[:, None] * rates).sin()
    table[:, 1:half:2] = (row[:, None] * rates).cos()
    table[:, half::2] = (column[:, None] * rates).sin()
    table[:, half + 1 :: 2] = ((patch % height)[:, None] * rates).cos()
    return table


# %% wrong: only the row is found by the width
def grid_table(height, width, dim):
    half = dim // 2
    patch = torch.arange(height * width)
    row, column = patch // width, patch % height
    rates = 10000 ** (-torch.arange(0, half, 2) / half)
    table = torch.zeros(height * width, dim)
    table[:, 0:half:2] = (row[:, None] * rates).sin()
    table[:, 1:half:2] = (row[:, None] * rates).cos()
    table[:, half::2] = (column[:, None] * rates).sin()
    table[:, half + 1 :: 2] = (column[:, None] * rates).cos()
    return table


# %% right: loops and the math module
import math


def grid_table(height, width, dim):
    rows = []
    for r in range(height):
        for c in range(width):
            vector = []
            for place in (r, c):
                for k in range(dim // 4):
                    angle = place / 10000 ** (4 * k / dim)
                    vector += [math.sin(angle), math.cos(angle)]
            rows.append(vector)
    return torch.tensor(rows)


# %% right: stacks sine and cosine, then broadcasts over the grid
def waves(count, half):
    angles = torch.arange(count)[:, None] * torch.exp(-torch.arange(0, half, 2) * (9.210340371976184 / half))
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


def grid_table(height, width, dim):
    half = dim // 2
    row = waves(height, half)[:, None].expand(height, width, half)
    column = waves(width, half)[None].expand(height, width, half)
    return torch.cat([row, column], dim=2).reshape(height * width, dim)


# %% right: computed in float64, meshgrid for the places
def grid_table(height, width, dim):
    y, x = torch.meshgrid(torch.arange(height).double(), torch.arange(width).double(), indexing="ij")
    k = torch.arange(dim // 4, dtype=torch.float64)
    table = torch.empty(height * width, dim // 2, 2, dtype=torch.float64)
    for start, place in ((0, y), (dim // 4, x)):
        angles = place.reshape(-1, 1) * 10000 ** (-4 * k / dim)
        table[:, start : start + dim // 4, 0] = angles.sin()
        table[:, start : start + dim // 4, 1] = angles.cos()
    return table.flatten(1).float()


# %% right: complex numbers
def grid_table(height, width, dim):
    half = dim // 2
    k = torch.arange(half // 2)
    rates = 10000 ** (-2 * k / half)
    y, x = torch.arange(height).repeat_interleave(width), torch.arange(width).repeat(height)
    turns = [torch.polar(torch.ones(len(p), len(k)), p[:, None] * rates) for p in (y, x)]
    return torch.cat([torch.view_as_real(t)[..., [1, 0]].flatten(1) for t in turns], dim=1)
