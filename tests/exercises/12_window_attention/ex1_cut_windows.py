# %% wrong: pads at the bottom and the right only, as the chapter does
def cut_windows(images, window_size):
    wh, ww = window_size
    if wh < 1 or ww < 1:
        raise ValueError(f"the sides of a window must be at least 1, got {wh} and {ww}.")

    def cut(maps):  # (B, C, H, W) -> (B · nW, N, C)
        rows, columns = -maps.shape[2] % wh, -maps.shape[3] % ww
        maps = F.pad(maps, (0, columns, 0, rows))
        B, C, H, W = maps.shape
        maps = maps.reshape(B, C, H // wh, wh, W // ww, ww)
        return maps.permute(0, 2, 4, 3, 5, 1).reshape(-1, wh * ww, C)

    real = torch.ones(1, 1, *images.shape[2:], device=images.device)
    return cut(images), cut(real)[..., 0] > 0


# %% wrong: the odd row above, the odd column on the left
def cut_windows(images, window_size):
    wh, ww = window_size
    if wh < 1 or ww < 1:
        raise ValueError(f"the sides of a window must be at least 1, got {wh} and {ww}.")

    def cut(maps):  # (B, C, H, W) -> (B · nW, N, C)
        rows, columns = -maps.shape[2] % wh, -maps.shape[3] % ww
        maps = F.pad(maps, (columns - columns // 2, columns // 2, rows - rows // 2, rows // 2))
        B, C, H, W = maps.shape
        maps = maps.reshape(B, C, H // wh, wh, W // ww, ww)
        return maps.permute(0, 2, 4, 3, 5, 1).reshape(-1, wh * ww, C)

    real = torch.ones(1, 1, *images.shape[2:], device=images.device)
    return cut(images), cut(real)[..., 0] > 0


# %% wrong: the order of F.pad: rows first
def cut_windows(images, window_size):
    wh, ww = window_size
    if wh < 1 or ww < 1:
        raise ValueError(f"the sides of a window must be at least 1, got {wh} and {ww}.")

    def cut(maps):  # (B, C, H, W) -> (B · nW, N, C)
        rows, columns = -maps.shape[2] % wh, -maps.shape[3] % ww
        maps = F.pad(maps, (rows // 2, rows - rows // 2, columns // 2, columns - columns // 2))
        B, C, H, W = maps.shape
        maps = F.pad(maps, (0, -W % ww, 0, -H % wh))
        B, C, H, W = maps.shape
        maps = maps.reshape(B, C, H // wh, wh, W // ww, ww)
        return maps.permute(0, 2, 4, 3, 5, 1).reshape(-1, wh * ww, C)

    real = torch.ones(1, 1, *images.shape[2:], device=images.device)
    return cut(images), cut(real)[..., 0] > 0


# %% wrong: pads a whole window where nothing is missing
def cut_windows(images, window_size):
    wh, ww = window_size
    if wh < 1 or ww < 1:
        raise ValueError(f"the sides of a window must be at least 1, got {wh} and {ww}.")

    def cut(maps):  # (B, C, H, W) -> (B · nW, N, C)
        rows, columns = wh - maps.shape[2] % wh, ww - maps.shape[3] % ww
        maps = F.pad(maps, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2))
        B, C, H, W = maps.shape
        maps = maps.reshape(B, C, H // wh, wh, W // ww, ww)
        return maps.permute(0, 2, 4, 3, 5, 1).reshape(-1, wh * ww, C)

    real = torch.ones(1, 1, *images.shape[2:], device=images.device)
    return cut(images), cut(real)[..., 0] > 0


# %% wrong: reshape without moving an axis
def cut_windows(images, window_size):
    wh, ww = window_size
    if wh < 1 or ww < 1:
        raise ValueError(f"the sides of a window must be at least 1, got {wh} and {ww}.")

    def cut(maps):  # (B, C, H, W) -> (B · nW, N, C)
        rows, columns = -maps.shape[2] % wh, -maps.shape[3] % ww
        maps = F.pad(maps, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2))
        B, C, H, W = maps.shape
        maps = maps.reshape(B, C, H // wh, wh, W // ww, ww)
        return maps.reshape(-1, wh * ww, C)

    real = torch.ones(1, 1, *images.shape[2:], device=images.device)
    return cut(images), cut(real)[..., 0] > 0


# %% wrong: the channels stay before the cells
def cut_windows(images, window_size):
    wh, ww = window_size
    if wh < 1 or ww < 1:
        raise ValueError(f"the sides of a window must be at least 1, got {wh} and {ww}.")

    def cut(maps):  # (B, C, H, W) -> (B · nW, N, C)
        rows, columns = -maps.shape[2] % wh, -maps.shape[3] % ww
        maps = F.pad(maps, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2))
        B, C, H, W = maps.shape
        maps = maps.reshape(B, C, H // wh, wh, W // ww, ww)
        return maps.permute(0, 2, 4, 1, 3, 5).reshape(-1, wh * ww, C)

    real = torch.ones(1, 1, *images.shape[2:], device=images.device)
    return cut(images), cut(real)[..., 0] > 0


# %% wrong: window by window instead of image by image
def cut_windows(images, window_size):
    wh, ww = window_size
    if wh < 1 or ww < 1:
        raise ValueError(f"the sides of a window must be at least 1, got {wh} and {ww}.")

    def cut(maps):  # (B, C, H, W) -> (B · nW, N, C)
        rows, columns = -maps.shape[2] % wh, -maps.shape[3] % ww
        maps = F.pad(maps, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2))
        B, C, H, W = maps.shape
        maps = maps.reshape(B, C, H // wh, wh, W // ww, ww)
        return maps.permute(2, 4, 0, 3, 5, 1).reshape(-1, wh * ww, C)

    real = torch.ones(1, 1, *images.shape[2:], device=images.device)
    return cut(images), cut(real)[..., 0] > 0


# %% wrong: windows column by column
def cut_windows(images, window_size):
    wh, ww = window_size
    if wh < 1 or ww < 1:
        raise ValueError(f"the sides of a window must be at least 1, got {wh} and {ww}.")

    def cut(maps):  # (B, C, H, W) -> (B · nW, N, C)
        rows, columns = -maps.shape[2] % wh, -maps.shape[3] % ww
        maps = F.pad(maps, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2))
        B, C, H, W = maps.shape
        maps = maps.reshape(B, C, H // wh, wh, W // ww, ww)
        return maps.permute(0, 4, 2, 3, 5, 1).reshape(-1, wh * ww, C)

    real = torch.ones(1, 1, *images.shape[2:], device=images.device)
    return cut(images), cut(real)[..., 0] > 0


# %% wrong: sides of the window exchanged
def cut_windows(images, window_size):
    ww, wh = window_size
    if wh < 1 or ww < 1:
        raise ValueError(f"the sides of a window must be at least 1, got {wh} and {ww}.")

    def cut(maps):  # (B, C, H, W) -> (B · nW, N, C)
        rows, columns = -maps.shape[2] % wh, -maps.shape[3] % ww
        maps = F.pad(maps, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2))
        B, C, H, W = maps.shape
        maps = maps.reshape(B, C, H // wh, wh, W // ww, ww)
        return maps.permute(0, 2, 4, 3, 5, 1).reshape(-1, wh * ww, C)

    real = torch.ones(1, 1, *images.shape[2:], device=images.device)
    return cut(images), cut(real)[..., 0] > 0


# %% wrong: real is where the pixels are not zero
def cut_windows(images, window_size):
    wh, ww = window_size
    if wh < 1 or ww < 1:
        raise ValueError(f"the sides of a window must be at least 1, got {wh} and {ww}.")

    def cut(maps):  # (B, C, H, W) -> (B · nW, N, C)
        rows, columns = -maps.shape[2] % wh, -maps.shape[3] % ww
        maps = F.pad(maps, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2))
        B, C, H, W = maps.shape
        maps = maps.reshape(B, C, H // wh, wh, W // ww, ww)
        return maps.permute(0, 2, 4, 3, 5, 1).reshape(-1, wh * ww, C)

    real = torch.ones(1, 1, *images.shape[2:], device=images.device)
    return cut(images), (cut(images)[: len(cut(real))] != 0).any(dim=2)


# %% wrong: real for every image of the batch
def cut_windows(images, window_size):
    wh, ww = window_size
    if wh < 1 or ww < 1:
        raise ValueError(f"the sides of a window must be at least 1, got {wh} and {ww}.")

    def cut(maps):  # (B, C, H, W) -> (B · nW, N, C)
        rows, columns = -maps.shape[2] % wh, -maps.shape[3] % ww
        maps = F.pad(maps, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2))
        B, C, H, W = maps.shape
        maps = maps.reshape(B, C, H // wh, wh, W // ww, ww)
        return maps.permute(0, 2, 4, 3, 5, 1).reshape(-1, wh * ww, C)

    real = torch.ones(len(images), 1, *images.shape[2:])
    return cut(images), cut(real)[..., 0] > 0


# %% wrong: real is a map of numbers
def cut_windows(images, window_size):
    wh, ww = window_size
    if wh < 1 or ww < 1:
        raise ValueError(f"the sides of a window must be at least 1, got {wh} and {ww}.")

    def cut(maps):  # (B, C, H, W) -> (B · nW, N, C)
        rows, columns = -maps.shape[2] % wh, -maps.shape[3] % ww
        maps = F.pad(maps, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2))
        B, C, H, W = maps.shape
        maps = maps.reshape(B, C, H // wh, wh, W // ww, ww)
        return maps.permute(0, 2, 4, 3, 5, 1).reshape(-1, wh * ww, C)

    real = torch.ones(1, 1, *images.shape[2:], device=images.device)
    return cut(images), cut(real)[..., 0]


# %% wrong: true where there is padding
def cut_windows(images, window_size):
    wh, ww = window_size
    if wh < 1 or ww < 1:
        raise ValueError(f"the sides of a window must be at least 1, got {wh} and {ww}.")

    def cut(maps):  # (B, C, H, W) -> (B · nW, N, C)
        rows, columns = -maps.shape[2] % wh, -maps.shape[3] % ww
        maps = F.pad(maps, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2))
        B, C, H, W = maps.shape
        maps = maps.reshape(B, C, H // wh, wh, W // ww, ww)
        return maps.permute(0, 2, 4, 3, 5, 1).reshape(-1, wh * ww, C)

    real = torch.ones(1, 1, *images.shape[2:], device=images.device)
    return cut(images), cut(real)[..., 0] == 0


# %% wrong: no check of the window
def cut_windows(images, window_size):
    wh, ww = window_size

    def cut(maps):  # (B, C, H, W) -> (B · nW, N, C)
        rows, columns = -maps.shape[2] % wh, -maps.shape[3] % ww
        maps = F.pad(maps, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2))
        B, C, H, W = maps.shape
        maps = maps.reshape(B, C, H // wh, wh, W // ww, ww)
        return maps.permute(0, 2, 4, 3, 5, 1).reshape(-1, wh * ww, C)

    real = torch.ones(1, 1, *images.shape[2:], device=images.device)
    return cut(images), cut(real)[..., 0] > 0


# %% wrong: a negative window passes the check
def cut_windows(images, window_size):
    wh, ww = window_size
    if wh == 0 or ww == 0:
        raise ValueError(f"the sides of a window must be at least 1, got {wh} and {ww}.")

    def cut(maps):  # (B, C, H, W) -> (B · nW, N, C)
        rows, columns = -maps.shape[2] % wh, -maps.shape[3] % ww
        maps = F.pad(maps, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2))
        B, C, H, W = maps.shape
        maps = maps.reshape(B, C, H // wh, wh, W // ww, ww)
        return maps.permute(0, 2, 4, 3, 5, 1).reshape(-1, wh * ww, C)

    real = torch.ones(1, 1, *images.shape[2:], device=images.device)
    return cut(images), cut(real)[..., 0] > 0


# %% wrong: the error does not name the sides
def cut_windows(images, window_size):
    wh, ww = window_size
    if wh < 1 or ww < 1:
        raise ValueError("a window must have positive sides")

    def cut(maps):  # (B, C, H, W) -> (B · nW, N, C)
        rows, columns = -maps.shape[2] % wh, -maps.shape[3] % ww
        maps = F.pad(maps, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2))
        B, C, H, W = maps.shape
        maps = maps.reshape(B, C, H // wh, wh, W // ww, ww)
        return maps.permute(0, 2, 4, 3, 5, 1).reshape(-1, wh * ww, C)

    real = torch.ones(1, 1, *images.shape[2:], device=images.device)
    return cut(images), cut(real)[..., 0] > 0


# %% wrong: the windows are cut from detached pixels
def cut_windows(images, window_size):
    wh, ww = window_size
    if wh < 1 or ww < 1:
        raise ValueError(f"the sides of a window must be at least 1, got {wh} and {ww}.")

    def cut(maps):  # (B, C, H, W) -> (B · nW, N, C)
        rows, columns = -maps.shape[2] % wh, -maps.shape[3] % ww
        maps = F.pad(maps, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2))
        B, C, H, W = maps.shape
        maps = maps.reshape(B, C, H // wh, wh, W // ww, ww)
        return maps.permute(0, 2, 4, 3, 5, 1).reshape(-1, wh * ww, C)

    real = torch.ones(1, 1, *images.shape[2:], device=images.device)
    return cut(images.detach()), cut(real)[..., 0] > 0


# %% wrong: padded images become float32
def cut_windows(images, window_size):
    wh, ww = window_size
    if wh < 1 or ww < 1:
        raise ValueError(f"the sides of a window must be at least 1, got {wh} and {ww}.")

    def cut(maps):  # (B, C, H, W) -> (B · nW, N, C)
        B, C, H, W = maps.shape
        rows, columns = -H % wh, -W % ww
        if rows or columns:
            padded = torch.zeros(B, C, H + rows, W + columns)
            padded[:, :, rows // 2 : rows // 2 + H, columns // 2 : columns // 2 + W] = maps
            maps = padded
        maps = maps.reshape(B, C, maps.shape[2] // wh, wh, maps.shape[3] // ww, ww)
        return maps.permute(0, 2, 4, 3, 5, 1).reshape(-1, wh * ww, C)

    real = torch.ones(1, 1, *images.shape[2:], device=images.device)
    return cut(images), cut(real)[..., 0] > 0


# %% wrong: real from the pixels times zero, which an infinite pixel spoils
def cut_windows(images, window_size):
    wh, ww = window_size
    if wh < 1 or ww < 1:
        raise ValueError(f"the sides of a window must be at least 1, got {wh} and {ww}.")

    def cut(maps):  # (B, C, H, W) -> (B · nW, N, C)
        rows, columns = -maps.shape[2] % wh, -maps.shape[3] % ww
        maps = F.pad(maps, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2))
        B, C, H, W = maps.shape
        maps = maps.reshape(B, C, H // wh, wh, W // ww, ww)
        return maps.permute(0, 2, 4, 3, 5, 1).reshape(-1, wh * ww, C)

    return cut(images), cut(images[:1, :1] * 0 + 1)[..., 0] > 0


# %% right: with loops
def cut_windows(images, window_size):
    wh, ww = window_size
    if min(wh, ww) <= 0:
        raise ValueError(f"window_size={window_size} has a side below 1")
    B, C, H, W = images.shape
    rows, columns = (H + wh - 1) // wh * wh, (W + ww - 1) // ww * ww
    top, left = (rows - H) // 2, (columns - W) // 2
    padded = images.new_zeros(B, C, rows, columns)
    padded[:, :, top : top + H, left : left + W] = images
    inside = torch.zeros(rows, columns, dtype=torch.bool)
    inside[top : top + H, left : left + W] = True
    windows, real = [], []
    for b in range(B):
        for r in range(0, rows, wh):
            for c in range(0, columns, ww):
                windows.append(padded[b, :, r : r + wh, c : c + ww].flatten(1).T)
                if b == 0:
                    real.append(inside[r : r + wh, c : c + ww].flatten())
    return torch.stack(windows), torch.stack(real)


# %% right: with unfold, and the mask from the positions
def cut_windows(images, window_size):
    wh, ww = window_size
    if wh <= 0 or ww <= 0:
        raise ValueError("sides %d and %d" % (wh, ww))
    H, W = images.shape[-2:]
    missing_rows, missing_columns = (wh - H % wh) % wh, (ww - W % ww) % ww
    top, left = missing_rows // 2, missing_columns // 2
    padded = F.pad(images, [left, missing_columns - left, top, missing_rows - top])
    tiles = padded.unfold(2, wh, wh).unfold(3, ww, ww)  # (B, C, nH, nW, wh, ww)
    windows = tiles.movedim(1, -1).flatten(0, 2).flatten(1, 2)
    row = torch.arange(H + missing_rows) - top
    column = torch.arange(W + missing_columns) - left
    inside = ((row >= 0) & (row < H))[:, None] & ((column >= 0) & (column < W))
    return windows, inside.unfold(0, wh, wh).unfold(1, ww, ww).flatten(0, 1).flatten(1)


# %% right: F.unfold, which cuts into columns
def cut_windows(images, window_size):
    wh, ww = window_size
    if not (wh >= 1 and ww >= 1):
        raise ValueError(f"a window of {wh} × {ww}")
    B, C, H, W = images.shape
    h, w = -H % wh, -W % ww
    sides = (w // 2, (w + 1) // 2, h // 2, (h + 1) // 2)

    def cut(maps):
        columns = F.unfold(F.pad(maps, sides), (wh, ww), stride=(wh, ww))  # (B, C·N, nW)
        return columns.unflatten(1, (maps.shape[1], wh * ww)).permute(0, 3, 2, 1).flatten(0, 1)

    return cut(images), cut(torch.ones_like(images[:1, :1])).squeeze(-1).bool()
