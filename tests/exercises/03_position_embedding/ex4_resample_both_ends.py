# %% wrong: new height and width swapped
def resample_table(table, old_size, new_size, prefix_tokens=0, suffix_tokens=0):
    H, W = old_size
    end = prefix_tokens + H * W
    if table.shape[1] != end + suffix_tokens:
        raise ValueError(f"{table.shape[1]} rows do not fit {H} × {W} and {prefix_tokens} + {suffix_tokens}")
    grid = table[:, prefix_tokens:end].transpose(1, 2).reshape(1, -1, H, W)
    if (H, W) != tuple(new_size):
        grid = F.interpolate(grid.float(), size=tuple(new_size)[::-1], mode="bicubic", antialias=True)
    grid = grid.flatten(2).transpose(1, 2).to(table.dtype)
    return torch.cat([table[:, :prefix_tokens], grid, table[:, end:]], dim=1)


# %% wrong: a straight reshape mixes components and places
def resample_table(table, old_size, new_size, prefix_tokens=0, suffix_tokens=0):
    H, W = old_size
    end = prefix_tokens + H * W
    if table.shape[1] != end + suffix_tokens:
        raise ValueError(f"{table.shape[1]} rows do not fit {H} × {W} and {prefix_tokens} + {suffix_tokens}")
    grid = table[:, prefix_tokens:end].reshape(1, -1, H, W)
    if (H, W) != tuple(new_size):
        grid = F.interpolate(grid.float(), size=tuple(new_size), mode="bicubic", antialias=True)
    grid = grid.flatten(2).transpose(1, 2).to(table.dtype)
    return torch.cat([table[:, :prefix_tokens], grid, table[:, end:]], dim=1)


# %% wrong: the reshape on the way back mixes them
def resample_table(table, old_size, new_size, prefix_tokens=0, suffix_tokens=0):
    H, W = old_size
    end = prefix_tokens + H * W
    if table.shape[1] != end + suffix_tokens:
        raise ValueError(f"{table.shape[1]} rows do not fit {H} × {W} and {prefix_tokens} + {suffix_tokens}")
    grid = table[:, prefix_tokens:end].transpose(1, 2).reshape(1, -1, H, W)
    if (H, W) != tuple(new_size):
        grid = F.interpolate(grid.float(), size=tuple(new_size), mode="bicubic", antialias=True)
    grid = grid.reshape(1, -1, table.shape[2]).to(table.dtype)
    return torch.cat([table[:, :prefix_tokens], grid, table[:, end:]], dim=1)


# %% wrong: bilinear
def resample_table(table, old_size, new_size, prefix_tokens=0, suffix_tokens=0):
    H, W = old_size
    end = prefix_tokens + H * W
    if table.shape[1] != end + suffix_tokens:
        raise ValueError(f"{table.shape[1]} rows do not fit {H} × {W} and {prefix_tokens} + {suffix_tokens}")
    grid = table[:, prefix_tokens:end].transpose(1, 2).reshape(1, -1, H, W)
    if (H, W) != tuple(new_size):
        grid = F.interpolate(grid.float(), size=tuple(new_size), mode="bilinear", antialias=True)
    grid = grid.flatten(2).transpose(1, 2).to(table.dtype)
    return torch.cat([table[:, :prefix_tokens], grid, table[:, end:]], dim=1)


# %% wrong: no antialiasing
def resample_table(table, old_size, new_size, prefix_tokens=0, suffix_tokens=0):
    H, W = old_size
    end = prefix_tokens + H * W
    if table.shape[1] != end + suffix_tokens:
        raise ValueError(f"{table.shape[1]} rows do not fit {H} × {W} and {prefix_tokens} + {suffix_tokens}")
    grid = table[:, prefix_tokens:end].transpose(1, 2).reshape(1, -1, H, W)
    if (H, W) != tuple(new_size):
        grid = F.interpolate(grid.float(), size=tuple(new_size), mode="bicubic")
    grid = grid.flatten(2).transpose(1, 2).to(table.dtype)
    return torch.cat([table[:, :prefix_tokens], grid, table[:, end:]], dim=1)


# %% wrong: corners aligned
def resample_table(table, old_size, new_size, prefix_tokens=0, suffix_tokens=0):
    H, W = old_size
    end = prefix_tokens + H * W
    if table.shape[1] != end + suffix_tokens:
        raise ValueError(f"{table.shape[1]} rows do not fit {H} × {W} and {prefix_tokens} + {suffix_tokens}")
    grid = table[:, prefix_tokens:end].transpose(1, 2).reshape(1, -1, H, W)
    if (H, W) != tuple(new_size):
        grid = F.interpolate(grid.float(), size=tuple(new_size), mode="bicubic", antialias=True, align_corners=True)
    grid = grid.flatten(2).transpose(1, 2).to(table.dtype)
    return torch.cat([table[:, :prefix_tokens], grid, table[:, end:]], dim=1)


# %% wrong: the table is left alone if the number of patches stays the same
def resample_table(table, old_size, new_size, prefix_tokens=0, suffix_tokens=0):
    H, W = old_size
    end = prefix_tokens + H * W
    if table.shape[1] != end + suffix_tokens:
        raise ValueError(f"{table.shape[1]} rows do not fit {H} × {W} and {prefix_tokens} + {suffix_tokens}")
    if H * W == new_size[0] * new_size[1]:
        return table
    grid = table[:, prefix_tokens:end].transpose(1, 2).reshape(1, -1, H, W)
    if (H, W) != tuple(new_size):
        grid = F.interpolate(grid.float(), size=tuple(new_size), mode="bicubic", antialias=True)
    grid = grid.flatten(2).transpose(1, 2).to(table.dtype)
    return torch.cat([table[:, :prefix_tokens], grid, table[:, end:]], dim=1)


# %% wrong: minus zero: without tokens behind, all rows are appended once more
def resample_table(table, old_size, new_size, prefix_tokens=0, suffix_tokens=0):
    H, W = old_size
    end = prefix_tokens + H * W
    if table.shape[1] != end + suffix_tokens:
        raise ValueError(f"{table.shape[1]} rows do not fit {H} × {W} and {prefix_tokens} + {suffix_tokens}")
    grid = table[:, prefix_tokens:end].transpose(1, 2).reshape(1, -1, H, W)
    if (H, W) != tuple(new_size):
        grid = F.interpolate(grid.float(), size=tuple(new_size), mode="bicubic", antialias=True)
    grid = grid.flatten(2).transpose(1, 2).to(table.dtype)
    return torch.cat([table[:, :prefix_tokens], grid, table[:, -suffix_tokens:]], dim=1)


# %% wrong: tokens behind are put in front
def resample_table(table, old_size, new_size, prefix_tokens=0, suffix_tokens=0):
    H, W = old_size
    end = prefix_tokens + H * W
    if table.shape[1] != end + suffix_tokens:
        raise ValueError(f"{table.shape[1]} rows do not fit {H} × {W} and {prefix_tokens} + {suffix_tokens}")
    grid = table[:, prefix_tokens:end].transpose(1, 2).reshape(1, -1, H, W)
    if (H, W) != tuple(new_size):
        grid = F.interpolate(grid.float(), size=tuple(new_size), mode="bicubic", antialias=True)
    grid = grid.flatten(2).transpose(1, 2).to(table.dtype)
    return torch.cat([table[:, :prefix_tokens], table[:, end:], grid], dim=1)


# %% wrong: tokens behind are dropped
def resample_table(table, old_size, new_size, prefix_tokens=0, suffix_tokens=0):
    H, W = old_size
    end = prefix_tokens + H * W
    if table.shape[1] != end + suffix_tokens:
        raise ValueError(f"{table.shape[1]} rows do not fit {H} × {W} and {prefix_tokens} + {suffix_tokens}")
    grid = table[:, prefix_tokens:end].transpose(1, 2).reshape(1, -1, H, W)
    if (H, W) != tuple(new_size):
        grid = F.interpolate(grid.float(), size=tuple(new_size), mode="bicubic", antialias=True)
    grid = grid.flatten(2).transpose(1, 2).to(table.dtype)
    return torch.cat([table[:, :prefix_tokens], grid], dim=1)


# %% wrong: off by one: the class token is resized as the first patch
def resample_table(table, old_size, new_size, prefix_tokens=0, suffix_tokens=0):
    H, W = old_size
    end = prefix_tokens + H * W
    if table.shape[1] != end + suffix_tokens:
        raise ValueError(f"{table.shape[1]} rows do not fit {H} × {W} and {prefix_tokens} + {suffix_tokens}")
    prefix_tokens, end = max(0, prefix_tokens - 1), end - (prefix_tokens > 0)
    grid = table[:, prefix_tokens:end].transpose(1, 2).reshape(1, -1, H, W)
    if (H, W) != tuple(new_size):
        grid = F.interpolate(grid.float(), size=tuple(new_size), mode="bicubic", antialias=True)
    grid = grid.flatten(2).transpose(1, 2).to(table.dtype)
    return torch.cat([table[:, :prefix_tokens], grid, table[:, end:]], dim=1)


# %% wrong: float32 whatever came
def resample_table(table, old_size, new_size, prefix_tokens=0, suffix_tokens=0):
    H, W = old_size
    end = prefix_tokens + H * W
    if table.shape[1] != end + suffix_tokens:
        raise ValueError(f"{table.shape[1]} rows do not fit {H} × {W} and {prefix_tokens} + {suffix_tokens}")
    grid = table[:, prefix_tokens:end].transpose(1, 2).reshape(1, -1, H, W)
    grid = F.interpolate(grid.float(), size=tuple(new_size), mode="bicubic", antialias=True)
    grid = grid.flatten(2).transpose(1, 2)
    return torch.cat([table[:, :prefix_tokens].float(), grid, table[:, end:].float()], dim=1)


# %% wrong: a detached table does not train
def resample_table(table, old_size, new_size, prefix_tokens=0, suffix_tokens=0):
    H, W = old_size
    end = prefix_tokens + H * W
    if table.shape[1] != end + suffix_tokens:
        raise ValueError(f"{table.shape[1]} rows do not fit {H} × {W} and {prefix_tokens} + {suffix_tokens}")
    grid = table.detach()[:, prefix_tokens:end].transpose(1, 2).reshape(1, -1, H, W)
    if (H, W) != tuple(new_size):
        grid = F.interpolate(grid.float(), size=tuple(new_size), mode="bicubic", antialias=True)
    grid = grid.flatten(2).transpose(1, 2).to(table.dtype)
    return torch.cat([table[:, :prefix_tokens], grid, table[:, end:]], dim=1)


# %% wrong: no check: a wrong size fails somewhere else
def resample_table(table, old_size, new_size, prefix_tokens=0, suffix_tokens=0):
    H, W = old_size
    end = prefix_tokens + H * W
    grid = table[:, prefix_tokens:end].transpose(1, 2).reshape(1, -1, H, W)
    if (H, W) != tuple(new_size):
        grid = F.interpolate(grid.float(), size=tuple(new_size), mode="bicubic", antialias=True)
    grid = grid.flatten(2).transpose(1, 2).to(table.dtype)
    return torch.cat([table[:, :prefix_tokens], grid, table[:, end:]], dim=1)


# %% wrong: the error does not name the sizes
def resample_table(table, old_size, new_size, prefix_tokens=0, suffix_tokens=0):
    H, W = old_size
    end = prefix_tokens + H * W
    if table.shape[1] != end + suffix_tokens:
        raise ValueError("the table does not fit the grid")
    grid = table[:, prefix_tokens:end].transpose(1, 2).reshape(1, -1, H, W)
    if (H, W) != tuple(new_size):
        grid = F.interpolate(grid.float(), size=tuple(new_size), mode="bicubic", antialias=True)
    grid = grid.flatten(2).transpose(1, 2).to(table.dtype)
    return torch.cat([table[:, :prefix_tokens], grid, table[:, end:]], dim=1)


# %% wrong: the old grid is taken for a square
def resample_table(table, old_size, new_size, prefix_tokens=0, suffix_tokens=0):
    H, W = old_size
    end = prefix_tokens + H * W
    if table.shape[1] != end + suffix_tokens:
        raise ValueError(f"{table.shape[1]} rows do not fit {H} × {W} and {prefix_tokens} + {suffix_tokens}")
    grid = table[:, prefix_tokens:end].transpose(1, 2).reshape(1, table.shape[2], int((H * W) ** 0.5), -1)
    if (H, W) != tuple(new_size):
        grid = F.interpolate(grid.float(), size=tuple(new_size), mode="bicubic", antialias=True)
    grid = grid.flatten(2).transpose(1, 2).to(table.dtype)
    return torch.cat([table[:, :prefix_tokens], grid, table[:, end:]], dim=1)


# %% wrong: resizes the tokens at both ends, too, and puts them back one place late
def resample_table(table, old_size, new_size, prefix_tokens=0, suffix_tokens=0):
    H, W = old_size
    end = prefix_tokens + H * W
    if table.shape[1] != end + suffix_tokens:
        raise ValueError(f"{table.shape[1]} rows do not fit {H} × {W} and {prefix_tokens} + {suffix_tokens}")
    grid = table[:, prefix_tokens:end].transpose(1, 2).reshape(1, -1, H, W)
    if (H, W) != tuple(new_size):
        grid = F.interpolate(grid.float(), size=tuple(new_size), mode="bicubic", antialias=True)
    grid = grid.flatten(2).transpose(1, 2).to(table.dtype)
    return torch.cat([table[:, :prefix_tokens], grid, table[:, end:].roll(1, dims=1)], dim=1)


# %% wrong: calls timm
from timm.layers import resample_abs_pos_embed


def resample_table(table, old_size, new_size, prefix_tokens=0, suffix_tokens=0):
    H, W = old_size
    end = prefix_tokens + H * W
    if table.shape[1] != end + suffix_tokens:
        raise ValueError(f"{table.shape[1]} rows do not fit {H} × {W} and {prefix_tokens} + {suffix_tokens}")
    middle = resample_abs_pos_embed(table[:, :end], list(new_size), list(old_size), prefix_tokens)
    return torch.cat([middle, table[:, end:]], dim=1)


# %% wrong: the whole table through float32, so that the ends of a float64 table are rounded
def resample_table(table, old_size, new_size, prefix_tokens=0, suffix_tokens=0):
    H, W = old_size
    end = prefix_tokens + H * W
    if table.shape[1] != end + suffix_tokens:
        raise ValueError(f"{table.shape[1]} rows do not fit {H} × {W}")
    dtype, table = table.dtype, table.float()
    grid = table[:, prefix_tokens:end].transpose(1, 2).reshape(1, -1, H, W)
    grid = F.interpolate(grid, size=tuple(new_size), mode="bicubic", antialias=True).flatten(2).transpose(1, 2)
    return torch.cat([table[:, :prefix_tokens], grid, table[:, end:]], dim=1).to(dtype)


# %% wrong: antialiasing only when shrinking
def resample_table(table, old_size, new_size, prefix_tokens=0, suffix_tokens=0):
    H, W = old_size
    end = prefix_tokens + H * W
    if table.shape[1] != end + suffix_tokens:
        raise ValueError(f"{table.shape[1]} rows do not fit {H} × {W}")
    grid = table[:, prefix_tokens:end].transpose(1, 2).reshape(1, -1, H, W)
    grid = (
        F.interpolate(grid.float(), size=tuple(new_size), mode="bicubic", antialias=new_size[0] < H or new_size[1] < W)
        .flatten(2)
        .transpose(1, 2)
    )
    return torch.cat([table[:, :prefix_tokens], grid.to(table.dtype), table[:, end:]], dim=1)


# %% wrong: scale factors, which may round to one row too few
def resample_table(table, old_size, new_size, prefix_tokens=0, suffix_tokens=0):
    H, W = old_size
    end = prefix_tokens + H * W
    if table.shape[1] != end + suffix_tokens:
        raise ValueError(f"{table.shape[1]} rows do not fit {H} × {W}")
    grid = table[:, prefix_tokens:end].transpose(1, 2).reshape(1, -1, H, W)
    grid = (
        F.interpolate(grid.float(), scale_factor=(new_size[0] / H, new_size[1] / W), mode="bicubic", antialias=True)
        .flatten(2)
        .transpose(1, 2)
    )
    return torch.cat([table[:, :prefix_tokens], grid.to(table.dtype), table[:, end:]], dim=1)


# %% wrong: the ends do not train
def resample_table(table, old_size, new_size, prefix_tokens=0, suffix_tokens=0):
    H, W = old_size
    end = prefix_tokens + H * W
    if table.shape[1] != end + suffix_tokens:
        raise ValueError(f"{table.shape[1]} rows do not fit {H} × {W}")
    grid = table[:, prefix_tokens:end].transpose(1, 2).reshape(1, -1, H, W)
    grid = F.interpolate(grid.float(), size=tuple(new_size), mode="bicubic", antialias=True).flatten(2).transpose(1, 2)
    return torch.cat([table[:, :prefix_tokens].detach(), grid.to(table.dtype), table[:, end:].detach()], dim=1)


# %% right: split, and one component at a time
def resample_table(table, old_size, new_size, prefix_tokens=0, suffix_tokens=0):
    H, W = old_size
    if table.shape[1] != prefix_tokens + H * W + suffix_tokens:
        raise ValueError(f"table: {table.shape[1]} rows, grid: {H}x{W}, extra: {prefix_tokens + suffix_tokens}")
    front, patches, back = table.split([prefix_tokens, H * W, suffix_tokens], dim=1)
    resized = []
    for component in patches[0].unbind(dim=1):
        picture = component.reshape(1, 1, H, W).to(torch.float64)
        picture = F.interpolate(picture, size=(new_size[0], new_size[1]), mode="bicubic", antialias=True)
        resized.append(picture.flatten())
    return torch.cat([front, torch.stack(resized, dim=1)[None].to(table.dtype), back], dim=1)


# %% right: movedim, in the table's own dtype unless it is a half
def resample_table(table, old_size, new_size, prefix_tokens=0, suffix_tokens=0):
    rows, (H, W), (h, w) = table.size(1), old_size, new_size
    if rows - prefix_tokens - suffix_tokens != H * W:
        raise ValueError(f"{rows} rows for {H} by {W} patches")
    work = table if table.dtype in (torch.float32, torch.float64) else table.to(torch.float32)
    picture = work[:, prefix_tokens : prefix_tokens + H * W].unflatten(1, (H, W)).movedim(-1, 1)
    picture = F.interpolate(picture, (h, w), mode="bicubic", antialias=True)
    middle = picture.movedim(1, -1).flatten(1, 2).to(table.dtype)
    return torch.cat((table[:, :prefix_tokens], middle, table[:, rows - suffix_tokens :]), 1)


# %% right: fills a table prepared beforehand
def resample_table(table, old_size, new_size, prefix_tokens=0, suffix_tokens=0):
    H, W = old_size
    if table.shape[1] != prefix_tokens + H * W + suffix_tokens:
        raise ValueError(f"got {table.shape[1]} rows; {H} × {W} patches and {prefix_tokens} + {suffix_tokens} others")
    N = new_size[0] * new_size[1]
    result = table.new_empty(1, prefix_tokens + N + suffix_tokens, table.shape[2])
    patches = table[:, prefix_tokens : prefix_tokens + H * W].mT.unflatten(2, (H, W))
    patches = F.interpolate(patches.float(), size=new_size, mode="bicubic", antialias=True, align_corners=False)
    result[:, :prefix_tokens] = table[:, :prefix_tokens]
    result[:, prefix_tokens : prefix_tokens + N] = patches.flatten(2).mT.to(table.dtype)
    result[:, prefix_tokens + N :] = table[:, prefix_tokens + H * W :]
    return result


# %% right: torchvision's resize
import torchvision.transforms.v2.functional as tv


def resample_table(table, old_size, new_size, prefix_tokens=0, suffix_tokens=0):
    H, W = old_size
    end = prefix_tokens + H * W
    if table.shape[1] != end + suffix_tokens:
        raise ValueError(f"{table.shape[1]} rows do not fit {H} × {W}")
    grid = table[:, prefix_tokens:end].float().mT.unflatten(2, (H, W))
    grid = tv.resize(grid, list(new_size), interpolation=tv.InterpolationMode.BICUBIC, antialias=True)
    return torch.cat([table[:, :prefix_tokens], grid.flatten(2).mT.to(table.dtype), table[:, end:]], dim=1)
