# %% wrong: not divided by the share that is kept
def add_branch(x, branch, rate, training):
    if not training or rate == 0:
        return x + branch(x)
    keep = torch.rand(len(x), device=x.device) >= rate
    if not keep.any():
        return x
    y = x.clone()
    y[keep] = x[keep] + branch(x[keep])
    return y


# %% wrong: the sum is divided, not the branch
def add_branch(x, branch, rate, training):
    if not training or rate == 0:
        return x + branch(x)
    keep = torch.rand(len(x), device=x.device) >= rate
    if not keep.any():
        return x
    y = x.clone()
    y[keep] = (x[keep] + branch(x[keep])) / (1 - rate)
    return y


# %% wrong: divided by the rate
def add_branch(x, branch, rate, training):
    if not training or rate == 0:
        return x + branch(x)
    keep = torch.rand(len(x), device=x.device) >= rate
    if not keep.any():
        return x
    y = x.clone()
    y[keep] = x[keep] + branch(x[keep]) / rate
    return y


# %% wrong: keeps with probability rate
def add_branch(x, branch, rate, training):
    if not training or rate == 0:
        return x + branch(x)
    keep = torch.rand(len(x), device=x.device) < rate
    if not keep.any():
        return x
    y = x.clone()
    y[keep] = x[keep] + branch(x[keep]) / (1 - rate)
    return y


# %% wrong: one draw for the whole batch
def add_branch(x, branch, rate, training):
    if not training or rate == 0:
        return x + branch(x)
    if torch.rand(()) < rate:
        return x
    return x + branch(x) / (1 - rate)


# %% wrong: computes all and throws away
def add_branch(x, branch, rate, training):
    if not training or rate == 0:
        return x + branch(x)
    keep = torch.rand(len(x), *[1] * (x.ndim - 1)) >= rate
    return x + branch(x) * keep / (1 - rate)


# %% wrong: a draw for every number
def add_branch(x, branch, rate, training):
    if not training or rate == 0:
        return x + branch(x)
    keep = torch.rand_like(x) >= rate
    return x + branch(x) * keep / (1 - rate)


# %% wrong: leaves images out in evaluation
def add_branch(x, branch, rate, training):
    if rate == 0:
        return x + branch(x)
    keep = torch.rand(len(x), device=x.device) >= rate
    if not keep.any():
        return x
    y = x.clone()
    y[keep] = x[keep] + branch(x[keep]) / (1 - rate)
    return y


# %% wrong: writes into the input
def add_branch(x, branch, rate, training):
    if not training or rate == 0:
        return x + branch(x)
    keep = torch.rand(len(x), device=x.device) >= rate
    if not keep.any():
        return x
    y = x.detach()
    y[keep] = x[keep] + branch(x[keep]) / (1 - rate)
    return y


# %% wrong: the same number of images every time, the first ones
def add_branch(x, branch, rate, training):
    if not training or rate == 0:
        return x + branch(x)
    kept = max(1, round(len(x) * (1 - rate)))
    return torch.cat([x[:kept] + branch(x[:kept]) / (1 - rate), x[kept:]])


# %% wrong: the branch is called with no image at all
def add_branch(x, branch, rate, training):
    if not training or rate == 0:
        return x + branch(x)
    keep = torch.rand(len(x), device=x.device) >= rate
    y = x.clone()
    y[keep] = x[keep] + branch(x[keep]) / (1 - rate)
    return y


# %% wrong: the input replaces what is left out of the output, the branch the rest
def add_branch(x, branch, rate, training):
    if not training or rate == 0:
        return x + branch(x)
    keep = torch.rand(len(x), device=x.device) >= rate
    if not keep.any():
        return x
    y = x.clone()
    y[keep] = branch(x[keep]) / (1 - rate)
    return y


# %% wrong: the results are added to the wrong images
def add_branch(x, branch, rate, training):
    if not training or rate == 0:
        return x + branch(x)
    keep = torch.rand(len(x)) >= rate
    if not keep.any():
        return x
    added = torch.zeros_like(x)
    added[: int(keep.sum())] = branch(x[keep]) / (1 - rate)
    return x + added


# %% wrong: the branch is detached
def add_branch(x, branch, rate, training):
    if not training or rate == 0:
        return x + branch(x)
    keep = torch.rand(len(x), device=x.device) >= rate
    if not keep.any():
        return x
    y = x.clone()
    y[keep] = x[keep] + branch(x[keep]).detach() / (1 - rate)
    return y


# %% wrong: a seed is set inside
def add_branch(x, branch, rate, training):
    torch.manual_seed(0)
    if not training or rate == 0:
        return x + branch(x)
    keep = torch.rand(len(x), device=x.device) >= rate
    if not keep.any():
        return x
    y = x.clone()
    y[keep] = x[keep] + branch(x[keep]) / (1 - rate)
    return y


# %% wrong: a fixed number of images, as DINOv2 does
def add_branch(x, branch, rate, training):
    if not training or rate == 0:
        return x + branch(x)
    kept = torch.randperm(len(x))[: max(1, round(len(x) * (1 - rate)))]
    y = x.clone()
    y[kept] = x[kept] + branch(x[kept]) / (1 - rate)
    return y


# %% wrong: no gradient in evaluation
def add_branch(x, branch, rate, training):
    if not training:
        with torch.no_grad():
            return x + branch(x)
    if rate == 0:
        return x + branch(x)
    keep = torch.rand(len(x)) >= rate
    if not keep.any():
        return x
    y = x.clone()
    y[keep] = x[keep] + branch(x[keep]) / (1 - rate)
    return y


# %% wrong: scaled in evaluation instead of training
def add_branch(x, branch, rate, training):
    if not training:
        return x + branch(x) * (1 - rate)
    keep = torch.rand(len(x)) >= rate
    if not keep.any():
        return x
    y = x.clone()
    y[keep] = x[keep] + branch(x[keep])
    return y


# %% right: index_add
def add_branch(x, branch, rate, training):
    if not training or rate == 0:
        return x + branch(x)
    places = (torch.rand(len(x)) < 1 - rate).nonzero().flatten()
    if len(places) == 0:
        return x
    return torch.index_add(x, 0, places, branch(x[places]), alpha=1 / (1 - rate))


# %% right: image by image
def add_branch(x, branch, rate, training):
    if not training:
        return x + branch(x)
    images = []
    for image in x.split(1):
        keep = rate == 0 or torch.bernoulli(torch.tensor(1.0 - rate)) == 1
        images.append(image + branch(image) / (1 - rate) if keep else image)
    return torch.cat(images)


# %% right: a mask of zeros filled in, and the draw from a binomial
def add_branch(x, branch, rate, training):
    if not training or rate == 0:
        return x + branch(x)
    keep = torch.full((len(x),), 1 - rate).bernoulli().bool()
    added = torch.zeros_like(x)
    if keep.any():
        added = added.index_put((keep,), branch(x[keep]) / (1 - rate))
    return x + added


# %% right: a list of images and stack
def add_branch(x, branch, rate, training):
    if not training:
        return x + branch(x)
    chosen = [i for i in range(len(x)) if float(torch.rand(1)) > rate] if rate > 0 else list(range(len(x)))
    if not chosen:
        return x.clone()
    out = branch(x[chosen]) / (1 - rate)
    rows = list(x)
    for k, i in enumerate(chosen):
        rows[i] = rows[i] + out[k]
    return torch.stack(rows)
