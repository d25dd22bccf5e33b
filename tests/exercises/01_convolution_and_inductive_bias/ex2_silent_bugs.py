# %% wrong: copied unchanged
class FixedBlock(FoundBlock):
    pass


# %% wrong: finds only the overwritten input
class FixedBlock(FoundBlock):
    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn1(self.conv2(y)))
        return x + y


# %% wrong: finds only the normalisation that is used twice
class FixedBlock(FoundBlock):
    def forward(self, x):
        x = self.conv1(x)
        y = F.relu(self.bn1(x))
        y = F.relu(self.bn2(self.conv2(y)))
        return x + y


# %% wrong: the last ReLU is still inside the sum
class FixedBlock(FoundBlock):
    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        return x + y


# %% wrong: the last ReLU is removed, none is put around the sum
class FixedBlock(FoundBlock):
    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        return x + self.bn2(self.conv2(y))


# %% wrong: the first normalisation is still used twice
class FixedBlock(FoundBlock):
    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(x + self.bn1(self.conv2(y)))


# %% wrong: normalises after adding
class FixedBlock(FoundBlock):
    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(x + self.conv2(y)))


# %% wrong: adds the sum into the input's memory
class FixedBlock(FoundBlock):
    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        x += y
        return F.relu(x)


# %% wrong: an in-place ReLU on the input, as in pre-activation blocks
class FixedBlock(FoundBlock):
    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(F.relu(x))))))
        return F.relu(x + y)


# %% wrong: the residual is detached, so the block cannot learn
class FixedBlock(FoundBlock):
    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(x + y.detach())


# %% wrong: the ready-made block
from torchvision.models.resnet import BasicBlock


class FixedBlock(BasicBlock):
    def __init__(self, channels):
        super().__init__(channels, channels)


# %% wrong: the ReLU between the convolutions got lost on the way
class FixedBlock(FoundBlock):
    def forward(self, x):
        y = self.bn1(self.conv1(x))
        return F.relu(self.bn2(self.conv2(y)) + x)


# %% wrong: statistics of the batch in evaluation mode too
class FixedBlock(FoundBlock):
    def forward(self, x):
        y = self.conv1(x)
        y = F.relu(F.batch_norm(y, self.bn1.running_mean, self.bn1.running_var, self.bn1.weight, self.bn1.bias, True))
        y = self.bn2(self.conv2(y))
        return F.relu(y + x)


# %% wrong: made for 8 channels, as in the example
class FixedBlock(FoundBlock):
    def __init__(self, channels):
        super().__init__(8)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + x)


# %% right: only forward is written anew
class FixedBlock(FoundBlock):
    def forward(self, x):
        shortcut = x
        x = self.conv1(x)
        x = F.relu(self.bn1(x))
        x = self.bn2(self.conv2(x))
        return F.relu(x + shortcut)


# %% right: a Sequential in forward, clamp for ReLU, torch.add for the sum
class FixedBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        for n in (1, 2):
            self.add_module(f"conv{n}", nn.Conv2d(channels, channels, (3, 3), padding="same", bias=False))
            self.add_module(f"bn{n}", nn.BatchNorm2d(channels))

    def forward(self, x):
        residual = nn.Sequential(self.conv1, self.bn1, nn.ReLU(), self.conv2, self.bn2)
        return torch.add(residual(x), x).clamp(min=0)


# %% right: in-place operations on tensors of its own
class FixedBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1, self.conv2 = (nn.Conv2d(channels, channels, 3, 1, 1, bias=False) for _ in range(2))
        self.bn1, self.bn2 = (nn.BatchNorm2d(channels) for _ in range(2))
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        y += x
        return self.relu(y)
