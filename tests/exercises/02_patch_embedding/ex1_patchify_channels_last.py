# %% wrong: reshape alone keeps the shape and scrambles the patches
def patchify_channels_last(images, patch_size):
    if images.ndim != 4:
        raise ValueError(f"expected (B, H, W, C), got {tuple(images.shape)}")
    B, H, W, C = images.shape
    P_h, P_w = patch_size
    if H % P_h or W % P_w:
        raise ValueError(f"{H} x {W} is not divisible by {P_h} x {P_w}")
    return images.reshape(B, (H // P_h) * (W // P_w), P_h * P_w * C)


# %% wrong: the chapter's order inside a patch, channels first
def patchify_channels_last(images, patch_size):
    if images.ndim != 4:
        raise ValueError(f"expected (B, H, W, C), got {tuple(images.shape)}")
    B, H, W, C = images.shape
    P_h, P_w = patch_size
    if H % P_h or W % P_w:
        raise ValueError(f"{H} x {W} is not divisible by {P_h} x {P_w}")
    x = images.reshape(B, H // P_h, P_h, W // P_w, P_w, C).permute(0, 1, 3, 5, 2, 4)
    return x.reshape(B, -1, C * P_h * P_w)


# %% wrong: patches in column order, from top to bottom first
def patchify_channels_last(images, patch_size):
    if images.ndim != 4:
        raise ValueError(f"expected (B, H, W, C), got {tuple(images.shape)}")
    B, H, W, C = images.shape
    P_h, P_w = patch_size
    if H % P_h or W % P_w:
        raise ValueError(f"{H} x {W} is not divisible by {P_h} x {P_w}")
    x = images.reshape(B, H // P_h, P_h, W // P_w, P_w, C).permute(0, 3, 1, 2, 4, 5)
    return x.reshape(B, -1, P_h * P_w * C)


# %% wrong: rows and columns changed places inside the patch
def patchify_channels_last(images, patch_size):
    if images.ndim != 4:
        raise ValueError(f"expected (B, H, W, C), got {tuple(images.shape)}")
    B, H, W, C = images.shape
    P_h, P_w = patch_size
    if H % P_h or W % P_w:
        raise ValueError(f"{H} x {W} is not divisible by {P_h} x {P_w}")
    x = images.reshape(B, H // P_h, P_h, W // P_w, P_w, C).permute(0, 1, 3, 4, 2, 5)
    return x.reshape(B, -1, P_h * P_w * C)


# %% wrong: takes patch_size for (width, height)
def patchify_channels_last(images, patch_size):
    if images.ndim != 4:
        raise ValueError(f"expected (B, H, W, C), got {tuple(images.shape)}")
    B, H, W, C = images.shape
    P_w, P_h = patch_size
    if H % P_h or W % P_w:
        raise ValueError(f"{H} x {W} is not divisible by {P_h} x {P_w}")
    x = images.reshape(B, H // P_h, P_h, W // P_w, P_w, C).permute(0, 1, 3, 2, 4, 5)
    return x.reshape(B, -1, P_h * P_w * C)


# %% wrong: square patches only, since the chapter had no others
def patchify_channels_last(images, patch_size):
    if images.ndim != 4:
        raise ValueError(f"expected (B, H, W, C), got {tuple(images.shape)}")
    P = patch_size[0]
    B, H, W, C = images.shape
    if H % P or W % P:
        raise ValueError(f"{H} x {W} is not divisible by {patch_size}")
    x = images.reshape(B, H // P, P, W // P, P, C).permute(0, 1, 3, 2, 4, 5)
    return x.reshape(B, -1, P * P * C)


# %% wrong: through NumPy, where gradients end
def patchify_channels_last(images, patch_size):
    if images.ndim != 4:
        raise ValueError(f"expected (B, H, W, C), got {tuple(images.shape)}")
    B, H, W, C = images.shape
    P_h, P_w = patch_size
    if H % P_h or W % P_w:
        raise ValueError(f"{H} x {W} is not divisible by {P_h} x {P_w}")
    x = images.detach().numpy().reshape(B, H // P_h, P_h, W // P_w, P_w, C)
    return torch.from_numpy(x.transpose(0, 1, 3, 2, 4, 5).reshape(B, -1, P_h * P_w * C))


# %% wrong: view after the permute, where the memory is no longer in order
def patchify_channels_last(images, patch_size):
    if images.ndim != 4:
        raise ValueError(f"expected (B, H, W, C), got {tuple(images.shape)}")
    B, H, W, C = images.shape
    P_h, P_w = patch_size
    if H % P_h or W % P_w:
        raise ValueError(f"{H} x {W} is not divisible by {P_h} x {P_w}")
    x = images.view(B, H // P_h, P_h, W // P_w, P_w, C).permute(0, 1, 3, 2, 4, 5)
    return x.view(B, -1, P_h * P_w * C)


# %% wrong: strides worked out by hand, as if every image were contiguous
def patchify_channels_last(images, patch_size):
    if images.ndim != 4:
        raise ValueError(f"expected (B, H, W, C), got {tuple(images.shape)}")
    B, H, W, C = images.shape
    P_h, P_w = patch_size
    if H % P_h or W % P_w:
        raise ValueError(f"{H} x {W} is not divisible by {P_h} x {P_w}")
    strides = (H * W * C, P_h * W * C, P_w * C, W * C, C, 1)
    return images.as_strided((B, H // P_h, W // P_w, P_h, P_w, C), strides).reshape(B, -1, P_h * P_w * C)


# %% wrong: fills a buffer of the default dtype, so every dtype becomes float32
def patchify_channels_last(images, patch_size):
    if images.ndim != 4:
        raise ValueError(f"expected (B, H, W, C), got {tuple(images.shape)}")
    B, H, W, C = images.shape
    P_h, P_w = patch_size
    if H % P_h or W % P_w:
        raise ValueError(f"{H} x {W} is not divisible by {P_h} x {P_w}")
    patches = torch.zeros(B, (H // P_h) * (W // P_w), P_h * P_w * C)
    n = 0
    for i in range(0, H, P_h):
        for j in range(0, W, P_w):
            patches[:, n] = images[:, i : i + P_h, j : j + P_w].flatten(1)
            n += 1
    return patches


# %% wrong: no check, the pixels that do not fit are dropped in silence
def patchify_channels_last(images, patch_size):
    B, H, W, C = images.shape
    P_h, P_w = patch_size
    rows, columns = H // P_h, W // P_w
    x = images[:, : rows * P_h, : columns * P_w].reshape(B, rows, P_h, columns, P_w, C)
    return x.permute(0, 1, 3, 2, 4, 5).reshape(B, rows * columns, P_h * P_w * C)


# %% wrong: assert instead of a ValueError
def patchify_channels_last(images, patch_size):
    B, H, W, C = images.shape
    P_h, P_w = patch_size
    assert H % P_h == 0 and W % P_w == 0, f"{H} x {W} is not divisible by {P_h} x {P_w}"
    x = images.reshape(B, H // P_h, P_h, W // P_w, P_w, C).permute(0, 1, 3, 2, 4, 5)
    return x.reshape(B, -1, P_h * P_w * C)


# %% wrong: an error without the numbers that would help
def patchify_channels_last(images, patch_size):
    if images.ndim != 4:
        raise ValueError(f"expected (B, H, W, C), got {tuple(images.shape)}")
    B, H, W, C = images.shape
    P_h, P_w = patch_size
    if H % P_h or W % P_w:
        raise ValueError("image size must be divisible by patch size")
    x = images.reshape(B, H // P_h, P_h, W // P_w, P_w, C).permute(0, 1, 3, 2, 4, 5)
    return x.reshape(B, -1, P_h * P_w * C)


# %% wrong: checks the height twice and never the width
def patchify_channels_last(images, patch_size):
    if images.ndim != 4:
        raise ValueError(f"expected (B, H, W, C), got {tuple(images.shape)}")
    B, H, W, C = images.shape
    P_h, P_w = patch_size
    if H % P_h or H % P_h:
        raise ValueError(f"{H} x {W} is not divisible by {P_h} x {P_w}")
    x = images.reshape(B, H // P_h, P_h, W // P_w, P_w, C).permute(0, 1, 3, 2, 4, 5)
    return x.reshape(B, -1, P_h * P_w * C)


# %% wrong: three channels built in
def patchify_channels_last(images, patch_size):
    if images.ndim != 4:
        raise ValueError(f"expected (B, H, W, C), got {tuple(images.shape)}")
    B, H, W, _ = images.shape
    P_h, P_w = patch_size
    if H % P_h or W % P_w:
        raise ValueError(f"{H} x {W} is not divisible by {P_h} x {P_w}")
    x = images.reshape(B, H // P_h, P_h, W // P_w, P_w, -1).permute(0, 1, 3, 2, 4, 5)
    return x.reshape(B, -1, P_h * P_w * 3)


# %% wrong: calls the course's patchify instead of cutting
from utils.models.patch_embedding import patchify as ready_made


def patchify_channels_last(images, patch_size):
    if images.ndim != 4:
        raise ValueError(f"expected (B, H, W, C), got {tuple(images.shape)}")
    B, H, W, C = images.shape
    P_h, P_w = patch_size
    if H % P_h or W % P_w:
        raise ValueError(f"{H} x {W} is not divisible by {P_h} x {P_w}")
    pixels = ready_made(images.permute(0, 3, 1, 2).double(), 1).to(images.dtype)
    pixels = pixels.reshape(B, H // P_h, P_h, W // P_w, P_w, C)
    return pixels.permute(0, 1, 3, 2, 4, 5).reshape(B, -1, P_h * P_w * C)


# %% wrong: F.unfold gives the chapter's order and refuses integers
def patchify_channels_last(images, patch_size):
    if images.ndim != 4:
        raise ValueError(f"expected (B, H, W, C), got {tuple(images.shape)}")
    B, H, W, C = images.shape
    P_h, P_w = patch_size
    if H % P_h or W % P_w:
        raise ValueError(f"{H} x {W} is not divisible by {P_h} x {P_w}")
    x = F.unfold(images.permute(0, 3, 1, 2).float(), patch_size, stride=patch_size)  # (B, C·P_h·P_w, N)
    x = x.reshape(B, C, P_h * P_w, -1).permute(0, 3, 2, 1)
    return x.reshape(B, -1, P_h * P_w * C).to(images.dtype)


# %% wrong: through float64 and back, where large integers are rounded
def patchify_channels_last(images, patch_size):
    if images.ndim != 4:
        raise ValueError(f"expected (B, H, W, C), got {tuple(images.shape)}")
    B, H, W, C = images.shape
    P_h, P_w = patch_size
    if H % P_h or W % P_w:
        raise ValueError(f"{H} x {W} is not divisible by {P_h} x {P_w}")
    x = images.double().reshape(B, H // P_h, P_h, W // P_w, P_w, C).permute(0, 1, 3, 2, 4, 5)
    return x.reshape(B, -1, P_h * P_w * C).to(images.dtype)


# %% wrong: a convolution with a kernel for each number of a patch
def patchify_channels_last(images, patch_size):
    if images.ndim != 4:
        raise ValueError(f"expected (B, H, W, C), got {tuple(images.shape)}")
    B, H, W, C = images.shape
    P_h, P_w = patch_size
    if H % P_h or W % P_w:
        raise ValueError(f"{H} x {W} is not divisible by {P_h} x {P_w}")
    V = P_h * P_w * C
    kernels = torch.eye(V, dtype=torch.float64).reshape(V, P_h, P_w, C).permute(0, 3, 1, 2)
    x = F.conv2d(images.permute(0, 3, 1, 2).double(), kernels, stride=patch_size)
    return x.flatten(2).transpose(1, 2).to(images.dtype)


# %% right: two loops and a stack
def patchify_channels_last(images, patch_size):
    if images.dim() != 4:
        raise ValueError(f"four axes wanted, these are {list(images.shape)}")
    (_, H, W, _), (P_h, P_w) = images.shape, patch_size
    if H % P_h != 0 or W % P_w != 0:
        raise ValueError(f"H={H}, W={W}: patches of P_h={P_h}, P_w={P_w} do not fit")
    patches = []
    for top in range(0, H, P_h):
        for left in range(0, W, P_w):
            patches.append(images[:, top : top + P_h, left : left + P_w, :].flatten(start_dim=1))
    return torch.stack(patches, dim=1)


# %% right: Tensor.unfold, which only looks at the memory in another way
def patchify_channels_last(images, patch_size):
    if images.ndim != 4:
        raise ValueError(f"got {images.shape}")
    B, H, W, C = images.shape
    P_h, P_w = patch_size
    if H % P_h or W % P_w:
        raise ValueError(f"{H}x{W} px, patches {P_h}x{P_w} px")
    windows = images.unfold(1, P_h, P_h).unfold(2, P_w, P_w)  # (B, H/P_h, W/P_w, C, P_h, P_w)
    return windows.permute(0, 1, 2, 4, 5, 3).flatten(3).flatten(1, 2)


# %% right: split along the height, then along the width
def patchify_channels_last(images, patch_size):
    if len(images.shape) != 4:
        raise ValueError(f"shape {tuple(images.shape)} has not 4 dimensions")
    P_h, P_w = patch_size
    H, W = images.shape[1:3]
    if (H // P_h) * P_h != H or (W // P_w) * P_w != W:
        raise ValueError(f"cannot cut {(H, W)} into {(P_h, P_w)}")
    parts = [part.flatten(1) for band in images.split(P_h, dim=1) for part in band.split(P_w, dim=2)]
    return torch.cat([part.unsqueeze(1) for part in parts], dim=1)


# %% right: an index of every number's place in the flattened image
def patchify_channels_last(images, patch_size):
    if images.ndim != 4:
        raise ValueError(f"images of shape {tuple(images.shape)} are not (B, H, W, C)")
    B, H, W, C = images.shape
    P_h, P_w = patch_size
    if H % P_h or W % P_w:
        raise ValueError(f"{H} and {W} must be multiples of {P_h} and {P_w}")
    n, k = torch.arange((H // P_h) * (W // P_w))[:, None], torch.arange(P_h * P_w * C)
    row = n // (W // P_w) * P_h + k // (P_w * C)
    column = n % (W // P_w) * P_w + k // C % P_w
    return images.flatten(1)[:, (row * W + column) * C + k % C]


# %% right: transposes, one pair of axes, and an own subclass of ValueError
class DoesNotFit(ValueError):
    pass


def patchify_channels_last(images, patch_size):
    if images.ndim != 4:
        raise DoesNotFit(f"images: {tuple(images.shape)}")
    B, H, W, C = images.shape
    P_h, P_w = patch_size
    if H % P_h or W % P_w:
        raise DoesNotFit(f"H {H}, W {W}, patch {patch_size}")
    return images.unflatten(2, (-1, P_w)).unflatten(1, (-1, P_h)).transpose(2, 3).flatten(3).flatten(1, 2)


# %% right: view for the split, which works for any memory layout
def patchify_channels_last(images, patch_size):
    if images.ndim != 4:
        raise ValueError(f"expected (B, H, W, C), got {tuple(images.shape)}")
    B, H, W, C = images.shape
    P_h, P_w = patch_size
    if H % P_h or W % P_w:
        raise ValueError(f"{H} x {W} is not divisible by {P_h} x {P_w}")
    x = images.view(B, H // P_h, P_h, W // P_w, P_w, C).permute(0, 1, 3, 2, 4, 5)
    return x.contiguous().view(B, -1, P_h * P_w * C)


# %% right: helpers of its own, whose names the tests might use as well
def cut(axis, side):
    return (axis // side, side)


def check(images, what):
    if len(what) != 2 or images.ndim != 4 or any(s % p for s, p in zip(images.shape[1:3], what)):
        raise ValueError(f"{tuple(images.shape)} and {what} do not go together")


def patchify_channels_last(images, patch_size):
    check(images, patch_size)
    B, H, W, C = images.shape
    grid = images.reshape(B, *cut(H, patch_size[0]), *cut(W, patch_size[1]), C)
    return grid.swapaxes(2, 3).flatten(3).flatten(1, 2)
