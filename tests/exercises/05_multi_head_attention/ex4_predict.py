# %% wrong: the biases are forgotten
def predictions():
    return {
        "parameters": 4 * 384 * 384,
        "first_row": 512,
        "map_numbers": 8 * 6 * 197**2,
        "map_factor": 2,
        "flop_factor": 1,
        "shared": (384 + 256) * 384 + 384 * 384,
    }


# %% wrong: the rows are taken to be (h, 3, d_h)
def predictions():
    return {
        "parameters": 591360,
        "first_row": 2 * 3 * 64 + 64,
        "map_numbers": 8 * 6 * 197**2,
        "map_factor": 2,
        "flop_factor": 1,
        "shared": 394240,
    }


# %% wrong: heads are counted from 1
def predictions():
    return {
        "parameters": 591360,
        "first_row": 384 + 64,
        "map_numbers": 8 * 6 * 197**2,
        "map_factor": 2,
        "flop_factor": 1,
        "shared": 394240,
    }


# %% wrong: each head has a full token's length
def predictions():
    return {
        "parameters": 6 * (3 * 384 * 385) + 384 * 385,
        "first_row": 512,
        "map_numbers": 8 * 6 * 197**2,
        "map_factor": 2,
        "flop_factor": 1,
        "shared": 394240,
    }


# %% wrong: the heads are forgotten in the maps
def predictions():
    return {
        "parameters": 591360,
        "first_row": 512,
        "map_numbers": 8 * 197**2,
        "map_factor": 1,
        "flop_factor": 1,
        "shared": 394240,
    }


# %% wrong: one map for all images
def predictions():
    return {
        "parameters": 591360,
        "first_row": 512,
        "map_numbers": 6 * 197**2,
        "map_factor": 2,
        "flop_factor": 1,
        "shared": 394240,
    }


# %% wrong: twice the heads, twice the work
def predictions():
    return {
        "parameters": 591360,
        "first_row": 512,
        "map_numbers": 8 * 6 * 197**2,
        "map_factor": 2,
        "flop_factor": 2,
        "shared": 394240,
    }


# %% wrong: shorter heads, half the work
def predictions():
    return {
        "parameters": 591360,
        "first_row": 512,
        "map_numbers": 8 * 6 * 197**2,
        "map_factor": 2,
        "flop_factor": 0.5,
        "shared": 394240,
    }


# %% wrong: queries are shared as well
def predictions():
    return {
        "parameters": 591360,
        "first_row": 512,
        "map_numbers": 8 * 6 * 197**2,
        "map_factor": 2,
        "flop_factor": 1,
        "shared": 3 * 2 * 64 * 385 + 384 * 385,
    }


# %% wrong: one head of keys and values per group, forgets the values
def predictions():
    return {
        "parameters": 591360,
        "first_row": 512,
        "map_numbers": 8 * 6 * 197**2,
        "map_factor": 2,
        "flop_factor": 1,
        "shared": (384 + 128) * 385 + 384 * 385,
    }


# %% wrong: the merge is left out
def predictions():
    return {
        "parameters": 3 * 384 * 385,
        "first_row": 512,
        "map_numbers": 8 * 6 * 197**2,
        "map_factor": 2,
        "flop_factor": 1,
        "shared": 640 * 385,
    }


# %% wrong: one number left out
def predictions():
    return {
        "parameters": 591360,
        "first_row": 512,
        "map_numbers": 8 * 6 * 197**2,
        "map_factor": 2,
        "flop_factor": 1,
    }


# %% wrong: the names are there, the numbers are not
def predictions():
    return {
        "parameters": None,
        "first_row": None,
        "map_numbers": None,
        "map_factor": None,
        "flop_factor": None,
        "shared": None,
    }


# %% wrong: reads the parameters off the ready-made class
def predictions():
    from utils.models.multi_head_attention import MultiHeadAttention

    return {
        "parameters": sum(p.numel() for p in MultiHeadAttention(384, 6).parameters()),
        "first_row": 512,
        "map_numbers": 8 * 6 * 197**2,
        "map_factor": 2,
        "flop_factor": 1,
        "shared": 394240,
    }


# %% right: counted with PyTorch, floats and tensors
def predictions():
    def count(*layers):
        return sum(p.numel() for layer in layers for p in layer.parameters())

    return dict(
        parameters=torch.tensor(count(nn.MultiheadAttention(384, 6))),
        first_row=float(torch.arange(3 * 384).reshape(3, 6, 64)[1, 2, 0]),
        map_numbers=torch.empty(8, 6, 197, 197).numel(),
        map_factor=torch.tensor([2.0]),
        flop_factor=1.0,
        shared=count(nn.Linear(384, 384), nn.Linear(384, 128), nn.Linear(384, 128), nn.Linear(384, 384)),
    )


# %% right: fractions and NumPy
def predictions():
    from fractions import Fraction

    import numpy as np

    d = np.int64(64)
    return {
        "parameters": 4 * 384 * 385,
        "first_row": (6 + 2) * d,
        "map_numbers": np.prod([8, 6, 197, 197]),
        "map_factor": Fraction(12, 6),
        "flop_factor": Fraction(12 * 32, 6 * 64),
        "shared": (6 + 2 + 2 + 6) * d * 385,
        "remark": "checked twice",
    }
