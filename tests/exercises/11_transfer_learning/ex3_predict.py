# %% wrong: proj is forgotten
def predictions():
    return {"lora": 294_912, "probe": 37_925, "rate": 0.001 * 0.75**13, "rows": 380, "precision": 0.5, "f1": 0.545}


# %% wrong: one block only
def predictions():
    return {"lora": 36_864, "probe": 37_925, "rate": 0.001 * 0.75**13, "rows": 380, "precision": 0.5, "f1": 0.545}


# %% wrong: LoRA with the full matrices
def predictions():
    return {
        "lora": 12 * 4 * 768**2,
        "probe": 37_925,
        "rate": 0.001 * 0.75**13,
        "rows": 380,
        "precision": 0.5,
        "f1": 0.545,
    }


# %% wrong: no bias in the head
def predictions():
    return {
        "lora": 442_368,
        "probe": 1024 * 37,
        "rate": 0.001 * 0.75**13,
        "rows": 380,
        "precision": 0.5,
        "f1": 0.545,
    }


# %% wrong: the embedding counts as the first block
def predictions():
    return {"lora": 442_368, "probe": 37_925, "rate": 0.001 * 0.75**12, "rows": 380, "precision": 0.5, "f1": 0.545}


# %% wrong: the decay once, not once per layer
def predictions():
    return {"lora": 442_368, "probe": 37_925, "rate": 0.001 * 0.75, "rows": 380, "precision": 0.5, "f1": 0.545}


# %% wrong: all rows of the new table
def predictions():
    return {"lora": 442_368, "probe": 37_925, "rate": 0.001 * 0.75**13, "rows": 576, "precision": 0.5, "f1": 0.545}


# %% wrong: pixels instead of patches
def predictions():
    return {
        "lora": 442_368,
        "probe": 37_925,
        "rate": 0.001 * 0.75**13,
        "rows": 384**2 - 224**2,
        "precision": 0.5,
        "f1": 0.545,
    }


# %% wrong: precision and recall have changed places
def predictions():
    return {"lora": 442_368, "probe": 37_925, "rate": 0.001 * 0.75**13, "rows": 380, "precision": 0.6, "f1": 0.545}


# %% wrong: the plain mean of precision and recall
def predictions():
    return {"lora": 442_368, "probe": 37_925, "rate": 0.001 * 0.75**13, "rows": 380, "precision": 0.5, "f1": 0.55}


# %% wrong: queries, keys and values each get a pair of matrices
def predictions():
    lora = 12 * 8 * 4 * (768 + 768)
    return {"lora": lora, "probe": 37_925, "rate": 0.001 * 0.75**13, "rows": 380, "precision": 0.5, "f1": 0.545}


# %% right: sums over the matrix, in NumPy
def predictions():
    import numpy as np

    counts = np.array([[9, 1, 0], [3, 6, 1], [0, 5, 5]])
    precision, recall = counts[1, 1] / counts[:, 1].sum(), counts[1, 1] / counts[1].sum()
    layers = [(768, 2304), (768, 768)] * 12
    return {
        "lora": np.int64(sum(8 * (k + d) for k, d in layers)),
        "probe": torch.tensor(1024 * 37 + 37),
        "rate": 1e-3 * 0.75 ** (12 + 1),
        "rows": (384 // 16) ** 2 - (224 // 16) ** 2,
        "precision": precision,
        "f1": 2 / (1 / precision + 1 / recall),
    }


# %% right: plain numbers, rounded as the text asks
def predictions():
    return {"lora": 442368.0, "probe": 37925, "rate": 2.38e-05, "rows": 380, "precision": 1 / 2, "f1": 0.545}


# %% right: the rate to two digits
def predictions():
    return {"lora": 442_368, "probe": 37_925, "rate": 2.4e-5, "rows": 380, "precision": 0.5, "f1": 0.545}
