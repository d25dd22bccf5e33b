# %% wrong: over the last axis, the width
def rms_norm_2d(x, weight, eps=1e-6):
    wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
    y = wide / (wide.square().mean(dim=-1, keepdim=True) + eps).sqrt()
    return (y * weight[:, None, None]).to(x.dtype)


# %% wrong: the mean square of the whole image
def rms_norm_2d(x, weight, eps=1e-6):
    wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
    y = wide / (wide.square().mean(dim=(1, 2, 3), keepdim=True) + eps).sqrt()
    return (y * weight[:, None, None]).to(x.dtype)


# %% wrong: the mean is subtracted, as in LayerNorm
def rms_norm_2d(x, weight, eps=1e-6):
    wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
    wide = wide - wide.mean(dim=1, keepdim=True)
    y = wide / (wide.square().mean(dim=1, keepdim=True) + eps).sqrt()
    return (y * weight[:, None, None]).to(x.dtype)


# %% wrong: the sum of the squares instead of their mean
def rms_norm_2d(x, weight, eps=1e-6):
    wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
    y = wide / (wide.square().sum(dim=1, keepdim=True) + eps).sqrt()
    return (y * weight[:, None, None]).to(x.dtype)


# %% wrong: eps outside the root
def rms_norm_2d(x, weight, eps=1e-6):
    wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
    y = wide / (wide.square().mean(dim=1, keepdim=True).sqrt() + eps)
    return (y * weight[:, None, None]).to(x.dtype)


# %% wrong: the weight meets the width
def rms_norm_2d(x, weight, eps=1e-6):
    wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
    y = wide / (wide.square().mean(dim=1, keepdim=True) + eps).sqrt()
    if weight.shape[0] == x.shape[-1]:
        return (y * weight).to(x.dtype)
    return (y * weight[:, None, None]).to(x.dtype)


# %% wrong: the root is forgotten
def rms_norm_2d(x, weight, eps=1e-6):
    wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
    y = wide / (wide.square().mean(dim=1, keepdim=True) + eps)
    return (y * weight[:, None, None]).to(x.dtype)


# %% wrong: everything in float32, float64 too
def rms_norm_2d(x, weight, eps=1e-6):
    wide = x.float()
    y = wide / (wide.square().mean(dim=1, keepdim=True) + eps).sqrt()
    return (y * weight[:, None, None]).to(x.dtype)


# %% wrong: squares in half precision overflow
def rms_norm_2d(x, weight, eps=1e-6):
    y = x / (x.square().mean(dim=1, keepdim=True) + eps).sqrt()
    return (y * weight[:, None, None]).to(x.dtype)


# %% wrong: half precision comes back as float32
def rms_norm_2d(x, weight, eps=1e-6):
    wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
    y = wide / (wide.square().mean(dim=1, keepdim=True) + eps).sqrt()
    return y * weight.to(wide.dtype)[:, None, None]


# %% wrong: no gradient through the root
def rms_norm_2d(x, weight, eps=1e-6):
    wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
    with torch.no_grad():
        root = (wide.square().mean(dim=1, keepdim=True) + eps).sqrt()
    return (wide / root * weight[:, None, None]).to(x.dtype)


# %% wrong: divides in place and changes its input
def rms_norm_2d(x, weight, eps=1e-6):
    if x.dtype in (torch.float16, torch.bfloat16):
        return rms_norm_2d(x.float(), weight.float(), eps).to(x.dtype)
    root = (x.square().mean(dim=1, keepdim=True) + eps).sqrt()
    y = x / root * weight[:, None, None]
    x.data.div_(root.detach())
    return y


# %% wrong: eps is built in
def rms_norm_2d(x, weight, eps=1e-6):
    wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
    y = wide / (wide.square().mean(dim=1, keepdim=True) + 1e-6).sqrt()
    return (y * weight[:, None, None]).to(x.dtype)


# %% wrong: F.rms_norm on channels moved to the end
def rms_norm_2d(x, weight, eps=1e-6):
    return F.rms_norm(x.movedim(1, -1), (x.shape[1],), weight, eps).movedim(-1, 1)


# %% wrong: bfloat16 is computed in bfloat16
def rms_norm_2d(x, weight, eps=1e-6):
    wide = x.float() if x.dtype == torch.float16 else x
    y = wide / (wide.square().mean(dim=1, keepdim=True) + eps).sqrt()
    return (y * weight[:, None, None]).to(x.dtype)


# %% wrong: height and width exchanged on the way back
def rms_norm_2d(x, weight, eps=1e-6):
    B, C, H, W = x.shape
    t = x.permute(0, 2, 3, 1).reshape(-1, C)
    t = t.float() if x.dtype in (torch.float16, torch.bfloat16) else t
    t = t / (t.square().mean(1, keepdim=True) + eps).sqrt() * weight
    return t.reshape(B, W, H, C).permute(0, 3, 1, 2).to(x.dtype)


# %% right: rsqrt and a norm over the channels
def rms_norm_2d(x, weight, eps=1e-6):
    kind = torch.promote_types(x.dtype, torch.float32)
    norm = torch.linalg.vector_norm(x.to(kind), dim=1, keepdim=True)
    root = torch.rsqrt(norm**2 / x.shape[1] + eps)
    return (x.to(kind) * root * weight.to(kind).view(1, -1, 1, 1)).to(x.dtype)


# %% right: channels last and back
def rms_norm_2d(x, weight, eps=1e-6):
    tokens = x.permute(0, 2, 3, 1).to(torch.float64)
    squares = (tokens * tokens).mean(-1, keepdim=True)
    return (tokens * (squares + eps) ** -0.5 * weight.to(torch.float64)).permute(0, 3, 1, 2).to(x.dtype)


# %% right: einsum, and float64 for all
def rms_norm_2d(x, weight, eps=1e-6):
    wide = x.double()
    squares = torch.einsum("bchw,bchw->bhw", wide, wide) / x.shape[1]
    return torch.einsum("bchw,bhw,c->bchw", wide, (squares + eps).rsqrt(), weight.double()).to(x.dtype)


# %% right: channel by channel
def rms_norm_2d(x, weight, eps=1e-6):
    t = x.to(torch.promote_types(x.dtype, torch.float32))
    total = sum(t[:, c] ** 2 for c in range(t.shape[1])) / t.shape[1]
    return torch.stack([t[:, c] / (total + eps).sqrt() * weight[c] for c in range(t.shape[1])], 1).to(x.dtype)
