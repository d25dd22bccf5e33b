# %% wrong: the small kernel sits in the corner
def merge(weight, bias, small_weight, small_bias, identity=False):
    (C, _, K_h, K_w), (c, _, k_h, k_w) = weight.shape, small_weight.shape
    if C != c:
        raise ValueError(f"the kernels are for {C} and for {c} channels.")
    if not all(side % 2 for side in (K_h, K_w, k_h, k_w)) or k_h > K_h or k_w > K_w:
        raise ValueError(f"a kernel of {k_h} × {k_w} does not fit into one of {K_h} × {K_w}; all must be odd.")
    top, left = (K_h - k_h) // 2, (K_w - k_w) // 2
    merged = weight + F.pad(small_weight, (0, 2 * left, 0, 2 * top))
    if identity:
        one = torch.zeros_like(merged)
        one[:, :, K_h // 2, K_w // 2] = 1
        merged = merged + one
    return merged, bias + small_bias


# %% wrong: height and width are exchanged in the padding
def merge(weight, bias, small_weight, small_bias, identity=False):
    (C, _, K_h, K_w), (c, _, k_h, k_w) = weight.shape, small_weight.shape
    if C != c:
        raise ValueError(f"the kernels are for {C} and for {c} channels.")
    if not all(side % 2 for side in (K_h, K_w, k_h, k_w)) or k_h > K_h or k_w > K_w:
        raise ValueError(f"a kernel of {k_h} × {k_w} does not fit into one of {K_h} × {K_w}; all must be odd.")
    top, left = (K_h - k_h) // 2, (K_w - k_w) // 2
    merged = weight + 0 + F.pad(small_weight, (top, top, left, left))
    if identity:
        one = torch.zeros_like(merged)
        one[:, :, K_h // 2, K_w // 2] = 1
        merged = merged + one
    return merged, bias + small_bias


# %% wrong: the small bias is forgotten
def merge(weight, bias, small_weight, small_bias, identity=False):
    (C, _, K_h, K_w), (c, _, k_h, k_w) = weight.shape, small_weight.shape
    if C != c:
        raise ValueError(f"the kernels are for {C} and for {c} channels.")
    if not all(side % 2 for side in (K_h, K_w, k_h, k_w)) or k_h > K_h or k_w > K_w:
        raise ValueError(f"a kernel of {k_h} × {k_w} does not fit into one of {K_h} × {K_w}; all must be odd.")
    top, left = (K_h - k_h) // 2, (K_w - k_w) // 2
    merged = weight + F.pad(small_weight, (left, left, top, top))
    if identity:
        one = torch.zeros_like(merged)
        one[:, :, K_h // 2, K_w // 2] = 1
        merged = merged + one
    return merged, bias


# %% wrong: the identity is forgotten
def merge(weight, bias, small_weight, small_bias, identity=False):
    (C, _, K_h, K_w), (c, _, k_h, k_w) = weight.shape, small_weight.shape
    if C != c:
        raise ValueError(f"the kernels are for {C} and for {c} channels.")
    if not all(side % 2 for side in (K_h, K_w, k_h, k_w)) or k_h > K_h or k_w > K_w:
        raise ValueError(f"a kernel of {k_h} × {k_w} does not fit into one of {K_h} × {K_w}; all must be odd.")
    top, left = (K_h - k_h) // 2, (K_w - k_w) // 2
    merged = weight + F.pad(small_weight, (left, left, top, top))
    if False:
        one = torch.zeros_like(merged)
        one[:, :, K_h // 2, K_w // 2] = 1
        merged = merged + one
    return merged, bias + small_bias


# %% wrong: the identity is added always
def merge(weight, bias, small_weight, small_bias, identity=False):
    (C, _, K_h, K_w), (c, _, k_h, k_w) = weight.shape, small_weight.shape
    if C != c:
        raise ValueError(f"the kernels are for {C} and for {c} channels.")
    if not all(side % 2 for side in (K_h, K_w, k_h, k_w)) or k_h > K_h or k_w > K_w:
        raise ValueError(f"a kernel of {k_h} × {k_w} does not fit into one of {K_h} × {K_w}; all must be odd.")
    top, left = (K_h - k_h) // 2, (K_w - k_w) // 2
    merged = weight + F.pad(small_weight, (left, left, top, top))
    if True:
        one = torch.zeros_like(merged)
        one[:, :, K_h // 2, K_w // 2] = 1
        merged = merged + one
    return merged, bias + small_bias


# %% wrong: the identity is a kernel of ones
def merge(weight, bias, small_weight, small_bias, identity=False):
    (C, _, K_h, K_w), (c, _, k_h, k_w) = weight.shape, small_weight.shape
    if C != c:
        raise ValueError(f"the kernels are for {C} and for {c} channels.")
    if not all(side % 2 for side in (K_h, K_w, k_h, k_w)) or k_h > K_h or k_w > K_w:
        raise ValueError(f"a kernel of {k_h} × {k_w} does not fit into one of {K_h} × {K_w}; all must be odd.")
    top, left = (K_h - k_h) // 2, (K_w - k_w) // 2
    merged = weight + F.pad(small_weight, (left, left, top, top))
    if identity:
        one = torch.zeros_like(merged)
        one[:] = 1
        merged = merged + one
    return merged, bias + small_bias


# %% wrong: the identity in the first channel only
def merge(weight, bias, small_weight, small_bias, identity=False):
    (C, _, K_h, K_w), (c, _, k_h, k_w) = weight.shape, small_weight.shape
    if C != c:
        raise ValueError(f"the kernels are for {C} and for {c} channels.")
    if not all(side % 2 for side in (K_h, K_w, k_h, k_w)) or k_h > K_h or k_w > K_w:
        raise ValueError(f"a kernel of {k_h} × {k_w} does not fit into one of {K_h} × {K_w}; all must be odd.")
    top, left = (K_h - k_h) // 2, (K_w - k_w) // 2
    merged = weight + F.pad(small_weight, (left, left, top, top))
    if identity:
        one = torch.zeros_like(merged)
        one[0, :, K_h // 2, K_w // 2] = 1
        merged = merged + one
    return merged, bias + small_bias


# %% wrong: the large kernel is changed in place
def merge(weight, bias, small_weight, small_bias, identity=False):
    (C, _, K_h, K_w), (c, _, k_h, k_w) = weight.shape, small_weight.shape
    if C != c:
        raise ValueError(f"the kernels are for {C} and for {c} channels.")
    if not all(side % 2 for side in (K_h, K_w, k_h, k_w)) or k_h > K_h or k_w > K_w:
        raise ValueError(f"a kernel of {k_h} × {k_w} does not fit into one of {K_h} × {K_w}; all must be odd.")
    top, left = (K_h - k_h) // 2, (K_w - k_w) // 2
    merged = weight.data
    merged += F.pad(small_weight.data, (left, left, top, top))
    if identity:
        one = torch.zeros_like(merged)
        one[:, :, K_h // 2, K_w // 2] = 1
        merged = merged + one
    return merged, bias + small_bias


# %% wrong: the identity goes into the kernel that was given
def merge(weight, bias, small_weight, small_bias, identity=False):
    (C, _, K_h, K_w), (c, _, k_h, k_w) = weight.shape, small_weight.shape
    if C != c:
        raise ValueError(f"the kernels are for {C} and for {c} channels.")
    if not all(side % 2 for side in (K_h, K_w, k_h, k_w)) or k_h > K_h or k_w > K_w:
        raise ValueError(f"a kernel of {k_h} × {k_w} does not fit into one of {K_h} × {K_w}; all must be odd.")
    top, left = (K_h - k_h) // 2, (K_w - k_w) // 2
    merged = weight + F.pad(small_weight, (left, left, top, top))
    if identity:
        one = torch.zeros_like(merged)
        one[:, :, K_h // 2, K_w // 2] = 1
        merged = merged + one
        weight.data += one
    return merged, bias + small_bias


# %% wrong: even sizes are accepted
def merge(weight, bias, small_weight, small_bias, identity=False):
    (C, _, K_h, K_w), (c, _, k_h, k_w) = weight.shape, small_weight.shape
    if C != c:
        raise ValueError(f"the kernels are for {C} and for {c} channels.")
    if k_h > K_h or k_w > K_w:
        raise ValueError(f"a kernel of {k_h} × {k_w} does not fit into one of {K_h} × {K_w}; all must be odd.")
    top, left = (K_h - k_h) // 2, (K_w - k_w) // 2
    merged = weight + F.pad(small_weight, (left, left, top, top))
    if identity:
        one = torch.zeros_like(merged)
        one[:, :, K_h // 2, K_w // 2] = 1
        merged = merged + one
    return merged, bias + small_bias


# %% wrong: only the height is compared
def merge(weight, bias, small_weight, small_bias, identity=False):
    (C, _, K_h, K_w), (c, _, k_h, k_w) = weight.shape, small_weight.shape
    if C != c:
        raise ValueError(f"the kernels are for {C} and for {c} channels.")
    if not all(side % 2 for side in (K_h, K_w, k_h, k_w)) or k_h > K_h:
        raise ValueError(f"a kernel of {k_h} × {k_w} does not fit into one of {K_h} × {K_w}; all must be odd.")
    top, left = (K_h - k_h) // 2, (K_w - k_w) // 2
    merged = weight + F.pad(small_weight, (left, left, top, top))
    if identity:
        one = torch.zeros_like(merged)
        one[:, :, K_h // 2, K_w // 2] = 1
        merged = merged + one
    return merged, bias + small_bias


# %% wrong: channels are not compared, and one kernel serves all
def merge(weight, bias, small_weight, small_bias, identity=False):
    (C, _, K_h, K_w), (c, _, k_h, k_w) = weight.shape, small_weight.shape
    if False:
        raise ValueError(f"the kernels are for {C} and for {c} channels.")
    if not all(side % 2 for side in (K_h, K_w, k_h, k_w)) or k_h > K_h or k_w > K_w:
        raise ValueError(f"a kernel of {k_h} × {k_w} does not fit into one of {K_h} × {K_w}; all must be odd.")
    top, left = (K_h - k_h) // 2, (K_w - k_w) // 2
    merged = weight + F.pad(small_weight, (left, left, top, top))
    if identity:
        one = torch.zeros_like(merged)
        one[:, :, K_h // 2, K_w // 2] = 1
        merged = merged + one
    return merged, bias + small_bias


# %% wrong: the message names only the small kernel
def merge(weight, bias, small_weight, small_bias, identity=False):
    (C, _, K_h, K_w), (c, _, k_h, k_w) = weight.shape, small_weight.shape
    if C != c:
        raise ValueError(f"the kernels are for {C} and for {c} channels.")
    if not all(side % 2 for side in (K_h, K_w, k_h, k_w)) or k_h > K_h or k_w > K_w:
        raise ValueError(f"a kernel of {k_h} × {k_w} does not fit.")
    top, left = (K_h - k_h) // 2, (K_w - k_w) // 2
    merged = weight + F.pad(small_weight, (left, left, top, top))
    if identity:
        one = torch.zeros_like(merged)
        one[:, :, K_h // 2, K_w // 2] = 1
        merged = merged + one
    return merged, bias + small_bias


# %% wrong: the gradient of the small kernel is lost
def merge(weight, bias, small_weight, small_bias, identity=False):
    (C, _, K_h, K_w), (c, _, k_h, k_w) = weight.shape, small_weight.shape
    if C != c:
        raise ValueError(f"the kernels are for {C} and for {c} channels.")
    if not all(side % 2 for side in (K_h, K_w, k_h, k_w)) or k_h > K_h or k_w > K_w:
        raise ValueError(f"a kernel of {k_h} × {k_w} does not fit into one of {K_h} × {K_w}; all must be odd.")
    top, left = (K_h - k_h) // 2, (K_w - k_w) // 2
    merged = weight + F.pad(small_weight.detach(), (left, left, top, top))
    if identity:
        one = torch.zeros_like(merged)
        one[:, :, K_h // 2, K_w // 2] = 1
        merged = merged + one
    return merged, bias + small_bias


# %% wrong: the mean of both
def merge(weight, bias, small_weight, small_bias, identity=False):
    (C, _, K_h, K_w), (c, _, k_h, k_w) = weight.shape, small_weight.shape
    if C != c:
        raise ValueError(f"the kernels are for {C} and for {c} channels.")
    if not all(side % 2 for side in (K_h, K_w, k_h, k_w)) or k_h > K_h or k_w > K_w:
        raise ValueError(f"a kernel of {k_h} × {k_w} does not fit into one of {K_h} × {K_w}; all must be odd.")
    top, left = (K_h - k_h) // 2, (K_w - k_w) // 2
    merged = (weight + F.pad(small_weight, (left, left, top, top))) / 2
    if identity:
        one = torch.zeros_like(merged)
        one[:, :, K_h // 2, K_w // 2] = 1
        merged = merged + one
    return merged, bias + small_bias


# %% wrong: only too few small kernels are an error
def merge(weight, bias, small_weight, small_bias, identity=False):
    C, _, K_h, K_w = weight.shape
    c, _, k_h, k_w = small_weight.shape
    if c < C:
        raise ValueError(f"{C} channels and {c} channels")
    if k_h > K_h or k_w > K_w or any(k % 2 == 0 for k in (K_h, K_w, k_h, k_w)):
        raise ValueError(f"kernel sizes {K_h} x {K_w} and {k_h} x {k_w} do not fit")
    top, left = (K_h - k_h) // 2, (K_w - k_w) // 2
    out = weight + F.pad(small_weight, (left, left, top, top))
    if identity:
        one = torch.zeros_like(out)
        one[:, :, K_h // 2, K_w // 2] = 1
        out = out + one
    return out, bias + small_bias


# %% right: added to a slice of a copy
def merge(weight, bias, small_weight, small_bias, identity=False):
    (C, _, K_h, K_w), (c, _, k_h, k_w) = weight.shape, small_weight.shape
    if C != c:
        raise ValueError(f"the kernels are for {C} and for {c} channels.")
    if not all(side % 2 for side in (K_h, K_w, k_h, k_w)) or k_h > K_h or k_w > K_w:
        raise ValueError(f"a kernel of {k_h} × {k_w} does not fit into one of {K_h} × {K_w}; all must be odd.")
    top, left = (K_h - k_h) // 2, (K_w - k_w) // 2
    merged = weight.clone()
    merged[:, :, top : top + k_h, left : left + k_w] += small_weight
    if identity:
        one = torch.zeros_like(merged)
        one[:, :, K_h // 2, K_w // 2] = 1
        merged = merged + one
    return merged, bias + small_bias


# %% right: by asking the convolutions what they do to single pixels
def merge(weight, bias, small_weight, small_bias, identity=False):
    sizes = [*weight.shape[2:], *small_weight.shape[2:]]
    if len(weight) != len(small_weight):
        raise ValueError(f"{len(weight)} channels and {len(small_weight)} channels")
    if any(s % 2 == 0 for s in sizes) or sizes[0] < sizes[2] or sizes[1] < sizes[3]:
        raise ValueError(f"kernel sizes do not fit: {sizes}")
    C, H, W = len(weight), sizes[0], sizes[1]
    pixel = torch.zeros(1, C, H, W, dtype=weight.dtype)
    pixel[:, :, H // 2, W // 2] = 1
    answer = F.conv2d(pixel, weight, padding=(H // 2, W // 2), groups=C)
    answer = answer + F.conv2d(pixel, small_weight, padding=(sizes[2] // 2, sizes[3] // 2), groups=C)
    answer = answer.flip(2, 3) + (pixel if identity else 0)
    return answer.reshape(C, 1, H, W), bias + small_bias


# %% right: the identity as one more small kernel, by a second call
def merge(weight, bias, small_weight, small_bias, identity=False):
    K, k = weight.shape[2:], small_weight.shape[2:]
    if weight.shape[0] != small_weight.shape[0]:
        raise ValueError("channels: %d, %d" % (weight.shape[0], small_weight.shape[0]))
    for a, b in zip(K, k):
        if b > a or a % 2 == 0 or b % 2 == 0:
            raise ValueError("large %d x %d, small %d x %d" % (*K, *k))
    if identity:
        weight, _ = merge(weight, bias, torch.ones_like(weight[:, :, :1, :1]), bias)
    h, w = (K[0] - k[0]) // 2, (K[1] - k[1]) // 2
    return F.pad(small_weight, [w, w, h, h]) + weight, small_bias + bias
