# %% wrong: the three booleans are added
def video_shift_mask(size, window, shift):
    (T, H, W), (t, h, w) = size, window
    came_in = [torch.arange(side) >= side - s for side, s in zip(size, shift)]
    regions = came_in[0][:, None, None].long() + came_in[1][:, None] + came_in[2].long()
    regions = regions.view(T // t, t, H // h, h, W // w, w).permute(0, 2, 4, 1, 3, 5).reshape(-1, t * h * w)
    return regions[:, :, None] == regions[:, None]


# %% wrong: time is not shifted
def video_shift_mask(size, window, shift):
    (T, H, W), (t, h, w) = size, window
    came_in = [torch.arange(side) >= side - s for side, s in zip(size, shift)]
    regions = 2 * came_in[1][:, None] + came_in[2].long() + torch.zeros(T, H, W).long()
    regions = regions.view(T // t, t, H // h, h, W // w, w).permute(0, 2, 4, 1, 3, 5).reshape(-1, t * h * w)
    return regions[:, :, None] == regions[:, None]


# %% wrong: only time is shifted
def video_shift_mask(size, window, shift):
    (T, H, W), (t, h, w) = size, window
    came_in = [torch.arange(side) >= side - s for side, s in zip(size, shift)]
    regions = 4 * came_in[0][:, None, None] + torch.zeros(T, H, W).long()
    regions = regions.view(T // t, t, H // h, h, W // w, w).permute(0, 2, 4, 1, 3, 5).reshape(-1, t * h * w)
    return regions[:, :, None] == regions[:, None]


# %% wrong: what came in is at the beginning
def video_shift_mask(size, window, shift):
    (T, H, W), (t, h, w) = size, window
    came_in = [torch.arange(side) < s for side, s in zip(size, shift)]
    regions = 4 * came_in[0][:, None, None] + 2 * came_in[1][:, None] + came_in[2].long()
    regions = regions.view(T // t, t, H // h, h, W // w, w).permute(0, 2, 4, 1, 3, 5).reshape(-1, t * h * w)
    return regions[:, :, None] == regions[:, None]


# %% wrong: one shift for all axes
def video_shift_mask(size, window, shift):
    (T, H, W), (t, h, w) = size, window
    came_in = [torch.arange(side) >= side - s for side, s in zip(size, [shift[0]] * 3)]
    regions = 4 * came_in[0][:, None, None] + 2 * came_in[1][:, None] + came_in[2].long()
    regions = regions.view(T // t, t, H // h, h, W // w, w).permute(0, 2, 4, 1, 3, 5).reshape(-1, t * h * w)
    return regions[:, :, None] == regions[:, None]


# %% wrong: reshaped without bringing the windows together
def video_shift_mask(size, window, shift):
    (T, H, W), (t, h, w) = size, window
    came_in = [torch.arange(side) >= side - s for side, s in zip(size, shift)]
    regions = 4 * came_in[0][:, None, None] + 2 * came_in[1][:, None] + came_in[2].long()
    regions = regions.view(T // t, t, H // h, h, W // w, w).reshape(-1, t * h * w)
    return regions[:, :, None] == regions[:, None]


# %% wrong: windows ordered by column, then row, then time
def video_shift_mask(size, window, shift):
    (T, H, W), (t, h, w) = size, window
    came_in = [torch.arange(side) >= side - s for side, s in zip(size, shift)]
    regions = 4 * came_in[0][:, None, None] + 2 * came_in[1][:, None] + came_in[2].long()
    regions = regions.view(T // t, t, H // h, h, W // w, w).permute(4, 2, 0, 1, 3, 5).reshape(-1, t * h * w)
    return regions[:, :, None] == regions[:, None]


# %% wrong: tokens ordered by row, column, time
def video_shift_mask(size, window, shift):
    (T, H, W), (t, h, w) = size, window
    came_in = [torch.arange(side) >= side - s for side, s in zip(size, shift)]
    regions = 4 * came_in[0][:, None, None] + 2 * came_in[1][:, None] + came_in[2].long()
    regions = regions.view(T // t, t, H // h, h, W // w, w).permute(0, 2, 4, 3, 5, 1).reshape(-1, t * h * w)
    return regions[:, :, None] == regions[:, None]


# %% wrong: True = hidden
def video_shift_mask(size, window, shift):
    (T, H, W), (t, h, w) = size, window
    came_in = [torch.arange(side) >= side - s for side, s in zip(size, shift)]
    regions = 4 * came_in[0][:, None, None] + 2 * came_in[1][:, None] + came_in[2].long()
    regions = regions.view(T // t, t, H // h, h, W // w, w).permute(0, 2, 4, 1, 3, 5).reshape(-1, t * h * w)
    return regions[:, :, None] != regions[:, None]


# %% wrong: hidden pairs of tokens are those that differ along every axis
def video_shift_mask(size, window, shift):
    (T, H, W), (t, h, w) = size, window
    masks = []
    for axis, (side, s) in enumerate(zip(size, shift)):
        came_in = (torch.arange(side) >= side - s).view([-1 if a == axis else 1 for a in range(3)]).expand(T, H, W)
        cut = came_in.reshape(T // t, t, H // h, h, W // w, w).permute(0, 2, 4, 1, 3, 5).reshape(-1, t * h * w)
        masks.append(cut[:, :, None] == cut[:, None])
    return masks[0] | masks[1] | masks[2]


# %% wrong: a float mask of zeros and -100
def video_shift_mask(size, window, shift):
    (T, H, W), (t, h, w) = size, window
    came_in = [torch.arange(side) >= side - s for side, s in zip(size, shift)]
    regions = 4 * came_in[0][:, None, None] + 2 * came_in[1][:, None] + came_in[2].long()
    regions = regions.view(T // t, t, H // h, h, W // w, w).permute(0, 2, 4, 1, 3, 5).reshape(-1, t * h * w)
    return torch.where(regions[:, :, None] == regions[:, None], 0.0, -100.0)


# %% wrong: labels of two bits for three axes
def video_shift_mask(size, window, shift):
    (T, H, W), (t, h, w) = size, window
    came_in = [torch.arange(side) >= side - s for side, s in zip(size, shift)]
    regions = 2 * came_in[0][:, None, None] + 2 * came_in[1][:, None] + came_in[2].long()
    regions = regions.view(T // t, t, H // h, h, W // w, w).permute(0, 2, 4, 1, 3, 5).reshape(-1, t * h * w)
    return regions[:, :, None] == regions[:, None]


# %% right: one mask per axis, combined by and
def video_shift_mask(size, window, shift):
    axes = []
    for side, w, s in zip(size, window, shift):
        label = (torch.arange(side) + s >= side).view(side // w, w)
        axes.append(label[:, :, None] == label[:, None])  # (windows, w, w)
    a, b, c = axes
    mask = (
        a[:, None, None, :, None, None, :, None, None]
        & b[None, :, None, None, :, None, None, :, None]
        & c[None, None, :, None, None, :, None, None, :]
    )
    N = window[0] * window[1] * window[2]
    return mask.reshape(-1, N, N)


# %% right: 27 labels by slices, as the public code has them
def video_shift_mask(size, window, shift):
    labels, number = torch.zeros(size), 0

    def parts(w, s):
        return (slice(0, -w), slice(-w, -s), slice(-s, None)) if s else (slice(0, None),)

    for d in parts(window[0], shift[0]):
        for r in parts(window[1], shift[1]):
            for c in parts(window[2], shift[2]):
                labels[d, r, c] = number
                number += 1
    for axis, w in enumerate(window):
        labels = labels.unfold(axis, w, w)
    labels = labels.flatten(3).flatten(0, 2)
    return labels.unsqueeze(1) - labels.unsqueeze(2) == 0


# %% right: the pieces of the unshifted video, rolled
def video_shift_mask(size, window, shift):
    grids = torch.meshgrid(*[torch.arange(n) for n in size], indexing="ij")
    piece = torch.zeros(size, dtype=torch.int64)
    for grid, w, s in zip(grids, window, shift):
        piece = piece * 1000 + (grid + w - s) // w
    piece = piece.roll([-s for s in shift], [0, 1, 2])
    out = []
    for i in range(0, size[0], window[0]):
        for j in range(0, size[1], window[1]):
            for k in range(0, size[2], window[2]):
                p = piece[i : i + window[0], j : j + window[1], k : k + window[2]].flatten()
                out.append(p[:, None] == p[None])
    return torch.stack(out)
