# %% wrong: B still begins random
class MendedLoRA(nn.Module):
    def __init__(self, linear, rank, alpha):
        super().__init__()
        self.linear = linear.requires_grad_(False)
        self.scale = alpha / rank
        self.A = nn.Parameter(torch.randn(rank, linear.in_features, dtype=linear.weight.dtype))
        self.B = nn.Parameter(torch.randn(linear.out_features, rank, dtype=linear.weight.dtype))

    def forward(self, x):
        return self.linear(x) + self.scale * (x @ self.A.T @ self.B.T)

    @torch.no_grad()
    def merge(self):
        self.linear.weight += self.scale * self.B @ self.A
        return self.linear


# %% wrong: A begins at zero instead of B
class MendedLoRA(nn.Module):
    def __init__(self, linear, rank, alpha):
        super().__init__()
        self.linear = linear.requires_grad_(False)
        self.scale = alpha / rank
        self.A = nn.Parameter(torch.zeros(rank, linear.in_features, dtype=linear.weight.dtype))
        self.B = nn.Parameter(torch.randn(linear.out_features, rank, dtype=linear.weight.dtype))

    def forward(self, x):
        return self.linear(x) + self.scale * (x @ self.A.T @ self.B.T)

    @torch.no_grad()
    def merge(self):
        self.linear.weight += self.scale * self.B @ self.A
        return self.linear


# %% wrong: both begin at zero and never learn
class MendedLoRA(nn.Module):
    def __init__(self, linear, rank, alpha):
        super().__init__()
        self.linear = linear.requires_grad_(False)
        self.scale = alpha / rank
        self.A = nn.Parameter(torch.zeros(rank, linear.in_features, dtype=linear.weight.dtype))
        self.B = nn.Parameter(torch.zeros(linear.out_features, rank, dtype=linear.weight.dtype))

    def forward(self, x):
        return self.linear(x) + self.scale * (x @ self.A.T @ self.B.T)

    @torch.no_grad()
    def merge(self):
        self.linear.weight += self.scale * self.B @ self.A
        return self.linear


# %% wrong: the pretrained layer still learns
class MendedLoRA(nn.Module):
    def __init__(self, linear, rank, alpha):
        super().__init__()
        self.linear = linear
        self.scale = alpha / rank
        self.A = nn.Parameter(torch.randn(rank, linear.in_features, dtype=linear.weight.dtype))
        self.B = nn.Parameter(torch.zeros(linear.out_features, rank, dtype=linear.weight.dtype))

    def forward(self, x):
        return self.linear(x) + self.scale * (x @ self.A.T @ self.B.T)

    @torch.no_grad()
    def merge(self):
        self.linear.weight += self.scale * self.B @ self.A
        return self.linear


# %% wrong: the weight is frozen, the bias is not
class MendedLoRA(nn.Module):
    def __init__(self, linear, rank, alpha):
        super().__init__()
        self.linear = linear
        self.linear.weight.requires_grad = False
        self.scale = alpha / rank
        self.A = nn.Parameter(torch.randn(rank, linear.in_features, dtype=linear.weight.dtype))
        self.B = nn.Parameter(torch.zeros(linear.out_features, rank, dtype=linear.weight.dtype))

    def forward(self, x):
        return self.linear(x) + self.scale * (x @ self.A.T @ self.B.T)

    @torch.no_grad()
    def merge(self):
        self.linear.weight += self.scale * self.B @ self.A
        return self.linear


# %% wrong: A and B are frozen along with the layer
class MendedLoRA(nn.Module):
    def __init__(self, linear, rank, alpha):
        super().__init__()
        self.linear = linear
        self.scale = alpha / rank
        self.A = nn.Parameter(torch.randn(rank, linear.in_features, dtype=linear.weight.dtype))
        self.B = nn.Parameter(torch.zeros(linear.out_features, rank, dtype=linear.weight.dtype))
        self.requires_grad_(False)

    def forward(self, x):
        return self.linear(x) + self.scale * (x @ self.A.T @ self.B.T)

    @torch.no_grad()
    def merge(self):
        self.linear.weight += self.scale * self.B @ self.A
        return self.linear


# %% wrong: merge still forgets the scale
class MendedLoRA(nn.Module):
    def __init__(self, linear, rank, alpha):
        super().__init__()
        self.linear = linear.requires_grad_(False)
        self.scale = alpha / rank
        self.A = nn.Parameter(torch.randn(rank, linear.in_features, dtype=linear.weight.dtype))
        self.B = nn.Parameter(torch.zeros(linear.out_features, rank, dtype=linear.weight.dtype))

    def forward(self, x):
        return self.linear(x) + self.scale * (x @ self.A.T @ self.B.T)

    @torch.no_grad()
    def merge(self):
        self.linear.weight += self.B @ self.A
        return self.linear


# %% wrong: merge is mended by dropping the scale from forward
class MendedLoRA(nn.Module):
    def __init__(self, linear, rank, alpha):
        super().__init__()
        self.linear = linear.requires_grad_(False)
        self.A = nn.Parameter(torch.randn(rank, linear.in_features, dtype=linear.weight.dtype))
        self.B = nn.Parameter(torch.zeros(linear.out_features, rank, dtype=linear.weight.dtype))

    def forward(self, x):
        return self.linear(x) + x @ self.A.T @ self.B.T

    @torch.no_grad()
    def merge(self):
        self.linear.weight += self.B @ self.A
        return self.linear


# %% wrong: the scale is alpha, not divided by the rank
class MendedLoRA(nn.Module):
    def __init__(self, linear, rank, alpha):
        super().__init__()
        self.linear = linear.requires_grad_(False)
        self.scale = alpha
        self.A = nn.Parameter(torch.randn(rank, linear.in_features, dtype=linear.weight.dtype))
        self.B = nn.Parameter(torch.zeros(linear.out_features, rank, dtype=linear.weight.dtype))

    def forward(self, x):
        return self.linear(x) + self.scale * (x @ self.A.T @ self.B.T)

    @torch.no_grad()
    def merge(self):
        self.linear.weight += self.scale * self.B @ self.A
        return self.linear


# %% wrong: the dtype of the layer is lost
class MendedLoRA(nn.Module):
    def __init__(self, linear, rank, alpha):
        super().__init__()
        self.linear = linear.requires_grad_(False)
        self.scale = alpha / rank
        self.A = nn.Parameter(torch.randn(rank, linear.in_features))
        self.B = nn.Parameter(torch.zeros(linear.out_features, rank))

    def forward(self, x):
        return self.linear(x) + self.scale * (x.float() @ self.A.T @ self.B.T)

    @torch.no_grad()
    def merge(self):
        self.linear.weight += self.scale * self.B @ self.A
        return self.linear


# %% wrong: the chapter's layer does the work
class MendedLoRA(nn.Module):
    def __init__(self, linear, rank, alpha):
        from utils.models.transfer_learning import LoRALinear

        super().__init__()
        inner = LoRALinear(linear, rank, alpha)
        self.linear, self.A, self.B, self.scale = inner.linear, inner.lora_A, inner.lora_B, inner.scale

    def forward(self, x):
        return self.linear(x) + self.scale * (x @ self.A.T @ self.B.T)

    @torch.no_grad()
    def merge(self):
        self.linear.weight += self.scale * self.B @ self.A
        return self.linear


# %% wrong: frozen by cutting the graph too, so the layers before get half a gradient
class MendedLoRA(nn.Module):
    def __init__(self, linear, rank, alpha):
        super().__init__()
        self.linear = linear.requires_grad_(False)
        self.scale = alpha / rank
        self.A = nn.Parameter(torch.randn(rank, linear.in_features, dtype=linear.weight.dtype))
        self.B = nn.Parameter(torch.zeros(linear.out_features, rank, dtype=linear.weight.dtype))

    def forward(self, x):
        with torch.no_grad():
            pretrained = self.linear(x)
        return pretrained + self.scale * (x @ self.A.T @ self.B.T)

    @torch.no_grad()
    def merge(self):
        self.linear.weight += self.scale * self.B @ self.A
        return self.linear


# %% wrong: freezes a copy, and the layer given goes on learning
class MendedLoRA(nn.Module):
    def __init__(self, linear, rank, alpha):
        super().__init__()
        self.linear = copy.deepcopy(linear).requires_grad_(False)
        self.scale = alpha / rank
        self.A = nn.Parameter(torch.randn(rank, linear.in_features, dtype=linear.weight.dtype))
        self.B = nn.Parameter(torch.zeros(linear.out_features, rank, dtype=linear.weight.dtype))

    def forward(self, x):
        return self.linear(x) + self.scale * (x @ self.A.T @ self.B.T)

    @torch.no_grad()
    def merge(self):
        self.linear.weight += self.scale * self.B @ self.A
        return self.linear


# %% wrong: alpha // rank, which is zero when the rank is larger
class MendedLoRA(nn.Module):
    def __init__(self, linear, rank, alpha):
        super().__init__()
        self.linear = linear.requires_grad_(False)
        self.scale = alpha // rank
        self.A = nn.Parameter(torch.randn(rank, linear.in_features, dtype=linear.weight.dtype))
        self.B = nn.Parameter(torch.zeros(linear.out_features, rank, dtype=linear.weight.dtype))

    def forward(self, x):
        return self.linear(x) + self.scale * (x @ self.A.T @ self.B.T)

    @torch.no_grad()
    def merge(self):
        self.linear.weight += self.scale * self.B @ self.A
        return self.linear


# %% right: F.linear, Kaiming's first values, and a new layer when merged
class MendedLoRA(nn.Module):
    def __init__(self, linear, rank, alpha):
        super().__init__()
        for parameter in linear.parameters():
            parameter.requires_grad = False
        self.linear, self.rank, self.alpha = linear, rank, alpha
        self.A = nn.Parameter(linear.weight.new_empty(rank, linear.in_features))
        nn.init.kaiming_uniform_(self.A, a=5**0.5)
        self.B = nn.Parameter(linear.weight.new_zeros(linear.out_features, rank))

    def forward(self, x):
        return self.linear(x) + F.linear(F.linear(x, self.A), self.B) * (self.alpha / self.rank)

    def merge(self):
        new = copy.deepcopy(self.linear)
        with torch.no_grad():
            new.weight.add_(self.B @ self.A, alpha=self.alpha / self.rank)
        return new


# %% right: the whole matrix is built in forward, and merged weights learn
class MendedLoRA(nn.Module):
    def __init__(self, linear, rank, alpha):
        super().__init__()
        self.linear = linear
        self.linear.requires_grad_(False)
        self.factor = alpha / rank
        self.A = nn.Parameter(0.01 * torch.randn(rank, linear.in_features).to(linear.weight))
        self.B = nn.Parameter(torch.zeros(linear.out_features, rank).to(linear.weight))

    def weight(self):
        return self.linear.weight + self.factor * (self.B @ self.A)

    def forward(self, x):
        return F.linear(x, self.weight(), self.linear.bias)

    def merge(self):
        self.linear.weight.data = self.weight().detach()
        return self.linear.requires_grad_(True)
