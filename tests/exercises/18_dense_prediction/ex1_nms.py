# %% wrong: what was dropped drops others
def nms(boxes, scores, labels, threshold):
    order = scores.argsort(descending=True)
    rivals = (pairwise_iou(boxes, boxes) > threshold) & (labels[:, None] == labels)
    rivals = rivals[order][:, order].tril(-1)  # only better ones
    return order[~rivals.any(dim=1)]


# %% wrong: classes are forgotten
def nms(boxes, scores, labels, threshold):
    iou, kept = pairwise_iou(boxes, boxes), []
    for i in scores.argsort(descending=True).tolist():
        if not any(iou[i, j] > threshold for j in kept):
            kept.append(i)
    return torch.tensor(kept, dtype=torch.int64)


# %% wrong: drops at exactly the threshold too
def nms(boxes, scores, labels, threshold):
    rivals = (pairwise_iou(boxes, boxes) >= threshold) & (labels[:, None] == labels)
    kept = []
    for i in scores.argsort(descending=True).tolist():
        if not any(rivals[i, j] for j in kept):
            kept.append(i)
    return torch.tensor(kept, dtype=torch.int64)


# %% wrong: returned in the order of the boxes
def nms(boxes, scores, labels, threshold):
    rivals = (pairwise_iou(boxes, boxes) > threshold) & (labels[:, None] == labels)
    kept = []
    for i in scores.argsort(descending=True).tolist():
        if not any(rivals[i, j] for j in kept):
            kept.append(i)
    return torch.tensor(sorted(kept), dtype=torch.int64)


# %% wrong: from the lowest score to the highest
def nms(boxes, scores, labels, threshold):
    rivals = (pairwise_iou(boxes, boxes) > threshold) & (labels[:, None] == labels)
    kept = []
    for i in scores.argsort().tolist():
        if not any(rivals[i, j] for j in kept):
            kept.append(i)
    return torch.tensor(kept, dtype=torch.int64)


# %% wrong: in the order in which the boxes come
def nms(boxes, scores, labels, threshold):
    rivals = (pairwise_iou(boxes, boxes) > threshold) & (labels[:, None] == labels)
    kept = []
    for i in range(len(boxes)):
        if not any(rivals[i, j] for j in kept):
            kept.append(i)
    return torch.tensor(kept, dtype=torch.int64)


# %% wrong: an empty list of indices becomes float32
def nms(boxes, scores, labels, threshold):
    rivals = (pairwise_iou(boxes, boxes) > threshold) & (labels[:, None] == labels)
    kept = []
    for i in scores.argsort(descending=True).tolist():
        if not any(rivals[i, j] for j in kept):
            kept.append(i)
    return torch.tensor(kept)


# %% wrong: classes are moved apart by too small a step, and boxes left of 0 meet other classes
def nms(boxes, scores, labels, threshold):
    moved = boxes + (boxes.max() if len(boxes) else 0) * labels[:, None]
    iou, kept = pairwise_iou(moved, moved), []
    for i in scores.argsort(descending=True).tolist():
        if not any(iou[i, j] > threshold for j in kept):
            kept.append(i)
    return torch.tensor(kept, dtype=torch.int64)


# %% wrong: marks dropped boxes in the scores it was given
def nms(boxes, scores, labels, threshold):
    rivals, kept = (pairwise_iou(boxes, boxes) > threshold) & (labels[:, None] == labels), []
    while len(scores) and scores.max() > -1:
        i = int(scores.argmax())
        kept.append(i)
        scores[rivals[i]] = -1
        scores[i] = -1
    return torch.tensor(kept, dtype=torch.int64)


# %% wrong: hands the work to torchvision
def nms(boxes, scores, labels, threshold):
    import torchvision

    return torchvision.ops.batched_nms(boxes, scores, labels, threshold)


# %% wrong: the labels of the kept boxes
def nms(boxes, scores, labels, threshold):
    rivals = (pairwise_iou(boxes, boxes) > threshold) & (labels[:, None] == labels)
    kept = []
    for i in scores.argsort(descending=True).tolist():
        if not any(rivals[i, j] for j in kept):
            kept.append(i)
    return labels[torch.tensor(kept, dtype=torch.int64)]


# %% wrong: classes are moved 1,000 pixels apart, and larger boxes still meet
def nms(boxes, scores, labels, threshold):
    moved = boxes + 1000 * labels[:, None].to(boxes.dtype)
    iou, kept = pairwise_iou(moved, moved), []
    for i in scores.argsort(descending=True).tolist():
        if not any(iou[i, j] > threshold for j in kept):
            kept.append(i)
    return torch.tensor(kept, dtype=torch.int64)


# %% wrong: a score of 0 marks what is gone, and negative scores are never looked at
def nms(boxes, scores, labels, threshold):
    rivals, left, kept = (pairwise_iou(boxes, boxes) > threshold) & (labels[:, None] == labels), scores.clone(), []
    while len(left) and left.max() > 0:
        i = int(left.argmax())
        kept.append(i)
        left[rivals[i]] = 0
        left[i] = 0
    return torch.tensor(kept, dtype=torch.int64)


# %% right: classes are moved far apart, the rest is crossed off
def nms(boxes, scores, labels, threshold):
    if boxes.numel() == 0:
        return torch.empty(0, dtype=torch.long)
    far = boxes.max() - boxes.min() + 1
    moved = boxes + far * labels.to(boxes.dtype)[:, None]
    left, kept = torch.argsort(scores, descending=True), []
    while left.numel():
        first, left = left[0], left[1:]
        kept.append(first)
        left = left[pairwise_iou(moved[first][None], moved[left])[0] <= threshold]
    return torch.stack(kept)


# %% right: class by class with a mask, sorted in the end
def nms(boxes, scores, labels, threshold):
    keep = torch.zeros(len(boxes), dtype=torch.bool)
    for label in set(labels.tolist()):
        for i in sorted((labels == label).nonzero().flatten().tolist(), key=lambda k: -float(scores[k])):
            others = boxes[keep & (labels == label)]
            keep[i] = bool((pairwise_iou(boxes[i : i + 1], others) <= threshold).all())
    chosen = keep.nonzero().flatten()
    return chosen[scores[chosen].sort(descending=True).indices]


# %% right: a list of remaining boxes, with plain floats
def nms(boxes, scores, labels, threshold):
    iou = pairwise_iou(boxes, boxes).tolist()
    classes = labels.tolist()
    todo = sorted(range(len(classes)), key=scores.tolist().__getitem__)
    kept = []
    while todo:
        i = todo.pop()
        kept += [i]
        todo = [j for j in todo if classes[j] != classes[i] or not iou[i][j] > threshold]
    return torch.LongTensor(kept)
