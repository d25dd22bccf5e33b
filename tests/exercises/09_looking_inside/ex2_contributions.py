# %% wrong: the length of each head's part, added up
def contribution_norms(weights, values, W):
    B, h, N, d = values.shape
    moved = torch.einsum("ohd,bhjd->bhjo", W.reshape(len(W), h, d), values)
    return (weights * torch.linalg.vector_norm(moved, dim=-1)[:, :, None]).sum(dim=1)


# %% wrong: rows of W instead of columns
def contribution_norms(weights, values, W):
    B, h, N, d = values.shape
    moved = torch.einsum("hdo,bhjd->bhjo", W.reshape(h, d, len(W)), values)
    return torch.linalg.vector_norm(torch.einsum("bhij,bhjo->bijo", weights, moved), dim=-1)


# %% wrong: without the output layer
def contribution_norms(weights, values, W):
    parts = weights[..., None] * values[:, :, None]  # (B, h, N, N, d)
    return parts.square().sum(dim=(1, 4)).sqrt()


# %% wrong: the mean over the heads instead of the sum
def contribution_norms(weights, values, W):
    B, h, N, d = values.shape
    moved = torch.einsum("ohd,bhjd->bhjo", W.reshape(len(W), h, d), values)
    return torch.linalg.vector_norm((weights[..., None] * moved[:, :, None]).mean(dim=1), dim=-1)


# %% wrong: keys before queries
def contribution_norms(weights, values, W):
    B, h, N, d = values.shape
    moved = torch.einsum("ohd,bhjd->bhjo", W.reshape(len(W), h, d), values)
    return torch.linalg.vector_norm(torch.einsum("bhij,bhjo->bjio", weights, moved), dim=-1)


# %% wrong: the square of the length
def contribution_norms(weights, values, W):
    B, h, N, d = values.shape
    moved = torch.einsum("ohd,bhjd->bhjo", W.reshape(len(W), h, d), values)
    return torch.einsum("bhij,bhjo->bijo", weights, moved).square().sum(dim=-1)


# %% wrong: the columns are taken head by head in the wrong layout
def contribution_norms(weights, values, W):
    B, h, N, d = values.shape
    moved = torch.einsum("odh,bhjd->bhjo", W.reshape(len(W), d, h), values)
    return torch.linalg.vector_norm(torch.einsum("bhij,bhjo->bijo", weights, moved), dim=-1)


# %% wrong: NumPy in between, so that no gradient comes back
def contribution_norms(weights, values, W):
    h, d = values.shape[1], values.shape[3]
    a, v, w = (t.detach().numpy() for t in (weights, values, W))
    moved = np.einsum("ohd,bhjd->bhjo", w.reshape(len(w), h, d), v)
    return torch.from_numpy(np.linalg.norm(np.einsum("bhij,bhjo->bijo", a, moved), axis=-1))


# %% wrong: the values of the first image for all
def contribution_norms(weights, values, W):
    B, h, N, d = values.shape
    moved = torch.einsum("ohd,hjd->hjo", W.reshape(len(W), h, d), values[0])
    return torch.linalg.vector_norm(torch.einsum("bhij,hjo->bijo", weights, moved), dim=-1)


# %% wrong: always in single precision
def contribution_norms(weights, values, W):
    weights, values, W = weights.float(), values.float(), W.float()
    B, h, N, d = values.shape
    moved = torch.einsum("ohd,bhjd->bhjo", W.reshape(len(W), h, d), values)
    return torch.linalg.vector_norm(torch.einsum("bhij,bhjo->bijo", weights, moved), dim=-1)


# %% right: heads laid side by side, then the output layer, as attention itself does it
def contribution_norms(weights, values, W):
    B, h, N, d = values.shape
    parts = weights[..., None] * values[:, :, None]  # (B, h, N, N, d)
    merged = parts.permute(0, 2, 3, 1, 4).reshape(B, N, N, h * d)
    return F.linear(merged, W).square().sum(dim=-1).sqrt()


# %% right: a loop over queries, with diagonal matrices of their weights
def contribution_norms(weights, values, W):
    B, h, N, d = values.shape
    columns = W.split(d, dim=1)
    rows = []
    for i in range(N):
        total = 0
        for n in range(h):
            total = total + torch.diag_embed(weights[:, n, i]) @ values[:, n] @ columns[n].T  # (B, N, D)
        rows.append((total * total).sum(dim=2) ** 0.5)
    return torch.stack(rows, dim=1)
