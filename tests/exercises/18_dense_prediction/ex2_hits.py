# %% wrong: as found
def list_hits(found, truths, threshold):
    return found_hits(found, truths, threshold)


# %% wrong: true boxes are never taken
def list_hits(found, truths, threshold):
    marked, total = [], 0
    for guess, boxes in zip(found, truths):
        total += len(boxes)
        overlaps = pairwise_iou(guess["boxes"], boxes)
        for i, score in enumerate(guess["scores"].tolist()):
            marked.append((score, bool((overlaps[i] >= threshold).any())))
    marked.sort(reverse=True)
    return torch.tensor([hit for _, hit in marked], dtype=torch.bool), total


# %% wrong: image by image
def list_hits(found, truths, threshold):
    hits, total = [], 0
    for guess, boxes in zip(found, truths):
        total += len(boxes)
        overlaps, free = pairwise_iou(guess["boxes"], boxes), set(range(len(boxes)))
        for i in guess["scores"].argsort(descending=True).tolist():
            best = max(free, key=lambda j: overlaps[i, j].item(), default=None)
            hit = best is not None and overlaps[i, best].item() >= threshold
            if hit:
                free.remove(best)
            hits.append(hit)
    return torch.tensor(hits, dtype=torch.bool), total


# %% wrong: true boxes of images without detections are forgotten
def list_hits(found, truths, threshold):
    marked, total = [], 0
    for guess, boxes in zip(found, truths):
        if len(guess["boxes"]) == 0:
            continue
        total += len(boxes)
        overlaps, free = pairwise_iou(guess["boxes"], boxes), set(range(len(boxes)))
        for i in guess["scores"].argsort(descending=True).tolist():
            best = max(free, key=lambda j: overlaps[i, j].item(), default=None)
            hit = best is not None and overlaps[i, best].item() >= threshold
            if hit:
                free.remove(best)
            marked.append((guess["scores"][i].item(), hit))
    marked.sort(reverse=True)
    return torch.tensor([hit for _, hit in marked], dtype=torch.bool), total


# %% wrong: the best of all boxes first, and a miss if it is taken (VOC's rule)
def list_hits(found, truths, threshold):
    marked, total = [], 0
    for guess, boxes in zip(found, truths):
        total += len(boxes)
        overlaps, taken = pairwise_iou(guess["boxes"], boxes), set()
        for i in guess["scores"].argsort(descending=True).tolist():
            hit = False
            if len(boxes):
                best = int(overlaps[i].argmax())
                hit = overlaps[i, best].item() >= threshold and best not in taken
                if hit:
                    taken.add(best)
            marked.append((guess["scores"][i].item(), hit))
    marked.sort(reverse=True)
    return torch.tensor([hit for _, hit in marked], dtype=torch.bool), total


# %% wrong: the first free box that fits, not the best
def list_hits(found, truths, threshold):
    marked, total = [], 0
    for guess, boxes in zip(found, truths):
        total += len(boxes)
        overlaps, free = pairwise_iou(guess["boxes"], boxes), list(range(len(boxes)))
        for i in guess["scores"].argsort(descending=True).tolist():
            fits = [j for j in free if overlaps[i, j].item() >= threshold]
            if fits:
                free.remove(fits[0])
            marked.append((guess["scores"][i].item(), bool(fits)))
    marked.sort(reverse=True)
    return torch.tensor([hit for _, hit in marked], dtype=torch.bool), total


# %% wrong: the IoU must be above the threshold
def list_hits(found, truths, threshold):
    marked, total = [], 0
    for guess, boxes in zip(found, truths):
        total += len(boxes)
        overlaps, free = pairwise_iou(guess["boxes"], boxes), set(range(len(boxes)))
        for i in guess["scores"].argsort(descending=True).tolist():
            best = max(free, key=lambda j: overlaps[i, j].item(), default=None)
            hit = best is not None and overlaps[i, best].item() > threshold
            if hit:
                free.remove(best)
            marked.append((guess["scores"][i].item(), hit))
    marked.sort(reverse=True)
    return torch.tensor([hit for _, hit in marked], dtype=torch.bool), total


# %% wrong: detections choose in the order in which they are listed
def list_hits(found, truths, threshold):
    marked, total = [], 0
    for guess, boxes in zip(found, truths):
        total += len(boxes)
        overlaps, free = pairwise_iou(guess["boxes"], boxes), set(range(len(boxes)))
        for i, score in enumerate(guess["scores"].tolist()):
            best = max(free, key=lambda j: overlaps[i, j].item(), default=None)
            hit = best is not None and overlaps[i, best].item() >= threshold
            if hit:
                free.remove(best)
            marked.append((score, hit))
    marked.sort(reverse=True)
    return torch.tensor([hit for _, hit in marked], dtype=torch.bool), total


# %% wrong: skips images without objects, whose detections are misses
def list_hits(found, truths, threshold):
    marked, total = [], 0
    for guess, boxes in zip(found, truths):
        total += len(boxes)
        if len(boxes) == 0:
            continue
        overlaps, free = pairwise_iou(guess["boxes"], boxes), set(range(len(boxes)))
        for i in guess["scores"].argsort(descending=True).tolist():
            best = max(free, key=lambda j: overlaps[i, j].item(), default=None)
            hit = best is not None and overlaps[i, best].item() >= threshold
            if hit:
                free.remove(best)
            marked.append((guess["scores"][i].item(), hit))
    marked.sort(reverse=True)
    return torch.tensor([hit for _, hit in marked], dtype=torch.bool), total


# %% wrong: always at 0.5
def list_hits(found, truths, threshold):
    marked, total = [], 0
    for guess, boxes in zip(found, truths):
        total += len(boxes)
        overlaps, free = pairwise_iou(guess["boxes"], boxes), set(range(len(boxes)))
        for i in guess["scores"].argsort(descending=True).tolist():
            best = max(free, key=lambda j: overlaps[i, j].item(), default=None)
            hit = best is not None and overlaps[i, best].item() >= 0.5
            if hit:
                free.remove(best)
            marked.append((guess["scores"][i].item(), hit))
    marked.sort(reverse=True)
    return torch.tensor([hit for _, hit in marked], dtype=torch.bool), total


# %% wrong: strikes out true boxes in the tensors it was given
def list_hits(found, truths, threshold):
    marked = []
    total = sum(len(boxes) for boxes in truths)
    for guess, boxes in zip(found, truths):
        for i in guess["scores"].argsort(descending=True).tolist():
            hit = False
            if len(boxes):
                value, j = pairwise_iou(guess["boxes"][i : i + 1], boxes)[0].max(dim=0)
                hit = bool(value >= threshold)
                if hit:
                    boxes[j] = -1  # without area, and far from everything
            marked.append((guess["scores"][i].item(), hit))
    return torch.tensor([hit for _, hit in sorted(marked, reverse=True)], dtype=torch.bool), total


# %% right: one list of all detections, and columns of the IoUs struck out
def list_hits(found, truths, threshold):
    overlaps = [pairwise_iou(guess["boxes"], boxes).clone() for guess, boxes in zip(found, truths)]
    todo = [(float(s), n, i) for n, guess in enumerate(found) for i, s in enumerate(guess["scores"])]
    hits = []
    for _, n, i in sorted(todo, key=lambda one: one[0], reverse=True):
        row = overlaps[n][i]
        hit = row.numel() > 0 and bool(row.max() >= threshold)
        if hit:
            overlaps[n][:, int(row.argmax())] = -1
        hits.append(hit)
    return torch.tensor(hits).bool(), sum(boxes.shape[0] for boxes in truths)


# %% right: tensors all the way, torch.cat and argsort at the end
def list_hits(found, truths, threshold):
    all_hits, all_scores = [torch.zeros(0, dtype=torch.bool)], [torch.zeros(0, dtype=torch.float64)]
    for guess, boxes in zip(found, truths):
        scores, order = guess["scores"].double().sort(descending=True)
        iou = F.pad(pairwise_iou(guess["boxes"][order], boxes), (1, 0), value=-1.0)  # a column that never fits
        hits = torch.zeros(len(order), dtype=torch.bool)
        for k in range(len(order)):
            value, best = iou[k].max(dim=0)
            hits[k] = value >= threshold
            if hits[k]:
                iou[:, best] = -1.0
        all_hits.append(hits)
        all_scores.append(scores)
    order = torch.cat(all_scores).argsort(descending=True)
    total = torch.tensor([len(boxes) for boxes in truths]).sum()
    return torch.cat(all_hits)[order], int(total)
