# %% wrong: copied unchanged
class ImageTokens(nn.Module):
    def __init__(self, patch_size, in_channels, embed_dim):
        super().__init__()
        self.embed_dim = embed_dim
        self.proj = nn.Conv2d(in_channels, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.token = torch.zeros(1, 1, embed_dim)

    def forward(self, images):
        B = images.shape[0]
        x = self.proj(images)
        x = x.flatten(2)
        x = x.reshape(B, -1, self.embed_dim)
        token = self.token.expand(B, -1, -1)
        return torch.cat([x, token], dim=1)


# %% wrong: finds only the place of the class token
class ImageTokens(FoundTokens):
    def forward(self, images):
        return super().forward(images).roll(1, dims=1)


# %% wrong: finds only the class token that does not learn
class ImageTokens(nn.Module):
    def __init__(self, patch_size, in_channels, embed_dim):
        super().__init__()
        self.embed_dim = embed_dim
        self.proj = nn.Conv2d(in_channels, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.token = nn.Parameter(torch.zeros(1, 1, embed_dim))

    def forward(self, images):
        B = images.shape[0]
        x = self.proj(images)
        x = x.flatten(2)
        x = x.reshape(B, -1, self.embed_dim)
        token = self.token.expand(B, -1, -1)
        return torch.cat([x, token], dim=1)


# %% wrong: finds only the missing transpose
class ImageTokens(nn.Module):
    def __init__(self, patch_size, in_channels, embed_dim):
        super().__init__()
        self.proj = nn.Conv2d(in_channels, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.token = torch.zeros(1, 1, embed_dim)

    def forward(self, images):
        x = self.proj(images).flatten(2).transpose(1, 2)
        token = self.token.expand(images.shape[0], -1, -1)
        return torch.cat([x, token], dim=1)


# %% wrong: the features are moved to the end by a swap that makes rows of columns
class ImageTokens(nn.Module):
    def __init__(self, patch_size, in_channels, embed_dim):
        super().__init__()
        self.proj = nn.Conv2d(in_channels, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.token = nn.Parameter(torch.zeros(1, 1, embed_dim))

    def forward(self, images):
        x = self.proj(images).transpose(1, 3).flatten(1, 2)
        return torch.cat([self.token.expand(len(images), -1, -1), x], dim=1)


# %% wrong: a buffer is saved and moved, but not learned
class ImageTokens(nn.Module):
    def __init__(self, patch_size, in_channels, embed_dim):
        super().__init__()
        self.proj = nn.Conv2d(in_channels, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.register_buffer("token", torch.zeros(1, 1, embed_dim))

    def forward(self, images):
        x = self.proj(images).flatten(2).transpose(1, 2)
        return torch.cat([self.token.expand(len(images), -1, -1), x], dim=1)


# %% wrong: requires_grad alone does not register a parameter
class ImageTokens(nn.Module):
    def __init__(self, patch_size, in_channels, embed_dim):
        super().__init__()
        self.proj = nn.Conv2d(in_channels, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.token = torch.zeros(1, 1, embed_dim, requires_grad=True)

    def forward(self, images):
        x = self.proj(images).flatten(2).transpose(1, 2)
        return torch.cat([self.token.expand(len(images), -1, -1), x], dim=1)


# %% wrong: a parameter, but forward uses a detached copy
class ImageTokens(nn.Module):
    def __init__(self, patch_size, in_channels, embed_dim):
        super().__init__()
        self.proj = nn.Conv2d(in_channels, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.token = nn.Parameter(torch.zeros(1, 1, embed_dim))

    def forward(self, images):
        x = self.proj(images).flatten(2).transpose(1, 2)
        return torch.cat([self.token.data.expand(len(images), -1, -1), x], dim=1)


# %% wrong: the class token is joined to the features, not to the sequence
class ImageTokens(nn.Module):
    def __init__(self, patch_size, in_channels, embed_dim):
        super().__init__()
        self.proj = nn.Conv2d(in_channels, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.token = nn.Parameter(torch.zeros(1, 1, embed_dim))

    def forward(self, images):
        x = self.proj(images).flatten(2).transpose(1, 2)
        return torch.cat([self.token.expand(x.shape[0], x.shape[1], -1), x], dim=2)


# %% wrong: the ready-made classes put together
from utils.models.patch_embedding import ClassToken, PatchEmbedding


class ImageTokens(nn.Module):
    def __init__(self, patch_size, in_channels, embed_dim):
        super().__init__()
        self.embedding = PatchEmbedding(patch_size, in_channels, embed_dim)
        self.class_token = ClassToken(embed_dim)
        self.proj, self.token = self.embedding.proj, self.class_token.token

    def forward(self, images):
        return self.class_token(self.embedding(images))


# %% wrong: the class token works for a batch of one only
class ImageTokens(nn.Module):
    def __init__(self, patch_size, in_channels, embed_dim):
        super().__init__()
        self.proj = nn.Conv2d(in_channels, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.token = nn.Parameter(torch.zeros(1, 1, embed_dim))

    def forward(self, images):
        x = self.proj(images).flatten(2).transpose(1, 2)
        return torch.cat([self.token, x], dim=1)


# %% wrong: the patch tokens are detached, so the projection never learns
class ImageTokens(nn.Module):
    def __init__(self, patch_size, in_channels, embed_dim):
        super().__init__()
        self.proj = nn.Conv2d(in_channels, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.token = nn.Parameter(torch.zeros(1, 1, embed_dim))

    def forward(self, images):
        x = self.proj(images).flatten(2).transpose(1, 2).detach()
        return torch.cat([self.token.expand(len(images), -1, -1), x], dim=1)


# %% wrong: projects without recording gradients
class ImageTokens(nn.Module):
    def __init__(self, patch_size, in_channels, embed_dim):
        super().__init__()
        self.proj = nn.Conv2d(in_channels, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.token = nn.Parameter(torch.zeros(1, 1, embed_dim))

    def forward(self, images):
        with torch.no_grad():
            x = self.proj(images).flatten(2).transpose(1, 2)
        return torch.cat([self.token.expand(len(images), -1, -1), x], dim=1)


# %% wrong: the images are detached, so nothing before them can learn
class ImageTokens(nn.Module):
    def __init__(self, patch_size, in_channels, embed_dim):
        super().__init__()
        self.proj = nn.Conv2d(in_channels, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.token = nn.Parameter(torch.zeros(1, 1, embed_dim))

    def forward(self, images):
        x = self.proj(images.detach()).flatten(2).transpose(1, 2)
        return torch.cat([self.token.expand(len(images), -1, -1), x], dim=1)


# %% wrong: the bias is used as a constant
class ImageTokens(nn.Module):
    def __init__(self, patch_size, in_channels, embed_dim):
        super().__init__()
        self.proj = nn.Conv2d(in_channels, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.token = nn.Parameter(torch.zeros(1, 1, embed_dim))

    def forward(self, images):
        x = F.conv2d(images, self.proj.weight, self.proj.bias.data, self.proj.stride).flatten(2).transpose(1, 2)
        return torch.cat([self.token.expand(len(images), -1, -1), x], dim=1)


# %% wrong: the class token has another name than the docstring says
class ImageTokens(nn.Module):
    def __init__(self, patch_size, in_channels, embed_dim):
        super().__init__()
        self.proj = nn.Conv2d(in_channels, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.class_token = nn.Parameter(torch.zeros(1, 1, embed_dim))

    def forward(self, images):
        x = self.proj(images).flatten(2).transpose(1, 2)
        return torch.cat([self.class_token.expand(len(images), -1, -1), x], dim=1)


# %% right: permute to channels last, then join rows and columns; random start, repeated for the batch
class ImageTokens(nn.Module):
    def __init__(self, patch_size, in_channels, embed_dim):
        super().__init__()
        self.proj = nn.Conv2d(in_channels, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.token = nn.Parameter(0.02 * torch.randn(1, 1, embed_dim))

    def forward(self, images):
        x = self.proj(images).permute(0, 2, 3, 1)
        x = x.reshape(len(images), -1, x.shape[-1])
        return torch.cat((self.token.repeat(len(images), 1, 1), x), 1)


# %% right: mends FoundTokens by inheritance, the class token a vector of length D
class ImageTokens(FoundTokens):
    def __init__(self, patch_size, in_channels, embed_dim):
        super().__init__(patch_size, in_channels, embed_dim)
        del self.token
        self.token = nn.Parameter(torch.zeros(embed_dim))

    def forward(self, images):
        grid = self.proj(images)
        patches = [grid[:, :, i, j] for i in range(grid.shape[2]) for j in range(grid.shape[3])]
        return torch.stack([self.token.expand(len(images), -1), *patches], dim=1)


# %% right: writes into an output prepared beforehand
class ImageTokens(nn.Module):
    def __init__(self, patch_size, in_channels, embed_dim):
        super().__init__()
        self.proj = nn.Conv2d(in_channels, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.token = nn.Parameter(torch.ones(1, 1, embed_dim))

    def forward(self, images):
        x = self.proj(images).flatten(2)
        tokens = x.new_empty(x.shape[0], x.shape[2] + 1, x.shape[1])
        tokens[:, :1] = self.token
        tokens[:, 1:] = x.mT
        return tokens
