# %% wrong: repeat puts the heads in the order 0, 1, 0, 1
def grouped_query_attention(q, k, v):
    h, g = q.shape[1], k.shape[1]
    if h % g or v.shape[1] != g:
        raise ValueError(f"{h} heads of queries, {g} of keys, {v.shape[1]} of values")
    k, v = k.repeat(1, h // g, 1, 1), v.repeat(1, h // g, 1, 1)
    weights = (q @ k.mT / q.shape[-1] ** 0.5).softmax(dim=-1)
    return weights @ v, weights


# %% wrong: scaled by the length of the whole token
def grouped_query_attention(q, k, v):
    h, g, d = q.shape[1], k.shape[1], q.shape[-1]
    if h % g or v.shape[1] != g:
        raise ValueError(f"{h} heads of queries, {g} of keys, {v.shape[1]} of values")
    k, v = k.repeat_interleave(h // g, dim=1), v.repeat_interleave(h // g, dim=1)
    weights = (q @ k.mT / (h * d) ** 0.5).softmax(dim=-1)
    return weights @ v, weights


# %% wrong: the softmax goes over the queries
def grouped_query_attention(q, k, v):
    h, g = q.shape[1], k.shape[1]
    if h % g or v.shape[1] != g:
        raise ValueError(f"{h} heads of queries, {g} of keys, {v.shape[1]} of values")
    k, v = k.repeat_interleave(h // g, dim=1), v.repeat_interleave(h // g, dim=1)
    weights = (q @ k.mT / q.shape[-1] ** 0.5).softmax(dim=-2)
    return weights @ v, weights


# %% wrong: no check, so that heads are silently dropped
def grouped_query_attention(q, k, v):
    h, g = q.shape[1], k.shape[1]
    pick = [min(i // max(1, h // g), min(g, v.shape[1]) - 1) for i in range(h)]
    weights = (q @ k[:, pick].mT / q.shape[-1] ** 0.5).softmax(dim=-1)
    return weights @ v[:, pick], weights


# %% wrong: checks the queries, forgets the values
def grouped_query_attention(q, k, v):
    h, g = q.shape[1], k.shape[1]
    if h % g:
        raise ValueError(f"{h} heads of queries cannot share {g} heads of keys")
    pick = [i // (h // g) for i in range(h)]
    weights = (q @ k[:, pick].mT / q.shape[-1] ** 0.5).softmax(dim=-1)
    return weights @ v[:, [i * v.shape[1] // h for i in range(h)]], weights


# %% wrong: all heads use the first head of keys and values
def grouped_query_attention(q, k, v):
    h, g = q.shape[1], k.shape[1]
    if h % g or v.shape[1] != g:
        raise ValueError(f"{h} heads of queries, {g} of keys, {v.shape[1]} of values")
    weights = (q @ k[:, :1].mT / q.shape[-1] ** 0.5).softmax(dim=-1)
    return weights @ v[:, :1], weights


# %% wrong: the weights are detached, so the queries and keys learn nothing
def grouped_query_attention(q, k, v):
    h, g = q.shape[1], k.shape[1]
    if h % g or v.shape[1] != g:
        raise ValueError(f"{h} heads of queries, {g} of keys, {v.shape[1]} of values")
    k, v = k.repeat_interleave(h // g, dim=1), v.repeat_interleave(h // g, dim=1)
    weights = (q @ k.mT / q.shape[-1] ** 0.5).softmax(dim=-1).detach()
    return weights @ v, weights


# %% wrong: everything is computed in float32, and stays so
def grouped_query_attention(q, k, v):
    h, g = q.shape[1], k.shape[1]
    if h % g or v.shape[1] != g:
        raise ValueError(f"{h} heads of queries, {g} of keys, {v.shape[1]} of values")
    q, k, v = q.float(), k.float().repeat_interleave(h // g, dim=1), v.float().repeat_interleave(h // g, dim=1)
    weights = (q @ k.mT / q.shape[-1] ** 0.5).softmax(dim=-1)
    return weights @ v, weights


# %% wrong: scales the learner's queries in place
def grouped_query_attention(q, k, v):
    h, g = q.shape[1], k.shape[1]
    if h % g or v.shape[1] != g:
        raise ValueError(f"{h} heads of queries, {g} of keys, {v.shape[1]} of values")
    k, v = k.repeat_interleave(h // g, dim=1), v.repeat_interleave(h // g, dim=1)
    q.data /= q.shape[-1] ** 0.5
    weights = (q @ k.mT).softmax(dim=-1)
    return weights @ v, weights


# %% wrong: PyTorch's function does the work
def grouped_query_attention(q, k, v):
    h, g = q.shape[1], k.shape[1]
    if h % g or v.shape[1] != g:
        raise ValueError(f"{h} heads of queries, {g} of keys, {v.shape[1]} of values")
    k, v = k.repeat_interleave(h // g, dim=1), v.repeat_interleave(h // g, dim=1)
    weights = (q @ k.mT / q.shape[-1] ** 0.5).softmax(dim=-1)
    return F.scaled_dot_product_attention(q, k, v), weights


# %% right: the queries get an axis for the group, nothing is copied
def grouped_query_attention(q, k, v):
    h, g = q.shape[1], k.shape[1]
    if v.shape[1] != g or h % g != 0:
        raise ValueError(f"h = {h}, g = {g}, values: {v.shape[1]}")
    q = q.unflatten(1, (g, h // g))
    weights = (q @ k[:, :, None].mT * q.shape[-1] ** -0.5).softmax(-1)
    return (weights @ v[:, :, None]).flatten(1, 2), weights.flatten(1, 2)


# %% right: a loop over the heads, the softmax written out
def grouped_query_attention(q, k, v):
    h, g = q.shape[1], k.shape[1]
    assert_fits = h % g == 0 and v.shape[1] == g
    if not assert_fits:
        raise ValueError(f"queries {tuple(q.shape)}, keys {tuple(k.shape)}, values {tuple(v.shape)}")
    outputs, maps = [], []
    for i in range(h):
        j = i * g // h
        scores = torch.einsum("bnd,bmd->bnm", q[:, i], k[:, j]) / q.shape[-1] ** 0.5
        powers = (scores - scores.amax(dim=-1, keepdim=True)).exp()
        maps.append(powers / powers.sum(dim=-1, keepdim=True))
        outputs.append(torch.einsum("bnm,bmd->bnd", maps[-1], v[:, j]))
    return torch.stack(outputs, dim=1), torch.stack(maps, dim=1)


# %% wrong: the weights that are returned are detached
def grouped_query_attention(q, k, v):
    h, g = q.shape[1], k.shape[1]
    if h % g or v.shape[1] != g:
        raise ValueError(f"{h} heads of queries, {g} of keys and {v.shape[1]} of values do not fit.")
    k, v = (x.repeat_interleave(h // g, dim=1) for x in (k, v))
    weights = (q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5).softmax(dim=-1)
    return weights @ v, weights.detach()


# %% wrong: an assert instead of a ValueError
def grouped_query_attention(q, k, v):
    h, g = q.shape[1], k.shape[1]
    assert h % g == 0, f"{g} must divide {h}"
    assert v.shape[1] == g, f"{g} heads of keys, {v.shape[1]} of values"
    k, v = (x.repeat_interleave(h // g, dim=1) for x in (k, v))
    weights = (q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5).softmax(dim=-1)
    return weights @ v, weights


# %% right: computed in float64 and brought back, heads picked by index
def grouped_query_attention(q, k, v):
    h, g = q.shape[1], k.shape[1]
    if v.shape[1] != g or h % g:
        raise ValueError(f"q has {h} heads, k {g}, v {v.shape[1]}")
    shared = [i * g // h for i in range(h)]
    weights = (q.double() @ k[:, shared].double().mT / q.shape[-1] ** 0.5).softmax(dim=-1)
    return (weights @ v[:, shared].double()).to(q.dtype), weights.to(q.dtype)
