# %% wrong: the registers come last
class ImageSequence(nn.Module):
    def __init__(self, num_patches, num_registers, embed_dim):
        super().__init__()
        self.class_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.registers = nn.Parameter(0.02 * torch.randn(1, num_registers, embed_dim))
        self.positions = nn.Parameter(0.02 * torch.randn(1, 1 + num_patches, embed_dim))

    def forward(self, patches):
        B = len(patches)
        x = torch.cat([self.class_token.expand(B, -1, -1), patches], dim=1) + self.positions  # (B, 1 + N, D)
        return torch.cat([x, self.registers.expand(B, -1, -1)], dim=1)  # (B, 1 + R + N, D)

    def split(self, tokens):
        return tokens[:, 0], tokens[:, 1 + self.registers.shape[1] :]


# %% wrong: the class token has no position
class ImageSequence(nn.Module):
    def __init__(self, num_patches, num_registers, embed_dim):
        super().__init__()
        self.class_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.registers = nn.Parameter(0.02 * torch.randn(1, num_registers, embed_dim))
        self.positions = nn.Parameter(0.02 * torch.randn(1, 1 + num_patches, embed_dim))

    def forward(self, patches):
        B = len(patches)
        x = patches + self.positions[:, 1:]
        return torch.cat([self.class_token.expand(B, -1, -1), self.registers.expand(B, -1, -1), x], dim=1)

    def split(self, tokens):
        return tokens[:, 0], tokens[:, 1 + self.registers.shape[1] :]


# %% wrong: the positions are shifted by one: patches get the rows from 0
class ImageSequence(nn.Module):
    def __init__(self, num_patches, num_registers, embed_dim):
        super().__init__()
        self.class_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.registers = nn.Parameter(0.02 * torch.randn(1, num_registers, embed_dim))
        self.positions = nn.Parameter(0.02 * torch.randn(1, 1 + num_patches, embed_dim))

    def forward(self, patches):
        B = len(patches)
        x = patches + self.positions[:, :-1]
        first = self.class_token + self.positions[:, -1:]
        return torch.cat([first.expand(B, -1, -1), self.registers.expand(B, -1, -1), x], dim=1)

    def split(self, tokens):
        return tokens[:, 0], tokens[:, 1 + self.registers.shape[1] :]


# %% wrong: registers between the patches and the class token at the end
class ImageSequence(nn.Module):
    def __init__(self, num_patches, num_registers, embed_dim):
        super().__init__()
        self.class_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.registers = nn.Parameter(0.02 * torch.randn(1, num_registers, embed_dim))
        self.positions = nn.Parameter(0.02 * torch.randn(1, 1 + num_patches, embed_dim))

    def forward(self, patches):
        B = len(patches)
        x = torch.cat([self.class_token.expand(B, -1, -1), patches], dim=1) + self.positions  # (B, 1 + N, D)
        return torch.cat([x[:, 1:], self.registers.expand(B, -1, -1), x[:, :1]], dim=1)  # (B, 1 + R + N, D)

    def split(self, tokens):
        return tokens[:, 0], tokens[:, 1 + self.registers.shape[1] :]


# %% wrong: the registers are a buffer, and do not learn
class ImageSequence(nn.Module):
    def __init__(self, num_patches, num_registers, embed_dim):
        super().__init__()
        self.class_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.register_buffer("registers", 0.02 * torch.randn(1, num_registers, embed_dim))
        self.positions = nn.Parameter(0.02 * torch.randn(1, 1 + num_patches, embed_dim))

    def forward(self, patches):
        B = len(patches)
        x = torch.cat([self.class_token.expand(B, -1, -1), patches], dim=1) + self.positions  # (B, 1 + N, D)
        return torch.cat([x[:, :1], self.registers.expand(B, -1, -1), x[:, 1:]], dim=1)  # (B, 1 + R + N, D)

    def split(self, tokens):
        return tokens[:, 0], tokens[:, 1 + self.registers.shape[1] :]


# %% wrong: one register, repeated R times
class ImageSequence(nn.Module):
    def __init__(self, num_patches, num_registers, embed_dim):
        super().__init__()
        self.class_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.count = num_registers
        self.registers = nn.Parameter(0.02 * torch.randn(1, 1, embed_dim))
        self.positions = nn.Parameter(0.02 * torch.randn(1, 1 + num_patches, embed_dim))

    def forward(self, patches):
        B = len(patches)
        x = torch.cat([self.class_token.expand(B, -1, -1), patches], dim=1) + self.positions  # (B, 1 + N, D)
        return torch.cat([x[:, :1], self.registers.expand(B, self.count, -1), x[:, 1:]], dim=1)  # (B, 1 + R + N, D)

    def split(self, tokens):
        return tokens[:, 0], tokens[:, 1 + self.count :]


# %% wrong: split keeps the registers among the patches
class ImageSequence(nn.Module):
    def __init__(self, num_patches, num_registers, embed_dim):
        super().__init__()
        self.class_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.registers = nn.Parameter(0.02 * torch.randn(1, num_registers, embed_dim))
        self.positions = nn.Parameter(0.02 * torch.randn(1, 1 + num_patches, embed_dim))

    def forward(self, patches):
        B = len(patches)
        x = torch.cat([self.class_token.expand(B, -1, -1), patches], dim=1) + self.positions  # (B, 1 + N, D)
        return torch.cat([x[:, :1], self.registers.expand(B, -1, -1), x[:, 1:]], dim=1)  # (B, 1 + R + N, D)

    def split(self, tokens):
        return tokens[:, 0], tokens[:, 1:]


# %% wrong: split counts from the end, with a minus that is zero for no registers
class ImageSequence(nn.Module):
    def __init__(self, num_patches, num_registers, embed_dim):
        super().__init__()
        self.class_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.registers = nn.Parameter(0.02 * torch.randn(1, num_registers, embed_dim))
        self.positions = nn.Parameter(0.02 * torch.randn(1, 1 + num_patches, embed_dim))

    def forward(self, patches):
        B = len(patches)
        x = torch.cat([self.class_token.expand(B, -1, -1), patches], dim=1) + self.positions  # (B, 1 + N, D)
        return torch.cat([x[:, :1], self.registers.expand(B, -1, -1), x[:, 1:]], dim=1)  # (B, 1 + R + N, D)

    def split(self, tokens):
        return tokens[:, 0], tokens[:, 1:].roll(-self.registers.shape[1], 1)[:, : -self.registers.shape[1]]


# %% wrong: adds the positions in place, into the patches that were given
class ImageSequence(nn.Module):
    def __init__(self, num_patches, num_registers, embed_dim):
        super().__init__()
        self.class_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.registers = nn.Parameter(0.02 * torch.randn(1, num_registers, embed_dim))
        self.positions = nn.Parameter(0.02 * torch.randn(1, 1 + num_patches, embed_dim))

    def forward(self, patches):
        B = len(patches)
        patches = patches.data
        patches += self.positions[:, 1:]
        first = (self.class_token + self.positions[:, :1]).expand(B, -1, -1)
        return torch.cat([first, self.registers.expand(B, -1, -1), patches], dim=1)

    def split(self, tokens):
        return tokens[:, 0], tokens[:, 1 + self.registers.shape[1] :]


# %% wrong: the registers are detached
class ImageSequence(nn.Module):
    def __init__(self, num_patches, num_registers, embed_dim):
        super().__init__()
        self.class_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.registers = nn.Parameter(0.02 * torch.randn(1, num_registers, embed_dim))
        self.positions = nn.Parameter(0.02 * torch.randn(1, 1 + num_patches, embed_dim))

    def forward(self, patches):
        B = len(patches)
        x = torch.cat([self.class_token.expand(B, -1, -1), patches], dim=1) + self.positions  # (B, 1 + N, D)
        return torch.cat([x[:, :1], self.registers.detach().expand(B, -1, -1), x[:, 1:]], dim=1)  # (B, 1 + R + N, D)

    def split(self, tokens):
        return tokens[:, 0], tokens[:, 1 + self.registers.shape[1] :]


# %% wrong: works for a batch of one only, whose tokens are not expanded
class ImageSequence(nn.Module):
    def __init__(self, num_patches, num_registers, embed_dim):
        super().__init__()
        self.class_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.registers = nn.Parameter(0.02 * torch.randn(1, num_registers, embed_dim))
        self.positions = nn.Parameter(0.02 * torch.randn(1, 1 + num_patches, embed_dim))

    def forward(self, patches):
        x = torch.cat([self.class_token, patches], dim=1) + self.positions  # (B, 1 + N, D)
        return torch.cat([x[:, :1], self.registers, x[:, 1:]], dim=1)  # (B, 1 + R + N, D)

    def split(self, tokens):
        return tokens[:, 0], tokens[:, 1 + self.registers.shape[1] :]


# %% wrong: the front of the sequence is kept from the first call, and later weights are not seen
class ImageSequence(nn.Module):
    def __init__(self, num_patches, num_registers, embed_dim):
        super().__init__()
        self.class_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.registers = nn.Parameter(0.02 * torch.randn(1, num_registers, embed_dim))
        self.positions = nn.Parameter(0.02 * torch.randn(1, 1 + num_patches, embed_dim))

    def forward(self, patches):
        if not hasattr(self, "front"):
            self.front = torch.cat([self.class_token + self.positions[:, :1], self.registers], dim=1)
        return torch.cat([self.front.expand(len(patches), -1, -1), patches + self.positions[:, 1:]], dim=1)

    def split(self, tokens):
        return tokens[:, 0], tokens[:, 1 + self.registers.shape[1] :]


# %% wrong: all registers begin with zeros, alike, and nothing ever tells them apart
class ImageSequence(nn.Module):
    def __init__(self, num_patches, num_registers, embed_dim):
        super().__init__()
        self.class_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.registers = nn.Parameter(torch.zeros(1, num_registers, embed_dim))
        self.positions = nn.Parameter(0.02 * torch.randn(1, 1 + num_patches, embed_dim))

    def forward(self, patches):
        B = len(patches)
        x = torch.cat([self.class_token.expand(B, -1, -1), patches], dim=1) + self.positions  # (B, 1 + N, D)
        return torch.cat([x[:, :1], self.registers.expand(B, -1, -1), x[:, 1:]], dim=1)  # (B, 1 + R + N, D)

    def split(self, tokens):
        return tokens[:, 0], tokens[:, 1 + self.registers.shape[1] :]


# %% right: adds in two pieces, and repeats instead of expanding
class ImageSequence(nn.Module):
    def __init__(self, num_patches, num_registers, embed_dim):
        super().__init__()
        self.class_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.registers = nn.Parameter(0.02 * torch.randn(1, num_registers, embed_dim))
        self.positions = nn.Parameter(0.02 * torch.randn(1, 1 + num_patches, embed_dim))

    def forward(self, patches):
        B = len(patches)
        first = (self.class_token + self.positions[:, :1]).repeat(B, 1, 1)
        return torch.hstack((first, self.registers.repeat(B, 1, 1), patches + self.positions[:, 1:]))

    def split(self, tokens):
        return tokens[:, 0], tokens[:, 1 + self.registers.shape[1] :]


# %% right: pads the positions with zeros for the registers
class ImageSequence(nn.Module):
    def __init__(self, num_patches, num_registers, embed_dim):
        super().__init__()
        self.class_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.registers = nn.Parameter(0.02 * torch.randn(1, num_registers, embed_dim))
        self.positions = nn.Parameter(0.02 * torch.randn(1, 1 + num_patches, embed_dim))

    def forward(self, patches):
        B = len(patches)
        _, R, D = self.registers.shape
        tokens = torch.cat([self.class_token.expand(B, -1, -1), self.registers.expand(B, -1, -1), patches], dim=1)
        none = self.positions.new_zeros(1, R, D)
        return tokens + torch.cat([self.positions[:, :1], none, self.positions[:, 1:]], dim=1)

    def split(self, tokens):
        R, D = self.registers.shape[1:]
        vector, _, patches = tokens.split([1, R, tokens.shape[1] - 1 - R], dim=1)
        return vector.squeeze(1), patches
