# %% wrong: a full convolution
def predictions():
    return {
        "depthwise": 49 * 192 * 192 + 192,
        "block": 50 * 192 + 2 * 192 + 8 * 192**2 + 5 * 192 + 192,
        "flops": 98 * 192 * 784,
        "mlp_flops": 16 * 192**2 * 784,
        "downsampling": 2 * 192 + 4 * 192 * 384 + 384,
        "places": 7 * 10,
    }


# %% wrong: biases are forgotten
def predictions():
    return {
        "depthwise": 49 * 192,
        "block": 50 * 192 + 2 * 192 + 8 * 192**2 + 5 * 192 + 192,
        "flops": 98 * 192 * 784,
        "mlp_flops": 16 * 192**2 * 784,
        "downsampling": 2 * 192 + 4 * 192 * 384 + 384,
        "places": 7 * 10,
    }


# %% wrong: without layer scale
def predictions():
    return {
        "depthwise": 50 * 192,
        "block": 50 * 192 + 2 * 192 + 8 * 192**2 + 5 * 192,
        "flops": 98 * 192 * 784,
        "mlp_flops": 16 * 192**2 * 784,
        "downsampling": 2 * 192 + 4 * 192 * 384 + 384,
        "places": 7 * 10,
    }


# %% wrong: without the normalisation
def predictions():
    return {
        "depthwise": 50 * 192,
        "block": 50 * 192 + 8 * 192**2 + 5 * 192 + 192,
        "flops": 98 * 192 * 784,
        "mlp_flops": 16 * 192**2 * 784,
        "downsampling": 2 * 192 + 4 * 192 * 384 + 384,
        "places": 7 * 10,
    }


# %% wrong: multiply-adds instead of FLOPs
def predictions():
    return {
        "depthwise": 50 * 192,
        "block": 50 * 192 + 2 * 192 + 8 * 192**2 + 5 * 192 + 192,
        "flops": 49 * 192 * 784,
        "mlp_flops": 16 * 192**2 * 784,
        "downsampling": 2 * 192 + 4 * 192 * 384 + 384,
        "places": 7 * 10,
    }


# %% wrong: one linear layer only
def predictions():
    return {
        "depthwise": 50 * 192,
        "block": 50 * 192 + 2 * 192 + 8 * 192**2 + 5 * 192 + 192,
        "flops": 98 * 192 * 784,
        "mlp_flops": 8 * 192**2 * 784,
        "downsampling": 2 * 192 + 4 * 192 * 384 + 384,
        "places": 7 * 10,
    }


# %% wrong: multiply-adds of the MLP
def predictions():
    return {
        "depthwise": 50 * 192,
        "block": 50 * 192 + 2 * 192 + 8 * 192**2 + 5 * 192 + 192,
        "flops": 98 * 192 * 784,
        "mlp_flops": 8 * 192**2 * 784,
        "downsampling": 2 * 192 + 4 * 192 * 384 + 384,
        "places": 7 * 10,
    }


# %% wrong: the normalisation of the new width
def predictions():
    return {
        "depthwise": 50 * 192,
        "block": 50 * 192 + 2 * 192 + 8 * 192**2 + 5 * 192 + 192,
        "flops": 98 * 192 * 784,
        "mlp_flops": 16 * 192**2 * 784,
        "downsampling": 2 * 384 + 4 * 192 * 384 + 384,
        "places": 7 * 10,
    }


# %% wrong: rounded up
def predictions():
    return {
        "depthwise": 50 * 192,
        "block": 50 * 192 + 2 * 192 + 8 * 192**2 + 5 * 192 + 192,
        "flops": 98 * 192 * 784,
        "mlp_flops": 16 * 192**2 * 784,
        "downsampling": 2 * 192 + 4 * 192 * 384 + 384,
        "places": 8 * 11,
    }


# %% wrong: the height alone
def predictions():
    return {
        "depthwise": 50 * 192,
        "block": 50 * 192 + 2 * 192 + 8 * 192**2 + 5 * 192 + 192,
        "flops": 98 * 192 * 784,
        "mlp_flops": 16 * 192**2 * 784,
        "downsampling": 2 * 192 + 4 * 192 * 384 + 384,
        "places": 7,
    }


# %% right: plain numbers
def predictions():
    numbers = [9600, 306048, 14751744, 462422016, 295680, 70]
    return dict(zip(("depthwise", "block", "flops", "mlp_flops", "downsampling", "places"), numbers))


# %% right: counted by making the layers, as tensors and floats
def predictions():
    def count(*layers):
        return sum(torch.tensor(p.numel()) for layer in layers for p in layer.parameters())

    conv, mlp = nn.Conv2d(192, 192, 7, groups=192), nn.Sequential(nn.Linear(192, 768), nn.Linear(768, 192))
    last = nn.Sequential(nn.AvgPool2d(4), nn.AvgPool2d(2), nn.AvgPool2d(2), nn.AvgPool2d(2))(
        torch.zeros(1, 1, 230, 350)
    )
    return {
        "depthwise": count(conv),
        "block": count(conv, mlp, nn.LayerNorm(192)) + 192,
        "flops": 2.0 * conv.weight.numel() * 28**2,
        "mlp_flops": 2 * sum(layer.weight.numel() for layer in mlp) * 28**2,
        "downsampling": count(nn.LayerNorm(192), nn.Conv2d(192, 384, 2)),
        "places": float(last.numel()),
    }
