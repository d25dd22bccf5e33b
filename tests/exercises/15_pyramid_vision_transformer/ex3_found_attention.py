# %% wrong: nothing repaired
class ReductionAttention(nn.Module):
    def __init__(self, embed_dim, num_heads, ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q = nn.Linear(embed_dim, embed_dim)
        self.k = nn.Linear(embed_dim, embed_dim)
        self.v = nn.Linear(embed_dim, embed_dim)
        self.proj = nn.Linear(embed_dim, embed_dim)
        self.sr = nn.Conv2d(embed_dim, embed_dim, ratio, stride=ratio)
        self.norm = nn.LayerNorm(embed_dim)

    def forward(self, x, H, W):
        B, N, D = x.shape
        reduced = self.sr(x.transpose(1, 2).reshape(B, D, W, H))
        k = self.k(self.norm(reduced.flatten(2).transpose(1, 2)))
        v = self.v(self.norm(reduced.reshape(B, -1, D)))
        q, k, v = (t.reshape(B, -1, self.num_heads, D // self.num_heads).transpose(1, 2) for t in (self.q(x), k, v))
        y = F.scaled_dot_product_attention(q, k, v)
        return self.proj(y.transpose(1, 2).reshape(B, N, D))


# %% wrong: height and width repaired, values not
class ReductionAttention(nn.Module):
    def __init__(self, embed_dim, num_heads, ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q = nn.Linear(embed_dim, embed_dim)
        self.k = nn.Linear(embed_dim, embed_dim)
        self.v = nn.Linear(embed_dim, embed_dim)
        self.proj = nn.Linear(embed_dim, embed_dim)
        self.sr = nn.Conv2d(embed_dim, embed_dim, ratio, stride=ratio)
        self.norm = nn.LayerNorm(embed_dim)

    def forward(self, x, H, W):
        B, N, D = x.shape
        reduced = self.sr(x.transpose(1, 2).reshape(B, D, H, W))
        k = self.k(self.norm(reduced.flatten(2).transpose(1, 2)))
        v = self.v(self.norm(reduced.reshape(B, -1, D)))
        q, k, v = (t.reshape(B, -1, self.num_heads, D // self.num_heads).transpose(1, 2) for t in (self.q(x), k, v))
        y = F.scaled_dot_product_attention(q, k, v)
        return self.proj(y.transpose(1, 2).reshape(B, N, D))


# %% wrong: values repaired, height and width not
class ReductionAttention(nn.Module):
    def __init__(self, embed_dim, num_heads, ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q = nn.Linear(embed_dim, embed_dim)
        self.k = nn.Linear(embed_dim, embed_dim)
        self.v = nn.Linear(embed_dim, embed_dim)
        self.proj = nn.Linear(embed_dim, embed_dim)
        self.sr = nn.Conv2d(embed_dim, embed_dim, ratio, stride=ratio)
        self.norm = nn.LayerNorm(embed_dim)

    def forward(self, x, H, W):
        B, N, D = x.shape
        reduced = self.sr(x.transpose(1, 2).reshape(B, D, W, H))
        reduced = self.norm(reduced.flatten(2).transpose(1, 2))
        k, v = self.k(reduced), self.v(reduced)
        q, k, v = (t.reshape(B, -1, self.num_heads, D // self.num_heads).transpose(1, 2) for t in (self.q(x), k, v))
        y = F.scaled_dot_product_attention(q, k, v)
        return self.proj(y.transpose(1, 2).reshape(B, N, D))


# %% wrong: keys now as wrong as the values
class ReductionAttention(nn.Module):
    def __init__(self, embed_dim, num_heads, ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q = nn.Linear(embed_dim, embed_dim)
        self.k = nn.Linear(embed_dim, embed_dim)
        self.v = nn.Linear(embed_dim, embed_dim)
        self.proj = nn.Linear(embed_dim, embed_dim)
        self.sr = nn.Conv2d(embed_dim, embed_dim, ratio, stride=ratio)
        self.norm = nn.LayerNorm(embed_dim)

    def forward(self, x, H, W):
        B, N, D = x.shape
        reduced = self.norm(self.sr(x.transpose(1, 2).reshape(B, D, H, W)).reshape(B, -1, D))
        k, v = self.k(reduced), self.v(reduced)
        q, k, v = (t.reshape(B, -1, self.num_heads, D // self.num_heads).transpose(1, 2) for t in (self.q(x), k, v))
        y = F.scaled_dot_product_attention(q, k, v)
        return self.proj(y.transpose(1, 2).reshape(B, N, D))


# %% wrong: values from an average of the squares
class ReductionAttention(nn.Module):
    def __init__(self, embed_dim, num_heads, ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q = nn.Linear(embed_dim, embed_dim)
        self.k = nn.Linear(embed_dim, embed_dim)
        self.v = nn.Linear(embed_dim, embed_dim)
        self.proj = nn.Linear(embed_dim, embed_dim)
        self.sr = nn.Conv2d(embed_dim, embed_dim, ratio, stride=ratio)
        self.norm = nn.LayerNorm(embed_dim)

    def forward(self, x, H, W):
        B, N, D = x.shape
        maps = x.transpose(1, 2).reshape(B, D, H, W)
        averaged = F.avg_pool2d(maps, self.sr.kernel_size[0])
        k = self.k(self.norm(self.sr(maps).flatten(2).transpose(1, 2)))
        v = self.v(self.norm(averaged.flatten(2).transpose(1, 2)))
        q, k, v = (t.reshape(B, -1, self.num_heads, D // self.num_heads).transpose(1, 2) for t in (self.q(x), k, v))
        y = F.scaled_dot_product_attention(q, k, v)
        return self.proj(y.transpose(1, 2).reshape(B, N, D))


# %% wrong: values not normalised
class ReductionAttention(nn.Module):
    def __init__(self, embed_dim, num_heads, ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q = nn.Linear(embed_dim, embed_dim)
        self.k = nn.Linear(embed_dim, embed_dim)
        self.v = nn.Linear(embed_dim, embed_dim)
        self.proj = nn.Linear(embed_dim, embed_dim)
        self.sr = nn.Conv2d(embed_dim, embed_dim, ratio, stride=ratio)
        self.norm = nn.LayerNorm(embed_dim)

    def forward(self, x, H, W):
        B, N, D = x.shape
        reduced = self.sr(x.transpose(1, 2).reshape(B, D, H, W)).flatten(2).transpose(1, 2)
        k, v = self.k(self.norm(reduced)), self.v(reduced)
        q, k, v = (t.reshape(B, -1, self.num_heads, D // self.num_heads).transpose(1, 2) for t in (self.q(x), k, v))
        y = F.scaled_dot_product_attention(q, k, v)
        return self.proj(y.transpose(1, 2).reshape(B, N, D))


# %% wrong: squares in the order of columns, for the values only
class ReductionAttention(nn.Module):
    def __init__(self, embed_dim, num_heads, ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q = nn.Linear(embed_dim, embed_dim)
        self.k = nn.Linear(embed_dim, embed_dim)
        self.v = nn.Linear(embed_dim, embed_dim)
        self.proj = nn.Linear(embed_dim, embed_dim)
        self.sr = nn.Conv2d(embed_dim, embed_dim, ratio, stride=ratio)
        self.norm = nn.LayerNorm(embed_dim)

    def forward(self, x, H, W):
        B, N, D = x.shape
        reduced = self.sr(x.transpose(1, 2).reshape(B, D, H, W))
        k = self.k(self.norm(reduced.flatten(2).transpose(1, 2)))
        v = self.v(self.norm(reduced.transpose(2, 3).flatten(2).transpose(1, 2)))
        q, k, v = (t.reshape(B, -1, self.num_heads, D // self.num_heads).transpose(1, 2) for t in (self.q(x), k, v))
        y = F.scaled_dot_product_attention(q, k, v)
        return self.proj(y.transpose(1, 2).reshape(B, N, D))


# %% wrong: tokens reshaped to a map without moving the channels
class ReductionAttention(nn.Module):
    def __init__(self, embed_dim, num_heads, ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q = nn.Linear(embed_dim, embed_dim)
        self.k = nn.Linear(embed_dim, embed_dim)
        self.v = nn.Linear(embed_dim, embed_dim)
        self.proj = nn.Linear(embed_dim, embed_dim)
        self.sr = nn.Conv2d(embed_dim, embed_dim, ratio, stride=ratio)
        self.norm = nn.LayerNorm(embed_dim)

    def forward(self, x, H, W):
        B, N, D = x.shape
        reduced = self.sr(x.reshape(B, D, H, W))
        reduced = self.norm(reduced.flatten(2).transpose(1, 2))
        k, v = self.k(reduced), self.v(reduced)
        q, k, v = (t.reshape(B, -1, self.num_heads, D // self.num_heads).transpose(1, 2) for t in (self.q(x), k, v))
        y = F.scaled_dot_product_attention(q, k, v)
        return self.proj(y.transpose(1, 2).reshape(B, N, D))


# %% wrong: a square map assumed
class ReductionAttention(nn.Module):
    def __init__(self, embed_dim, num_heads, ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q = nn.Linear(embed_dim, embed_dim)
        self.k = nn.Linear(embed_dim, embed_dim)
        self.v = nn.Linear(embed_dim, embed_dim)
        self.proj = nn.Linear(embed_dim, embed_dim)
        self.sr = nn.Conv2d(embed_dim, embed_dim, ratio, stride=ratio)
        self.norm = nn.LayerNorm(embed_dim)

    def forward(self, x, H, W):
        B, N, D = x.shape
        side = int(N**0.5)
        reduced = self.sr(x[:, : side * side].transpose(1, 2).reshape(B, D, side, side))
        reduced = self.norm(reduced.flatten(2).transpose(1, 2))
        k, v = self.k(reduced), self.v(reduced)
        q, k, v = (t.reshape(B, -1, self.num_heads, D // self.num_heads).transpose(1, 2) for t in (self.q(x), k, v))
        y = F.scaled_dot_product_attention(q, k, v)
        return self.proj(y.transpose(1, 2).reshape(B, N, D))


# %% wrong: the queries are normalised as well
class ReductionAttention(nn.Module):
    def __init__(self, embed_dim, num_heads, ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q = nn.Linear(embed_dim, embed_dim)
        self.k = nn.Linear(embed_dim, embed_dim)
        self.v = nn.Linear(embed_dim, embed_dim)
        self.proj = nn.Linear(embed_dim, embed_dim)
        self.sr = nn.Conv2d(embed_dim, embed_dim, ratio, stride=ratio)
        self.norm = nn.LayerNorm(embed_dim)

    def forward(self, x, H, W):
        B, N, D = x.shape
        reduced = self.norm(self.sr(x.transpose(1, 2).reshape(B, D, H, W)).flatten(2).transpose(1, 2))
        k, v, x = self.k(reduced), self.v(reduced), self.norm(x)
        q, k, v = (t.reshape(B, -1, self.num_heads, D // self.num_heads).transpose(1, 2) for t in (self.q(x), k, v))
        y = F.scaled_dot_product_attention(q, k, v)
        return self.proj(y.transpose(1, 2).reshape(B, N, D))


# %% wrong: the heads are merged without putting them back
class ReductionAttention(nn.Module):
    def __init__(self, embed_dim, num_heads, ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q = nn.Linear(embed_dim, embed_dim)
        self.k = nn.Linear(embed_dim, embed_dim)
        self.v = nn.Linear(embed_dim, embed_dim)
        self.proj = nn.Linear(embed_dim, embed_dim)
        self.sr = nn.Conv2d(embed_dim, embed_dim, ratio, stride=ratio)
        self.norm = nn.LayerNorm(embed_dim)

    def forward(self, x, H, W):
        B, N, D = x.shape
        reduced = self.norm(self.sr(x.transpose(1, 2).reshape(B, D, H, W)).flatten(2).transpose(1, 2))
        k, v = self.k(reduced), self.v(reduced)
        q, k, v = (t.reshape(B, -1, self.num_heads, D // self.num_heads).transpose(1, 2) for t in (self.q(x), k, v))
        y = F.scaled_dot_product_attention(q, k, v)
        return self.proj(y.reshape(B, N, D))


# %% wrong: no gradient through the keys
class ReductionAttention(nn.Module):
    def __init__(self, embed_dim, num_heads, ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q = nn.Linear(embed_dim, embed_dim)
        self.k = nn.Linear(embed_dim, embed_dim)
        self.v = nn.Linear(embed_dim, embed_dim)
        self.proj = nn.Linear(embed_dim, embed_dim)
        self.sr = nn.Conv2d(embed_dim, embed_dim, ratio, stride=ratio)
        self.norm = nn.LayerNorm(embed_dim)

    def forward(self, x, H, W):
        B, N, D = x.shape
        reduced = self.norm(self.sr(x.transpose(1, 2).reshape(B, D, H, W)).flatten(2).transpose(1, 2))
        k, v = self.k(reduced).detach(), self.v(reduced)
        q, k, v = (t.reshape(B, -1, self.num_heads, D // self.num_heads).transpose(1, 2) for t in (self.q(x), k, v))
        y = F.scaled_dot_product_attention(q, k, v)
        return self.proj(y.transpose(1, 2).reshape(B, N, D))


# %% right: as a map with the channels last
class ReductionAttention(nn.Module):
    def __init__(self, embed_dim, num_heads, ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q = nn.Linear(embed_dim, embed_dim)
        self.k = nn.Linear(embed_dim, embed_dim)
        self.v = nn.Linear(embed_dim, embed_dim)
        self.proj = nn.Linear(embed_dim, embed_dim)
        self.sr = nn.Conv2d(embed_dim, embed_dim, ratio, stride=ratio)
        self.norm = nn.LayerNorm(embed_dim)

    def forward(self, x, H, W):
        B, N, D = x.shape
        maps = x.view(B, H, W, D)
        reduced = self.sr(maps.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)  # (B, H/R, W/R, D)
        reduced = self.norm(reduced).flatten(1, 2)
        k, v = self.k(reduced), self.v(reduced)
        q, k, v = (t.reshape(B, -1, self.num_heads, D // self.num_heads).transpose(1, 2) for t in (self.q(x), k, v))
        y = F.scaled_dot_product_attention(q, k, v)
        return self.proj(y.transpose(1, 2).reshape(B, N, D))


# %% right: softmax written out
class ReductionAttention(nn.Module):
    def __init__(self, embed_dim, num_heads, ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q = nn.Linear(embed_dim, embed_dim)
        self.k = nn.Linear(embed_dim, embed_dim)
        self.v = nn.Linear(embed_dim, embed_dim)
        self.proj = nn.Linear(embed_dim, embed_dim)
        self.sr = nn.Conv2d(embed_dim, embed_dim, ratio, stride=ratio)
        self.norm = nn.LayerNorm(embed_dim)

    def forward(self, x, H, W):
        B, N, D = x.shape
        reduced = self.norm(self.sr(x.transpose(1, 2).unflatten(2, (H, W))).flatten(2).mT)
        h = self.num_heads
        q, k, v = (t.unflatten(2, (h, D // h)) for t in (self.q(x), self.k(reduced), self.v(reduced)))
        weights = (torch.einsum("bnhd,bmhd->bhnm", q, k) * (D // h) ** -0.5).softmax(dim=-1)
        return self.proj(torch.einsum("bhnm,bmhd->bnhd", weights, v).flatten(2))


# %% right: the reduction twice, the same both times
class ReductionAttention(nn.Module):
    def __init__(self, embed_dim, num_heads, ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q = nn.Linear(embed_dim, embed_dim)
        self.k = nn.Linear(embed_dim, embed_dim)
        self.v = nn.Linear(embed_dim, embed_dim)
        self.proj = nn.Linear(embed_dim, embed_dim)
        self.sr = nn.Conv2d(embed_dim, embed_dim, ratio, stride=ratio)
        self.norm = nn.LayerNorm(embed_dim)

    def forward(self, x, H, W):
        B, N, D = x.shape

        def reduce():
            reduced = self.sr(x.mT.reshape(B, D, H, W))
            return self.norm(reduced.reshape(B, D, -1).permute(0, 2, 1))

        k, v = self.k(reduce()), self.v(reduce())
        q, k, v = (t.reshape(B, -1, self.num_heads, D // self.num_heads).transpose(1, 2) for t in (self.q(x), k, v))
        y = F.scaled_dot_product_attention(q, k, v)
        return self.proj(y.transpose(1, 2).reshape(B, N, D))


# %% right: the convolution as a linear layer on the squares
class ReductionAttention(nn.Module):
    def __init__(self, embed_dim, num_heads, ratio):
        super().__init__()
        self.num_heads = num_heads
        self.q = nn.Linear(embed_dim, embed_dim)
        self.k = nn.Linear(embed_dim, embed_dim)
        self.v = nn.Linear(embed_dim, embed_dim)
        self.proj = nn.Linear(embed_dim, embed_dim)
        self.sr = nn.Conv2d(embed_dim, embed_dim, ratio, stride=ratio)
        self.norm = nn.LayerNorm(embed_dim)

    def forward(self, x, H, W):
        B, N, D = x.shape
        R = self.sr.kernel_size[0]
        squares = F.unfold(x.transpose(1, 2).reshape(B, D, H, W), R, stride=R)  # (B, D·R², M)
        reduced = self.norm(F.linear(squares.transpose(1, 2), self.sr.weight.flatten(1), self.sr.bias))
        k, v = self.k(reduced), self.v(reduced)
        q, k, v = (t.reshape(B, -1, self.num_heads, D // self.num_heads).transpose(1, 2) for t in (self.q(x), k, v))
        y = F.scaled_dot_product_attention(q, k, v)
        return self.proj(y.transpose(1, 2).reshape(B, N, D))
