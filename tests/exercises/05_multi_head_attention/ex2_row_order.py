# %% wrong: the same split in both directions
def forth(tensor, num_heads):
    return tensor.reshape(num_heads, 3, -1, *tensor.shape[1:]).transpose(0, 1).reshape(tensor.shape).clone()


def home(tensor, num_heads):
    return tensor.reshape(num_heads, 3, -1, *tensor.shape[1:]).transpose(0, 1).reshape(tensor.shape).clone()


def change_rows(tensor, num_heads, back=False):
    return (home if back else forth)(tensor, num_heads)


# %% wrong: the two functions changed places
def forth(tensor, num_heads):
    return tensor.reshape(3, num_heads, -1, *tensor.shape[1:]).transpose(0, 1).reshape(tensor.shape).clone()


def home(tensor, num_heads):
    return tensor.reshape(num_heads, 3, -1, *tensor.shape[1:]).transpose(0, 1).reshape(tensor.shape).clone()


def change_rows(tensor, num_heads, back=False):
    return (home if back else forth)(tensor, num_heads)


# %% wrong: rows one by one instead of in runs of d_h
def forth(tensor, num_heads):
    return torch.cat([tensor[role::3] for role in range(3)])


def home(tensor, num_heads):
    D = len(tensor) // 3
    return torch.stack([tensor[:D], tensor[D : 2 * D], tensor[2 * D :]], dim=1).reshape(tensor.shape)


def change_rows(tensor, num_heads, back=False):
    return (home if back else forth)(tensor, num_heads)


# %% wrong: reshape without moving an axis changes nothing
def forth(tensor, num_heads):
    return tensor.reshape(num_heads, 3, -1, *tensor.shape[1:]).reshape(tensor.shape).clone()


def home(tensor, num_heads):
    return tensor.reshape(3, num_heads, -1, *tensor.shape[1:]).reshape(tensor.shape).clone()


def change_rows(tensor, num_heads, back=False):
    return (home if back else forth)(tensor, num_heads)


# %% wrong: works for weights only
def forth(tensor, num_heads):
    rows = tensor.reshape(num_heads, 3, -1, tensor.shape[-1])
    return rows.transpose(0, 1).reshape(tensor.shape).clone()


def home(tensor, num_heads):
    rows = tensor.reshape(3, num_heads, -1, tensor.shape[-1])
    return rows.transpose(0, 1).reshape(tensor.shape).clone()


def change_rows(tensor, num_heads, back=False):
    return (home if back else forth)(tensor, num_heads)


# %% wrong: a view of the learner's tensor where the order does not change
def forth(tensor, num_heads):
    return tensor.reshape(num_heads, 3, -1, *tensor.shape[1:]).transpose(0, 1).reshape(tensor.shape)


def home(tensor, num_heads):
    return tensor.reshape(3, num_heads, -1, *tensor.shape[1:]).transpose(0, 1).reshape(tensor.shape)


def change_rows(tensor, num_heads, back=False):
    return (home if back else forth)(tensor, num_heads)


# %% wrong: through NumPy and float32
def forth(tensor, num_heads):
    rows = tensor.float().numpy().reshape(num_heads, 3, -1, *tensor.shape[1:])
    return torch.tensor(rows.swapaxes(0, 1).reshape(tensor.shape)).to(tensor.dtype)


def home(tensor, num_heads):
    rows = tensor.float().numpy().reshape(3, num_heads, -1, *tensor.shape[1:])
    return torch.tensor(rows.swapaxes(0, 1).reshape(tensor.shape)).to(tensor.dtype)


def change_rows(tensor, num_heads, back=False):
    return (home if back else forth)(tensor, num_heads)


# %% wrong: values before keys
def forth(tensor, num_heads):
    rows = tensor.reshape(num_heads, 3, -1, *tensor.shape[1:])
    return torch.cat([rows[:, role].flatten(0, 1) for role in (0, 2, 1)])


def home(tensor, num_heads):
    rows = tensor.reshape(3, num_heads, -1, *tensor.shape[1:])
    return torch.stack([rows[role] for role in (0, 2, 1)], dim=1).flatten(0, 2)


def change_rows(tensor, num_heads, back=False):
    return (home if back else forth)(tensor, num_heads)


# %% right: a list of row numbers, and its inverse
def order(count, num_heads):
    head_dim = count // (3 * num_heads)
    return [(3 * i + role) * head_dim + n for role in range(3) for i in range(num_heads) for n in range(head_dim)]


def forth(tensor, num_heads):
    return tensor[order(len(tensor), num_heads)]


def home(tensor, num_heads):
    out = torch.empty_like(tensor)
    out[order(len(tensor), num_heads)] = tensor
    return out


def change_rows(tensor, num_heads, back=False):
    return (home if back else forth)(tensor, num_heads)


# %% right: chunks, put together again
def forth(tensor, num_heads):
    heads = [head.chunk(3) for head in tensor.chunk(num_heads)]
    return torch.cat([head[role] for role in range(3) for head in heads])


def home(tensor, num_heads):
    roles = [role.chunk(num_heads) for role in tensor.chunk(3)]
    return torch.cat([role[i] for i in range(num_heads) for role in roles])


def change_rows(tensor, num_heads, back=False):
    return (home if back else forth)(tensor, num_heads)


# %% wrong: through NumPy, which has no bfloat16
def change_rows(tensor, num_heads, back=False):
    rows = tensor.detach().numpy()
    now = (3, num_heads) if back else (num_heads, 3)
    rows = rows.reshape(*now, -1, *rows.shape[1:]).swapaxes(0, 1).reshape(rows.shape)
    return torch.tensor(rows)


# %% right: loops over heads and roles, copied into an empty tensor
def change_rows(tensor, num_heads, back=False):
    out, run = torch.empty_like(tensor), tensor.shape[0] // 3 // num_heads
    for head in range(num_heads):
        for role in range(3):
            theirs, ours = (head * 3 + role) * run, (role * num_heads + head) * run
            source, target = (ours, theirs) if back else (theirs, ours)
            out[target : target + run] = tensor[source : source + run]
    return out
