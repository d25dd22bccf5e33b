# %% wrong: as many pieces as windows
def predictions():
    return {"windows": 24, "pieces": 24, "splitting": 9, "corner_pairs": 625, "biases": 1014, "blocks": 11}


# %% wrong: one piece more than windows
def predictions():
    return {"windows": 24, "pieces": 25, "splitting": 9, "corner_pairs": 625, "biases": 1014, "blocks": 11}


# %% wrong: the windows of the honest cut
def predictions():
    return {"windows": 35, "pieces": 35, "splitting": 9, "corner_pairs": 625, "biases": 1014, "blocks": 11}


# %% wrong: the corner window is counted twice
def predictions():
    return {"windows": 24, "pieces": 35, "splitting": 10, "corner_pairs": 625, "biases": 1014, "blocks": 11}


# %% wrong: every window has a mask that hides something
def predictions():
    return {"windows": 24, "pieces": 35, "splitting": 24, "corner_pairs": 625, "biases": 1014, "blocks": 11}


# %% wrong: all pairs of the last window
def predictions():
    return {"windows": 24, "pieces": 35, "splitting": 9, "corner_pairs": 2401, "biases": 1014, "blocks": 11}


# %% wrong: tokens of the corner's regions instead of pairs
def predictions():
    return {"windows": 24, "pieces": 35, "splitting": 9, "corner_pairs": 49, "biases": 1014, "blocks": 11}


# %% wrong: a window of 4 is split in the middle
def predictions():
    return {"windows": 24, "pieces": 35, "splitting": 9, "corner_pairs": 576, "biases": 1014, "blocks": 11}


# %% wrong: biases of one head
def predictions():
    return {"windows": 24, "pieces": 35, "splitting": 9, "corner_pairs": 625, "biases": 169, "blocks": 11}


# %% wrong: a bias for every pair of tokens
def predictions():
    return {"windows": 24, "pieces": 35, "splitting": 9, "corner_pairs": 625, "biases": 14406, "blocks": 11}


# %% wrong: the shorter side decides
def predictions():
    return {"windows": 24, "pieces": 35, "splitting": 9, "corner_pairs": 625, "biases": 1014, "blocks": 7}


# %% wrong: one block per window
def predictions():
    return {"windows": 24, "pieces": 35, "splitting": 9, "corner_pairs": 625, "biases": 1014, "blocks": 6}


# %% wrong: rows and columns one after the other
def predictions():
    return {"windows": 24, "pieces": 35, "splitting": 9, "corner_pairs": 625, "biases": 1014, "blocks": 18}


# %% right: as expressions, and floats
def predictions():
    h, w = 28 / 7, 42 / 7
    sizes = [4 * 4, 4 * 3, 3 * 4, 3 * 3]
    return dict(windows=h * w, pieces=(h + 1) * (w + 1), splitting=h + w - 1, corner_pairs=sum(n * n for n in sizes),
                biases=(2 * 7 - 1) ** 2 * 6, blocks=1 + 2 * (w - 1))


# %% right: counted by tensors
def predictions():
    cut = torch.tensor([0, 0, 0, 0, 1, 1, 1])
    label = (2 * cut[:, None] + cut).flatten()
    return {
        "windows": torch.tensor(24),
        "pieces": torch.tensor([5]).prod() * 7,
        "splitting": torch.tensor(9.0),
        "corner_pairs": (label[:, None] == label).sum(),
        "biases": 6 * 13**2,
        "blocks": 11,
    }
