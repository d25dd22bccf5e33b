"""The Vision Transformer (chapter 07).

Dosovitskiy et al. (2021), "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale".
"""

import torch
from torch import nn

from utils.models.patch_embedding import ClassToken, PatchEmbedding, check_patch_size
from utils.models.position_embedding import PositionEmbedding
from utils.models.transformer_block import LayerNorm, TransformerBlock

# embed_dim, depth, num_heads. B, L, H: Dosovitskiy et al. (2021), table 1; Ti, S: Touvron et al. (2021), DeiT, table 1
SIZES = {"Ti": (192, 12, 3), "S": (384, 12, 6), "B": (768, 12, 12), "L": (1024, 24, 16), "H": (1280, 32, 16)}


def check_vit(image_size: int | tuple[int, int], patch_size: int, pool: str) -> tuple[int, int]:
    """Return the grid of patches `(rows, columns)` of a ViT, or raise an error that says what would fit.

    Args:
        image_size: side in pixels, or `(H, W)`.
        patch_size: side P of a patch in pixels.
        pool: `"class"` or `"mean"`.

    Raises:
        TypeError: the patch size is not an integer.
        ValueError: another `pool`, a patch size below 1, or an image that is not cut into whole patches.
    """
    check_patch_size(patch_size)
    if pool not in ("class", "mean"):
        raise ValueError(f'pool must be "class" or "mean", got {pool!r}.')
    H, W = (image_size, image_size) if isinstance(image_size, int) else image_size
    if H < 1 or W < 1 or H % patch_size or W % patch_size:
        fits = [max(1, round(side / patch_size)) * patch_size for side in (H, W)]
        raise ValueError(
            f"an image of {H} × {W} pixels cannot be cut into patches of {patch_size} × {patch_size}. "
            f"The nearest size that can is {fits[0]} × {fits[1]}."
        )
    return H // patch_size, W // patch_size


class VisionTransformer(nn.Module):
    """Classify images: patches become tokens, know their place, look at each other, and one vector is classified.

    Args:
        image_size: side in pixels, or `(H, W)`. Images of another size are accepted as well: the position embedding is
            resampled to their grid.
        patch_size: side P of a patch in pixels.
        in_channels: channels C of the image.
        num_classes: number of logits.
        embed_dim, depth, num_heads, mlp_ratio: length D of a token, number of blocks L, heads, and the MLP's ratio.
        pool: `"class"` classifies the class token, `"mean"` has no class token and classifies the mean of the patch
            tokens. The last normalisation comes after either, as in timm; see the source for the paper's order.
        position: the kind of `PositionEmbedding`, or `"none"`.
        dropout, attention_dropout, layer_scale: of each block; dropout also after the position embedding.
        drop_path: of the last block; it grows linearly from 0 in the first.

    Shapes: `(B, C, H, W)` → logits `(B, num_classes)`.

    Raises:
        TypeError, ValueError: see `check_vit` and the parts.

    Source: Dosovitskiy et al. (2021), section 3.1, equations 1 to 4; the mean in place of the class token: appendix
    D.3, where the normalisation comes before the mean. Equal to torchvision's, timm's and transformers' ViT.
    """

    def __init__(
        self,
        image_size: int | tuple[int, int] = 224,
        patch_size: int = 16,
        in_channels: int = 3,
        num_classes: int = 1000,
        embed_dim: int = 768,
        depth: int = 12,
        num_heads: int = 12,
        mlp_ratio: float = 4.0,
        pool: str = "class",
        position: str = "learned",
        dropout: float = 0.0,
        attention_dropout: float = 0.0,
        drop_path: float = 0.0,
        layer_scale: float | None = None,
    ):
        super().__init__()
        grid, prefix_tokens = check_vit(image_size, patch_size, pool), 1 if pool == "class" else 0
        self.pool = pool
        self.patch_embed = PatchEmbedding(patch_size, in_channels, embed_dim)
        self.class_token = ClassToken(embed_dim) if pool == "class" else nn.Identity()
        self.position = PositionEmbedding(grid, embed_dim, prefix_tokens, position) if position != "none" else None
        self.dropout = nn.Dropout(dropout)
        rates = [drop_path * i / max(1, depth - 1) for i in range(depth)]
        self.blocks = nn.Sequential(
            *(
                TransformerBlock(embed_dim, num_heads, mlp_ratio, dropout, attention_dropout, rate, layer_scale)
                for rate in rates
            )
        )
        self.norm = LayerNorm(embed_dim)
        self.head = nn.Linear(embed_dim, num_classes)
        self.apply(initialise)
        nn.init.zeros_(self.head.weight)

    def embed(self, images: torch.Tensor) -> torch.Tensor:
        """Return the tokens that enter the first block, `(B, N, D)`, the class token first if there is one."""
        x = self.class_token(self.patch_embed(images))  # (B, C, H, W) -> (B, N, D), with class token (B, N + 1, D)
        if self.position is not None:
            x = self.position(x, tuple(side // self.patch_embed.patch_size for side in images.shape[2:]))
        return self.dropout(x)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        x = self.blocks(self.embed(images))
        x = x[:, 0] if self.pool == "class" else x.mean(dim=1)  # (B, N, D) -> (B, D)
        return self.head(self.norm(x))  # (B, D) -> (B, num_classes)

    @torch.no_grad()
    def attention_maps(self, images: torch.Tensor) -> torch.Tensor:
        """Return the attention weights of all blocks and heads, `(B, depth, heads, N, N)`, queries before keys."""
        x, maps = self.embed(images), []
        for block in self.blocks:
            maps.append(block.attn(block.norm1(x), return_weights=True)[1])  # (B, heads, N, N)
            x = block(x)
        return torch.stack(maps, dim=1)  # (B, depth, heads, N, N)


def initialise(module: nn.Module) -> None:
    """Initialise one layer of a ViT in place, so that numbers keep their size on the way through it.

    A linear layer gets weights from a truncated normal distribution with standard deviation 1/√(inputs), and biases of
    zero; a class token starts near zero. Other layers stay as they are.

    Source: LeCun et al. (1998), "Efficient BackProp", section 4.6. The ViT paper's code draws with Xavier's deviation,
    √(2 / (inputs + outputs)), the same for a square matrix; timm with 0.02 whatever the width.
    """
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=module.in_features**-0.5)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, ClassToken):
        nn.init.normal_(module.token, std=1e-6)


def vit(name: str, **options) -> VisionTransformer:
    """Return a ViT of a published size, such as `vit("B/16")`: size B, patches of 16 × 16 pixels.

    Args:
        name: one of `SIZES`, a slash, and the patch size.
        options: further arguments of `VisionTransformer`.

    Raises:
        ValueError: another name.
    """
    size, _, patch_size = name.partition("/")
    if size not in SIZES or not patch_size.isdigit():
        raise ValueError(f'a ViT is named like "B/16", its size one of {", ".join(SIZES)}; got {name!r}.')
    embed_dim, depth, num_heads = SIZES[size]
    return VisionTransformer(
        patch_size=int(patch_size), embed_dim=embed_dim, depth=depth, num_heads=num_heads, **options
    )
