# %% wrong: the stride of the first stage
def predictions():
    return {
        "tokens": 80 * 112,
        "windows": 100,
        "merging": 296448,
        "position": 507,
        "shifted": 12,
        "block": 752640000,
    }


# %% wrong: the stride of a ViT
def predictions():
    return {
        "tokens": 20 * 28,
        "windows": 100,
        "merging": 296448,
        "position": 507,
        "shifted": 12,
        "block": 752640000,
    }


# %% wrong: tokens that fill no window are thrown away
def predictions():
    return {
        "tokens": 140,
        "windows": 9 * 9,
        "merging": 296448,
        "position": 507,
        "shifted": 12,
        "block": 752640000,
    }


# %% wrong: a fraction of a window
def predictions():
    return {
        "tokens": 140,
        "windows": (64 / 7) ** 2,
        "merging": 296448,
        "position": 507,
        "shifted": 12,
        "block": 752640000,
    }


# %% wrong: the number of windows at 224 pixels
def predictions():
    return {
        "tokens": 140,
        "windows": 8 * 8,
        "merging": 296448,
        "position": 507,
        "shifted": 12,
        "block": 752640000,
    }


# %% wrong: without the normalisation
def predictions():
    return {
        "tokens": 140,
        "windows": 100,
        "merging": 8 * 192**2,
        "position": 507,
        "shifted": 12,
        "block": 752640000,
    }


# %% wrong: with a bias
def predictions():
    return {
        "tokens": 140,
        "windows": 100,
        "merging": 8 * 192**2 + 8 * 192 + 384,
        "position": 507,
        "shifted": 12,
        "block": 752640000,
    }


# %% wrong: from 4C to C
def predictions():
    return {
        "tokens": 140,
        "windows": 100,
        "merging": 4 * 192**2 + 8 * 192,
        "position": 507,
        "shifted": 12,
        "block": 752640000,
    }


# %% wrong: one table for all heads
def predictions():
    return {
        "tokens": 140,
        "windows": 100,
        "merging": 296448,
        "position": 13 * 13,
        "shifted": 12,
        "block": 752640000,
    }


# %% wrong: a number for each pair of tokens
def predictions():
    return {
        "tokens": 140,
        "windows": 100,
        "merging": 296448,
        "position": 49 * 49 * 3,
        "shifted": 12,
        "block": 752640000,
    }


# %% wrong: 14 offsets in each direction
def predictions():
    return {
        "tokens": 140,
        "windows": 100,
        "merging": 296448,
        "position": 14 * 14 * 3,
        "shifted": 12,
        "block": 752640000,
    }


# %% wrong: one block of each stage
def predictions():
    return {
        "tokens": 140,
        "windows": 100,
        "merging": 296448,
        "position": 507,
        "shifted": 4,
        "block": 752640000,
    }


# %% wrong: the blocks of Swin-T
def predictions():
    return {
        "tokens": 140,
        "windows": 100,
        "merging": 296448,
        "position": 507,
        "shifted": 1 + 1 + 3 + 1,
        "block": 752640000,
    }


# %% wrong: multiply-adds instead of FLOPs
def predictions():
    return {
        "tokens": 140,
        "windows": 100,
        "merging": 296448,
        "position": 507,
        "shifted": 12,
        "block": 752640000 // 2,
    }


# %% wrong: global attention
def predictions():
    return {
        "tokens": 140,
        "windows": 100,
        "merging": 296448,
        "position": 507,
        "shifted": 12,
        "block": 24 * 3136 * 96**2 + 4 * 3136**2 * 96,
    }


# %% wrong: without comparing and mixing
def predictions():
    return {
        "tokens": 140,
        "windows": 100,
        "merging": 296448,
        "position": 507,
        "shifted": 12,
        "block": 24 * 3136 * 96**2,
    }


# %% wrong: without the MLP
def predictions():
    return {
        "tokens": 140,
        "windows": 100,
        "merging": 296448,
        "position": 507,
        "shifted": 12,
        "block": 8 * 3136 * 96**2 + 4 * 3136 * 49 * 96,
    }


# %% right: computed by counting
def predictions():
    side = -(-(256 // 4) // 7)  # rounded up
    long, N, C = 4 * 192, (224 // 4) ** 2, 96
    linear = 2 * N * C * (3 * C + C + 4 * C + 4 * C)
    return {
        "tokens": torch.tensor([10 * 14]),
        "windows": side**2,
        "merging": long + long + long * 384,
        "position": (2 * 7 - 1) ** 2 * 3,
        "shifted": sum(depth // 2 for depth in (2, 2, 18, 2)),
        "block": linear + 64 * 2 * (2 * 49 * 49 * C),
    }


# %% right: floats and tensors
def predictions():
    return {
        "tokens": 140.0,
        "windows": torch.tensor(100),
        "merging": float(296448),
        "position": 507.0,
        "shifted": torch.tensor([12]),
        "block": 752.64e6,
    }
