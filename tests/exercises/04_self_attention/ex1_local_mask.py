# %% wrong: the distance between indices, so rows wrap around
def local_mask(rows, columns, reach):
    if min(reach) < 0:
        raise ValueError(f"reach must not be negative, got {tuple(reach)}.")
    index = torch.arange(rows * columns)
    mask = torch.ones(len(index) + 1, len(index) + 1, dtype=torch.bool)
    mask[1:, 1:] = (index[:, None] - index).abs() <= max(reach)
    return mask


# %% wrong: rows and columns swapped
def local_mask(rows, columns, reach):
    if min(reach) < 0:
        raise ValueError(f"reach must not be negative, got {tuple(reach)}.")
    index = torch.arange(rows * columns)
    row, column = index // rows, index % rows
    near = ((row[:, None] - row).abs() <= reach[0]) & ((column[:, None] - column).abs() <= reach[1])
    mask = torch.ones(len(index) + 1, len(index) + 1, dtype=torch.bool)
    mask[1:, 1:] = near
    return mask


# %% wrong: reach in columns first
def local_mask(rows, columns, reach):
    if min(reach) < 0:
        raise ValueError(f"reach must not be negative, got {tuple(reach)}.")
    index = torch.arange(rows * columns)
    row, column = index // columns, index % columns
    near = ((row[:, None] - row).abs() <= reach[1]) & ((column[:, None] - column).abs() <= reach[0])
    mask = torch.ones(len(index) + 1, len(index) + 1, dtype=torch.bool)
    mask[1:, 1:] = near
    return mask


# %% wrong: either direction is enough
def local_mask(rows, columns, reach):
    if min(reach) < 0:
        raise ValueError(f"reach must not be negative, got {tuple(reach)}.")
    index = torch.arange(rows * columns)
    row, column = index // columns, index % columns
    near = ((row[:, None] - row).abs() <= reach[0]) | ((column[:, None] - column).abs() <= reach[1])
    mask = torch.ones(len(index) + 1, len(index) + 1, dtype=torch.bool)
    mask[1:, 1:] = near
    return mask


# %% wrong: nearer than reach, not as near as reach
def local_mask(rows, columns, reach):
    if min(reach) < 0:
        raise ValueError(f"reach must not be negative, got {tuple(reach)}.")
    index = torch.arange(rows * columns)
    row, column = index // columns, index % columns
    near = ((row[:, None] - row).abs() < reach[0]) & ((column[:, None] - column).abs() < reach[1])
    mask = torch.ones(len(index) + 1, len(index) + 1, dtype=torch.bool)
    mask[1:, 1:] = near
    return mask


# %% wrong: True for what is forbidden
def local_mask(rows, columns, reach):
    if min(reach) < 0:
        raise ValueError(f"reach must not be negative, got {tuple(reach)}.")
    index = torch.arange(rows * columns)
    row, column = index // columns, index % columns
    mask = torch.zeros(len(index) + 1, len(index) + 1, dtype=torch.bool)
    mask[1:, 1:] = ((row[:, None] - row).abs() > reach[0]) | ((column[:, None] - column).abs() > reach[1])
    return mask


# %% wrong: the class token sees only itself
def local_mask(rows, columns, reach):
    if min(reach) < 0:
        raise ValueError(f"reach must not be negative, got {tuple(reach)}.")
    index = torch.arange(rows * columns)
    row, column = index // columns, index % columns
    mask = torch.ones(len(index) + 1, len(index) + 1, dtype=torch.bool)
    mask[0, 1:] = False
    mask[1:, 1:] = ((row[:, None] - row).abs() <= reach[0]) & ((column[:, None] - column).abs() <= reach[1])
    return mask


# %% wrong: nobody sees the class token
def local_mask(rows, columns, reach):
    if min(reach) < 0:
        raise ValueError(f"reach must not be negative, got {tuple(reach)}.")
    index = torch.arange(rows * columns)
    row, column = index // columns, index % columns
    mask = torch.zeros(len(index) + 1, len(index) + 1, dtype=torch.bool)
    mask[0] = True
    mask[1:, 1:] = ((row[:, None] - row).abs() <= reach[0]) & ((column[:, None] - column).abs() <= reach[1])
    return mask


# %% wrong: no class token
def local_mask(rows, columns, reach):
    if min(reach) < 0:
        raise ValueError(f"reach must not be negative, got {tuple(reach)}.")
    index = torch.arange(rows * columns)
    row, column = index // columns, index % columns
    return ((row[:, None] - row).abs() <= reach[0]) & ((column[:, None] - column).abs() <= reach[1])


# %% wrong: numbers instead of booleans
def local_mask(rows, columns, reach):
    if min(reach) < 0:
        raise ValueError(f"reach must not be negative, got {tuple(reach)}.")
    index = torch.arange(rows * columns)
    row, column = index // columns, index % columns
    mask = torch.ones(len(index) + 1, len(index) + 1)
    mask[1:, 1:] = (((row[:, None] - row).abs() <= reach[0]) & ((column[:, None] - column).abs() <= reach[1])).float()
    return mask


# %% wrong: no error for a negative reach
def local_mask(rows, columns, reach):
    index = torch.arange(rows * columns)
    row, column = index // columns, index % columns
    mask = torch.ones(len(index) + 1, len(index) + 1, dtype=torch.bool)
    mask[1:, 1:] = ((row[:, None] - row).abs() <= reach[0]) & ((column[:, None] - column).abs() <= reach[1])
    return mask


# %% wrong: works only for square images
def local_mask(rows, columns, reach):
    if min(reach) < 0:
        raise ValueError(f"{reach}")
    side = int((rows * columns) ** 0.5)
    index = torch.arange(rows * columns)
    row, column = index // side, index % side
    near = ((row[:, None] - row).abs() <= reach[0]) & ((column[:, None] - column).abs() <= reach[1])
    mask = torch.ones(len(index) + 1, len(index) + 1, dtype=torch.bool)
    mask[1:, 1:] = near
    return mask


# %% wrong: a window to one side only
def local_mask(rows, columns, reach):
    if min(reach) < 0:
        raise ValueError(f"{reach}")
    index = torch.arange(rows * columns)
    row, column = index // columns, index % columns
    near = ((row[:, None] - row) <= reach[0]) & ((column[:, None] - column) <= reach[1])
    mask = torch.ones(len(index) + 1, len(index) + 1, dtype=torch.bool)
    mask[1:, 1:] = near
    return mask


# %% wrong: the window wraps around the border
def local_mask(rows, columns, reach):
    if min(reach) < 0:
        raise ValueError(f"{reach}")
    index = torch.arange(rows * columns)
    row, column = index // columns, index % columns
    dr, dc = (row[:, None] - row).abs(), (column[:, None] - column).abs()
    near = (torch.minimum(dr, rows - dr) <= reach[0]) & (torch.minimum(dc, columns - dc) <= reach[1])
    mask = torch.ones(len(index) + 1, len(index) + 1, dtype=torch.bool)
    mask[1:, 1:] = near
    return mask


# %% wrong: the class token last
def local_mask(rows, columns, reach):
    if min(reach) < 0:
        raise ValueError(f"{reach}")
    index = torch.arange(rows * columns)
    row, column = index // columns, index % columns
    mask = torch.ones(len(index) + 1, len(index) + 1, dtype=torch.bool)
    mask[:-1, :-1] = ((row[:, None] - row).abs() <= reach[0]) & ((column[:, None] - column).abs() <= reach[1])
    return mask


# %% right: four loops and a list
def local_mask(rows, columns, reach):
    if reach[0] < 0 or reach[1] < 0:
        raise ValueError("negative reach: %d rows and %d columns" % reach)
    places = [(i, j) for i in range(rows) for j in range(columns)]
    table = [[True] * (len(places) + 1)]
    for i, j in places:
        table.append([True] + [abs(i - a) <= reach[0] and abs(j - b) <= reach[1] for a, b in places])
    return torch.tensor(table)


# %% right: the Kronecker product of two bands, padded
def local_mask(rows, columns, reach):
    if any(r < 0 for r in reach):
        raise ValueError(f"reach {reach[0]}, {reach[1]} is negative")
    bands = [torch.ones(n, n).tril(r).triu(-r) for n, r in zip((rows, columns), reach)]
    return F.pad(torch.kron(*bands), (1, 0, 1, 0), value=1.0).bool()


# %% right: slices of a grid, one patch at a time
def local_mask(rows, columns, reach):
    up, left = reach
    if up < 0 or left < 0:
        raise ValueError(f"{up} rows and {left} columns: must be 0 or more")
    mask = torch.zeros(rows * columns + 1, rows, columns, dtype=torch.bool)
    mask[0] = True
    for i in range(rows):
        for j in range(columns):
            mask[1 + i * columns + j, max(0, i - up) : i + up + 1, max(0, j - left) : j + left + 1] = True
    return torch.cat([torch.ones(len(mask), 1, dtype=torch.bool), mask.flatten(1)], dim=1)


# %% right: a Cartesian product of places, padded
def local_mask(rows, columns, reach):
    a, b = reach
    if a < 0 or b < 0:
        raise ValueError(f"reach {a}, {b} negative")
    p = torch.cartesian_prod(torch.arange(rows), torch.arange(columns)).reshape(-1, 2)
    diff = (p[None] - p[:, None]).abs()
    near = (diff <= torch.tensor([a, b])).all(-1)
    return F.pad(near, (1, 0, 1, 0), value=True)
