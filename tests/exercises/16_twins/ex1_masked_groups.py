# %% wrong: pads with zeros and lets everyone look at them, as the chapter's LSA does
def masked_groups(q, k, v, window_size):
    (wh, ww), (B, H, W, C) = window_size, q.shape
    down, right = -H % wh, -W % ww

    def cut(t):
        t = F.pad(t, (0, 0, 0, right, 0, down))
        return t.reshape(B, (H + down) // wh, wh, (W + right) // ww, ww, C).transpose(2, 3).flatten(3, 4)

    a, b, c = cut(q), cut(k), cut(v)  # (B, rows, columns, N, C)
    y = (a @ b.mT / C**0.5).softmax(dim=-1) @ c
    y = y.unflatten(3, (wh, ww)).transpose(2, 3).reshape(B, H + down, W + right, C)
    return y[:, :H, :W]


# %% wrong: the padding is masked by zeroing its weights after the softmax, so the others no longer sum to 1
def masked_groups(q, k, v, window_size):
    (wh, ww), (B, H, W, C) = window_size, q.shape
    down, right = -H % wh, -W % ww

    def cut(t):
        t = F.pad(t, (0, 0, 0, right, 0, down))
        return t.reshape(len(t), (H + down) // wh, wh, (W + right) // ww, ww, -1).transpose(2, 3).flatten(3, 4)

    a, b, c = cut(q), cut(k), cut(v)
    real = cut(torch.ones(1, H, W, 1, dtype=q.dtype))
    y = ((a @ b.mT / C**0.5).softmax(dim=-1) * real.mT) @ c
    return y.unflatten(3, (wh, ww)).transpose(2, 3).reshape(B, H + down, W + right, C)[:, :H, :W]


# %% wrong: a score of 0 for the padding instead of -inf
def masked_groups(q, k, v, window_size):
    (wh, ww), (B, H, W, C) = window_size, q.shape
    down, right = -H % wh, -W % ww

    def cut(t):
        t = F.pad(t, (0, 0, 0, right, 0, down))
        return t.reshape(len(t), (H + down) // wh, wh, (W + right) // ww, ww, -1).transpose(2, 3).flatten(3, 4)

    a, b, c = cut(q), cut(k), cut(v)
    real = cut(torch.ones(1, H, W, 1, dtype=q.dtype)).mT.bool()
    y = (a @ b.mT / C**0.5).masked_fill(~real, 0.0).softmax(dim=-1) @ c
    return y.unflatten(3, (wh, ww)).transpose(2, 3).reshape(B, H + down, W + right, C)[:, :H, :W]


# %% wrong: 100 less for the padding, as public Swins do, which is not enough when all scores are low
def masked_groups(q, k, v, window_size):
    (wh, ww), (B, H, W, C) = window_size, q.shape
    down, right = -H % wh, -W % ww

    def cut(t):
        t = F.pad(t, (0, 0, 0, right, 0, down))
        return t.reshape(len(t), (H + down) // wh, wh, (W + right) // ww, ww, -1).transpose(2, 3).flatten(3, 4)

    a, b, c = cut(q), cut(k), cut(v)
    real = cut(torch.ones(1, H, W, 1, dtype=q.dtype))
    y = (a @ b.mT / C**0.5 - 100 * (1 - real.mT)).softmax(dim=-1) @ c
    return y.unflatten(3, (wh, ww)).transpose(2, 3).reshape(B, H + down, W + right, C)[:, :H, :W]


# %% wrong: takes tokens whose key is zero for padding
def masked_groups(q, k, v, window_size):
    (wh, ww), (B, H, W, C) = window_size, q.shape
    down, right = -H % wh, -W % ww

    def cut(t):
        t = F.pad(t, (0, 0, 0, right, 0, down))
        return t.reshape(len(t), (H + down) // wh, wh, (W + right) // ww, ww, -1).transpose(2, 3).flatten(3, 4)

    a, b, c = cut(q), cut(k), cut(v)
    nothing = (b == 0).all(dim=-1, keepdim=True).mT & (c == 0).all(dim=-1, keepdim=True).mT
    scores = (a @ b.mT / C**0.5).masked_fill(nothing, -1e9)
    y = scores.softmax(dim=-1) @ c
    return y.unflatten(3, (wh, ww)).transpose(2, 3).reshape(B, H + down, W + right, C)[:, :H, :W]


# %% wrong: masks the queries that are padding, not the keys
def masked_groups(q, k, v, window_size):
    (wh, ww), (B, H, W, C) = window_size, q.shape
    down, right = -H % wh, -W % ww

    def cut(t):
        t = F.pad(t, (0, 0, 0, right, 0, down))
        return t.reshape(len(t), (H + down) // wh, wh, (W + right) // ww, ww, -1).transpose(2, 3).flatten(3, 4)

    a, b, c = cut(q), cut(k), cut(v)
    real = cut(torch.ones(1, H, W, 1, dtype=q.dtype)).bool()
    y = (a @ b.mT / C**0.5).masked_fill(~real, -1e9).softmax(dim=-1) @ c
    return y.unflatten(3, (wh, ww)).transpose(2, 3).reshape(B, H + down, W + right, C)[:, :H, :W]


# %% wrong: the first window is the one that is cut off, at the top and the left
def masked_groups(q, k, v, window_size):
    y = torch.zeros_like(v)
    B, H, W, C = q.shape
    wh, ww = window_size
    for top in range(-(-H % wh), H, wh):
        for left in range(-(-W % ww), W, ww):
            place = (slice(None), slice(max(0, top), top + wh), slice(max(0, left), left + ww))
            a, b, c = (t[place].flatten(1, 2) for t in (q, k, v))
            y[place] = ((a @ b.mT / C**0.5).softmax(dim=-1) @ c).reshape(v[place].shape)
    return y


# %% wrong: rows and columns of the window exchanged
def masked_groups(q, k, v, window_size):
    y = torch.zeros_like(v)
    B, H, W, C = q.shape
    ww, wh = window_size
    for top in range(0, H, wh):
        for left in range(0, W, ww):
            place = (slice(None), slice(top, top + wh), slice(left, left + ww))
            a, b, c = (t[place].flatten(1, 2) for t in (q, k, v))
            y[place] = ((a @ b.mT / C**0.5).softmax(dim=-1) @ c).reshape(v[place].shape)
    return y


# %% wrong: groups of consecutive tokens, which are no windows
def masked_groups(q, k, v, window_size):
    B, H, W, C = q.shape
    N = window_size[0] * window_size[1]
    parts = zip(*(t.flatten(1, 2).split(N, dim=1) for t in (q, k, v)))
    return torch.cat([(a @ b.mT / C**0.5).softmax(dim=-1) @ c for a, b, c in parts], dim=1).reshape(v.shape)


# %% wrong: no scale
def masked_groups(q, k, v, window_size):
    y = torch.zeros_like(v)
    for top in range(0, q.shape[1], window_size[0]):
        for left in range(0, q.shape[2], window_size[1]):
            place = (slice(None), slice(top, top + window_size[0]), slice(left, left + window_size[1]))
            a, b, c = (t[place].flatten(1, 2) for t in (q, k, v))
            y[place] = ((a @ b.mT).softmax(dim=-1) @ c).reshape(v[place].shape)
    return y


# %% wrong: windows that are cut off are left out and stay zero
def masked_groups(q, k, v, window_size):
    y = torch.zeros_like(v)
    (wh, ww), (B, H, W, C) = window_size, q.shape
    for top in range(0, H - wh + 1, wh):
        for left in range(0, W - ww + 1, ww):
            place = (slice(None), slice(top, top + wh), slice(left, left + ww))
            a, b, c = (t[place].flatten(1, 2) for t in (q, k, v))
            y[place] = ((a @ b.mT / C**0.5).softmax(dim=-1) @ c).reshape(v[place].shape)
    return y


# %% wrong: results are written without their gradient
def masked_groups(q, k, v, window_size):
    y = torch.zeros_like(v)
    C = q.shape[3]
    for top in range(0, q.shape[1], window_size[0]):
        for left in range(0, q.shape[2], window_size[1]):
            place = (slice(None), slice(top, top + window_size[0]), slice(left, left + window_size[1]))
            a, b, c = (t[place].flatten(1, 2) for t in (q, k, v))
            weights = (a @ b.mT / C**0.5).softmax(dim=-1).detach()
            y[place] = (weights @ c).reshape(v[place].shape)
    return y


# %% wrong: computed in float32
def masked_groups(q, k, v, window_size):
    y = torch.zeros_like(v)
    C = q.shape[3]
    for top in range(0, q.shape[1], window_size[0]):
        for left in range(0, q.shape[2], window_size[1]):
            place = (slice(None), slice(top, top + window_size[0]), slice(left, left + window_size[1]))
            a, b, c = (t[place].flatten(1, 2).float() for t in (q, k, v))
            y[place] = ((a @ b.mT / C**0.5).softmax(dim=-1) @ c).reshape(v[place].shape).to(v.dtype)
    return y


# %% wrong: the course's own functions do the cutting
def masked_groups(q, k, v, window_size):
    from utils.models.window_attention import pad_to_windows, window_partition, window_reverse

    B, H, W, C = q.shape
    ones = pad_to_windows(torch.ones(B, H, W, 1, dtype=q.dtype), window_size)
    real = window_partition(ones, window_size).bool()
    a, b, c = (window_partition(pad_to_windows(t, window_size), window_size) for t in (q, k, v))
    y = (a @ b.mT / C**0.5).masked_fill(~real.mT, -torch.inf).softmax(dim=-1) @ c
    return window_reverse(y, window_size, *ones.shape[1:3])[:, :H, :W]


# %% right: one cut after the other, first along the rows, then along the columns
def masked_groups(q, k, v, window_size):
    (wh, ww), (B, H, W, C) = window_size, q.shape
    for axis, size, most in ((1, H, wh), (2, W, ww)):
        if size > most:
            parts = zip(*(t.tensor_split([(size - 1) // most * most], dim=axis) for t in (q, k, v)))
            return torch.cat([masked_groups(*part, window_size) for part in parts], dim=axis)
    a, b, c = (t.reshape(B, 1, H * W, C) for t in (q, k, v))
    return F.scaled_dot_product_attention(a, b, c).reshape(B, H, W, C)


# %% right: padding, with a map of ones that says what is real
def masked_groups(q, k, v, window_size):
    (wh, ww), (B, H, W, C) = window_size, q.shape
    down, right = -H % wh, -W % ww

    def cut(t):
        t = F.pad(t, (0, 0, 0, right, 0, down))
        return t.reshape(len(t), (H + down) // wh, wh, (W + right) // ww, ww, -1).transpose(2, 3).flatten(3, 4)

    a, b, c = cut(q), cut(k), cut(v)
    real = cut(torch.ones(1, H, W, 1)).mT.bool()
    y = (a @ b.mT / C**0.5).masked_fill(~real, -torch.inf).softmax(dim=-1) @ c
    return y.unflatten(3, (wh, ww)).transpose(2, 3).reshape(B, H + down, W + right, C)[:, :H, :W]


# %% right: attention among all tokens, with a mask that allows pairs of the same window
def masked_groups(q, k, v, window_size):
    B, H, W, C = q.shape
    rows, columns = torch.arange(H) // window_size[0], torch.arange(W) // window_size[1]
    number = (rows[:, None] * 1000 + columns).flatten()
    mask = number[:, None] == number
    a, b, c = (t.reshape(B, 1, H * W, C) for t in (q, k, v))
    return F.scaled_dot_product_attention(a, b, c, attn_mask=mask).reshape(B, H, W, C)


# %% right: token by token
def masked_groups(q, k, v, window_size):
    B, H, W, C = q.shape
    wh, ww = window_size
    rows = []
    for i in range(H):
        for j in range(W):
            top, left = i - i % wh, j - j % ww
            keys = k[:, top : top + wh, left : left + ww].reshape(B, -1, C)
            values = v[:, top : top + wh, left : left + ww].reshape(B, -1, C)
            scores = (keys * q[:, i, j, None]).sum(dim=-1) * C**-0.5
            weights = scores.exp() / scores.exp().sum(dim=1, keepdim=True)
            rows.append((weights[..., None] * values).sum(dim=1))
    return torch.stack(rows, dim=1).reshape(B, H, W, C)
