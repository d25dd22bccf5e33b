# %% wrong: reshape to the convolution's shape without moving the channels
def convolution_from_linear(linear, patch_size, in_channels):
    D = linear.out_features
    conv = nn.Conv2d(
        in_channels, D, patch_size, stride=patch_size, bias=linear.bias is not None, dtype=linear.weight.dtype
    )
    with torch.no_grad():
        conv.weight.copy_(linear.weight.reshape(conv.weight.shape))
        if linear.bias is not None:
            conv.bias.copy_(linear.bias)
    return conv


# %% wrong: moves the channels, and swaps rows and columns on the way
def convolution_from_linear(linear, patch_size, in_channels):
    D = linear.out_features
    P_h, P_w = patch_size
    conv = nn.Conv2d(
        in_channels, D, patch_size, stride=patch_size, bias=linear.bias is not None, dtype=linear.weight.dtype
    )
    with torch.no_grad():
        conv.weight.copy_(linear.weight.reshape(D, P_w, P_h, in_channels).permute(0, 3, 2, 1))
        if linear.bias is not None:
            conv.bias.copy_(linear.bias)
    return conv


# %% wrong: the bias stays random
def convolution_from_linear(linear, patch_size, in_channels):
    D = linear.out_features
    conv = nn.Conv2d(in_channels, D, patch_size, stride=patch_size, dtype=linear.weight.dtype)
    with torch.no_grad():
        conv.weight.copy_(linear.weight.reshape(D, *patch_size, in_channels).permute(0, 3, 1, 2))
    return conv


# %% wrong: fails for a linear layer without bias
def convolution_from_linear(linear, patch_size, in_channels):
    D = linear.out_features
    conv = nn.Conv2d(in_channels, D, patch_size, stride=patch_size, dtype=linear.weight.dtype)
    with torch.no_grad():
        conv.weight.copy_(linear.weight.reshape(D, *patch_size, in_channels).permute(0, 3, 1, 2))
        conv.bias.copy_(linear.bias)
    return conv


# %% wrong: forgets the stride, so that patches overlap
def convolution_from_linear(linear, patch_size, in_channels):
    D = linear.out_features
    conv = nn.Conv2d(in_channels, D, patch_size, bias=linear.bias is not None, dtype=linear.weight.dtype)
    with torch.no_grad():
        conv.weight.copy_(linear.weight.reshape(D, *patch_size, in_channels).permute(0, 3, 1, 2))
        if linear.bias is not None:
            conv.bias.copy_(linear.bias)
    return conv


# %% wrong: the parameters are views of the linear layer's memory
def convolution_from_linear(linear, patch_size, in_channels):
    D = linear.out_features
    conv = nn.Conv2d(
        in_channels, D, patch_size, stride=patch_size, bias=linear.bias is not None, dtype=linear.weight.dtype
    )
    conv.weight = nn.Parameter(linear.weight.view(D, *patch_size, in_channels).permute(0, 3, 1, 2))
    conv.bias = linear.bias
    return conv


# %% wrong: always float32
def convolution_from_linear(linear, patch_size, in_channels):
    D = linear.out_features
    conv = nn.Conv2d(in_channels, D, patch_size, stride=patch_size, bias=linear.bias is not None)
    with torch.no_grad():
        conv.weight.copy_(linear.weight.reshape(D, *patch_size, in_channels).permute(0, 3, 1, 2))
        if linear.bias is not None:
            conv.bias.copy_(linear.bias)
    return conv


# %% wrong: copies while gradients are recorded, which PyTorch refuses
def convolution_from_linear(linear, patch_size, in_channels):
    D = linear.out_features
    conv = nn.Conv2d(
        in_channels, D, patch_size, stride=patch_size, bias=linear.bias is not None, dtype=linear.weight.dtype
    )
    conv.weight.copy_(linear.weight.reshape(D, *patch_size, in_channels).permute(0, 3, 1, 2))
    if linear.bias is not None:
        conv.bias.copy_(linear.bias)
    return conv


# %% wrong: square patches only
def convolution_from_linear(linear, patch_size, in_channels):
    D, P = linear.out_features, patch_size[0]
    conv = nn.Conv2d(in_channels, D, P, stride=P, bias=linear.bias is not None, dtype=linear.weight.dtype)
    with torch.no_grad():
        conv.weight.copy_(linear.weight.reshape(D, P, P, in_channels).permute(0, 3, 1, 2))
        if linear.bias is not None:
            conv.bias.copy_(linear.bias)
    return conv


# %% wrong: freezes the result
def convolution_from_linear(linear, patch_size, in_channels):
    D = linear.out_features
    conv = nn.Conv2d(
        in_channels, D, patch_size, stride=patch_size, bias=linear.bias is not None, dtype=linear.weight.dtype
    )
    weight = linear.weight.detach().reshape(D, *patch_size, in_channels).permute(0, 3, 1, 2)
    conv.weight = nn.Parameter(weight.clone(), requires_grad=False)
    if linear.bias is not None:
        conv.bias = nn.Parameter(linear.bias.detach().clone(), requires_grad=False)
    return conv


# %% wrong: returns the weight, not the convolution
def convolution_from_linear(linear, patch_size, in_channels):
    return linear.weight.reshape(linear.out_features, *patch_size, in_channels).permute(0, 3, 1, 2)


# %% wrong: copies into float32 and converts afterwards, when the digits are lost
def convolution_from_linear(linear, patch_size, in_channels):
    D = linear.out_features
    conv = nn.Conv2d(in_channels, D, patch_size, stride=patch_size, bias=linear.bias is not None)
    with torch.no_grad():
        conv.weight.copy_(linear.weight.reshape(D, *patch_size, in_channels).permute(0, 3, 1, 2))
        if linear.bias is not None:
            conv.bias.copy_(linear.bias)
    return conv.to(linear.weight.dtype)


# %% wrong: the bias alone passes through float32
def convolution_from_linear(linear, patch_size, in_channels):
    D = linear.out_features
    conv = nn.Conv2d(
        in_channels, D, patch_size, stride=patch_size, bias=linear.bias is not None, dtype=linear.weight.dtype
    )
    with torch.no_grad():
        conv.weight.copy_(linear.weight.reshape(D, *patch_size, in_channels).permute(0, 3, 1, 2))
        if linear.bias is not None:
            conv.bias.copy_(torch.tensor(linear.bias.tolist()))
    return conv


# %% wrong: assigns a tensor where the module wants a parameter
def convolution_from_linear(linear, patch_size, in_channels):
    D = linear.out_features
    conv = nn.Conv2d(
        in_channels, D, patch_size, stride=patch_size, bias=linear.bias is not None, dtype=linear.weight.dtype
    )
    conv.weight = linear.weight.reshape(D, *patch_size, in_channels).permute(0, 3, 1, 2)
    conv.bias = linear.bias
    return conv


# %% right: a state dict loaded into a fresh convolution
def convolution_from_linear(linear, patch_size, in_channels):
    state = linear.state_dict()
    weight = state["weight"].unflatten(1, (*patch_size, in_channels))
    state["weight"] = weight.movedim(-1, 1)
    conv = nn.Conv2d(in_channels, len(weight), patch_size, patch_size, bias="bias" in state).to(weight.dtype)
    conv.load_state_dict(state)
    return conv


# %% right: one column after the other
def convolution_from_linear(linear, patch_size, in_channels):
    conv = nn.Conv2d(in_channels, linear.out_features, patch_size, patch_size, bias=linear.bias is not None)
    conv = conv.to(linear.weight.dtype)
    k = 0
    for i in range(patch_size[0]):
        for j in range(patch_size[1]):
            for c in range(in_channels):
                conv.weight.data[:, c, i, j] = linear.weight.data[:, k]
                k += 1
    if linear.bias is not None:
        conv.bias.data = linear.bias.data.clone()
    return conv


# %% right: a subclass of nn.Conv2d would do as well; the order is found with numbered columns
def convolution_from_linear(linear, patch_size, in_channels):
    class FromLinear(nn.Conv2d):
        pass

    P_h, P_w = patch_size
    number = torch.arange(linear.in_features).reshape(P_h * P_w, in_channels).T.flatten()
    weight = linear.weight[:, number].reshape(-1, in_channels, P_h, P_w)
    conv = FromLinear(in_channels, weight.shape[0], (P_h, P_w), stride=(P_h, P_w), bias=False)
    conv.weight = nn.Parameter(weight.detach().clone())
    conv.bias = None if linear.bias is None else nn.Parameter(linear.bias.detach().clone())
    return conv
