# %% wrong: chooses the rate by test images
def contest(kinds, rates, seeds, learn, score):
    table = {}
    for kind in kinds:
        rate = max(rates, key=lambda r: score(learn(kind, r, seeds[0]), "test"))
        test = [score(learn(kind, rate, seed), "test") for seed in seeds]
        table[kind] = {"rate": rate, "mean": sum(test) / len(test), "worst": min(test), "best": max(test)}
    return table


# %% wrong: the first kind chooses for all
def contest(kinds, rates, seeds, learn, score):
    table = {}
    rate = max(rates, key=lambda r: score(learn(kinds[0], r, seeds[0]), "validation"))
    for kind in kinds:
        test = [score(learn(kind, rate, seed), "test") for seed in seeds]
        table[kind] = {"rate": rate, "mean": sum(test) / len(test), "worst": min(test), "best": max(test)}
    return table


# %% wrong: the same seed for every model
def contest(kinds, rates, seeds, learn, score):
    table = {}
    for kind in kinds:
        rate = max(rates, key=lambda r: score(learn(kind, r, seeds[0]), "validation"))
        test = [score(learn(kind, rate, seeds[0]), "test") for seed in seeds]
        table[kind] = {"rate": rate, "mean": sum(test) / len(test), "worst": min(test), "best": max(test)}
    return table


# %% wrong: reports validation accuracies
def contest(kinds, rates, seeds, learn, score):
    table = {}
    for kind in kinds:
        rate = max(rates, key=lambda r: score(learn(kind, r, seeds[0]), "validation"))
        test = [score(learn(kind, rate, seed), "validation") for seed in seeds]
        table[kind] = {"rate": rate, "mean": sum(test) / len(test), "worst": min(test), "best": max(test)}
    return table


# %% wrong: the best run for the mean
def contest(kinds, rates, seeds, learn, score):
    table = {}
    for kind in kinds:
        rate = max(rates, key=lambda r: score(learn(kind, r, seeds[0]), "validation"))
        test = [score(learn(kind, rate, seed), "test") for seed in seeds]
        table[kind] = {"rate": rate, "mean": max(test), "worst": min(test), "best": max(test)}
    return table


# %% wrong: the middle instead of the mean
def contest(kinds, rates, seeds, learn, score):
    table = {}
    for kind in kinds:
        rate = max(rates, key=lambda r: score(learn(kind, r, seeds[0]), "validation"))
        test = sorted(score(learn(kind, rate, seed), "test") for seed in seeds)
        table[kind] = {"rate": rate, "mean": test[len(test) // 2], "worst": test[0], "best": test[-1]}
    return table


# %% wrong: scores every rate on test images and keeps what it needs
def contest(kinds, rates, seeds, learn, score):
    table = {}
    for kind in kinds:
        runs = {r: [score(learn(kind, r, seed), "test") for seed in seeds] for r in rates}
        rate = max(rates, key=lambda r: score(learn(kind, r, seeds[0]), "validation"))
        test = runs[rate]
        table[kind] = {"rate": rate, "mean": sum(test) / len(test), "worst": min(test), "best": max(test)}
    return table


# %% wrong: chooses the rate with all seeds
def contest(kinds, rates, seeds, learn, score):
    table = {}
    for kind in kinds:
        rate = max(rates, key=lambda r: sum(score(learn(kind, r, seed), "validation") for seed in seeds))
        test = [score(learn(kind, rate, seed), "test") for seed in seeds]
        table[kind] = {"rate": rate, "mean": sum(test) / len(test), "worst": min(test), "best": max(test)}
    return table


# %% wrong: the later one of equally good rates
def contest(kinds, rates, seeds, learn, score):
    table = {}
    for kind in kinds:
        best, rate = -math.inf, None
        for r in rates:
            accuracy = score(learn(kind, r, seeds[0]), "validation")
            if accuracy >= best:
                best, rate = accuracy, r
        test = [score(learn(kind, rate, seed), "test") for seed in seeds]
        table[kind] = {"rate": rate, "mean": sum(test) / len(test), "worst": min(test), "best": max(test)}
    return table


# %% right: keeps the tuned model, with loops and tensors
def contest(kinds, rates, seeds, learn, score):
    table = {}
    for kind in kinds:
        models = [learn(kind, r, seeds[0]) for r in rates]
        validation = [score(model, "validation") for model in models]
        chosen = validation.index(max(validation))
        final = [models[chosen]] + [learn(kind, rates[chosen], seed) for seed in seeds[1:]]
        test = torch.tensor([score(model, "test") for model in final], dtype=torch.float64)
        table[kind] = dict(rate=rates[chosen], mean=test.mean(), worst=test.min(), best=test.max())
    return table


# %% right: a comprehension and a sort
def contest(kinds, rates, seeds, learn, score):
    def choose(kind):
        return sorted(rates, key=lambda r: -score(learn(kind, r, seeds[0]), "validation"))[0]

    def report(kind, rate):
        test = sorted(score(learn(kind, rate, seed), "test") for seed in seeds)
        return {"best": test[-1], "worst": test[0], "mean": math.fsum(test) / len(seeds), "rate": rate}

    return {kind: report(kind, choose(kind)) for kind in kinds}
