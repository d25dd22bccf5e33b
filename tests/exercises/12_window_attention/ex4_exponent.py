# %% wrong: the slope between the first and the last point
def exponent(tokens, costs):
    if len(tokens) != len(costs):
        raise ValueError(f"{len(tokens)} numbers of tokens and {len(costs)} costs.")
    if len(set(tokens)) < 2:
        raise ValueError(f"a line needs at least two different numbers of tokens, got {tokens}.")
    if min(tokens) <= 0 or min(costs) <= 0:
        raise ValueError("tokens and costs must be positive.")
    x, y = (torch.tensor(values, dtype=torch.float64).log() for values in (tokens, costs))
    x, y = x - x.mean(), y - y.mean()
    return ((y[-1] - y[0]) / (x[-1] - x[0])).item() if x[-1] != x[0] else 0.0


guessed = {"global": None, "windows": None, "rows": None}
measured = {kind: exponent([n**2 for n in SIDES], [cost(kind, n) for n in SIDES]) for kind in guessed}


# %% wrong: without logarithms
def exponent(tokens, costs):
    if len(tokens) != len(costs):
        raise ValueError(f"{len(tokens)} numbers of tokens and {len(costs)} costs.")
    if len(set(tokens)) < 2:
        raise ValueError(f"a line needs at least two different numbers of tokens, got {tokens}.")
    if min(tokens) <= 0 or min(costs) <= 0:
        raise ValueError("tokens and costs must be positive.")
    x, y = (torch.tensor(values, dtype=torch.float64) for values in (tokens, costs))
    x, y = x - x.mean(), y - y.mean()
    return ((x * y).sum() / (x * x).sum()).item()


guessed = {"global": None, "windows": None, "rows": None}
measured = {kind: exponent([n**2 for n in SIDES], [cost(kind, n) for n in SIDES]) for kind in guessed}


# %% wrong: the logarithm of the costs only
def exponent(tokens, costs):
    if len(tokens) != len(costs):
        raise ValueError(f"{len(tokens)} numbers of tokens and {len(costs)} costs.")
    if len(set(tokens)) < 2:
        raise ValueError(f"a line needs at least two different numbers of tokens, got {tokens}.")
    if min(tokens) <= 0 or min(costs) <= 0:
        raise ValueError("tokens and costs must be positive.")
    x, y = (torch.tensor(values, dtype=torch.float64).log() for values in (tokens, costs))
    x = x.exp()
    x, y = x - x.mean(), y - y.mean()
    return ((x * y).sum() / (x * x).sum()).item()


guessed = {"global": None, "windows": None, "rows": None}
measured = {kind: exponent([n**2 for n in SIDES], [cost(kind, n) for n in SIDES]) for kind in guessed}


# %% wrong: a line through the origin
def exponent(tokens, costs):
    if len(tokens) != len(costs):
        raise ValueError(f"{len(tokens)} numbers of tokens and {len(costs)} costs.")
    if len(set(tokens)) < 2:
        raise ValueError(f"a line needs at least two different numbers of tokens, got {tokens}.")
    if min(tokens) <= 0 or min(costs) <= 0:
        raise ValueError("tokens and costs must be positive.")
    x, y = (torch.tensor(values, dtype=torch.float64).log() for values in (tokens, costs))
    return ((x * y).sum() / (x * x).sum()).item()


guessed = {"global": None, "windows": None, "rows": None}
measured = {kind: exponent([n**2 for n in SIDES], [cost(kind, n) for n in SIDES]) for kind in guessed}


# %% wrong: tokens against costs instead of costs against tokens
def exponent(tokens, costs):
    if len(tokens) != len(costs):
        raise ValueError(f"{len(tokens)} numbers of tokens and {len(costs)} costs.")
    if len(set(tokens)) < 2:
        raise ValueError(f"a line needs at least two different numbers of tokens, got {tokens}.")
    if min(tokens) <= 0 or min(costs) <= 0:
        raise ValueError("tokens and costs must be positive.")
    x, y = (torch.tensor(values, dtype=torch.float64).log() for values in (tokens, costs))
    x, y = x - x.mean(), y - y.mean()
    return ((x * x).sum() / (x * y).sum()).item()


guessed = {"global": None, "windows": None, "rows": None}
measured = {kind: exponent([n**2 for n in SIDES], [cost(kind, n) for n in SIDES]) for kind in guessed}


# %% wrong: the correlation
def exponent(tokens, costs):
    if len(tokens) != len(costs):
        raise ValueError(f"{len(tokens)} numbers of tokens and {len(costs)} costs.")
    if len(set(tokens)) < 2:
        raise ValueError(f"a line needs at least two different numbers of tokens, got {tokens}.")
    if min(tokens) <= 0 or min(costs) <= 0:
        raise ValueError("tokens and costs must be positive.")
    x, y = (torch.tensor(values, dtype=torch.float64).log() for values in (tokens, costs))
    x, y = x - x.mean(), y - y.mean()
    return ((x * y).sum() / ((x * x).sum() * (y * y).sum()).sqrt().clamp(min=1e-9)).item()


guessed = {"global": None, "windows": None, "rows": None}
measured = {kind: exponent([n**2 for n in SIDES], [cost(kind, n) for n in SIDES]) for kind in guessed}


# %% wrong: the mean of the slopes between neighbours
def exponent(tokens, costs):
    if len(tokens) != len(costs):
        raise ValueError(f"{len(tokens)} numbers of tokens and {len(costs)} costs.")
    if len(set(tokens)) < 2:
        raise ValueError(f"a line needs at least two different numbers of tokens, got {tokens}.")
    if min(tokens) <= 0 or min(costs) <= 0:
        raise ValueError("tokens and costs must be positive.")
    x, y = (torch.tensor(values, dtype=torch.float64).log() for values in (tokens, costs))
    x, y = x - x.mean(), y - y.mean()
    return (y.diff() / x.diff().where(x.diff() != 0, torch.tensor(1.0))).mean().item()


guessed = {"global": None, "windows": None, "rows": None}
measured = {kind: exponent([n**2 for n in SIDES], [cost(kind, n) for n in SIDES]) for kind in guessed}


# %% wrong: no errors
def exponent(tokens, costs):
    x, y = (torch.tensor(values, dtype=torch.float64).log() for values in (tokens, costs))
    x, y = x - x.mean(), y - y.mean()
    return ((x * y).sum() / (x * x).sum()).item()


guessed = {"global": None, "windows": None, "rows": None}
measured = {kind: exponent([n**2 for n in SIDES], [cost(kind, n) for n in SIDES]) for kind in guessed}


# %% wrong: one size twice makes a line
def exponent(tokens, costs):
    if len(tokens) != len(costs):
        raise ValueError(f"{len(tokens)} numbers of tokens and {len(costs)} costs.")
    if len(tokens) < 2:
        raise ValueError(f"a line needs at least two different numbers of tokens, got {tokens}.")
    if min(tokens) <= 0 or min(costs) <= 0:
        raise ValueError("tokens and costs must be positive.")
    x, y = (torch.tensor(values, dtype=torch.float64).log() for values in (tokens, costs))
    x, y = x - x.mean(), y - y.mean()
    return ((x * y).sum() / (x * x).sum()).item()


guessed = {"global": None, "windows": None, "rows": None}
measured = {kind: exponent([n**2 for n in SIDES], [cost(kind, n) for n in SIDES]) for kind in guessed}


# %% wrong: zero costs pass
def exponent(tokens, costs):
    if len(tokens) != len(costs):
        raise ValueError(f"{len(tokens)} numbers of tokens and {len(costs)} costs.")
    if len(set(tokens)) < 2:
        raise ValueError(f"a line needs at least two different numbers of tokens, got {tokens}.")
    if min(tokens) <= 0 or min(costs) < 0:
        raise ValueError("tokens and costs must be positive.")
    x, y = (torch.tensor(values, dtype=torch.float64).log() for values in (tokens, costs))
    x, y = x - x.mean(), y - y.mean()
    return ((x * y).sum() / (x * x).sum()).item()


guessed = {"global": None, "windows": None, "rows": None}
measured = {kind: exponent([n**2 for n in SIDES], [cost(kind, n) for n in SIDES]) for kind in guessed}


# %% wrong: only the costs are checked
def exponent(tokens, costs):
    if len(tokens) != len(costs):
        raise ValueError(f"{len(tokens)} numbers of tokens and {len(costs)} costs.")
    if len(set(tokens)) < 2:
        raise ValueError(f"a line needs at least two different numbers of tokens, got {tokens}.")
    if min(costs) <= 0:
        raise ValueError("tokens and costs must be positive.")
    x, y = (torch.tensor(values, dtype=torch.float64).log() for values in (tokens, costs))
    x, y = x - x.mean(), y - y.mean()
    return ((x * y).sum() / (x * x).sum()).item()


guessed = {"global": None, "windows": None, "rows": None}
measured = {kind: exponent([n**2 for n in SIDES], [cost(kind, n) for n in SIDES]) for kind in guessed}


# %% wrong: a tensor instead of a number
def exponent(tokens, costs):
    if len(tokens) != len(costs):
        raise ValueError(f"{len(tokens)} numbers of tokens and {len(costs)} costs.")
    if len(set(tokens)) < 2:
        raise ValueError(f"a line needs at least two different numbers of tokens, got {tokens}.")
    if min(tokens) <= 0 or min(costs) <= 0:
        raise ValueError("tokens and costs must be positive.")
    x, y = (torch.tensor(values, dtype=torch.float64).log() for values in (tokens, costs))
    x, y = x - x.mean(), y - y.mean()
    return (x * y).sum() / (x * x).sum()


guessed = {"global": None, "windows": None, "rows": None}
measured = {kind: exponent([n**2 for n in SIDES], [cost(kind, n) for n in SIDES]) for kind in guessed}


# %% wrong: measured against the side of the map
def exponent(tokens, costs):
    if len(tokens) != len(costs):
        raise ValueError(f"{len(tokens)} numbers of tokens and {len(costs)} costs.")
    if len(set(tokens)) < 2:
        raise ValueError(f"a line needs at least two different numbers of tokens, got {tokens}.")
    if min(tokens) <= 0 or min(costs) <= 0:
        raise ValueError("tokens and costs must be positive.")
    x, y = (torch.tensor(values, dtype=torch.float64).log() for values in (tokens, costs))
    x, y = x - x.mean(), y - y.mean()
    return ((x * y).sum() / (x * x).sum()).item()


guessed = {"global": None, "windows": None, "rows": None}
measured = {kind: exponent([n for n in SIDES], [cost(kind, n) for n in SIDES]) for kind in guessed}


# %% wrong: measured the first size only against the last kind
def exponent(tokens, costs):
    if len(tokens) != len(costs):
        raise ValueError(f"{len(tokens)} numbers of tokens and {len(costs)} costs.")
    if len(set(tokens)) < 2:
        raise ValueError(f"a line needs at least two different numbers of tokens, got {tokens}.")
    if min(tokens) <= 0 or min(costs) <= 0:
        raise ValueError("tokens and costs must be positive.")
    x, y = (torch.tensor(values, dtype=torch.float64).log() for values in (tokens, costs))
    x, y = x - x.mean(), y - y.mean()
    return ((x * y).sum() / (x * x).sum()).item()


guessed = {"global": None, "windows": None, "rows": None}
measured = {kind: exponent([n**2 for n in SIDES], [cost("rows", n) for n in SIDES]) for kind in guessed}


# %% wrong: guessed, not measured
def exponent(tokens, costs):
    if len(tokens) != len(costs):
        raise ValueError(f"{len(tokens)} numbers of tokens and {len(costs)} costs.")
    if len(set(tokens)) < 2:
        raise ValueError(f"a line needs at least two different numbers of tokens, got {tokens}.")
    if min(tokens) <= 0 or min(costs) <= 0:
        raise ValueError("tokens and costs must be positive.")
    x, y = (torch.tensor(values, dtype=torch.float64).log() for values in (tokens, costs))
    x, y = x - x.mean(), y - y.mean()
    return ((x * y).sum() / (x * x).sum()).item()


guessed = {"global": None, "windows": None, "rows": None}
measured = {kind: {"global": 2.0, "windows": 1.0, "rows": 1.0}[kind] for kind in guessed}


# %% wrong: zero tokens are refused, negative ones are not
def exponent(tokens, costs):
    if len(tokens) != len(costs):
        raise ValueError(f"{len(tokens)} numbers of tokens and {len(costs)} costs.")
    if len(set(tokens)) < 2:
        raise ValueError(f"a line needs at least two different numbers of tokens, got {tokens}.")
    if 0 in tokens or min(costs) <= 0:
        raise ValueError("tokens and costs must be positive.")
    x, y = (torch.tensor(values, dtype=torch.float64).log() for values in (tokens, costs))
    x, y = x - x.mean(), y - y.mean()
    return ((x * y).sum() / (x * x).sum()).item()


guessed = {"global": None, "windows": None, "rows": None}
measured = {kind: exponent([n**2 for n in SIDES], [cost(kind, n) for n in SIDES]) for kind in guessed}


# %% wrong: rounded to four places
def exponent(tokens, costs):
    if len(tokens) != len(costs):
        raise ValueError(f"{len(tokens)} numbers of tokens and {len(costs)} costs.")
    if len(set(tokens)) < 2:
        raise ValueError(f"a line needs at least two different numbers of tokens, got {tokens}.")
    if min(tokens) <= 0 or min(costs) <= 0:
        raise ValueError("tokens and costs must be positive.")
    x, y = (torch.tensor(values, dtype=torch.float64).log() for values in (tokens, costs))
    x, y = x - x.mean(), y - y.mean()
    return round(((x * y).sum() / (x * x).sum()).item(), 4)


guessed = {"global": None, "windows": None, "rows": None}
measured = {kind: exponent([n**2 for n in SIDES], [cost(kind, n) for n in SIDES]) for kind in guessed}


# %% right: with NumPy's polyfit
def exponent(tokens, costs):
    import numpy as np

    if len(tokens) != len(costs) or len(set(tokens)) < 2 or any(v <= 0 for v in [*tokens, *costs]):
        raise ValueError("two different sizes at least, a cost for each, all positive")
    return float(np.polyfit(np.log(tokens), np.log(costs), 1)[0])


guessed = {"global": 2, "windows": 1, "rows": 1}
measured = {}
for kind in ("global", "windows", "rows"):
    measured[kind] = exponent([side * side for side in SIDES], [cost(kind, side) for side in SIDES])


# %% right: with lstsq in base 10, measured as tensors
def exponent(tokens, costs):
    t, y = torch.tensor(tokens).double(), torch.tensor(costs).double()
    if t.shape != y.shape:
        raise ValueError("different lengths")
    if len(t) == 0 or t.min() <= 0 or y.min() <= 0:
        raise ValueError("no logarithm")
    if len(t.unique()) == 1:
        raise ValueError("one size is no line")
    A = torch.stack([t.log10(), torch.ones_like(t)], dim=1)
    return float(torch.linalg.lstsq(A, y.log10()[:, None]).solution[0, 0])


guessed = {"global": None, "windows": None, "rows": None}
N = [side**2 for side in SIDES]
measured = {kind: torch.tensor(exponent(N, [cost(kind, side) for side in SIDES])) for kind in guessed}


# %% right: in plain Python
def exponent(tokens, costs):
    from math import log

    pairs = list(zip(tokens, costs, strict=True))
    if not pairs or min(min(pair) for pair in pairs) <= 0:
        raise ValueError("positive numbers, please")
    n = len(pairs)
    sx, sy = sum(log(t) for t, _ in pairs), sum(log(c) for _, c in pairs)
    sxx, sxy = sum(log(t) ** 2 for t, _ in pairs), sum(log(t) * log(c) for t, c in pairs)
    if len({t for t, _ in pairs}) == 1:
        raise ValueError("all sizes are equal")
    return (n * sxy - sx * sy) / (n * sxx - sx**2)


guessed = {"global": 2, "windows": 1, "rows": 2}
measured = dict(
    rows=exponent([s**2 for s in SIDES], [cost("rows", s) for s in SIDES]),
    windows=exponent([s**2 for s in SIDES], [cost("windows", s) for s in SIDES]),
    **{"global": exponent([s**2 for s in SIDES], [cost("global", s) for s in SIDES])},
)
