# %% wrong: the paper's Reshape taken literally, strips of the sequence
def reduce_squares(x, weight, bias, ratio):
    B, H, W, D = x.shape
    if min(H, W) < ratio:
        raise ValueError(f"a map of {H} × {W} tokens has no square of {ratio} × {ratio}.")
    M = (H // ratio) * (W // ratio)
    strips = x.reshape(B, H * W, D)[:, : M * ratio**2].reshape(B, M, ratio * ratio * D)
    return strips @ weight + bias


# %% wrong: channel, row, column, as a convolution's weights
def reduce_squares(x, weight, bias, ratio):
    B, H, W, D = x.shape
    if min(H, W) < ratio:
        raise ValueError(f"a map of {H} × {W} tokens has no square of {ratio} × {ratio}.")
    rows, columns = H // ratio, W // ratio
    x = x[:, : rows * ratio, : columns * ratio].reshape(B, rows, ratio, columns, ratio, D)
    return x.permute(0, 1, 3, 5, 2, 4).reshape(B, rows * columns, -1) @ weight + bias


# %% wrong: columns before rows inside a square
def reduce_squares(x, weight, bias, ratio):
    B, H, W, D = x.shape
    if min(H, W) < ratio:
        raise ValueError(f"a map of {H} × {W} tokens has no square of {ratio} × {ratio}.")
    rows, columns = H // ratio, W // ratio
    x = x[:, : rows * ratio, : columns * ratio].reshape(B, rows, ratio, columns, ratio, D)
    return x.permute(0, 1, 3, 4, 2, 5).reshape(B, rows * columns, -1) @ weight + bias


# %% wrong: squares column by column
def reduce_squares(x, weight, bias, ratio):
    B, H, W, D = x.shape
    if min(H, W) < ratio:
        raise ValueError(f"a map of {H} × {W} tokens has no square of {ratio} × {ratio}.")
    rows, columns = H // ratio, W // ratio
    x = x[:, : rows * ratio, : columns * ratio].reshape(B, rows, ratio, columns, ratio, D)
    return x.permute(0, 3, 1, 2, 4, 5).reshape(B, rows * columns, -1) @ weight + bias


# %% wrong: only maps that the ratio divides
def reduce_squares(x, weight, bias, ratio):
    B, H, W, D = x.shape
    if min(H, W) < ratio:
        raise ValueError(f"a map of {H} × {W} tokens has no square of {ratio} × {ratio}.")
    x = x.reshape(B, H // ratio, ratio, W // ratio, ratio, D).transpose(2, 3)
    return x.reshape(B, -1, ratio * ratio * D) @ weight + bias


# %% wrong: leaves out at the top and at the left
def reduce_squares(x, weight, bias, ratio):
    B, H, W, D = x.shape
    if min(H, W) < ratio:
        raise ValueError(f"a map of {H} × {W} tokens has no square of {ratio} × {ratio}.")
    rows, columns = H // ratio, W // ratio
    x = x[:, H % ratio :, W % ratio :].reshape(B, rows, ratio, columns, ratio, D)
    return x.transpose(2, 3).reshape(B, rows * columns, -1) @ weight + bias


# %% wrong: no error for a small map
def reduce_squares(x, weight, bias, ratio):
    B, H, W, D = x.shape
    rows, columns = H // ratio, W // ratio
    x = x[:, : rows * ratio, : columns * ratio].reshape(B, rows, ratio, columns, ratio, D)
    return x.transpose(2, 3).reshape(B, rows * columns, ratio * ratio * D) @ weight + bias


# %% wrong: an error that names no size
def reduce_squares(x, weight, bias, ratio):
    B, H, W, D = x.shape
    if min(H, W) < ratio:
        raise ValueError("the map is too small")
    rows, columns = H // ratio, W // ratio
    x = x[:, : rows * ratio, : columns * ratio].reshape(B, rows, ratio, columns, ratio, D)
    return x.transpose(2, 3).reshape(B, rows * columns, ratio * ratio * D) @ weight + bias


# %% wrong: an error for one whole square, too
def reduce_squares(x, weight, bias, ratio):
    B, H, W, D = x.shape
    if min(H, W) <= ratio:
        raise ValueError(f"a map of {H} × {W} tokens has no square of {ratio} × {ratio}.")
    rows, columns = H // ratio, W // ratio
    x = x[:, : rows * ratio, : columns * ratio].reshape(B, rows, ratio, columns, ratio, D)
    return x.transpose(2, 3).reshape(B, rows * columns, ratio * ratio * D) @ weight + bias


# %% wrong: no bias
def reduce_squares(x, weight, bias, ratio):
    B, H, W, D = x.shape
    if min(H, W) < ratio:
        raise ValueError(f"a map of {H} × {W} tokens has no square of {ratio} × {ratio}.")
    rows, columns = H // ratio, W // ratio
    x = x[:, : rows * ratio, : columns * ratio].reshape(B, rows, ratio, columns, ratio, D)
    return x.transpose(2, 3).reshape(B, rows * columns, ratio * ratio * D) @ weight


# %% wrong: no gradient reaches the map
def reduce_squares(x, weight, bias, ratio):
    B, H, W, D = x.shape
    if min(H, W) < ratio:
        raise ValueError(f"a map of {H} × {W} tokens has no square of {ratio} × {ratio}.")
    rows, columns = H // ratio, W // ratio
    x = x.detach()[:, : rows * ratio, : columns * ratio].reshape(B, rows, ratio, columns, ratio, D)
    return x.transpose(2, 3).reshape(B, rows * columns, ratio * ratio * D) @ weight + bias


# %% wrong: computed in float32
def reduce_squares(x, weight, bias, ratio):
    B, H, W, D = x.shape
    if min(H, W) < ratio:
        raise ValueError(f"a map of {H} × {W} tokens has no square of {ratio} × {ratio}.")
    rows, columns = H // ratio, W // ratio
    x, dtype = x.float()[:, : rows * ratio, : columns * ratio].reshape(B, rows, ratio, columns, ratio, D), x.dtype
    y = x.transpose(2, 3).reshape(B, rows * columns, ratio * ratio * D) @ weight.float() + bias.float()
    return y.to(dtype)


# %% wrong: a convolution
def reduce_squares(x, weight, bias, ratio):
    B, H, W, D = x.shape
    if min(H, W) < ratio:
        raise ValueError(f"a map of {H} × {W} tokens has no square of {ratio} × {ratio}.")
    kernel = weight.reshape(ratio, ratio, D, -1).permute(3, 2, 0, 1)
    return F.conv2d(x.permute(0, 3, 1, 2), kernel, bias, stride=ratio).flatten(2).transpose(1, 2)


# %% wrong: a mean, which the example's sum does not need
def reduce_squares(x, weight, bias, ratio):
    B, H, W, D = x.shape
    if min(H, W) < ratio:
        raise ValueError(f"a map of {H} × {W} tokens has no square of {ratio} × {ratio}.")
    rows, columns = H // ratio, W // ratio
    x = x[:, : rows * ratio, : columns * ratio].reshape(B, rows, ratio, columns, ratio, D)
    return x.transpose(2, 3).reshape(B, rows * columns, ratio * ratio * D) @ weight / ratio**2 + bias


# %% wrong: a convolution after all, with a third axis
def reduce_squares(x, weight, bias, ratio):
    D, (H, W) = x.shape[3], x.shape[1:3]
    if min(H, W) < ratio:
        raise ValueError(f"a map of {H} × {W} tokens has no square of {ratio} × {ratio}.")
    kernel = weight.reshape(1, ratio, ratio, D, -1).permute(4, 3, 0, 1, 2)
    y = F.conv3d(x.permute(0, 3, 1, 2)[:, :, None], kernel, bias, stride=(1, ratio, ratio))
    return y.flatten(2).transpose(1, 2)


# %% wrong: strides that hold only for a contiguous map
def reduce_squares(x, weight, bias, ratio):
    (B, H, W, D), R = x.shape, ratio
    if min(H, W) < R:
        raise ValueError(f"a map of {H} × {W} tokens has no square of {R} × {R}.")
    strides = (H * W * D, R * W * D, R * D, W * D, D, 1)
    squares = x.as_strided((B, H // R, W // R, R, R, D), strides)
    return squares.reshape(B, (H // R) * (W // R), R * R * D) @ weight + bias


# %% wrong: at least float32, whatever came in
def reduce_squares(x, weight, bias, ratio):
    (B, H, W, D), R = x.shape, ratio
    if min(H, W) < R:
        raise ValueError(f"a map of {H} × {W} tokens has no square of {R} × {R}.")
    dtype = torch.promote_types(x.dtype, torch.float32)
    x = x[:, : H // R * R, : W // R * R].to(dtype).reshape(B, H // R, R, W // R, R, D)
    squares = x.transpose(2, 3).reshape(B, (H // R) * (W // R), R * R * D)
    return squares @ weight.to(dtype) + bias.to(dtype)


# %% right: loops
def reduce_squares(x, weight, bias, ratio):
    B, H, W, _ = x.shape
    if H < ratio or W < ratio:
        raise ValueError(f"H = {H}, W = {W} is smaller than R = {ratio}")
    result = []
    for i in range(H // ratio):
        for j in range(W // ratio):
            square = x[:, i * ratio : (i + 1) * ratio, j * ratio : (j + 1) * ratio]
            result.append(F.linear(square.flatten(1), weight.T, bias))
    return torch.stack(result, dim=1)


# %% right: Tensor.unfold and einsum
def reduce_squares(x, weight, bias, ratio):
    if min(x.shape[1:3]) < ratio:
        raise ValueError(f"sizes {tuple(x.shape[1:3])}, ratio {ratio}")
    squares = x.unfold(1, ratio, ratio).unfold(2, ratio, ratio)  # (B, rows, columns, D, R, R)
    w = weight.reshape(ratio, ratio, x.shape[3], -1)
    return torch.einsum("bijdrs,rsde->bije", squares, w).flatten(1, 2) + bias


# %% right: F.unfold, with its channel-first order put right
def reduce_squares(x, weight, bias, ratio):
    D = x.shape[3]
    if x.shape[1] < ratio or x.shape[2] < ratio:
        raise ValueError(f"{x.shape[1]} rows and {x.shape[2]} columns, but squares of {ratio}")
    columns = F.unfold(x.permute(0, 3, 1, 2), ratio, stride=ratio)  # (B, D·R², M)
    w = weight.reshape(ratio**2, D, -1).transpose(0, 1).reshape(D * ratio**2, -1)
    return columns.transpose(1, 2) @ w + bias


# %% right: adds up one place of the square after the other
def reduce_squares(x, weight, bias, ratio):
    B, H, W, D = x.shape
    if min(H, W) < ratio:
        raise ValueError(f"{H} {W} {ratio}")
    y = bias
    for r in range(ratio):
        for c in range(ratio):
            place = x[:, r : H // ratio * ratio : ratio, c : W // ratio * ratio : ratio]
            start = (r * ratio + c) * D
            y = y + place @ weight[start : start + D]
    return y.reshape(B, -1, y.shape[-1])


# %% right: the strides of the map itself
def reduce_squares(x, weight, bias, ratio):
    (B, H, W, D), R = x.shape, ratio
    if min(H, W) < R:
        raise ValueError(f"a map of {H} × {W} tokens has no square of {R} × {R}.")
    b, h, w, d = x.stride()
    squares = x.as_strided((B, H // R, W // R, R, R, D), (b, R * h, R * w, h, w, d), x.storage_offset())
    return squares.reshape(B, (H // R) * (W // R), R * R * D) @ weight + bias
