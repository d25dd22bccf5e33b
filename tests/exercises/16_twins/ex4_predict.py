# %% wrong: keys counted on the pixels, not on the first map
def predictions():
    return {
        "keys": (384 // 8) * (288 // 8),
        "padding": 634,
        "peg": 9600,
        "tables": 376320,
        "best": 16,
        "times": 128,
        "corner": 8,
        "blank": 20,
    }


# %% wrong: one key for each token
def predictions():
    return {
        "keys": 96 * 72,
        "padding": 634,
        "peg": 9600,
        "tables": 376320,
        "best": 16,
        "times": 128,
        "corner": 8,
        "blank": 20,
    }


# %% wrong: only the width is padded
def predictions():
    return {
        "keys": 108,
        "padding": 96 * (77 - 72),
        "peg": 9600,
        "tables": 376320,
        "best": 16,
        "times": 128,
        "corner": 8,
        "blank": 20,
    }


# %% wrong: nothing is padded, since s = 8 divides the map
def predictions():
    return {
        "keys": 108,
        "padding": 0,
        "peg": 9600,
        "tables": 376320,
        "best": 16,
        "times": 128,
        "corner": 8,
        "blank": 20,
    }


# %% wrong: a PEG without bias
def predictions():
    return {
        "keys": 108,
        "padding": 634,
        "peg": 9 * 960,
        "tables": 376320,
        "best": 16,
        "times": 128,
        "corner": 8,
        "blank": 20,
    }


# %% wrong: a full convolution instead of a depthwise one
def predictions():
    return {
        "keys": 108,
        "padding": 634,
        "peg": sum(9 * c * c + c for c in (64, 128, 256, 512)),
        "tables": 376320,
        "best": 16,
        "times": 128,
        "corner": 8,
        "blank": 20,
    }


# %% wrong: a table for the first stage only
def predictions():
    return {
        "keys": 108,
        "padding": 634,
        "peg": 9600,
        "tables": 56 * 56 * 64,
        "best": 16,
        "times": 128,
        "corner": 8,
        "blank": 20,
    }


# %% wrong: a table with a row for a class token
def predictions():
    return {
        "keys": 108,
        "padding": 634,
        "peg": 9600,
        "tables": sum((n * n + 1) * c for n, c in ((56, 64), (28, 128), (14, 256), (7, 512))),
        "best": 16,
        "times": 128,
        "corner": 8,
        "blank": 20,
    }


# %% wrong: the root of the root is forgotten
def predictions():
    return {
        "keys": 108,
        "padding": 634,
        "peg": 9600,
        "tables": 376320,
        "best": 256,
        "times": 128,
        "corner": 8,
        "blank": 20,
    }


# %% wrong: LSA and GSA counted once instead of twice
def predictions():
    return {
        "keys": 108,
        "padding": 634,
        "peg": 9600,
        "tables": 376320,
        "best": 16,
        "times": 256,
        "corner": 8,
        "blank": 20,
    }


# %% wrong: a full group in the corner
def predictions():
    return {
        "keys": 108,
        "padding": 634,
        "peg": 9600,
        "tables": 376320,
        "best": 16,
        "times": 128,
        "corner": 49,
        "blank": 20,
    }


# %% wrong: the rows of a group for the columns as well
def predictions():
    return {
        "keys": 108,
        "padding": 634,
        "peg": 9600,
        "tables": 376320,
        "best": 16,
        "times": 128,
        "corner": 2 * 2,
        "blank": 20,
    }


# %% wrong: only the border itself notices after two PEGs
def predictions():
    return {
        "keys": 108,
        "padding": 634,
        "peg": 9600,
        "tables": 376320,
        "best": 16,
        "times": 128,
        "corner": 8,
        "blank": 9,
    }


# %% wrong: as on a square map
def predictions():
    return {
        "keys": 108,
        "padding": 634,
        "peg": 9600,
        "tables": 376320,
        "best": 16,
        "times": 128,
        "corner": 8,
        "blank": 5 * 5,
    }


# %% wrong: every token differs
def predictions():
    return {
        "keys": 108,
        "padding": 634,
        "peg": 9600,
        "tables": 376320,
        "best": 16,
        "times": 128,
        "corner": 8,
        "blank": 4 * 9,
    }


# %% right: as expressions and fractions
def predictions():
    return {
        "keys": 12.0 * 9,
        "padding": 7546 - 6912,
        "peg": 9600,
        "tables": 376320,
        "best": (256 * 256) ** 0.25,
        "times": (256 * 256) ** 0.5 / 2,
        "corner": 8,
        "blank": 20,
    }


# %% right: as tensors
def predictions():
    return {
        "keys": 108,
        "padding": 634,
        "peg": torch.tensor(9600),
        "tables": torch.tensor([376320.0]),
        "best": 16,
        "times": 128,
        "corner": 8,
        "blank": torch.tensor(20),
    }


# %% right: counted with PyTorch
def predictions():
    return {
        "keys": 108,
        "padding": F.pad(torch.zeros(96, 72), (0, 5, 0, 2)).numel() - 96 * 72,
        "peg": sum(q.numel() for c in (64, 128, 256, 512) for q in nn.Conv2d(c, c, 3, groups=c).parameters()),
        "tables": 376320,
        "best": 16,
        "times": 128,
        "corner": 8,
        "blank": 20,
    }
