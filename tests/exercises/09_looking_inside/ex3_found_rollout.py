# %% wrong: as found
def mended_rollout(maps, discard=0.0):
    return found_rollout(maps, discard)


# %% wrong: the batch is averaged still
def mended_rollout(maps, discard=0.0):
    identity = torch.eye(maps[0].shape[-1]).to(maps[0])
    result = identity
    for weights in maps:
        a = weights.mean(dim=0)
        flat = a.flatten(1)
        smallest = flat.argsort(dim=1)[:, : int(discard * flat.shape[1])]
        a = flat.scatter(1, smallest, 0.0).reshape(a.shape)
        a = a + identity
        a = a / a.sum(dim=-1, keepdim=True)
        result = a @ result
    return result


# %% wrong: the columns are divided still
def mended_rollout(maps, discard=0.0):
    identity = torch.eye(maps[0].shape[-1]).to(maps[0])
    result = identity
    for weights in maps:
        a = weights.mean(dim=1)
        flat = a.flatten(1)
        smallest = flat.argsort(dim=1)[:, : int(discard * flat.shape[1])]
        a = flat.scatter(1, smallest, 0.0).reshape(a.shape)
        a = a + identity
        a = a / a.sum(dim=-1)[:, None]
        result = a @ result
    return result


# %% wrong: the columns' own sums
def mended_rollout(maps, discard=0.0):
    identity = torch.eye(maps[0].shape[-1]).to(maps[0])
    result = identity
    for weights in maps:
        a = weights.mean(dim=1)
        flat = a.flatten(1)
        smallest = flat.argsort(dim=1)[:, : int(discard * flat.shape[1])]
        a = flat.scatter(1, smallest, 0.0).reshape(a.shape)
        a = a + identity
        a = a / a.sum(dim=-2, keepdim=True)
        result = a @ result
    return result


# %% wrong: the order is the found one still
def mended_rollout(maps, discard=0.0):
    identity = torch.eye(maps[0].shape[-1]).to(maps[0])
    result = identity
    for weights in maps:
        a = weights.mean(dim=1)
        flat = a.flatten(1)
        smallest = flat.argsort(dim=1)[:, : int(discard * flat.shape[1])]
        a = flat.scatter(1, smallest, 0.0).reshape(a.shape)
        a = a + identity
        a = a / a.sum(dim=-1, keepdim=True)
        result = result @ a
    return result


# %% wrong: both the order and the maps are turned round, which is the found order again
def mended_rollout(maps, discard=0.0):
    identity = torch.eye(maps[0].shape[-1]).to(maps[0])
    result = identity
    for weights in reversed(maps):
        a = weights.mean(dim=1)
        flat = a.flatten(1)
        smallest = flat.argsort(dim=1)[:, : int(discard * flat.shape[1])]
        a = flat.scatter(1, smallest, 0.0).reshape(a.shape)
        a = a + identity
        a = a / a.sum(dim=-1, keepdim=True)
        result = a @ result
    return result


# %% wrong: a share of each row is discarded instead of a share of the table
def mended_rollout(maps, discard=0.0):
    identity = torch.eye(maps[0].shape[-1]).to(maps[0])
    result = identity
    for weights in maps:
        a = weights.mean(dim=1)
        smallest = a.argsort(dim=2)[:, :, : round(discard * a.shape[2] + 0.25)]
        a = a.scatter(2, smallest, 0.0)
        a = a + identity
        a = a / a.sum(dim=-1, keepdim=True)
        result = a @ result
    return result


# %% wrong: the identity is lost in the mending
def mended_rollout(maps, discard=0.0):
    result = torch.eye(maps[0].shape[-1]).to(maps[0])
    for weights in maps:
        a = weights.mean(dim=1)
        flat = a.flatten(1)
        smallest = flat.argsort(dim=1)[:, : int(discard * flat.shape[1])]
        a = flat.scatter(1, smallest, 0.0).reshape(a.shape)
        a = a / a.sum(dim=-1, keepdim=True).clamp(min=1e-9)
        result = a @ result
    return result


# %% wrong: the discarded weights are set to 0 in the maps themselves
def mended_rollout(maps, discard=0.0):
    identity = torch.eye(maps[0].shape[-1]).to(maps[0])
    result = identity
    for weights in maps:
        a = weights[:, 0] if weights.shape[1] == 1 else weights.mean(dim=1)
        flat = a.flatten(1)
        smallest = flat.argsort(dim=1)[:, : int(discard * flat.shape[1])]
        a = flat.scatter_(1, smallest, 0.0).reshape(a.shape)
        a = a + identity
        a = a / a.sum(dim=-1, keepdim=True)
        result = a @ result
    return result


# %% wrong: the smallest weights of the whole batch are discarded, not those of each image
def mended_rollout(maps, discard=0.0):
    identity = torch.eye(maps[0].shape[-1]).to(maps[0])
    result = identity
    for weights in maps:
        a = weights.mean(dim=1)
        flat = a.flatten()
        smallest = flat.argsort()[: int(discard * len(flat))]
        a = flat.scatter(0, smallest, 0.0).reshape(a.shape)
        a = a + identity
        a = a / a.sum(dim=-1, keepdim=True)
        result = a @ result
    return result


# %% wrong: weights are discarded in each head, before the heads are averaged
def mended_rollout(maps, discard=0.0):
    identity = torch.eye(maps[0].shape[-1]).to(maps[0])
    result = identity
    for weights in maps:
        flat = weights.flatten(2)
        smallest = flat.argsort(dim=2)[:, :, : int(discard * flat.shape[2])]
        a = flat.scatter(2, smallest, 0.0).reshape(weights.shape).mean(dim=1)
        a = a + identity
        a = a / a.sum(dim=-1, keepdim=True)
        result = a @ result
    return result


# %% wrong: the identity is added before the smallest weights are looked for
def mended_rollout(maps, discard=0.0):
    identity = torch.eye(maps[0].shape[-1]).to(maps[0])
    result = identity
    for weights in maps:
        a = weights.mean(dim=1) + identity
        flat = a.flatten(1)
        smallest = flat.argsort(dim=1)[:, : int(discard * flat.shape[1])]
        a = flat.scatter(1, smallest, 0.0).reshape(a.shape)
        a = a / a.sum(dim=-1, keepdim=True)
        result = a @ result
    return result


# %% right: image by image, with kthvalue, from the last block down
def mended_rollout(maps, discard=0.0):
    tables = []
    for b in range(maps[0].shape[0]):
        product = None
        for weights in reversed(maps):
            a = weights[b].mean(dim=0).clone()
            k = int(discard * a.numel())
            if k:
                values, places = a.flatten().sort()
                a.view(-1)[places[:k]] = 0
            a += torch.eye(len(a), dtype=a.dtype)
            a = F.normalize(a, p=1, dim=1)
            product = a if product is None else product @ a
        tables.append(product)
    return torch.stack(tables)


# %% right: stacked first, einsum and functools.reduce
import functools


def mended_rollout(maps, discard=0.0):
    tables = torch.stack([weights.mean(dim=1) for weights in maps])  # (L, B, N, N)
    L, B, N, _ = tables.shape
    rank = tables.reshape(L, B, N * N).argsort(dim=-1).argsort(dim=-1).reshape(L, B, N, N)
    kept = torch.where(rank < int(discard * N * N), torch.zeros_like(tables), tables)
    kept = kept + torch.eye(N, dtype=kept.dtype)
    kept = torch.einsum("lbij,lbi->lbij", kept, 1 / kept.sum(dim=3))
    return functools.reduce(lambda result, a: torch.einsum("bij,bjk->bik", a, result), kept)
