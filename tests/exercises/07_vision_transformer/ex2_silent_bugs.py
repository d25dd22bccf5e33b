# %% wrong: copied unchanged
class MendedViT(FoundViT):
    pass


# %% wrong: finds only the batch
class MendedViT(nn.Module):
    def __init__(self, image_size, patch_size, num_classes, embed_dim, depth, num_heads):
        super().__init__()
        self.patch = nn.Conv2d(3, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.class_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.positions = nn.Parameter(0.02 * torch.randn(1, 1, embed_dim))
        self.blocks = nn.ModuleList(
            [
                nn.TransformerEncoderLayer(
                    embed_dim,
                    num_heads,
                    4 * embed_dim,
                    dropout=0.0,
                    activation="gelu",
                    norm_first=True,
                    batch_first=True,
                )
            ]
            * depth
        )
        self.norm = nn.LayerNorm(embed_dim)
        self.head = nn.Linear(embed_dim, num_classes)

    def forward(self, images):
        x = self.patch(images).flatten(2).transpose(1, 2)  # (B, 3, H, W) -> (B, N, D)
        x = torch.cat([self.class_token.expand(len(x), -1, -1), x], dim=1)  # (B, 1 + N, D)
        x = x + self.positions
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x[:, 0]))  # (B, num_classes)


# %% wrong: finds only the shared blocks
class MendedViT(nn.Module):
    def __init__(self, image_size, patch_size, num_classes, embed_dim, depth, num_heads):
        super().__init__()
        self.patch = nn.Conv2d(3, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.class_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.positions = nn.Parameter(0.02 * torch.randn(1, 1, embed_dim))
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(
                embed_dim, num_heads, 4 * embed_dim, dropout=0.0, activation="gelu", norm_first=True
            )
            for _ in range(depth)
        )
        self.norm = nn.LayerNorm(embed_dim)
        self.head = nn.Linear(embed_dim, num_classes)

    def forward(self, images):
        x = self.patch(images).flatten(2).transpose(1, 2)  # (B, 3, H, W) -> (B, N, D)
        x = torch.cat([self.class_token.expand(len(x), -1, -1), x], dim=1)  # (B, 1 + N, D)
        x = x + self.positions
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x[:, 0]))  # (B, num_classes)


# %% wrong: finds only the positions
class MendedViT(nn.Module):
    def __init__(self, image_size, patch_size, num_classes, embed_dim, depth, num_heads):
        super().__init__()
        N = (image_size // patch_size) ** 2
        self.patch = nn.Conv2d(3, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.class_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.positions = nn.Parameter(0.02 * torch.randn(1, 1 + N, embed_dim))
        self.blocks = nn.ModuleList(
            [
                nn.TransformerEncoderLayer(
                    embed_dim, num_heads, 4 * embed_dim, dropout=0.0, activation="gelu", norm_first=True
                )
            ]
            * depth
        )
        self.norm = nn.LayerNorm(embed_dim)
        self.head = nn.Linear(embed_dim, num_classes)

    def forward(self, images):
        x = self.patch(images).flatten(2).transpose(1, 2)  # (B, 3, H, W) -> (B, N, D)
        x = torch.cat([self.class_token.expand(len(x), -1, -1), x], dim=1)  # (B, 1 + N, D)
        x = x + self.positions
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x[:, 0]))  # (B, num_classes)


# %% wrong: finds two of three: one block is still used several times
class MendedViT(nn.Module):
    def __init__(self, image_size, patch_size, num_classes, embed_dim, depth, num_heads):
        super().__init__()
        N = (image_size // patch_size) ** 2
        self.patch = nn.Conv2d(3, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.class_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.positions = nn.Parameter(0.02 * torch.randn(1, 1 + N, embed_dim))
        self.blocks = nn.ModuleList(
            [
                nn.TransformerEncoderLayer(
                    embed_dim,
                    num_heads,
                    4 * embed_dim,
                    dropout=0.0,
                    activation="gelu",
                    norm_first=True,
                    batch_first=True,
                )
            ]
            * depth
        )
        self.norm = nn.LayerNorm(embed_dim)
        self.head = nn.Linear(embed_dim, num_classes)

    def forward(self, images):
        x = self.patch(images).flatten(2).transpose(1, 2)  # (B, 3, H, W) -> (B, N, D)
        x = torch.cat([self.class_token.expand(len(x), -1, -1), x], dim=1)  # (B, 1 + N, D)
        x = x + self.positions
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x[:, 0]))  # (B, num_classes)


# %% wrong: finds two of three: tokens still look at those of other images
class MendedViT(nn.Module):
    def __init__(self, image_size, patch_size, num_classes, embed_dim, depth, num_heads):
        super().__init__()
        N = (image_size // patch_size) ** 2
        self.patch = nn.Conv2d(3, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.class_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.positions = nn.Parameter(0.02 * torch.randn(1, 1 + N, embed_dim))
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(
                embed_dim, num_heads, 4 * embed_dim, dropout=0.0, activation="gelu", norm_first=True
            )
            for _ in range(depth)
        )
        self.norm = nn.LayerNorm(embed_dim)
        self.head = nn.Linear(embed_dim, num_classes)

    def forward(self, images):
        x = self.patch(images).flatten(2).transpose(1, 2)  # (B, 3, H, W) -> (B, N, D)
        x = torch.cat([self.class_token.expand(len(x), -1, -1), x], dim=1)  # (B, 1 + N, D)
        x = x + self.positions
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x[:, 0]))  # (B, num_classes)


# %% wrong: the patches are detached from the projection
class MendedViT(nn.Module):
    def __init__(self, image_size, patch_size, num_classes, embed_dim, depth, num_heads):
        super().__init__()
        N = (image_size // patch_size) ** 2
        self.patch = nn.Conv2d(3, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.class_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.positions = nn.Parameter(0.02 * torch.randn(1, 1 + N, embed_dim))
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(
                embed_dim, num_heads, 4 * embed_dim, dropout=0.0, activation="gelu", norm_first=True, batch_first=True
            )
            for _ in range(depth)
        )
        self.norm = nn.LayerNorm(embed_dim)
        self.head = nn.Linear(embed_dim, num_classes)

    def forward(self, images):
        x = self.patch(images).detach().flatten(2).transpose(1, 2)  # (B, 3, H, W) -> (B, N, D)
        x = torch.cat([self.class_token.expand(len(x), -1, -1), x], dim=1)  # (B, 1 + N, D)
        x = x + self.positions
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x[:, 0]))  # (B, num_classes)


# %% wrong: a position for each patch, none for the class token
class MendedViT(nn.Module):
    def __init__(self, image_size, patch_size, num_classes, embed_dim, depth, num_heads):
        super().__init__()
        N = (image_size // patch_size) ** 2
        self.patch = nn.Conv2d(3, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.class_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.positions = nn.Parameter(0.02 * torch.randn(1, N, embed_dim))
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(
                embed_dim, num_heads, 4 * embed_dim, dropout=0.0, activation="gelu", norm_first=True, batch_first=True
            )
            for _ in range(depth)
        )
        self.norm = nn.LayerNorm(embed_dim)
        self.head = nn.Linear(embed_dim, num_classes)

    def forward(self, images):
        x = self.patch(images).flatten(2).transpose(1, 2)  # (B, 3, H, W) -> (B, N, D)
        x = torch.cat([self.class_token.expand(len(x), -1, -1), x + self.positions], dim=1)
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x[:, 0]))  # (B, num_classes)


# %% wrong: mends all three and classifies the last token
class MendedViT(nn.Module):
    def __init__(self, image_size, patch_size, num_classes, embed_dim, depth, num_heads):
        super().__init__()
        N = (image_size // patch_size) ** 2
        self.patch = nn.Conv2d(3, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.class_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.positions = nn.Parameter(0.02 * torch.randn(1, 1 + N, embed_dim))
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(
                embed_dim, num_heads, 4 * embed_dim, dropout=0.0, activation="gelu", norm_first=True, batch_first=True
            )
            for _ in range(depth)
        )
        self.norm = nn.LayerNorm(embed_dim)
        self.head = nn.Linear(embed_dim, num_classes)

    def forward(self, images):
        x = self.patch(images).flatten(2).transpose(1, 2)  # (B, 3, H, W) -> (B, N, D)
        x = torch.cat([self.class_token.expand(len(x), -1, -1), x], dim=1)  # (B, 1 + N, D)
        x = x + self.positions
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x[:, -1]))  # (B, num_classes)


# %% wrong: mends all three and loses the last normalisation
class MendedViT(nn.Module):
    def __init__(self, image_size, patch_size, num_classes, embed_dim, depth, num_heads):
        super().__init__()
        N = (image_size // patch_size) ** 2
        self.patch = nn.Conv2d(3, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.class_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.positions = nn.Parameter(0.02 * torch.randn(1, 1 + N, embed_dim))
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(
                embed_dim, num_heads, 4 * embed_dim, dropout=0.0, activation="gelu", norm_first=True, batch_first=True
            )
            for _ in range(depth)
        )
        self.norm = nn.LayerNorm(embed_dim)
        self.head = nn.Linear(embed_dim, num_classes)

    def forward(self, images):
        x = self.patch(images).flatten(2).transpose(1, 2)  # (B, 3, H, W) -> (B, N, D)
        x = torch.cat([self.class_token.expand(len(x), -1, -1), x], dim=1)  # (B, 1 + N, D)
        x = x + self.positions
        for block in self.blocks:
            x = block(x)
        return self.head(x[:, 0])  # (B, num_classes)


# %% wrong: mends all three and forgets norm_first
class MendedViT(nn.Module):
    def __init__(self, image_size, patch_size, num_classes, embed_dim, depth, num_heads):
        super().__init__()
        N = (image_size // patch_size) ** 2
        self.patch = nn.Conv2d(3, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.class_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.positions = nn.Parameter(0.02 * torch.randn(1, 1 + N, embed_dim))
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(
                embed_dim, num_heads, 4 * embed_dim, dropout=0.0, activation="gelu", batch_first=True
            )
            for _ in range(depth)
        )
        self.norm = nn.LayerNorm(embed_dim)
        self.head = nn.Linear(embed_dim, num_classes)

    def forward(self, images):
        x = self.patch(images).flatten(2).transpose(1, 2)  # (B, 3, H, W) -> (B, N, D)
        x = torch.cat([self.class_token.expand(len(x), -1, -1), x], dim=1)  # (B, 1 + N, D)
        x = x + self.positions
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x[:, 0]))  # (B, num_classes)


# %% wrong: mends all three and forgets the GELU
class MendedViT(nn.Module):
    def __init__(self, image_size, patch_size, num_classes, embed_dim, depth, num_heads):
        super().__init__()
        N = (image_size // patch_size) ** 2
        self.patch = nn.Conv2d(3, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.class_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.positions = nn.Parameter(0.02 * torch.randn(1, 1 + N, embed_dim))
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(
                embed_dim, num_heads, 4 * embed_dim, dropout=0.0, norm_first=True, batch_first=True
            )
            for _ in range(depth)
        )
        self.norm = nn.LayerNorm(embed_dim)
        self.head = nn.Linear(embed_dim, num_classes)

    def forward(self, images):
        x = self.patch(images).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_token.expand(len(x), -1, -1), x], dim=1) + self.positions
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x[:, 0]))


# %% wrong: mends all three and leaves the dropout at its default
class MendedViT(nn.Module):
    def __init__(self, image_size, patch_size, num_classes, embed_dim, depth, num_heads):
        super().__init__()
        N = (image_size // patch_size) ** 2
        self.patch = nn.Conv2d(3, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.class_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.positions = nn.Parameter(0.02 * torch.randn(1, 1 + N, embed_dim))
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(
                embed_dim, num_heads, 4 * embed_dim, activation="gelu", norm_first=True, batch_first=True
            )
            for _ in range(depth)
        )
        self.norm = nn.LayerNorm(embed_dim)
        self.head = nn.Linear(embed_dim, num_classes)

    def forward(self, images):
        x = self.patch(images).flatten(2).transpose(1, 2)  # (B, 3, H, W) -> (B, N, D)
        x = torch.cat([self.class_token.expand(len(x), -1, -1), x], dim=1)  # (B, 1 + N, D)
        x = x + self.positions
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x[:, 0]))  # (B, num_classes)


# %% right: transposes around the blocks instead of saying batch_first, and deep-copies
import copy


class MendedViT(nn.Module):
    def __init__(self, image_size, patch_size, num_classes, embed_dim, depth, num_heads):
        super().__init__()
        N = (image_size // patch_size) ** 2
        self.patch = nn.Conv2d(3, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.class_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.positions = nn.Parameter(0.02 * torch.randn(1, 1 + N, embed_dim))
        self.blocks = nn.ModuleList(
            copy.deepcopy(
                nn.TransformerEncoderLayer(
                    embed_dim, num_heads, 4 * embed_dim, dropout=0.0, activation="gelu", norm_first=True
                )
            )
            for _ in range(depth)
        )
        self.norm = nn.LayerNorm(embed_dim)
        self.head = nn.Linear(embed_dim, num_classes)

    def forward(self, images):
        x = self.patch(images).flatten(2).transpose(1, 2)  # (B, 3, H, W) -> (B, N, D)
        x = torch.cat([self.class_token.expand(len(x), -1, -1), x], dim=1)  # (B, 1 + N, D)
        x = x + self.positions
        for block in self.blocks:
            x = block(x.transpose(0, 1)).transpose(0, 1)
        return self.head(self.norm(x)[:, 0])  # (B, num_classes)


# %% right: mends FoundViT by inheritance
class MendedViT(FoundViT):
    def __init__(self, image_size, patch_size, num_classes, embed_dim, depth, num_heads):
        super().__init__(image_size, patch_size, num_classes, embed_dim, depth, num_heads)
        rows = 1 + (image_size // patch_size) * (image_size // patch_size)
        self.positions = nn.Parameter(torch.randn(rows, embed_dim))
        options = dict(dim_feedforward=4 * embed_dim, dropout=0, activation=F.gelu, norm_first=True, batch_first=True)
        self.blocks = nn.ModuleList([nn.TransformerEncoderLayer(embed_dim, num_heads, **options) for _ in range(depth)])


# %% right: nn.TransformerEncoder makes the copies, and positions begin at zero, without an axis for the batch
class MendedViT(nn.Module):
    def __init__(self, image_size, patch_size, num_classes, embed_dim, depth, num_heads):
        super().__init__()
        N = (image_size // patch_size) ** 2
        self.patch = nn.Conv2d(3, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.class_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.positions = nn.Parameter(torch.zeros(1 + N, embed_dim))
        layer = nn.TransformerEncoderLayer(
            embed_dim, num_heads, 4 * embed_dim, dropout=0.0, activation=F.gelu, norm_first=True, batch_first=True
        )
        self.blocks = nn.TransformerEncoder(layer, depth, enable_nested_tensor=False).layers
        self.norm = nn.LayerNorm(embed_dim)
        self.head = nn.Linear(embed_dim, num_classes)

    def forward(self, images):
        x = self.patch(images).flatten(2).transpose(1, 2)  # (B, 3, H, W) -> (B, N, D)
        x = torch.cat([self.class_token.expand(len(x), -1, -1), x], dim=1)  # (B, 1 + N, D)
        x = x + self.positions
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x[:, 0]))  # (B, num_classes)
