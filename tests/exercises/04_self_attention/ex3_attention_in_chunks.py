# %% wrong: no largest score, so large scores overflow
def attention_in_chunks(query, key, value, chunk):
    total, mixture = 0, 0
    for k, v in zip(key.split(chunk, dim=1), value.split(chunk, dim=1)):
        e = (query @ k.transpose(1, 2) / query.shape[2] ** 0.5).exp()
        total, mixture = total + e.sum(dim=-1, keepdim=True), mixture + e @ v
    return mixture / total


# %% wrong: the mixture is not corrected
def attention_in_chunks(query, key, value, chunk):
    (B, N, _), d_v = query.shape, value.shape[2]
    largest = query.new_full((B, N, 1), -torch.inf)
    total, mixture = query.new_zeros(B, N, 1), query.new_zeros(B, N, d_v)
    for k, v in zip(key.split(chunk, dim=1), value.split(chunk, dim=1)):
        scores = query @ k.transpose(1, 2) / query.shape[2] ** 0.5
        new = torch.maximum(largest, scores.amax(dim=-1, keepdim=True))
        correction, e = (largest - new).exp(), (scores - new).exp()
        total = total * correction + e.sum(dim=-1, keepdim=True)
        mixture = mixture + e @ v
        largest = new
    return mixture / total


# %% wrong: the sum is not corrected
def attention_in_chunks(query, key, value, chunk):
    (B, N, _), d_v = query.shape, value.shape[2]
    largest = query.new_full((B, N, 1), -torch.inf)
    total, mixture = query.new_zeros(B, N, 1), query.new_zeros(B, N, d_v)
    for k, v in zip(key.split(chunk, dim=1), value.split(chunk, dim=1)):
        scores = query @ k.transpose(1, 2) / query.shape[2] ** 0.5
        new = torch.maximum(largest, scores.amax(dim=-1, keepdim=True))
        correction, e = (largest - new).exp(), (scores - new).exp()
        total = total + e.sum(dim=-1, keepdim=True)
        mixture = mixture * correction + e @ v
        largest = new
    return mixture / total


# %% wrong: nothing is corrected
def attention_in_chunks(query, key, value, chunk):
    (B, N, _), d_v = query.shape, value.shape[2]
    largest = query.new_full((B, N, 1), -torch.inf)
    total, mixture = query.new_zeros(B, N, 1), query.new_zeros(B, N, d_v)
    for k, v in zip(key.split(chunk, dim=1), value.split(chunk, dim=1)):
        scores = query @ k.transpose(1, 2) / query.shape[2] ** 0.5
        new = torch.maximum(largest, scores.amax(dim=-1, keepdim=True))
        e = (scores - new).exp()
        total = total + e.sum(dim=-1, keepdim=True)
        mixture = mixture + e @ v
        largest = new
    return mixture / total


# %% wrong: the largest score of the chunk, not so far
def attention_in_chunks(query, key, value, chunk):
    (B, N, _), d_v = query.shape, value.shape[2]
    largest = query.new_full((B, N, 1), -torch.inf)
    total, mixture = query.new_zeros(B, N, 1), query.new_zeros(B, N, d_v)
    for k, v in zip(key.split(chunk, dim=1), value.split(chunk, dim=1)):
        scores = query @ k.transpose(1, 2) / query.shape[2] ** 0.5
        new = scores.amax(dim=-1, keepdim=True)
        correction, e = (largest - new).exp(), (scores - new).exp()
        total = total * correction + e.sum(dim=-1, keepdim=True)
        mixture = mixture * correction + e @ v
        largest = new
    return mixture / total


# %% wrong: one largest score for all queries
def attention_in_chunks(query, key, value, chunk):
    (B, N, _), d_v = query.shape, value.shape[2]
    largest = query.new_full((B, N, 1), -torch.inf)
    total, mixture = query.new_zeros(B, N, 1), query.new_zeros(B, N, d_v)
    for k, v in zip(key.split(chunk, dim=1), value.split(chunk, dim=1)):
        scores = query @ k.transpose(1, 2) / query.shape[2] ** 0.5
        new = torch.maximum(largest, scores.amax())
        correction, e = (largest - new).exp(), (scores - new).exp()
        total = total * correction + e.sum(dim=-1, keepdim=True)
        mixture = mixture * correction + e @ v
        largest = new
    return mixture / total


# %% wrong: begins with a largest score of 0, so very negative scores vanish
def attention_in_chunks(query, key, value, chunk):
    (B, N, _), d_v = query.shape, value.shape[2]
    largest = query.new_full((B, N, 1), 0.0)
    total, mixture = query.new_zeros(B, N, 1), query.new_zeros(B, N, d_v)
    for k, v in zip(key.split(chunk, dim=1), value.split(chunk, dim=1)):
        scores = query @ k.transpose(1, 2) / query.shape[2] ** 0.5
        new = torch.maximum(largest, scores.amax(dim=-1, keepdim=True))
        correction, e = (largest - new).exp(), (scores - new).exp()
        total = total * correction + e.sum(dim=-1, keepdim=True)
        mixture = mixture * correction + e @ v
        largest = new
    return mixture / total


# %% wrong: the last chunk is dropped if it is not full
def attention_in_chunks(query, key, value, chunk):
    chunk = min(chunk, key.shape[1])
    (B, N, _), d_v = query.shape, value.shape[2]
    largest = query.new_full((B, N, 1), -torch.inf)
    total, mixture = query.new_zeros(B, N, 1), query.new_zeros(B, N, d_v)
    for k, v in zip(
        key[:, : key.shape[1] // chunk * chunk].split(chunk, dim=1),
        value[:, : value.shape[1] // chunk * chunk].split(chunk, dim=1),
    ):
        scores = query @ k.transpose(1, 2) / query.shape[2] ** 0.5
        new = torch.maximum(largest, scores.amax(dim=-1, keepdim=True))
        correction, e = (largest - new).exp(), (scores - new).exp()
        total = total * correction + e.sum(dim=-1, keepdim=True)
        mixture = mixture * correction + e @ v
        largest = new
    return mixture / total


# %% wrong: divided by d
def attention_in_chunks(query, key, value, chunk):
    (B, N, _), d_v = query.shape, value.shape[2]
    largest = query.new_full((B, N, 1), -torch.inf)
    total, mixture = query.new_zeros(B, N, 1), query.new_zeros(B, N, d_v)
    for k, v in zip(key.split(chunk, dim=1), value.split(chunk, dim=1)):
        scores = query @ k.transpose(1, 2) / query.shape[2]
        new = torch.maximum(largest, scores.amax(dim=-1, keepdim=True))
        correction, e = (largest - new).exp(), (scores - new).exp()
        total = total * correction + e.sum(dim=-1, keepdim=True)
        mixture = mixture * correction + e @ v
        largest = new
    return mixture / total


# %% wrong: not scaled
def attention_in_chunks(query, key, value, chunk):
    (B, N, _), d_v = query.shape, value.shape[2]
    largest = query.new_full((B, N, 1), -torch.inf)
    total, mixture = query.new_zeros(B, N, 1), query.new_zeros(B, N, d_v)
    for k, v in zip(key.split(chunk, dim=1), value.split(chunk, dim=1)):
        scores = query @ k.transpose(1, 2) / 1
        new = torch.maximum(largest, scores.amax(dim=-1, keepdim=True))
        correction, e = (largest - new).exp(), (scores - new).exp()
        total = total * correction + e.sum(dim=-1, keepdim=True)
        mixture = mixture * correction + e @ v
        largest = new
    return mixture / total


# %% wrong: a softmax per chunk, averaged
def attention_in_chunks(query, key, value, chunk):
    outputs = []
    for k, v in zip(key.split(chunk, dim=1), value.split(chunk, dim=1)):
        outputs.append((query @ k.transpose(1, 2) / query.shape[2] ** 0.5).softmax(dim=-1) @ v)
    return torch.stack(outputs).mean(dim=0)


# %% wrong: the whole table, with a stable softmax
def attention_in_chunks(query, key, value, chunk):
    return (query @ key.transpose(1, 2) / query.shape[2] ** 0.5).softmax(dim=-1) @ value


# %% wrong: scores in chunks, then put together to the whole table
def attention_in_chunks(query, key, value, chunk):
    scores = [query @ k.transpose(1, 2) / query.shape[2] ** 0.5 for k in key.split(chunk, dim=1)]
    return torch.cat(scores, dim=-1).softmax(dim=-1) @ value


# %% wrong: chunks of queries instead of keys
def attention_in_chunks(query, key, value, chunk):
    parts = [
        (q @ key.transpose(1, 2) / query.shape[2] ** 0.5).softmax(dim=-1) @ value for q in query.split(chunk, dim=1)
    ]
    return torch.cat(parts, dim=1)


# %% wrong: without gradients
@torch.no_grad()
def attention_in_chunks(query, key, value, chunk):
    (B, N, _), d_v = query.shape, value.shape[2]
    largest = query.new_full((B, N, 1), -torch.inf)
    total, mixture = query.new_zeros(B, N, 1), query.new_zeros(B, N, d_v)
    for k, v in zip(key.split(chunk, dim=1), value.split(chunk, dim=1)):
        scores = query @ k.transpose(1, 2) / query.shape[2] ** 0.5
        new = torch.maximum(largest, scores.amax(dim=-1, keepdim=True))
        correction, e = (largest - new).exp(), (scores - new).exp()
        total = total * correction + e.sum(dim=-1, keepdim=True)
        mixture = mixture * correction + e @ v
        largest = new
    return mixture / total


# %% wrong: the queries are detached
def attention_in_chunks(query, key, value, chunk):
    query = query.detach()
    (B, N, _), d_v = query.shape, value.shape[2]
    largest = query.new_full((B, N, 1), -torch.inf)
    total, mixture = query.new_zeros(B, N, 1), query.new_zeros(B, N, d_v)
    for k, v in zip(key.split(chunk, dim=1), value.split(chunk, dim=1)):
        scores = query @ k.transpose(1, 2) / query.shape[2] ** 0.5
        new = torch.maximum(largest, scores.amax(dim=-1, keepdim=True))
        correction, e = (largest - new).exp(), (scores - new).exp()
        total = total * correction + e.sum(dim=-1, keepdim=True)
        mixture = mixture * correction + e @ v
        largest = new
    return mixture / total


# %% wrong: everything in float32
def attention_in_chunks(query, key, value, chunk):
    query, key, value = query.float(), key.float(), value.float()
    (B, N, _), d_v = query.shape, value.shape[2]
    largest = torch.full((B, N, 1), -torch.inf)
    total, mixture = torch.zeros(B, N, 1), torch.zeros(B, N, d_v)
    for k, v in zip(key.split(chunk, dim=1), value.split(chunk, dim=1)):
        scores = query @ k.transpose(1, 2) / query.shape[2] ** 0.5
        new = torch.maximum(largest, scores.amax(dim=-1, keepdim=True))
        correction, e = (largest - new).exp(), (scores - new).exp()
        total = total * correction + e.sum(dim=-1, keepdim=True)
        mixture = mixture * correction + e @ v
        largest = new
    return mixture / total


# %% wrong: PyTorch's ready-made function
def attention_in_chunks(query, key, value, chunk):
    return F.scaled_dot_product_attention(query, key, value)


# %% wrong: scales the queries in place
def attention_in_chunks(query, key, value, chunk):
    query.data /= query.shape[2] ** 0.5
    (B, N, _), d_v = query.shape, value.shape[2]
    largest = query.new_full((B, N, 1), -torch.inf)
    total, mixture = query.new_zeros(B, N, 1), query.new_zeros(B, N, d_v)
    for k, v in zip(key.split(chunk, dim=1), value.split(chunk, dim=1)):
        scores = query @ k.transpose(1, 2) / 1
        new = torch.maximum(largest, scores.amax(dim=-1, keepdim=True))
        correction, e = (largest - new).exp(), (scores - new).exp()
        total = total * correction + e.sum(dim=-1, keepdim=True)
        mixture = mixture * correction + e @ v
        largest = new
    return mixture / total


# %% wrong: the scores of all chunks are kept in a list
def attention_in_chunks(query, key, value, chunk):
    scores = [(query @ k.transpose(1, 2) / query.shape[-1] ** 0.5) for k in key.split(chunk, dim=1)]
    largest = torch.stack([s.amax(-1, keepdim=True) for s in scores]).amax(0)
    total = sum((s - largest).exp().sum(-1, keepdim=True) for s in scores)
    return sum((s - largest).exp() @ v for s, v in zip(scores, value.split(chunk, dim=1))) / total


# %% wrong: the correction is detached
def attention_in_chunks(query, key, value, chunk):
    largest = torch.full_like(query[..., :1], -torch.inf)
    total, mix = torch.zeros_like(largest), torch.zeros(*query.shape[:2], value.shape[-1], dtype=query.dtype)
    for i in range(0, key.shape[1], chunk):
        s = query @ key[:, i : i + chunk].mT / query.shape[-1] ** 0.5
        new = torch.maximum(largest, s.amax(-1, keepdim=True))
        c = (largest - new).detach().exp()
        e = (s - new).exp()
        total, mix, largest = total * c + e.sum(-1, keepdim=True), mix * c + e @ value[:, i : i + chunk], new
    return mix / total


# %% wrong: begins with a largest score of -10,000
def attention_in_chunks(query, key, value, chunk):
    largest = torch.full_like(query[..., :1], -1e4)
    total, mix = torch.zeros_like(largest), torch.zeros(*query.shape[:2], value.shape[-1], dtype=query.dtype)
    for i in range(0, key.shape[1], chunk):
        s = query @ key[:, i : i + chunk].mT / query.shape[-1] ** 0.5
        new = torch.maximum(largest, s.amax(-1, keepdim=True))
        c = (largest - new).exp()
        e = (s - new).exp()
        total, mix, largest = total * c + e.sum(-1, keepdim=True), mix * c + e @ value[:, i : i + chunk], new
    return mix / total


# %% wrong: one largest score for all images
def attention_in_chunks(query, key, value, chunk):
    largest = torch.full_like(query[:1, ..., :1], -torch.inf)
    total, mix = torch.zeros_like(query[..., :1]), torch.zeros(*query.shape[:2], value.shape[-1], dtype=query.dtype)
    for i in range(0, key.shape[1], chunk):
        s = query @ key[:, i : i + chunk].mT / query.shape[-1] ** 0.5
        new = torch.maximum(largest, s.amax(-1, keepdim=True).amax(0, keepdim=True))
        c = (largest - new).exp()
        e = (s - new).exp()
        total, mix, largest = total * c + e.sum(-1, keepdim=True), mix * c + e @ value[:, i : i + chunk], new
    return mix / total


# %% right: two passes: first the largest score and the sum, then the mixture
def attention_in_chunks(query, key, value, chunk):
    query = query * query.shape[-1] ** -0.5
    starts = range(0, key.shape[1], chunk)

    def scores(i):
        return torch.einsum("bnd,bmd->bnm", query, key[:, i : i + chunk])

    largest = torch.stack([scores(i).detach().max(dim=2).values for i in starts]).max(dim=0).values.unsqueeze(2)
    total = sum((scores(i) - largest).exp().sum(dim=2, keepdim=True) for i in starts)
    return sum((scores(i) - largest).exp() / total @ value[:, i : i + chunk] for i in starts)


# %% right: a softmax per chunk, weighted by the log-sum-exp of the chunks
def attention_in_chunks(query, key, value, chunk):
    outputs, sums = [], []
    for k, v in zip(key.split(chunk, 1), value.split(chunk, 1)):
        scores = query @ k.mT / math.sqrt(query.shape[2])
        outputs.append(scores.softmax(-1) @ v)
        sums.append(scores.logsumexp(-1, keepdim=True))
    share = torch.stack(sums).softmax(dim=0)
    return sum(w * o for w, o in zip(share, outputs))


# %% right: begins with the first chunk, a while loop, corrects by where
def attention_in_chunks(query, key, value, chunk):
    d, M = query.shape[2], key.shape[1]
    scores = query @ key[:, :chunk].transpose(1, 2) / d**0.5
    largest = scores.amax(-1, keepdim=True)
    e = torch.exp(scores - largest)
    total, mixture, start = e.sum(-1, keepdim=True), e @ value[:, :chunk], chunk
    while start < M:
        scores = query @ key[:, start : start + chunk].transpose(1, 2) / d**0.5
        top = scores.amax(-1, keepdim=True)
        new = torch.where(top > largest, top, largest)
        e = torch.exp(scores - new)
        total = total * torch.exp(largest - new) + e.sum(-1, keepdim=True)
        mixture = mixture * torch.exp(largest - new) + e @ value[:, start : start + chunk]
        largest, start = new, start + chunk
    return mixture / total


# %% right: a log-sum-exp in a first pass
def attention_in_chunks(query, key, value, chunk):
    query = query / query.shape[-1] ** 0.5
    lse = None
    for k in key.split(chunk, 1):
        new = torch.logsumexp(query @ k.mT, -1, keepdim=True)
        lse = new if lse is None else torch.logaddexp(lse, new)
    return sum((query @ k.mT - lse).exp() @ v for k, v in zip(key.split(chunk, 1), value.split(chunk, 1)))


# %% right: two halves, merged by recursion
def attention_in_chunks(query, key, value, chunk):
    def both(k, v):
        if k.shape[1] <= chunk:
            s = query @ k.transpose(1, 2) / math.sqrt(query.shape[-1])
            return torch.logsumexp(s, -1, keepdim=True), s.softmax(-1) @ v
        n = max(chunk, k.shape[1] // 2)
        (la, a), (lb, b) = both(k[:, :n], v[:, :n]), both(k[:, n:], v[:, n:])
        l = torch.logaddexp(la, lb)
        return l, a * (la - l).exp() + b * (lb - l).exp()

    return both(key, value)[1]


# %% right: one query after the other
def attention_in_chunks(query, key, value, chunk):
    rows = []
    for n in range(query.shape[1]):
        q = query[:, n : n + 1]
        m = torch.full_like(q[..., :1], -torch.inf)
        t, a = torch.zeros_like(m), 0
        for i in range(0, key.shape[1], chunk):
            s = torch.einsum("bnd,bmd->bnm", q, key[:, i : i + chunk]) * q.shape[-1] ** -0.5
            new = torch.maximum(m, s.max(-1, keepdim=True).values)
            e = (s - new).exp()
            c = (m - new).exp()
            t, a, m = t * c + e.sum(-1, keepdim=True), a * c + e @ value[:, i : i + chunk], new
        rows.append(a / t)
    return torch.cat(rows, 1)


# %% right: the largest score is detached everywhere, which changes no gradient
def attention_in_chunks(query, key, value, chunk):
    largest = torch.full_like(query[..., :1], -torch.inf)
    total, mix = torch.zeros_like(largest), torch.zeros(*query.shape[:2], value.shape[-1], dtype=query.dtype)
    for i in range(0, key.shape[1], chunk):
        s = query @ key[:, i : i + chunk].mT / query.shape[-1] ** 0.5
        new = torch.maximum(largest, s.amax(-1, keepdim=True)).detach()
        c = (largest - new).exp()
        e = (s - new).exp()
        total, mix, largest = total * c + e.sum(-1, keepdim=True), mix * c + e @ value[:, i : i + chunk], new
    return mix / total
