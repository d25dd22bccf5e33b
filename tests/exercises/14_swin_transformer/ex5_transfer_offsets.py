# %% wrong: scaled by the window's own size
def transfer_offsets(window_size, trained_size):
    scaled = []
    for side, trained in zip(window_size, trained_size):
        offsets = 8 * torch.arange(1 - side, side) / max(1, side - 1)
        scaled.append(offsets.sign() * torch.log2(1 + offsets.abs()) / 3)
    return torch.stack(torch.meshgrid(*scaled, indexing="ij"), dim=-1)


# %% wrong: without the logarithm
def transfer_offsets(window_size, trained_size):
    scaled = []
    for side, trained in zip(window_size, trained_size):
        offsets = 8 * torch.arange(1 - side, side) / max(1, trained - 1)
        scaled.append(offsets / 8)
    return torch.stack(torch.meshgrid(*scaled, indexing="ij"), dim=-1)


# %% wrong: the sign is lost
def transfer_offsets(window_size, trained_size):
    scaled = []
    for side, trained in zip(window_size, trained_size):
        offsets = 8 * torch.arange(1 - side, side) / max(1, trained - 1)
        scaled.append(torch.log2(1 + offsets.abs()) / 3)
    return torch.stack(torch.meshgrid(*scaled, indexing="ij"), dim=-1)


# %% wrong: the natural logarithm, divided by 3
def transfer_offsets(window_size, trained_size):
    scaled = []
    for side, trained in zip(window_size, trained_size):
        offsets = 8 * torch.arange(1 - side, side) / max(1, trained - 1)
        scaled.append(offsets.sign() * torch.log1p(offsets.abs()) / 3)
    return torch.stack(torch.meshgrid(*scaled, indexing="ij"), dim=-1)


# %% wrong: not divided by the logarithm of 8
def transfer_offsets(window_size, trained_size):
    scaled = []
    for side, trained in zip(window_size, trained_size):
        offsets = 8 * torch.arange(1 - side, side) / max(1, trained - 1)
        scaled.append(offsets.sign() * torch.log2(1 + offsets.abs()))
    return torch.stack(torch.meshgrid(*scaled, indexing="ij"), dim=-1)


# %% wrong: scaled by M instead of M - 1
def transfer_offsets(window_size, trained_size):
    scaled = []
    for side, trained in zip(window_size, trained_size):
        offsets = 8 * torch.arange(1 - side, side) / trained
        scaled.append(offsets.sign() * torch.log2(1 + offsets.abs()) / 3)
    return torch.stack(torch.meshgrid(*scaled, indexing="ij"), dim=-1)


# %% wrong: the scale of 8 is forgotten
def transfer_offsets(window_size, trained_size):
    scaled = []
    for side, trained in zip(window_size, trained_size):
        offsets = torch.arange(1 - side, side) / max(1, trained - 1)
        scaled.append(offsets.sign() * torch.log2(1 + offsets.abs()) / 3)
    return torch.stack(torch.meshgrid(*scaled, indexing="ij"), dim=-1)


# %% wrong: a side of 1 in training gives nan
def transfer_offsets(window_size, trained_size):
    scaled = []
    for side, trained in zip(window_size, trained_size):
        offsets = 8 * torch.arange(1 - side, side) / (trained - 1)
        scaled.append(offsets.sign() * torch.log2(1 + offsets.abs()) / 3)
    return torch.stack(torch.meshgrid(*scaled, indexing="ij"), dim=-1)


# %% wrong: offsets that training did not know are clamped
def transfer_offsets(window_size, trained_size):
    scaled = []
    for side, trained in zip(window_size, trained_size):
        offsets = 8 * torch.arange(1 - side, side) / max(1, trained - 1)
        scaled.append(offsets.sign() * torch.log2(1 + offsets.abs().clamp(max=8)) / 3)
    return torch.stack(torch.meshgrid(*scaled, indexing="ij"), dim=-1)


# %% wrong: columns before rows
def transfer_offsets(window_size, trained_size):
    scaled = []
    for side, trained in zip(window_size, trained_size):
        offsets = 8 * torch.arange(1 - side, side) / max(1, trained - 1)
        scaled.append(offsets.sign() * torch.log2(1 + offsets.abs()) / 3)
    return torch.stack(torch.meshgrid(*scaled, indexing="ij")[::-1], dim=-1)


# %% wrong: rows and columns of the table are exchanged
def transfer_offsets(window_size, trained_size):
    scaled = []
    for side, trained in zip(window_size, trained_size):
        offsets = 8 * torch.arange(1 - side, side) / max(1, trained - 1)
        scaled.append(offsets.sign() * torch.log2(1 + offsets.abs()) / 3)
    return torch.stack(torch.meshgrid(*scaled, indexing="xy"), dim=-1)


# %% wrong: both axes are scaled by the training's rows
def transfer_offsets(window_size, trained_size):
    scaled = []
    for side, _ in zip(window_size, trained_size):
        offsets = 8 * torch.arange(1 - side, side) / max(1, trained_size[0] - 1)
        scaled.append(offsets.sign() * torch.log2(1 + offsets.abs()) / 3)
    return torch.stack(torch.meshgrid(*scaled, indexing="ij"), dim=-1)


# %% right: written out place by place
def transfer_offsets(window_size, trained_size):
    (wh, ww), table = window_size, torch.empty(2 * window_size[0] - 1, 2 * window_size[1] - 1, 2)

    def scaled(offset, trained):
        value = 8 * abs(offset) / (trained - 1 if trained > 1 else 1)
        size = float(torch.log(torch.tensor(1.0 + value)) / torch.log(torch.tensor(8.0)))
        return size if offset > 0 else -size

    for i in range(2 * wh - 1):
        for j in range(2 * ww - 1):
            table[i, j, 0] = scaled(i - wh + 1, trained_size[0])
            table[i, j, 1] = scaled(j - ww + 1, trained_size[1])
    return table


# %% right: one line for each axis, expanded, in double precision
def transfer_offsets(window_size, trained_size):
    lines = []
    for side, trained in zip(window_size, trained_size):
        line = (
            torch.linspace(-(side - 1), side - 1, 2 * side - 1, dtype=torch.float64)
            if side > 1
            else torch.zeros(1).double()
        )
        line = line * 8 / max(trained - 1, 1)
        lines.append((torch.sign(line) * torch.log1p(line.abs()) / torch.log(torch.tensor(8.0).double())).float())
    rows = lines[0][:, None].expand(-1, len(lines[1]))
    return torch.stack([rows, lines[1].expand_as(rows)], 2)


# %% right: a cartesian product
def transfer_offsets(window_size, trained_size):
    rows, columns = (torch.arange(-side + 1.0, side) for side in window_size)
    scale = torch.tensor([8 / max(1, side - 1) for side in trained_size])
    offsets = torch.cartesian_prod(rows, columns) * scale
    offsets = torch.where(offsets < 0, -1.0, 1.0) * torch.log2(1 + offsets.abs()) / 3
    return offsets.reshape(len(rows), len(columns), 2)
