# %% wrong: measures invariance, the output is not moved
def equivariance_error(layer, images, pixels):
    before = layer(images)
    W, W_out = images.shape[-1], before.shape[-1]
    if W % W_out:
        raise ValueError(f"{W} is no multiple of {W_out}")
    jump = W // W_out
    if pixels % jump:
        raise ValueError(f"{pixels} is no multiple of {jump}")
    return (layer(images.roll(pixels, dims=-1)) - before).abs().max().item()


guessed = {"circular": True, "zeros": False, "max pooling": None, "table": False}
measured = {name: equivariance_error(layer, images, 4) for name, layer in layers.items()}


# %% wrong: moves along the height
def equivariance_error(layer, images, pixels):
    before = layer(images)
    W, W_out = images.shape[-1], before.shape[-1]
    if W % W_out:
        raise ValueError(f"{W} is no multiple of {W_out}")
    jump = W // W_out
    if pixels % jump:
        raise ValueError(f"{pixels} is no multiple of {jump}")
    return (layer(images.roll(pixels, dims=-2)) - before.roll(pixels // jump, dims=-2)).abs().max().item()


guessed = {"circular": True, "zeros": False, "max pooling": None, "table": False}
measured = {name: equivariance_error(layer, images, 4) for name, layer in layers.items()}


# %% wrong: moves the output by as many places as the image
def equivariance_error(layer, images, pixels):
    before = layer(images)
    W, W_out = images.shape[-1], before.shape[-1]
    if W % W_out:
        raise ValueError(f"{W} is no multiple of {W_out}")
    jump = W // W_out
    if pixels % jump:
        raise ValueError(f"{pixels} is no multiple of {jump}")
    return (layer(images.roll(pixels, dims=-1)) - before.roll(pixels, dims=-1)).abs().max().item()


guessed = {"circular": True, "zeros": False, "max pooling": None, "table": False}
measured = {name: equivariance_error(layer, images, 4) for name, layer in layers.items()}


# %% wrong: the mean instead of the largest difference
def equivariance_error(layer, images, pixels):
    before = layer(images)
    W, W_out = images.shape[-1], before.shape[-1]
    if W % W_out:
        raise ValueError(f"{W} is no multiple of {W_out}")
    jump = W // W_out
    if pixels % jump:
        raise ValueError(f"{pixels} is no multiple of {jump}")
    return (layer(images.roll(pixels, dims=-1)) - before.roll(pixels // jump, dims=-1)).abs().mean().item()


guessed = {"circular": True, "zeros": False, "max pooling": None, "table": False}
measured = {name: equivariance_error(layer, images, 4) for name, layer in layers.items()}


# %% wrong: the largest difference without its absolute value
def equivariance_error(layer, images, pixels):
    before = layer(images)
    W, W_out = images.shape[-1], before.shape[-1]
    if W % W_out:
        raise ValueError(f"{W} is no multiple of {W_out}")
    jump = W // W_out
    if pixels % jump:
        raise ValueError(f"{pixels} is no multiple of {jump}")
    return (layer(images.roll(pixels, dims=-1)) - before.roll(pixels // jump, dims=-1)).max().item()


guessed = {"circular": True, "zeros": False, "max pooling": None, "table": False}
measured = {name: equivariance_error(layer, images, 4) for name, layer in layers.items()}


# %% wrong: no errors are raised
def equivariance_error(layer, images, pixels):
    before = layer(images)
    jump = max(1, images.shape[-1] // before.shape[-1])
    found = layer(images.roll(pixels, dims=-1))
    return (found - before.roll(pixels // jump, dims=-1)).abs().max().item()


guessed = {"circular": True, "zeros": False, "max pooling": None, "table": False}
measured = {name: equivariance_error(layer, images, 4) for name, layer in layers.items()}


# %% wrong: an error without the numbers that would help
def equivariance_error(layer, images, pixels):
    before = layer(images)
    W, W_out = images.shape[-1], before.shape[-1]
    if W % W_out or pixels % (W // W_out):
        raise ValueError("these do not fit")
    found = layer(images.roll(pixels, dims=-1))
    return (found - before.roll(pixels * W_out // W, dims=-1)).abs().max().item()


guessed = {"circular": True, "zeros": False, "max pooling": None, "table": False}
measured = {name: equivariance_error(layer, images, 4) for name, layer in layers.items()}


# %% wrong: returns a tensor
def equivariance_error(layer, images, pixels):
    before = layer(images)
    W, W_out = images.shape[-1], before.shape[-1]
    if W % W_out:
        raise ValueError(f"{W} is no multiple of {W_out}")
    jump = W // W_out
    if pixels % jump:
        raise ValueError(f"{pixels} is no multiple of {jump}")
    return (layer(images.roll(pixels, dims=-1)) - before.roll(pixels // jump, dims=-1)).abs().max()


guessed = {"circular": True, "zeros": False, "max pooling": None, "table": False}
measured = {name: equivariance_error(layer, images, 4) for name, layer in layers.items()}


# %% wrong: moves to the left
def equivariance_error(layer, images, pixels):
    before = layer(images)
    W, W_out = images.shape[-1], before.shape[-1]
    if W % W_out:
        raise ValueError(f"{W} is no multiple of {W_out}")
    jump = W // W_out
    if pixels % jump:
        raise ValueError(f"{pixels} is no multiple of {jump}")
    return (layer(images.roll(-pixels, dims=-1)) - before.roll(-pixels // jump, dims=-1)).abs().max().item()


guessed = {"circular": True, "zeros": False, "max pooling": None, "table": False}
measured = {name: equivariance_error(layer, images, 4) for name, layer in layers.items()}


# %% wrong: leaves the border out
def equivariance_error(layer, images, pixels):
    before = layer(images)
    W, W_out = images.shape[-1], before.shape[-1]
    if W % W_out:
        raise ValueError(f"{W} is no multiple of {W_out}")
    jump = W // W_out
    if pixels % jump:
        raise ValueError(f"{pixels} is no multiple of {jump}")
    found = (layer(images.roll(pixels, dims=-1)) - before.roll(pixels // jump, dims=-1)).abs()
    edge = min(1, found.shape[-1] - 1)
    return found[..., edge:].max().item()


guessed = {"circular": True, "zeros": False, "max pooling": None, "table": False}
measured = {name: equivariance_error(layer, images, 4) for name, layer in layers.items()}


# %% wrong: the images are changed in place
def equivariance_error(layer, images, pixels):
    before = layer(images)
    W, W_out = images.shape[-1], before.shape[-1]
    if W % W_out:
        raise ValueError(f"{W} is no multiple of {W_out}")
    jump = W // W_out
    if pixels % jump:
        raise ValueError(f"{pixels} is no multiple of {jump}")
    images.copy_(images.roll(pixels, dims=-1))
    return (layer(images) - before.roll(pixels // jump, dims=-1)).abs().max().item()


guessed = {"circular": True, "zeros": False, "max pooling": None, "table": False}
measured = {name: equivariance_error(layer, images, 4) for name, layer in layers.items()}


# %% wrong: the function is right, the measurement was made for a move of 2
def equivariance_error(layer, images, pixels):
    before = layer(images)
    W, W_out = images.shape[-1], before.shape[-1]
    if W % W_out:
        raise ValueError(f"{W} is no multiple of {W_out}")
    jump = W // W_out
    if pixels % jump:
        raise ValueError(f"{pixels} is no multiple of {jump}")
    return (layer(images.roll(pixels, dims=-1)) - before.roll(pixels // jump, dims=-1)).abs().max().item()


measured = {name: equivariance_error(layer, images, 2) for name, layer in layers.items()}


# %% wrong: the guess instead of the measurement
def equivariance_error(layer, images, pixels):
    before = layer(images)
    W, W_out = images.shape[-1], before.shape[-1]
    if W % W_out:
        raise ValueError(f"{W} is no multiple of {W_out}")
    jump = W // W_out
    if pixels % jump:
        raise ValueError(f"{pixels} is no multiple of {jump}")
    return (layer(images.roll(pixels, dims=-1)) - before.roll(pixels // jump, dims=-1)).abs().max().item()


measured = {"circular": 0.0, "zeros": 1.0, "max pooling": 0.0, "table": 1.0}


# %% wrong: by way of float32
def equivariance_error(layer, images, pixels):
    images = images.float()
    before = layer(images)
    W, W_out = images.shape[-1], before.shape[-1]
    if W % W_out:
        raise ValueError(f"{W} is no multiple of {W_out}")
    jump = W // W_out
    if pixels % jump:
        raise ValueError(f"{pixels} is no multiple of {jump}")
    return (layer(images.roll(pixels, dims=-1)) - before.roll(pixels // jump, dims=-1)).abs().max().item()


guessed = {"circular": None, "zeros": None, "max pooling": None, "table": None}
measured = {name: equivariance_error(layer.float(), images, 4) for name, layer in layers.items()}


# %% wrong: only the first image and channel
def equivariance_error(layer, images, pixels):
    before = layer(images)
    W, W_out = images.shape[-1], before.shape[-1]
    if W % W_out:
        raise ValueError(f"{W} is no multiple of {W_out}")
    jump = W // W_out
    if pixels % jump:
        raise ValueError(f"{pixels} is no multiple of {jump}")
    expected = before.roll(pixels // jump, dims=-1)
    return (layer(images.roll(pixels, dims=-1)) - expected)[0, 0].abs().max().item()


guessed = {"circular": None, "zeros": None, "max pooling": None, "table": None}
measured = {name: equivariance_error(layer, images, 4) for name, layer in layers.items()}


# %% wrong: rolls all pixels of an image as one long row
def equivariance_error(layer, images, pixels):
    before = layer(images)
    W, W_out = images.shape[-1], before.shape[-1]
    if W % W_out:
        raise ValueError(f"{W} is no multiple of {W_out}")
    jump = W // W_out
    if pixels % jump:
        raise ValueError(f"{pixels} is no multiple of {jump}")

    def move(x, n):
        return x.flatten(2).roll(n, dims=-1).reshape(x.shape)

    return (layer(move(images, pixels)) - move(before, pixels // jump)).abs().max().item()


guessed = {"circular": None, "zeros": None, "max pooling": None, "table": None}
measured = {name: equivariance_error(layer, images, 4) for name, layer in layers.items()}


# %% right: cuts and joins instead of roll, without gradients
def equivariance_error(layer, images, pixels):
    with torch.no_grad():
        before = layer(images)
        W, W_out = images.size(-1), before.size(-1)
        if W_out * (W // W_out) != W or pixels * W_out % W:
            raise ValueError(f"widths {W} and {W_out}, {pixels} pixels, a jump of {W // W_out}")

        def turn(x, n):
            n %= x.size(-1)
            return torch.cat([x[..., x.size(-1) - n :], x[..., : x.size(-1) - n]], dim=-1)

        return float(torch.dist(layer(turn(images, pixels)), turn(before, pixels * W_out // W), p=float("inf")))


guessed = {"circular": True, "zeros": False, "max pooling": None, "table": False}
measured = {name: equivariance_error(layer, images, 4) for name, layer in layers.items()}


# %% right: moves the output back instead, and types the numbers in
def equivariance_error(layer, images, pixels):
    before = layer(images)
    W, W_out = images.shape[-1], before.shape[-1]
    if W % W_out:
        raise ValueError(f"{W} is no multiple of {W_out}")
    jump = W // W_out
    if pixels % jump:
        raise ValueError(f"{pixels} is no multiple of {jump}")
    back = layer(torch.roll(images, pixels, 3)).roll(-(pixels // jump), 3)
    return max((back - before).max().item(), (before - back).max().item())


measured = {}
for name in ("table", "zeros", "circular", "max pooling"):
    measured[name] = round(equivariance_error(layers[name], images, 4), 6)
measured["remark"] = "done"


# %% right: both calls of the layer in one, as a batch of twice the size
def equivariance_error(layer, images, pixels):
    before, after = layer(torch.cat([images, images.roll(pixels, dims=3)])).chunk(2)
    W, W_out = images.shape[3], before.shape[3]
    if W % W_out:
        raise ValueError(f"{W} is no multiple of {W_out}")
    if pixels * W_out % W:
        raise ValueError(f"{pixels} is no multiple of {W // W_out}")
    places = torch.arange(W_out) - pixels * W_out // W  # the place that each one came from
    return torch.linalg.vector_norm(after - before[..., places % W_out], float("inf")).item()


guessed = {"circular": None, "zeros": None, "max pooling": None, "table": None}
measured = {name: equivariance_error(layer, images, 4) for name, layer in layers.items()}
