# %% wrong: before minus after
def compare_pairs(before, after):
    n = len(before)
    if len(after) != n:
        raise ValueError(f"the same seeds are needed before and after, got {n} and {len(after)}.")
    if n not in T95:
        raise ValueError(f"2 to 8 seeds are needed, got {n}.")
    d = [a - b for a, b in zip(before, after)]
    mean = sum(d) / n
    s = (sum((x - mean) ** 2 for x in d) / (n - 1)) ** 0.5
    half = T95[n] * s / n**0.5
    return {"mean": mean, "half": half, "clear": abs(mean) > half}


# %% wrong: the population's standard deviation
def compare_pairs(before, after):
    n = len(before)
    if len(after) != n:
        raise ValueError(f"the same seeds are needed before and after, got {n} and {len(after)}.")
    if n not in T95:
        raise ValueError(f"2 to 8 seeds are needed, got {n}.")
    d = [b - a for a, b in zip(before, after)]
    mean = sum(d) / n
    s = (sum((x - mean) ** 2 for x in d) / n) ** 0.5
    half = T95[n] * s / n**0.5
    return {"mean": mean, "half": half, "clear": abs(mean) > half}


# %% wrong: not divided by the root of n
def compare_pairs(before, after):
    n = len(before)
    if len(after) != n:
        raise ValueError(f"the same seeds are needed before and after, got {n} and {len(after)}.")
    if n not in T95:
        raise ValueError(f"2 to 8 seeds are needed, got {n}.")
    d = [b - a for a, b in zip(before, after)]
    mean = sum(d) / n
    s = (sum((x - mean) ** 2 for x in d) / (n - 1)) ** 0.5
    half = T95[n] * s
    return {"mean": mean, "half": half, "clear": abs(mean) > half}


# %% wrong: divided by n
def compare_pairs(before, after):
    n = len(before)
    if len(after) != n:
        raise ValueError(f"the same seeds are needed before and after, got {n} and {len(after)}.")
    if n not in T95:
        raise ValueError(f"2 to 8 seeds are needed, got {n}.")
    d = [b - a for a, b in zip(before, after)]
    mean = sum(d) / n
    s = (sum((x - mean) ** 2 for x in d) / (n - 1)) ** 0.5
    half = T95[n] * s / n
    return {"mean": mean, "half": half, "clear": abs(mean) > half}


# %% wrong: 1.96 whatever n
def compare_pairs(before, after):
    n = len(before)
    if len(after) != n:
        raise ValueError(f"the same seeds are needed before and after, got {n} and {len(after)}.")
    if n not in T95:
        raise ValueError(f"2 to 8 seeds are needed, got {n}.")
    d = [b - a for a, b in zip(before, after)]
    mean = sum(d) / n
    s = (sum((x - mean) ** 2 for x in d) / (n - 1)) ** 0.5
    half = 1.96 * s / n**0.5
    return {"mean": mean, "half": half, "clear": abs(mean) > half}


# %% wrong: the t of another number of seeds
def compare_pairs(before, after):
    n = len(before)
    if len(after) != n:
        raise ValueError(f"the same seeds are needed before and after, got {n} and {len(after)}.")
    if n not in T95:
        raise ValueError(f"2 to 8 seeds are needed, got {n}.")
    d = [b - a for a, b in zip(before, after)]
    mean = sum(d) / n
    s = (sum((x - mean) ** 2 for x in d) / (n - 1)) ** 0.5
    half = T95.get(n - 1, 12.706) * s / n**0.5
    return {"mean": mean, "half": half, "clear": abs(mean) > half}


# %% wrong: the whole width
def compare_pairs(before, after):
    n = len(before)
    if len(after) != n:
        raise ValueError(f"the same seeds are needed before and after, got {n} and {len(after)}.")
    if n not in T95:
        raise ValueError(f"2 to 8 seeds are needed, got {n}.")
    d = [b - a for a, b in zip(before, after)]
    mean = sum(d) / n
    s = (sum((x - mean) ** 2 for x in d) / (n - 1)) ** 0.5
    half = 2 * T95[n] * s / n**0.5
    return {"mean": mean, "half": half, "clear": abs(mean) > half}


# %% wrong: only improvements are clear
def compare_pairs(before, after):
    n = len(before)
    if len(after) != n:
        raise ValueError(f"the same seeds are needed before and after, got {n} and {len(after)}.")
    if n not in T95:
        raise ValueError(f"2 to 8 seeds are needed, got {n}.")
    d = [b - a for a, b in zip(before, after)]
    mean = sum(d) / n
    s = (sum((x - mean) ** 2 for x in d) / (n - 1)) ** 0.5
    half = T95[n] * s / n**0.5
    return {"mean": mean, "half": half, "clear": mean > half}


# %% wrong: clear when all differences have the same sign
def compare_pairs(before, after):
    n = len(before)
    if len(after) != n:
        raise ValueError(f"the same seeds are needed before and after, got {n} and {len(after)}.")
    if n not in T95:
        raise ValueError(f"2 to 8 seeds are needed, got {n}.")
    d = [b - a for a, b in zip(before, after)]
    mean = sum(d) / n
    s = (sum((x - mean) ** 2 for x in d) / (n - 1)) ** 0.5
    half = T95[n] * s / n**0.5
    return {"mean": mean, "half": half, "clear": all(x > 0 for x in d) or all(x < 0 for x in d)}


# %% wrong: pairs are taken apart: the spread of both lists
def compare_pairs(before, after):
    n = len(before)
    if len(after) != n:
        raise ValueError(f"the same seeds are needed before and after, got {n} and {len(after)}.")
    if n not in T95:
        raise ValueError(f"2 to 8 seeds are needed, got {n}.")
    d = [b - a for a, b in zip(before, after)]
    mean = sum(d) / n
    v = [sum((x - sum(values) / n) ** 2 for x in values) / (n - 1) for values in (before, after)]
    half = T95[n] * (sum(v) / n) ** 0.5
    return {"mean": mean, "half": half, "clear": abs(mean) > half}


# %% wrong: longer lists are cut off
def compare_pairs(before, after):
    n = len(before)
    if False:
        raise ValueError(f"the same seeds are needed before and after, got {n} and {len(after)}.")
    if n not in T95:
        raise ValueError(f"2 to 8 seeds are needed, got {n}.")
    d = [b - a for a, b in zip(before, after)]
    mean = sum(d) / n
    s = (sum((x - mean) ** 2 for x in d) / (n - 1)) ** 0.5
    half = T95[n] * s / n**0.5
    return {"mean": mean, "half": half, "clear": abs(mean) > half}


# %% wrong: too few seeds are a KeyError
def compare_pairs(before, after):
    n = len(before)
    if len(after) != n:
        raise ValueError(f"the same seeds are needed before and after, got {n} and {len(after)}.")
    if False:
        raise ValueError(f"2 to 8 seeds are needed, got {n}.")
    d = [b - a for a, b in zip(before, after)]
    mean = sum(d) / n
    s = (sum((x - mean) ** 2 for x in d) / (n - 1)) ** 0.5
    half = T95[n] * s / n**0.5
    return {"mean": mean, "half": half, "clear": abs(mean) > half}


# %% wrong: the message names nothing
def compare_pairs(before, after):
    n = len(before)
    if len(after) != n:
        raise ValueError(f"the same seeds are needed before and after, got {n} and {len(after)}.")
    if n not in T95:
        raise ValueError("too few or too many seeds.")
    d = [b - a for a, b in zip(before, after)]
    mean = sum(d) / n
    s = (sum((x - mean) ** 2 for x in d) / (n - 1)) ** 0.5
    half = T95[n] * s / n**0.5
    return {"mean": mean, "half": half, "clear": abs(mean) > half}


# %% wrong: the variance instead of the standard deviation
def compare_pairs(before, after):
    n = len(before)
    if len(after) != n:
        raise ValueError(f"the same seeds are needed before and after, got {n} and {len(after)}.")
    if n not in T95:
        raise ValueError(f"2 to 8 seeds are needed, got {n}.")
    d = [b - a for a, b in zip(before, after)]
    mean = sum(d) / n
    s = sum((x - mean) ** 2 for x in d) / (n - 1)
    half = T95[n] * s / n**0.5
    return {"mean": mean, "half": half, "clear": abs(mean) > half}


# %% right: with the statistics module
import statistics


def compare_pairs(before, after):
    if len(before) != len(after) or len(before) not in T95:
        raise ValueError(f"{len(before)} before, {len(after)} after: they must be as many, 2 to 8")
    d = [y - x for x, y in zip(before, after)]
    half = T95[len(d)] * statistics.stdev(d) / len(d) ** 0.5
    low, high = statistics.fmean(d) - half, statistics.fmean(d) + half
    return {"mean": (low + high) / 2, "half": (high - low) / 2, "clear": not low <= 0 <= high}


# %% right: with tensors, all the way
def compare_pairs(before, after):
    before, after = torch.as_tensor(before).double(), torch.as_tensor(after).double()
    if before.shape != after.shape:
        raise ValueError(f"{tuple(before.shape)} against {tuple(after.shape)}")
    if len(before) not in T95:
        raise ValueError(f"{len(before)} seeds, the table has {list(T95)}")
    d = after - before
    half = T95[len(d)] * d.std() / torch.tensor(float(len(d))).sqrt()
    return {"mean": d.mean(), "half": half, "clear": d.mean().abs() > half}
