# %% wrong: the squares are left as found
class GlobalAttention(nn.Module):
    def __init__(self, dim, num_heads, sr_ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q, self.kv, self.proj = nn.Linear(dim, dim), nn.Linear(dim, 2 * dim), nn.Linear(dim, dim)
        self.sr = nn.Conv2d(dim, dim, kernel_size=3, stride=sr_ratio, padding=1) if sr_ratio > 1 else None
        self.norm = nn.LayerNorm(dim)

    def forward(self, x, size):
        B, N, C = x.shape
        q = self.q(x).reshape(B, N, self.num_heads, C // self.num_heads).transpose(1, 2)
        if self.sr is not None:
            x = self.sr(x.transpose(1, 2).reshape(B, C, *size)).flatten(2).transpose(1, 2)
        kv = self.kv(self.norm(x)).reshape(B, -1, 2, self.num_heads, C // self.num_heads)
        k, v = kv.permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) / (C // self.num_heads) ** 0.5).softmax(dim=-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(B, N, C))


# %% wrong: the map is left as found
class GlobalAttention(nn.Module):
    def __init__(self, dim, num_heads, sr_ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q, self.kv, self.proj = nn.Linear(dim, dim), nn.Linear(dim, 2 * dim), nn.Linear(dim, dim)
        self.sr = nn.Conv2d(dim, dim, kernel_size=sr_ratio, stride=sr_ratio) if sr_ratio > 1 else None
        self.norm = nn.LayerNorm(dim)

    def forward(self, x, size):
        B, N, C = x.shape
        q = self.q(x).reshape(B, N, self.num_heads, C // self.num_heads).transpose(1, 2)
        if self.sr is not None:
            x = self.sr(x.reshape(B, C, *size)).flatten(2).transpose(1, 2)
        kv = self.kv(self.norm(x)).reshape(B, -1, 2, self.num_heads, C // self.num_heads)
        k, v = kv.permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) / (C // self.num_heads) ** 0.5).softmax(dim=-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(B, N, C))


# %% wrong: the scale is left as found
class GlobalAttention(nn.Module):
    def __init__(self, dim, num_heads, sr_ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q, self.kv, self.proj = nn.Linear(dim, dim), nn.Linear(dim, 2 * dim), nn.Linear(dim, dim)
        self.sr = nn.Conv2d(dim, dim, kernel_size=sr_ratio, stride=sr_ratio) if sr_ratio > 1 else None
        self.norm = nn.LayerNorm(dim)

    def forward(self, x, size):
        B, N, C = x.shape
        q = self.q(x).reshape(B, N, self.num_heads, C // self.num_heads).transpose(1, 2)
        if self.sr is not None:
            x = self.sr(x.transpose(1, 2).reshape(B, C, *size)).flatten(2).transpose(1, 2)
        kv = self.kv(self.norm(x)).reshape(B, -1, 2, self.num_heads, C // self.num_heads)
        k, v = kv.permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) / C**0.5).softmax(dim=-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(B, N, C))


# %% wrong: only the scale is repaired
class GlobalAttention(nn.Module):
    def __init__(self, dim, num_heads, sr_ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q, self.kv, self.proj = nn.Linear(dim, dim), nn.Linear(dim, 2 * dim), nn.Linear(dim, dim)
        self.sr = nn.Conv2d(dim, dim, kernel_size=3, stride=sr_ratio, padding=1) if sr_ratio > 1 else None
        self.norm = nn.LayerNorm(dim)

    def forward(self, x, size):
        B, N, C = x.shape
        q = self.q(x).reshape(B, N, self.num_heads, C // self.num_heads).transpose(1, 2)
        if self.sr is not None:
            x = self.sr(x.reshape(B, C, *size)).flatten(2).transpose(1, 2)
        kv = self.kv(self.norm(x)).reshape(B, -1, 2, self.num_heads, C // self.num_heads)
        k, v = kv.permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) / (C // self.num_heads) ** 0.5).softmax(dim=-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(B, N, C))


# %% wrong: only the map is repaired
class GlobalAttention(nn.Module):
    def __init__(self, dim, num_heads, sr_ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q, self.kv, self.proj = nn.Linear(dim, dim), nn.Linear(dim, 2 * dim), nn.Linear(dim, dim)
        self.sr = nn.Conv2d(dim, dim, kernel_size=3, stride=sr_ratio, padding=1) if sr_ratio > 1 else None
        self.norm = nn.LayerNorm(dim)

    def forward(self, x, size):
        B, N, C = x.shape
        q = self.q(x).reshape(B, N, self.num_heads, C // self.num_heads).transpose(1, 2)
        if self.sr is not None:
            x = self.sr(x.transpose(1, 2).reshape(B, C, *size)).flatten(2).transpose(1, 2)
        kv = self.kv(self.norm(x)).reshape(B, -1, 2, self.num_heads, C // self.num_heads)
        k, v = kv.permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) / C**0.5).softmax(dim=-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(B, N, C))


# %% wrong: only the squares are repaired
class GlobalAttention(nn.Module):
    def __init__(self, dim, num_heads, sr_ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q, self.kv, self.proj = nn.Linear(dim, dim), nn.Linear(dim, 2 * dim), nn.Linear(dim, dim)
        self.sr = nn.Conv2d(dim, dim, kernel_size=sr_ratio, stride=sr_ratio) if sr_ratio > 1 else None
        self.norm = nn.LayerNorm(dim)

    def forward(self, x, size):
        B, N, C = x.shape
        q = self.q(x).reshape(B, N, self.num_heads, C // self.num_heads).transpose(1, 2)
        if self.sr is not None:
            x = self.sr(x.reshape(B, C, *size)).flatten(2).transpose(1, 2)
        kv = self.kv(self.norm(x)).reshape(B, -1, 2, self.num_heads, C // self.num_heads)
        k, v = kv.permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) / C**0.5).softmax(dim=-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(B, N, C))


# %% wrong: a square kernel, but with a padding that shifts the squares
class GlobalAttention(nn.Module):
    def __init__(self, dim, num_heads, sr_ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q, self.kv, self.proj = nn.Linear(dim, dim), nn.Linear(dim, 2 * dim), nn.Linear(dim, dim)
        self.sr = (
            nn.Conv2d(dim, dim, kernel_size=sr_ratio, stride=sr_ratio, padding=sr_ratio // 2) if sr_ratio > 1 else None
        )
        self.norm = nn.LayerNorm(dim)

    def forward(self, x, size):
        B, N, C = x.shape
        q = self.q(x).reshape(B, N, self.num_heads, C // self.num_heads).transpose(1, 2)
        if self.sr is not None:
            x = self.sr(x.transpose(1, 2).reshape(B, C, *size)).flatten(2).transpose(1, 2)
        kv = self.kv(self.norm(x)).reshape(B, -1, 2, self.num_heads, C // self.num_heads)
        k, v = kv.permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) / (C // self.num_heads) ** 0.5).softmax(dim=-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(B, N, C))


# %% wrong: overlapping squares, as in PVT v2's patches
class GlobalAttention(nn.Module):
    def __init__(self, dim, num_heads, sr_ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q, self.kv, self.proj = nn.Linear(dim, dim), nn.Linear(dim, 2 * dim), nn.Linear(dim, dim)
        self.sr = (
            nn.Conv2d(dim, dim, kernel_size=2 * sr_ratio - 1, stride=sr_ratio, padding=sr_ratio - 1)
            if sr_ratio > 1
            else None
        )
        self.norm = nn.LayerNorm(dim)

    def forward(self, x, size):
        B, N, C = x.shape
        q = self.q(x).reshape(B, N, self.num_heads, C // self.num_heads).transpose(1, 2)
        if self.sr is not None:
            x = self.sr(x.transpose(1, 2).reshape(B, C, *size)).flatten(2).transpose(1, 2)
        kv = self.kv(self.norm(x)).reshape(B, -1, 2, self.num_heads, C // self.num_heads)
        k, v = kv.permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) / (C // self.num_heads) ** 0.5).softmax(dim=-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(B, N, C))


# %% wrong: height and width exchanged on the way to the map
class GlobalAttention(nn.Module):
    def __init__(self, dim, num_heads, sr_ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q, self.kv, self.proj = nn.Linear(dim, dim), nn.Linear(dim, 2 * dim), nn.Linear(dim, dim)
        self.sr = nn.Conv2d(dim, dim, kernel_size=sr_ratio, stride=sr_ratio) if sr_ratio > 1 else None
        self.norm = nn.LayerNorm(dim)

    def forward(self, x, size):
        B, N, C = x.shape
        q = self.q(x).reshape(B, N, self.num_heads, C // self.num_heads).transpose(1, 2)
        if self.sr is not None:
            x = self.sr(x.transpose(1, 2).reshape(B, C, size[1], size[0])).flatten(2).transpose(1, 2)
        kv = self.kv(self.norm(x)).reshape(B, -1, 2, self.num_heads, C // self.num_heads)
        k, v = kv.permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) / (C // self.num_heads) ** 0.5).softmax(dim=-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(B, N, C))


# %% wrong: divided by the length of a head instead of its root
class GlobalAttention(nn.Module):
    def __init__(self, dim, num_heads, sr_ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q, self.kv, self.proj = nn.Linear(dim, dim), nn.Linear(dim, 2 * dim), nn.Linear(dim, dim)
        self.sr = nn.Conv2d(dim, dim, kernel_size=sr_ratio, stride=sr_ratio) if sr_ratio > 1 else None
        self.norm = nn.LayerNorm(dim)

    def forward(self, x, size):
        B, N, C = x.shape
        q = self.q(x).reshape(B, N, self.num_heads, C // self.num_heads).transpose(1, 2)
        if self.sr is not None:
            x = self.sr(x.transpose(1, 2).reshape(B, C, *size)).flatten(2).transpose(1, 2)
        kv = self.kv(self.norm(x)).reshape(B, -1, 2, self.num_heads, C // self.num_heads)
        k, v = kv.permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) / (C // self.num_heads)).softmax(dim=-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(B, N, C))


# %% wrong: values come before keys
class GlobalAttention(nn.Module):
    def __init__(self, dim, num_heads, sr_ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q, self.kv, self.proj = nn.Linear(dim, dim), nn.Linear(dim, 2 * dim), nn.Linear(dim, dim)
        self.sr = nn.Conv2d(dim, dim, kernel_size=sr_ratio, stride=sr_ratio) if sr_ratio > 1 else None
        self.norm = nn.LayerNorm(dim)

    def forward(self, x, size):
        B, N, C = x.shape
        q = self.q(x).reshape(B, N, self.num_heads, C // self.num_heads).transpose(1, 2)
        if self.sr is not None:
            x = self.sr(x.transpose(1, 2).reshape(B, C, *size)).flatten(2).transpose(1, 2)
        kv = self.kv(self.norm(x)).reshape(B, -1, 2, self.num_heads, C // self.num_heads)
        v, k = kv.permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) / (C // self.num_heads) ** 0.5).softmax(dim=-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(B, N, C))


# %% wrong: the softmax runs over the queries
class GlobalAttention(nn.Module):
    def __init__(self, dim, num_heads, sr_ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q, self.kv, self.proj = nn.Linear(dim, dim), nn.Linear(dim, 2 * dim), nn.Linear(dim, dim)
        self.sr = nn.Conv2d(dim, dim, kernel_size=sr_ratio, stride=sr_ratio) if sr_ratio > 1 else None
        self.norm = nn.LayerNorm(dim)

    def forward(self, x, size):
        B, N, C = x.shape
        q = self.q(x).reshape(B, N, self.num_heads, C // self.num_heads).transpose(1, 2)
        if self.sr is not None:
            x = self.sr(x.transpose(1, 2).reshape(B, C, *size)).flatten(2).transpose(1, 2)
        kv = self.kv(self.norm(x)).reshape(B, -1, 2, self.num_heads, C // self.num_heads)
        k, v = kv.permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) / (C // self.num_heads) ** 0.5).softmax(dim=-2)
        return self.proj((weights @ v).transpose(1, 2).reshape(B, N, C))


# %% wrong: the summaries are not normalised
class GlobalAttention(nn.Module):
    def __init__(self, dim, num_heads, sr_ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q, self.kv, self.proj = nn.Linear(dim, dim), nn.Linear(dim, 2 * dim), nn.Linear(dim, dim)
        self.sr = nn.Conv2d(dim, dim, kernel_size=sr_ratio, stride=sr_ratio) if sr_ratio > 1 else None
        self.norm = nn.LayerNorm(dim)

    def forward(self, x, size):
        B, N, C = x.shape
        q = self.q(x).reshape(B, N, self.num_heads, C // self.num_heads).transpose(1, 2)
        if self.sr is not None:
            x = self.sr(x.transpose(1, 2).reshape(B, C, *size)).flatten(2).transpose(1, 2)
        kv = self.kv(x).reshape(B, -1, 2, self.num_heads, C // self.num_heads)
        k, v = kv.permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) / (C // self.num_heads) ** 0.5).softmax(dim=-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(B, N, C))


# %% wrong: heads are merged without the transpose
class GlobalAttention(nn.Module):
    def __init__(self, dim, num_heads, sr_ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q, self.kv, self.proj = nn.Linear(dim, dim), nn.Linear(dim, 2 * dim), nn.Linear(dim, dim)
        self.sr = nn.Conv2d(dim, dim, kernel_size=sr_ratio, stride=sr_ratio) if sr_ratio > 1 else None
        self.norm = nn.LayerNorm(dim)

    def forward(self, x, size):
        B, N, C = x.shape
        q = self.q(x).reshape(B, N, self.num_heads, C // self.num_heads).transpose(1, 2)
        if self.sr is not None:
            x = self.sr(x.transpose(1, 2).reshape(B, C, *size)).flatten(2).transpose(1, 2)
        kv = self.kv(self.norm(x)).reshape(B, -1, 2, self.num_heads, C // self.num_heads)
        k, v = kv.permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) / (C // self.num_heads) ** 0.5).softmax(dim=-1)
        return self.proj((weights @ v).reshape(B, N, C))


# %% wrong: queries are made from the summaries' norm as well
class GlobalAttention(nn.Module):
    def __init__(self, dim, num_heads, sr_ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q, self.kv, self.proj = nn.Linear(dim, dim), nn.Linear(dim, 2 * dim), nn.Linear(dim, dim)
        self.sr = nn.Conv2d(dim, dim, kernel_size=sr_ratio, stride=sr_ratio) if sr_ratio > 1 else None
        self.norm = nn.LayerNorm(dim)

    def forward(self, x, size):
        B, N, C = x.shape
        q = self.q(self.norm(x)).reshape(B, N, self.num_heads, C // self.num_heads).transpose(1, 2)
        if self.sr is not None:
            x = self.sr(x.transpose(1, 2).reshape(B, C, *size)).flatten(2).transpose(1, 2)
        kv = self.kv(self.norm(x)).reshape(B, -1, 2, self.num_heads, C // self.num_heads)
        k, v = kv.permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) / (C // self.num_heads) ** 0.5).softmax(dim=-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(B, N, C))


# %% wrong: no gradient through the summaries
class GlobalAttention(nn.Module):
    def __init__(self, dim, num_heads, sr_ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q, self.kv, self.proj = nn.Linear(dim, dim), nn.Linear(dim, 2 * dim), nn.Linear(dim, dim)
        self.sr = nn.Conv2d(dim, dim, kernel_size=sr_ratio, stride=sr_ratio) if sr_ratio > 1 else None
        self.norm = nn.LayerNorm(dim)

    def forward(self, x, size):
        B, N, C = x.shape
        q = self.q(x).reshape(B, N, self.num_heads, C // self.num_heads).transpose(1, 2)
        if self.sr is not None:
            x = self.sr(x.transpose(1, 2).reshape(B, C, *size)).flatten(2).transpose(1, 2).detach()
        kv = self.kv(self.norm(x)).reshape(B, -1, 2, self.num_heads, C // self.num_heads)
        k, v = kv.permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) / (C // self.num_heads) ** 0.5).softmax(dim=-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(B, N, C))


# %% wrong: queries, keys and values without bias, as in many published models
class GlobalAttention(nn.Module):
    def __init__(self, dim, num_heads, sr_ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q, self.kv = nn.Linear(dim, dim, bias=False), nn.Linear(dim, 2 * dim, bias=False)
        self.proj = nn.Linear(dim, dim)
        self.sr = nn.Conv2d(dim, dim, kernel_size=sr_ratio, stride=sr_ratio) if sr_ratio > 1 else None
        self.norm = nn.LayerNorm(dim)

    def forward(self, x, size):
        B, N, C = x.shape
        q = self.q(x).reshape(B, N, self.num_heads, C // self.num_heads).transpose(1, 2)
        if self.sr is not None:
            x = self.sr(x.transpose(1, 2).reshape(B, C, *size)).flatten(2).transpose(1, 2)
        kv = self.kv(self.norm(x)).reshape(B, -1, 2, self.num_heads, C // self.num_heads)
        k, v = kv.permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) / (C // self.num_heads) ** 0.5).softmax(dim=-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(B, N, C))


# %% wrong: a convolution of 1 × 1 where there are no squares
class GlobalAttention(nn.Module):
    def __init__(self, dim, num_heads, sr_ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q, self.kv, self.proj = nn.Linear(dim, dim), nn.Linear(dim, 2 * dim), nn.Linear(dim, dim)
        self.sr = nn.Conv2d(dim, dim, kernel_size=sr_ratio, stride=sr_ratio)
        self.norm = nn.LayerNorm(dim)

    def forward(self, x, size):
        B, N, C = x.shape
        q = self.q(x).reshape(B, N, self.num_heads, C // self.num_heads).transpose(1, 2)
        x = self.sr(x.transpose(1, 2).reshape(B, C, *size)).flatten(2).transpose(1, 2)
        kv = self.kv(self.norm(x)).reshape(B, -1, 2, self.num_heads, C // self.num_heads)
        k, v = kv.permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) / (C // self.num_heads) ** 0.5).softmax(dim=-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(B, N, C))


# %% wrong: heads before keys and values, so that each head's keys come before its values
class GlobalAttention(nn.Module):
    def __init__(self, dim, num_heads, sr_ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q, self.kv, self.proj = nn.Linear(dim, dim), nn.Linear(dim, 2 * dim), nn.Linear(dim, dim)
        self.sr = nn.Conv2d(dim, dim, kernel_size=sr_ratio, stride=sr_ratio) if sr_ratio > 1 else None
        self.norm = nn.LayerNorm(dim)

    def forward(self, x, size):
        B, N, C = x.shape
        q = self.q(x).reshape(B, N, self.num_heads, C // self.num_heads).transpose(1, 2)
        if self.sr is not None:
            x = self.sr(x.transpose(1, 2).reshape(B, C, *size)).flatten(2).transpose(1, 2)
        kv = self.kv(self.norm(x)).reshape(B, -1, self.num_heads, 2, C // self.num_heads)
        k, v = kv.permute(3, 0, 2, 1, 4)
        weights = (q @ k.transpose(-2, -1) / (C // self.num_heads) ** 0.5).softmax(dim=-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(B, N, C))


# %% wrong: chapter 15's layer does the work
class GlobalAttention(nn.Module):
    def __init__(self, dim, num_heads, sr_ratio):
        super().__init__()
        from utils.models.pyramid_vision_transformer import SpatialReductionAttention

        ready = SpatialReductionAttention(dim, num_heads, sr_ratio)
        self.num_heads, self.ready = num_heads, [ready]
        self.q, self.kv, self.proj = ready.q, ready.kv, ready.proj
        self.sr, self.norm = (ready.sr, ready.norm) if sr_ratio > 1 else (None, nn.LayerNorm(dim))

    def forward(self, x, size):
        if self.sr is None:
            x = self.norm(x)
        return self.ready[0].to(x.dtype)(x.unflatten(1, size)).flatten(1, 2)


# %% right: fused attention
class GlobalAttention(nn.Module):
    def __init__(self, dim, num_heads, sr_ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q, self.kv, self.proj = nn.Linear(dim, dim), nn.Linear(dim, 2 * dim), nn.Linear(dim, dim)
        self.sr = nn.Conv2d(dim, dim, kernel_size=sr_ratio, stride=sr_ratio) if sr_ratio > 1 else None
        self.norm = nn.LayerNorm(dim)

    def forward(self, x, size):
        B, N, C = x.shape
        q = self.q(x).reshape(B, N, self.num_heads, C // self.num_heads).transpose(1, 2)
        if self.sr is not None:
            x = self.sr(x.transpose(1, 2).reshape(B, C, *size)).flatten(2).transpose(1, 2)
        kv = self.kv(self.norm(x)).reshape(B, -1, 2, self.num_heads, C // self.num_heads)
        k, v = kv.permute(2, 0, 3, 1, 4)
        return self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(B, N, C))


# %% right: head by head, with slices
class GlobalAttention(nn.Module):
    def __init__(self, dim, num_heads, sr_ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q = nn.Linear(dim, dim)
        self.kv = nn.Linear(dim, 2 * dim)
        self.proj = nn.Linear(dim, dim)
        self.norm = nn.LayerNorm(dim)
        self.sr = None
        if sr_ratio > 1:
            self.sr = nn.Conv2d(dim, dim, (sr_ratio, sr_ratio), (sr_ratio, sr_ratio))

    def forward(self, x, size):
        C, h = x.shape[-1], self.num_heads
        summary = x
        if self.sr is not None:
            maps = x.unflatten(1, size).permute(0, 3, 1, 2)
            summary = self.sr(maps).permute(0, 2, 3, 1).flatten(1, 2)
        k, v = self.kv(self.norm(summary)).split(C, dim=-1)
        q = self.q(x) * (C / h) ** -0.5
        mixed = [(a @ b.mT).softmax(-1) @ c for a, b, c in zip(q.chunk(h, -1), k.chunk(h, -1), v.chunk(h, -1))]
        return self.proj(torch.cat(mixed, dim=-1))


# %% right: the convolution as a matrix product on cut-out squares
class GlobalAttention(nn.Module):
    def __init__(self, dim, num_heads, sr_ratio):
        super().__init__()
        self.num_heads, self.s = num_heads, sr_ratio
        self.q, self.kv, self.proj = nn.Linear(dim, dim), nn.Linear(dim, 2 * dim), nn.Linear(dim, dim)
        self.sr = nn.Conv2d(dim, dim, sr_ratio, sr_ratio) if sr_ratio > 1 else None
        self.norm = nn.LayerNorm(dim)

    def summaries(self, x, size):
        if self.sr is None:
            return x
        (H, W), s = size, self.sr.stride[0]
        squares = x.reshape(len(x), H // s, s, W // s, s, -1).permute(0, 1, 3, 5, 2, 4).flatten(3)
        return F.linear(squares.flatten(1, 2), self.sr.weight.flatten(1), self.sr.bias)

    def forward(self, x, size):
        heads = lambda t: t.unflatten(-1, (self.num_heads, -1))
        q = heads(self.q(x))
        k, v = map(heads, self.kv(self.norm(self.summaries(x, size))).chunk(2, dim=-1))
        scores = torch.einsum("bnhc,bmhc->bhnm", q, k) / q.shape[-1] ** 0.5
        return self.proj(torch.einsum("bhnm,bmhc->bnhc", scores.softmax(-1), v).flatten(2))
