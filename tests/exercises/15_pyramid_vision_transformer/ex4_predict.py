# %% wrong: keys by the ratio alone, not squared
def predictions():
    return {
        "keys": 120 * 160 // 8,
        "odd_keys": 165,
        "attention": 278976,
        "linear": 20928,
        "growth": 16,
        "mlp": 71232,
    }


# %% wrong: a map of the odd image with as many keys as it has patches
def predictions():
    return {
        "keys": 300,
        "odd_keys": 125 * 88,
        "attention": 278976,
        "linear": 20928,
        "growth": 16,
        "mlp": 71232,
    }


# %% wrong: squares rounded up
def predictions():
    return {
        "keys": 300,
        "odd_keys": 16 * 11,
        "attention": 278976,
        "linear": 20928,
        "growth": 16,
        "mlp": 71232,
    }


# %% wrong: the reduction forgotten
def predictions():
    return {
        "keys": 300,
        "odd_keys": 165,
        "attention": 16640,
        "linear": 16640,
        "growth": 16,
        "mlp": 71232,
    }


# %% wrong: the norm of the reduction forgotten
def predictions():
    return {
        "keys": 300,
        "odd_keys": 165,
        "attention": 278848,
        "linear": 20800,
        "growth": 16,
        "mlp": 71232,
    }


# %% wrong: a depthwise reduction
def predictions():
    return {
        "keys": 300,
        "odd_keys": 165,
        "attention": 16640 + 64 * 64 + 64 + 128,
        "linear": 20928,
        "growth": 16,
        "mlp": 71232,
    }


# %% wrong: only the queries grow
def predictions():
    return {
        "keys": 300,
        "odd_keys": 165,
        "attention": 278976,
        "linear": 20928,
        "growth": 4,
        "mlp": 71232,
    }


# %% wrong: a full convolution in the MLP
def predictions():
    return {
        "keys": 300,
        "odd_keys": 165,
        "attention": 278976,
        "linear": 20928,
        "growth": 16,
        "mlp": 33280 + 9 * 512**2 + 512 + 32832,
    }


# %% wrong: no bias in the depthwise convolution
def predictions():
    return {
        "keys": 300,
        "odd_keys": 165,
        "attention": 278976,
        "linear": 20928,
        "growth": 16,
        "mlp": 70720,
    }


# %% wrong: one number is missing
def predictions():
    return {"keys": 300, "odd_keys": 165, "attention": 278976, "linear": 20928, "growth": 16}


# %% wrong: both roundings downwards
def predictions():
    return {
        "keys": 300,
        "odd_keys": (500 // 32) * (349 // 32),
        "attention": 278976,
        "linear": 20928,
        "growth": 16,
        "mlp": 71232,
    }


# %% right: floats and tensors
def predictions():
    return {
        "keys": torch.tensor(300),
        "odd_keys": 165.0,
        "attention": float(4 * 64**2 + 4 * 64 + 64**3 + 64 + 128),
        "linear": 20928,
        "growth": 2.0**4,
        "mlp": 71232,
    }


# %% right: counted with layers of its own
def predictions():
    def count(*layers):
        return sum(p.numel() for layer in layers for p in layer.parameters())

    shared = [nn.Linear(64, 64), nn.Linear(64, 128), nn.Linear(64, 64), nn.LayerNorm(64)]
    return {
        "keys": nn.Conv2d(1, 1, 8, stride=8)(torch.zeros(1, 1, 120, 160)).numel(),
        "odd_keys": nn.Conv2d(1, 1, 8, stride=8)(torch.zeros(1, 1, 125, 88)).numel(),
        "attention": count(*shared, nn.Conv2d(64, 64, 8)),
        "linear": count(*shared, nn.Conv2d(64, 64, 1)),
        "growth": (240 * 320 * 1200) / (120 * 160 * 300),
        "mlp": count(nn.Linear(64, 512), nn.Conv2d(512, 512, 3, groups=512), nn.Linear(512, 64)),
    }
