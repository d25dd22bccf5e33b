# %% wrong: the class token has no row
def predictions():
    return {
        "learned": 589_824,
        "fixed": 0,
        "bias": 1_014,
        "scores": 14_406,
        "pairs": 30,
        "rows": 772,
    }


# %% wrong: a sine-cosine table counted as parameters
def predictions():
    return {
        "learned": 590_848,
        "fixed": 590_848,
        "bias": 1_014,
        "scores": 14_406,
        "pairs": 30,
        "rows": 773,
    }


# %% wrong: window sides instead of offsets
def predictions():
    return {
        "learned": 590_848,
        "fixed": 0,
        "bias": 7 * 7 * 6,
        "scores": 14_406,
        "pairs": 30,
        "rows": 773,
    }


# %% wrong: offsets counted from -H to H
def predictions():
    return {
        "learned": 590_848,
        "fixed": 0,
        "bias": 15 * 15 * 6,
        "scores": 14_406,
        "pairs": 30,
        "rows": 773,
    }


# %% wrong: one head only
def predictions():
    return {
        "learned": 590_848,
        "fixed": 0,
        "bias": 169,
        "scores": 2_401,
        "pairs": 30,
        "rows": 773,
    }


# %% wrong: the offset in every place of the window
def predictions():
    return {
        "learned": 590_848,
        "fixed": 0,
        "bias": 1_014,
        "scores": 14_406,
        "pairs": 49,
        "rows": 773,
    }


# %% wrong: one column too many for the pairs
def predictions():
    return {
        "learned": 590_848,
        "fixed": 0,
        "bias": 1_014,
        "scores": 14_406,
        "pairs": 6 * 6,
        "rows": 773,
    }


# %% wrong: the register tokens are forgotten
def predictions():
    return {
        "learned": 590_848,
        "fixed": 0,
        "bias": 1_014,
        "scores": 14_406,
        "pairs": 30,
        "rows": 32 * 24 + 1,
    }


# %% wrong: rows at the old size
def predictions():
    return {
        "learned": 590_848,
        "fixed": 0,
        "bias": 1_014,
        "scores": 14_406,
        "pairs": 30,
        "rows": 16 * 16 + 5,
    }


# %% wrong: patches of 16 pixels in the last question
def predictions():
    return {
        "learned": 590_848,
        "fixed": 0,
        "bias": 1_014,
        "scores": 14_406,
        "pairs": 30,
        "rows": 28 * 21 + 5,
    }


# %% right: products written out
def predictions():
    return {
        "learned": 1024 * 577,
        "fixed": 0,
        "bias": 6 * 13**2,
        "scores": 6 * 7**4,
        "pairs": 6 * 5,
        "rows": (448 // 14) * (336 // 14) + 1 + 4,
    }


# %% right: floats and tensors
def predictions():
    return {
        "learned": torch.tensor(590848),
        "fixed": 0.0,
        "bias": 1014.0,
        "scores": torch.tensor([14406]),
        "pairs": 30.0,
        "rows": 773.0,
    }


# %% right: counted by making the modules
def predictions():
    table = torch.nn.Embedding(24 * 24 + 1, 1024)
    places = [(r, c) for r in range(7) for c in range(7)]
    offsets = [(r - s, c - t) for r, c in places for s, t in places]
    return {
        "learned": sum(p.numel() for p in table.parameters()),
        "fixed": sum([]),
        "bias": len(set(offsets)) * 6,
        "scores": len(offsets) * 6,
        "pairs": offsets.count((1, 2)),
        "rows": len(range(0, 448, 14)) * len(range(0, 336, 14)) + 5,
    }
