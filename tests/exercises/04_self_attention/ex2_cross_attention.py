# %% wrong: copied unchanged
class CrossAttention(nn.Module):
    def __init__(self, query_dim, context_dim, head_dim):
        super().__init__()
        self.head_dim = head_dim
        self.query = nn.Linear(query_dim, head_dim)
        self.key = nn.Linear(context_dim, head_dim)
        self.value = nn.Linear(context_dim, head_dim)

    def forward(self, x, context, mask=None):
        q, k, v = self.query(x), self.key(context), self.value(context)
        scores = q @ k.transpose(1, 2) / self.head_dim
        if mask is not None:
            scores = scores.masked_fill(~mask[:, None, :], 0)
        weights = scores.softmax(dim=1)
        return weights @ v


# %% wrong: finds only the axis of the softmax
class CrossAttention(nn.Module):
    def __init__(self, query_dim, context_dim, head_dim):
        super().__init__()
        self.head_dim = head_dim
        self.query = nn.Linear(query_dim, head_dim)
        self.key = nn.Linear(context_dim, head_dim)
        self.value = nn.Linear(context_dim, head_dim)

    def forward(self, x, context, mask=None):
        q, k, v = self.query(x), self.key(context), self.value(context)
        scores = q @ k.transpose(1, 2) / self.head_dim
        if mask is not None:
            scores = scores.masked_fill(~mask[:, None, :], 0)
        weights = scores.softmax(dim=2)
        return weights @ v


# %% wrong: finds only the scale
class CrossAttention(nn.Module):
    def __init__(self, query_dim, context_dim, head_dim):
        super().__init__()
        self.head_dim = head_dim
        self.query = nn.Linear(query_dim, head_dim)
        self.key = nn.Linear(context_dim, head_dim)
        self.value = nn.Linear(context_dim, head_dim)

    def forward(self, x, context, mask=None):
        q, k, v = self.query(x), self.key(context), self.value(context)
        scores = q @ k.transpose(1, 2) / self.head_dim**0.5
        if mask is not None:
            scores = scores.masked_fill(~mask[:, None, :], 0)
        weights = scores.softmax(dim=1)
        return weights @ v


# %% wrong: finds only the mask
class CrossAttention(nn.Module):
    def __init__(self, query_dim, context_dim, head_dim):
        super().__init__()
        self.head_dim = head_dim
        self.query = nn.Linear(query_dim, head_dim)
        self.key = nn.Linear(context_dim, head_dim)
        self.value = nn.Linear(context_dim, head_dim)

    def forward(self, x, context, mask=None):
        q, k, v = self.query(x), self.key(context), self.value(context)
        scores = q @ k.transpose(1, 2) / self.head_dim
        if mask is not None:
            scores = scores.masked_fill(~mask[:, None, :], -torch.inf)
        weights = scores.softmax(dim=1)
        return weights @ v


# %% wrong: the scale is still wrong
class CrossAttention(nn.Module):
    def __init__(self, query_dim, context_dim, head_dim):
        super().__init__()
        self.head_dim = head_dim
        self.query = nn.Linear(query_dim, head_dim)
        self.key = nn.Linear(context_dim, head_dim)
        self.value = nn.Linear(context_dim, head_dim)

    def forward(self, x, context, mask=None):
        q, k, v = self.query(x), self.key(context), self.value(context)
        scores = q @ k.transpose(1, 2) / self.head_dim
        if mask is not None:
            scores = scores.masked_fill(~mask[:, None, :], -torch.inf)
        weights = scores.softmax(dim=2)
        return weights @ v


# %% wrong: the axis is still wrong
class CrossAttention(nn.Module):
    def __init__(self, query_dim, context_dim, head_dim):
        super().__init__()
        self.head_dim = head_dim
        self.query = nn.Linear(query_dim, head_dim)
        self.key = nn.Linear(context_dim, head_dim)
        self.value = nn.Linear(context_dim, head_dim)

    def forward(self, x, context, mask=None):
        q, k, v = self.query(x), self.key(context), self.value(context)
        scores = q @ k.transpose(1, 2) / self.head_dim**0.5
        if mask is not None:
            scores = scores.masked_fill(~mask[:, None, :], -torch.inf)
        weights = scores.softmax(dim=1)
        return weights @ v


# %% wrong: the mask is still wrong
class CrossAttention(nn.Module):
    def __init__(self, query_dim, context_dim, head_dim):
        super().__init__()
        self.head_dim = head_dim
        self.query = nn.Linear(query_dim, head_dim)
        self.key = nn.Linear(context_dim, head_dim)
        self.value = nn.Linear(context_dim, head_dim)

    def forward(self, x, context, mask=None):
        q, k, v = self.query(x), self.key(context), self.value(context)
        scores = q @ k.transpose(1, 2) / self.head_dim**0.5
        if mask is not None:
            scores = scores.masked_fill(~mask[:, None, :], 0)
        weights = scores.softmax(dim=2)
        return weights @ v


# %% wrong: a small number is no minus infinity
class CrossAttention(nn.Module):
    def __init__(self, query_dim, context_dim, head_dim):
        super().__init__()
        self.head_dim = head_dim
        self.query = nn.Linear(query_dim, head_dim)
        self.key = nn.Linear(context_dim, head_dim)
        self.value = nn.Linear(context_dim, head_dim)

    def forward(self, x, context, mask=None):
        q, k, v = self.query(x), self.key(context), self.value(context)
        scores = q @ k.transpose(1, 2) / self.head_dim**0.5
        if mask is not None:
            scores = scores.masked_fill(~mask[:, None, :], 1e-9)
        weights = scores.softmax(dim=2)
        return weights @ v


# %% wrong: True taken for masked
class CrossAttention(nn.Module):
    def __init__(self, query_dim, context_dim, head_dim):
        super().__init__()
        self.head_dim = head_dim
        self.query = nn.Linear(query_dim, head_dim)
        self.key = nn.Linear(context_dim, head_dim)
        self.value = nn.Linear(context_dim, head_dim)

    def forward(self, x, context, mask=None):
        q, k, v = self.query(x), self.key(context), self.value(context)
        scores = q @ k.transpose(1, 2) / self.head_dim**0.5
        if mask is not None:
            scores = scores.masked_fill(mask[:, None, :], -torch.inf)
        weights = scores.softmax(dim=2)
        return weights @ v


# %% wrong: the mask after the softmax
class CrossAttention(nn.Module):
    def __init__(self, query_dim, context_dim, head_dim):
        super().__init__()
        self.head_dim = head_dim
        self.query = nn.Linear(query_dim, head_dim)
        self.key = nn.Linear(context_dim, head_dim)
        self.value = nn.Linear(context_dim, head_dim)

    def forward(self, x, context, mask=None):
        q, k, v = self.query(x), self.key(context), self.value(context)
        weights = (q @ k.transpose(1, 2) / self.head_dim**0.5).softmax(dim=2)
        if mask is not None:
            weights = weights * mask[:, None, :]
        return weights @ v


# %% wrong: the mask of the first sequence serves all
class CrossAttention(nn.Module):
    def __init__(self, query_dim, context_dim, head_dim):
        super().__init__()
        self.head_dim = head_dim
        self.query = nn.Linear(query_dim, head_dim)
        self.key = nn.Linear(context_dim, head_dim)
        self.value = nn.Linear(context_dim, head_dim)

    def forward(self, x, context, mask=None):
        q, k, v = self.query(x), self.key(context), self.value(context)
        scores = q @ k.transpose(1, 2) / self.head_dim**0.5
        if mask is not None:
            scores = scores.masked_fill(~mask[0], -torch.inf)
        weights = scores.softmax(dim=2)
        return weights @ v


# %% wrong: divided by the root of M
class CrossAttention(nn.Module):
    def __init__(self, query_dim, context_dim, head_dim):
        super().__init__()
        self.head_dim = head_dim
        self.query = nn.Linear(query_dim, head_dim)
        self.key = nn.Linear(context_dim, head_dim)
        self.value = nn.Linear(context_dim, head_dim)

    def forward(self, x, context, mask=None):
        q, k, v = self.query(x), self.key(context), self.value(context)
        scores = q @ k.transpose(1, 2) / k.shape[1] ** 0.5
        if mask is not None:
            scores = scores.masked_fill(~mask[:, None, :], -torch.inf)
        weights = scores.softmax(dim=2)
        return weights @ v


# %% wrong: a scale for one head_dim only
class CrossAttention(nn.Module):
    def __init__(self, query_dim, context_dim, head_dim):
        super().__init__()
        self.head_dim = head_dim
        self.query = nn.Linear(query_dim, head_dim)
        self.key = nn.Linear(context_dim, head_dim)
        self.value = nn.Linear(context_dim, head_dim)

    def forward(self, x, context, mask=None):
        q, k, v = self.query(x), self.key(context), self.value(context)
        scores = q @ k.transpose(1, 2) / 2
        if mask is not None:
            scores = scores.masked_fill(~mask[:, None, :], -torch.inf)
        weights = scores.softmax(dim=2)
        return weights @ v


# %% wrong: the weights are detached
class CrossAttention(nn.Module):
    def __init__(self, query_dim, context_dim, head_dim):
        super().__init__()
        self.head_dim = head_dim
        self.query = nn.Linear(query_dim, head_dim)
        self.key = nn.Linear(context_dim, head_dim)
        self.value = nn.Linear(context_dim, head_dim)

    def forward(self, x, context, mask=None):
        q, k, v = self.query(x), self.key(context), self.value(context)
        scores = q @ k.transpose(1, 2) / self.head_dim**0.5
        if mask is not None:
            scores = scores.masked_fill(~mask[:, None, :], -torch.inf)
        weights = scores.softmax(dim=2)
        return weights.detach() @ v


# %% wrong: the queries are detached
class CrossAttention(nn.Module):
    def __init__(self, query_dim, context_dim, head_dim):
        super().__init__()
        self.head_dim = head_dim
        self.query = nn.Linear(query_dim, head_dim)
        self.key = nn.Linear(context_dim, head_dim)
        self.value = nn.Linear(context_dim, head_dim)

    def forward(self, x, context, mask=None):
        q, k, v = self.query(x), self.key(context), self.value(context)
        q = q.detach()
        scores = q @ k.transpose(1, 2) / self.head_dim**0.5
        if mask is not None:
            scores = scores.masked_fill(~mask[:, None, :], -torch.inf)
        weights = scores.softmax(dim=2)
        return weights @ v


# %% wrong: PyTorch's ready-made function
class CrossAttention(nn.Module):
    def __init__(self, query_dim, context_dim, head_dim):
        super().__init__()
        self.head_dim = head_dim
        self.query = nn.Linear(query_dim, head_dim)
        self.key = nn.Linear(context_dim, head_dim)
        self.value = nn.Linear(context_dim, head_dim)

    def forward(self, x, context, mask=None):
        q, k, v = self.query(x), self.key(context), self.value(context)
        mask = None if mask is None else mask[:, None, :]
        return F.scaled_dot_product_attention(q, k, v, mask)


# %% wrong: the course's ready-made function
class CrossAttention(nn.Module):
    def __init__(self, query_dim, context_dim, head_dim):
        super().__init__()
        self.head_dim = head_dim
        self.query = nn.Linear(query_dim, head_dim)
        self.key = nn.Linear(context_dim, head_dim)
        self.value = nn.Linear(context_dim, head_dim)

    def forward(self, x, context, mask=None):
        q, k, v = self.query(x), self.key(context), self.value(context)
        from utils.models.self_attention import attention

        return attention(q, k, v, None if mask is None else mask[:, None, :])


# %% wrong: the softmax in float32
class CrossAttention(nn.Module):
    def __init__(self, query_dim, context_dim, head_dim):
        super().__init__()
        self.query, self.key, self.value = (
            nn.Linear(query_dim, head_dim),
            nn.Linear(context_dim, head_dim),
            nn.Linear(context_dim, head_dim),
        )

    def forward(self, x, context, mask=None):
        s = self.query(x) @ self.key(context).mT / math.sqrt(self.query.out_features)
        if mask is not None:
            s = s.masked_fill(~mask[:, None], -torch.inf)
        return s.float().softmax(-1).to(x.dtype) @ self.value(context)


# %% wrong: masked context set to zeros, which the key still turns into its bias
class CrossAttention(nn.Module):
    def __init__(self, query_dim, context_dim, head_dim):
        super().__init__()
        self.query, self.key, self.value = (
            nn.Linear(query_dim, head_dim),
            nn.Linear(context_dim, head_dim),
            nn.Linear(context_dim, head_dim),
        )

    def forward(self, x, context, mask=None):
        if mask is not None:
            context = context * mask[..., None]
        w = (self.query(x) @ self.key(context).mT / math.sqrt(self.query.out_features)).softmax(-1)
        return w @ self.value(context)


# %% wrong: counts the real tokens and takes so many from the front
class CrossAttention(nn.Module):
    def __init__(self, query_dim, context_dim, head_dim):
        super().__init__()
        self.query, self.key, self.value = (
            nn.Linear(query_dim, head_dim),
            nn.Linear(context_dim, head_dim),
            nn.Linear(context_dim, head_dim),
        )

    def forward(self, x, context, mask=None):
        s = self.query(x) @ self.key(context).mT / math.sqrt(self.query.out_features)
        if mask is not None:
            n = mask.sum(dim=1)
            s = s.masked_fill(torch.arange(s.shape[-1]) >= n[:, None, None], -torch.inf)
        return s.softmax(-1) @ self.value(context)


# %% right: mends FoundAttention by inheritance, with einsum and a softmax of its own
class CrossAttention(FoundAttention):
    def forward(self, x, context, mask=None):
        q, k, v = self.query(x), self.key(context), self.value(context)
        scores = torch.einsum("bnd,bmd->bnm", q, k) * self.head_dim**-0.5
        if mask is not None:
            scores = scores + torch.zeros_like(mask, dtype=scores.dtype).masked_fill(~mask, -torch.inf).unsqueeze(1)
        e = (scores - scores.amax(-1, keepdim=True)).exp()
        return torch.einsum("bnm,bmd->bnd", e / e.sum(-1, keepdim=True), v)


# %% right: scales the queries, masks with the lowest number, keys on the first axis
class CrossAttention(nn.Module):
    def __init__(self, query_dim, context_dim, head_dim):
        super().__init__()
        self.head_dim = head_dim
        self.query = nn.Linear(query_dim, head_dim)
        self.key = nn.Linear(context_dim, head_dim)
        self.value = nn.Linear(context_dim, head_dim)

    def forward(self, x, context, mask=None):
        q, k, v = self.query(x), self.key(context), self.value(context)
        scores = k @ (q / math.sqrt(q.shape[-1])).mT
        if mask is not None:
            scores = torch.where(mask[:, :, None], scores, torch.finfo(scores.dtype).min)
        return scores.softmax(dim=1).mT @ v


# %% right: renormalises after multiplying by the mask, which is the same
class CrossAttention(nn.Module):
    def __init__(self, query_dim, context_dim, head_dim):
        super().__init__()
        self.head_dim = head_dim
        self.query = nn.Linear(query_dim, head_dim)
        self.key = nn.Linear(context_dim, head_dim)
        self.value = nn.Linear(context_dim, head_dim)

    def forward(self, x, context, mask=None):
        q, k, v = self.query(x), self.key(context), self.value(context)
        weights = (q @ k.transpose(1, 2) / self.head_dim**0.5).softmax(dim=-1)
        if mask is not None:
            weights = weights * mask.unsqueeze(1)
            weights = weights / weights.sum(dim=-1, keepdim=True)
        return weights @ v


# %% right: one sequence after the other, masked tokens left out
class CrossAttention(nn.Module):
    def __init__(self, query_dim, context_dim, head_dim):
        super().__init__()
        self.query, self.key, self.value = (
            nn.Linear(query_dim, head_dim),
            nn.Linear(context_dim, head_dim),
            nn.Linear(context_dim, head_dim),
        )

    def forward(self, x, context, mask=None):
        outs = []
        for b in range(len(x)):
            c = context[b] if mask is None else context[b][mask[b]]
            w = (self.query(x[b]) @ self.key(c).T / math.sqrt(self.query.out_features)).softmax(-1)
            outs.append(w @ self.value(c))
        return torch.stack(outs)
