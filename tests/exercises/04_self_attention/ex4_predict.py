# %% wrong: the biases are forgotten
def predictions():
    return {
        "parameters": 3 * 768 * 64,
        "multiplications": 4967552,
        "table_bytes": 10653728,
        "table_factor": 16,
        "deviation": 0.0625,
        "entropy": math.log(196),
    }


# %% wrong: one linear layer instead of three
def predictions():
    return {
        "parameters": 768 * 64 + 64,
        "multiplications": 4967552,
        "table_bytes": 10653728,
        "table_factor": 16,
        "deviation": 0.0625,
        "entropy": math.log(196),
    }


# %% wrong: queries, keys and values as long as the tokens
def predictions():
    return {
        "parameters": 3 * (768 * 768 + 768),
        "multiplications": 4967552,
        "table_bytes": 10653728,
        "table_factor": 16,
        "deviation": 0.0625,
        "entropy": math.log(196),
    }


# %% wrong: only the scores
def predictions():
    return {
        "parameters": 147648,
        "multiplications": 197 * 197 * 64,
        "table_bytes": 10653728,
        "table_factor": 16,
        "deviation": 0.0625,
        "entropy": math.log(196),
    }


# %% wrong: scores with D instead of d
def predictions():
    return {
        "parameters": 147648,
        "multiplications": 2 * 197 * 197 * 768,
        "table_bytes": 10653728,
        "table_factor": 16,
        "deviation": 0.0625,
        "entropy": math.log(196),
    }


# %% wrong: linear in the tokens
def predictions():
    return {
        "parameters": 147648,
        "multiplications": 2 * 197 * 64,
        "table_bytes": 10653728,
        "table_factor": 4,
        "deviation": 0.0625,
        "entropy": math.log(196),
    }


# %% wrong: one image instead of eight
def predictions():
    return {
        "parameters": 147648,
        "multiplications": 4967552,
        "table_bytes": 577 * 577 * 4,
        "table_factor": 16,
        "deviation": 0.0625,
        "entropy": math.log(196),
    }


# %% wrong: numbers instead of bytes
def predictions():
    return {
        "parameters": 147648,
        "multiplications": 4967552,
        "table_bytes": 8 * 577 * 577,
        "table_factor": 16,
        "deviation": 0.0625,
        "entropy": math.log(196),
    }


# %% wrong: a table of N by d
def predictions():
    return {
        "parameters": 147648,
        "multiplications": 4967552,
        "table_bytes": 8 * 577 * 64 * 4,
        "table_factor": 16,
        "deviation": 0.0625,
        "entropy": math.log(196),
    }


# %% wrong: twice the side taken for twice the tokens
def predictions():
    return {
        "parameters": 147648,
        "multiplications": 4967552,
        "table_bytes": 10653728,
        "table_factor": 4,
        "deviation": 0.0625,
        "entropy": math.log(196),
    }


# %% wrong: divided by the root after all
def predictions():
    return {
        "parameters": 147648,
        "multiplications": 4967552,
        "table_bytes": 10653728,
        "table_factor": 16,
        "deviation": 1,
        "entropy": math.log(196),
    }


# %% wrong: the deviation before the division
def predictions():
    return {
        "parameters": 147648,
        "multiplications": 4967552,
        "table_bytes": 10653728,
        "table_factor": 16,
        "deviation": 16,
        "entropy": math.log(196),
    }


# %% wrong: the variance, not the deviation
def predictions():
    return {
        "parameters": 147648,
        "multiplications": 4967552,
        "table_bytes": 10653728,
        "table_factor": 16,
        "deviation": 256 / 256**2,
        "entropy": math.log(196),
    }


# %% wrong: bits instead of nats
def predictions():
    return {
        "parameters": 147648,
        "multiplications": 4967552,
        "table_bytes": 10653728,
        "table_factor": 16,
        "deviation": 0.0625,
        "entropy": math.log2(196),
    }


# %% wrong: with the class token
def predictions():
    return {
        "parameters": 147648,
        "multiplications": 4967552,
        "table_bytes": 10653728,
        "table_factor": 16,
        "deviation": 0.0625,
        "entropy": math.log(250),
    }


# %% wrong: one number left out
def predictions():
    return {
        "parameters": 147648,
        "multiplications": 4967552,
        "table_bytes": 10653728,
        "table_factor": 16,
        "deviation": 0.0625,
    }


# %% wrong: a text is not a number
def predictions():
    return {
        "parameters": "147648",
        "multiplications": 4967552,
        "table_bytes": 10653728,
        "table_factor": 16,
        "deviation": 0.0625,
        "entropy": math.log(196),
    }


# %% wrong: reads the parameters off the ready-made class
def predictions():
    from utils.models.self_attention import SelfAttention

    return {
        "parameters": sum(p.numel() for p in SelfAttention(768, 64).parameters()),
        "multiplications": 4967552,
        "table_bytes": 10653728,
        "table_factor": 16,
        "deviation": 0.0625,
        "entropy": 5.278,
    }


# %% right: expressions of many types, rounded entropy
def predictions():
    import numpy as np

    return dict(
        parameters=sum(p.numel() for p in nn.Linear(768, 64).parameters()) * 3,
        multiplications=torch.tensor(2 * 197**2 * 64),
        table_bytes=np.float64(8 * 577**2 * 4),
        table_factor=np.array(16),
        deviation=torch.tensor([256.0]).rsqrt(),
        entropy=5.28,
        remark="checked twice",
    )


# %% right: fractions and floats
def predictions():
    from fractions import Fraction

    return {
        "parameters": 2304 * 64 + 192.0,
        "multiplications": 197 * (64 * 197) + 197 * (197 * 64),
        "table_bytes": 1.0653728e7,
        "table_factor": Fraction(2, 1) ** 4,
        "deviation": Fraction(1, 16),
        "entropy": -196 * (1 / 196) * math.log(1 / 196),
    }
