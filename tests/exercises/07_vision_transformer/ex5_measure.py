# %% wrong: the standard deviation, which subtracts the mean
def token_sizes(model, images):
    with torch.no_grad():
        x = model.embed(images)
        sizes = [x.std().item()]
        for block in model.blocks:
            x = block(x)
            sizes.append(x.std().item())
    return sizes


fixed, root = token_sizes(fixed_model, photos), token_sizes(root_model, photos)
measured = {"fixed": fixed[-1] / fixed[0], "root": root[-1] / root[0]}


# %% wrong: the mean of the absolute values
def token_sizes(model, images):
    with torch.no_grad():
        x = model.embed(images)
        sizes = [x.abs().mean().item()]
        for block in model.blocks:
            x = block(x)
            sizes.append(x.abs().mean().item())
    return sizes


fixed, root = token_sizes(fixed_model, photos), token_sizes(root_model, photos)
measured = {"fixed": fixed[-1] / fixed[0], "root": root[-1] / root[0]}


# %% wrong: the norm, not divided by the count
def token_sizes(model, images):
    with torch.no_grad():
        x = model.embed(images)
        sizes = [x.norm().item()]
        for block in model.blocks:
            x = block(x)
            sizes.append(x.norm().item())
    return sizes


fixed, root = token_sizes(fixed_model, photos), token_sizes(root_model, photos)
measured = {"fixed": fixed[-1] / fixed[0], "root": root[-1] / root[0]}


# %% wrong: every block gets the embedding again
def token_sizes(model, images):
    with torch.no_grad():
        x = model.embed(images)
        sizes = [x.square().mean().sqrt().item()]
        for block in model.blocks:
            sizes.append(block(x).square().mean().sqrt().item())
    return sizes


fixed, root = token_sizes(fixed_model, photos), token_sizes(root_model, photos)
measured = {"fixed": fixed[-1] / fixed[0], "root": root[-1] / root[0]}


# %% wrong: the tokens before the first block are left out
def token_sizes(model, images):
    with torch.no_grad():
        x = model.embed(images)
        sizes = []
        for block in model.blocks:
            x = block(x)
            sizes.append(x.square().mean().sqrt().item())
    return sizes


measured = {"fixed": 1.02, "root": 2.5}


# %% wrong: the first image only
def token_sizes(model, images):
    with torch.no_grad():
        x = model.embed(images[:1])
        sizes = [x.square().mean().sqrt().item()]
        for block in model.blocks:
            x = block(x)
            sizes.append(x.square().mean().sqrt().item())
    return sizes


fixed, root = token_sizes(fixed_model, photos), token_sizes(root_model, photos)
measured = {"fixed": fixed[-1] / fixed[0], "root": root[-1] / root[0]}


# %% wrong: tensors instead of numbers
def token_sizes(model, images):
    with torch.no_grad():
        x = model.embed(images)
        sizes = [x.square().mean().sqrt()]
        for block in model.blocks:
            x = block(x)
            sizes.append(x.square().mean().sqrt())
    return sizes


fixed, root = token_sizes(fixed_model, photos), token_sizes(root_model, photos)
measured = {"fixed": fixed[-1] / fixed[0], "root": root[-1] / root[0]}


# %% wrong: squares that are never rooted
def token_sizes(model, images):
    with torch.no_grad():
        x = model.embed(images)
        sizes = [x.square().mean().item()]
        for block in model.blocks:
            x = block(x)
            sizes.append(x.square().mean().item())
    return sizes


fixed, root = token_sizes(fixed_model, photos), token_sizes(root_model, photos)
measured = {"fixed": fixed[-1] / fixed[0], "root": root[-1] / root[0]}


# %% wrong: the two measurements have changed places
def token_sizes(model, images):
    with torch.no_grad():
        x = model.embed(images)
        sizes = [x.square().mean().sqrt().item()]
        for block in model.blocks:
            x = block(x)
            sizes.append(x.square().mean().sqrt().item())
    return sizes


root, fixed = token_sizes(fixed_model, photos), token_sizes(root_model, photos)
measured = {"fixed": fixed[-1] / fixed[0], "root": root[-1] / root[0]}


# %% wrong: last size minus first, instead of divided
def token_sizes(model, images):
    with torch.no_grad():
        x = model.embed(images)
        sizes = [x.square().mean().sqrt().item()]
        for block in model.blocks:
            x = block(x)
            sizes.append(x.square().mean().sqrt().item())
    return sizes


fixed, root = token_sizes(fixed_model, photos), token_sizes(root_model, photos)
measured = {"fixed": fixed[-1] - fixed[0], "root": root[-1] - root[0]}


# %% wrong: compared with the size after the first block
def token_sizes(model, images):
    with torch.no_grad():
        x = model.embed(images)
        sizes = [x.square().mean().sqrt().item()]
        for block in model.blocks:
            x = block(x)
            sizes.append(x.square().mean().sqrt().item())
    return sizes


fixed, root = token_sizes(fixed_model, photos), token_sizes(root_model, photos)
measured = {"fixed": fixed[-1] / fixed[1], "root": root[-1] / root[1]}


# %% wrong: the size of each image, averaged
def token_sizes(model, images):
    with torch.no_grad():
        x = model.embed(images)
        sizes = [x.square().mean(dim=(1, 2)).sqrt().mean().item()]
        for block in model.blocks:
            x = block(x)
            sizes.append(x.square().mean(dim=(1, 2)).sqrt().mean().item())
    return sizes


# First guess (no points, and None is fine)
guessed = {"fixed": None, "root": None}

# Then measure with `photos`: measured = {"fixed": ..., "root": ...}
fixed, root = token_sizes(fixed_model, photos), token_sizes(root_model, photos)
measured = {"fixed": fixed[-1] / fixed[0], "root": root[-1] / root[0]}


# %% wrong: the class token only
def token_sizes(model, images):
    with torch.no_grad():
        x = model.embed(images)
        sizes = [x[:, 0].square().mean().sqrt().item()]
        for block in model.blocks:
            x = block(x)
            sizes.append(x[:, 0].square().mean().sqrt().item())
    return sizes


# First guess (no points, and None is fine)
guessed = {"fixed": None, "root": None}

# Then measure with `photos`: measured = {"fixed": ..., "root": ...}
fixed, root = token_sizes(fixed_model, photos), token_sizes(root_model, photos)
measured = {"fixed": fixed[-1] / fixed[0], "root": root[-1] / root[0]}


# %% wrong: the size of what each block adds
def token_sizes(model, images):
    with torch.no_grad():
        x = model.embed(images)
        sizes = [x.square().mean().sqrt().item()]
        for block in model.blocks:
            x, before = block(x), x
            sizes.append((x - before).square().mean().sqrt().item())
    return sizes


# First guess (no points, and None is fine)
guessed = {"fixed": None, "root": None}

# Then measure with `photos`: measured = {"fixed": ..., "root": ...}
fixed, root = token_sizes(fixed_model, photos), token_sizes(root_model, photos)
measured = {"fixed": fixed[-1] / fixed[0], "root": root[-1] / root[0]}


# %% wrong: first size divided by the last
def token_sizes(model, images):
    with torch.no_grad():
        x = model.embed(images)
        sizes = [x.square().mean().sqrt().item()]
        for block in model.blocks:
            x = block(x)
            sizes.append(x.square().mean().sqrt().item())
    return sizes


# First guess (no points, and None is fine)
guessed = {"fixed": None, "root": None}

# Then measure with `photos`: measured = {"fixed": ..., "root": ...}
fixed, root = token_sizes(fixed_model, photos), token_sizes(root_model, photos)
measured = {"fixed": fixed[0] / fixed[-1], "root": root[0] / root[-1]}


# %% right: with hooks, in double precision
def token_sizes(model, images):
    sizes = []

    def note(x):
        sizes.append(float(torch.linalg.vector_norm(x.detach().double()) / x.numel() ** 0.5))

    hooks = [block.register_forward_hook(lambda block, args, out: note(out)) for block in model.blocks]
    x = model.embed(images)
    note(x)
    for block in model.blocks:
        x = block(x)
    for hook in hooks:
        hook.remove()
    return sizes


measured = {}
for name, model in {"fixed": fixed_model, "root": root_model}.items():
    first, *_, last = token_sizes(model, photos)
    measured[name] = last / first


# %% right: recursion over NumPy arrays, and the guesses left in
def token_sizes(model, images):
    def walk(x, blocks):
        size = float(np.sqrt(np.mean(np.square(x.detach().numpy()))))
        return [size] + (walk(blocks[0](x), blocks[1:]) if len(blocks) else [])

    return walk(model.embed(images), list(model.blocks))


guessed = {"fixed": 1, "root": 10}
fixed = token_sizes(fixed_model, photos)
root = token_sizes(root_model, photos)
measured = {"fixed": torch.tensor(fixed[6] / fixed[0]), "root": np.float64(root[6] / root[0])}
