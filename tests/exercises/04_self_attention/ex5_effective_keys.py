# %% wrong: nan for weights of zero
def effective_keys(weights):
    return (-(weights * weights.log()).sum(dim=-1)).exp()


def average(divisor):
    return effective_keys((scores / divisor).softmax(dim=-1)).mean().item()


low, high = 1.0, 8.0
for _ in range(30):
    middle = (low + high) / 2
    low, high = (middle, high) if average(middle) < 4 else (low, middle)
measured = {"scaled": average(8), "unscaled": average(1), "divisor for 4": low}


# %% wrong: the entropy itself
def effective_keys(weights):
    return torch.special.entr(weights).sum(dim=-1)


def average(divisor):
    return effective_keys((scores / divisor).softmax(dim=-1)).mean().item()


low, high = 1.0, 8.0
for _ in range(30):
    middle = (low + high) / 2
    low, high = (middle, high) if average(middle) < 4 else (low, middle)
measured = {"scaled": average(8), "unscaled": average(1), "divisor for 4": low}


# %% wrong: two to the entropy in nats
def effective_keys(weights):
    return 2 ** torch.special.entr(weights).sum(dim=-1)


def average(divisor):
    return effective_keys((scores / divisor).softmax(dim=-1)).mean().item()


low, high = 1.0, 8.0
for _ in range(30):
    middle = (low + high) / 2
    low, high = (middle, high) if average(middle) < 4 else (low, middle)
measured = {"scaled": average(8), "unscaled": average(1), "divisor for 4": low}


# %% wrong: a little is added to every weight
def effective_keys(weights):
    return (-(weights * (weights + 1e-3).log()).sum(dim=-1)).exp()


def average(divisor):
    return effective_keys((scores / divisor).softmax(dim=-1)).mean().item()


low, high = 1.0, 8.0
for _ in range(30):
    middle = (low + high) / 2
    low, high = (middle, high) if average(middle) < 4 else (low, middle)
measured = {"scaled": average(8), "unscaled": average(1), "divisor for 4": low}


# %% wrong: along the first axis
def effective_keys(weights):
    return torch.special.entr(weights).sum(dim=0).exp()


def average(divisor):
    return effective_keys((scores / divisor).softmax(dim=-1)).mean().item()


low, high = 1.0, 8.0
for _ in range(30):
    middle = (low + high) / 2
    low, high = (middle, high) if average(middle) < 4 else (low, middle)
measured = {"scaled": average(8), "unscaled": average(1), "divisor for 4": low}


# %% wrong: another measure, one over the sum of squares
def effective_keys(weights):
    return 1 / weights.square().sum(dim=-1)


def average(divisor):
    return effective_keys((scores / divisor).softmax(dim=-1)).mean().item()


low, high = 1.0, 8.0
for _ in range(30):
    middle = (low + high) / 2
    low, high = (middle, high) if average(middle) < 4 else (low, middle)
measured = {"scaled": average(8), "unscaled": average(1), "divisor for 4": low}


# %% wrong: one number for all queries
def effective_keys(weights):
    return torch.special.entr(weights).sum(dim=-1).mean().exp()


def average(divisor):
    return effective_keys((scores / divisor).softmax(dim=-1)).mean().item()


low, high = 1.0, 8.0
for _ in range(30):
    middle = (low + high) / 2
    low, high = (middle, high) if average(middle) < 4 else (low, middle)
measured = {"scaled": average(8), "unscaled": average(1), "divisor for 4": low}


# %% wrong: writes into the weights
def effective_keys(weights):
    return torch.special.entr(weights, out=weights).sum(dim=-1).exp()


def average(divisor):
    return effective_keys((scores / divisor).softmax(dim=-1)).mean().item()


low, high = 1.0, 8.0
for _ in range(30):
    middle = (low + high) / 2
    low, high = (middle, high) if average(middle) < 4 else (low, middle)
measured = {"scaled": average(8), "unscaled": average(1), "divisor for 4": low}


# %% wrong: e to the mean of the entropies
def effective_keys(weights):
    return torch.special.entr(weights).sum(dim=-1).exp()


def average(divisor):
    return torch.special.entr((scores / divisor).softmax(dim=-1)).sum(-1).mean().exp().item()


low, high = 1.0, 8.0
for _ in range(30):
    middle = (low + high) / 2
    low, high = (middle, high) if average(middle) < 4 else (low, middle)
measured = {"scaled": average(8), "unscaled": average(1), "divisor for 4": low}


# %% wrong: the softmax along the queries
def effective_keys(weights):
    return torch.special.entr(weights).sum(dim=-1).exp()


def average(divisor):
    return effective_keys((scores / divisor).softmax(dim=0)).mean().item()


low, high = 1.0, 8.0
for _ in range(30):
    middle = (low + high) / 2
    low, high = (middle, high) if average(middle) < 4 else (low, middle)
measured = {"scaled": average(8), "unscaled": average(1), "divisor for 4": low}


# %% wrong: divided by d instead of its root
def effective_keys(weights):
    return torch.special.entr(weights).sum(dim=-1).exp()


def average(divisor):
    return effective_keys((scores / divisor).softmax(dim=-1)).mean().item()


low, high = 1.0, 8.0
for _ in range(30):
    middle = (low + high) / 2
    low, high = (middle, high) if average(middle) < 4 else (low, middle)
measured = {"scaled": average(64), "unscaled": average(1), "divisor for 4": low}


# %% wrong: the divisor rounded down
def effective_keys(weights):
    return torch.special.entr(weights).sum(dim=-1).exp()


def average(divisor):
    return effective_keys((scores / divisor).softmax(dim=-1)).mean().item()


low, high = 1.0, 8.0
for _ in range(30):
    middle = (low + high) / 2
    low, high = (middle, high) if average(middle) < 4 else (low, middle)
measured = {"scaled": average(8), "unscaled": average(1), "divisor for 4": int(low)}


# %% wrong: the factor instead of the divisor
def effective_keys(weights):
    return torch.special.entr(weights).sum(dim=-1).exp()


def average(divisor):
    return effective_keys((scores / divisor).softmax(dim=-1)).mean().item()


low, high = 1.0, 8.0
for _ in range(30):
    middle = (low + high) / 2
    low, high = (middle, high) if average(middle) < 4 else (low, middle)
measured = {"scaled": average(8), "unscaled": average(1), "divisor for 4": 1 / low}


# %% wrong: the divisor is missing
def effective_keys(weights):
    return torch.special.entr(weights).sum(dim=-1).exp()


def average(divisor):
    return effective_keys((scores / divisor).softmax(dim=-1)).mean().item()


low, high = 1.0, 8.0
for _ in range(30):
    middle = (low + high) / 2
    low, high = (middle, high) if average(middle) < 4 else (low, middle)
measured = {"scaled": average(8), "unscaled": average(1)}


# %% wrong: guessed, not measured
def effective_keys(weights):
    return torch.special.entr(weights).sum(dim=-1).exp()


measured = {"scaled": 32, "unscaled": 1, "divisor for 4": 4}


# %% wrong: always float32
def effective_keys(weights):
    return torch.special.entr(weights.float()).sum(-1).exp()


def f(d):
    return effective_keys((scores / d).softmax(-1)).mean().item()


a, b = 1.0, 64.0
while b - a > 1e-4:
    m = math.sqrt(a * b)
    if f(m) > 4:
        b = m
    else:
        a = m
measured = {"scaled": f(8), "unscaled": f(1), "divisor for 4": m}


# %% wrong: the median of the queries
def effective_keys(weights):
    return torch.special.entr(weights).sum(-1).exp()


def f(d):
    return effective_keys((scores / d).softmax(-1)).median().item()


a, b = 1.0, 64.0
while b - a > 1e-4:
    m = math.sqrt(a * b)
    if f(m) > 4:
        b = m
    else:
        a = m
measured = {"scaled": f(8), "unscaled": f(1), "divisor for 4": m}


# %% right: xlogy, and the best of many divisors
def effective_keys(weights):
    return torch.exp(-torch.xlogy(weights, weights).sum(-1))


def average(divisor):
    return effective_keys((scores / divisor).softmax(dim=-1)).mean().item()


divisors = torch.linspace(1, 8, 701).tolist()
best = min(divisors, key=lambda divisor: abs(average(divisor) - 4))
measured = {"scaled": average(8), "unscaled": average(1), "divisor for 4": best}


# %% right: a product of powers, and tensors as answers
def effective_keys(weights):
    logs = torch.where(weights > 0, weights, torch.ones_like(weights)).log()
    return 1 / (weights * logs).sum(dim=-1).exp()


def average(divisor):
    return torch.stack([effective_keys(F.softmax(row / divisor, dim=0)) for row in scores]).mean()


low, high = torch.tensor(0.5), torch.tensor(64.0)
while high - low > 1e-3:
    middle = (low * high).sqrt()
    if average(middle) > 4:
        high = middle
    else:
        low = middle
measured = {"scaled": average(8.0), "unscaled": average(1.0), "divisor for 4": high, "remark": "geometric bisection"}


# %% right: in powers of two, and the best of a grid
def effective_keys(weights):
    logs = torch.where(weights > 0, weights, torch.ones_like(weights)).log2()
    return 2 ** -(weights * logs).sum(-1)


measured = {
    "unscaled": effective_keys(torch.softmax(scores, 1)).mean(),
    "scaled": effective_keys(torch.softmax(scores / 8, 1)).mean().item(),
}
grid = torch.linspace(1, 3, 400)
measured["divisor for 4"] = float(
    grid[torch.stack([(effective_keys((scores / g).softmax(1)).mean() - 4).abs() for g in grid]).argmin()]
)
