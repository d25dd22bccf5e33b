# %% wrong: rows first, so that the four come in reading order
def split_neighbours(x, size=None):
    B, H, W, length = x.shape
    if length % 4:
        raise ValueError(f"length {length}")
    rows, columns = size or (2 * H, 2 * W)
    if rows not in (2 * H - 1, 2 * H) or columns not in (2 * W - 1, 2 * W):
        raise ValueError(f"{rows} × {columns}")
    x = x.reshape(B, H, W, 2, 2, length // 4).permute(0, 1, 3, 2, 4, 5)
    return x.reshape(B, 2 * H, 2 * W, length // 4)[:, :rows, :columns]


# %% wrong: as in pixel shuffle, the four of one channel stand together
def split_neighbours(x, size=None):
    B, H, W, length = x.shape
    if length % 4:
        raise ValueError(f"length {length}")
    rows, columns = size or (2 * H, 2 * W)
    if rows not in (2 * H - 1, 2 * H) or columns not in (2 * W - 1, 2 * W):
        raise ValueError(f"{rows} × {columns}")
    x = x.reshape(B, H, W, length // 4, 2, 2).permute(0, 1, 5, 2, 4, 3)
    return x.reshape(B, 2 * H, 2 * W, length // 4)[:, :rows, :columns]


# %% wrong: a reshape alone
def split_neighbours(x, size=None):
    B, H, W, length = x.shape
    if length % 4:
        raise ValueError(f"length {length}")
    rows, columns = size or (2 * H, 2 * W)
    if rows not in (2 * H - 1, 2 * H) or columns not in (2 * W - 1, 2 * W):
        raise ValueError(f"{rows} × {columns}")
    return x.reshape(B, 2 * H, 2 * W, length // 4)[:, :rows, :columns]


# %% wrong: the size is not heeded
def split_neighbours(x, size=None):
    B, H, W, length = x.shape
    if length % 4:
        raise ValueError(f"length {length}")
    x = x.reshape(B, H, W, 2, 2, length // 4).permute(0, 1, 4, 2, 3, 5)
    return x.reshape(B, 2 * H, 2 * W, length // 4)


# %% wrong: the first row and column are cut off instead of the last
def split_neighbours(x, size=None):
    B, H, W, length = x.shape
    if length % 4:
        raise ValueError(f"length {length}")
    rows, columns = size or (2 * H, 2 * W)
    if rows not in (2 * H - 1, 2 * H) or columns not in (2 * W - 1, 2 * W):
        raise ValueError(f"{rows} × {columns}")
    x = x.reshape(B, H, W, 2, 2, length // 4).permute(0, 1, 4, 2, 3, 5)
    return x.reshape(B, 2 * H, 2 * W, length // 4)[:, 2 * H - rows :, 2 * W - columns :]


# %% wrong: size is taken for columns and rows
def split_neighbours(x, size=None):
    B, H, W, length = x.shape
    if length % 4:
        raise ValueError(f"length {length}")
    columns, rows = size or (2 * W, 2 * H)
    if rows not in (2 * H - 1, 2 * H) or columns not in (2 * W - 1, 2 * W):
        raise ValueError(f"{rows} × {columns}")
    x = x.reshape(B, H, W, 2, 2, length // 4).permute(0, 1, 4, 2, 3, 5)
    return x.reshape(B, 2 * H, 2 * W, length // 4)[:, :rows, :columns]


# %% wrong: any size is cut off, and none is an error
def split_neighbours(x, size=None):
    B, H, W, length = x.shape
    if length % 4:
        raise ValueError(f"length {length}")
    rows, columns = size or (2 * H, 2 * W)
    x = x.reshape(B, H, W, 2, 2, length // 4).permute(0, 1, 4, 2, 3, 5)
    return x.reshape(B, 2 * H, 2 * W, length // 4)[:, :rows, :columns]


# %% wrong: only sizes that are too large are an error
def split_neighbours(x, size=None):
    B, H, W, length = x.shape
    if length % 4:
        raise ValueError(f"length {length}")
    rows, columns = size or (2 * H, 2 * W)
    if rows > 2 * H or columns > 2 * W:
        raise ValueError(f"{rows} × {columns}")
    x = x.reshape(B, H, W, 2, 2, length // 4).permute(0, 1, 4, 2, 3, 5)
    return x.reshape(B, 2 * H, 2 * W, length // 4)[:, :rows, :columns]


# %% wrong: a length that four do not share is cut off in silence
def split_neighbours(x, size=None):
    B, H, W, length = x.shape
    rows, columns = size or (2 * H, 2 * W)
    if rows not in (2 * H - 1, 2 * H) or columns not in (2 * W - 1, 2 * W):
        raise ValueError(f"{rows} × {columns}")
    C = length // 4
    x = x[..., : 4 * C].reshape(B, H, W, 2, 2, C).permute(0, 1, 4, 2, 3, 5)
    return x.reshape(B, 2 * H, 2 * W, C)[:, :rows, :columns]


# %% wrong: a new tensor without the connection to x, always float32
def split_neighbours(x, size=None):
    B, H, W, length = x.shape
    if length % 4:
        raise ValueError(f"length {length}")
    rows, columns = size or (2 * H, 2 * W)
    if rows not in (2 * H - 1, 2 * H) or columns not in (2 * W - 1, 2 * W):
        raise ValueError(f"{rows} × {columns}")
    y = torch.zeros(B, 2 * H, 2 * W, length // 4)
    for n, part in enumerate(x.detach().chunk(4, dim=3)):
        y[:, n % 2 :: 2, n // 2 :: 2] = part
    return y[:, :rows, :columns]


# %% right: written into every second row and column
def split_neighbours(x, size=None):
    B, H, W, length = x.shape
    if length % 4 != 0:
        raise ValueError(f"4 does not divide {length}")
    if size is None:
        size = (H * 2, W * 2)
    if not (0 <= 2 * H - size[0] <= 1 and 0 <= 2 * W - size[1] <= 1):
        raise ValueError(f"size {tuple(size)} does not fit a map of {H} × {W}")
    y = x.new_empty(B, 2 * H, 2 * W, length // 4)
    for n, part in enumerate(x.split(length // 4, dim=3)):
        y[:, n % 2 :: 2, n // 2 :: 2] = part
    return y[:, : size[0], : size[1], :]


# %% right: stacked twice
def split_neighbours(x, size=None):
    if x.shape[3] % 4:
        raise ValueError(f"got tokens of length {x.shape[3]}")
    above_left, below_left, above_right, below_right = x.chunk(4, dim=-1)
    left = torch.stack([above_left, below_left], dim=2).flatten(1, 2)
    right = torch.stack([above_right, below_right], dim=2).flatten(1, 2)
    y = torch.stack([left, right], dim=3).flatten(2, 3)
    if size is not None:
        fits = [(y.shape[1] - a, y.shape[2] - b) for a in (0, 1) for b in (0, 1)]
        if tuple(size) not in fits:
            raise ValueError(f"size must be one of {fits}, got {size[0]} and {size[1]}")
        y = y[:, : size[0], : size[1]]
    return y


# %% right: pixel shuffle, after the channels have been sorted for it
def split_neighbours(x, size=None):
    B, H, W, length = x.shape
    if length % 4:
        raise ValueError(f"length {length}")
    rows, columns = size if size is not None else (2 * H, 2 * W)
    if rows not in (2 * H - 1, 2 * H) or columns not in (2 * W - 1, 2 * W):
        raise ValueError(f"{rows} × {columns}")
    x = x.unflatten(3, (2, 2, length // 4)).permute(0, 5, 4, 3, 1, 2).flatten(1, 3)  # (B, C·row·column, H, W)
    return F.pixel_shuffle(x, 2).permute(0, 2, 3, 1)[:, :rows, :columns]
