# %% wrong: divided by the sum of the channels' norms, as in the paper's equation, not by their mean
def response_norm(x, gamma, beta, eps=1e-6):
    G = x.square().sum(dim=(1, 2), keepdim=True).sqrt()
    N = G / (G.sum(dim=-1, keepdim=True) + eps)
    return gamma * (x * N) + beta + x


# %% wrong: one norm for the whole batch
def response_norm(x, gamma, beta, eps=1e-6):
    G = x.square().sum(dim=(0, 1, 2), keepdim=True).sqrt()
    N = G / (G.mean(dim=-1, keepdim=True) + eps)
    return gamma * (x * N) + beta + x


# %% wrong: the axes of a map with channels first
def response_norm(x, gamma, beta, eps=1e-6):
    G = x.square().sum(dim=(2, 3), keepdim=True).sqrt()
    N = G / (G.mean(dim=1, keepdim=True) + eps)
    return gamma * (x * N) + beta + x


# %% wrong: the input is not added
def response_norm(x, gamma, beta, eps=1e-6):
    G = x.square().sum(dim=(1, 2), keepdim=True).sqrt()
    N = G / (G.mean(dim=-1, keepdim=True) + eps)
    return gamma * (x * N) + beta


# %% wrong: the mean of the squares instead of their sum, which eps tells apart
def response_norm(x, gamma, beta, eps=1e-6):
    G = x.square().mean(dim=(1, 2), keepdim=True).sqrt()
    N = G / (G.mean(dim=-1, keepdim=True) + eps)
    return gamma * (x * N) + beta + x


# %% wrong: the root is forgotten
def response_norm(x, gamma, beta, eps=1e-6):
    G = x.square().sum(dim=(1, 2), keepdim=True)
    N = G / (G.mean(dim=-1, keepdim=True) + eps)
    return gamma * (x * N) + beta + x


# %% wrong: eps is left out
def response_norm(x, gamma, beta, eps=1e-6):
    G = x.square().sum(dim=(1, 2), keepdim=True).sqrt()
    N = G / (G.mean(dim=-1, keepdim=True))
    return gamma * (x * N) + beta + x


# %% wrong: the shift is multiplied as well
def response_norm(x, gamma, beta, eps=1e-6):
    G = x.square().sum(dim=(1, 2), keepdim=True).sqrt()
    N = G / (G.mean(dim=-1, keepdim=True) + eps)
    return gamma * (x * N + beta) + x


# %% wrong: the norm is detached
def response_norm(x, gamma, beta, eps=1e-6):
    G = x.detach().square().sum(dim=(1, 2), keepdim=True).sqrt()
    N = G / (G.mean(dim=-1, keepdim=True) + eps)
    return gamma * (x * N) + beta + x


# %% wrong: computed in float32 whatever comes in
def response_norm(x, gamma, beta, eps=1e-6):
    G = x.float().square().sum(dim=(1, 2), keepdim=True).sqrt()
    N = G / (G.mean(dim=-1, keepdim=True) + eps)
    return gamma * (x * N.to(x.dtype)) + beta + x


# %% wrong: the maps are changed in place
def response_norm(x, gamma, beta, eps=1e-6):
    G = x.square().sum(dim=(1, 2), keepdim=True).sqrt()
    N = G / (G.mean(dim=-1, keepdim=True) + eps)
    y = x.detach()
    y += gamma.detach() * (y * N.detach()) + beta.detach()
    return gamma * 0 + beta * 0 + x


# %% wrong: the scale acts on the input as well
def response_norm(x, gamma, beta, eps=1e-6):
    G = x.square().sum(dim=(1, 2), keepdim=True).sqrt()
    N = G / (G.mean(dim=-1, keepdim=True) + eps)
    return gamma * (x * N + x) + beta


# %% wrong: the mean over channels and images
def response_norm(x, gamma, beta, eps=1e-6):
    G = x.square().sum(dim=(1, 2), keepdim=True).sqrt()
    N = G / (G.mean() + eps)
    return gamma * (x * N) + beta + x


# %% wrong: a ready-made one of timm
import timm.layers


def response_norm(x, gamma, beta, eps=1e-6):
    ready = timm.layers.GlobalResponseNorm(x.shape[-1], eps=eps, channels_last=True).to(x.dtype)
    del ready.weight, ready.bias
    ready.weight, ready.bias = gamma, beta
    return ready(x)


# %% right: with the norm of torch.linalg
def response_norm(x, gamma, beta, eps=1e-6):
    G = torch.linalg.vector_norm(x, dim=(1, 2), keepdim=True)
    N = G / (G.mean(dim=-1, keepdim=True) + eps)
    return gamma * (x * N) + beta + x


# %% right: by way of channels first, and one factor for all
def response_norm(x, gamma, beta, eps=1e-6):
    channels = x.permute(0, 3, 1, 2).flatten(2)
    norms = (channels * channels).sum(-1).pow(0.5)
    factor = 1 + gamma * norms / (norms.sum(-1, keepdim=True) / x.shape[-1] + eps)
    return (channels * factor[:, :, None] + beta[:, None]).reshape(x.permute(0, 3, 1, 2).shape).permute(0, 2, 3, 1)


# %% right: image by image
def response_norm(x, gamma, beta, eps=1e-6):
    images = []
    for image in x:
        G = torch.einsum("hwc,hwc->c", image, image).sqrt()
        images.append(image * (G / (G.mean() + eps)) * gamma + image + beta)
    return torch.stack(images)
