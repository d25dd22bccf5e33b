# %% wrong: offsets of the other sign, j minus i
def clipped_offsets(height, width, reach):
    if reach < 0 or min(height, width) < 1:
        raise ValueError(f"cannot make offsets for {height} × {width}, reach {reach}")
    places = torch.arange(height * width)
    row, column = places // width, places % width
    rows = (row[None, :] - row[:, None]).clamp(-reach, reach) + reach
    columns = (column[None, :] - column[:, None]).clamp(-reach, reach) + reach
    return rows * (2 * reach + 1) + columns


# %% wrong: the chapter's index, not clipped
def clipped_offsets(height, width, reach):
    if reach < 0 or min(height, width) < 1:
        raise ValueError(f"cannot make offsets for {height} × {width}, reach {reach}")
    places = torch.arange(height * width)
    row, column = places // width, places % width
    rows = row[:, None] - row[None, :] + height - 1
    columns = column[:, None] - column[None, :] + width - 1
    return rows * (2 * width - 1) + columns


# %% wrong: clipped, and then numbered as if the table were as wide as the grid asks
def clipped_offsets(height, width, reach):
    if reach < 0 or min(height, width) < 1:
        raise ValueError(f"cannot make offsets for {height} × {width}, reach {reach}")
    places = torch.arange(height * width)
    row, column = places // width, places % width
    rows = (row[:, None] - row[None, :]).clamp(-reach, reach) + reach
    columns = (column[:, None] - column[None, :]).clamp(-reach, reach) + reach
    return rows * (2 * width - 1) + columns


# %% wrong: distances, so left is the same as right
def clipped_offsets(height, width, reach):
    if reach < 0 or min(height, width) < 1:
        raise ValueError(f"cannot make offsets for {height} × {width}, reach {reach}")
    places = torch.arange(height * width)
    row, column = places // width, places % width
    rows = (row[:, None] - row[None, :]).abs().clamp(max=reach) + reach
    columns = (column[:, None] - column[None, :]).abs().clamp(max=reach) + reach
    return rows * (2 * reach + 1) + columns


# %% wrong: rows found by the height, right on square grids only
def clipped_offsets(height, width, reach):
    if reach < 0 or min(height, width) < 1:
        raise ValueError(f"cannot make offsets for {height} × {width}, reach {reach}")
    places = torch.arange(height * width)
    row, column = places // height, places % height
    rows = (row[:, None] - row[None, :]).clamp(-reach, reach) + reach
    columns = (column[:, None] - column[None, :]).clamp(-reach, reach) + reach
    return rows * (2 * reach + 1) + columns


# %% wrong: numbered column by column
def clipped_offsets(height, width, reach):
    if reach < 0 or min(height, width) < 1:
        raise ValueError(f"cannot make offsets for {height} × {width}, reach {reach}")
    places = torch.arange(height * width)
    row, column = places // width, places % width
    rows = (row[:, None] - row[None, :]).clamp(-reach, reach) + reach
    columns = (column[:, None] - column[None, :]).clamp(-reach, reach) + reach
    return columns * (2 * reach + 1) + rows


# %% wrong: a table of floats, which is no index
def clipped_offsets(height, width, reach):
    if reach < 0 or min(height, width) < 1:
        raise ValueError(f"cannot make offsets for {height} × {width}, reach {reach}")
    places = torch.arange(height * width)
    row, column = (places // width).float(), (places % width).float()
    rows = (row[:, None] - row[None, :]).clamp(-reach, reach) + reach
    columns = (column[:, None] - column[None, :]).clamp(-reach, reach) + reach
    return rows * (2 * reach + 1) + columns


# %% wrong: int16 to save memory, which PyTorch does not take for an index
def clipped_offsets(height, width, reach):
    if reach < 0 or min(height, width) < 1:
        raise ValueError(f"cannot make offsets for {height} × {width}, reach {reach}")
    places = torch.arange(height * width)
    row, column = places // width, places % width
    rows = (row[:, None] - row[None, :]).clamp(-reach, reach) + reach
    columns = (column[:, None] - column[None, :]).clamp(-reach, reach) + reach
    return (rows * (2 * reach + 1) + columns).to(torch.int16)


# %% wrong: no check of the reach
def clipped_offsets(height, width, reach):
    places = torch.arange(height * width)
    row, column = places // width, places % width
    rows = (row[:, None] - row[None, :]).clamp(-reach, reach) + reach
    columns = (column[:, None] - column[None, :]).clamp(-reach, reach) + reach
    return rows * (2 * reach + 1) + columns


# %% wrong: the shift is forgotten, so numbers start below 0
def clipped_offsets(height, width, reach):
    if reach < 0 or min(height, width) < 1:
        raise ValueError(f"cannot make offsets for {height} × {width}, reach {reach}")
    places = torch.arange(height * width)
    row, column = places // width, places % width
    rows = (row[:, None] - row[None, :]).clamp(-reach, reach)
    columns = (column[:, None] - column[None, :]).clamp(-reach, reach)
    return rows * (2 * reach + 1) + columns


# %% wrong: the number is clipped, not the rows and columns
def clipped_offsets(height, width, reach):
    if reach < 0 or min(height, width) < 1:
        raise ValueError(f"cannot make offsets for {height} × {width}, reach {reach}")
    places = torch.arange(height * width)
    row, column = places // width, places % width
    number = (row[:, None] - row[None, :]) * (2 * reach + 1) + column[:, None] - column[None, :]
    last = (2 * reach + 1) ** 2 - 1
    return (number + last // 2).clamp(0, last)


# %% wrong: no check of the grid
def clipped_offsets(height, width, reach):
    if reach < 0:
        raise ValueError(f"reach {reach}")
    places = torch.arange(height * width)
    row, column = places // width, places % width
    rows = (row[:, None] - row[None, :]).clamp(-reach, reach) + reach
    columns = (column[:, None] - column[None, :]).clamp(-reach, reach) + reach
    return rows * (2 * reach + 1) + columns


# %% wrong: a reach of 0 is refused
def clipped_offsets(height, width, reach):
    if reach < 1 or min(height, width) < 1:
        raise ValueError(f"cannot make offsets for {height} × {width}, reach {reach}")
    places = torch.arange(height * width)
    row, column = places // width, places % width
    rows = (row[:, None] - row[None, :]).clamp(-reach, reach) + reach
    columns = (column[:, None] - column[None, :]).clamp(-reach, reach) + reach
    return rows * (2 * reach + 1) + columns


# %% wrong: reach cut to the grid
def clipped_offsets(height, width, reach):
    if reach < 0 or min(height, width) < 1:
        raise ValueError(f"cannot make offsets for {height} × {width}, reach {reach}")
    reach = min(reach, max(height, width) - 1)
    places = torch.arange(height * width)
    row, column = places // width, places % width
    rows = (row[:, None] - row[None, :]).clamp(-reach, reach) + reach
    columns = (column[:, None] - column[None, :]).clamp(-reach, reach) + reach
    return rows * (2 * reach + 1) + columns


# %% right: loops and a list
def clipped_offsets(height, width, reach):
    if reach < 0:
        raise ValueError(f"reach {reach}")
    if height < 1 or width < 1:
        raise ValueError(f"{height} by {width}")
    clip = {v: max(-reach, min(reach, v)) + reach for v in range(-height - width, height + width)}
    places = [(r, c) for r in range(height) for c in range(width)]
    return torch.tensor([[clip[r - s] * (2 * reach + 1) + clip[c - t] for s, t in places] for r, c in places])


# %% right: meshgrid and stacked coordinates, as Swin does it
def clipped_offsets(height, width, reach):
    for value, least in ((reach, 0), (height, 1), (width, 1)):
        if value < least:
            raise ValueError(f"{value} is below {least}")
    grid = torch.stack(torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")).flatten(1)
    apart = (grid[:, :, None] - grid[:, None, :]).clip(-reach, reach) + reach
    return apart[0] * (2 * reach + 1) + apart[1]


# %% right: NumPy
import numpy as np


def clipped_offsets(height, width, reach):
    if reach < 0 or height < 1 or width < 1:
        raise ValueError(f"height={height}, width={width}, reach={reach}")
    row, column = np.divmod(np.arange(height * width), width)
    rows = np.clip(np.subtract.outer(row, row), -reach, reach)
    columns = np.clip(np.subtract.outer(column, column), -reach, reach)
    middle = 2 * reach * (reach + 1)
    return torch.from_numpy(middle + rows * (2 * reach + 1) + columns).long()


# %% right: Kronecker products of the two tables for one axis
def clipped_offsets(height, width, reach):
    if reach < 0 or height < 1 or width < 1:
        raise ValueError(f"height {height}, width {width}, reach {reach}")

    def one(n):
        i = torch.arange(n)
        return (i[:, None] - i).clip(-reach, reach) + reach

    rows = torch.kron(one(height), torch.ones(width, width, dtype=torch.long))
    columns = one(width).repeat(height, height)
    return rows * (2 * reach + 1) + columns
