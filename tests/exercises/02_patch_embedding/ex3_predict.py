# %% wrong: the class token is forgotten
def predictions():
    return {
        "patches": 300,
        "sequence": 576,
        "parameters_16": 590592,
        "parameters_8": 148224,
        "patches_factor": 16,
        "table_factor": 256,
    }


# %% wrong: the biases are forgotten
def predictions():
    return {
        "patches": 300,
        "sequence": 577,
        "parameters_16": 768 * 768,
        "parameters_8": 768 * 192,
        "patches_factor": 16,
        "table_factor": 256,
    }


# %% wrong: a projection of its own for every patch
def predictions():
    return {
        "patches": 300,
        "sequence": 577,
        "parameters_16": 196 * (768 * 768 + 768),
        "parameters_8": 784 * (768 * 192 + 768),
        "patches_factor": 16,
        "table_factor": 256,
    }


# %% wrong: the table grows with N, not with N²
def predictions():
    return {
        "patches": 300,
        "sequence": 577,
        "parameters_16": 590592,
        "parameters_8": 148224,
        "patches_factor": 16,
        "table_factor": 16,
    }


# %% wrong: factors along one side only
def predictions():
    return {
        "patches": 300,
        "sequence": 577,
        "parameters_16": 590592,
        "parameters_8": 148224,
        "patches_factor": 4,
        "table_factor": 16,
    }


# %% wrong: the image taken for a square
def predictions():
    return {
        "patches": 20 * 20,
        "sequence": 577,
        "parameters_16": 590592,
        "parameters_8": 148224,
        "patches_factor": 16,
        "table_factor": 256,
    }


# %% wrong: the colours are forgotten
def predictions():
    return {
        "patches": 300,
        "sequence": 577,
        "parameters_16": 768 * 16 * 16 + 768,
        "parameters_8": 768 * 8 * 8 + 768,
        "patches_factor": 16,
        "table_factor": 256,
    }


# %% wrong: smaller patches taken for more parameters
def predictions():
    return {
        "patches": 300,
        "sequence": 577,
        "parameters_16": 590592,
        "parameters_8": 4 * 590592,
        "patches_factor": 16,
        "table_factor": 256,
    }


# %% wrong: the factors the wrong way round
def predictions():
    return {
        "patches": 300,
        "sequence": 577,
        "parameters_16": 590592,
        "parameters_8": 148224,
        "patches_factor": 1 / 16,
        "table_factor": 1 / 256,
    }


# %% wrong: one number left out
def predictions():
    return {"patches": 300, "sequence": 577, "parameters_16": 590592, "parameters_8": 148224, "patches_factor": 16}


# %% wrong: a text is not a number
def predictions():
    return {
        "patches": "300",
        "sequence": "577",
        "parameters_16": 590592,
        "parameters_8": 148224,
        "patches_factor": 16,
        "table_factor": 256,
    }


# %% wrong: reads the numbers of parameters off the ready-made class
def predictions():
    from utils.models.patch_embedding import PatchEmbedding

    return {
        "patches": 300,
        "sequence": 577,
        "parameters_16": sum(p.numel() for p in PatchEmbedding(16).parameters()),
        "parameters_8": sum(p.numel() for p in PatchEmbedding(8).parameters()),
        "patches_factor": 16,
        "table_factor": 256,
    }


# %% wrong: the names are there, the numbers are not
def predictions():
    return dict.fromkeys(["patches", "sequence", "parameters_16", "parameters_8", "patches_factor", "table_factor"])


# %% right: floats out of divisions
def predictions():
    patches = (240 / 16) * (320 / 16)
    factor = (224 / 8) ** 2 / (224 / 32) ** 2
    return {
        "patches": patches,
        "sequence": (384 / 16) ** 2 + 1,
        "parameters_16": (3 * 16**2 + 1) * 768.0,
        "parameters_8": (3 * 8**2 + 1) * 768.0,
        "patches_factor": factor,
        "table_factor": factor**2,
    }


# %% right: counted with PyTorch and NumPy, so the numbers are of many types, and one too many
def predictions():
    import numpy as np

    return dict(
        patches=torch.tensor(300),
        sequence=np.int64(24) ** 2 + 1,
        parameters_16=sum(p.numel() for p in nn.Conv2d(3, 768, 16, 16).parameters()),
        parameters_8=torch.tensor([148224.0]),
        patches_factor=np.float32(16),
        table_factor=np.array(256),
        remark="checked twice",
    )


# %% right: fractions
def predictions():
    from fractions import Fraction

    factor = Fraction(32, 8) ** 2
    numbers = [15 * 20, 24 * 24 + 1, 768 * 769, 768 * 193, factor, factor * factor]
    return dict(
        zip(["patches", "sequence", "parameters_16", "parameters_8", "patches_factor", "table_factor"], numbers)
    )
