# %% wrong: the values, not their ranks
def rank_correlation(a, b):
    x, y = (values - values.mean(dim=1, keepdim=True) for values in (a, b))
    return (x * y).sum(dim=1) / (x.square().sum(dim=1) * y.square().sum(dim=1)).sqrt()


measured = {name: rank_correlation(trained_maps[name], broken_maps[name]).mean().item() for name in trained_maps}


# %% wrong: argsort once, which is not the rank
def rank_correlation(a, b):
    x, y = (values.argsort(dim=1).to(a.dtype) for values in (a, b))
    x, y = (ranks - ranks.mean(dim=1, keepdim=True) for ranks in (x, y))
    return (x * y).sum(dim=1) / (x.square().sum(dim=1) * y.square().sum(dim=1)).sqrt()


measured = {name: rank_correlation(trained_maps[name], broken_maps[name]).mean().item() for name in trained_maps}


# %% wrong: ranked over all images together
def rank_correlation(a, b):
    x, y = (values.flatten().argsort().argsort().reshape(values.shape).to(a.dtype) for values in (a, b))
    x, y = (ranks - ranks.mean(dim=1, keepdim=True) for ranks in (x, y))
    return (x * y).sum(dim=1) / (x.square().sum(dim=1) * y.square().sum(dim=1)).sqrt()


measured = {name: rank_correlation(trained_maps[name], broken_maps[name]).mean().item() for name in trained_maps}


# %% wrong: the mean is not subtracted
def rank_correlation(a, b):
    x, y = (values.argsort(dim=1).argsort(dim=1).to(a.dtype) for values in (a, b))
    return (x * y).sum(dim=1) / (x.square().sum(dim=1) * y.square().sum(dim=1)).sqrt()


measured = {name: rank_correlation(trained_maps[name], broken_maps[name]).mean().item() for name in trained_maps}


# %% wrong: one number for the whole batch
def rank_correlation(a, b):
    x, y = (values.argsort(dim=1).argsort(dim=1).to(a.dtype) for values in (a, b))
    x, y = (ranks - ranks.mean(dim=1, keepdim=True) for ranks in (x, y))
    return ((x * y).sum() / (x.square().sum() * y.square().sum()).sqrt()).reshape(1)


measured = {name: rank_correlation(trained_maps[name], broken_maps[name]).mean().item() for name in trained_maps}


# %% wrong: always in single precision
def rank_correlation(a, b):
    x, y = (values.argsort(dim=1).argsort(dim=1).float() for values in (a, b))
    x, y = (ranks - ranks.mean(dim=1, keepdim=True) for ranks in (x, y))
    return (x * y).sum(dim=1) / (x.square().sum(dim=1) * y.square().sum(dim=1)).sqrt()


measured = {name: rank_correlation(trained_maps[name], broken_maps[name]).mean().item() for name in trained_maps}


# %% wrong: rollout is compared with relevance instead of trained with broken
def rank_correlation(a, b):
    x, y = (values.argsort(dim=1).argsort(dim=1).to(a.dtype) for values in (a, b))
    x, y = (ranks - ranks.mean(dim=1, keepdim=True) for ranks in (x, y))
    return (x * y).sum(dim=1) / (x.square().sum(dim=1) * y.square().sum(dim=1)).sqrt()


measured = {
    "rollout": rank_correlation(trained_maps["rollout"], trained_maps["relevance"]).mean().item(),
    "relevance": rank_correlation(broken_maps["rollout"], broken_maps["relevance"]).mean().item(),
}


# %% wrong: the first image only
def rank_correlation(a, b):
    x, y = (values.argsort(dim=1).argsort(dim=1).to(a.dtype) for values in (a, b))
    x, y = (ranks - ranks.mean(dim=1, keepdim=True) for ranks in (x, y))
    return (x * y).sum(dim=1) / (x.square().sum(dim=1) * y.square().sum(dim=1)).sqrt()


measured = {name: rank_correlation(trained_maps[name], broken_maps[name])[0].item() for name in trained_maps}


# %% wrong: the two measurements have changed places
def rank_correlation(a, b):
    x, y = (values.argsort(dim=1).argsort(dim=1).to(a.dtype) for values in (a, b))
    x, y = (ranks - ranks.mean(dim=1, keepdim=True) for ranks in (x, y))
    return (x * y).sum(dim=1) / (x.square().sum(dim=1) * y.square().sum(dim=1)).sqrt()


both = [rank_correlation(trained_maps[name], broken_maps[name]).mean().item() for name in ("relevance", "rollout")]
measured = {"rollout": both[0], "relevance": both[1]}


# %% wrong: the three images are joined to one long map before they are compared
def rank_correlation(a, b):
    x, y = (values.argsort(dim=1).argsort(dim=1).to(a.dtype) for values in (a, b))
    x, y = (ranks - ranks.mean(dim=1, keepdim=True) for ranks in (x, y))
    return (x * y).sum(dim=1) / (x.square().sum(dim=1) * y.square().sum(dim=1)).sqrt()


measured = {
    name: rank_correlation(trained_maps[name].reshape(1, -1), broken_maps[name].reshape(1, -1)).item()
    for name in trained_maps
}


# %% right: Spearman's formula with the squared differences of the ranks
def rank_correlation(a, b):
    n = a.shape[1]

    def rank(values):
        return (values[:, :, None] > values[:, None, :]).sum(dim=2)

    d2 = (rank(a) - rank(b)).square().sum(dim=1).to(a.dtype)
    return 1 - 6 * d2 / (n * (n * n - 1))


guessed = {"rollout": 0.5, "relevance": 0.5}
measured = {}
for name in guessed:
    measured[name] = rank_correlation(trained_maps[name], broken_maps[name]).mean()


# %% right: torch.corrcoef for each image, and rounded measurements
def rank_correlation(a, b):
    found = []
    for one, other in zip(a, b):
        ranks = torch.stack([one.argsort().argsort(), other.argsort().argsort()]).double()
        found.append(torch.corrcoef(ranks)[0, 1])
    return torch.stack(found).to(a.dtype)


measured = {
    name: round(float(np.mean(rank_correlation(trained_maps[name], broken_maps[name]).numpy())), 2)
    for name in ("relevance", "rollout")
}
