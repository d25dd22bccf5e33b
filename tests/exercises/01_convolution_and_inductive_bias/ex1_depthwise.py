# %% wrong: the chapter's convolution, which adds up over channels
def depthwise_conv2d(images, weight, stride=1, padding=0, dilation=1):
    (K_h, K_w), x = weight.shape[1:], F.pad(images, [padding] * 4)
    x = x.unfold(2, dilation * (K_h - 1) + 1, stride).unfold(3, dilation * (K_w - 1) + 1, stride)
    y = torch.einsum("bchwij,cij->bhw", x[..., ::dilation, ::dilation], weight)
    return y[:, None].expand(-1, images.shape[1], -1, -1)


# %% wrong: dilation is ignored
def depthwise_conv2d(images, weight, stride=1, padding=0, dilation=1):
    (K_h, K_w), x = weight.shape[1:], F.pad(images, [padding] * 4)
    windows = x.unfold(2, K_h, stride).unfold(3, K_w, stride)
    return torch.einsum("bchwij,cij->bchw", windows, weight)


# %% wrong: the window is dilation · K pixels wide, so one output too few fits
def depthwise_conv2d(images, weight, stride=1, padding=0, dilation=1):
    (K_h, K_w), x = weight.shape[1:], F.pad(images, [padding] * 4)
    extent_h, extent_w = dilation * K_h, dilation * K_w
    if x.shape[2] < extent_h or x.shape[3] < extent_w:
        return x[:, :, :0, :0]
    windows = x.unfold(2, extent_h, stride).unfold(3, extent_w, stride)[..., ::dilation, ::dilation]
    return torch.einsum("bchwij,cij->bchw", windows, weight)


# %% wrong: the kernel is turned by 180 degrees
def depthwise_conv2d(images, weight, stride=1, padding=0, dilation=1):
    weight = weight.flip(1, 2)
    (K_h, K_w), x = weight.shape[1:], F.pad(images, [padding] * 4)
    x = x.unfold(2, dilation * (K_h - 1) + 1, stride).unfold(3, dilation * (K_w - 1) + 1, stride)
    return torch.einsum("bchwij,cij->bchw", x[..., ::dilation, ::dilation], weight)


# %% wrong: square kernels only
def depthwise_conv2d(images, weight, stride=1, padding=0, dilation=1):
    K, x = weight.shape[1], F.pad(images, [padding] * 4)
    extent = dilation * (K - 1) + 1
    windows = x.unfold(2, extent, stride).unfold(3, extent, stride)[..., ::dilation, ::dilation]
    return torch.einsum("bchwij,cij->bchw", windows, weight[:, :K, :K])


# %% wrong: detached from the graph
def depthwise_conv2d(images, weight, stride=1, padding=0, dilation=1):
    (K_h, K_w), x = weight.shape[1:], F.pad(images, [padding] * 4).detach()
    x = x.unfold(2, dilation * (K_h - 1) + 1, stride).unfold(3, dilation * (K_w - 1) + 1, stride)
    return torch.einsum("bchwij,cij->bchw", x[..., ::dilation, ::dilation], weight)


# %% wrong: computes in float32 and returns it
def depthwise_conv2d(images, weight, stride=1, padding=0, dilation=1):
    images, weight = images.float(), weight.float()
    (K_h, K_w), x = weight.shape[1:], F.pad(images, [padding] * 4)
    x = x.unfold(2, dilation * (K_h - 1) + 1, stride).unfold(3, dilation * (K_w - 1) + 1, stride)
    return torch.einsum("bchwij,cij->bchw", x[..., ::dilation, ::dilation], weight)


# %% wrong: stride for the rows only
def depthwise_conv2d(images, weight, stride=1, padding=0, dilation=1):
    (K_h, K_w), x = weight.shape[1:], F.pad(images, [padding] * 4)
    x = x.unfold(2, dilation * (K_h - 1) + 1, stride).unfold(3, dilation * (K_w - 1) + 1, 1)
    return torch.einsum("bchwij,cij->bchw", x[..., ::dilation, ::dilation], weight)


# %% wrong: the padding is forgotten
def depthwise_conv2d(images, weight, stride=1, padding=0, dilation=1):
    K_h, K_w = weight.shape[1:]
    x = images.unfold(2, min(images.shape[2], dilation * (K_h - 1) + 1), stride)
    x = x.unfold(3, min(images.shape[3], dilation * (K_w - 1) + 1), stride)[..., ::dilation, ::dilation]
    return torch.einsum("bchwij,cij->bchw", x, weight[:, : x.shape[-2], : x.shape[-1]])


# %% wrong: ready-made, with groups
def depthwise_conv2d(images, weight, stride=1, padding=0, dilation=1):
    return F.conv2d(images, weight[:, None], None, stride, padding, dilation, groups=images.shape[1])


# %% wrong: the course's own convolution, channel by channel
from utils.models.convolution import conv2d as ready_made


def depthwise_conv2d(images, weight, stride=1, padding=0, dilation=1):
    C, K_h, K_w = weight.shape
    holes = weight.new_zeros(C, dilation * (K_h - 1) + 1, dilation * (K_w - 1) + 1)
    holes[:, ::dilation, ::dilation] = weight
    parts = [ready_made(images[:, c : c + 1], holes[c][None, None], stride=stride, padding=padding) for c in range(C)]
    return torch.cat(parts, dim=1)


# %% wrong: the border is mirrored, not zero
def depthwise_conv2d(images, weight, stride=1, padding=0, dilation=1):
    (K_h, K_w), x = weight.shape[1:], images
    if padding:
        mode = "reflect" if padding < min(images.shape[2:]) else "constant"
        x = F.pad(images, [padding] * 4, mode=mode)
    x = x.unfold(2, dilation * (K_h - 1) + 1, stride).unfold(3, dilation * (K_w - 1) + 1, stride)
    return torch.einsum("bchwij,cij->bchw", x[..., ::dilation, ::dilation], weight)


# %% wrong: a dilated kernel that is made from numbers, so the weight gets no gradient
def depthwise_conv2d(images, weight, stride=1, padding=0, dilation=1):
    C, K_h, K_w = weight.shape
    spread = torch.zeros(C, dilation * (K_h - 1) + 1, dilation * (K_w - 1) + 1, dtype=weight.dtype)
    spread[:, ::dilation, ::dilation] = weight.data
    x = F.pad(images, [padding] * 4).unfold(2, spread.shape[1], stride).unfold(3, spread.shape[2], stride)
    return torch.einsum("bchwij,cij->bchw", x, spread)


# %% right: a loop over the kernel's weights, shifted slices added up
def depthwise_conv2d(images, weight, stride=1, padding=0, dilation=1):
    x = F.pad(images, (padding, padding, padding, padding))
    _, K_h, K_w = weight.shape
    rows = (x.shape[2] - dilation * (K_h - 1) - 1) // stride + 1
    columns = (x.shape[3] - dilation * (K_w - 1) - 1) // stride + 1
    y = 0
    for i in range(K_h):
        for j in range(K_w):
            top, left = i * dilation, j * dilation
            piece = x[
                :, :, top : top + (rows - 1) * stride + 1 : stride, left : left + (columns - 1) * stride + 1 : stride
            ]
            y = y + piece * weight[:, i, j, None, None]
    return y


# %% right: an index of every pixel that a window reads
def depthwise_conv2d(images, weight, stride=1, padding=0, dilation=1):
    B, C, H, W = images.shape
    K_h, K_w = weight.shape[1:]
    x = images.new_zeros(B, C, H + 2 * padding, W + 2 * padding)
    x[:, :, padding : padding + H, padding : padding + W] = images
    rows = torch.arange(0, x.shape[2] - dilation * (K_h - 1), stride)[:, None] + dilation * torch.arange(K_h)
    columns = torch.arange(0, x.shape[3] - dilation * (K_w - 1), stride)[:, None] + dilation * torch.arange(K_w)
    windows = x[:, :, rows[:, None, :, None], columns[None, :, None, :]]  # (B, C, H', W', K_h, K_w)
    return (windows * weight[:, None, None]).sum(dim=(-1, -2))


# %% right: windows by as_strided, and a matrix product in float64 for each channel
def depthwise_conv2d(images, weight, stride=1, padding=0, dilation=1):
    x = F.pad(images, [padding] * 4).contiguous()
    (B, C, H, W), (_, K_h, K_w) = x.shape, weight.shape
    rows, columns = (H - dilation * (K_h - 1) - 1) // stride + 1, (W - dilation * (K_w - 1) - 1) // stride + 1
    b, c, h, w = x.stride()
    shape = (B, C, rows, columns, K_h, K_w)
    windows = x.as_strided(shape, (b, c, h * stride, w * stride, h * dilation, w * dilation))
    flat = windows.double().reshape(B, C, rows * columns, K_h * K_w)
    return (flat @ weight.double().reshape(C, -1, 1)).reshape(B, C, rows, columns).to(images.dtype)


# %% right: a large kernel with zeros between the weights
def depthwise_conv2d(images, weight, stride=1, padding=0, dilation=1):
    C, K_h, K_w = weight.shape
    spread = weight.new_zeros(C, dilation * (K_h - 1) + 1, dilation * (K_w - 1) + 1)
    spread[:, ::dilation, ::dilation] = weight
    x = F.pad(images, (padding, padding, padding, padding))
    x = x.unfold(2, spread.shape[1], stride).unfold(3, spread.shape[2], stride)
    return (x * spread[:, None, None]).flatten(-2).sum(-1)
