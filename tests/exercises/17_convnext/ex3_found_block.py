# %% wrong: the groups are still missing
class Block(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.conv_dw = nn.Conv2d(C, C, 7, padding=3)
        self.norm = nn.LayerNorm(C, eps=1e-6)
        self.fc1 = nn.Conv2d(C, 4 * C, 1)
        self.fc2 = nn.Conv2d(4 * C, C, 1)
        self.gamma = nn.Parameter(torch.full((C,), 1e-6))

    def forward(self, x):
        y = self.norm(self.conv_dw(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        y = self.fc2(F.gelu(self.fc1(y)))
        return x + self.gamma[:, None, None] * y


# %% wrong: groups of two channels
class Block(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.conv_dw = nn.Conv2d(C, C, 7, padding=3, groups=max(1, C // 2) if C % 2 == 0 else 1)
        self.norm = nn.LayerNorm(C, eps=1e-6)
        self.fc1 = nn.Conv2d(C, 4 * C, 1)
        self.fc2 = nn.Conv2d(4 * C, C, 1)
        self.gamma = nn.Parameter(torch.full((C,), 1e-6))

    def forward(self, x):
        y = self.norm(self.conv_dw(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        y = self.fc2(F.gelu(self.fc1(y)))
        return x + self.gamma[:, None, None] * y


# %% wrong: still one mean for the whole image
class Block(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.conv_dw = nn.Conv2d(C, C, 7, padding=3, groups=C)
        self.norm = nn.GroupNorm(1, C, eps=1e-6)
        self.fc1 = nn.Conv2d(C, 4 * C, 1)
        self.fc2 = nn.Conv2d(4 * C, C, 1)
        self.gamma = nn.Parameter(torch.full((C,), 1e-6))

    def forward(self, x):
        y = self.norm(self.conv_dw(x))
        y = self.fc2(F.gelu(self.fc1(y)))
        return x + self.gamma[:, None, None] * y


# %% wrong: batch normalisation
class Block(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.conv_dw = nn.Conv2d(C, C, 7, padding=3, groups=C)
        self.norm = nn.BatchNorm2d(C, eps=1e-6)
        self.fc1 = nn.Conv2d(C, 4 * C, 1)
        self.fc2 = nn.Conv2d(4 * C, C, 1)
        self.gamma = nn.Parameter(torch.full((C,), 1e-6))

    def forward(self, x):
        y = self.norm(self.conv_dw(x))
        y = self.fc2(F.gelu(self.fc1(y)))
        return x + self.gamma[:, None, None] * y


# %% wrong: instance normalisation
class Block(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.conv_dw = nn.Conv2d(C, C, 7, padding=3, groups=C)
        self.norm = nn.InstanceNorm2d(C, eps=1e-6, affine=True)
        self.fc1 = nn.Conv2d(C, 4 * C, 1)
        self.fc2 = nn.Conv2d(4 * C, C, 1)
        self.gamma = nn.Parameter(torch.full((C,), 1e-6))

    def forward(self, x):
        y = self.norm(self.conv_dw(x))
        y = self.fc2(F.gelu(self.fc1(y)))
        return x + self.gamma[:, None, None] * y


# %% wrong: PyTorch's default eps
class Block(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.conv_dw = nn.Conv2d(C, C, 7, padding=3, groups=C)
        self.norm = nn.LayerNorm(C)
        self.fc1 = nn.Conv2d(C, 4 * C, 1)
        self.fc2 = nn.Conv2d(4 * C, C, 1)
        self.gamma = nn.Parameter(torch.full((C,), 1e-6))

    def forward(self, x):
        y = self.norm(self.conv_dw(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        y = self.fc2(F.gelu(self.fc1(y)))
        return x + self.gamma[:, None, None] * y


# %% wrong: factors still meet the width
class Block(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.conv_dw = nn.Conv2d(C, C, 7, padding=3, groups=C)
        self.norm = nn.LayerNorm(C, eps=1e-6)
        self.fc1 = nn.Conv2d(C, 4 * C, 1)
        self.fc2 = nn.Conv2d(4 * C, C, 1)
        self.gamma = nn.Parameter(torch.full((C,), 1e-6))

    def forward(self, x):
        y = self.norm(self.conv_dw(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        y = self.fc2(F.gelu(self.fc1(y)))
        return x + self.gamma * y


# %% wrong: one factor for all channels
class Block(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.conv_dw = nn.Conv2d(C, C, 7, padding=3, groups=C)
        self.norm = nn.LayerNorm(C, eps=1e-6)
        self.fc1 = nn.Conv2d(C, 4 * C, 1)
        self.fc2 = nn.Conv2d(4 * C, C, 1)
        self.gamma = nn.Parameter(torch.full((1,), 1e-6))

    def forward(self, x):
        y = self.norm(self.conv_dw(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        y = self.fc2(F.gelu(self.fc1(y)))
        return x + self.gamma * y


# %% wrong: factors that start at one
class Block(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.conv_dw = nn.Conv2d(C, C, 7, padding=3, groups=C)
        self.norm = nn.LayerNorm(C, eps=1e-6)
        self.fc1 = nn.Conv2d(C, 4 * C, 1)
        self.fc2 = nn.Conv2d(4 * C, C, 1)
        self.gamma = nn.Parameter(torch.ones(C))

    def forward(self, x):
        y = self.norm(self.conv_dw(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        y = self.fc2(F.gelu(self.fc1(y)))
        return x + self.gamma[:, None, None] * y


# %% wrong: factors that do not learn
class Block(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.conv_dw = nn.Conv2d(C, C, 7, padding=3, groups=C)
        self.norm = nn.LayerNorm(C, eps=1e-6)
        self.fc1 = nn.Conv2d(C, 4 * C, 1)
        self.fc2 = nn.Conv2d(4 * C, C, 1)
        self.register_buffer("gamma", torch.full((C,), 1e-6))

    def forward(self, x):
        y = self.norm(self.conv_dw(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        y = self.fc2(F.gelu(self.fc1(y)))
        return x + self.gamma[:, None, None] * y


# %% wrong: the activation still comes last
class Block(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.conv_dw = nn.Conv2d(C, C, 7, padding=3, groups=C)
        self.norm = nn.LayerNorm(C, eps=1e-6)
        self.fc1 = nn.Conv2d(C, 4 * C, 1)
        self.fc2 = nn.Conv2d(4 * C, C, 1)
        self.gamma = nn.Parameter(torch.full((C,), 1e-6))

    def forward(self, x):
        y = self.norm(self.conv_dw(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        y = F.gelu(self.fc2(self.fc1(y)))
        return x + self.gamma[:, None, None] * y


# %% wrong: no activation at all
class Block(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.conv_dw = nn.Conv2d(C, C, 7, padding=3, groups=C)
        self.norm = nn.LayerNorm(C, eps=1e-6)
        self.fc1 = nn.Conv2d(C, 4 * C, 1)
        self.fc2 = nn.Conv2d(4 * C, C, 1)
        self.gamma = nn.Parameter(torch.full((C,), 1e-6))

    def forward(self, x):
        y = self.norm(self.conv_dw(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        y = self.fc2(self.fc1(y))
        return x + self.gamma[:, None, None] * y


# %% wrong: a ReLU
class Block(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.conv_dw = nn.Conv2d(C, C, 7, padding=3, groups=C)
        self.norm = nn.LayerNorm(C, eps=1e-6)
        self.fc1 = nn.Conv2d(C, 4 * C, 1)
        self.fc2 = nn.Conv2d(4 * C, C, 1)
        self.gamma = nn.Parameter(torch.full((C,), 1e-6))

    def forward(self, x):
        y = self.norm(self.conv_dw(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        y = self.fc2(F.relu(self.fc1(y)))
        return x + self.gamma[:, None, None] * y


# %% wrong: GELU by its tanh form
class Block(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.conv_dw = nn.Conv2d(C, C, 7, padding=3, groups=C)
        self.norm = nn.LayerNorm(C, eps=1e-6)
        self.fc1 = nn.Conv2d(C, 4 * C, 1)
        self.fc2 = nn.Conv2d(4 * C, C, 1)
        self.gamma = nn.Parameter(torch.full((C,), 1e-6))

    def forward(self, x):
        y = self.norm(self.conv_dw(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        y = self.fc2(F.gelu(self.fc1(y), approximate="tanh"))
        return x + self.gamma[:, None, None] * y


# %% wrong: the factors scale the sum
class Block(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.conv_dw = nn.Conv2d(C, C, 7, padding=3, groups=C)
        self.norm = nn.LayerNorm(C, eps=1e-6)
        self.fc1 = nn.Conv2d(C, 4 * C, 1)
        self.fc2 = nn.Conv2d(4 * C, C, 1)
        self.gamma = nn.Parameter(torch.full((C,), 1e-6))

    def forward(self, x):
        y = self.norm(self.conv_dw(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        y = self.fc2(F.gelu(self.fc1(y)))
        return self.gamma[:, None, None] * (x + y)


# %% wrong: the input is not added
class Block(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.conv_dw = nn.Conv2d(C, C, 7, padding=3, groups=C)
        self.norm = nn.LayerNorm(C, eps=1e-6)
        self.fc1 = nn.Conv2d(C, 4 * C, 1)
        self.fc2 = nn.Conv2d(4 * C, C, 1)
        self.gamma = nn.Parameter(torch.full((C,), 1e-6))

    def forward(self, x):
        y = self.norm(self.conv_dw(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        y = self.fc2(F.gelu(self.fc1(y)))
        return self.gamma[:, None, None] * y


# %% wrong: the normalised map is added instead of the input
class Block(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.conv_dw = nn.Conv2d(C, C, 7, padding=3, groups=C)
        self.norm = nn.LayerNorm(C, eps=1e-6)
        self.fc1 = nn.Conv2d(C, 4 * C, 1)
        self.fc2 = nn.Conv2d(4 * C, C, 1)
        self.gamma = nn.Parameter(torch.full((C,), 1e-6))

    def forward(self, x):
        y = self.norm(self.conv_dw(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        x = y
        y = self.fc2(F.gelu(self.fc1(y)))
        return x + self.gamma[:, None, None] * y


# %% wrong: the MLP widens twice only
class Block(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.conv_dw = nn.Conv2d(C, C, 7, padding=3, groups=C)
        self.norm = nn.LayerNorm(C, eps=1e-6)
        self.fc1 = nn.Conv2d(C, 2 * C, 1)
        self.fc2 = nn.Conv2d(2 * C, C, 1)
        self.gamma = nn.Parameter(torch.full((C,), 1e-6))

    def forward(self, x):
        y = self.norm(self.conv_dw(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        y = self.fc2(F.gelu(self.fc1(y)))
        return x + self.gamma[:, None, None] * y


# %% wrong: the course's own block
from utils.models.convnext import ConvNeXtBlock


class Block(nn.Module):
    def __init__(self, C):
        super().__init__()
        ready = ConvNeXtBlock(C)
        self.conv_dw, self.norm, self.gamma = ready.conv_dw, ready.norm, ready.ls.gamma
        self.fc1, self.fc2 = nn.Conv2d(C, 4 * C, 1), nn.Conv2d(4 * C, C, 1)

    def forward(self, x):
        y = self.norm(self.conv_dw(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return x + self.gamma[:, None, None] * self.fc2(F.gelu(self.fc1(y)))


# %% wrong: the norm comes before the convolution, as in a Transformer
class Block(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.conv_dw = nn.Conv2d(C, C, 7, padding=3, groups=C)
        self.norm = nn.LayerNorm(C, eps=1e-6)
        self.fc1 = nn.Conv2d(C, 4 * C, 1)
        self.fc2 = nn.Conv2d(4 * C, C, 1)
        self.gamma = nn.Parameter(torch.full((C,), 1e-6))

    def forward(self, x):
        y = self.conv_dw(self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2))
        y = self.fc2(F.gelu(self.fc1(y)))
        return x + self.gamma[:, None, None] * y


# %% wrong: the border is repeated instead of zeros
class Block(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.conv_dw = nn.Conv2d(C, C, 7, padding=3, groups=C, padding_mode="replicate")
        self.norm = nn.LayerNorm(C, eps=1e-6)
        self.fc1 = nn.Conv2d(C, 4 * C, 1)
        self.fc2 = nn.Conv2d(4 * C, C, 1)
        self.gamma = nn.Parameter(torch.full((C,), 1e-6))

    def forward(self, x):
        y = self.norm(self.conv_dw(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        y = self.fc2(F.gelu(self.fc1(y)))
        return x + self.gamma[:, None, None] * y


# %% wrong: a dilated kernel keeps the size, too
class Block(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.conv_dw = nn.Conv2d(C, C, 7, padding=6, dilation=2, groups=C)
        self.norm = nn.LayerNorm(C, eps=1e-6)
        self.fc1 = nn.Conv2d(C, 4 * C, 1)
        self.fc2 = nn.Conv2d(4 * C, C, 1)
        self.gamma = nn.Parameter(torch.full((C,), 1e-6))

    def forward(self, x):
        y = self.norm(self.conv_dw(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        y = self.fc2(F.gelu(self.fc1(y)))
        return x + self.gamma[:, None, None] * y


# %% right: a normalisation of one's own, channels first, factors with two more axes
class ChannelNorm(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(C)), nn.Parameter(torch.zeros(C))

    def forward(self, x):
        u = x.mean(1, keepdim=True)
        s = (x - u).pow(2).mean(1, keepdim=True)
        return self.weight[:, None, None] * (x - u) / torch.sqrt(s + 1e-6) + self.bias[:, None, None]


class Block(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.conv_dw = nn.Conv2d(C, C, kernel_size=7, padding="same", groups=C)
        self.norm = ChannelNorm(C)
        self.fc1, self.act, self.fc2 = nn.Conv2d(C, 4 * C, 1), nn.GELU(), nn.Conv2d(4 * C, C, 1)
        self.gamma = nn.Parameter(1e-6 * torch.ones(C, 1, 1))

    def forward(self, x):
        return self.gamma * self.fc2(self.act(self.fc1(self.norm(self.conv_dw(x))))) + x


# %% right: group normalisation of places instead of images
class Block(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.conv_dw = nn.Conv2d(C, C, 7, padding=3, groups=C)
        self.norm = nn.LayerNorm(C, eps=1e-6)
        self.fc1 = nn.Conv2d(C, 4 * C, 1)
        self.fc2 = nn.Conv2d(4 * C, C, 1)
        self.gamma = nn.Parameter(torch.full((C,), 1e-6))

    def places(self, y):
        B, C, H, W = y.shape
        tokens = y.permute(0, 2, 3, 1).reshape(B * H * W, C, 1)
        tokens = F.group_norm(tokens, 1, self.norm.weight, self.norm.bias, 1e-6)
        return tokens.reshape(B, H, W, C).permute(0, 3, 1, 2)

    def forward(self, x):
        y = self.places(self.conv_dw(x))
        y = self.fc2(F.gelu(self.fc1(y)))
        return x + self.gamma[:, None, None] * y


# %% right: factors applied channels last, then moved
class Block(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.conv_dw = nn.Conv2d(C, C, 7, padding=3, groups=C)
        self.norm = nn.LayerNorm(C, eps=1e-6)
        self.fc1 = nn.Conv2d(C, 4 * C, 1)
        self.fc2 = nn.Conv2d(4 * C, C, 1)
        self.gamma = nn.Parameter(torch.full((C,), 1e-6))

    def forward(self, x):
        y = self.norm(self.conv_dw(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        y = self.fc2(F.gelu(self.fc1(y)))
        return x + (y.movedim(1, -1) * self.gamma).movedim(-1, 1)


# %% right: linear layers with the weights of the 1 × 1 convolutions
class Block(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.conv_dw = nn.Conv2d(C, C, (7, 7), padding=(3, 3), groups=C)
        self.norm = nn.LayerNorm((C,), eps=1e-6)
        self.fc1, self.fc2 = nn.Conv2d(C, 4 * C, 1), nn.Conv2d(4 * C, C, 1)
        self.act = nn.GELU()
        self.gamma = nn.Parameter(1e-6 * torch.ones(C))

    def forward(self, x):
        y = self.norm(self.conv_dw(x).movedim(1, -1))
        y = F.linear(y, self.fc1.weight.flatten(1), self.fc1.bias)
        y = F.linear(self.act(y), self.fc2.weight.flatten(1), self.fc2.bias)
        return x + (self.gamma * y).movedim(-1, 1)
