# %% wrong: copied unchanged
class Attention(nn.Module):
    def __init__(self, embed_dim, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.scale = embed_dim**-0.5
        self.qkv = nn.Linear(embed_dim, 3 * embed_dim)
        self.proj = nn.Linear(embed_dim, embed_dim)

    def forward(self, x):
        B, N, D = x.shape
        qkv = self.qkv(x).reshape(B, N, self.num_heads, 3, D // self.num_heads)
        q, k, v = qkv.permute(3, 0, 2, 1, 4)
        weights = (q @ k.transpose(-2, -1) * self.scale).softmax(dim=-1)
        merged = (weights @ v).reshape(B, N, D)
        return self.proj(merged), weights


# %% wrong: finds only the order of the rows
class Attention(nn.Module):
    def __init__(self, embed_dim, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.scale = embed_dim**-0.5
        self.qkv = nn.Linear(embed_dim, 3 * embed_dim)
        self.proj = nn.Linear(embed_dim, embed_dim)

    def forward(self, x):
        B, N, D = x.shape
        qkv = self.qkv(x).reshape(B, N, 3, self.num_heads, D // self.num_heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) * self.scale).softmax(dim=-1)
        merged = (weights @ v).reshape(B, N, D)
        return self.proj(merged), weights


# %% wrong: finds the merge and the rows, not the scale
class Attention(nn.Module):
    def __init__(self, embed_dim, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.scale = embed_dim**-0.5
        self.qkv = nn.Linear(embed_dim, 3 * embed_dim)
        self.proj = nn.Linear(embed_dim, embed_dim)

    def forward(self, x):
        B, N, D = x.shape
        qkv = self.qkv(x).reshape(B, N, 3, self.num_heads, D // self.num_heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) * self.scale).softmax(dim=-1)
        merged = (weights @ v).transpose(1, 2).reshape(B, N, D)
        return self.proj(merged), weights


# %% wrong: finds the merge and the scale, not the rows
class Attention(nn.Module):
    def __init__(self, embed_dim, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.scale = (embed_dim // num_heads) ** -0.5
        self.qkv = nn.Linear(embed_dim, 3 * embed_dim)
        self.proj = nn.Linear(embed_dim, embed_dim)

    def forward(self, x):
        B, N, D = x.shape
        qkv = self.qkv(x).reshape(B, N, self.num_heads, 3, D // self.num_heads)
        q, k, v = qkv.permute(3, 0, 2, 1, 4)
        weights = (q @ k.transpose(-2, -1) * self.scale).softmax(dim=-1)
        merged = (weights @ v).transpose(1, 2).reshape(B, N, D)
        return self.proj(merged), weights


# %% wrong: finds the rows and the scale, not the merge
class Attention(nn.Module):
    def __init__(self, embed_dim, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.scale = (embed_dim // num_heads) ** -0.5
        self.qkv = nn.Linear(embed_dim, 3 * embed_dim)
        self.proj = nn.Linear(embed_dim, embed_dim)

    def forward(self, x):
        B, N, D = x.shape
        qkv = self.qkv(x).reshape(B, N, 3, self.num_heads, D // self.num_heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) * self.scale).softmax(dim=-1)
        merged = (weights @ v).reshape(B, N, D)
        return self.proj(merged), weights


# %% wrong: divides by d_h instead of its root
class Attention(nn.Module):
    def __init__(self, embed_dim, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.scale = (embed_dim // num_heads) ** -1.0
        self.qkv = nn.Linear(embed_dim, 3 * embed_dim)
        self.proj = nn.Linear(embed_dim, embed_dim)

    def forward(self, x):
        B, N, D = x.shape
        qkv = self.qkv(x).reshape(B, N, 3, self.num_heads, D // self.num_heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) * self.scale).softmax(dim=-1)
        merged = (weights @ v).transpose(1, 2).reshape(B, N, D)
        return self.proj(merged), weights


# %% wrong: multiplies by the root
class Attention(nn.Module):
    def __init__(self, embed_dim, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.scale = (embed_dim // num_heads) ** 0.5
        self.qkv = nn.Linear(embed_dim, 3 * embed_dim)
        self.proj = nn.Linear(embed_dim, embed_dim)

    def forward(self, x):
        B, N, D = x.shape
        qkv = self.qkv(x).reshape(B, N, 3, self.num_heads, D // self.num_heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) * self.scale).softmax(dim=-1)
        merged = (weights @ v).transpose(1, 2).reshape(B, N, D)
        return self.proj(merged), weights


# %% wrong: splits the heads by reshape alone
class Attention(nn.Module):
    def __init__(self, embed_dim, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.scale = (embed_dim // num_heads) ** -0.5
        self.qkv = nn.Linear(embed_dim, 3 * embed_dim)
        self.proj = nn.Linear(embed_dim, embed_dim)

    def forward(self, x):
        B, N, D = x.shape
        qkv = self.qkv(x).reshape(B, N, 3, D)
        q, k, v = qkv.permute(2, 0, 1, 3).reshape(3, B, self.num_heads, N, D // self.num_heads)
        weights = (q @ k.transpose(-2, -1) * self.scale).softmax(dim=-1)
        merged = (weights @ v).transpose(1, 2).reshape(B, N, D)
        return self.proj(merged), weights


# %% wrong: the softmax goes over the queries
class Attention(nn.Module):
    def __init__(self, embed_dim, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.scale = (embed_dim // num_heads) ** -0.5
        self.qkv = nn.Linear(embed_dim, 3 * embed_dim)
        self.proj = nn.Linear(embed_dim, embed_dim)

    def forward(self, x):
        B, N, D = x.shape
        qkv = self.qkv(x).reshape(B, N, 3, self.num_heads, D // self.num_heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) * self.scale).softmax(dim=-2)
        merged = (weights @ v).transpose(1, 2).reshape(B, N, D)
        return self.proj(merged), weights


# %% wrong: d_h comes before the heads in a merged token
class Attention(nn.Module):
    def __init__(self, embed_dim, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.scale = (embed_dim // num_heads) ** -0.5
        self.qkv = nn.Linear(embed_dim, 3 * embed_dim)
        self.proj = nn.Linear(embed_dim, embed_dim)

    def forward(self, x):
        B, N, D = x.shape
        qkv = self.qkv(x).reshape(B, N, 3, self.num_heads, D // self.num_heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) * self.scale).softmax(dim=-1)
        merged = (weights @ v).permute(0, 2, 3, 1).reshape(B, N, D)
        return self.proj(merged), weights


# %% wrong: the maps are the mean over the heads
class Attention(nn.Module):
    def __init__(self, embed_dim, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.scale = (embed_dim // num_heads) ** -0.5
        self.qkv = nn.Linear(embed_dim, 3 * embed_dim)
        self.proj = nn.Linear(embed_dim, embed_dim)

    def forward(self, x):
        B, N, D = x.shape
        qkv = self.qkv(x).reshape(B, N, 3, self.num_heads, D // self.num_heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) * self.scale).softmax(dim=-1)
        merged = (weights @ v).transpose(1, 2).reshape(B, N, D)
        return self.proj(merged), weights.mean(dim=1)


# %% wrong: the merge is detached, so that only proj learns
class Attention(nn.Module):
    def __init__(self, embed_dim, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.scale = (embed_dim // num_heads) ** -0.5
        self.qkv = nn.Linear(embed_dim, 3 * embed_dim)
        self.proj = nn.Linear(embed_dim, embed_dim)

    def forward(self, x):
        B, N, D = x.shape
        qkv = self.qkv(x).reshape(B, N, 3, self.num_heads, D // self.num_heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) * self.scale).softmax(dim=-1)
        merged = (weights @ v).transpose(1, 2).reshape(B, N, D)
        return self.proj(merged.detach()), weights


# %% wrong: PyTorch's layer does the work
class Attention(nn.Module):
    def __init__(self, embed_dim, num_heads):
        super().__init__()
        self.qkv, self.proj = nn.Linear(embed_dim, 3 * embed_dim), nn.Linear(embed_dim, embed_dim)
        self.layer = nn.MultiheadAttention(embed_dim, num_heads, batch_first=True)

    def forward(self, x):
        self.layer.in_proj_weight, self.layer.in_proj_bias = self.qkv.weight, self.qkv.bias
        self.layer.out_proj = self.proj
        return self.layer(x, x, x, average_attn_weights=False)


# %% right: head after head, with the rows of each cut out
class Attention(FoundAttention):
    def forward(self, x):
        D, d = x.shape[-1], x.shape[-1] // self.num_heads
        everything = self.qkv(x)
        answers, maps = [], []
        for head in range(self.num_heads):
            q, k, v = (everything[..., start : start + d] for start in range(head * d, 3 * D, D))
            maps.append(torch.softmax(torch.einsum("bnd,bmd->bnm", q, k) / d**0.5, dim=-1))
            answers.append(maps[-1] @ v)
        return self.proj(torch.cat(answers, dim=-1)), torch.stack(maps, dim=1)


# %% right: einsum from the split to the merge, with PyTorch's attention for the output
class Attention(nn.Module):
    def __init__(self, embed_dim, num_heads):
        super().__init__()
        self.h, self.d = num_heads, embed_dim // num_heads
        self.qkv = nn.Linear(embed_dim, 3 * embed_dim)
        self.proj = nn.Linear(embed_dim, embed_dim)

    def forward(self, x):
        q, k, v = (part.unflatten(-1, (self.h, self.d)).transpose(1, 2) for part in self.qkv(x).chunk(3, dim=-1))
        weights = torch.einsum("bhnd,bhmd->bhnm", q / self.d**0.5, k).softmax(-1)
        return self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)), weights
