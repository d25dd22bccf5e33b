# %% wrong: an even kernel padded by half of it keeps the size
def predictions():
    return {
        "side": 112,
        "side_even": 32,
        "parameters": 73856,
        "multiplications": 231211008,
        "receptive_field": 27,
        "jump": 4,
    }


# %% wrong: one window too few, the + 1 is forgotten
def predictions():
    return {
        "side": 111,
        "side_even": 32,
        "parameters": 73856,
        "multiplications": 231211008,
        "receptive_field": 27,
        "jump": 4,
    }


# %% wrong: rounds up instead of down
def predictions():
    return {
        "side": 113,
        "side_even": 33,
        "parameters": 73856,
        "multiplications": 231211008,
        "receptive_field": 27,
        "jump": 4,
    }


# %% wrong: the biases are forgotten
def predictions():
    return {
        "side": 112,
        "side_even": 33,
        "parameters": 73728,
        "multiplications": 231211008,
        "receptive_field": 27,
        "jump": 4,
    }


# %% wrong: one bias per input channel
def predictions():
    return {
        "side": 112,
        "side_even": 33,
        "parameters": 73792,
        "multiplications": 231211008,
        "receptive_field": 27,
        "jump": 4,
    }


# %% wrong: multiplications of one output channel only
def predictions():
    return {
        "side": 112,
        "side_even": 33,
        "parameters": 73856,
        "multiplications": 1806336,
        "receptive_field": 27,
        "jump": 4,
    }


# %% wrong: counts multiplications and additions
def predictions():
    return {
        "side": 112,
        "side_even": 33,
        "parameters": 73856,
        "multiplications": 462422016,
        "receptive_field": 27,
        "jump": 4,
    }


# %% wrong: the strides are forgotten
def predictions():
    return {
        "side": 112,
        "side_even": 33,
        "parameters": 73856,
        "multiplications": 231211008,
        "receptive_field": 13,
        "jump": 4,
    }


# %% wrong: multiplies the jump by the stride before it adds
def predictions():
    return {
        "side": 112,
        "side_even": 33,
        "parameters": 73856,
        "multiplications": 231211008,
        "receptive_field": 37,
        "jump": 4,
    }


# %% wrong: the pooling is left out
def predictions():
    return {
        "side": 112,
        "side_even": 33,
        "parameters": 73856,
        "multiplications": 231211008,
        "receptive_field": 15,
        "jump": 2,
    }


# %% wrong: strides are added
def predictions():
    return {
        "side": 112,
        "side_even": 33,
        "parameters": 73856,
        "multiplications": 231211008,
        "receptive_field": 27,
        "jump": 6,
    }


# %% wrong: the names are there, the numbers are not
def predictions():
    return dict.fromkeys(["side", "side_even", "parameters", "multiplications", "receptive_field", "jump"])


# %% wrong: reads the receptive field off the ready-made function
def predictions():
    from utils.models.convolution import receptive_field

    return {
        "side": 112,
        "side_even": 33,
        "parameters": 73856,
        "multiplications": 231211008,
        "receptive_field": receptive_field([(7, 2), (3, 2), (3, 1), (3, 1)]),
        "jump": 4,
    }


# %% right: measured with PyTorch, so the numbers are of many types
def predictions():
    import numpy as np

    conv = nn.Conv2d(64, 128, 3)
    return dict(
        side=torch.tensor(nn.Conv2d(1, 1, 7, 2, 3)(torch.zeros(1, 1, 224, 224)).shape[-1]),
        side_even=nn.Conv2d(1, 1, 4, padding=2)(torch.zeros(1, 1, 32, 32)).shape[3],
        parameters=sum(p.numel() for p in conv.parameters()),
        multiplications=np.int64(conv.weight.numel()) * 56**2,
        receptive_field=np.array([27]),
        jump=torch.tensor([4.0]),
        remark="checked twice",
    )


# %% right: floats and fractions
def predictions():
    from fractions import Fraction

    r, j = Fraction(1), Fraction(1)
    for kernel_size, stride in [(7, 2), (3, 2), (3, 1), (3, 1)]:
        r, j = r + (kernel_size - 1) * j, j * stride
    return {
        "side": 224 / 2,
        "side_even": 33.0,
        "parameters": 128 * (64 * 9 + 1),
        "multiplications": 128.0 * 64 * 9 * 56 * 56,
        "receptive_field": r,
        "jump": j,
    }
