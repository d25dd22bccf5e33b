# %% wrong: ends rounded down
def adaptive_average(x, size):
    def windows(n):
        return [(i * n // size, max(i * n // size + 1, (i + 1) * n // size)) for i in range(size)]

    rows = []
    for a, b in windows(x.shape[1]):
        rows.append(torch.stack([x[:, a:b, c:d].mean(dim=(1, 2)) for c, d in windows(x.shape[2])], dim=1))
    return torch.stack(rows, dim=1)


# %% wrong: ends are always one further
def adaptive_average(x, size):
    def windows(n):
        return [(i * n // size, (i + 1) * n // size + 1) for i in range(size)]

    rows = []
    for a, b in windows(x.shape[1]):
        rows.append(torch.stack([x[:, a:b, c:d].mean(dim=(1, 2)) for c, d in windows(x.shape[2])], dim=1))
    return torch.stack(rows, dim=1)


# %% wrong: rows and columns exchanged
def adaptive_average(x, size):
    def windows(n):
        return [(i * n // size, -(-(i + 1) * n // size)) for i in range(size)]

    columns = []
    for c, d in windows(x.shape[2]):
        columns.append(torch.stack([x[:, a:b, c:d].mean(dim=(1, 2)) for a, b in windows(x.shape[1])], dim=1))
    return torch.stack(columns, dim=1)


# %% wrong: only sides that P divides
def adaptive_average(x, size):
    B, H, W, D = x.shape
    return x.reshape(B, size, H // size, size, W // size, D).mean(dim=(2, 4))


# %% wrong: crops what P does not divide
def adaptive_average(x, size):
    B, H, W, D = x.shape
    h, w = max(1, H // size), max(1, W // size)
    if min(H, W) < size:
        x = x.repeat_interleave(size, 1).repeat_interleave(size, 2)
        h, w = H, W
    return x[:, : size * h, : size * w].reshape(B, size, h, size, w, D).mean(dim=(2, 4))


# %% wrong: PyTorch's own
def adaptive_average(x, size):
    return F.adaptive_avg_pool2d(x.permute(0, 3, 1, 2), size).permute(0, 2, 3, 1)


# %% wrong: PyTorch's own, by way of interpolation
def adaptive_average(x, size):
    return F.interpolate(x.permute(0, 3, 1, 2), (size, size), mode="area").permute(0, 2, 3, 1)


# %% wrong: no gradient
def adaptive_average(x, size):
    def windows(n):
        return [(i * n // size, -(-(i + 1) * n // size)) for i in range(size)]

    B, H, W, D = x.shape
    y = torch.empty(B, size, size, D, dtype=x.dtype)
    for i, (a, b) in enumerate(windows(H)):
        for j, (c, d) in enumerate(windows(W)):
            y[:, i, j] = x.data[:, a:b, c:d].mean(dim=(1, 2))
    return y


# %% wrong: in float32 throughout
def adaptive_average(x, size):
    def windows(n):
        return [(i * n // size, -(-(i + 1) * n // size)) for i in range(size)]

    rows = []
    for a, b in windows(x.shape[1]):
        rows.append(torch.stack([x.float()[:, a:b, c:d].mean(dim=(1, 2)) for c, d in windows(x.shape[2])], dim=1))
    return torch.stack(rows, dim=1).to(x.dtype)


# %% wrong: the windows of the width for both axes
def adaptive_average(x, size):
    n = x.shape[2]
    windows = [(i * n // size, -(-(i + 1) * n // size)) for i in range(size)]
    rows = []
    for a, b in windows:
        rows.append(torch.stack([x[:, a:b, c:d].mean(dim=(1, 2)) for c, d in windows], dim=1))
    return torch.stack(rows, dim=1)


# %% wrong: sums
def adaptive_average(x, size):
    def windows(n):
        return [(i * n // size, -(-(i + 1) * n // size)) for i in range(size)]

    rows = []
    for a, b in windows(x.shape[1]):
        rows.append(torch.stack([x[:, a:b, c:d].sum(dim=(1, 2)) for c, d in windows(x.shape[2])], dim=1))
    return torch.stack(rows, dim=1)


# %% wrong: borders at multiples of a rounded step
def adaptive_average(x, size):
    import math

    def windows(n):
        return [(int(i * (n / size)), math.ceil((i + 1) * (n / size))) for i in range(size)]

    rows = []
    for a, b in windows(x.shape[1]):
        rows.append(torch.stack([x[:, a:b, c:d].mean(dim=(1, 2)) for c, d in windows(x.shape[2])], dim=1))
    return torch.stack(rows, dim=1)


# %% wrong: borders from linspace in float32
def adaptive_average(x, size):
    def windows(n):
        borders = torch.linspace(0, n, size + 1)
        return list(zip(borders[:-1].floor().int().tolist(), borders[1:].ceil().int().tolist(), strict=True))

    rows = []
    for a, b in windows(x.shape[1]):
        rows.append(torch.stack([x[:, a:b, c:d].mean(dim=(1, 2)) for c, d in windows(x.shape[2])], dim=1))
    return torch.stack(rows, dim=1)


# %% wrong: at least float32, whatever came in
def adaptive_average(x, size):
    x = x.to(torch.promote_types(x.dtype, torch.float32))

    def windows(n):
        return [(i * n // size, -(-(i + 1) * n // size)) for i in range(size)]

    rows = []
    for a, b in windows(x.shape[1]):
        rows.append(torch.stack([x[:, a:b, c:d].mean(dim=(1, 2)) for c, d in windows(x.shape[2])], dim=1))
    return torch.stack(rows, dim=1)


# %% right: two matrices, one for the rows and one for the columns
def adaptive_average(x, size):
    def matrix(n):
        m = torch.zeros(size, n, dtype=x.dtype)
        for i in range(size):
            start, end = (i * n) // size, ((i + 1) * n + size - 1) // size
            m[i, start:end] = 1 / (end - start)
        return m

    return torch.einsum("ph,qw,bhwd->bpqd", matrix(x.shape[1]), matrix(x.shape[2]), x)


# %% right: first along the rows, then along the columns
def adaptive_average(x, size):
    import math

    for axis in (1, 2):
        n = x.shape[axis]
        bounds = [(math.floor(i * n / size), math.ceil((i + 1) * n / size)) for i in range(size)]
        x = torch.cat([x.narrow(axis, a, b - a).mean(dim=axis, keepdim=True) for a, b in bounds], dim=axis)
    return x


# %% right: writes into an empty result
def adaptive_average(x, size):
    B, H, W, D = x.shape
    y = x.new_zeros(B, size, size, D)
    for i in range(size):
        for j in range(size):
            top, bottom = i * H // size, ((i + 1) * H - 1) // size + 1
            left, right = j * W // size, ((j + 1) * W - 1) // size + 1
            y[:, i, j] = x[:, top:bottom, left:right].flatten(1, 2).mean(dim=1)
    return y


# %% right: average pooling without the adaptive part, window by window
def adaptive_average(x, size):
    channels = x.permute(0, 3, 1, 2)
    H, W = channels.shape[2:]
    rows = []
    for i in range(size):
        a, b = i * H // size, -((-(i + 1) * H) // size)
        row = []
        for j in range(size):
            c, d = j * W // size, -((-(j + 1) * W) // size)
            row.append(F.avg_pool2d(channels[:, :, a:b, c:d], (b - a, d - c)))
        rows.append(torch.cat(row, dim=3))
    return torch.cat(rows, dim=2).permute(0, 2, 3, 1)
