# %% wrong: forgets the biases of the blocks
def predictions():
    return {
        "small": 12 * 12 * 384**2 + 769 * 384 + 384 + 197 * 384 + 2 * 384 + 385 * 1000,
        "sharper": 291_840,
        "mean": 1536,
        "tokens": 577,
        "loss": 4.605,
        "doubled": 4,
    }


# %% wrong: the class token has no position
def predictions():
    return {"small": 22_050_664 - 384, "sharper": 291_840, "mean": 1536, "tokens": 577, "loss": 4.605, "doubled": 4}


# %% wrong: attention is thought to grow with the number of patches
def predictions():
    return {
        "small": 22_050_664,
        "sharper": 12 * (576**2 - 196**2),
        "mean": 1536,
        "tokens": 577,
        "loss": 4.605,
        "doubled": 4,
    }


# %% wrong: counts patches instead of numbers
def predictions():
    return {"small": 22_050_664, "sharper": 576 - 196, "mean": 1536, "tokens": 577, "loss": 4.605, "doubled": 4}


# %% wrong: forgets the position of the class token
def predictions():
    return {"small": 22_050_664, "sharper": 291_840, "mean": 768, "tokens": 577, "loss": 4.605, "doubled": 4}


# %% wrong: no class token among the tokens
def predictions():
    return {"small": 22_050_664, "sharper": 291_840, "mean": 1536, "tokens": 576, "loss": 4.605, "doubled": 4}


# %% wrong: the loss of ten classes
def predictions():
    return {"small": 22_050_664, "sharper": 291_840, "mean": 1536, "tokens": 577, "loss": 2.303, "doubled": 4}


# %% wrong: logarithm to the base 2
def predictions():
    return {"small": 22_050_664, "sharper": 291_840, "mean": 1536, "tokens": 577, "loss": math.log2(100), "doubled": 4}


# %% wrong: twice as wide, twice as many
def predictions():
    return {"small": 22_050_664, "sharper": 291_840, "mean": 1536, "tokens": 577, "loss": 4.605, "doubled": 2}


# %% wrong: nothing predicted
def predictions():
    return {"small": 0, "sharper": 0, "mean": 0, "tokens": 0, "loss": 0, "doubled": 0}


# %% right: numbers written out, the loss rounded
def predictions():
    return {"small": 22_050_664, "sharper": 291_840, "mean": 1536, "tokens": 577, "loss": 4.606, "doubled": 4.0}


# %% right: computed, as tensors and NumPy numbers
def predictions():
    D, L, K = 384, 12, 1000
    parts = [L * (12 * D * D + 13 * D), D * 769, D, 197 * D, 2 * D, K * D + K]
    return {
        "small": torch.tensor(parts).sum(),
        "sharper": np.int64(768) * (577 - 197),
        "mean": torch.tensor([1536]),
        "tokens": 1 + (384 / 16) ** 2,
        "loss": -np.log(1 / 100),
        "doubled": 2**2,
    }
