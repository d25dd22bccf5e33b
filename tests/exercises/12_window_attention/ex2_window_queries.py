# %% wrong: nothing changed
def ask_windows(x, queries, window_size):
    B, H, W, C = x.shape
    wh, ww = window_size
    windows = x.reshape(B, H // wh, ww, W // ww, wh, C).transpose(2, 3).reshape(-1, wh * ww, C)  # (B · nW, N, C)
    query = queries.repeat(len(windows) // B, 1)  # (B · nW, C)
    scores = windows @ query[:, :, None] / C**0.5  # (B · nW, N, 1)
    weights = scores.softmax(dim=0)
    answers = (weights * windows).sum(dim=1)  # (B · nW, C)
    return answers.reshape(B, H // wh, W // ww, C)


# %% wrong: finds only the softmax
def ask_windows(x, queries, window_size):
    B, H, W, C = x.shape
    wh, ww = window_size
    windows = x.reshape(B, H // wh, ww, W // ww, wh, C).transpose(2, 3).reshape(-1, wh * ww, C)  # (B · nW, N, C)
    query = queries.repeat(len(windows) // B, 1)  # (B · nW, C)
    scores = windows @ query[:, :, None] / C**0.5  # (B · nW, N, 1)
    weights = scores.softmax(dim=1)
    answers = (weights * windows).sum(dim=1)  # (B · nW, C)
    return answers.reshape(B, H // wh, W // ww, C)


# %% wrong: finds the softmax and the rectangles, not the batch
def ask_windows(x, queries, window_size):
    B, H, W, C = x.shape
    wh, ww = window_size
    windows = x.reshape(B, H // wh, wh, W // ww, ww, C).transpose(2, 3).reshape(-1, wh * ww, C)  # (B · nW, N, C)
    query = queries.repeat(len(windows) // B, 1)  # (B · nW, C)
    scores = windows @ query[:, :, None] / C**0.5  # (B · nW, N, 1)
    weights = scores.softmax(dim=1)
    answers = (weights * windows).sum(dim=1)  # (B · nW, C)
    return answers.reshape(B, H // wh, W // ww, C)


# %% wrong: finds the softmax and the batch, not the rectangles
def ask_windows(x, queries, window_size):
    B, H, W, C = x.shape
    wh, ww = window_size
    windows = x.reshape(B, H // wh, ww, W // ww, wh, C).transpose(2, 3).reshape(-1, wh * ww, C)  # (B · nW, N, C)
    query = queries.repeat_interleave(len(windows) // B, dim=0)  # (B · nW, C)
    scores = windows @ query[:, :, None] / C**0.5  # (B · nW, N, 1)
    weights = scores.softmax(dim=1)
    answers = (weights * windows).sum(dim=1)  # (B · nW, C)
    return answers.reshape(B, H // wh, W // ww, C)


# %% wrong: finds all but the softmax
def ask_windows(x, queries, window_size):
    B, H, W, C = x.shape
    wh, ww = window_size
    windows = x.reshape(B, H // wh, wh, W // ww, ww, C).transpose(2, 3).reshape(-1, wh * ww, C)  # (B · nW, N, C)
    query = queries.repeat_interleave(len(windows) // B, dim=0)  # (B · nW, C)
    scores = windows @ query[:, :, None] / C**0.5  # (B · nW, N, 1)
    weights = scores.softmax(dim=0)
    answers = (weights * windows).sum(dim=1)  # (B · nW, C)
    return answers.reshape(B, H // wh, W // ww, C)


# %% wrong: softmax over the wrong axis, of length 1
def ask_windows(x, queries, window_size):
    B, H, W, C = x.shape
    wh, ww = window_size
    windows = x.reshape(B, H // wh, wh, W // ww, ww, C).transpose(2, 3).reshape(-1, wh * ww, C)  # (B · nW, N, C)
    query = queries.repeat_interleave(len(windows) // B, dim=0)  # (B · nW, C)
    scores = windows @ query[:, :, None] / C**0.5  # (B · nW, N, 1)
    weights = scores.softmax(dim=2)
    answers = (weights * windows).sum(dim=1)  # (B · nW, C)
    return answers.reshape(B, H // wh, W // ww, C)


# %% wrong: repairs the batch by giving all windows the first image's query
def ask_windows(x, queries, window_size):
    B, H, W, C = x.shape
    wh, ww = window_size
    windows = x.reshape(B, H // wh, wh, W // ww, ww, C).transpose(2, 3).reshape(-1, wh * ww, C)  # (B · nW, N, C)
    query = queries[:1].expand(len(windows), -1)  # (B · nW, C)
    scores = windows @ query[:, :, None] / C**0.5  # (B · nW, N, 1)
    weights = scores.softmax(dim=1)
    answers = (weights * windows).sum(dim=1)  # (B · nW, C)
    return answers.reshape(B, H // wh, W // ww, C)


# %% wrong: normalises by hand over everything
def ask_windows(x, queries, window_size):
    B, H, W, C = x.shape
    wh, ww = window_size
    windows = x.reshape(B, H // wh, wh, W // ww, ww, C).transpose(2, 3).reshape(-1, wh * ww, C)  # (B · nW, N, C)
    query = queries.repeat_interleave(len(windows) // B, dim=0)  # (B · nW, C)
    scores = windows @ query[:, :, None] / C**0.5  # (B · nW, N, 1)
    weights = scores.exp() / scores.exp().sum()
    answers = (weights * windows).sum(dim=1)  # (B · nW, C)
    return answers.reshape(B, H // wh, W // ww, C)


# %% wrong: loses the scale on the way
def ask_windows(x, queries, window_size):
    B, H, W, C = x.shape
    wh, ww = window_size
    windows = x.reshape(B, H // wh, wh, W // ww, ww, C).transpose(2, 3).reshape(-1, wh * ww, C)  # (B · nW, N, C)
    query = queries.repeat_interleave(len(windows) // B, dim=0)  # (B · nW, C)
    scores = windows @ query[:, :, None]  # (B · nW, N, 1)
    weights = scores.softmax(dim=1)
    answers = (weights * windows).sum(dim=1)  # (B · nW, C)
    return answers.reshape(B, H // wh, W // ww, C)


# %% wrong: the map of answers transposed
def ask_windows(x, queries, window_size):
    B, H, W, C = x.shape
    wh, ww = window_size
    windows = x.reshape(B, H // wh, wh, W // ww, ww, C).transpose(2, 3).reshape(-1, wh * ww, C)  # (B · nW, N, C)
    query = queries.repeat_interleave(len(windows) // B, dim=0)  # (B · nW, C)
    scores = windows @ query[:, :, None] / C**0.5  # (B · nW, N, 1)
    weights = scores.softmax(dim=1)
    answers = (weights * windows).sum(dim=1)  # (B · nW, C)
    return answers.reshape(B, W // ww, H // wh, C).transpose(1, 2)


# %% wrong: one window for all, with the batch in it
def ask_windows(x, queries, window_size):
    B, H, W, C = x.shape
    wh, ww = window_size
    windows = x.reshape(B, H // wh, wh, W // ww, ww, C).transpose(2, 3).reshape(-1, wh * ww, C)  # (B · nW, N, C)
    query = queries.repeat_interleave(len(windows) // B, dim=0)  # (B · nW, C)
    scores = windows @ query[:, :, None] / C**0.5  # (B · nW, N, 1)
    weights = scores.softmax(dim=1)
    answers = (weights * windows).sum(dim=1)  # (B · nW, C)
    return answers.reshape(H // wh, W // ww, B, C).permute(2, 0, 1, 3)


# %% wrong: no gradient
def ask_windows(x, queries, window_size):
    B, H, W, C = x.shape
    wh, ww = window_size
    windows = x.reshape(B, H // wh, wh, W // ww, ww, C).transpose(2, 3).reshape(-1, wh * ww, C)  # (B · nW, N, C)
    query = queries.repeat_interleave(len(windows) // B, dim=0)  # (B · nW, C)
    scores = windows @ query[:, :, None] / C**0.5  # (B · nW, N, 1)
    weights = scores.softmax(dim=1)
    answers = (weights * windows).sum(dim=1)  # (B · nW, C)
    return answers.reshape(B, H // wh, W // ww, C).detach()


# %% wrong: the weights pass no gradient on
def ask_windows(x, queries, window_size):
    B, H, W, C = x.shape
    wh, ww = window_size
    windows = x.reshape(B, H // wh, wh, W // ww, ww, C).transpose(2, 3).reshape(-1, wh * ww, C)  # (B · nW, N, C)
    query = queries.repeat_interleave(len(windows) // B, dim=0)  # (B · nW, C)
    scores = windows @ query[:, :, None] / C**0.5  # (B · nW, N, 1)
    weights = scores.softmax(dim=1).detach()
    answers = (weights * windows).sum(dim=1)  # (B · nW, C)
    return answers.reshape(B, H // wh, W // ww, C)


# %% wrong: no gradient for the queries
def ask_windows(x, queries, window_size):
    B, H, W, C = x.shape
    wh, ww = window_size
    windows = x.reshape(B, H // wh, wh, W // ww, ww, C).transpose(2, 3).reshape(-1, wh * ww, C)  # (B · nW, N, C)
    query = queries.detach().repeat_interleave(len(windows) // B, dim=0)  # (B · nW, C)
    scores = windows @ query[:, :, None] / C**0.5  # (B · nW, N, 1)
    weights = scores.softmax(dim=1)
    answers = (weights * windows).sum(dim=1)  # (B · nW, C)
    return answers.reshape(B, H // wh, W // ww, C)


# %% wrong: exponentials by hand, which overflow
def ask_windows(x, queries, window_size):
    B, H, W, C = x.shape
    wh, ww = window_size
    windows = x.reshape(B, H // wh, wh, W // ww, ww, C).transpose(2, 3).reshape(-1, wh * ww, C)  # (B · nW, N, C)
    query = queries.repeat_interleave(len(windows) // B, dim=0)  # (B · nW, C)
    weights = (windows @ query[:, :, None] / C**0.5).exp()  # (B · nW, N, 1)
    answers = (weights * windows).sum(dim=1) / weights.sum(dim=1)  # (B · nW, C)
    return answers.reshape(B, H // wh, W // ww, C)


# %% right: with fused attention, one query per window
def ask_windows(x, queries, window_size):
    B, H, W, C = x.shape
    wh, ww = window_size
    nH, nW = H // wh, W // ww
    tokens = x.unflatten(1, (nH, wh)).unflatten(3, (nW, ww)).transpose(2, 3).flatten(3, 4)  # (B, nH, nW, N, C)
    query = queries[:, None, None, None].expand(B, nH, nW, 1, C)
    return F.scaled_dot_product_attention(query, tokens, tokens).squeeze(3)


# %% right: with loops over images and windows
def ask_windows(x, queries, window_size):
    wh, ww = window_size
    B, H, W, C = x.shape
    maps = []
    for picture, query in zip(x, queries):
        answers = []
        for r in range(0, H, wh):
            for c in range(0, W, ww):
                window = picture[r : r + wh, c : c + ww].reshape(wh * ww, C)
                answers.append(torch.softmax(window @ query / C**0.5, dim=0) @ window)
        maps.append(torch.stack(answers).view(H // wh, W // ww, C))
    return torch.stack(maps)


# %% right: with einsum and no list of windows
def ask_windows(x, queries, window_size):
    wh, ww = window_size
    B, H, W, C = x.shape
    y = x.reshape(B, H // wh, wh, W // ww, ww, C)
    scores = torch.einsum("bhiwjc,bc->bhwij", y, queries) / C**0.5
    weights = scores.flatten(3).softmax(-1).reshape(scores.shape)
    return torch.einsum("bhwij,bhiwjc->bhwc", weights, y)
