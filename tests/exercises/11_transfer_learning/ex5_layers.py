# %% wrong: the mean of all tokens instead of the class token
def class_tokens(model, images):
    with torch.no_grad():
        x = model.embed(images)
        stations = [model.norm(x.mean(dim=1))]
        for block in model.blocks:
            x = block(x)
            stations.append(model.norm(x.mean(dim=1)))
    return stations


pairs = list(zip(class_tokens(pretrained, train_images), class_tokens(pretrained, test_images)))
measured = [prototype_accuracy(f, train_labels, q, test_labels) for f, q in pairs]


# %% wrong: not normalised
def class_tokens(model, images):
    with torch.no_grad():
        x = model.embed(images)
        stations = [x[:, 0]]
        for block in model.blocks:
            x = block(x)
            stations.append(x[:, 0])
    return stations


pairs = list(zip(class_tokens(pretrained, train_images), class_tokens(pretrained, test_images)))
measured = [prototype_accuracy(f, train_labels, q, test_labels) for f, q in pairs]


# %% wrong: the normalised tokens go on to the next block
def class_tokens(model, images):
    with torch.no_grad():
        x = model.norm(model.embed(images))
        stations = [x[:, 0]]
        for block in model.blocks:
            x = model.norm(block(x))
            stations.append(x[:, 0])
    return stations


pairs = list(zip(class_tokens(pretrained, train_images), class_tokens(pretrained, test_images)))
measured = [prototype_accuracy(f, train_labels, q, test_labels) for f, q in pairs]


# %% wrong: every block gets the embedding again
def class_tokens(model, images):
    with torch.no_grad():
        x = model.embed(images)
        return [model.norm(x[:, 0])] + [model.norm(block(x)[:, 0]) for block in model.blocks]


pairs = list(zip(class_tokens(pretrained, train_images), class_tokens(pretrained, test_images)))
measured = [prototype_accuracy(f, train_labels, q, test_labels) for f, q in pairs]


# %% wrong: the last token, a patch, instead of the first
def class_tokens(model, images):
    with torch.no_grad():
        x = model.embed(images)
        stations = [model.norm(x[:, -1])]
        for block in model.blocks:
            x = block(x)
            stations.append(model.norm(x[:, -1]))
    return stations


pairs = list(zip(class_tokens(pretrained, train_images), class_tokens(pretrained, test_images)))
measured = [prototype_accuracy(f, train_labels, q, test_labels) for f, q in pairs]


# %% wrong: the tensors carry gradients
def class_tokens(model, images):
    x = model.embed(images)
    stations = [model.norm(x[:, 0])]
    for block in model.blocks:
        x = block(x)
        stations.append(model.norm(x[:, 0]))
    return stations


pairs = list(zip(class_tokens(pretrained, train_images), class_tokens(pretrained, test_images)))
measured = [prototype_accuracy(f, train_labels, q, test_labels) for f, q in pairs]


# %% wrong: the station before the first block is left out
def class_tokens(model, images):
    with torch.no_grad():
        x, stations = model.embed(images), []
        for block in model.blocks:
            x = block(x)
            stations.append(model.norm(x[:, 0]))
    return stations


pairs = list(zip(class_tokens(pretrained, train_images), class_tokens(pretrained, test_images)))
measured = [0.2] + [prototype_accuracy(f, train_labels, q, test_labels) for f, q in pairs]


# %% wrong: measured on the training images
def class_tokens(model, images):
    with torch.no_grad():
        x = model.embed(images)
        stations = [model.norm(x[:, 0])]
        for block in model.blocks:
            x = block(x)
            stations.append(model.norm(x[:, 0]))
    return stations


measured = [prototype_accuracy(f, train_labels, f, train_labels) for f in class_tokens(pretrained, train_images)]


# %% wrong: in percent
def class_tokens(model, images):
    with torch.no_grad():
        x = model.embed(images)
        stations = [model.norm(x[:, 0])]
        for block in model.blocks:
            x = block(x)
            stations.append(model.norm(x[:, 0]))
    return stations


pairs = list(zip(class_tokens(pretrained, train_images), class_tokens(pretrained, test_images)))
measured = [100 * prototype_accuracy(f, train_labels, q, test_labels) for f, q in pairs]


# %% wrong: prototypes of one station, queries of the next
def class_tokens(model, images):
    with torch.no_grad():
        x = model.embed(images)
        stations = [model.norm(x[:, 0])]
        for block in model.blocks:
            x = block(x)
            stations.append(model.norm(x[:, 0]))
    return stations


f, q = class_tokens(pretrained, train_images), class_tokens(pretrained, test_images)
measured = [prototype_accuracy(f[i - 1], train_labels, q[i], test_labels) for i in range(7)]


# %% wrong: prototypes of the test images, queries from the training images
def class_tokens(model, images):
    with torch.no_grad():
        x = model.embed(images)
        stations = [model.norm(x[:, 0])]
        for block in model.blocks:
            x = block(x)
            stations.append(model.norm(x[:, 0]))
    return stations


pairs = list(zip(class_tokens(pretrained, train_images), class_tokens(pretrained, test_images)))
measured = [prototype_accuracy(q, test_labels, f, train_labels) for f, q in pairs]


# %% wrong: nearest neighbours instead of prototypes
def class_tokens(model, images):
    with torch.no_grad():
        x = model.embed(images)
        stations = [model.norm(x[:, 0])]
        for block in model.blocks:
            x = block(x)
            stations.append(model.norm(x[:, 0]))
    return stations


pairs = list(zip(class_tokens(pretrained, train_images), class_tokens(pretrained, test_images)))
measured = [(train_labels[torch.cdist(q, f).argmin(dim=1)] == test_labels).float().mean().item() for f, q in pairs]


# %% wrong: the body's own layer norm, without the learned scale and shift
def class_tokens(model, images):
    with torch.no_grad():
        x = model.embed(images)
        stations = [F.layer_norm(x[:, 0], x.shape[-1:])]
        for block in model.blocks:
            x = block(x)
            stations.append(F.layer_norm(x[:, 0], x.shape[-1:]))
    return stations


pairs = list(zip(class_tokens(pretrained, train_images), class_tokens(pretrained, test_images)))
measured = [prototype_accuracy(f, train_labels, q, test_labels) for f, q in pairs]


# %% right: with hooks, image by image in small batches
def class_tokens(model, images):
    seen = []
    hooks = [block.register_forward_hook(lambda block, args, out: seen.append(out[:, 0])) for block in model.blocks]
    rows = []
    with torch.no_grad():
        for batch in images.split(7):
            seen.clear()
            x = model.embed(batch)
            seen.append(x[:, 0])
            model.blocks(x)
            rows.append([model.norm(tokens) for tokens in seen])
    for hook in hooks:
        hook.remove()
    return [torch.cat(station) for station in zip(*rows)]


measured = []
for station in range(7):
    f, q = class_tokens(pretrained, train_images)[station], class_tokens(pretrained, test_images)[station]
    measured.append(prototype_accuracy(f, train_labels, q, test_labels))


# %% right: recursion, all tokens normalised and one kept, the guesses filled in
@torch.no_grad()
def class_tokens(model, images):
    def walk(x, blocks):
        return [model.norm(x).clone()[:, 0]] + (walk(blocks[0](x), blocks[1:]) if len(blocks) else [])

    return tuple(walk(model.embed(images), list(model.blocks)))


guessed = {"best station": 3, "accuracy at station 0": 0.2}
train_f, test_f = class_tokens(pretrained, train_images), class_tokens(pretrained, test_images)
measured = tuple(prototype_accuracy(train_f[i], train_labels, test_f[i], test_labels) for i in range(7))


# %% right: inference mode, a generator, and the numbers as tensors
def class_tokens(model, images):
    def stations(x):
        yield model.norm(x[:, 0])
        for block in model.blocks:
            x = block(x)
            yield model.norm(x[:, 0])

    with torch.inference_mode():
        return list(stations(model.embed(images)))


train_f, test_f = class_tokens(pretrained, train_images), class_tokens(pretrained, test_images)
measured = [torch.tensor(prototype_accuracy(*pair)) for pair in zip(train_f, [train_labels] * 7, test_f, [test_labels] * 7)]
