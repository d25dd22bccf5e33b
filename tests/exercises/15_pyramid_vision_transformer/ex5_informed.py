# %% wrong: counts numbers, not tokens
def informed(layer, H, W, dim):
    with torch.no_grad():
        y = layer(torch.ones(1, H, W, dim))[0]
    return int(((y - y[H // 2, W // 2]).abs() > 1e-5).sum())


measured = {
    "one": informed(stack(1), 12, 20, 8),
    "two": informed(stack(2), 12, 20, 8),
    "three": informed(stack(3), 12, 20, 8),
    "two circular": informed(stack(2, "circular"), 12, 20, 8),
}


# %% wrong: counts the tokens that are equal
def informed(layer, H, W, dim):
    with torch.no_grad():
        y = layer(torch.ones(1, H, W, dim))[0]
    return int(((y - y[H // 2, W // 2]).abs().amax(dim=-1) <= 1e-5).sum())


measured = {
    "one": informed(stack(1), 12, 20, 8),
    "two": informed(stack(2), 12, 20, 8),
    "three": informed(stack(3), 12, 20, 8),
    "two circular": informed(stack(2, "circular"), 12, 20, 8),
}


# %% wrong: compares with the corner
def informed(layer, H, W, dim):
    with torch.no_grad():
        y = layer(torch.ones(1, H, W, dim))[0]
    return int(((y - y[0, 0]).abs().amax(dim=-1) > 1e-5).sum())


measured = {
    "one": informed(stack(1), 12, 20, 8),
    "two": informed(stack(2), 12, 20, 8),
    "three": informed(stack(3), 12, 20, 8),
    "two circular": informed(stack(2, "circular"), 12, 20, 8),
}


# %% wrong: no tolerance
def informed(layer, H, W, dim):
    with torch.no_grad():
        y = layer(torch.ones(1, H, W, dim))[0]
    return int((y != y[H // 2, W // 2]).any(dim=-1).sum())


measured = {
    "one": informed(stack(1), 12, 20, 8),
    "two": informed(stack(2), 12, 20, 8),
    "three": informed(stack(3), 12, 20, 8),
    "two circular": informed(stack(2, "circular"), 12, 20, 8),
}


# %% wrong: a tolerance that misses small differences
def informed(layer, H, W, dim):
    with torch.no_grad():
        y = layer(torch.ones(1, H, W, dim))[0]
    return int(((y - y[H // 2, W // 2]).abs().amax(dim=-1) > 0.01).sum())


measured = {
    "one": informed(stack(1), 12, 20, 8),
    "two": informed(stack(2), 12, 20, 8),
    "three": informed(stack(3), 12, 20, 8),
    "two circular": informed(stack(2, "circular"), 12, 20, 8),
}


# %% wrong: only numbers that are larger
def informed(layer, H, W, dim):
    with torch.no_grad():
        y = layer(torch.ones(1, H, W, dim))[0]
    return int(((y - y[H // 2, W // 2]).amax(dim=-1) > 1e-5).sum())


measured = {
    "one": informed(stack(1), 12, 20, 8),
    "two": informed(stack(2), 12, 20, 8),
    "three": informed(stack(3), 12, 20, 8),
    "two circular": informed(stack(2, "circular"), 12, 20, 8),
}


# %% wrong: only the first number of each token
def informed(layer, H, W, dim):
    with torch.no_grad():
        y = layer(torch.ones(1, H, W, dim))[0]
    return int(((y - y[H // 2, W // 2])[..., 0].abs() > 1e-5).sum())


measured = {
    "one": informed(stack(1), 12, 20, 8),
    "two": informed(stack(2), 12, 20, 8),
    "three": informed(stack(3), 12, 20, 8),
    "two circular": informed(stack(2, "circular"), 12, 20, 8),
}


# %% wrong: row and column of the middle exchanged
def informed(layer, H, W, dim):
    with torch.no_grad():
        y = layer(torch.ones(1, H, W, dim))[0]
    return int(((y - y[min(W // 2, H - 1), min(H // 2, W - 1)]).abs().amax(dim=-1) > 1e-5).sum())


measured = {
    "one": informed(stack(1), 12, 20, 8),
    "two": informed(stack(2), 12, 20, 8),
    "three": informed(stack(3), 12, 20, 8),
    "two circular": informed(stack(2, "circular"), 12, 20, 8),
}


# %% wrong: compares with the mean token
def informed(layer, H, W, dim):
    with torch.no_grad():
        y = layer(torch.ones(1, H, W, dim))[0]
    return int(((y - y.mean(dim=(0, 1))).abs().amax(dim=-1) > 1e-5).sum())


measured = {
    "one": informed(stack(1), 12, 20, 8),
    "two": informed(stack(2), 12, 20, 8),
    "three": informed(stack(3), 12, 20, 8),
    "two circular": informed(stack(2, "circular"), 12, 20, 8),
}


# %% wrong: nothing was measured
def informed(layer, H, W, dim):
    with torch.no_grad():
        y = layer(torch.ones(1, H, W, dim))[0]
    return int(((y - y[H // 2, W // 2]).abs().amax(dim=-1) > 1e-5).sum())


measured = {"one": None, "two": None, "three": None, "two circular": None}


# %% wrong: guessed: the area of the frames as if their corners counted twice
def informed(layer, H, W, dim):
    with torch.no_grad():
        y = layer(torch.ones(1, H, W, dim))[0]
    return int(((y - y[H // 2, W // 2]).abs().amax(dim=-1) > 1e-5).sum())


measured = {"one": 64, "two": 128, "three": 192, "two circular": 0}


# %% wrong: the Euclidean norm, as in the chapter's picture
def informed(layer, H, W, dim):
    with torch.no_grad():
        y = layer(torch.ones(1, H, W, dim))[0]
    difference = y - y[H // 2, W // 2]
    return int((difference.norm(dim=-1) > 1e-5).sum())


measured = {
    "one": informed(stack(1), 12, 20, 8),
    "two": informed(stack(2), 12, 20, 8),
    "three": informed(stack(3), 12, 20, 8),
    "two circular": informed(stack(2, "circular"), 12, 20, 8),
}


# %% wrong: the sum of the differences
def informed(layer, H, W, dim):
    with torch.no_grad():
        y = layer(torch.ones(1, H, W, dim))[0]
    difference = y - y[H // 2, W // 2]
    return int((difference.abs().sum(dim=-1) > 1e-5).sum())


measured = {
    "one": informed(stack(1), 12, 20, 8),
    "two": informed(stack(2), 12, 20, 8),
    "three": informed(stack(3), 12, 20, 8),
    "two circular": informed(stack(2, "circular"), 12, 20, 8),
}


# %% wrong: the mean of the differences
def informed(layer, H, W, dim):
    with torch.no_grad():
        y = layer(torch.ones(1, H, W, dim))[0]
    difference = y - y[H // 2, W // 2]
    return int((difference.abs().mean(dim=-1) > 1e-5).sum())


measured = {
    "one": informed(stack(1), 12, 20, 8),
    "two": informed(stack(2), 12, 20, 8),
    "three": informed(stack(3), 12, 20, 8),
    "two circular": informed(stack(2, "circular"), 12, 20, 8),
}


# %% wrong: a sum in which up and down cancel
def informed(layer, H, W, dim):
    with torch.no_grad():
        y = layer(torch.ones(1, H, W, dim))[0]
    difference = y - y[H // 2, W // 2]
    return int((difference.sum(dim=-1).abs() > 1e-5).sum())


measured = {
    "one": informed(stack(1), 12, 20, 8),
    "two": informed(stack(2), 12, 20, 8),
    "three": informed(stack(3), 12, 20, 8),
    "two circular": informed(stack(2, "circular"), 12, 20, 8),
}


# %% wrong: a tolerance ten times too wide
def informed(layer, H, W, dim):
    with torch.no_grad():
        y = layer(torch.ones(1, H, W, dim))[0]
    difference = y - y[H // 2, W // 2]
    return int((difference.abs().amax(dim=-1) > 1e-4).sum())


measured = {
    "one": informed(stack(1), 12, 20, 8),
    "two": informed(stack(2), 12, 20, 8),
    "three": informed(stack(3), 12, 20, 8),
    "two circular": informed(stack(2, "circular"), 12, 20, 8),
}


# %% wrong: a tolerance relative to the values on top
def informed(layer, H, W, dim):
    with torch.no_grad():
        y = layer(torch.ones(1, H, W, dim))[0]
    return int((~torch.isclose(y, y[H // 2, W // 2], atol=1e-5).all(dim=-1)).sum())


measured = {
    "one": informed(stack(1), 12, 20, 8),
    "two": informed(stack(2), 12, 20, 8),
    "three": informed(stack(3), 12, 20, 8),
    "two circular": informed(stack(2, "circular"), 12, 20, 8),
}


# %% wrong: equal tokens, but not ones
def informed(layer, H, W, dim):
    torch.manual_seed(0)
    with torch.no_grad():
        y = layer(torch.randn(dim).expand(1, H, W, dim))[0]
    return int(((y - y[H // 2, W // 2]).abs().amax(dim=-1) > 1e-5).sum())


measured = {
    "one": informed(stack(1), 12, 20, 8),
    "two": informed(stack(2), 12, 20, 8),
    "three": informed(stack(3), 12, 20, 8),
    "two circular": informed(stack(2, "circular"), 12, 20, 8),
}


# %% right: token by token
def informed(layer, H, W, dim):
    y = layer(torch.ones(1, H, W, dim)).detach()[0]
    middle, count = y[H // 2][W // 2], 0
    for row in y:
        for token in row:
            count += bool(((token - middle).abs() > 1e-5).any())
    return count


measured = {
    "one": informed(stack(1), 12, 20, 8),
    "two": informed(stack(2), 12, 20, 8),
    "three": informed(stack(3), 12, 20, 8),
    "two circular": informed(stack(2, "circular"), 12, 20, 8),
}


# %% right: one minus those that are close, in evaluation mode
def informed(layer, H, W, dim):
    with torch.inference_mode():
        y = layer.eval()(torch.full((1, H, W, dim), 1.0)).squeeze(0)
    close = torch.isclose(y, y[H // 2, W // 2].expand_as(y), rtol=0, atol=1e-5)
    return H * W - close.all(dim=2).sum().item()


measured = {
    "one": informed(stack(1), 12, 20, 8),
    "two": informed(stack(2), 12, 20, 8),
    "three": informed(stack(3), 12, 20, 8),
    "two circular": informed(stack(2, "circular"), 12, 20, 8),
}


# %% right: maximum norm on flattened tokens
def informed(layer, H, W, dim):
    y = layer(torch.ones(1, H, W, dim)).flatten(1, 2)[0]
    middle = y[(H // 2) * W + W // 2]
    distance = torch.linalg.vector_norm((y - middle).detach(), ord=float("inf"), dim=1)
    return len(distance[distance > 1e-5])


measured = {
    "one": 12 * 20 - 10 * 18,
    "two": informed(stack(2), 12, 20, 8),
    "three": informed(stack(3), 12, 20, 8),
    "two circular": informed(stack(2, "circular"), 12, 20, 8),
}
