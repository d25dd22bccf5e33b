# %% wrong: shifts alternate through the whole model, not within a stage
def stage_plan(depths, window_size, drop_path):
    window = (window_size, window_size) if isinstance(window_size, int) else window_size
    half, total, number, plan = tuple(side // 2 for side in window), sum(depths), 0, []
    for depth in depths:
        plan.append([])
        for _ in range(depth):
            plan[-1].append((half if number % 2 else (0, 0), drop_path * number / max(1, total - 1)))
            number += 1
    return plan


# %% wrong: the first block of a stage shifts
def stage_plan(depths, window_size, drop_path):
    window = (window_size, window_size) if isinstance(window_size, int) else window_size
    half, total, number, plan = tuple(side // 2 for side in window), sum(depths), 0, []
    for depth in depths:
        plan.append([])
        for j in range(depth):
            plan[-1].append(((0, 0) if j % 2 else half, drop_path * number / max(1, total - 1)))
            number += 1
    return plan


# %% wrong: half a window is rounded up
def stage_plan(depths, window_size, drop_path):
    window = (window_size, window_size) if isinstance(window_size, int) else window_size
    half, total, number, plan = tuple((side + 1) // 2 for side in window), sum(depths), 0, []
    for depth in depths:
        plan.append([])
        for j in range(depth):
            plan[-1].append((half if j % 2 else (0, 0), drop_path * number / max(1, total - 1)))
            number += 1
    return plan


# %% wrong: no block ever shifts
def stage_plan(depths, window_size, drop_path):
    total, number, plan = sum(depths), 0, []
    for depth in depths:
        plan.append([])
        for _ in range(depth):
            plan[-1].append(((0, 0), drop_path * number / max(1, total - 1)))
            number += 1
    return plan


# %% wrong: a window of two sides is shifted by half its rows in both directions
def stage_plan(depths, window_size, drop_path):
    side = window_size if isinstance(window_size, int) else window_size[0]
    half, total, number, plan = (side // 2, side // 2), sum(depths), 0, []
    for depth in depths:
        plan.append([])
        for j in range(depth):
            plan[-1].append((half if j % 2 else (0, 0), drop_path * number / max(1, total - 1)))
            number += 1
    return plan


# %% wrong: the probabilities start again in each stage
def stage_plan(depths, window_size, drop_path):
    window = (window_size, window_size) if isinstance(window_size, int) else window_size
    half = tuple(side // 2 for side in window)
    return [
        [((0, 0) if j % 2 == 0 else half, drop_path * j / max(1, depth - 1)) for j in range(depth)] for depth in depths
    ]


# %% wrong: the last block never reaches drop_path
def stage_plan(depths, window_size, drop_path):
    window = (window_size, window_size) if isinstance(window_size, int) else window_size
    half, total, number, plan = tuple(side // 2 for side in window), sum(depths), 0, []
    for depth in depths:
        plan.append([])
        for j in range(depth):
            plan[-1].append((half if j % 2 else (0, 0), drop_path * number / total))
            number += 1
    return plan


# %% wrong: the same probability for all blocks
def stage_plan(depths, window_size, drop_path):
    window = (window_size, window_size) if isinstance(window_size, int) else window_size
    half = tuple(side // 2 for side in window)
    return [[((0, 0) if j % 2 == 0 else half, drop_path) for j in range(depth)] for depth in depths]


# %% wrong: a model of one block leaves it out with drop_path
def stage_plan(depths, window_size, drop_path):
    window = (window_size, window_size) if isinstance(window_size, int) else window_size
    half, total, number, plan = tuple(side // 2 for side in window), sum(depths), 0, []
    for depth in depths:
        plan.append([])
        for j in range(depth):
            rate = drop_path * number / (total - 1) if total > 1 else drop_path
            plan[-1].append((half if j % 2 else (0, 0), rate))
            number += 1
    return plan


# %% wrong: half a window is a float, by which no map can be rolled
def stage_plan(depths, window_size, drop_path):
    window = (window_size, window_size) if isinstance(window_size, int) else window_size
    half, total, number, plan = tuple(side / 2 // 1 for side in window), sum(depths), 0, []
    for depth in depths:
        plan.append([])
        for j in range(depth):
            plan[-1].append((half if j % 2 else (0, 0), drop_path * number / max(1, total - 1)))
            number += 1
    return plan


# %% right: linspace, split by stages
def stage_plan(depths, window_size, drop_path):
    rows, columns = [window_size] * 2 if isinstance(window_size, int) else window_size
    rates = [r.tolist() for r in torch.linspace(0, drop_path, sum(depths), dtype=torch.float64).split(list(depths))]
    return [[((j % 2 * (rows // 2), j % 2 * (columns // 2)), rate) for j, rate in enumerate(r)] for r in rates]


# %% right: lists instead of tuples, tensors instead of floats
def stage_plan(depths, window_size, drop_path):
    try:
        rows, columns = window_size
    except TypeError:
        rows = columns = window_size
    rates, start, plan = torch.linspace(0, drop_path, sum(depths)), 0, []
    for depth in depths:
        plan.append([[[j % 2 * (rows // 2), j % 2 * (columns // 2)], rates[start + j]] for j in range(depth)])
        start += depth
    return plan


# %% right: one list of all blocks, cut afterwards
def stage_plan(depths, window_size, drop_path):
    pair = tuple(window_size) if hasattr(window_size, "__len__") else (window_size,) * 2
    step = drop_path / (sum(depths) - 1) if sum(depths) > 1 else 0
    flat = [(pair[0] // 2 * (j % 2), pair[1] // 2 * (j % 2)) for depth in depths for j in range(depth)]
    numbered = iter([(shift, step * i) for i, shift in enumerate(flat)])
    return [[next(numbered) for _ in range(depth)] for depth in depths]


# %% right: integers and probabilities of NumPy
def stage_plan(depths, window_size, drop_path):
    import numpy as np

    half = np.broadcast_to(window_size, 2) // 2
    rates, ends = np.linspace(0, drop_path, sum(depths)), np.cumsum([0, *depths])
    return [[(tuple(half * (j % 2)), rates[end + j]) for j in range(depth)] for end, depth in zip(ends, depths)]
