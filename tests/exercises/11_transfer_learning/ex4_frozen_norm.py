# %% wrong: keeps the batch normalisation, and train() reaches it
class FrozenNorm(nn.Module):
    def __init__(self, norm):
        super().__init__()
        self.norm = copy.deepcopy(norm).eval().requires_grad_(False)

    def forward(self, x):
        return self.norm(x)


# %% wrong: parameters instead of buffers
class FrozenNorm(nn.Module):
    def __init__(self, norm):
        super().__init__()
        self.eps = norm.eps
        mean, var = norm.running_mean.clone(), norm.running_var.clone()
        self.register_buffer("running_mean", mean)
        self.register_buffer("running_var", var)
        self.weight = nn.Parameter(torch.ones_like(mean) if norm.weight is None else norm.weight.detach().clone())
        self.bias = nn.Parameter(torch.zeros_like(mean) if norm.bias is None else norm.bias.detach().clone())

    def forward(self, x):
        scale = self.weight / (self.running_var + self.eps).sqrt()
        return (x - self.running_mean[:, None, None]) * scale[:, None, None] + self.bias[:, None, None]


# %% wrong: eps outside the root
class FrozenNorm(nn.Module):
    def __init__(self, norm):
        super().__init__()
        self.eps = norm.eps
        mean, var = norm.running_mean.clone(), norm.running_var.clone()
        self.register_buffer("running_mean", mean)
        self.register_buffer("running_var", var)
        self.register_buffer("weight", torch.ones_like(mean) if norm.weight is None else norm.weight.detach().clone())
        self.register_buffer("bias", torch.zeros_like(mean) if norm.bias is None else norm.bias.detach().clone())

    def forward(self, x):
        scale = self.weight / (self.running_var.sqrt() + self.eps)
        return (x - self.running_mean[:, None, None]) * scale[:, None, None] + self.bias[:, None, None]


# %% wrong: the usual eps instead of the layer's own
class FrozenNorm(nn.Module):
    def __init__(self, norm):
        super().__init__()
        mean, var = norm.running_mean.clone(), norm.running_var.clone()
        self.register_buffer("running_mean", mean)
        self.register_buffer("running_var", var)
        self.register_buffer("weight", torch.ones_like(mean) if norm.weight is None else norm.weight.detach().clone())
        self.register_buffer("bias", torch.zeros_like(mean) if norm.bias is None else norm.bias.detach().clone())

    def forward(self, x):
        scale = self.weight / (self.running_var + 1e-5).sqrt()
        return (x - self.running_mean[:, None, None]) * scale[:, None, None] + self.bias[:, None, None]


# %% wrong: divides by the variance
class FrozenNorm(nn.Module):
    def __init__(self, norm):
        super().__init__()
        self.eps = norm.eps
        mean, var = norm.running_mean.clone(), norm.running_var.clone()
        self.register_buffer("running_mean", mean)
        self.register_buffer("running_var", var)
        self.register_buffer("weight", torch.ones_like(mean) if norm.weight is None else norm.weight.detach().clone())
        self.register_buffer("bias", torch.zeros_like(mean) if norm.bias is None else norm.bias.detach().clone())

    def forward(self, x):
        scale = self.weight / (self.running_var + self.eps)
        return (x - self.running_mean[:, None, None]) * scale[:, None, None] + self.bias[:, None, None]


# %% wrong: shares memory with the batch normalisation
class FrozenNorm(nn.Module):
    def __init__(self, norm):
        super().__init__()
        self.eps = norm.eps
        mean, var = norm.running_mean, norm.running_var
        self.register_buffer("running_mean", mean)
        self.register_buffer("running_var", var)
        self.register_buffer("weight", torch.ones_like(mean) if norm.weight is None else norm.weight.detach())
        self.register_buffer("bias", torch.zeros_like(mean) if norm.bias is None else norm.bias.detach())

    def forward(self, x):
        scale = self.weight / (self.running_var + self.eps).sqrt()
        return (x - self.running_mean[:, None, None]) * scale[:, None, None] + self.bias[:, None, None]


# %% wrong: broadcasts over the columns instead of the channels
class FrozenNorm(nn.Module):
    def __init__(self, norm):
        super().__init__()
        self.eps = norm.eps
        mean, var = norm.running_mean.clone(), norm.running_var.clone()
        self.register_buffer("running_mean", mean)
        self.register_buffer("running_var", var)
        self.register_buffer("weight", torch.ones_like(mean) if norm.weight is None else norm.weight.detach().clone())
        self.register_buffer("bias", torch.zeros_like(mean) if norm.bias is None else norm.bias.detach().clone())

    def forward(self, x):
        return (x - self.running_mean) / (self.running_var + self.eps).sqrt() * self.weight + self.bias


# %% wrong: scale and shift are computed once, and a loaded state_dict does not reach them
class FrozenNorm(nn.Module):
    def __init__(self, norm):
        super().__init__()
        mean, var = norm.running_mean.clone(), norm.running_var.clone()
        self.register_buffer("running_mean", mean)
        self.register_buffer("running_var", var)
        self.register_buffer("weight", torch.ones_like(mean) if norm.weight is None else norm.weight.detach().clone())
        self.register_buffer("bias", torch.zeros_like(mean) if norm.bias is None else norm.bias.detach().clone())
        self.scale = self.weight / (var + norm.eps).sqrt()
        self.shift = self.bias - mean * self.scale

    def forward(self, x):
        return x * self.scale[:, None, None] + self.shift[:, None, None]


# %% wrong: switches the gradients of the batch normalisation given off
class FrozenNorm(nn.Module):
    def __init__(self, norm):
        super().__init__()
        norm.requires_grad_(False)
        self.eps = norm.eps
        mean, var = norm.running_mean.clone(), norm.running_var.clone()
        self.register_buffer("running_mean", mean)
        self.register_buffer("running_var", var)
        self.register_buffer("weight", torch.ones_like(mean) if norm.weight is None else norm.weight.clone())
        self.register_buffer("bias", torch.zeros_like(mean) if norm.bias is None else norm.bias.clone())

    def forward(self, x):
        scale = self.weight / (self.running_var + self.eps).sqrt()
        return (x - self.running_mean[:, None, None]) * scale[:, None, None] + self.bias[:, None, None]


# %% wrong: normalises with the batch's own statistics
class FrozenNorm(nn.Module):
    def __init__(self, norm):
        super().__init__()
        self.eps = norm.eps
        mean, var = norm.running_mean.clone(), norm.running_var.clone()
        self.register_buffer("running_mean", mean)
        self.register_buffer("running_var", var)
        self.register_buffer("weight", torch.ones_like(mean) if norm.weight is None else norm.weight.detach().clone())
        self.register_buffer("bias", torch.zeros_like(mean) if norm.bias is None else norm.bias.detach().clone())

    def forward(self, x):
        return F.batch_norm(x, None, None, self.weight, self.bias, training=True, eps=self.eps)


# %% wrong: clone without detach, so that gradients still reach the batch normalisation
class FrozenNorm(nn.Module):
    def __init__(self, norm):
        super().__init__()
        self.eps = norm.eps
        ones = torch.ones_like(norm.running_mean)
        self.register_buffer("weight", ones if norm.weight is None else norm.weight.clone())
        self.register_buffer("bias", 0 * ones if norm.bias is None else norm.bias.clone())
        self.register_buffer("running_mean", norm.running_mean.clone())
        self.register_buffer("running_var", norm.running_var.clone())

    def forward(self, x):
        scale = self.weight / (self.running_var + self.eps).sqrt()
        return x * scale[:, None, None] + (self.bias - self.running_mean * scale)[:, None, None]


# %% wrong: puts the batch normalisation given into evaluation mode
class FrozenNorm(nn.Module):
    def __init__(self, norm):
        super().__init__()
        self.eps = norm.eps
        norm.eval()
        ones = torch.ones_like(norm.running_mean)
        self.register_buffer("weight", ones if norm.weight is None else norm.weight.detach().clone())
        self.register_buffer("bias", 0 * ones if norm.bias is None else norm.bias.detach().clone())
        self.register_buffer("running_mean", norm.running_mean.clone())
        self.register_buffer("running_var", norm.running_var.clone())

    def forward(self, x):
        scale = self.weight / (self.running_var + self.eps).sqrt()
        return x * scale[:, None, None] + (self.bias - self.running_mean * scale)[:, None, None]


# %% wrong: float32 ones and zeros where there is no weight and bias
class FrozenNorm(nn.Module):
    def __init__(self, norm):
        super().__init__()
        self.eps = norm.eps
        ones = torch.ones(norm.num_features)
        self.register_buffer("weight", ones if norm.weight is None else norm.weight.detach().clone())
        self.register_buffer("bias", 0 * ones if norm.bias is None else norm.bias.detach().clone())
        self.register_buffer("running_mean", norm.running_mean.clone())
        self.register_buffer("running_var", norm.running_var.clone())

    def forward(self, x):
        scale = self.weight / (self.running_var + self.eps).sqrt()
        return x * scale[:, None, None] + (self.bias - self.running_mean * scale)[:, None, None]


# %% right: PyTorch's function in evaluation mode
class FrozenNorm(nn.Module):
    def __init__(self, norm):
        super().__init__()
        self.eps = norm.eps
        values = {"running_mean": norm.running_mean, "running_var": norm.running_var}
        values["weight"] = torch.ones_like(norm.running_mean) if norm.weight is None else norm.weight
        values["bias"] = torch.zeros_like(norm.running_mean) if norm.bias is None else norm.bias
        for name, value in values.items():
            self.register_buffer(name, value.detach().clone())

    def forward(self, x):
        return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, self.eps)


# %% right: the equation as it stands, with views
class FrozenNorm(nn.Module):
    def __init__(self, norm):
        super().__init__()
        C, self.eps = norm.num_features, norm.eps
        state = norm.state_dict()
        for name, default in [("weight", 1.0), ("bias", 0.0), ("running_mean", 0.0), ("running_var", 1.0)]:
            value = state[name].clone() if name in state else norm.running_mean.new_full((C,), default)
            self.register_buffer(name, value)

    def forward(self, x):
        w, b, m, v = (t.view(1, -1, 1, 1) for t in (self.weight, self.bias, self.running_mean, self.running_var))
        return (x - m) * torch.rsqrt(v + self.eps) * w + b
