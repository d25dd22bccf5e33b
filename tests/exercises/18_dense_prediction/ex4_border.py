# %% wrong: zeros beyond the image are a class of their own
def near_border(masks, width):
    x = F.pad(masks[:, None].float(), (width,) * 4)
    window = dict(kernel_size=2 * width + 1, stride=1)
    return (F.max_pool2d(x, **window) != -F.max_pool2d(-x, **window))[:, 0]


guessed = 0.7
measured = {}
for width in (2, 4):
    near = near_border(masks, width)
    measured[f"near_{width}"] = (masks == coarse)[near].double().mean().item()
    measured[f"far_{width}"] = (masks == coarse)[~near].double().mean().item()


# %% wrong: a window of width pixels, not 2 · width + 1
def near_border(masks, width):
    x = masks[:, None].float()
    side = width if width % 2 else width + 1
    window = dict(kernel_size=side, stride=1, padding=side // 2)
    return (F.max_pool2d(x, **window) != -F.max_pool2d(-x, **window))[:, 0]


guessed = None
measured = {}
for width in (2, 4):
    near = near_border(masks, width)
    measured[f"near_{width}"] = (masks == coarse)[near].double().mean().item()
    measured[f"far_{width}"] = (masks == coarse)[~near].double().mean().item()


# %% wrong: only the pixels outside of an object, where the largest class is not their own
def near_border(masks, width):
    x = masks[:, None].float()
    highest = F.max_pool2d(x, 2 * width + 1, stride=1, padding=width)
    return (highest != x)[:, 0]


guessed = None
measured = {}
for width in (2, 4):
    near = near_border(masks, width)
    measured[f"near_{width}"] = (masks == coarse)[near].double().mean().item()
    measured[f"far_{width}"] = (masks == coarse)[~near].double().mean().item()


# %% wrong: no diagonals
def near_border(masks, width):
    near = torch.zeros_like(masks, dtype=torch.bool)
    for d in range(1, width + 1):
        down = masks[:, d:] != masks[:, :-d]
        near[:, d:] |= down
        near[:, :-d] |= down
        right = masks[:, :, d:] != masks[:, :, :-d]
        near[:, :, d:] |= right
        near[:, :, :-d] |= right
    return near


guessed = None
measured = {}
for width in (2, 4):
    near = near_border(masks, width)
    measured[f"near_{width}"] = (masks == coarse)[near].double().mean().item()
    measured[f"far_{width}"] = (masks == coarse)[~near].double().mean().item()


# %% wrong: what leaves the image on one side comes back on the other
def near_border(masks, width):
    near = torch.zeros_like(masks, dtype=torch.bool)
    for down in range(-width, width + 1):
        for right in range(-width, width + 1):
            near |= masks.roll((down, right), (1, 2)) != masks
    return near


guessed = None
measured = {}
for width in (2, 4):
    near = near_border(masks, width)
    measured[f"near_{width}"] = (masks == coarse)[near].double().mean().item()
    measured[f"far_{width}"] = (masks == coarse)[~near].double().mean().item()


# %% wrong: objects against ground, not class against class
def near_border(masks, width):
    x = (masks > 0)[:, None].float()
    window = dict(kernel_size=2 * width + 1, stride=1, padding=width)
    return (F.max_pool2d(x, **window) != -F.max_pool2d(-x, **window))[:, 0]


guessed = None
measured = {}
for width in (2, 4):
    near = near_border(masks, width)
    measured[f"near_{width}"] = (masks == coarse)[near].double().mean().item()
    measured[f"far_{width}"] = (masks == coarse)[~near].double().mean().item()


# %% wrong: near is measured over all pixels
def near_border(masks, width):
    x = masks[:, None].float()
    window = dict(kernel_size=2 * width + 1, stride=1, padding=width)
    return (F.max_pool2d(x, **window) != -F.max_pool2d(-x, **window))[:, 0]


guessed = None
measured = {}
for width in (2, 4):
    near = near_border(masks, width)
    measured[f"near_{width}"] = ((masks == coarse) & near).double().mean().item()
    measured[f"far_{width}"] = ((masks == coarse) & ~near).double().mean().item()


# %% wrong: the border of the coarse masks, not of the true ones
def near_border(masks, width):
    x = masks[:, None].float()
    window = dict(kernel_size=2 * width + 1, stride=1, padding=width)
    return (F.max_pool2d(x, **window) != -F.max_pool2d(-x, **window))[:, 0]


guessed = None
measured = {}
for width in (2, 4):
    near = near_border(coarse, width)
    measured[f"near_{width}"] = (masks == coarse)[near].double().mean().item()
    measured[f"far_{width}"] = (masks == coarse)[~near].double().mean().item()


# %% wrong: the share of mistakes, in percent
def near_border(masks, width):
    x = masks[:, None].float()
    window = dict(kernel_size=2 * width + 1, stride=1, padding=width)
    return (F.max_pool2d(x, **window) != -F.max_pool2d(-x, **window))[:, 0]


guessed = None
measured = {}
for width in (2, 4):
    near = near_border(masks, width)
    measured[f"near_{width}"] = 100 * (masks != coarse)[near].double().mean().item()
    measured[f"far_{width}"] = 100 * (masks != coarse)[~near].double().mean().item()


# %% wrong: only the four classes of the scenes
def near_border(masks, width):
    each = torch.stack([masks == k for k in range(4)], dim=1).float()
    return F.max_pool2d(each, 2 * width + 1, stride=1, padding=width).sum(dim=1) > 1


guessed = None
measured = {}
for width in (2, 4):
    near = near_border(masks, width)
    measured[f"near_{width}"] = (masks == coarse)[near].double().mean().item()
    measured[f"far_{width}"] = (masks == coarse)[~near].double().mean().item()


# %% right: one class after the other, with convolutions
def near_border(masks, width):
    kernel = torch.ones(1, 1, 2 * width + 1, 2 * width + 1)
    classes_near = 0
    for label in masks.unique():
        count = F.conv2d((masks == label).float()[:, None], kernel, padding=width)
        classes_near = classes_near + (count[:, 0] > 0.5).int()
    return classes_near > 1


def share(chosen):
    return float((masks[chosen] == coarse[chosen]).float().mean())


guessed = "most of them"
measured = {
    "near_2": share(near_border(masks, 2)),
    "far_2": share(~near_border(masks, 2)),
    "near_4": share(near_border(masks, 4)),
    "far_4": share(~near_border(masks, 4)),
}


# %% right: shifted slices, and shares as tensors
def near_border(masks, width):
    n, H, W = masks.shape
    near = torch.zeros(n, H, W, dtype=torch.bool)
    for dy in range(-width, width + 1):
        for dx in range(-width, width + 1):
            if abs(dy) >= H or abs(dx) >= W:
                continue
            here = (slice(None), slice(max(0, dy), H + min(0, dy)), slice(max(0, dx), W + min(0, dx)))
            there = (slice(None), slice(max(0, -dy), H + min(0, -dy)), slice(max(0, -dx), W + min(0, -dx)))
            near[here] |= masks[here] != masks[there]
    return near


right = masks.eq(coarse).double()
measured = {}
for w in [2, 4]:
    band = near_border(masks, w)
    measured |= {f"near_{w}": right[band].mean(), f"far_{w}": right[band.logical_not()].mean()}
