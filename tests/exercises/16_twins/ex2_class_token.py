# %% wrong: reshape without the transpose scrambles the tokens
def add_encoding(tokens, grid_size, weight, bias, prefix_tokens=0):
    H, W = grid_size
    B, N, C = tokens.shape
    if N != prefix_tokens + H * W:
        raise ValueError(f"{N} tokens, {prefix_tokens + H * W} would fit")
    x = tokens[:, prefix_tokens:].reshape(B, C, H, W)
    y = x + F.conv2d(x, weight, bias, padding=weight.shape[-1] // 2, groups=C)
    return torch.cat([tokens[:, :prefix_tokens], y.reshape(B, H * W, C)], dim=1)


# %% wrong: height and width exchanged
def add_encoding(tokens, grid_size, weight, bias, prefix_tokens=0):
    W, H = grid_size
    if tokens.shape[1] != prefix_tokens + H * W:
        raise ValueError(f"{tokens.shape[1]} tokens, {prefix_tokens + H * W} would fit")
    patches = tokens[:, prefix_tokens:]
    x = patches.mT.unflatten(2, (H, W))
    encoding = F.conv2d(x, weight, bias, padding=weight.shape[-1] // 2, groups=len(weight))
    return torch.cat([tokens[:, :prefix_tokens], patches + encoding.flatten(2).mT], dim=1)


# %% wrong: the encoding takes the place of the tokens
def add_encoding(tokens, grid_size, weight, bias, prefix_tokens=0):
    H, W = grid_size
    if tokens.shape[1] != prefix_tokens + H * W:
        raise ValueError(f"{tokens.shape[1]} tokens, {prefix_tokens + H * W} would fit")
    x = tokens[:, prefix_tokens:].mT.unflatten(2, (H, W))
    encoding = F.conv2d(x, weight, bias, padding=weight.shape[-1] // 2, groups=len(weight))
    return torch.cat([tokens[:, :prefix_tokens], encoding.flatten(2).mT], dim=1)


# %% wrong: the class token gets the encoding of the place where it would be
def add_encoding(tokens, grid_size, weight, bias, prefix_tokens=0):
    H, W = grid_size
    N = H * W
    if tokens.shape[1] != prefix_tokens + N:
        raise ValueError(f"{tokens.shape[1]} tokens, {prefix_tokens + N} would fit")
    x = tokens[:, :N].mT.unflatten(2, (H, W))
    encoding = F.conv2d(x, weight, bias, padding=weight.shape[-1] // 2, groups=len(weight))
    return torch.cat([tokens[:, :N] + encoding.flatten(2).mT, tokens[:, N:]], dim=1)


# %% wrong: the class token is doubled, since it is added to itself
def add_encoding(tokens, grid_size, weight, bias, prefix_tokens=0):
    H, W = grid_size
    if tokens.shape[1] != prefix_tokens + H * W:
        raise ValueError(f"{tokens.shape[1]} tokens, {prefix_tokens + H * W} would fit")
    x = tokens[:, prefix_tokens:].mT.unflatten(2, (H, W))
    encoding = F.conv2d(x, weight, bias, padding=weight.shape[-1] // 2, groups=len(weight))
    return tokens + torch.cat([tokens[:, :prefix_tokens], encoding.flatten(2).mT], dim=1)


# %% wrong: the edge repeated instead of zeros
def add_encoding(tokens, grid_size, weight, bias, prefix_tokens=0):
    H, W = grid_size
    if tokens.shape[1] != prefix_tokens + H * W:
        raise ValueError(f"{tokens.shape[1]} tokens, {prefix_tokens + H * W} would fit")
    patches, half = tokens[:, prefix_tokens:], weight.shape[-1] // 2
    x = F.pad(patches.mT.unflatten(2, (H, W)), [half] * 4, mode="replicate")
    encoding = F.conv2d(x, weight, bias, groups=len(weight))
    return torch.cat([tokens[:, :prefix_tokens], patches + encoding.flatten(2).mT], dim=1)


# %% wrong: a padding of 1, which fits a kernel of 3 only
def add_encoding(tokens, grid_size, weight, bias, prefix_tokens=0):
    H, W = grid_size
    if tokens.shape[1] != prefix_tokens + H * W:
        raise ValueError(f"{tokens.shape[1]} tokens, {prefix_tokens + H * W} would fit")
    patches, K = tokens[:, prefix_tokens:], weight.shape[-1]
    x = patches.mT.unflatten(2, (H, W))
    x = F.pad(x, [1, K - 2, 1, K - 2]) if K > 1 else x
    encoding = F.conv2d(x, weight, bias, groups=len(weight))
    return torch.cat([tokens[:, :prefix_tokens], patches + encoding.flatten(2).mT], dim=1)


# %% wrong: the kernel turned around, as in a convolution of mathematics
def add_encoding(tokens, grid_size, weight, bias, prefix_tokens=0):
    H, W = grid_size
    if tokens.shape[1] != prefix_tokens + H * W:
        raise ValueError(f"{tokens.shape[1]} tokens, {prefix_tokens + H * W} would fit")
    patches = tokens[:, prefix_tokens:]
    x = patches.mT.unflatten(2, (H, W))
    encoding = F.conv2d(x, weight.flip(2, 3), bias, padding=weight.shape[-1] // 2, groups=len(weight))
    return torch.cat([tokens[:, :prefix_tokens], patches + encoding.flatten(2).mT], dim=1)


# %% wrong: no bias
def add_encoding(tokens, grid_size, weight, bias, prefix_tokens=0):
    H, W = grid_size
    if tokens.shape[1] != prefix_tokens + H * W:
        raise ValueError(f"{tokens.shape[1]} tokens, {prefix_tokens + H * W} would fit")
    patches = tokens[:, prefix_tokens:]
    x = patches.mT.unflatten(2, (H, W))
    encoding = F.conv2d(x, weight, padding=weight.shape[-1] // 2, groups=len(weight))
    return torch.cat([tokens[:, :prefix_tokens], patches + encoding.flatten(2).mT], dim=1)


# %% wrong: adds in place, into the caller's tokens
def add_encoding(tokens, grid_size, weight, bias, prefix_tokens=0):
    H, W = grid_size
    if tokens.shape[1] != prefix_tokens + H * W:
        raise ValueError(f"{tokens.shape[1]} tokens, {prefix_tokens + H * W} would fit")
    x = tokens[:, prefix_tokens:].mT.unflatten(2, (H, W))
    encoding = F.conv2d(x, weight, bias, padding=weight.shape[-1] // 2, groups=len(weight))
    y = tokens.detach() if tokens.requires_grad else tokens
    y[:, prefix_tokens:] += encoding.flatten(2).mT
    return y


# %% wrong: the check leaves the class token out
def add_encoding(tokens, grid_size, weight, bias, prefix_tokens=0):
    H, W = grid_size
    if tokens[:, prefix_tokens:].shape[1] != H * W:
        raise ValueError(f"{tokens.shape[1] - prefix_tokens} tokens do not fit, {H * W} do")
    patches = tokens[:, prefix_tokens:]
    x = patches.mT.unflatten(2, (H, W))
    encoding = F.conv2d(x, weight, bias, padding=weight.shape[-1] // 2, groups=len(weight))
    return torch.cat([tokens[:, :prefix_tokens], patches + encoding.flatten(2).mT], dim=1)


# %% wrong: no check, so PyTorch's own error comes
def add_encoding(tokens, grid_size, weight, bias, prefix_tokens=0):
    patches = tokens[:, prefix_tokens:]
    x = patches.mT.reshape(len(tokens), tokens.shape[2], *grid_size)
    encoding = F.conv2d(x, weight, bias, padding=weight.shape[-1] // 2, groups=len(weight))
    return torch.cat([tokens[:, :prefix_tokens], patches + encoding.flatten(2).mT], dim=1)


# %% wrong: no gradient past the encoding
def add_encoding(tokens, grid_size, weight, bias, prefix_tokens=0):
    H, W = grid_size
    if tokens.shape[1] != prefix_tokens + H * W:
        raise ValueError(f"{tokens.shape[1]} tokens, {prefix_tokens + H * W} would fit")
    patches = tokens[:, prefix_tokens:]
    x = patches.detach().mT.unflatten(2, (H, W))
    encoding = F.conv2d(x, weight, bias, padding=weight.shape[-1] // 2, groups=len(weight))
    return torch.cat([tokens[:, :prefix_tokens], patches + encoding.flatten(2).mT], dim=1)


# %% wrong: the course's own PEG does the work
def add_encoding(tokens, grid_size, weight, bias, prefix_tokens=0):
    from utils.models.twins import PositionalEncodingGenerator

    H, W = grid_size
    if tokens.shape[1] != prefix_tokens + H * W:
        raise ValueError(f"{tokens.shape[1]} tokens, {prefix_tokens + H * W} would fit")
    peg, K = PositionalEncodingGenerator(len(bias)).to(weight.dtype), weight.shape[-1]
    peg.conv = nn.Conv2d(len(bias), len(bias), K, padding=K // 2, groups=len(bias), dtype=weight.dtype)
    del peg.conv.weight, peg.conv.bias
    peg.conv.weight, peg.conv.bias = weight, bias
    y = peg(tokens[:, prefix_tokens:].unflatten(1, (H, W))).flatten(1, 2)
    return torch.cat([tokens[:, :prefix_tokens], y], dim=1)


# %% right: channels last, with permute, and padding by name
def add_encoding(tokens, grid_size, weight, bias, prefix_tokens=0):
    B, N, C = tokens.shape
    needed = prefix_tokens + grid_size[0] * grid_size[1]
    if N != needed:
        raise ValueError(f"expected {needed} tokens, got {N}")
    x = tokens[:, prefix_tokens:].reshape(B, *grid_size, C)
    y = x + F.conv2d(x.permute(0, 3, 1, 2), weight, bias, padding="same", groups=C).permute(0, 2, 3, 1)
    return torch.cat((tokens[:, :prefix_tokens], y.reshape(B, -1, C)), dim=1)


# %% right: shifted copies of the padded map
def add_encoding(tokens, grid_size, weight, bias, prefix_tokens=0):
    (H, W), K = grid_size, weight.shape[-1]
    if tokens.shape[1] - prefix_tokens != H * W:
        raise ValueError(f"got {tokens.shape[1]} tokens instead of {H * W + prefix_tokens}")
    x = tokens[:, prefix_tokens:].unflatten(1, (H, W))
    wide = F.pad(x, (0, 0, K // 2, K // 2, K // 2, K // 2))
    shifted = [wide[:, u : u + H, w : w + W] * weight[:, 0, u, w] for u in range(K) for w in range(K)]
    y = x + sum(shifted) + bias
    return torch.cat([tokens[:, :prefix_tokens], y.flatten(1, 2)], dim=1)


# %% right: the residual inside the kernel, and a copy that is written to
def add_encoding(tokens, grid_size, weight, bias, prefix_tokens=0):
    H, W = grid_size
    if tokens.shape[1] != prefix_tokens + H * W:
        raise ValueError(
            f"{tokens.shape[1]} tokens, but {prefix_tokens} + {H * W} = {prefix_tokens + H * W} are needed"
        )
    K = weight.shape[-1]
    one = torch.zeros_like(weight)
    one[..., K // 2, K // 2] = 1
    x = tokens[:, prefix_tokens:].transpose(1, 2).unflatten(2, (H, W))
    y = tokens.clone()
    y[:, prefix_tokens:] = F.conv2d(x, weight + one, bias, padding=K // 2, groups=len(bias)).flatten(2).transpose(1, 2)
    return y


# %% right: unfold
def add_encoding(tokens, grid_size, weight, bias, prefix_tokens=0):
    H, W = grid_size
    B, N, C = tokens.shape
    if N != prefix_tokens + H * W:
        raise ValueError(f"{N} tokens do not fit, {prefix_tokens + H * W} do")
    K = weight.shape[-1]
    x = tokens[:, prefix_tokens:].mT.reshape(B, C, H, W)
    columns = F.unfold(x, K, padding=K // 2).reshape(B, C, K * K, H * W)
    encoding = (columns * weight.reshape(C, K * K, 1)).sum(dim=2).mT + bias
    return torch.cat([tokens[:, :prefix_tokens], tokens[:, prefix_tokens:] + encoding], dim=1)
