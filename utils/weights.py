"""Copy weights between our models and the public ones, compare what the two then compute, and load trained weights."""

import re
import socket
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

Rules = Sequence[tuple[str, str | None]]

# The public implementations' names of weights and ours. Ours are timm's wherever timm has one.
TORCH_ATTENTION: Rules = [  # nn.MultiheadAttention -> MultiHeadAttention
    (r"in_proj_(weight|bias)", r"qkv.\1"),
    (r"out_proj\.(weight|bias)", r"proj.\1"),
]
TORCH_BLOCK: Rules = [  # nn.TransformerEncoderLayer -> TransformerBlock
    (r"self_attn\.in_proj_(.+)", r"attn.qkv.\1"),
    (r"self_attn\.out_proj\.(.+)", r"attn.proj.\1"),
    (r"linear([12])\.(.+)", r"mlp.fc\1.\2"),
    (r"(norm[12]\..+)", r"\1"),
]
TIMM_BLOCK: Rules = [(r"(.+)", r"\1")]  # timm's Block -> TransformerBlock, its Attention -> MultiHeadAttention
TORCHVISION_BLOCK: Rules = [  # torchvision's EncoderBlock -> TransformerBlock
    (r"ln_([12])\.(.+)", r"norm\1.\2"),
    (r"self_attention\.in_proj_(.+)", r"attn.qkv.\1"),
    (r"self_attention\.out_proj\.(.+)", r"attn.proj.\1"),
    (r"mlp\.0\.(.+)", r"mlp.fc1.\1"),
    (r"mlp\.3\.(.+)", r"mlp.fc2.\1"),
]
TIMM_VIT: Rules = [  # timm's VisionTransformer -> VisionTransformer
    (r"cls_token", "class_token.token"),
    (r"pos_embed", "position.table"),
    (r"fc_norm\.(.+)", r"norm.\1"),
    (r"((?:patch_embed|blocks|norm|head)\..+)", r"\1"),
]
TORCHVISION_VIT: Rules = [  # torchvision's VisionTransformer -> VisionTransformer
    (r"class_token", "class_token.token"),
    (r"conv_proj\.(.+)", r"patch_embed.proj.\1"),
    (r"encoder\.pos_embedding", "position.table"),
    (r"encoder\.layers\.encoder_layer_(\d+)\.ln_([12])\.(.+)", r"blocks.\1.norm\2.\3"),
    (r"encoder\.layers\.encoder_layer_(\d+)\.self_attention\.in_proj_(.+)", r"blocks.\1.attn.qkv.\2"),
    (r"encoder\.layers\.encoder_layer_(\d+)\.self_attention\.out_proj\.(.+)", r"blocks.\1.attn.proj.\2"),
    (r"encoder\.layers\.encoder_layer_(\d+)\.mlp\.0\.(.+)", r"blocks.\1.mlp.fc1.\2"),
    (r"encoder\.layers\.encoder_layer_(\d+)\.mlp\.3\.(.+)", r"blocks.\1.mlp.fc2.\2"),
    (r"encoder\.ln\.(.+)", r"norm.\1"),
    (r"heads\.head\.(.+)", r"head.\1"),
]
TRANSFORMERS_VIT: Rules = [  # transformers' ViTForImageClassification -> VisionTransformer
    (r"vit\.embeddings\.cls_token", "class_token.token"),
    (r"vit\.embeddings\.position_embeddings", "position.table"),
    (r"vit\.embeddings\.patch_embeddings\.projection\.(.+)", r"patch_embed.proj.\1"),
    (r"vit\.layers\.(\d+)\.layernorm_before\.(.+)", r"blocks.\1.norm1.\2"),
    (r"vit\.layers\.(\d+)\.attention\.q_proj\.(.+)", r"blocks.\1.attn.qkv.\2#0"),
    (r"vit\.layers\.(\d+)\.attention\.k_proj\.(.+)", r"blocks.\1.attn.qkv.\2#1"),
    (r"vit\.layers\.(\d+)\.attention\.v_proj\.(.+)", r"blocks.\1.attn.qkv.\2#2"),
    (r"vit\.layers\.(\d+)\.attention\.o_proj\.(.+)", r"blocks.\1.attn.proj.\2"),
    (r"vit\.layers\.(\d+)\.layernorm_after\.(.+)", r"blocks.\1.norm2.\2"),
    (r"vit\.layers\.(\d+)\.mlp\.(.+)", r"blocks.\1.mlp.\2"),
    (r"vit\.layernorm\.(.+)", r"norm.\1"),
    (r"classifier\.(.+)", r"head.\1"),
]
TIMM_WINDOW_ATTENTION: Rules = [  # timm's WindowAttention -> WindowAttention
    (r"((?:qkv|proj)\..+)", r"\1"),
    (r"relative_position_bias_table", "position_bias.table"),
]
TORCHVISION_WINDOW_ATTENTION: Rules = [  # torchvision's ShiftedWindowAttention -> WindowAttention
    *TIMM_WINDOW_ATTENTION,
    (r"relative_position_index", None),  # the same numbers as ours, which are no part of the state
]
TIMM_SWIN_BLOCK: Rules = [  # timm's SwinTransformerBlock -> SwinBlock
    (r"attn\.relative_position_bias_table", "attn.position_bias.table"),
    (r"((?:norm[12]|attn\.qkv|attn\.proj|mlp\.fc[12])\..+)", r"\1"),
]
TORCHVISION_SWIN_BLOCK: Rules = [  # torchvision's SwinTransformerBlock -> SwinBlock
    (r"attn\.relative_position_bias_table", "attn.position_bias.table"),
    (r"attn\.relative_position_index", None),  # a table that ours computes
    (r"((?:norm[12]|attn\.qkv|attn\.proj)\..+)", r"\1"),
    (r"mlp\.0\.(.+)", r"mlp.fc1.\1"),
    (r"mlp\.3\.(.+)", r"mlp.fc2.\1"),
]
TORCHVISION_SWIN: Rules = [  # torchvision's SwinTransformer, V2 included -> SwinTransformer
    (r"features\.0\.0\.(.+)", r"patch_embed.proj.\1"),
    (r"features\.0\.2\.(.+)", r"patch_norm.\1"),
    (r".+\.(relative_position_index|relative_coords_table)", None),  # tables that ours computes
    *((rf"features\.{2 * i}\.(.+)", rf"merges.{i}.\1") for i in (1, 2, 3)),
    *(
        (rf"features\.{2 * i + 1}\.(\d+)\.{theirs}", rf"stages.{i}.\1.{ours}")
        for i in range(4)
        for theirs, ours in (
            (r"attn\.relative_position_bias_table", "attn.position_bias.table"),
            (r"attn\.cpb_mlp\.(.+)", r"attn.position_bias.mlp.\2"),
            (r"mlp\.0\.(.+)", r"mlp.fc1.\2"),
            (r"mlp\.3\.(.+)", r"mlp.fc2.\2"),
            (r"(.+)", r"\2"),
        )
    ),
    (r"((?:norm|head)\..+)", r"\1"),
]
TIMM_SWIN: Rules = [  # timm's SwinTransformer -> SwinTransformer
    (r"patch_embed\.norm\.(.+)", r"patch_norm.\1"),
    (r".+\.(relative_position_index|attn_mask)", None),  # tables that ours computes, in older files
    (r"layers\.(\d+)\.downsample\.(.+)", r"merges.\1.\2"),
    (r"layers\.(\d+)\.blocks\.(\d+)\.attn\.relative_position_bias_table", r"stages.\1.\2.attn.position_bias.table"),
    (r"layers\.(\d+)\.blocks\.(\d+)\.(.+)", r"stages.\1.\2.\3"),
    (r"head\.fc\.(.+)", r"head.\1"),
    (r"((?:patch_embed|norm)\..+)", r"\1"),
]
TIMM_PVT: Rules = [  # timm's PyramidVisionTransformerV2 -> PyramidVisionTransformer
    (r"patch_embed\.(.+)", r"stages.0.embed.\1"),
    (r"stages\.(\d+)\.downsample\.(.+)", r"stages.\1.embed.\2"),
    (r"((?:stages|head)\..+)", r"\1"),
]
TIMM_TWINS: Rules = [  # timm's Twins, the SVT models -> Twins
    (r"patch_embeds\.(\d+)\.proj\.(.+)", r"stages.\1.patch_embed.proj.\2"),
    (r"patch_embeds\.(\d+)\.norm\.(.+)", r"stages.\1.norm.\2"),
    (r"blocks\.(\d+)\.(.+)", r"stages.\1.blocks.\2"),
    (r"pos_block\.(\d+)\.proj\.0\.(.+)", r"stages.\1.peg.conv.\2"),
    (r"((?:norm|head)\..+)", r"\1"),
]
TIMM_CONVNEXT: Rules = [  # timm's ConvNeXt -> ConvNeXt
    (r"stem\.(.+)", r"downsample.0.\1"),
    (r"stages\.(\d+)\.downsample\.(.+)", r"downsample.\1.\2"),
    (r"stages\.(\d+)\.blocks\.(\d+)\.gamma", r"stages.\1.\2.ls.gamma"),
    (r"stages\.(\d+)\.blocks\.(\d+)\.(.+)", r"stages.\1.\2.\3"),
    (r"head\.norm\.(.+)", r"norm.\1"),
    (r"head\.fc\.(.+)", r"head.\1"),
]
TIMM_CONVNEXT_CONV_MLP: Rules = [  # the same with conv_mlp=True: 1 × 1 convolutions instead of linear layers
    (r"stages\.(\d+)\.blocks\.(\d+)\.mlp\.(fc[12])\.weight", r"stages.\1.\2.mlp.\3.weight#1x1"),
    *TIMM_CONVNEXT,
]
TORCHVISION_CONVNEXT: Rules = [  # torchvision's ConvNeXt -> ConvNeXt; its stages and down-samplings alternate
    (r"features\.0\.(.+)", r"downsample.0.\1"),
    *((rf"features\.{2 * i}\.(.+)", rf"downsample.{i}.\1") for i in (1, 2, 3)),
    *((rf"features\.{2 * i + 1}\.(\d+)\.layer_scale", rf"stages.{i}.\1.ls.gamma#1x1") for i in range(4)),
    *((rf"features\.{2 * i + 1}\.(\d+)\.block\.0\.(.+)", rf"stages.{i}.\1.conv_dw.\2") for i in range(4)),
    *((rf"features\.{2 * i + 1}\.(\d+)\.block\.2\.(.+)", rf"stages.{i}.\1.norm.\2") for i in range(4)),
    *((rf"features\.{2 * i + 1}\.(\d+)\.block\.3\.(.+)", rf"stages.{i}.\1.mlp.fc1.\2") for i in range(4)),
    *((rf"features\.{2 * i + 1}\.(\d+)\.block\.5\.(.+)", rf"stages.{i}.\1.mlp.fc2.\2") for i in range(4)),
    (r"classifier\.0\.(.+)", r"norm.\1"),
    (r"classifier\.2\.(.+)", r"head.\1"),
]
TORCHVISION_FPN: Rules = [  # torchvision's FeaturePyramidNetwork -> FeaturePyramid
    (r"inner_blocks\.(\d+)\.0\.(.+)", r"lateral.\1.\2"),
    (r"layer_blocks\.(\d+)\.0\.(.+)", r"smooth.\1.\2"),
]


def rename(state: dict[str, Tensor], rules: Rules) -> dict[str, Tensor]:
    """Rename the entries of a public model's `state_dict` to our names.

    Args:
        state: the public model's `state_dict`.
        rules: pairs of a regular expression, matched against the whole name, and our name for it (`\\1` stands for a
            group). Every entry must be matched; our name `None` drops the entry on purpose. Names that differ only in
            a `#0`, `#1`, … at their end are parts of one entry, concatenated in that order along the first dimension:
            separate queries, keys and values of theirs become our fused ones. Our name with `#1x1` at its end drops the
            entry's last two axes, both of length 1: a 1 × 1 convolution becomes a linear layer.

    Raises:
        KeyError: an entry that no rule matches, two entries that end under one name, or a part that is missing.
        ValueError: `#1x1` for an entry without two such axes.
    """
    renamed = {}
    for name, value in state.items():
        matching = [(pattern, ours) for pattern, ours in rules if re.fullmatch(pattern, name)]
        if not matching:
            raise KeyError(f"no rule for {name!r} {tuple(value.shape)}; the rules are {[p for p, _ in rules]}.")
        pattern, ours = matching[0]
        if ours is None:
            continue
        target = re.sub(pattern, ours, name)
        if target.endswith("#1x1"):
            if value.shape[-2:] != (1, 1):
                raise ValueError(f"{name!r} has no last two axes of length 1 to drop: {tuple(value.shape)}.")
            target, value = target.removesuffix("#1x1"), value[..., 0, 0]  # (D, C, 1, 1) -> (D, C)
        if target in renamed:
            raise KeyError(f"two entries of the public model would be called {target!r}.")
        renamed[target] = value
    wholes = dict.fromkeys(name.rpartition("#")[0] for name in renamed if re.search(r"#\d+$", name))
    for whole in wholes:
        count = sum(re.fullmatch(rf"{re.escape(whole)}#\d+", name) is not None for name in renamed)
        numbered = [f"{whole}#{i}" for i in range(count)]
        if not set(numbered) <= set(renamed):
            raise KeyError(f"{whole!r} lacks a part: of {numbered}, the public model does not have all.")
        renamed[whole] = torch.cat([renamed.pop(name) for name in numbered])  # (n₀ + n₁ + …, ...)
    return renamed


def copy_weights(reference: nn.Module, ours: nn.Module, rules: Rules) -> None:
    """Load all weights of `reference` into `ours`, `strict=True`: nothing missing, nothing left over."""
    ours.load_state_dict(rename(reference.state_dict(), rules), strict=True)


@dataclass
class Parity:
    """How far two models are apart, as the largest absolute difference, in the dtype they were compared in."""

    outputs: float
    input_gradients: float
    weight_gradients: float
    parameters: int

    def __str__(self) -> str:
        return (
            f"{self.parameters:,} parameters; largest differences: outputs {self.outputs:.0e}, "
            f"input gradients {self.input_gradients:.0e}, weight gradients {self.weight_gradients:.0e}"
        )


def compare(
    ours: nn.Module,
    reference: nn.Module,
    rules: Rules,
    inputs: Tensor,
    reference_forward: Callable[[nn.Module, Tensor], Tensor] | None = None,
    tolerance: float = 1e-9,
) -> Parity:
    """Give our model the reference's weights and check that both compute the same, forward and backward, in float64.

    Works on copies in evaluation mode; neither model is changed.

    Args:
        ours: our model.
        reference: the public model.
        rules: the weight map, see `rename`.
        inputs: a floating-point input for both.
        reference_forward: how to call the reference if `reference(inputs)` is not what ours computes.
        tolerance: largest difference allowed, relative to the largest value compared.

    Returns:
        The differences found.

    Raises:
        KeyError, RuntimeError: the weight map does not cover both models exactly.
        ValueError: the reference returns only zeros, as one whose head is initialised with zeros does.
        AssertionError: a shape or a value differs, naming the output or the gradient.
    """
    ours, reference = deepcopy(ours).double().eval(), deepcopy(reference).double().eval()
    copy_weights(reference, ours, rules)
    forward = reference_forward or (lambda model, x: model(x))
    x_ours, x_reference = (inputs.detach().double().clone().requires_grad_() for _ in range(2))
    y_ours, y_reference = ours(x_ours), forward(reference, x_reference)
    if not y_reference.any():
        raise ValueError("the reference returns only zeros, which proves nothing: initialise its last layer first.")
    outputs = _difference("the outputs", y_ours, y_reference, tolerance)

    generator = torch.Generator(device=inputs.device).manual_seed(0)
    cotangent = torch.randn(y_ours.shape, generator=generator, dtype=torch.float64, device=inputs.device)
    y_ours.backward(cotangent)
    y_reference.backward(cotangent)
    input_gradients = _difference("the gradients of the input", x_ours.grad, x_reference.grad, tolerance)

    expected = rename({name: _gradient(p) for name, p in reference.named_parameters()}, rules)
    found = {name: _gradient(p) for name, p in ours.named_parameters()}
    if set(expected) != set(found):
        raise AssertionError(f"only one of the models trains: {sorted(set(expected) ^ set(found))}.")
    gradients = [_difference(f"the gradients of {n}", found[n], expected[n], tolerance) for n in found]
    return Parity(outputs, input_gradients, max(gradients, default=0.0), sum(p.numel() for p in ours.parameters()))


def _gradient(parameter: Tensor) -> Tensor:
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad


def _difference(what: str, ours: Tensor, reference: Tensor, tolerance: float) -> float:
    if ours.shape != reference.shape:
        raise AssertionError(f"{what} differ in shape: ours {tuple(ours.shape)}, reference {tuple(reference.shape)}.")
    difference = (ours - reference).abs().max().item()
    allowed = tolerance * max(1.0, reference.abs().max().item())
    if not difference <= allowed:
        raise AssertionError(f"{what} differ by up to {difference:.1e}, allowed are {allowed:.1e}.")
    return difference


def public_weights(name: str, file: str | Path | None = None) -> dict[str, Tensor]:
    """Return the trained weights of a public Vision or Swin Transformer under our names, for `load_state_dict`.

    They are downloaded once, with a progress bar, and then kept in the folder of `torch.hub`, which the environment
    variable `TORCH_HOME` moves.

    Args:
        name: `"torchvision/"` or `"timm/"` and the library's name of the model, such as `"torchvision/vit_b_16"` or
            `"timm/vit_tiny_patch16_224"`, `"torchvision/swin_t"`, `"torchvision/swin_v2_t"` or
            `"timm/swin_tiny_patch4_window7_224"`. The weights are those that the library takes by default.
        file: a copy of the library's own file (`.pth` or `.safetensors`), instead of a download.

    Raises:
        ValueError: neither library has such a model with weights.
        KeyError: the model is no plain ViT or Swin Transformer: a weight of it that no rule matches.
        ConnectionError: the file could not be downloaded; the message says what to do.
    """
    library, _, model = name.partition("/")
    if library not in _SOURCES:
        raise ValueError(f'weights are named like "torchvision/vit_b_16" or "timm/vit_tiny_patch16_224", got {name!r}.')
    source, rules = _SOURCES[library]
    rules = next((others for prefix, others in _FAMILIES.items() if name.startswith(prefix)), rules)
    path = Path(file or _download(name, *source(model)))
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return rename(load_file(path), rules)
    return rename(torch.load(path, map_location="cpu", weights_only=True), rules)


def _torchvision_source(model: str) -> tuple[str, str]:
    """Return the address of a model's weights, and a file name for them."""
    from torchvision.models import get_model_weights

    url = get_model_weights(model).DEFAULT.url  # an unknown model is a ValueError
    return url, url.rpartition("/")[2]


def _timm_source(model: str) -> tuple[str, str]:
    import timm
    from huggingface_hub import hf_hub_url

    config = timm.get_pretrained_cfg(model) if timm.is_model(model) else None
    if config is None or not config.hf_hub_id:
        raise ValueError(f"timm has no weights for a model {model!r}; timm.list_pretrained('vit*') lists those it has.")
    return hf_hub_url(config.hf_hub_id, "model.safetensors"), f"{config.hf_hub_id.replace('/', '-')}.safetensors"


_SOURCES = {"torchvision": (_torchvision_source, TORCHVISION_VIT), "timm": (_timm_source, TIMM_VIT)}
_FAMILIES = {"torchvision/swin_": TORCHVISION_SWIN, "timm/swin_": TIMM_SWIN}  # models that are no ViTs


def _download(name: str, url: str, filename: str) -> Path:
    """Return where a file is kept, after downloading it if it is not there yet. Gives up after 10 s of silence."""
    path = Path(torch.hub.get_dir(), "checkpoints", filename)
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = re.search(r"-([0-9a-f]{8,})\.", filename)  # part of the file's SHA-256, in torchvision's names
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(10)
    try:
        torch.hub.download_url_to_file(url, str(path), digest and digest[1])
    except (OSError, RuntimeError) as error:  # no network, or not the file that was expected
        raise ConnectionError(
            f"the weights {name} could not be downloaded ({error}). Connect to the internet and try again; "
            f"or save {url} as {path} yourself."
        ) from None
    finally:
        socket.setdefaulttimeout(before)
    return path
