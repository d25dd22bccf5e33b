# %% wrong: the padding does not move with the map
def padded_shift_mask(H, W, window, shift):
    rows, columns = H + -H % window, W + -W % window
    row, column = torch.arange(rows), torch.arange(columns)
    regions = 2 * (row >= rows - shift)[:, None] + (column >= columns - shift).long()
    real = ((row < H)[:, None] & (column < W))

    def cut(x):
        x = x.view(rows // window, window, columns // window, window).transpose(1, 2)
        return x.reshape(-1, window**2)

    regions, real = cut(regions), cut(real)
    mask = (regions[:, :, None] == regions[:, None]) & real[:, :, None] & real[:, None]
    return mask | torch.eye(window**2, dtype=torch.bool)


# %% wrong: the padding moves the other way
def padded_shift_mask(H, W, window, shift):
    rows, columns = H + -H % window, W + -W % window
    row, column = torch.arange(rows), torch.arange(columns)
    regions = 2 * (row >= rows - shift)[:, None] + (column >= columns - shift).long()
    real = ((row < H)[:, None] & (column < W)).roll((shift, shift), (0, 1))

    def cut(x):
        x = x.view(rows // window, window, columns // window, window).transpose(1, 2)
        return x.reshape(-1, window**2)

    regions, real = cut(regions), cut(real)
    mask = (regions[:, :, None] == regions[:, None]) & real[:, :, None] & real[:, None]
    return mask | torch.eye(window**2, dtype=torch.bool)


# %% wrong: padding is hidden from tokens, yet looks at them
def padded_shift_mask(H, W, window, shift):
    rows, columns = H + -H % window, W + -W % window
    row, column = torch.arange(rows), torch.arange(columns)
    regions = 2 * (row >= rows - shift)[:, None] + (column >= columns - shift).long()
    real = ((row < H)[:, None] & (column < W)).roll((-shift, -shift), (0, 1))

    def cut(x):
        x = x.view(rows // window, window, columns // window, window).transpose(1, 2)
        return x.reshape(-1, window**2)

    regions, real = cut(regions), cut(real)
    mask = (regions[:, :, None] == regions[:, None]) & real[:, None]
    return mask | torch.eye(window**2, dtype=torch.bool)


# %% wrong: tokens look at padding
def padded_shift_mask(H, W, window, shift):
    rows, columns = H + -H % window, W + -W % window
    row, column = torch.arange(rows), torch.arange(columns)
    regions = 2 * (row >= rows - shift)[:, None] + (column >= columns - shift).long()
    real = ((row < H)[:, None] & (column < W)).roll((-shift, -shift), (0, 1))

    def cut(x):
        x = x.view(rows // window, window, columns // window, window).transpose(1, 2)
        return x.reshape(-1, window**2)

    regions, real = cut(regions), cut(real)
    mask = (regions[:, :, None] == regions[:, None]) & real[:, :, None]
    return mask | torch.eye(window**2, dtype=torch.bool)


# %% wrong: padding sees nobody, not even itself
def padded_shift_mask(H, W, window, shift):
    rows, columns = H + -H % window, W + -W % window
    row, column = torch.arange(rows), torch.arange(columns)
    regions = 2 * (row >= rows - shift)[:, None] + (column >= columns - shift).long()
    real = ((row < H)[:, None] & (column < W)).roll((-shift, -shift), (0, 1))

    def cut(x):
        x = x.view(rows // window, window, columns // window, window).transpose(1, 2)
        return x.reshape(-1, window**2)

    regions, real = cut(regions), cut(real)
    mask = (regions[:, :, None] == regions[:, None]) & real[:, :, None] & real[:, None]
    return mask


# %% wrong: as torchvision does it: padding is a token like any other
def padded_shift_mask(H, W, window, shift):
    rows, columns = H + -H % window, W + -W % window
    row, column = torch.arange(rows), torch.arange(columns)
    regions = 2 * (row >= rows - shift)[:, None] + (column >= columns - shift).long()
    real = ((row < H)[:, None] & (column < W)).roll((-shift, -shift), (0, 1))

    def cut(x):
        x = x.view(rows // window, window, columns // window, window).transpose(1, 2)
        return x.reshape(-1, window**2)

    regions, real = cut(regions), cut(real)
    mask = (regions[:, :, None] == regions[:, None])
    return mask | torch.eye(window**2, dtype=torch.bool)


# %% wrong: padding of one region looks at padding
def padded_shift_mask(H, W, window, shift):
    rows, columns = H + -H % window, W + -W % window
    row, column = torch.arange(rows), torch.arange(columns)
    regions = 2 * (row >= rows - shift)[:, None] + (column >= columns - shift).long()
    real = ((row < H)[:, None] & (column < W)).roll((-shift, -shift), (0, 1))

    def cut(x):
        x = x.view(rows // window, window, columns // window, window).transpose(1, 2)
        return x.reshape(-1, window**2)

    regions, real = cut(regions), cut(real)
    mask = (regions[:, :, None] == regions[:, None]) & (real[:, :, None] == real[:, None])
    return mask | torch.eye(window**2, dtype=torch.bool)


# %% wrong: no regions, padding only
def padded_shift_mask(H, W, window, shift):
    rows, columns = H + -H % window, W + -W % window
    row, column = torch.arange(rows), torch.arange(columns)
    regions = 2 * (row >= rows - shift)[:, None] + (column >= columns - shift).long()
    real = ((row < H)[:, None] & (column < W)).roll((-shift, -shift), (0, 1))

    def cut(x):
        x = x.view(rows // window, window, columns // window, window).transpose(1, 2)
        return x.reshape(-1, window**2)

    regions, real = cut(regions), cut(real)
    mask = real[:, :, None] & real[:, None]
    return mask | torch.eye(window**2, dtype=torch.bool)


# %% wrong: shifted before it is padded, as in timm
def padded_shift_mask(H, W, window, shift):
    rows, columns = H + -H % window, W + -W % window
    row, column = torch.arange(rows), torch.arange(columns)
    regions = 2 * (row >= H - shift)[:, None] + (column >= W - shift).long()
    real = (row < H)[:, None] & (column < W)

    def cut(x):
        x = x.view(rows // window, window, columns // window, window).transpose(1, 2)
        return x.reshape(-1, window**2)

    regions, real = cut(regions), cut(real)
    mask = (regions[:, :, None] == regions[:, None]) & real[:, :, None] & real[:, None]
    return mask | torch.eye(window**2, dtype=torch.bool)


# %% wrong: rows and columns of windows exchanged
def padded_shift_mask(H, W, window, shift):
    rows, columns = H + -H % window, W + -W % window
    row, column = torch.arange(rows), torch.arange(columns)
    regions = 2 * (row >= rows - shift)[:, None] + (column >= columns - shift).long()
    real = ((row < H)[:, None] & (column < W)).roll((-shift, -shift), (0, 1))

    def cut(x):
        x = x.T.reshape(columns // window, window, rows // window, window).transpose(1, 2)
        return x.reshape(-1, window**2)

    regions, real = cut(regions), cut(real)
    mask = (regions[:, :, None] == regions[:, None]) & real[:, :, None] & real[:, None]
    return mask | torch.eye(window**2, dtype=torch.bool)


# %% wrong: added to the scores instead of boolean
def padded_shift_mask(H, W, window, shift):
    rows, columns = H + -H % window, W + -W % window
    row, column = torch.arange(rows), torch.arange(columns)
    regions = 2 * (row >= rows - shift)[:, None] + (column >= columns - shift).long()
    real = ((row < H)[:, None] & (column < W)).roll((-shift, -shift), (0, 1))

    def cut(x):
        x = x.view(rows // window, window, columns // window, window).transpose(1, 2)
        return x.reshape(-1, window**2)

    regions, real = cut(regions), cut(real)
    mask = (regions[:, :, None] == regions[:, None]) & real[:, :, None] & real[:, None]
    mask = mask | torch.eye(window**2, dtype=torch.bool)
    return torch.zeros(mask.shape).masked_fill(~mask, -torch.inf)


# %% wrong: True = hidden
def padded_shift_mask(H, W, window, shift):
    rows, columns = H + -H % window, W + -W % window
    row, column = torch.arange(rows), torch.arange(columns)
    regions = 2 * (row >= rows - shift)[:, None] + (column >= columns - shift).long()
    real = ((row < H)[:, None] & (column < W)).roll((-shift, -shift), (0, 1))

    def cut(x):
        x = x.view(rows // window, window, columns // window, window).transpose(1, 2)
        return x.reshape(-1, window**2)

    regions, real = cut(regions), cut(real)
    mask = (regions[:, :, None] == regions[:, None]) & real[:, :, None] & real[:, None]
    return ~(mask | torch.eye(window**2, dtype=torch.bool))


# %% wrong: the shift is left out where one window covers the map
def padded_shift_mask(H, W, window, shift):
    rows, columns = H + -H % window, W + -W % window
    shift = 0 if window >= rows or window >= columns else shift
    row, column = torch.arange(rows), torch.arange(columns)
    regions = 2 * (row >= rows - shift)[:, None] + (column >= columns - shift).long()
    real = ((row < H)[:, None] & (column < W)).roll((-shift, -shift), (0, 1))

    def cut(x):
        x = x.view(rows // window, window, columns // window, window).transpose(1, 2)
        return x.reshape(-1, window**2)

    regions, real = cut(regions), cut(real)
    mask = (regions[:, :, None] == regions[:, None]) & real[:, :, None] & real[:, None]
    return mask | torch.eye(window**2, dtype=torch.bool)


# %% wrong: labels of rows and columns are added
def padded_shift_mask(H, W, window, shift):
    rows, columns = H + -H % window, W + -W % window
    row, column = torch.arange(rows), torch.arange(columns)
    regions = (row >= rows - shift)[:, None].long() + (column >= columns - shift).long()
    real = ((row < H)[:, None] & (column < W)).roll((-shift, -shift), (0, 1))

    def cut(x):
        x = x.view(rows // window, window, columns // window, window).transpose(1, 2)
        return x.reshape(-1, window**2)

    regions, real = cut(regions), cut(real)
    mask = (regions[:, :, None] == regions[:, None]) & real[:, :, None] & real[:, None]
    return mask | torch.eye(window**2, dtype=torch.bool)


# %% wrong: with the chapter's function
def padded_shift_mask(H, W, window, shift):
    from utils.models.shifted_window_attention import shift_mask

    rows, columns = H + -H % window, W + -W % window
    real = ((torch.arange(rows) < H)[:, None] & (torch.arange(columns) < W)).roll((-shift, -shift), (0, 1))
    real = real.view(rows // window, window, columns // window, window).transpose(1, 2).reshape(-1, window**2)
    mask = shift_mask(rows, columns, window, shift) & real[:, :, None] & real[:, None]
    return mask | torch.eye(window**2, dtype=torch.bool)


# %% right: numbers of the honest cut's pieces, and -1, -2, … for padding
def padded_shift_mask(H, W, window, shift):
    rows, columns = -(-H // window) * window, -(-W // window) * window
    r, c = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    piece = ((r - shift) // window + 1) * (columns + 1) + (c - shift) // window + 1
    padding = (r >= H) | (c >= W)
    piece[padding] = -1 - torch.arange(int(padding.sum()))
    piece = torch.roll(torch.roll(piece, -shift, 0), -shift, 1)
    piece = piece.unfold(0, window, window).unfold(1, window, window).reshape(-1, window * window)
    return piece.unsqueeze(1) == piece.unsqueeze(2)


# %% right: pair by pair, from where each token was
def padded_shift_mask(H, W, window, shift):
    rows, columns = (H + window - 1) // window * window, (W + window - 1) // window * window
    all_masks = []
    for top in range(0, rows, window):
        for left in range(0, columns, window):
            before = []
            for k in range(window * window):
                r, c = top + k // window + shift, left + k % window + shift
                before.append((r // rows, c // columns, r % rows < H and c % columns < W))
            all_masks.append([[i == j or (a[2] and b[2] and a == b) for j, b in enumerate(before)]
                              for i, a in enumerate(before)])
    return torch.tensor(all_masks)


# %% right: with F.pad and nine labels
import torch.nn.functional as F


def padded_shift_mask(H, W, window, shift):
    real = F.pad(torch.ones(1, 1, H, W), (0, -W % window, 0, -H % window))
    real = real.roll((-shift, -shift), (2, 3))
    label, number = torch.zeros_like(real), 0
    ends = [slice(0, -window), slice(-window, -shift), slice(-shift, None)] if shift else [slice(0, None)]
    for h in ends:
        for w in ends:
            label[:, :, h, w] = number
            number += 1
    real, label = (F.unfold(x, window, stride=window)[0].T for x in (real, label))  # (nW, N)
    mask = (label[:, None] == label[:, :, None]) & (real[:, None] * real[:, :, None] > 0)
    mask.diagonal(dim1=1, dim2=2).fill_(True)
    return mask


# %% right: labels that change where the padding begins, since nobody looks at what is in between
def padded_shift_mask(H, W, window, shift):
    rows, columns = -(-H // window) * window, -(-W // window) * window
    r, c = torch.arange(rows), torch.arange(columns)
    label = 2 * (r >= H - shift)[:, None].long() + (c >= W - shift).long()
    label[(r + shift) % rows >= H] = -1
    label[:, (c + shift) % columns >= W] = -1
    label = torch.stack([w.flatten() for band in label.split(window) for w in band.split(window, dim=1)])
    mask = (label[:, :, None] == label[:, None]) & (label >= 0)[:, :, None]
    mask[:, torch.arange(window**2), torch.arange(window**2)] = True
    return mask
