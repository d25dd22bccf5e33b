# %% wrong: multiply-adds instead of FLOPs
def predictions():
    return {
        "convolution": 9 * 64 * 128 * 28 * 28,
        "depthwise": 9 * 128 * 28 * 28,
        "kept": 2_423_888,
        "table": 465_708,
        "resolution": 2.94,
        "crossing": 2304,
    }


# %% wrong: FLOPs instead of multiply-adds
def predictions():
    return {
        "convolution": 2 * 9 * 64 * 128 * 28 * 28,
        "depthwise": 2 * 9 * 128 * 28 * 28,
        "kept": 2_423_888,
        "table": 465_708,
        "resolution": 2.94,
        "crossing": 2304,
    }


# %% wrong: a depthwise convolution sums over all channels
def predictions():
    return {
        "convolution": 2 * 9 * 64 * 128 * 28 * 28,
        "depthwise": 9 * 128 * 128 * 28 * 28,
        "kept": 2_423_888,
        "table": 465_708,
        "resolution": 2.94,
        "crossing": 2304,
    }


# %% wrong: places of one side only
def predictions():
    return {
        "convolution": 2 * 9 * 64 * 128 * 28,
        "depthwise": 9 * 128 * 28 * 28,
        "kept": 2_423_888,
        "table": 465_708,
        "resolution": 2.94,
        "crossing": 2304,
    }


# %% wrong: no class token
def predictions():
    return {
        "convolution": 2 * 9 * 64 * 128 * 28 * 28,
        "depthwise": 9 * 128 * 28 * 28,
        "kept": 196 * 12_304,
        "table": 12 * 196**2,
        "resolution": 2.94,
        "crossing": 2304,
    }


# %% wrong: all twelve blocks
def predictions():
    return {
        "convolution": 2 * 9 * 64 * 128 * 28 * 28,
        "depthwise": 9 * 128 * 28 * 28,
        "kept": 12 * 2_423_888,
        "table": 465_708,
        "resolution": 2.94,
        "crossing": 2304,
    }


# %% wrong: one table for all heads
def predictions():
    return {
        "convolution": 2 * 9 * 64 * 128 * 28 * 28,
        "depthwise": 9 * 128 * 28 * 28,
        "kept": 2_423_888,
        "table": 197**2,
        "resolution": 2.94,
        "crossing": 2304,
    }


# %% wrong: sides instead of places
def predictions():
    return {
        "convolution": 2 * 9 * 64 * 128 * 28 * 28,
        "depthwise": 9 * 128 * 28 * 28,
        "kept": 2_423_888,
        "table": 465_708,
        "resolution": 384 / 224,
        "crossing": 2304,
    }


# %% wrong: to the fourth power, as attention's part
def predictions():
    return {
        "convolution": 2 * 9 * 64 * 128 * 28 * 28,
        "depthwise": 9 * 128 * 28 * 28,
        "kept": 2_423_888,
        "table": 465_708,
        "resolution": (384 / 224) ** 4,
        "crossing": 2304,
    }


# %% wrong: attention against the MLP only, as in chapter 06
def predictions():
    return {
        "convolution": 2 * 9 * 64 * 128 * 28 * 28,
        "depthwise": 9 * 128 * 28 * 28,
        "kept": 2_423_888,
        "table": 465_708,
        "resolution": 2.94,
        "crossing": 2 * 384,
    }


# %% wrong: the MLP alone
def predictions():
    return {
        "convolution": 2 * 9 * 64 * 128 * 28 * 28,
        "depthwise": 9 * 128 * 28 * 28,
        "kept": 2_423_888,
        "table": 465_708,
        "resolution": 2.94,
        "crossing": 4 * 384,
    }


# %% wrong: nothing predicted
def predictions():
    return {}


# %% right: as tensors and fractions, rounded to two digits
def predictions():
    N, D = torch.tensor(197), 768
    return {
        "convolution": torch.tensor(115_605_504),
        "depthwise": 903_168.0,
        "kept": N * (16 * D + 16),
        "table": [12 * 197 * 197][0],
        "resolution": round((24 / 14) ** 2, 2),
        "crossing": torch.tensor([2304.0]),
    }


# %% right: counted by PyTorch's shapes
def predictions():
    conv = nn.Conv2d(64, 128, 3)
    depthwise = nn.Conv2d(128, 128, 3, groups=128)
    tokens = torch.zeros(197, 768)
    return {
        "convolution": 2 * conv.weight.numel() * 784,
        "depthwise": depthwise.weight.numel() * 784,
        "kept": 8 * tokens.numel() + 2 * 4 * tokens.numel() + 197 * (4 + 12),
        "table": 12 * 197**2,
        "resolution": 384 * 384 / (224 * 224),
        "crossing": (8 + 16) * 384 / 4,
    }
