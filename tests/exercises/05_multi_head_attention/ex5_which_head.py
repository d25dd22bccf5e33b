# %% wrong: rows of the merge instead of columns
@torch.no_grad()
def importance(layer, x):
    d = layer.embed_dim // layer.num_heads
    y = layer(x, x, x, need_weights=False)[0]
    changes = []
    for i in range(layer.num_heads):
        smaller = copy.deepcopy(layer)
        smaller.out_proj.weight[i * d : (i + 1) * d] = 0
        y_i = smaller(x, x, x, need_weights=False)[0]
        changes.append((y - y_i).norm() / y.norm())
    return torch.stack(changes)


@torch.no_grad()
def without_both(layer, x, heads):
    smaller, d = copy.deepcopy(layer), layer.embed_dim // layer.num_heads
    for head in heads:
        smaller.out_proj.weight[:, head * d : head * d + d] = 0
    y = layer(x, x, x, need_weights=False)[0]
    return ((y - smaller(x, x, x, need_weights=False)[0]).norm() / y.norm()).item()


found = importance(cat_layer, cat_tokens)
measured = {
    "most": found.argmax().item(),
    "least": found.argmin().item(),
    "two": without_both(cat_layer, cat_tokens, found.argsort()[:2].tolist()),
}


# %% wrong: relative to the output without the head
@torch.no_grad()
def importance(layer, x):
    d = layer.embed_dim // layer.num_heads
    y = layer(x, x, x, need_weights=False)[0]
    changes = []
    for i in range(layer.num_heads):
        smaller = copy.deepcopy(layer)
        smaller.out_proj.weight[:, i * d : (i + 1) * d] = 0
        y_i = smaller(x, x, x, need_weights=False)[0]
        changes.append((y - y_i).norm() / y_i.norm())
    return torch.stack(changes)


@torch.no_grad()
def without_both(layer, x, heads):
    smaller, d = copy.deepcopy(layer), layer.embed_dim // layer.num_heads
    for head in heads:
        smaller.out_proj.weight[:, head * d : head * d + d] = 0
    y = layer(x, x, x, need_weights=False)[0]
    return ((y - smaller(x, x, x, need_weights=False)[0]).norm() / y.norm()).item()


found = importance(cat_layer, cat_tokens)
measured = {
    "most": found.argmax().item(),
    "least": found.argmin().item(),
    "two": without_both(cat_layer, cat_tokens, found.argsort()[:2].tolist()),
}


# %% wrong: squares instead of norms
@torch.no_grad()
def importance(layer, x):
    d = layer.embed_dim // layer.num_heads
    y = layer(x, x, x, need_weights=False)[0]
    changes = []
    for i in range(layer.num_heads):
        smaller = copy.deepcopy(layer)
        smaller.out_proj.weight[:, i * d : (i + 1) * d] = 0
        y_i = smaller(x, x, x, need_weights=False)[0]
        changes.append(((y - y_i).norm() / y.norm()) ** 2)
    return torch.stack(changes)


@torch.no_grad()
def without_both(layer, x, heads):
    smaller, d = copy.deepcopy(layer), layer.embed_dim // layer.num_heads
    for head in heads:
        smaller.out_proj.weight[:, head * d : head * d + d] = 0
    y = layer(x, x, x, need_weights=False)[0]
    return ((y - smaller(x, x, x, need_weights=False)[0]).norm() / y.norm()).item()


found = importance(cat_layer, cat_tokens)
measured = {
    "most": found.argmax().item(),
    "least": found.argmin().item(),
    "two": without_both(cat_layer, cat_tokens, found.argsort()[:2].tolist()),
}


# %% wrong: not relative
@torch.no_grad()
def importance(layer, x):
    d = layer.embed_dim // layer.num_heads
    y = layer(x, x, x, need_weights=False)[0]
    changes = []
    for i in range(layer.num_heads):
        smaller = copy.deepcopy(layer)
        smaller.out_proj.weight[:, i * d : (i + 1) * d] = 0
        y_i = smaller(x, x, x, need_weights=False)[0]
        changes.append((y - y_i).norm())
    return torch.stack(changes)


@torch.no_grad()
def without_both(layer, x, heads):
    smaller, d = copy.deepcopy(layer), layer.embed_dim // layer.num_heads
    for head in heads:
        smaller.out_proj.weight[:, head * d : head * d + d] = 0
    y = layer(x, x, x, need_weights=False)[0]
    return ((y - smaller(x, x, x, need_weights=False)[0]).norm() / y.norm()).item()


found = importance(cat_layer, cat_tokens)
measured = {
    "most": found.argmax().item(),
    "least": found.argmin().item(),
    "two": without_both(cat_layer, cat_tokens, found.argsort()[:2].tolist()),
}


# %% wrong: a mean of the tokens' own changes
@torch.no_grad()
def importance(layer, x):
    d = layer.embed_dim // layer.num_heads
    y = layer(x, x, x, need_weights=False)[0]
    changes = []
    for i in range(layer.num_heads):
        smaller = copy.deepcopy(layer)
        smaller.out_proj.weight[:, i * d : (i + 1) * d] = 0
        y_i = smaller(x, x, x, need_weights=False)[0]
        changes.append(((y - y_i).norm(dim=-1) / y.norm(dim=-1)).mean())
    return torch.stack(changes)


@torch.no_grad()
def without_both(layer, x, heads):
    smaller, d = copy.deepcopy(layer), layer.embed_dim // layer.num_heads
    for head in heads:
        smaller.out_proj.weight[:, head * d : head * d + d] = 0
    y = layer(x, x, x, need_weights=False)[0]
    return ((y - smaller(x, x, x, need_weights=False)[0]).norm() / y.norm()).item()


found = importance(cat_layer, cat_tokens)
measured = {
    "most": found.argmax().item(),
    "least": found.argmin().item(),
    "two": without_both(cat_layer, cat_tokens, found.argsort()[:2].tolist()),
}


# %% wrong: every h-th column, as if the heads were interleaved
@torch.no_grad()
def importance(layer, x):
    y = layer(x, x, x, need_weights=False)[0]
    changes = []
    for i in range(layer.num_heads):
        smaller = copy.deepcopy(layer)
        smaller.out_proj.weight[:, i :: layer.num_heads] = 0
        y_i = smaller(x, x, x, need_weights=False)[0]
        changes.append((y - y_i).norm() / y.norm())
    return torch.stack(changes)


@torch.no_grad()
def without_both(layer, x, heads):
    smaller, d = copy.deepcopy(layer), layer.embed_dim // layer.num_heads
    for head in heads:
        smaller.out_proj.weight[:, head * d : head * d + d] = 0
    y = layer(x, x, x, need_weights=False)[0]
    return ((y - smaller(x, x, x, need_weights=False)[0]).norm() / y.norm()).item()


found = importance(cat_layer, cat_tokens)
measured = {
    "most": found.argmax().item(),
    "least": found.argmin().item(),
    "two": without_both(cat_layer, cat_tokens, found.argsort()[:2].tolist()),
}


# %% wrong: the bias is left out as well
@torch.no_grad()
def importance(layer, x):
    d = layer.embed_dim // layer.num_heads
    y = layer(x, x, x, need_weights=False)[0]
    changes = []
    for i in range(layer.num_heads):
        smaller = copy.deepcopy(layer)
        smaller.out_proj.bias.zero_()
        smaller.out_proj.weight[:, i * d : (i + 1) * d] = 0
        y_i = smaller(x, x, x, need_weights=False)[0]
        changes.append((y - y_i).norm() / y.norm())
    return torch.stack(changes)


@torch.no_grad()
def without_both(layer, x, heads):
    smaller, d = copy.deepcopy(layer), layer.embed_dim // layer.num_heads
    for head in heads:
        smaller.out_proj.weight[:, head * d : head * d + d] = 0
    y = layer(x, x, x, need_weights=False)[0]
    return ((y - smaller(x, x, x, need_weights=False)[0]).norm() / y.norm()).item()


found = importance(cat_layer, cat_tokens)
measured = {
    "most": found.argmax().item(),
    "least": found.argmin().item(),
    "two": without_both(cat_layer, cat_tokens, found.argsort()[:2].tolist()),
}


# %% wrong: works on the layer itself, so that heads vanish one after the other
@torch.no_grad()
def importance(layer, x):
    d = layer.embed_dim // layer.num_heads
    y = layer(x, x, x, need_weights=False)[0]
    changes = []
    for i in range(layer.num_heads):
        smaller = layer
        smaller.out_proj.weight[:, i * d : (i + 1) * d] = 0
        y_i = smaller(x, x, x, need_weights=False)[0]
        changes.append((y - y_i).norm() / y.norm())
    return torch.stack(changes)


@torch.no_grad()
def without_both(layer, x, heads):
    smaller, d = copy.deepcopy(layer), layer.embed_dim // layer.num_heads
    for head in heads:
        smaller.out_proj.weight[:, head * d : head * d + d] = 0
    y = layer(x, x, x, need_weights=False)[0]
    return ((y - smaller(x, x, x, need_weights=False)[0]).norm() / y.norm()).item()


found = importance(cat_layer, cat_tokens)
measured = {
    "most": found.argmax().item(),
    "least": found.argmin().item(),
    "two": without_both(cat_layer, cat_tokens, found.argsort()[:2].tolist()),
}


# %% wrong: the sum of the two importances
@torch.no_grad()
def importance(layer, x):
    d = layer.embed_dim // layer.num_heads
    y = layer(x, x, x, need_weights=False)[0]
    changes = []
    for i in range(layer.num_heads):
        smaller = copy.deepcopy(layer)
        smaller.out_proj.weight[:, i * d : (i + 1) * d] = 0
        y_i = smaller(x, x, x, need_weights=False)[0]
        changes.append((y - y_i).norm() / y.norm())
    return torch.stack(changes)


@torch.no_grad()
def without_both(layer, x, heads):
    smaller, d = copy.deepcopy(layer), layer.embed_dim // layer.num_heads
    for head in heads:
        smaller.out_proj.weight[:, head * d : head * d + d] = 0
    y = layer(x, x, x, need_weights=False)[0]
    return ((y - smaller(x, x, x, need_weights=False)[0]).norm() / y.norm()).item()


found = importance(cat_layer, cat_tokens)
measured = {"most": found.argmax().item(), "least": found.argmin().item(), "two": found.sort().values[:2].sum().item()}


# %% wrong: without the two that matter most
@torch.no_grad()
def importance(layer, x):
    d = layer.embed_dim // layer.num_heads
    y = layer(x, x, x, need_weights=False)[0]
    changes = []
    for i in range(layer.num_heads):
        smaller = copy.deepcopy(layer)
        smaller.out_proj.weight[:, i * d : (i + 1) * d] = 0
        y_i = smaller(x, x, x, need_weights=False)[0]
        changes.append((y - y_i).norm() / y.norm())
    return torch.stack(changes)


@torch.no_grad()
def without_both(layer, x, heads):
    smaller, d = copy.deepcopy(layer), layer.embed_dim // layer.num_heads
    for head in heads:
        smaller.out_proj.weight[:, head * d : head * d + d] = 0
    y = layer(x, x, x, need_weights=False)[0]
    return ((y - smaller(x, x, x, need_weights=False)[0]).norm() / y.norm()).item()


found = importance(cat_layer, cat_tokens)
measured = {
    "most": found.argmax().item(),
    "least": found.argmin().item(),
    "two": without_both(cat_layer, cat_tokens, found.argsort()[-2:].tolist()),
}


# %% wrong: the larger of the two importances
@torch.no_grad()
def importance(layer, x):
    d = layer.embed_dim // layer.num_heads
    y = layer(x, x, x, need_weights=False)[0]
    changes = []
    for i in range(layer.num_heads):
        smaller = copy.deepcopy(layer)
        smaller.out_proj.weight[:, i * d : (i + 1) * d] = 0
        y_i = smaller(x, x, x, need_weights=False)[0]
        changes.append((y - y_i).norm() / y.norm())
    return torch.stack(changes)


@torch.no_grad()
def without_both(layer, x, heads):
    smaller, d = copy.deepcopy(layer), layer.embed_dim // layer.num_heads
    for head in heads:
        smaller.out_proj.weight[:, head * d : head * d + d] = 0
    y = layer(x, x, x, need_weights=False)[0]
    return ((y - smaller(x, x, x, need_weights=False)[0]).norm() / y.norm()).item()


found = importance(cat_layer, cat_tokens)
measured = {"most": found.argmax().item(), "least": found.argmin().item(), "two": found.sort().values[1].item()}


# %% right: what each head writes, computed directly
@torch.no_grad()
def importance(layer, x):
    d, h = layer.embed_dim // layer.num_heads, layer.num_heads
    qkv = F.linear(x, layer.in_proj_weight, layer.in_proj_bias)
    q, k, v = (part.unflatten(-1, (h, d)).transpose(1, 2) for part in qkv.chunk(3, dim=-1))
    answers = F.scaled_dot_product_attention(q, k, v)
    written = torch.einsum("bhnd,ohd->hbno", answers, layer.out_proj.weight.unflatten(1, (h, d)))
    return written.flatten(1).norm(dim=1) / layer.out_proj(answers.transpose(1, 2).flatten(2)).norm()


@torch.no_grad()
def without_both(layer, x, heads):
    smaller, d = copy.deepcopy(layer), layer.embed_dim // layer.num_heads
    for head in heads:
        smaller.out_proj.weight[:, head * d : head * d + d] = 0
    y = layer(x, x, x, need_weights=False)[0]
    return ((y - smaller(x, x, x, need_weights=False)[0]).norm() / y.norm()).item()


found = importance(cat_layer, cat_tokens)
measured = {
    "most": found.argmax().item(),
    "least": found.argmin().item(),
    "two": without_both(cat_layer, cat_tokens, found.argsort()[:2].tolist()),
}


# %% right: on the layer itself, whose weight is put back each time
def importance(layer, x):
    d = layer.embed_dim // layer.num_heads
    weight = layer.out_proj.weight.data
    kept, result = weight.clone(), x.new_zeros(layer.num_heads)
    y = layer(x, x, x)[0].detach()
    for i in range(layer.num_heads):
        weight[:, i * d : (i + 1) * d] = 0
        result[i] = (y - layer(x, x, x)[0].detach()).square().sum().sqrt() / y.square().sum().sqrt()
        weight.copy_(kept)
    return result


@torch.no_grad()
def without_both(layer, x, heads):
    smaller, d = copy.deepcopy(layer), layer.embed_dim // layer.num_heads
    for head in heads:
        smaller.out_proj.weight[:, head * d : head * d + d] = 0
    y = layer(x, x, x, need_weights=False)[0]
    return ((y - smaller(x, x, x, need_weights=False)[0]).norm() / y.norm()).item()


found = importance(cat_layer, cat_tokens)
measured = {
    "most": found.argmax().item(),
    "least": found.argmin().item(),
    "two": torch.tensor(without_both(cat_layer, cat_tokens, found.topk(2, largest=False).indices)),
}


# %% wrong: leaves the layer in evaluation mode
def importance(layer, x):
    layer.eval()
    return torch.stack([change_without(layer, x, [head]) for head in range(layer.num_heads)])


@torch.no_grad()
def change_without(layer, x, heads):
    without, head_dim = copy.deepcopy(layer), layer.embed_dim // layer.num_heads
    for head in heads:
        without.out_proj.weight[:, head * head_dim : (head + 1) * head_dim] = 0
    y, y_without = (model(x, x, x, need_weights=False)[0] for model in (layer, without))
    return (y - y_without).norm() / y.norm()


found = importance(cat_layer, cat_tokens)
two = change_without(cat_layer, cat_tokens, found.argsort()[:2].tolist()).item()
measured = {"most": found.argmax().item(), "least": found.argmin().item(), "two": two}


# %% wrong: silences the weights of a head's values, not their biases
def importance(layer, x):
    return torch.stack([change_without(layer, x, [head]) for head in range(layer.num_heads)])


@torch.no_grad()
def change_without(layer, x, heads):
    without, head_dim = copy.deepcopy(layer), layer.embed_dim // layer.num_heads
    for head in heads:
        first = 2 * layer.embed_dim + head * head_dim
        without.in_proj_weight[first : first + head_dim] = 0
    y, y_without = (model(x, x, x, need_weights=False)[0] for model in (layer, without))
    return (y - y_without).norm() / y.norm()


found = importance(cat_layer, cat_tokens)
two = change_without(cat_layer, cat_tokens, found.argsort()[:2].tolist()).item()
measured = {"most": found.argmax().item(), "least": found.argmin().item(), "two": two}


# %% right: silences a head's values instead of its piece of the merge
def importance(layer, x):
    return torch.stack([change_without(layer, x, [head]) for head in range(layer.num_heads)])


@torch.no_grad()
def change_without(layer, x, heads):
    without, head_dim = copy.deepcopy(layer), layer.embed_dim // layer.num_heads
    for head in heads:
        first = 2 * layer.embed_dim + head * head_dim
        without.in_proj_weight[first : first + head_dim] = 0
        without.in_proj_bias[first : first + head_dim] = 0
    y, y_without = (model(x, x, x, need_weights=False)[0] for model in (layer, without))
    return (y - y_without).norm() / y.norm()


found = importance(cat_layer, cat_tokens)
two = change_without(cat_layer, cat_tokens, found.argsort()[:2].tolist()).item()
measured = {"most": found.argmax().item(), "least": found.argmin().item(), "two": two}
