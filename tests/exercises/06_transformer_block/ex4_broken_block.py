# %% wrong: only the residual path is repaired
class PreNormBlock(nn.Module):
    def __init__(self, embed_dim, hidden_dim, attention):
        super().__init__()
        self.norm1 = nn.LayerNorm(embed_dim, eps=1e-6)
        self.norm2 = nn.LayerNorm(embed_dim, eps=1e-6)
        self.attention = attention
        self.fc1 = nn.Linear(embed_dim, hidden_dim)
        self.fc2 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        h = F.gelu(self.norm1(x))
        return x + self.fc2(self.fc1(h))


# %% wrong: only the GELU is repaired
class PreNormBlock(nn.Module):
    def __init__(self, embed_dim, hidden_dim, attention):
        super().__init__()
        self.norm1 = nn.LayerNorm(embed_dim, eps=1e-6)
        self.norm2 = nn.LayerNorm(embed_dim, eps=1e-6)
        self.attention = attention
        self.fc1 = nn.Linear(embed_dim, hidden_dim)
        self.fc2 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, x):
        x = self.norm1(x)
        x = x + self.attention(x)
        h = F.gelu(self.fc1(self.norm1(x)))
        return x + self.fc2(h)


# %% wrong: the second half still uses norm1
class PreNormBlock(nn.Module):
    def __init__(self, embed_dim, hidden_dim, attention):
        super().__init__()
        self.norm1 = nn.LayerNorm(embed_dim, eps=1e-6)
        self.norm2 = nn.LayerNorm(embed_dim, eps=1e-6)
        self.attention = attention
        self.fc1 = nn.Linear(embed_dim, hidden_dim)
        self.fc2 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        h = F.gelu(self.fc1(self.norm1(x)))
        return x + self.fc2(h)


# %% wrong: the GELU still stands before the first layer
class PreNormBlock(nn.Module):
    def __init__(self, embed_dim, hidden_dim, attention):
        super().__init__()
        self.norm1 = nn.LayerNorm(embed_dim, eps=1e-6)
        self.norm2 = nn.LayerNorm(embed_dim, eps=1e-6)
        self.attention = attention
        self.fc1 = nn.Linear(embed_dim, hidden_dim)
        self.fc2 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        h = F.gelu(self.norm2(x))
        return x + self.fc2(self.fc1(h))


# %% wrong: the residual of the attention still starts behind the normalisation
class PreNormBlock(nn.Module):
    def __init__(self, embed_dim, hidden_dim, attention):
        super().__init__()
        self.norm1 = nn.LayerNorm(embed_dim, eps=1e-6)
        self.norm2 = nn.LayerNorm(embed_dim, eps=1e-6)
        self.attention = attention
        self.fc1 = nn.Linear(embed_dim, hidden_dim)
        self.fc2 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, x):
        x = self.norm1(x)
        x = x + self.attention(x)
        return x + self.fc2(F.gelu(self.fc1(self.norm2(x))))


# %% wrong: the residual of the MLP starts behind the normalisation
class PreNormBlock(nn.Module):
    def __init__(self, embed_dim, hidden_dim, attention):
        super().__init__()
        self.norm1 = nn.LayerNorm(embed_dim, eps=1e-6)
        self.norm2 = nn.LayerNorm(embed_dim, eps=1e-6)
        self.attention = attention
        self.fc1 = nn.Linear(embed_dim, hidden_dim)
        self.fc2 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        x = self.norm2(x)
        return x + self.fc2(F.gelu(self.fc1(x)))


# %% wrong: post-norm
class PreNormBlock(nn.Module):
    def __init__(self, embed_dim, hidden_dim, attention):
        super().__init__()
        self.norm1 = nn.LayerNorm(embed_dim, eps=1e-6)
        self.norm2 = nn.LayerNorm(embed_dim, eps=1e-6)
        self.attention = attention
        self.fc1 = nn.Linear(embed_dim, hidden_dim)
        self.fc2 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, x):
        x = self.norm1(x + self.attention(x))
        return self.norm2(x + self.fc2(F.gelu(self.fc1(x))))


# %% wrong: both halves side by side, with one normalisation
class PreNormBlock(nn.Module):
    def __init__(self, embed_dim, hidden_dim, attention):
        super().__init__()
        self.norm1 = nn.LayerNorm(embed_dim, eps=1e-6)
        self.norm2 = nn.LayerNorm(embed_dim, eps=1e-6)
        self.attention = attention
        self.fc1 = nn.Linear(embed_dim, hidden_dim)
        self.fc2 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, x):
        return x + self.attention(self.norm1(x)) + self.fc2(F.gelu(self.fc1(self.norm1(x))))


# %% wrong: GELU after both layers
class PreNormBlock(nn.Module):
    def __init__(self, embed_dim, hidden_dim, attention):
        super().__init__()
        self.norm1 = nn.LayerNorm(embed_dim, eps=1e-6)
        self.norm2 = nn.LayerNorm(embed_dim, eps=1e-6)
        self.attention = attention
        self.fc1 = nn.Linear(embed_dim, hidden_dim)
        self.fc2 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + F.gelu(self.fc2(self.fc1(self.norm2(x))))


# %% wrong: adds in place and changes its input
class PreNormBlock(nn.Module):
    def __init__(self, embed_dim, hidden_dim, attention):
        super().__init__()
        self.norm1 = nn.LayerNorm(embed_dim, eps=1e-6)
        self.norm2 = nn.LayerNorm(embed_dim, eps=1e-6)
        self.attention = attention
        self.fc1 = nn.Linear(embed_dim, hidden_dim)
        self.fc2 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, x):
        x.data += self.attention(self.norm1(x)).detach()
        return x + self.fc2(F.gelu(self.fc1(self.norm2(x))))


# %% wrong: ReLU instead of GELU
class PreNormBlock(nn.Module):
    def __init__(self, embed_dim, hidden_dim, attention):
        super().__init__()
        self.norm1 = nn.LayerNorm(embed_dim, eps=1e-6)
        self.norm2 = nn.LayerNorm(embed_dim, eps=1e-6)
        self.attention = attention
        self.fc1 = nn.Linear(embed_dim, hidden_dim)
        self.fc2 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.fc2(F.relu(self.fc1(self.norm2(x))))


# %% wrong: both halves side by side, each with its own normalisation
class PreNormBlock(nn.Module):
    def __init__(self, embed_dim, hidden_dim, attention):
        super().__init__()
        self.norm1 = nn.LayerNorm(embed_dim, eps=1e-6)
        self.norm2 = nn.LayerNorm(embed_dim, eps=1e-6)
        self.attention = attention
        self.fc1 = nn.Linear(embed_dim, hidden_dim)
        self.fc2 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, x):
        return x + self.attention(self.norm1(x)) + self.fc2(F.gelu(self.fc1(self.norm2(x))))


# %% wrong: one normalisation under two names
class PreNormBlock(nn.Module):
    def __init__(self, embed_dim, hidden_dim, attention):
        super().__init__()
        self.norm1 = self.norm2 = nn.LayerNorm(embed_dim, eps=1e-6)
        self.attention = attention
        self.fc1 = nn.Linear(embed_dim, hidden_dim)
        self.fc2 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.fc2(F.gelu(self.fc1(self.norm2(x))))


# %% wrong: the tanh form of GELU
class PreNormBlock(nn.Module):
    def __init__(self, embed_dim, hidden_dim, attention):
        super().__init__()
        self.norm1 = nn.LayerNorm(embed_dim, eps=1e-6)
        self.norm2 = nn.LayerNorm(embed_dim, eps=1e-6)
        self.attention = attention
        self.fc1 = nn.Linear(embed_dim, hidden_dim)
        self.fc2 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.fc2(F.gelu(self.fc1(self.norm2(x)), approximate="tanh"))


# %% wrong: the MLP is added to what came into the block
class PreNormBlock(nn.Module):
    def __init__(self, embed_dim, hidden_dim, attention):
        super().__init__()
        self.norm1 = nn.LayerNorm(embed_dim, eps=1e-6)
        self.norm2 = nn.LayerNorm(embed_dim, eps=1e-6)
        self.attention = attention
        self.fc1 = nn.Linear(embed_dim, hidden_dim)
        self.fc2 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, x):
        z = x + self.attention(self.norm1(x))
        return x + self.fc2(F.gelu(self.fc1(self.norm2(z))))


# %% right: one expression per half, and the GELU written out
class PreNormBlock(nn.Module):
    def __init__(self, embed_dim, hidden_dim, attention):
        super().__init__()
        self.norm1 = nn.LayerNorm(embed_dim, eps=1e-6)
        self.norm2 = nn.LayerNorm(embed_dim, eps=1e-6)
        self.attention = attention
        self.fc1 = nn.Linear(embed_dim, hidden_dim)
        self.fc2 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, x):
        z = self.attention(self.norm1(x)) + x
        h = self.fc1(self.norm2(z))
        return self.fc2(0.5 * h * (1 + torch.erf(h / 2**0.5))) + z


# %% right: helper methods and nn.GELU
class PreNormBlock(nn.Module):
    def __init__(self, embed_dim, hidden_dim, attention):
        super().__init__()
        self.attention, self.act = attention, nn.GELU()
        self.norm2, self.norm1 = (nn.LayerNorm(embed_dim, eps=1e-6) for _ in range(2))
        self.fc1, self.fc2 = nn.Linear(embed_dim, hidden_dim), nn.Linear(hidden_dim, embed_dim)

    def mlp(self, x):
        return self.fc2(self.act(self.fc1(x)))

    def forward(self, x):
        residual = x
        x = self.attention(self.norm1(x))
        x = residual + x
        return x + self.mlp(self.norm2(x))


# %% right: a clone of the input that is added to
class PreNormBlock(nn.Module):
    def __init__(self, embed_dim, hidden_dim, attention):
        super().__init__()
        self.norm1 = nn.LayerNorm(embed_dim, eps=1e-6)
        self.norm2 = nn.LayerNorm(embed_dim, eps=1e-6)
        self.attention = attention
        self.fc1 = nn.Linear(embed_dim, hidden_dim)
        self.fc2 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, x):
        y = x.clone()
        y += self.attention(self.norm1(x))
        h = F.linear(self.norm2(y), self.fc1.weight, self.fc1.bias)
        return torch.add(y, self.fc2(F.gelu(h)))


# %% right: two Sequentials and a loop
class PreNormBlock(nn.Module):
    def __init__(self, embed_dim, hidden_dim, attention):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(embed_dim, 1e-6), nn.LayerNorm(embed_dim, 1e-6)
        self.attention = attention
        self.fc1, self.fc2 = nn.Linear(embed_dim, hidden_dim), nn.Linear(hidden_dim, embed_dim)
        self.first, self.second = (
            nn.Sequential(self.norm1, attention),
            nn.Sequential(self.norm2, self.fc1, nn.GELU(), self.fc2),
        )

    def forward(self, x):
        for part in (self.first, self.second):
            x = x + part(x)
        return x
