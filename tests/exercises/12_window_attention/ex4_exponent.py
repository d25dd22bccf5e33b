# %% wrong: typed, not measured
def exponent(cost, sides):
    if len(set(sides)) < 2 or min(sides) < 1:
        raise ValueError(f"a line needs at least two different sides, from 1 on, got {sides}.")
    costs = [cost(side) for side in sides]
    if min(costs) <= 0:
        raise ValueError(f"costs must be positive, got {costs}.")
    kind = getattr(cost, "args", ("rows",))[0]
    return {"global": 2.0, "windows": 1.0, "rows": 1.5}[kind]


# %% wrong: typed, and chosen by the larger half of the growth
def exponent(cost, sides):
    if len(set(sides)) < 2 or min(sides) < 1:
        raise ValueError(f"a line needs at least two different sides, from 1 on, got {sides}.")
    costs = [cost(side) for side in sides]
    if min(costs) <= 0:
        raise ValueError(f"costs must be positive, got {costs}.")
    first, last = min(sides), max(sides)
    grows = cost(last) / cost(first)  # by how much, from the smallest map to the largest
    known = {p: (last / first) ** (2 * p) for p in (1.0, 1.5, 2.0)}
    return min(known, key=lambda p: abs(known[p] - grows))


# %% wrong: rounded to the next half
def exponent(cost, sides):
    if len(set(sides)) < 2 or min(sides) < 1:
        raise ValueError(f"a line needs at least two different sides, from 1 on, got {sides}.")
    costs = [cost(side) for side in sides]
    if min(costs) <= 0:
        raise ValueError(f"costs must be positive, got {costs}.")
    x, y = (torch.tensor(values, dtype=torch.float64).log() for values in ([side**2 for side in sides], costs))
    x, y = x - x.mean(), y - y.mean()
    return round(2 * ((x * y).sum() / (x * x).sum()).item()) / 2


# %% wrong: over SIDES, whatever sides are given
def exponent(cost, sides):
    if len(set(sides)) < 2 or min(sides) < 1:
        raise ValueError(f"a line needs at least two different sides, from 1 on, got {sides}.")
    costs = [cost(side) for side in SIDES]
    if min(costs) <= 0:
        raise ValueError(f"costs must be positive, got {costs}.")
    x, y = (torch.tensor(values, dtype=torch.float64).log() for values in ([side**2 for side in SIDES], costs))
    x, y = x - x.mean(), y - y.mean()
    return ((x * y).sum() / (x * x).sum()).item()


# %% wrong: against the side of the map
def exponent(cost, sides):
    if len(set(sides)) < 2 or min(sides) < 1:
        raise ValueError(f"a line needs at least two different sides, from 1 on, got {sides}.")
    costs = [cost(side) for side in sides]
    if min(costs) <= 0:
        raise ValueError(f"costs must be positive, got {costs}.")
    x, y = (torch.tensor(values, dtype=torch.float64).log() for values in (list(sides), costs))
    x, y = x - x.mean(), y - y.mean()
    return ((x * y).sum() / (x * x).sum()).item()


# %% wrong: the slope between the first and the last point
def exponent(cost, sides):
    if len(set(sides)) < 2 or min(sides) < 1:
        raise ValueError(f"a line needs at least two different sides, from 1 on, got {sides}.")
    costs = [cost(side) for side in sides]
    if min(costs) <= 0:
        raise ValueError(f"costs must be positive, got {costs}.")
    x, y = (torch.tensor(values, dtype=torch.float64).log() for values in ([side**2 for side in sides], costs))
    return ((y[-1] - y[0]) / (x[-1] - x[0])).item()


# %% wrong: only the two largest sides
def exponent(cost, sides):
    if len(set(sides)) < 2 or min(sides) < 1:
        raise ValueError(f"a line needs at least two different sides, from 1 on, got {sides}.")
    costs = [cost(side) for side in sides]
    if min(costs) <= 0:
        raise ValueError(f"costs must be positive, got {costs}.")
    a, b = sorted(set(sides))[-2:]
    return (torch.tensor(cost(b) / cost(a)).double().log() / torch.tensor(b**2 / a**2).double().log()).item()


# %% wrong: without logarithms
def exponent(cost, sides):
    if len(set(sides)) < 2 or min(sides) < 1:
        raise ValueError(f"a line needs at least two different sides, from 1 on, got {sides}.")
    costs = [cost(side) for side in sides]
    if min(costs) <= 0:
        raise ValueError(f"costs must be positive, got {costs}.")
    x, y = (torch.tensor(values, dtype=torch.float64) for values in ([side**2 for side in sides], costs))
    x, y = x - x.mean(), y - y.mean()
    return ((x * y).sum() / (x * x).sum()).item()


# %% wrong: the logarithm of the costs only
def exponent(cost, sides):
    if len(set(sides)) < 2 or min(sides) < 1:
        raise ValueError(f"a line needs at least two different sides, from 1 on, got {sides}.")
    costs = [cost(side) for side in sides]
    if min(costs) <= 0:
        raise ValueError(f"costs must be positive, got {costs}.")
    x, y = (torch.tensor(values, dtype=torch.float64).log() for values in ([side**2 for side in sides], costs))
    x = x.exp()
    x, y = x - x.mean(), y - y.mean()
    return ((x * y).sum() / (x * x).sum()).item()


# %% wrong: a line through the origin
def exponent(cost, sides):
    if len(set(sides)) < 2 or min(sides) < 1:
        raise ValueError(f"a line needs at least two different sides, from 1 on, got {sides}.")
    costs = [cost(side) for side in sides]
    if min(costs) <= 0:
        raise ValueError(f"costs must be positive, got {costs}.")
    x, y = (torch.tensor(values, dtype=torch.float64).log() for values in ([side**2 for side in sides], costs))
    return ((x * y).sum() / (x * x).sum()).item()


# %% wrong: tokens against costs instead of costs against tokens
def exponent(cost, sides):
    if len(set(sides)) < 2 or min(sides) < 1:
        raise ValueError(f"a line needs at least two different sides, from 1 on, got {sides}.")
    costs = [cost(side) for side in sides]
    if min(costs) <= 0:
        raise ValueError(f"costs must be positive, got {costs}.")
    x, y = (torch.tensor(values, dtype=torch.float64).log() for values in ([side**2 for side in sides], costs))
    x, y = x - x.mean(), y - y.mean()
    return ((x * x).sum() / (x * y).sum().clamp(min=1e-9)).item()


# %% wrong: the correlation
def exponent(cost, sides):
    if len(set(sides)) < 2 or min(sides) < 1:
        raise ValueError(f"a line needs at least two different sides, from 1 on, got {sides}.")
    costs = [cost(side) for side in sides]
    if min(costs) <= 0:
        raise ValueError(f"costs must be positive, got {costs}.")
    x, y = (torch.tensor(values, dtype=torch.float64).log() for values in ([side**2 for side in sides], costs))
    x, y = x - x.mean(), y - y.mean()
    return ((x * y).sum() / ((x * x).sum() * (y * y).sum()).sqrt().clamp(min=1e-9)).item()


# %% wrong: the mean of the slopes between neighbours
def exponent(cost, sides):
    if len(set(sides)) < 2 or min(sides) < 1:
        raise ValueError(f"a line needs at least two different sides, from 1 on, got {sides}.")
    costs = [cost(side) for side in sides]
    if min(costs) <= 0:
        raise ValueError(f"costs must be positive, got {costs}.")
    x, y = (torch.tensor(values, dtype=torch.float64).log() for values in ([side**2 for side in sides], costs))
    return (y.diff() / x.diff()).mean().item()


# %% wrong: no errors
def exponent(cost, sides):
    costs = [cost(side) for side in sides]
    x, y = (torch.tensor(values, dtype=torch.float64).log() for values in ([side**2 for side in sides], costs))
    x, y = x - x.mean(), y - y.mean()
    return ((x * y).sum() / (x * x).sum()).item()


# %% wrong: one side twice makes a line
def exponent(cost, sides):
    if len(sides) < 2 or min(sides) < 1:
        raise ValueError(f"a line needs at least two different sides, from 1 on, got {sides}.")
    costs = [cost(side) for side in sides]
    if min(costs) <= 0:
        raise ValueError(f"costs must be positive, got {costs}.")
    x, y = (torch.tensor(values, dtype=torch.float64).log() for values in ([side**2 for side in sides], costs))
    x, y = x - x.mean(), y - y.mean()
    return ((x * y).sum() / (x * x).sum()).item()


# %% wrong: a cost of zero passes
def exponent(cost, sides):
    if len(set(sides)) < 2 or min(sides) < 1:
        raise ValueError(f"a line needs at least two different sides, from 1 on, got {sides}.")
    costs = [cost(side) for side in sides]
    if min(costs) < 0:
        raise ValueError(f"costs must be positive, got {costs}.")
    x, y = (torch.tensor(values, dtype=torch.float64).log() for values in ([side**2 for side in sides], costs))
    x, y = x - x.mean(), y - y.mean()
    return ((x * y).sum() / (x * x).sum()).item()


# %% wrong: only the first cost is checked
def exponent(cost, sides):
    if len(set(sides)) < 2 or min(sides) < 1:
        raise ValueError(f"a line needs at least two different sides, from 1 on, got {sides}.")
    costs = [cost(side) for side in sides]
    if costs[0] <= 0:
        raise ValueError(f"costs must be positive, got {costs}.")
    x, y = (torch.tensor(values, dtype=torch.float64).log() for values in ([side**2 for side in sides], costs))
    x, y = x - x.mean(), y - y.mean()
    return ((x * y).sum() / (x * x).sum()).item()


# %% wrong: the square hides a negative side
def exponent(cost, sides):
    if len(set(sides)) < 2 or 0 in sides:
        raise ValueError(f"a line needs at least two different sides, from 1 on, got {sides}.")
    costs = [cost(side) for side in sides]
    if min(costs) <= 0:
        raise ValueError(f"costs must be positive, got {costs}.")
    x, y = (torch.tensor(values, dtype=torch.float64).log() for values in ([side**2 for side in sides], costs))
    x, y = x - x.mean(), y - y.mean()
    return ((x * y).sum() / (x * x).sum()).item()


# %% wrong: a tensor instead of a number
def exponent(cost, sides):
    if len(set(sides)) < 2 or min(sides) < 1:
        raise ValueError(f"a line needs at least two different sides, from 1 on, got {sides}.")
    costs = [cost(side) for side in sides]
    if min(costs) <= 0:
        raise ValueError(f"costs must be positive, got {costs}.")
    x, y = (torch.tensor(values, dtype=torch.float64).log() for values in ([side**2 for side in sides], costs))
    x, y = x - x.mean(), y - y.mean()
    return (x * y).sum() / (x * x).sum()


# %% wrong: rounded to four places
def exponent(cost, sides):
    if len(set(sides)) < 2 or min(sides) < 1:
        raise ValueError(f"a line needs at least two different sides, from 1 on, got {sides}.")
    costs = [cost(side) for side in sides]
    if min(costs) <= 0:
        raise ValueError(f"costs must be positive, got {costs}.")
    x, y = (torch.tensor(values, dtype=torch.float64).log() for values in ([side**2 for side in sides], costs))
    x, y = x - x.mean(), y - y.mean()
    return round(((x * y).sum() / (x * x).sum()).item(), 4)


# %% right: with the statistics of the standard library, whose own errors are ValueErrors
def exponent(cost, sides):
    from math import log
    from statistics import linear_regression

    return linear_regression([2 * log(side) for side in sides], [log(cost(side)) for side in sides]).slope


# %% right: half the slope against the side, by lstsq in base 10
def exponent(cost, sides):
    t, y = torch.tensor(sides).double(), torch.tensor([float(cost(side)) for side in sides]).double()
    if len(t.unique()) < 2 or t.min() < 1:
        raise ValueError("two different sides, please, from 1 on")
    if not (y > 0).all():
        raise ValueError("no logarithm")
    A = torch.stack([t.log10(), torch.ones_like(t)], dim=1)
    return float(torch.linalg.lstsq(A, y.log10()[:, None]).solution[0, 0]) / 2


# %% right: with NumPy's polyfit, costs measured twice and in another order
def exponent(cost, sides):
    import numpy as np

    ordered = sorted(sides, reverse=True)
    if not ordered or ordered[0] == ordered[-1] or ordered[-1] <= 0 or any(cost(side) <= 0 for side in ordered):
        raise ValueError("two different sides at least, all positive, and so the costs")
    return float(np.polyfit(np.log(np.square(ordered)), np.log([cost(side) for side in ordered]), 1)[0])


# %% right: the mean slope over all pairs of sides, weighted by their squared distance
def exponent(cost, sides):
    from itertools import combinations
    from math import log

    if min(sides, default=0) < 1 or len(set(sides)) == 1:
        raise ValueError("too few sides")
    points = [(2 * log(side), cost(side)) for side in sides]
    if any(c <= 0 for _, c in points):
        raise ValueError("a cost without a logarithm")
    pairs = list(combinations([(x, log(c)) for x, c in points], 2))
    return sum((b[0] - a[0]) * (b[1] - a[1]) for a, b in pairs) / sum((b[0] - a[0]) ** 2 for a, b in pairs)
