# %% wrong: the halves are exchanged
class GatedMLP(nn.Module):
    def __init__(self, embed_dim, hidden_dim):
        super().__init__()
        self.w12 = nn.Linear(embed_dim, 2 * hidden_dim)
        self.w3 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, x):
        a, b = self.w12(x).chunk(2, dim=-1)
        return self.w3(a * F.silu(b))


# %% wrong: a sigmoid gate, which is GLU
class GatedMLP(nn.Module):
    def __init__(self, embed_dim, hidden_dim):
        super().__init__()
        self.w12 = nn.Linear(embed_dim, 2 * hidden_dim)
        self.w3 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, x):
        a, b = self.w12(x).chunk(2, dim=-1)
        return self.w3(a.sigmoid() * b)


# %% wrong: a GELU gate, which is GEGLU
class GatedMLP(nn.Module):
    def __init__(self, embed_dim, hidden_dim):
        super().__init__()
        self.w12 = nn.Linear(embed_dim, 2 * hidden_dim)
        self.w3 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, x):
        a, b = self.w12(x).chunk(2, dim=-1)
        return self.w3(F.gelu(a) * b)


# %% wrong: SiLU of both halves
class GatedMLP(nn.Module):
    def __init__(self, embed_dim, hidden_dim):
        super().__init__()
        self.w12 = nn.Linear(embed_dim, 2 * hidden_dim)
        self.w3 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, x):
        a, b = F.silu(self.w12(x)).chunk(2, dim=-1)
        return self.w3(a * b)


# %% wrong: every other number instead of halves
class GatedMLP(nn.Module):
    def __init__(self, embed_dim, hidden_dim):
        super().__init__()
        self.w12 = nn.Linear(embed_dim, 2 * hidden_dim)
        self.w3 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, x):
        both = self.w12(x)
        return self.w3(F.silu(both[..., ::2]) * both[..., 1::2])


# %% wrong: added instead of multiplied
class GatedMLP(nn.Module):
    def __init__(self, embed_dim, hidden_dim):
        super().__init__()
        self.w12 = nn.Linear(embed_dim, 2 * hidden_dim)
        self.w3 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, x):
        a, b = self.w12(x).chunk(2, dim=-1)
        return self.w3(F.silu(a) + b)


# %% wrong: axes counted from the front, so that tokens without a batch are cut apart
class GatedMLP(nn.Module):
    def __init__(self, embed_dim, hidden_dim):
        super().__init__()
        self.w12 = nn.Linear(embed_dim, 2 * hidden_dim)
        self.w3 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, x):
        a, b = self.w12(x).chunk(2, dim=2)
        return self.w3(F.silu(a) * b)


# %% wrong: the gate is detached
class GatedMLP(nn.Module):
    def __init__(self, embed_dim, hidden_dim):
        super().__init__()
        self.w12 = nn.Linear(embed_dim, 2 * hidden_dim)
        self.w3 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, x):
        a, b = self.w12(x).chunk(2, dim=-1)
        return self.w3(F.silu(a).detach() * b).detach().requires_grad_()


# %% wrong: no biases
class GatedMLP(nn.Module):
    def __init__(self, embed_dim, hidden_dim):
        super().__init__()
        self.w12 = nn.Linear(embed_dim, 2 * hidden_dim, bias=False)
        self.w3 = nn.Linear(hidden_dim, embed_dim, bias=False)

    def forward(self, x):
        a, b = self.w12(x).chunk(2, dim=-1)
        return self.w3(F.silu(a) * b)


# %% wrong: a SwiGLU that timm has ready
import timm.layers


class GatedMLP(nn.Module):
    def __init__(self, embed_dim, hidden_dim):
        super().__init__()
        self.w12 = nn.Linear(embed_dim, 2 * hidden_dim)
        self.w3 = nn.Linear(hidden_dim, embed_dim)
        self.ready = [timm.layers.GluMlp(embed_dim, 2 * hidden_dim, act_layer=nn.SiLU, gate_last=False)]

    def forward(self, x):
        ready = self.ready[0].to(x.dtype)
        ready.fc1, ready.fc2 = self.w12, self.w3
        return ready(x)


# %% wrong: no gradient through the gate
class GatedMLP(nn.Module):
    def __init__(self, embed_dim, hidden_dim):
        super().__init__()
        self.w12 = nn.Linear(embed_dim, 2 * hidden_dim)
        self.w3 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, x):
        a, b = self.w12(x).chunk(2, dim=-1)
        return self.w3(F.silu(a).detach() * b)


# %% wrong: the halves lose digits in float32
class GatedMLP(nn.Module):
    def __init__(self, embed_dim, hidden_dim):
        super().__init__()
        self.w12 = nn.Linear(embed_dim, 2 * hidden_dim)
        self.w3 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, x):
        a, b = self.w12(x).float().chunk(2, dim=-1)
        return self.w3((F.silu(a) * b).to(x.dtype))


# %% wrong: the input is added, which the block does
class GatedMLP(nn.Module):
    def __init__(self, embed_dim, hidden_dim):
        super().__init__()
        self.w12 = nn.Linear(embed_dim, 2 * hidden_dim)
        self.w3 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, x):
        a, b = self.w12(x).chunk(2, dim=-1)
        return x + self.w3(F.silu(a) * b)


# %% right: SiLU written out, halves by index
class GatedMLP(nn.Module):
    def __init__(self, embed_dim, hidden_dim):
        super().__init__()
        self.w12 = nn.Linear(embed_dim, 2 * hidden_dim)
        self.w3 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, x):
        both = self.w12(x)
        H = both.shape[-1] // 2
        a, b = both[..., :H], both[..., H:]
        return self.w3(a / (1 + torch.exp(-a)) * b)


# %% right: F.glu with the halves turned around
class GatedMLP(nn.Module):
    def __init__(self, embed_dim, hidden_dim):
        super().__init__()
        self.w12 = nn.Linear(embed_dim, 2 * hidden_dim)
        self.w3 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, x):
        a, b = self.w12(x).split(self.w3.in_features, dim=-1)
        return self.w3(F.glu(torch.cat([a, a], dim=-1)) * b)


# %% right: two projections by slices of the weight
class GatedMLP(nn.Module):
    def __init__(self, embed_dim, hidden_dim):
        super().__init__()
        self.w12 = nn.Linear(embed_dim, 2 * hidden_dim)
        self.w3 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, x):
        a_weight, b_weight = self.w12.weight.chunk(2)
        a_bias, b_bias = self.w12.bias.chunk(2)
        a, b = F.linear(x, a_weight, a_bias), F.linear(x, b_weight, b_bias)
        return F.linear(torch.sigmoid(a) * a * b, self.w3.weight, self.w3.bias)


# %% right: token by token and number by number
class GatedMLP(nn.Module):
    def __init__(self, embed_dim, hidden_dim):
        super().__init__()
        self.w12 = nn.Linear(embed_dim, 2 * hidden_dim)
        self.w3 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, x):
        if x.ndim > 1:
            return torch.stack([self.forward(part) for part in x])
        both = self.w12(x)
        n = len(both) // 2
        return self.w3(torch.stack([both[i] * both[i].sigmoid() * both[n + i] for i in range(n)]))
