# %% wrong: moves rows, not columns
def consistency(model, images, pixels):
    with torch.no_grad():
        before = model(images).argmax(dim=1)
        after = model(images.roll(pixels, dims=2)).argmax(dim=1)
    return (before == after).float().mean().item()


guessed = {2: "cnn", 4: "cnn"}
measured = {f"{name}_{p}": consistency(model, crops, p) for name, model in [("vit", vit), ("cnn", cnn)] for p in (2, 4)}


# %% wrong: to the left
def consistency(model, images, pixels):
    with torch.no_grad():
        before = model(images).argmax(dim=1)
        after = model(images.roll(-pixels, dims=3)).argmax(dim=1)
    return (before == after).float().mean().item()


guessed = {2: "cnn", 4: "cnn"}
measured = {f"{name}_{p}": consistency(model, crops, p) for name, model in [("vit", vit), ("cnn", cnn)] for p in (2, 4)}


# %% wrong: fills with zeros
def consistency(model, images, pixels):
    moved = torch.zeros_like(images)
    if pixels >= 0:
        moved[..., pixels:] = images[..., : images.shape[-1] - pixels]
    else:
        moved[..., :pixels] = images[..., -pixels:]
    with torch.no_grad():
        return (model(images).argmax(dim=1) == model(moved).argmax(dim=1)).float().mean().item()


guessed = {2: "cnn", 4: "cnn"}
measured = {f"{name}_{p}": consistency(model, crops, p) for name, model in [("vit", vit), ("cnn", cnn)] for p in (2, 4)}


# %% wrong: compares logits instead of answers
def consistency(model, images, pixels):
    with torch.no_grad():
        return torch.isclose(model(images), model(images.roll(pixels, dims=3))).all(dim=1).float().mean().item()


guessed = {2: "cnn", 4: "cnn"}
measured = {f"{name}_{p}": consistency(model, crops, p) for name, model in [("vit", vit), ("cnn", cnn)] for p in (2, 4)}


# %% wrong: the number of images, not the share
def consistency(model, images, pixels):
    with torch.no_grad():
        before = model(images).argmax(dim=1)
        after = model(images.roll(pixels, dims=3)).argmax(dim=1)
    return float((before == after).sum())


guessed = {2: "cnn", 4: "cnn"}
measured = {f"{name}_{p}": consistency(model, crops, p) for name, model in [("vit", vit), ("cnn", cnn)] for p in (2, 4)}


# %% wrong: the share of answers that change
def consistency(model, images, pixels):
    with torch.no_grad():
        before = model(images).argmax(dim=1)
        after = model(images.roll(pixels, dims=3)).argmax(dim=1)
    return (before != after).float().mean().item()


guessed = {2: "cnn", 4: "cnn"}
measured = {f"{name}_{p}": consistency(model, crops, p) for name, model in [("vit", vit), ("cnn", cnn)] for p in (2, 4)}


# %% wrong: rolls all pixels as one row
def consistency(model, images, pixels):
    with torch.no_grad():
        before = model(images).argmax(dim=1)
        after = model(images.roll(pixels)).argmax(dim=1)
    return (before == after).float().mean().item()


guessed = {2: "cnn", 4: "cnn"}
measured = {f"{name}_{p}": consistency(model, crops, p) for name, model in [("vit", vit), ("cnn", cnn)] for p in (2, 4)}


# %% wrong: measured at 1 and 3 pixels
def consistency(model, images, pixels):
    with torch.no_grad():
        before = model(images).argmax(dim=1)
        after = model(images.roll(pixels, dims=3)).argmax(dim=1)
    return (before == after).float().mean().item()


guessed = {2: None, 4: None}
measured = {
    f"{name}_{p}": consistency(model, crops, p - 1) for name, model in [("vit", vit), ("cnn", cnn)] for p in (2, 4)
}


# %% wrong: one model measured twice
def consistency(model, images, pixels):
    with torch.no_grad():
        before = model(images).argmax(dim=1)
        after = model(images.roll(pixels, dims=3)).argmax(dim=1)
    return (before == after).float().mean().item()


guessed = {2: None, 4: None}
measured = {f"{name}_{p}": consistency(vit, crops, p) for name in ("vit", "cnn") for p in (2, 4)}


# %% right: image by image, with pieces put together
def consistency(model, images, pixels):
    cut = images.shape[3] - pixels % images.shape[3]
    same = 0
    with torch.no_grad():
        for image in images.split(1):
            moved = torch.cat([image[..., cut:], image[..., :cut]], dim=-1)
            same += model(image).max(dim=1).indices.item() == model(moved).max(dim=1).indices.item()
    return same / len(images)


guessed = {2: "cnn", 4: "cnn"}
measured = {f"{name}_{p}": consistency(model, crops, p) for name, model in [("vit", vit), ("cnn", cnn)] for p in (2, 4)}


# %% right: with an index, one call for both
def consistency(model, images, pixels):
    W = images.shape[-1]
    columns = (torch.arange(W) - pixels) % W
    answers = model(torch.cat([images, images[..., columns]]).detach()).argsort(dim=1)[:, -1]
    before, after = answers.chunk(2)
    return before.eq(after).sum().item() / before.numel()


measured = {"vit_2": consistency(vit, crops, 2), "vit_4": consistency(vit, crops, 4)}
measured |= {"cnn_2": consistency(cnn, crops, 2), "cnn_4": consistency(cnn, crops, 4)}
