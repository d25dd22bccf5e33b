# %% wrong: pastes into the images that it was given
def cutmix_each(images, targets, partners, boxes):
    H, W = images.shape[2:]
    mixed, new = images, targets.clone()
    for i, (top, bottom, left, right) in enumerate(boxes.tolist()):
        top, left = max(0, min(top, H)), max(0, min(left, W))
        bottom, right = max(0, min(bottom, H)), max(0, min(right, W))
        mixed[i, :, top:bottom, left:right] = images[partners[i], :, top:bottom, left:right]
        area = (bottom - top) * (right - left)
        lam = 1 - area / (H * W)
        new[i] = lam * targets[i] + (1 - lam) * targets[partners[i]]
    return mixed, new


# %% wrong: a copy is made, and the partner is read from it
def cutmix_each(images, targets, partners, boxes):
    H, W = images.shape[2:]
    mixed, new = images.clone(), targets.clone()
    for i, (top, bottom, left, right) in enumerate(boxes.tolist()):
        top, left = max(0, min(top, H)), max(0, min(left, W))
        bottom, right = max(0, min(bottom, H)), max(0, min(right, W))
        mixed[i, :, top:bottom, left:right] = mixed[partners[i], :, top:bottom, left:right].clone()
        area = (bottom - top) * (right - left)
        lam = 1 - area / (H * W)
        new[i] = lam * targets[i] + (1 - lam) * targets[partners[i]]
    return mixed, new


# %% wrong: a copy of the images, but the targets are changed in place
def cutmix_each(images, targets, partners, boxes):
    H, W = images.shape[2:]
    mixed, new = images.clone(), targets
    for i, (top, bottom, left, right) in enumerate(boxes.tolist()):
        top, left = max(0, min(top, H)), max(0, min(left, W))
        bottom, right = max(0, min(bottom, H)), max(0, min(right, W))
        mixed[i, :, top:bottom, left:right] = images[partners[i], :, top:bottom, left:right]
        area = (bottom - top) * (right - left)
        lam = 1 - area / (H * W)
        new[i] = lam * targets[i] + (1 - lam) * targets[partners[i]]
    return mixed, new


# %% wrong: λ and 1 − λ have changed places
def cutmix_each(images, targets, partners, boxes):
    H, W = images.shape[2:]
    mixed, new = images.clone(), targets.clone()
    for i, (top, bottom, left, right) in enumerate(boxes.tolist()):
        top, left = max(0, min(top, H)), max(0, min(left, W))
        bottom, right = max(0, min(bottom, H)), max(0, min(right, W))
        mixed[i, :, top:bottom, left:right] = images[partners[i], :, top:bottom, left:right]
        area = (bottom - top) * (right - left)
        lam = 1 - area / (H * W)
        new[i] = (1 - lam) * targets[i] + lam * targets[partners[i]]
    return mixed, new


# %% wrong: boxes over the border are not cut off: negative indices count from the end
def cutmix_each(images, targets, partners, boxes):
    H, W = images.shape[2:]
    mixed, new = images.clone(), targets.clone()
    for i, (top, bottom, left, right) in enumerate(boxes.tolist()):
        mixed[i, :, top:bottom, left:right] = images[partners[i], :, top:bottom, left:right]
        area = (bottom - top) * (right - left)
        lam = 1 - area / (H * W)
        new[i] = lam * targets[i] + (1 - lam) * targets[partners[i]]
    return mixed, new


# %% wrong: the pixels are right, λ is that of the box before it was cut off
def cutmix_each(images, targets, partners, boxes):
    H, W = images.shape[2:]
    mixed, new = images.clone(), targets.clone()
    for i, (top, bottom, left, right) in enumerate(boxes.tolist()):
        area = (bottom - top) * (right - left)
        top, left = max(0, min(top, H)), max(0, min(left, W))
        bottom, right = max(0, min(bottom, H)), max(0, min(right, W))
        mixed[i, :, top:bottom, left:right] = images[partners[i], :, top:bottom, left:right]
        area = area
        lam = 1 - area / (H * W)
        new[i] = lam * targets[i] + (1 - lam) * targets[partners[i]]
    return mixed, new


# %% wrong: cuts off below and right only
def cutmix_each(images, targets, partners, boxes):
    H, W = images.shape[2:]
    mixed, new = images.clone(), targets.clone()
    for i, (top, bottom, left, right) in enumerate(boxes.tolist()):
        bottom, right = max(0, min(bottom, H)), max(0, min(right, W))
        mixed[i, :, top:bottom, left:right] = images[partners[i], :, top:bottom, left:right]
        area = (bottom - top) * (right - left)
        lam = 1 - area / (H * W)
        new[i] = lam * targets[i] + (1 - lam) * targets[partners[i]]
    return mixed, new


# %% wrong: cut with min and max, but bottom may stay above the image
def cutmix_each(images, targets, partners, boxes):
    H, W = images.shape[2:]
    mixed, new = images.clone(), targets.clone()
    for i, (top, bottom, left, right) in enumerate(boxes.tolist()):
        top, left = max(0, top), max(0, left)
        bottom, right = min(bottom, H), min(right, W)
        mixed[i, :, top:bottom, left:right] = images[partners[i], :, top:bottom, left:right]
        area = (bottom - top) * (right - left)
        lam = 1 - area / (H * W)
        new[i] = lam * targets[i] + (1 - lam) * targets[partners[i]]
    return mixed, new


# %% wrong: the first box for all images
def cutmix_each(images, targets, partners, boxes):
    H, W = images.shape[2:]
    rows, columns = torch.arange(H), torch.arange(W)
    top, bottom, left, right = boxes[:1].T[:, :, None]
    in_rows, in_columns = (rows >= top) & (rows < bottom), (columns >= left) & (columns < right)
    inside = in_rows[:, :, None] & in_columns[:, None, :]
    mixed = torch.where(inside[:, None], images[partners], images)
    lam = 1 - inside.to(targets.dtype).mean(dim=(1, 2))[:, None]
    return mixed, lam * targets + (1 - lam) * targets[partners]


# %% wrong: one λ for the batch, the mean
def cutmix_each(images, targets, partners, boxes):
    H, W = images.shape[2:]
    rows, columns = torch.arange(H), torch.arange(W)
    top, bottom, left, right = boxes.T[:, :, None]
    in_rows, in_columns = (rows >= top) & (rows < bottom), (columns >= left) & (columns < right)
    inside = in_rows[:, :, None] & in_columns[:, None, :]
    mixed = torch.where(inside[:, None], images[partners], images)
    lam = 1 - inside.to(targets.dtype).mean(dim=(1, 2))[:, None].mean()
    return mixed, lam * targets + (1 - lam) * targets[partners]


# %% wrong: rows and columns exchanged
def cutmix_each(images, targets, partners, boxes):
    H, W = images.shape[2:]
    rows, columns = torch.arange(H), torch.arange(W)
    top, bottom, left, right = boxes.T[:, :, None]
    in_rows, in_columns = (rows >= left) & (rows < right), (columns >= top) & (columns < bottom)
    inside = in_rows[:, :, None] & in_columns[:, None, :]
    mixed = torch.where(inside[:, None], images[partners], images)
    lam = 1 - inside.to(targets.dtype).mean(dim=(1, 2))[:, None]
    return mixed, lam * targets + (1 - lam) * targets[partners]


# %% wrong: the last row and column belong to the box
def cutmix_each(images, targets, partners, boxes):
    H, W = images.shape[2:]
    rows, columns = torch.arange(H), torch.arange(W)
    top, bottom, left, right = boxes.T[:, :, None]
    in_rows, in_columns = (rows >= top) & (rows <= bottom), (columns >= left) & (columns <= right)
    inside = in_rows[:, :, None] & in_columns[:, None, :]
    mixed = torch.where(inside[:, None], images[partners], images)
    lam = 1 - inside.to(targets.dtype).mean(dim=(1, 2))[:, None]
    return mixed, lam * targets + (1 - lam) * targets[partners]


# %% wrong: keeps the box and pastes the rest
def cutmix_each(images, targets, partners, boxes):
    H, W = images.shape[2:]
    rows, columns = torch.arange(H), torch.arange(W)
    top, bottom, left, right = boxes.T[:, :, None]
    in_rows, in_columns = (rows >= top) & (rows < bottom), (columns >= left) & (columns < right)
    inside = in_rows[:, :, None] & in_columns[:, None, :]
    mixed = torch.where(inside[:, None], images, images[partners])
    lam = 1 - inside.to(targets.dtype).mean(dim=(1, 2))[:, None]
    return mixed, lam * targets + (1 - lam) * targets[partners]


# %% wrong: the partner is looked up in the wrong direction
def cutmix_each(images, targets, partners, boxes):
    H, W = images.shape[2:]
    rows, columns = torch.arange(H), torch.arange(W)
    top, bottom, left, right = boxes.T[:, :, None]
    in_rows, in_columns = (rows >= top) & (rows < bottom), (columns >= left) & (columns < right)
    inside = in_rows[:, :, None] & in_columns[:, None, :]
    mixed = torch.where(inside[:, None], images[partners.argsort()], images)
    lam = 1 - inside.to(targets.dtype).mean(dim=(1, 2))[:, None]
    return mixed, lam * targets + (1 - lam) * targets[partners.argsort()]


# %% wrong: the chapter's partner, the one before
def cutmix_each(images, targets, partners, boxes):
    H, W = images.shape[2:]
    rows, columns = torch.arange(H), torch.arange(W)
    top, bottom, left, right = boxes.T[:, :, None]
    in_rows, in_columns = (rows >= top) & (rows < bottom), (columns >= left) & (columns < right)
    inside = in_rows[:, :, None] & in_columns[:, None, :]
    mixed = torch.where(inside[:, None], images.roll(1, 0), images)
    lam = 1 - inside.to(targets.dtype).mean(dim=(1, 2))[:, None]
    return mixed, lam * targets + (1 - lam) * targets.roll(1, 0)


# %% wrong: λ is divided by the channels, too
def cutmix_each(images, targets, partners, boxes):
    H, W = images.shape[2:]
    mixed, new = images.clone(), targets.clone()
    for i, (top, bottom, left, right) in enumerate(boxes.tolist()):
        top, left = max(0, min(top, H)), max(0, min(left, W))
        bottom, right = max(0, min(bottom, H)), max(0, min(right, W))
        mixed[i, :, top:bottom, left:right] = images[partners[i], :, top:bottom, left:right]
        area = (bottom - top) * (right - left)
        lam = 1 - area / images[i].numel()
        new[i] = lam * targets[i] + (1 - lam) * targets[partners[i]]
    return mixed, new


# %% wrong: the images are detached
def cutmix_each(images, targets, partners, boxes):
    H, W = images.shape[2:]
    rows, columns = torch.arange(H), torch.arange(W)
    top, bottom, left, right = boxes.T[:, :, None]
    in_rows, in_columns = (rows >= top) & (rows < bottom), (columns >= left) & (columns < right)
    inside = in_rows[:, :, None] & in_columns[:, None, :]
    images = images.detach()
    mixed = torch.where(inside[:, None], images[partners], images)
    lam = 1 - inside.to(targets.dtype).mean(dim=(1, 2))[:, None]
    return mixed, lam * targets + (1 - lam) * targets[partners]


# %% wrong: the targets are always float32 and lose digits
def cutmix_each(images, targets, partners, boxes):
    H, W = images.shape[2:]
    rows, columns = torch.arange(H), torch.arange(W)
    top, bottom, left, right = boxes.T[:, :, None]
    in_rows, in_columns = (rows >= top) & (rows < bottom), (columns >= left) & (columns < right)
    inside = in_rows[:, :, None] & in_columns[:, None, :]
    mixed = torch.where(inside[:, None], images[partners], images)
    lam = 1 - inside.to(targets.dtype).mean(dim=(1, 2))[:, None]
    return mixed, (lam * targets + (1 - lam) * targets[partners]).float()


# %% wrong: calls the chapter's cutmix on pairs
def cutmix_each(images, targets, partners, boxes):
    from utils.models.training_recipe import cutmix

    H, W = images.shape[2:]
    pairs = []
    for i, (top, bottom, left, right) in enumerate(boxes.tolist()):
        top, left = max(0, min(top, H)), max(0, min(left, W))
        bottom, right = max(0, min(bottom, H)), max(0, min(right, W))
        two = [i, partners[i].item()]
        x, t = cutmix(images[two], targets[two], (top, bottom, left, right))
        pairs.append((x[0], t[0]))
    return torch.stack([x for x, _ in pairs]), torch.stack([t for _, t in pairs])


# %% wrong: λ is the share of the pixels that did not change, so equal pixels count as the image's own
def cutmix_each(images, targets, partners, boxes):
    mixed = images.clone()
    H, W = images.shape[2:]
    for i, (top, bottom, left, right) in enumerate(boxes.clamp(min=0).tolist()):
        mixed[i, :, top:bottom, left:right] = images[partners[i], :, top:bottom, left:right]
    lam = (mixed == images).all(dim=1).to(targets.dtype).mean(dim=(1, 2))[:, None]
    return mixed, lam * targets + (1 - lam) * targets[partners]


# %% wrong: takes the targets for one-hot and writes 1 − λ where the partner has its class
def cutmix_each(images, targets, partners, boxes):
    mixed, new = images.clone(), targets.clone()
    H, W = images.shape[2:]
    for i, (top, bottom, left, right) in enumerate(boxes.tolist()):
        top, bottom, left, right = max(top, 0), min(bottom, H), max(left, 0), min(right, W)
        area = max(bottom - top, 0) * max(right - left, 0) / (H * W)
        if area:
            mixed[i, :, top:bottom, left:right] = images[partners[i], :, top:bottom, left:right]
        new[i] = targets[i] * (1 - area)
        new[i, targets[partners[i]].argmax()] += area
    return mixed, new


# %% wrong: the targets of the partners are read from the mixed ones
def cutmix_each(images, targets, partners, boxes):
    mixed, new = images.clone(), targets.clone()
    H, W = images.shape[2:]
    for i, (top, bottom, left, right) in enumerate(boxes.tolist()):
        top, bottom, left, right = max(top, 0), min(bottom, H), max(left, 0), min(right, W)
        if top < bottom and left < right:
            lam = 1 - (bottom - top) * (right - left) / (H * W)
            mixed[i, :, top:bottom, left:right] = images[partners[i], :, top:bottom, left:right]
            new[i] = lam * new[i] + (1 - lam) * new[partners[i]]
    return mixed, new


# %% right: a loop with slices
def cutmix_each(images, targets, partners, boxes):
    H, W = images.shape[2:]
    mixed, new = images.clone(), targets.clone()
    for i, (top, bottom, left, right) in enumerate(boxes.tolist()):
        top, left = max(0, min(top, H)), max(0, min(left, W))
        bottom, right = max(0, min(bottom, H)), max(0, min(right, W))
        mixed[i, :, top:bottom, left:right] = images[partners[i], :, top:bottom, left:right]
        area = (bottom - top) * (right - left)
        lam = 1 - area / (H * W)
        new[i] = lam * targets[i] + (1 - lam) * targets[partners[i]]
    return mixed, new


# %% right: counts what is inside, with numbers instead of a mask
def cutmix_each(images, targets, partners, boxes):
    B, C, H, W = images.shape
    boxes = boxes.to(images.dtype)
    row, column = torch.arange(H).view(1, H, 1), torch.arange(W).view(1, 1, W)
    top, bottom, left, right = (side.view(B, 1, 1) for side in boxes.unbind(1))
    inside = ((row >= top) * (row < bottom) * (column >= left) * (column < right)).to(images.dtype)  # (B, H, W)
    share = (inside.sum((1, 2)) / (H * W)).to(targets.dtype)  # (B,)
    mixed = images + inside[:, None] * 0
    mixed = torch.stack([torch.where(m > 0, images[p], own) for m, p, own in zip(inside, partners, mixed)])
    return mixed, torch.lerp(targets, targets[partners], share[:, None])


# %% right: gathers with the index of the image that each pixel is from
def cutmix_each(images, targets, partners, boxes):
    B, C, H, W = images.shape
    source = torch.arange(B)[:, None, None].repeat(1, H, W)  # (B, H, W)
    for i in range(B):
        top, bottom = boxes[i, :2].clamp(0, H)
        left, right = boxes[i, 2:].clamp(0, W)
        source[i, top:bottom, left:right] = B + partners[i]
    mixed = images.gather(0, (source % B)[:, None].expand(B, C, H, W))
    pasted = (source >= B).flatten(1).to(targets.dtype).mean(dim=1, keepdim=True)  # (B, 1)
    return mixed, targets + pasted * (targets[partners] - targets)


# %% right: adds the difference to the partner where the mask is 1, so pixels may be off by rounding
def cutmix_each(images, targets, partners, boxes):
    H, W = images.shape[2:]
    low, high = boxes[:, 0::2], boxes[:, 1::2]  # (B, 2): first and last row and column
    masks = [(torch.arange(n) >= low[:, k, None]) & (torch.arange(n) < high[:, k, None]) for k, n in enumerate((H, W))]
    mask = torch.einsum("bh,bw->bhw", *(m.to(images.dtype) for m in masks))[:, None]  # (B, 1, H, W)
    other = mask.mean(dim=(1, 2, 3))[:, None].to(targets.dtype)  # (B, 1)
    return images + mask * (images[partners] - images), targets + other * (targets[partners] - targets)


# %% right: targets as a product with a matrix of shares
def cutmix_each(images, targets, partners, boxes):
    B, _, H, W = images.shape
    new, shares = [], torch.zeros(B, B, dtype=targets.dtype)
    for i in range(B):
        t, b, l, r = boxes[i].tolist()
        t, b, l, r = min(max(t, 0), H), min(max(b, 0), H), min(max(l, 0), W), min(max(r, 0), W)
        image = images[i].clone()
        image[:, t:b, l:r] = images[partners[i], :, t:b, l:r]
        new.append(image)
        shares[i, i] += 1 - (b - t) * (r - l) / (H * W)
        shares[i, partners[i]] += (b - t) * (r - l) / (H * W)
    return torch.stack(new), shares @ targets
