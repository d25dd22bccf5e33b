# %% wrong: the first step of Adam is as long as the gradient times the rate
def predictions():
    return {
        "adam": 2 * 0.999 - 0.01 * 0.003,
        "decayed": 1.80958,
        "lam": 0.859375,
        "target": 0.64,
        "steps": 5850,
        "factor": 0.853553,
        "ema": 0.3439,
        "still": 256,
    }


# %% wrong: Adam without the decay
def predictions():
    return {
        "adam": 2 - 0.01,
        "decayed": 1.80958,
        "lam": 0.859375,
        "target": 0.64,
        "steps": 5850,
        "factor": 0.853553,
        "ema": 0.3439,
        "still": 256,
    }


# %% wrong: the decay is added to the gradient, as in Adam with L2, and vanishes in the division
def predictions():
    return {
        "adam": 1.99,
        "decayed": 2 - 100 * 0.01,
        "lam": 0.859375,
        "target": 0.64,
        "steps": 5850,
        "factor": 0.853553,
        "ema": 0.3439,
        "still": 256,
    }


# %% wrong: the step goes along the gradient, not against it
def predictions():
    return {
        "adam": 1.998 + 0.01,
        "decayed": 1.80958,
        "lam": 0.859375,
        "target": 0.64,
        "steps": 5850,
        "factor": 0.853553,
        "ema": 0.3439,
        "still": 256,
    }


# %% wrong: the decay is not multiplied by the rate
def predictions():
    return {
        "adam": 2 * 0.9 - 0.01,
        "decayed": 2 * 0.9**100,
        "lam": 0.859375,
        "target": 0.64,
        "steps": 5850,
        "factor": 0.853553,
        "ema": 0.3439,
        "still": 256,
    }


# %% wrong: 100 times the first decay, instead of decays of decays
def predictions():
    return {
        "adam": 1.988,
        "decayed": 2 - 100 * 0.002,
        "lam": 0.859375,
        "target": 0.64,
        "steps": 5850,
        "factor": 0.853553,
        "ema": 0.3439,
        "still": 256,
    }


# %% wrong: a gradient of 0 changes nothing
def predictions():
    return {
        "adam": 1.988,
        "decayed": 2,
        "lam": 0.859375,
        "target": 0.64,
        "steps": 5850,
        "factor": 0.853553,
        "ema": 0.3439,
        "still": 256,
    }


# %% wrong: λ of the whole box
def predictions():
    return {
        "adam": 1.988,
        "decayed": 1.80958,
        "lam": 0.75,
        "target": 0.64,
        "steps": 5850,
        "factor": 0.853553,
        "ema": 0.3439,
        "still": 256,
    }


# %% wrong: the share of the partner instead of λ
def predictions():
    return {
        "adam": 1.988,
        "decayed": 1.80958,
        "lam": 144 / 1024,
        "target": 0.64,
        "steps": 5850,
        "factor": 0.853553,
        "ema": 0.3439,
        "still": 256,
    }


# %% wrong: only the lower border cuts the box
def predictions():
    return {
        "adam": 1.988,
        "decayed": 1.80958,
        "lam": 1 - 12 * 16 / 1024,
        "target": 0.64,
        "steps": 5850,
        "factor": 0.853553,
        "ema": 0.3439,
        "still": 256,
    }


# %% wrong: the right class has 1 − ε, without its share of ε
def predictions():
    return {
        "adam": 1.988,
        "decayed": 1.80958,
        "lam": 0.859375,
        "target": 0.7 * 0.9 + 0.3 * 0.01,
        "steps": 5850,
        "factor": 0.853553,
        "ema": 0.3439,
        "still": 256,
    }


# %% wrong: the other image gives nothing to this class
def predictions():
    return {
        "adam": 1.988,
        "decayed": 1.80958,
        "lam": 0.859375,
        "target": 0.7 * 0.91,
        "steps": 5850,
        "factor": 0.853553,
        "ema": 0.3439,
        "still": 256,
    }


# %% wrong: smoothing is spread over the 9 other classes only
def predictions():
    return {
        "adam": 1.988,
        "decayed": 1.80958,
        "lam": 0.859375,
        "target": 0.7 * 0.9 + 0.3 * 0.1 / 9,
        "steps": 5850,
        "factor": 0.853553,
        "ema": 0.3439,
        "still": 256,
    }


# %% wrong: rounds down after 30 epochs instead of in each
def predictions():
    return {
        "adam": 1.988,
        "decayed": 1.80958,
        "lam": 0.859375,
        "target": 0.64,
        "steps": 30 * 50_000 // 256,
        "factor": 0.853553,
        "ema": 0.3439,
        "still": 256,
    }


# %% wrong: a step for each batch
def predictions():
    return {
        "adam": 1.988,
        "decayed": 1.80958,
        "lam": 0.859375,
        "target": 0.64,
        "steps": 30 * (50_000 // 64),
        "factor": 0.853553,
        "ema": 0.3439,
        "still": 256,
    }


# %% wrong: the last step of an epoch counts although it is not full
def predictions():
    return {
        "adam": 1.988,
        "decayed": 1.80958,
        "lam": 0.859375,
        "target": 0.64,
        "steps": 30 * 196,
        "factor": 0.853553,
        "ema": 0.3439,
        "still": 256,
    }


# %% wrong: the cosine begins with the training, not after the warm-up
def predictions():
    return {
        "adam": 1.988,
        "decayed": 1.80958,
        "lam": 0.859375,
        "target": 0.64,
        "steps": 5850,
        "factor": 0.5 * (1 + math.cos(math.pi * 0.4)),
        "ema": 0.3439,
        "still": 256,
    }


# %% wrong: a line instead of a cosine
def predictions():
    return {
        "adam": 1.988,
        "decayed": 1.80958,
        "lam": 0.859375,
        "target": 0.64,
        "steps": 5850,
        "factor": 0.75,
        "ema": 0.3439,
        "still": 256,
    }


# %% wrong: half a cosine that is not halved
def predictions():
    return {
        "adam": 1.988,
        "decayed": 1.80958,
        "lam": 0.859375,
        "target": 0.64,
        "steps": 5850,
        "factor": math.cos(math.pi / 4),
        "ema": 0.3439,
        "still": 256,
    }


# %% wrong: what is left of the 0, instead of what is there of the 1
def predictions():
    return {
        "adam": 1.988,
        "decayed": 1.80958,
        "lam": 0.859375,
        "target": 0.64,
        "steps": 5850,
        "factor": 0.853553,
        "ema": 0.9**4,
        "still": 256,
    }


# %% wrong: decay is the share of the new weights
def predictions():
    return {
        "adam": 1.988,
        "decayed": 1.80958,
        "lam": 0.859375,
        "target": 0.64,
        "steps": 5850,
        "factor": 0.853553,
        "ema": 1 - 0.1**4,
        "still": 256,
    }


# %% wrong: four times a tenth
def predictions():
    return {
        "adam": 1.988,
        "decayed": 1.80958,
        "lam": 0.859375,
        "target": 0.64,
        "steps": 5850,
        "factor": 0.853553,
        "ema": 0.4,
        "still": 256,
    }


# %% wrong: 7 significant bits: the leading 1 is forgotten
def predictions():
    return {
        "adam": 1.988,
        "decayed": 1.80958,
        "lam": 0.859375,
        "target": 0.64,
        "steps": 5850,
        "factor": 0.853553,
        "ema": 0.3439,
        "still": 128,
    }


# %% wrong: float16's number, which has 11 significant bits
def predictions():
    return {
        "adam": 1.988,
        "decayed": 1.80958,
        "lam": 0.859375,
        "target": 0.64,
        "steps": 5850,
        "factor": 0.853553,
        "ema": 0.3439,
        "still": 2048,
    }


# %% wrong: the largest number with 8 bits
def predictions():
    return {
        "adam": 1.988,
        "decayed": 1.80958,
        "lam": 0.859375,
        "target": 0.64,
        "steps": 5850,
        "factor": 0.853553,
        "ema": 0.3439,
        "still": 255,
    }


# %% wrong: asks the chapter's function for the factor
def predictions():
    from utils.models.training_recipe import warmup_cosine

    return {
        "adam": 1.988,
        "decayed": 1.80958,
        "lam": 0.859375,
        "target": 0.64,
        "steps": 5850,
        "factor": warmup_cosine(400, 1000, 200),
        "ema": 0.3439,
        "still": 256,
    }


# %% wrong: the box holds its last row and column as well
def predictions():
    return {
        "adam": 1.988,
        "decayed": 1.80958,
        "lam": 1 - 12 * 13 / 32**2,
        "target": 0.64,
        "steps": 5850,
        "factor": 0.853553,
        "ema": 0.3439,
        "still": 256,
    }


# %% wrong: λ and 1 − λ have changed places in the mixture
def predictions():
    return {
        "adam": 1.988,
        "decayed": 1.80958,
        "lam": 0.859375,
        "target": 0.3 * 0.91 + 0.7 * 0.01,
        "steps": 5850,
        "factor": 0.853553,
        "ema": 0.3439,
        "still": 256,
    }


# %% wrong: counts the warm-up into what is left, but not into what is over
def predictions():
    return {
        "adam": 1.988,
        "decayed": 1.80958,
        "lam": 0.859375,
        "target": 0.64,
        "steps": 5850,
        "factor": 0.5 * (1 + math.cos(math.pi * 200 / 1000)),
        "ema": 0.3439,
        "still": 256,
    }


# %% wrong: the first number that cannot be reached
def predictions():
    return {
        "adam": 1.988,
        "decayed": 1.80958,
        "lam": 0.859375,
        "target": 0.64,
        "steps": 5850,
        "factor": 0.853553,
        "ema": 0.3439,
        "still": 257,
    }


# %% wrong: the batches of all epochs in one row, four per step
def predictions():
    return {
        "adam": 1.988,
        "decayed": 1.80958,
        "lam": 0.859375,
        "target": 0.64,
        "steps": 30 * 781 // 4,
        "factor": 0.853553,
        "ema": 0.3439,
        "still": 256,
    }


# %% right: all of them simulated
def predictions():
    weights = []
    for gradient, steps in ((0.003, 1), (0.0, 100)):
        weight = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.AdamW([weight], lr=0.01, weight_decay=0.1)
        for _ in range(steps):
            weight.grad = torch.tensor(gradient, dtype=torch.float64)
            optimizer.step()
        weights.append(weight.detach())
    image = torch.zeros(32, 32)
    image[max(0, 28 - 8) : 28 + 8, max(0, 4 - 8) : 4 + 8] = 1
    one, other = (F.one_hot(torch.tensor(k), 10) * 0.9 + 0.01 for k in (2, 7))
    steps = sum(1 for epoch in range(30) for first in range(0, 50_000, 256) if first + 256 <= 50_000)
    average = 0.0
    for _ in range(4):
        average = 0.9 * average + 0.1 * 1
    x = torch.zeros((), dtype=torch.bfloat16)
    while x + 1 != x:
        x = x + 1
    return {
        "adam": weights[0],
        "decayed": weights[1],
        "lam": 1 - image.mean(),
        "target": (0.7 * one + 0.3 * other)[2],
        "steps": steps,
        "factor": (1 + math.cos(math.pi / 4)) / 2,
        "ema": average,
        "still": x,
    }


# %% right: rounded as the docstring allows, in a dictionary with one number too many
def predictions():
    given = dict(adam=1.988, decayed=1.81, lam=0.859, target=0.640, steps=5850.0, factor=0.854, ema=0.3439)
    given |= {"still": 2**8, "halfway": math.log(0.5) / math.log(0.9)}
    return given
