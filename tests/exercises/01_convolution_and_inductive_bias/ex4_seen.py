# %% wrong: walks from the image to the output
def seen_by(layers, position):
    first = last = position
    for kernel_size, stride, padding, dilation in layers:
        first = first * stride - padding
        last = last * stride - padding + dilation * (kernel_size - 1)
    return first, last


# %% wrong: adds the window to first instead of last
def seen_by(layers, position):
    first = last = position
    for kernel_size, stride, padding, dilation in reversed(layers):
        first = first * stride - padding
        last = first + dilation * (kernel_size - 1)
    return first, last


# %% wrong: the padding is forgotten
def seen_by(layers, position):
    first = last = position
    for kernel_size, stride, _, dilation in reversed(layers):
        first, last = first * stride, last * stride + dilation * (kernel_size - 1)
    return first, last


# %% wrong: the padding is added
def seen_by(layers, position):
    first = last = position
    for kernel_size, stride, padding, dilation in reversed(layers):
        first = first * stride + padding
        last = last * stride + padding + dilation * (kernel_size - 1)
    return first, last


# %% wrong: cut at the border of the image
def seen_by(layers, position):
    first = last = position
    for kernel_size, stride, padding, dilation in reversed(layers):
        first = first * stride - padding
        last = last * stride - padding + dilation * (kernel_size - 1)
    return max(first, 0), last


# %% wrong: the pixel after the last, as in a slice
def seen_by(layers, position):
    first = last = position
    for kernel_size, stride, padding, dilation in reversed(layers):
        first = first * stride - padding
        last = last * stride - padding + dilation * (kernel_size - 1)
    return first, last + 1


# %% wrong: a window of dilation · K pixels
def seen_by(layers, position):
    first = last = position
    for kernel_size, stride, padding, dilation in reversed(layers):
        first = first * stride - padding
        last = last * stride - padding + dilation * kernel_size - 1
    return first, last


# %% wrong: the dilation is ignored
def seen_by(layers, position):
    first = last = position
    for kernel_size, stride, padding, _ in reversed(layers):
        first = first * stride - padding
        last = last * stride - padding + kernel_size - 1
    return first, last


# %% wrong: centred on the output, whatever the padding
def seen_by(layers, position):
    r, j = 1, 1
    for kernel_size, stride, _, dilation in layers:
        r += dilation * (kernel_size - 1) * j
        j *= stride
    return position * j - (r - 1) // 2, position * j + r // 2


# %% wrong: reverses the list of the caller
def seen_by(layers, position):
    layers.reverse() if isinstance(layers, list) else None
    first = last = position
    for kernel_size, stride, padding, dilation in layers if isinstance(layers, list) else layers[::-1]:
        first = first * stride - padding
        last = last * stride - padding + dilation * (kernel_size - 1)
    return first, last


# %% wrong: the stride is forgotten for all layers but the last
def seen_by(layers, position):
    first = last = position
    for n, (kernel_size, stride, padding, dilation) in enumerate(reversed(layers)):
        stride = stride if n == 0 else 1
        first = first * stride - padding
        last = last * stride - padding + dilation * (kernel_size - 1)
    return first, last


# %% wrong: only one layer, and more of them by their receptive field around the same middle
def seen_by(layers, position):
    jump = extent = 1
    for kernel_size, stride, padding, dilation in layers:
        extent += dilation * (kernel_size - 1) * jump
        jump *= stride
    first = position * jump - extent // 2
    return first, first + extent - 1


# %% wrong: a window of an even kernel is taken for one pixel wider
def seen_by(layers, position):
    first = last = position
    for kernel_size, stride, padding, dilation in reversed(layers):
        first = first * stride - padding
        last = last * stride - padding + 2 * (dilation * kernel_size // 2)
    return first, last


# %% right: from the image to the output, with a jump and an offset
def seen_by(layers, position):
    start, r, jump = 0, 1, 1
    for kernel_size, stride, padding, dilation in layers:
        start -= padding * jump
        r += dilation * (kernel_size - 1) * jump
        jump *= stride
    first = start + position * jump
    return first, first + r - 1


# %% right: recursion, and a list instead of a tuple
def seen_by(layers, position):
    def back(n, place, end):
        if n < 0:
            return place
        kernel_size, stride, padding, dilation = layers[n]
        return back(n - 1, place * stride - padding + end * dilation * (kernel_size - 1), end)

    return [back(len(layers) - 1, position, end) for end in (0, 1)]


# %% right: tensors all the way
def seen_by(layers, position):
    ends = torch.tensor([position, position])
    for kernel_size, stride, padding, dilation in tuple(layers)[::-1]:
        ends = ends * stride - padding + torch.tensor([0, dilation * (kernel_size - 1)])
    return tuple(ends)
