# %% wrong: as found
def shifted_attention(x, attend, window, shift):
    B, H, W, C = x.shape
    x = x.roll((-shift, -shift), dims=(1, 2))
    windows = x.reshape(B, H // window, window, W // window, window, C).transpose(2, 3).reshape(-1, window**2, C)
    regions = 2 * (torch.arange(H) >= H - shift).long()[:, None] + (torch.arange(W) >= W - shift).long()
    regions = regions.reshape(H // window, window, W // window, window).transpose(1, 2).reshape(-1, window**2)
    mask = regions[:, :, None] != regions[:, None]
    windows = attend(windows, mask.repeat_interleave(B, dim=0))
    y = windows.reshape(B, W // window, H // window, window, window, C).transpose(2, 3).reshape(B, H, W, C)
    return y.roll((-shift, -shift), dims=(1, 2))


# %% wrong: still rolled on instead of back
def shifted_attention(x, attend, window, shift):
    B, H, W, C = x.shape
    x = x.roll((-shift, -shift), dims=(1, 2))
    windows = x.reshape(B, H // window, window, W // window, window, C).transpose(2, 3).reshape(-1, window**2, C)
    regions = 2 * (torch.arange(H) >= H - shift).long()[:, None] + (torch.arange(W) >= W - shift).long()
    regions = regions.reshape(H // window, window, W // window, window).transpose(1, 2).reshape(-1, window**2)
    mask = regions[:, :, None] == regions[:, None]
    windows = attend(windows, mask.repeat(B, 1, 1))
    y = windows.reshape(B, H // window, W // window, window, window, C).transpose(2, 3).reshape(B, H, W, C)
    return y.roll((-shift, -shift), dims=(1, 2))


# %% wrong: still the wrong sign
def shifted_attention(x, attend, window, shift):
    B, H, W, C = x.shape
    x = x.roll((-shift, -shift), dims=(1, 2))
    windows = x.reshape(B, H // window, window, W // window, window, C).transpose(2, 3).reshape(-1, window**2, C)
    regions = 2 * (torch.arange(H) >= H - shift).long()[:, None] + (torch.arange(W) >= W - shift).long()
    regions = regions.reshape(H // window, window, W // window, window).transpose(1, 2).reshape(-1, window**2)
    mask = regions[:, :, None] != regions[:, None]
    windows = attend(windows, mask.repeat(B, 1, 1))
    y = windows.reshape(B, H // window, W // window, window, window, C).transpose(2, 3).reshape(B, H, W, C)
    return y.roll((shift, shift), dims=(1, 2))


# %% wrong: still masks in the wrong order
def shifted_attention(x, attend, window, shift):
    B, H, W, C = x.shape
    x = x.roll((-shift, -shift), dims=(1, 2))
    windows = x.reshape(B, H // window, window, W // window, window, C).transpose(2, 3).reshape(-1, window**2, C)
    regions = 2 * (torch.arange(H) >= H - shift).long()[:, None] + (torch.arange(W) >= W - shift).long()
    regions = regions.reshape(H // window, window, W // window, window).transpose(1, 2).reshape(-1, window**2)
    mask = regions[:, :, None] == regions[:, None]
    windows = attend(windows, mask.repeat_interleave(B, dim=0))
    y = windows.reshape(B, H // window, W // window, window, window, C).transpose(2, 3).reshape(B, H, W, C)
    return y.roll((shift, shift), dims=(1, 2))


# %% wrong: still rows and columns of windows exchanged
def shifted_attention(x, attend, window, shift):
    B, H, W, C = x.shape
    x = x.roll((-shift, -shift), dims=(1, 2))
    windows = x.reshape(B, H // window, window, W // window, window, C).transpose(2, 3).reshape(-1, window**2, C)
    regions = 2 * (torch.arange(H) >= H - shift).long()[:, None] + (torch.arange(W) >= W - shift).long()
    regions = regions.reshape(H // window, window, W // window, window).transpose(1, 2).reshape(-1, window**2)
    mask = regions[:, :, None] == regions[:, None]
    windows = attend(windows, mask.repeat(B, 1, 1))
    y = windows.reshape(B, W // window, H // window, window, window, C).transpose(2, 3).reshape(B, H, W, C)
    return y.roll((shift, shift), dims=(1, 2))


# %% wrong: not shifted back at all
def shifted_attention(x, attend, window, shift):
    B, H, W, C = x.shape
    x = x.roll((-shift, -shift), dims=(1, 2))
    windows = x.reshape(B, H // window, window, W // window, window, C).transpose(2, 3).reshape(-1, window**2, C)
    regions = 2 * (torch.arange(H) >= H - shift).long()[:, None] + (torch.arange(W) >= W - shift).long()
    regions = regions.reshape(H // window, window, W // window, window).transpose(1, 2).reshape(-1, window**2)
    mask = regions[:, :, None] == regions[:, None]
    windows = attend(windows, mask.repeat(B, 1, 1))
    y = windows.reshape(B, H // window, W // window, window, window, C).transpose(2, 3).reshape(B, H, W, C)
    return y


# %% wrong: only the rows are shifted back
def shifted_attention(x, attend, window, shift):
    B, H, W, C = x.shape
    x = x.roll((-shift, -shift), dims=(1, 2))
    windows = x.reshape(B, H // window, window, W // window, window, C).transpose(2, 3).reshape(-1, window**2, C)
    regions = 2 * (torch.arange(H) >= H - shift).long()[:, None] + (torch.arange(W) >= W - shift).long()
    regions = regions.reshape(H // window, window, W // window, window).transpose(1, 2).reshape(-1, window**2)
    mask = regions[:, :, None] == regions[:, None]
    windows = attend(windows, mask.repeat(B, 1, 1))
    y = windows.reshape(B, H // window, W // window, window, window, C).transpose(2, 3).reshape(B, H, W, C)
    return y.roll(shift, dims=1)


# %% wrong: no mask
def shifted_attention(x, attend, window, shift):
    B, H, W, C = x.shape
    x = x.roll((-shift, -shift), dims=(1, 2))
    windows = x.reshape(B, H // window, window, W // window, window, C).transpose(2, 3).reshape(-1, window**2, C)
    regions = 2 * (torch.arange(H) >= H - shift).long()[:, None] + (torch.arange(W) >= W - shift).long()
    regions = regions.reshape(H // window, window, W // window, window).transpose(1, 2).reshape(-1, window**2)
    mask = regions[:, :, None] == regions[:, None]
    windows = attend(windows, torch.ones_like(mask).repeat(B, 1, 1))
    y = windows.reshape(B, H // window, W // window, window, window, C).transpose(2, 3).reshape(B, H, W, C)
    return y.roll((shift, shift), dims=(1, 2))


# %% wrong: one mask for all images
def shifted_attention(x, attend, window, shift):
    B, H, W, C = x.shape
    x = x.roll((-shift, -shift), dims=(1, 2))
    windows = x.reshape(B, H // window, window, W // window, window, C).transpose(2, 3).reshape(-1, window**2, C)
    regions = 2 * (torch.arange(H) >= H - shift).long()[:, None] + (torch.arange(W) >= W - shift).long()
    regions = regions.reshape(H // window, window, W // window, window).transpose(1, 2).reshape(-1, window**2)
    mask = regions[:, :, None] == regions[:, None]
    windows = attend(windows, mask)
    y = windows.reshape(B, H // window, W // window, window, window, C).transpose(2, 3).reshape(B, H, W, C)
    return y.roll((shift, shift), dims=(1, 2))


# %% wrong: a sign that lets each token see itself and strangers
def shifted_attention(x, attend, window, shift):
    B, H, W, C = x.shape
    x = x.roll((-shift, -shift), dims=(1, 2))
    windows = x.reshape(B, H // window, window, W // window, window, C).transpose(2, 3).reshape(-1, window**2, C)
    regions = 2 * (torch.arange(H) >= H - shift).long()[:, None] + (torch.arange(W) >= W - shift).long()
    regions = regions.reshape(H // window, window, W // window, window).transpose(1, 2).reshape(-1, window**2)
    mask = regions[:, :, None] == regions[:, None]
    mask = ~mask | torch.eye(window**2, dtype=torch.bool)
    windows = attend(windows, mask.repeat(B, 1, 1))
    y = windows.reshape(B, H // window, W // window, window, window, C).transpose(2, 3).reshape(B, H, W, C)
    return y.roll((shift, shift), dims=(1, 2))


# %% wrong: reshaped back without the transpose
def shifted_attention(x, attend, window, shift):
    B, H, W, C = x.shape
    x = x.roll((-shift, -shift), dims=(1, 2))
    windows = x.reshape(B, H // window, window, W // window, window, C).transpose(2, 3).reshape(-1, window**2, C)
    regions = 2 * (torch.arange(H) >= H - shift).long()[:, None] + (torch.arange(W) >= W - shift).long()
    regions = regions.reshape(H // window, window, W // window, window).transpose(1, 2).reshape(-1, window**2)
    mask = regions[:, :, None] == regions[:, None]
    windows = attend(windows, mask.repeat(B, 1, 1))
    y = windows.reshape(B, H // window, W // window, window, window, C).reshape(B, H, W, C)
    return y.roll((shift, shift), dims=(1, 2))


# %% wrong: shifted in both steps the other way around
def shifted_attention(x, attend, window, shift):
    B, H, W, C = x.shape
    x = x.roll((shift, shift), dims=(1, 2))
    windows = x.reshape(B, H // window, window, W // window, window, C).transpose(2, 3).reshape(-1, window**2, C)
    regions = 2 * (torch.arange(H) < shift).long()[:, None] + (torch.arange(W) < shift).long()
    regions = regions.reshape(H // window, window, W // window, window).transpose(1, 2).reshape(-1, window**2)
    mask = regions[:, :, None] == regions[:, None]
    windows = attend(windows, mask.repeat(B, 1, 1))
    y = windows.reshape(B, H // window, W // window, window, window, C).transpose(2, 3).reshape(B, H, W, C)
    return y.roll((-shift, -shift), dims=(1, 2))


# %% wrong: detached on the way
def shifted_attention(x, attend, window, shift):
    B, H, W, C = x.shape
    x = x.roll((-shift, -shift), dims=(1, 2))
    windows = x.reshape(B, H // window, window, W // window, window, C).transpose(2, 3).reshape(-1, window**2, C)
    regions = 2 * (torch.arange(H) >= H - shift).long()[:, None] + (torch.arange(W) >= W - shift).long()
    regions = regions.reshape(H // window, window, W // window, window).transpose(1, 2).reshape(-1, window**2)
    mask = regions[:, :, None] == regions[:, None]
    windows = attend(windows, mask.repeat(B, 1, 1))
    y = windows.reshape(B, H // window, W // window, window, window, C).transpose(2, 3).reshape(B, H, W, C)
    return y.detach().roll((shift, shift), dims=(1, 2)).requires_grad_()


# %% wrong: the first roll turned around instead of the last: the map comes back, the masks belong to other windows
def shifted_attention(x, attend, window, shift):
    B, H, W, C = x.shape
    x = x.roll((shift, shift), dims=(1, 2))
    windows = x.reshape(B, H // window, window, W // window, window, C).transpose(2, 3).reshape(-1, window**2, C)
    regions = 2 * (torch.arange(H) >= H - shift).long()[:, None] + (torch.arange(W) >= W - shift).long()
    regions = regions.reshape(H // window, window, W // window, window).transpose(1, 2).reshape(-1, window**2)
    mask = regions[:, :, None] == regions[:, None]
    windows = attend(windows, mask.repeat(B, 1, 1))
    y = windows.reshape(B, H // window, W // window, window, window, C).transpose(2, 3).reshape(B, H, W, C)
    return y.roll((-shift, -shift), dims=(1, 2))


# %% wrong: windows column by column, there and back, masks row by row
def shifted_attention(x, attend, window, shift):
    B, H, W, C = x.shape
    x = x.roll((-shift, -shift), dims=(1, 2))
    windows = x.reshape(B, H // window, window, W // window, window, C).permute(0, 3, 1, 2, 4, 5).reshape(-1, window**2, C)
    regions = 2 * (torch.arange(H) >= H - shift).long()[:, None] + (torch.arange(W) >= W - shift).long()
    regions = regions.reshape(H // window, window, W // window, window).transpose(1, 2).reshape(-1, window**2)
    mask = regions[:, :, None] == regions[:, None]
    windows = attend(windows, mask.repeat(B, 1, 1))
    y = windows.reshape(B, W // window, H // window, window, window, C).permute(0, 2, 3, 1, 4, 5).reshape(B, H, W, C)
    return y.roll((shift, shift), dims=(1, 2))


# %% wrong: not shifted at all, yet masked
def shifted_attention(x, attend, window, shift):
    B, H, W, C = x.shape
    windows = x.reshape(B, H // window, window, W // window, window, C).transpose(2, 3).reshape(-1, window**2, C)
    regions = 2 * (torch.arange(H) >= H - shift).long()[:, None] + (torch.arange(W) >= W - shift).long()
    regions = regions.reshape(H // window, window, W // window, window).transpose(1, 2).reshape(-1, window**2)
    mask = regions[:, :, None] == regions[:, None]
    windows = attend(windows, mask.repeat(B, 1, 1))
    y = windows.reshape(B, H // window, W // window, window, window, C).transpose(2, 3).reshape(B, H, W, C)
    return y


# %% right: the mask expanded instead of repeated
def shifted_attention(x, attend, window, shift):
    B, H, W, C = x.shape
    x = x.roll((-shift, -shift), dims=(1, 2))
    windows = x.reshape(B, H // window, window, W // window, window, C).transpose(2, 3).reshape(-1, window**2, C)
    regions = 2 * (torch.arange(H) >= H - shift).long()[:, None] + (torch.arange(W) >= W - shift).long()
    regions = regions.reshape(H // window, window, W // window, window).transpose(1, 2).reshape(-1, window**2)
    mask = regions[:, :, None] == regions[:, None]
    windows = attend(windows, mask.expand(B, *mask.shape).flatten(0, 1))
    y = windows.reshape(B, H // window, W // window, window, window, C).transpose(2, 3).reshape(B, H, W, C)
    return y.roll((shift, shift), dims=(1, 2))


# %% right: windows by slices, one image after the other, one call
def shifted_attention(x, attend, window, shift):
    B, H, W, C = x.shape
    corners = [(r, c) for r in range(0, H, window) for c in range(0, W, window)]
    rows, columns = (torch.arange(H) + shift) % H, (torch.arange(W) + shift) % W
    rolled = x[:, rows][:, :, columns]
    tiles = [rolled[b, r : r + window, c : c + window].reshape(-1, C) for b in range(B) for r, c in corners]
    wrapped = (rows < torch.arange(H))[:, None] * 2 + (columns < torch.arange(W)) * 1
    labels = torch.stack([wrapped[r : r + window, c : c + window].reshape(-1) for r, c in corners] * B)
    done = attend(torch.stack(tiles), labels[:, None, :] == labels[:, :, None])
    lines = done.reshape(B, H // window, W // window, window, window, C)
    whole = torch.cat([lines[:, :, j] for j in range(W // window)], dim=3)
    whole = whole.reshape(B, H, W, C)
    return whole[:, rows.argsort()][:, :, columns.argsort()]


# %% right: a gather with indices and its inverse
def shifted_attention(x, attend, window, shift):
    B, H, W, C = x.shape
    index = torch.arange(H * W).view(H, W).roll((-shift, -shift), (0, 1))
    index = index.unfold(0, window, window).unfold(1, window, window).reshape(-1, window**2)  # (nW, N)
    r, c = index // W, index % W
    piece = ((r - shift) // window) * 10_000 + (c - shift) // window
    mask = torch.cat([piece[:, :, None] == piece[:, None]] * B)
    windows = x.flatten(1, 2)[:, index.flatten()].reshape(-1, window**2, C)
    y = attend(windows, mask).reshape(B, H * W, C)
    return y[:, index.flatten().argsort()].reshape(B, H, W, C)
