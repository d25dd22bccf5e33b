# %% wrong: weights only
def predictions():
    return {
        "block": 12 * 384**2,
        "layer_scale": 768,
        "flops": 756782592,
        "narrow": 8 * 384**2,
        "crossing": 768,
        "wide_crossing": 1536,
    }


# %% wrong: layer scale on one branch only
def predictions():
    return {
        "block": 1774464,
        "layer_scale": 384,
        "flops": 756782592,
        "narrow": 1183872,
        "crossing": 768,
        "wide_crossing": 1536,
    }


# %% wrong: layer scale with one number per branch
def predictions():
    return {
        "block": 1774464,
        "layer_scale": 2,
        "flops": 756782592,
        "narrow": 1183872,
        "crossing": 768,
        "wide_crossing": 1536,
    }


# %% wrong: the class token is forgotten
def predictions():
    return {
        "block": 1774464,
        "layer_scale": 768,
        "flops": 24 * 196 * 384**2 + 4 * 196**2 * 384,
        "narrow": 1183872,
        "crossing": 768,
        "wide_crossing": 1536,
    }


# %% wrong: multiply-adds instead of FLOPs
def predictions():
    return {
        "block": 1774464,
        "layer_scale": 768,
        "flops": 12 * 197 * 384**2 + 2 * 197**2 * 384,
        "narrow": 1183872,
        "crossing": 768,
        "wide_crossing": 1536,
    }


# %% wrong: comparing is counted and mixing is not
def predictions():
    return {
        "block": 1774464,
        "layer_scale": 768,
        "flops": 24 * 197 * 384**2 + 2 * 197**2 * 384,
        "narrow": 1183872,
        "crossing": 4 * 384,
        "wide_crossing": 8 * 384,
    }


# %% wrong: attention without its linear layers
def predictions():
    return {
        "block": 1774464,
        "layer_scale": 768,
        "flops": 756782592,
        "narrow": 1183872,
        "crossing": 4 * 384,
        "wide_crossing": 6 * 384,
    }


# %% wrong: the crossing does not move with the MLP
def predictions():
    return {
        "block": 1774464,
        "layer_scale": 768,
        "flops": 756782592,
        "narrow": 1183872,
        "crossing": 768,
        "wide_crossing": 768,
    }


# %% wrong: the whole block is halved with the MLP
def predictions():
    return {
        "block": 1774464,
        "layer_scale": 768,
        "flops": 756782592,
        "narrow": 1774464 // 2,
        "crossing": 768,
        "wide_crossing": 1536,
    }


# %% right: computed by counting modules
def predictions():
    def linear(a, b):
        return a * b + b

    D, N = 384, (224 // 16) ** 2 + 1
    attention, norms = linear(D, 3 * D) + linear(D, D), 2 * 2 * D
    flops = 2 * N * (D * 3 * D + D * D + D * 4 * D + 4 * D * D) + 2 * (2 * N * N * D)
    return {
        "block": attention + linear(D, 4 * D) + linear(4 * D, D) + norms,
        "layer_scale": D + D,
        "flops": flops,
        "narrow": attention + linear(D, 2 * D) + linear(2 * D, D) + norms,
        "crossing": (16 - 8) * D / 4,
        "wide_crossing": (24 - 8) * D / 4,
    }


# %% right: tensors and floats
def predictions():
    return {
        "block": torch.tensor(1774464),
        "layer_scale": 768.0,
        "flops": torch.tensor([756782592]),
        "narrow": 1183872,
        "crossing": float(2 * 384),
        "wide_crossing": 1536,
    }
