# %% wrong: the first block is shifted
def reach_by_shift(length, window, blocks):
    i, found = torch.arange(length), {}
    for shift in range(window):
        known = torch.eye(length)
        for block in range(blocks):
            s = 0 if block % 2 else shift
            piece = (i - s).div(window, rounding_mode="floor")
            known = ((piece[:, None] == piece).float() @ known > 0).float()
        found[shift] = known.sum(dim=1).mean().item()
    return found


# %% wrong: every block is shifted
def reach_by_shift(length, window, blocks):
    i, found = torch.arange(length), {}
    for shift in range(window):
        known = torch.eye(length)
        for block in range(blocks):
            s = shift
            piece = (i - s).div(window, rounding_mode="floor")
            known = ((piece[:, None] == piece).float() @ known > 0).float()
        found[shift] = known.sum(dim=1).mean().item()
    return found


# %% wrong: blocks are not chained
def reach_by_shift(length, window, blocks):
    i, found = torch.arange(length), {}
    for shift in range(window):
        known = torch.eye(length)
        for block in range(blocks):
            s = shift if block % 2 else 0
            piece = (i - s).div(window, rounding_mode="floor")
            known = ((piece[:, None] == piece).float() > 0).float()
        found[shift] = known.sum(dim=1).mean().item()
    return found


# %% wrong: only the union of the two kinds of pieces
def reach_by_shift(length, window, blocks):
    i, found = torch.arange(length), {}
    for shift in range(window):
        known = torch.eye(length)
        for block in range(blocks):
            s = shift if block % 2 else 0
            piece = (i - s).div(window, rounding_mode="floor")
            known = ((piece[:, None] == piece) | (known > 0)).float()
        found[shift] = known.sum(dim=1).mean().item()
    return found


# %% wrong: cyclic, without a mask
def reach_by_shift(length, window, blocks):
    i, found = torch.arange(length), {}
    for shift in range(window):
        known = torch.eye(length)
        for block in range(blocks):
            s = shift if block % 2 else 0
            piece = ((i - s) % length).div(window, rounding_mode="floor")
            known = ((piece[:, None] == piece).float() @ known > 0).float()
        found[shift] = known.sum(dim=1).mean().item()
    return found


# %% wrong: division that rounds towards zero
def reach_by_shift(length, window, blocks):
    i, found = torch.arange(length), {}
    for shift in range(window):
        known = torch.eye(length)
        for block in range(blocks):
            s = shift if block % 2 else 0
            piece = (i - s).div(window, rounding_mode="trunc")
            known = ((piece[:, None] == piece).float() @ known > 0).float()
        found[shift] = known.sum(dim=1).mean().item()
    return found


# %% wrong: shifted the other way
def reach_by_shift(length, window, blocks):
    i, found = torch.arange(length), {}
    for shift in range(window):
        known = torch.eye(length)
        for block in range(blocks):
            s = shift if block % 2 else 0
            piece = (i + s).div(window, rounding_mode="floor")
            known = ((piece[:, None] == piece).float() @ known > 0).float()
        found[shift] = known.sum(dim=1).mean().item()
    return found


# %% wrong: the largest instead of the mean
def reach_by_shift(length, window, blocks):
    i, found = torch.arange(length), {}
    for shift in range(window):
        known = torch.eye(length)
        for block in range(blocks):
            s = shift if block % 2 else 0
            piece = (i - s).div(window, rounding_mode="floor")
            known = ((piece[:, None] == piece).float() @ known > 0).float()
        found[shift] = known.sum(dim=1).max().item()
    return found


# %% wrong: counts ways instead of tokens
def reach_by_shift(length, window, blocks):
    i, found = torch.arange(length), {}
    for shift in range(window):
        known = torch.eye(length)
        for block in range(blocks):
            s = shift if block % 2 else 0
            piece = (i - s).div(window, rounding_mode="floor")
            known = ((piece[:, None] == piece).float() @ known)
        found[shift] = known.sum(dim=1).mean().item()
    return found


# %% wrong: one block too many
def reach_by_shift(length, window, blocks):
    i, found = torch.arange(length), {}
    for shift in range(window):
        known = torch.eye(length)
        for block in range(blocks + 1):
            s = shift if block % 2 else 0
            piece = (i - s).div(window, rounding_mode="floor")
            known = ((piece[:, None] == piece).float() @ known > 0).float()
        found[shift] = known.sum(dim=1).mean().item()
    return found


# %% wrong: without the shift of zero
def reach_by_shift(length, window, blocks):
    i, found = torch.arange(length), {}
    for shift in range(1, window):
        known = torch.eye(length)
        for block in range(blocks):
            s = shift if block % 2 else 0
            piece = (i - s).div(window, rounding_mode="floor")
            known = ((piece[:, None] == piece).float() @ known > 0).float()
        found[shift] = known.sum(dim=1).mean().item()
    return found


# %% wrong: a list instead of a dictionary
def reach_by_shift(length, window, blocks):
    i, found = torch.arange(length), {}
    for shift in range(window):
        known = torch.eye(length)
        for block in range(blocks):
            s = shift if block % 2 else 0
            piece = (i - s).div(window, rounding_mode="floor")
            known = ((piece[:, None] == piece).float() @ known > 0).float()
        found[shift] = known.sum(dim=1).mean().item()
    return list(found.values())


# %% wrong: a share of the row
def reach_by_shift(length, window, blocks):
    i, found = torch.arange(length), {}
    for shift in range(window):
        known = torch.eye(length)
        for block in range(blocks):
            s = shift if block % 2 else 0
            piece = (i - s).div(window, rounding_mode="floor")
            known = ((piece[:, None] == piece).float() @ known > 0).float()
        found[shift] = known.sum(dim=1).mean().item() / length
    return found


# %% wrong: only for rows that windows fill
def reach_by_shift(length, window, blocks):
    length -= length % window
    i, found = torch.arange(length), {}
    for shift in range(window):
        known = torch.eye(length)
        for block in range(blocks):
            s = shift if block % 2 else 0
            piece = (i - s).div(window, rounding_mode="floor")
            known = ((piece[:, None] == piece).float() @ known > 0).float()
        found[shift] = known.sum(dim=1).mean().item()
    return found


# %% right: intervals: what is known is always a stretch of the row
def reach_by_shift(length, window, blocks):
    found = {}
    for shift in range(window):
        low, high = list(range(length)), list(range(length))
        for block in range(1, blocks + 1):
            start = 0 if block % 2 else shift
            new_low, new_high = [], []
            for i in range(length):
                first = max(0, i - (i - start) % window)
                last = min(length - 1, i - (i - start) % window + window - 1)
                new_low.append(min(low[first : last + 1])), new_high.append(max(high[first : last + 1]))
            low, high = new_low, new_high
        found[shift] = sum(b - a + 1 for a, b in zip(low, high)) / length
    return found


# %% right: sets of tokens, fractions as values
from fractions import Fraction


def reach_by_shift(length, window, blocks):
    def spread(shift):
        sets = {i: {i} for i in range(length)}
        for b in range(blocks):
            start = shift * (b % 2)
            groups = {}
            for i in range(length):
                groups.setdefault((i - start) // window, set()).update(sets[i])
            sets = {i: groups[(i - start) // window] for i in range(length)}
        return Fraction(sum(len(s) for s in sets.values()), length)

    return {shift: spread(shift) for shift in range(window)}


# %% right: tensors as values, by powers of the pair of blocks
def reach_by_shift(length, window, blocks):
    i, out = torch.arange(length), {}
    sees = lambda s: torch.eq(*torch.meshgrid((i + window - s) // window, (i + window - s) // window, indexing="ij")).double()
    for s in reversed(range(window)):
        known = torch.eye(length).double()
        for k in range(blocks):
            known = (sees(s * (k % 2)) @ known).clamp(max=1)
        out[s] = known.sum() / length
    return out
