"""How fast are our models beside the public ones?

`python -m utils.benchmark --help` says what can be chosen.

Every model is first given the weights of each of its public counterparts and must compute the same, outputs and
gradients, in float64 on the CPU. Then all are timed in turns on the same input; see `utils.timing.in_turns`. Nothing
is dropped out. In training all attend through `F.scaled_dot_product_attention`; in evaluation `nn.MultiheadAttention`
with an even number of heads has a fast path of its own, which is left on.
"""

import argparse
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version

import timm
import torch
from rich import box
from rich.console import Console
from rich.table import Table
from timm.layers import PatchEmbed
from timm.models import swin_transformer as timm_swin
from timm.models.swin_transformer import SwinTransformerBlock as TimmSwinBlock
from timm.models.vision_transformer import Attention, Block
from torch import nn
from torchvision.models import SwinTransformer, VisionTransformer, convnext_tiny
from torchvision.models.resnet import BasicBlock
from torchvision.models.swin_transformer import PatchMergingV2, ShiftedWindowAttention, SwinTransformerBlockV2
from torchvision.models.swin_transformer import SwinTransformerBlock as TorchvisionSwinBlock
from torchvision.models.vision_transformer import EncoderBlock
from torchvision.ops import FeaturePyramidNetwork
from tqdm.auto import tqdm

from utils.device import best, describe
from utils.models.convnext import convnext
from utils.models.convolution import ResidualBlock
from utils.models.dense_prediction import FeaturePyramid
from utils.models.multi_head_attention import MultiHeadAttention
from utils.models.patch_embedding import PatchEmbedding
from utils.models.pyramid_vision_transformer import pvt
from utils.models.shifted_window_attention import SwinBlock
from utils.models.swin_transformer import swin
from utils.models.transformer_block import TransformerBlock
from utils.models.twins import twins
from utils.models.vision_transformer import SIZES, vit
from utils.models.window_attention import WindowAttention, attend_in_windows
from utils.timing import in_turns
from utils.weights import (
    TIMM_CONVNEXT,
    TIMM_PVT,
    TIMM_SWIN,
    TIMM_SWIN_BLOCK,
    TIMM_TWINS,
    TIMM_VIT,
    TIMM_WINDOW_ATTENTION,
    TORCH_ATTENTION,
    TORCHVISION_BLOCK,
    TORCHVISION_CONVNEXT,
    TORCHVISION_FPN,
    TORCHVISION_SWIN,
    TORCHVISION_SWIN_BLOCK,
    TORCHVISION_VIT,
    TORCHVISION_WINDOW_ATTENTION,
    Rules,
    compare,
    copy_weights,
)

SAME_NAMES: Rules = [(r"(.+)", r"\1")]
PASSES = ("forward", "+ backward")
OURS, TORCH, TIMM = "ours", "PyTorch", "timm"  # PyTorch: torch.nn or torchvision


class TorchAttention(nn.MultiheadAttention):
    """PyTorch's attention, called as self-attention and without returning its weights."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x, x, x, need_weights=False)[0]


class Pyramid(FeaturePyramid):
    """Our pyramid, on its maps cut out of one tensor: a benchmark has one input."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return joined(super().forward(cut(x)))


class TorchvisionPyramid(FeaturePyramidNetwork):
    """torchvision's pyramid, called likewise."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return joined(super().forward({str(i): y for i, y in enumerate(cut(x))}).values())


def cut(x: torch.Tensor) -> list[torch.Tensor]:
    """Return the maps of Swin-T on an image of 224 × 224 pixels, from `(B, all their values)`."""
    maps = [(C, side, side) for C, side in zip(SWIN_T, (56, 28, 14, 7), strict=True)]
    return [part.unflatten(1, size) for part, size in zip(x.split([math.prod(m) for m in maps], 1), maps, strict=True)]


def joined(maps: Iterable[torch.Tensor]) -> torch.Tensor:
    return torch.cat([x.flatten(1) for x in maps], dim=1)


def torchvision_vit(size: str) -> VisionTransformer:
    """Return torchvision's ViT with patches of 16 pixels in one of our sizes; `vit_b_16` is size B."""
    D, depth, heads = SIZES[size]
    return VisionTransformer(224, 16, depth, heads, D, 4 * D)


class MapAttention(WindowAttention):
    """Our attention in windows on a map that whole windows cover."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return attend_in_windows(super().forward, x, self.window_size)


class TimmMapAttention(timm_swin.WindowAttention):
    """timm's, with timm's own windows."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        windows = timm_swin.window_partition(x, self.window_size).flatten(1, 2)  # (B, H, W, C) -> (B·nW, N, C)
        windows = super().forward(windows).unflatten(1, self.window_size)
        return timm_swin.window_reverse(windows, self.window_size, *x.shape[1:3])


def torchvision_swin(window: int, **options) -> SwinTransformer:
    """Return torchvision's Swin-T without stochastic depth; it is `swin_t` or, with the blocks of V2, `swin_v2_t`."""
    return SwinTransformer([4, 4], 96, [2, 2, 6, 2], [3, 6, 12, 24], [window] * 2, stochastic_depth_prob=0.0, **options)


@dataclass(frozen=True)
class Entry:
    """One model of ours and its public counterparts, on the same input.

    Args:
        name: what the table calls it, and `--models`.
        shape: of the input, without the batch.
        ours: makes our model.
        others: for each public library, what makes its model, and the weight map from it to ours.
        inner: whether the input is an activation, which needs a gradient, and not an image.
    """

    name: str
    shape: tuple[int, ...]
    ours: Callable[[], nn.Module]
    others: dict[str, tuple[Callable[[], nn.Module], Rules]]
    inner: bool = False


IMAGE, TOKENS = (3, 224, 224), (197, 384)
SWIN_T = (96, 192, 384, 768)  # channels of its maps

# A later chapter adds its models here, one entry each.
ENTRIES = [
    Entry(
        "ResidualBlock",
        (64, 56, 56),
        lambda: ResidualBlock(64, 64),
        {TORCH: (lambda: BasicBlock(64, 64), SAME_NAMES)},
        inner=True,
    ),
    Entry(
        "PatchEmbedding",
        IMAGE,
        lambda: PatchEmbedding(16, 3, 384),
        {TIMM: (lambda: PatchEmbed(224, 16, 3, 384), SAME_NAMES)},
    ),
    Entry(
        "MultiHeadAttention",
        TOKENS,
        lambda: MultiHeadAttention(384, 6),
        {
            TORCH: (lambda: TorchAttention(384, 6, batch_first=True), TORCH_ATTENTION),
            TIMM: (lambda: Attention(384, 6, qkv_bias=True), SAME_NAMES),
        },
        inner=True,
    ),
    Entry(
        "TransformerBlock",
        TOKENS,
        lambda: TransformerBlock(384, 6),
        {
            TORCH: (lambda: EncoderBlock(6, 384, 4 * 384, 0.0, 0.0), TORCHVISION_BLOCK),
            TIMM: (lambda: Block(384, 6, qkv_bias=True), SAME_NAMES),
        },
        inner=True,
    ),
    Entry(
        "WindowAttention",
        (56, 56, 96),
        lambda: MapAttention(96, 3, 7),
        {
            TORCH: (lambda: ShiftedWindowAttention(96, [7, 7], [0, 0], 3), TORCHVISION_WINDOW_ATTENTION),
            TIMM: (lambda: TimmMapAttention(96, 3, window_size=7), TIMM_WINDOW_ATTENTION),
        },
        inner=True,
    ),
    *(
        Entry(
            f"ViT-{size}/16",
            IMAGE,
            lambda size=size: vit(f"{size}/16"),
            {
                TORCH: (lambda size=size: torchvision_vit(size), TORCHVISION_VIT),
                TIMM: (lambda name=name: timm.create_model(f"vit_{name}_patch16_224"), TIMM_VIT),
            },
        )
        for size, name in (("Ti", "tiny"), ("S", "small"), ("B", "base"))
    ),
    Entry(
        "SwinBlock",
        (56, 56, 96),  # the first stage of Swin-T
        lambda: SwinBlock(96, 3, 7, 3),
        {
            TORCH: (lambda: TorchvisionSwinBlock(96, 3, [7, 7], [3, 3]), TORCHVISION_SWIN_BLOCK),
            TIMM: (lambda: TimmSwinBlock(96, (56, 56), 3, window_size=7, shift_size=3), TIMM_SWIN_BLOCK),
        },
        inner=True,
    ),
    Entry(
        "Swin-T",
        IMAGE,
        lambda: swin("T"),
        {
            TORCH: (lambda: torchvision_swin(7), TORCHVISION_SWIN),
            TIMM: (lambda: timm.create_model("swin_tiny_patch4_window7_224", drop_path_rate=0.0), TIMM_SWIN),
        },
    ),
    Entry(
        "SwinV2-T",
        IMAGE,
        lambda: swin("V2-T"),
        {
            TORCH: (
                lambda: torchvision_swin(8, block=SwinTransformerBlockV2, downsample_layer=PatchMergingV2),
                TORCHVISION_SWIN,
            )
        },
    ),
    Entry(
        "PVTv2-b0",
        IMAGE,
        lambda: pvt("b0"),
        {TIMM: (lambda: timm.create_model("pvt_v2_b0"), TIMM_PVT)},
    ),
    Entry("Twins-SVT-S", IMAGE, twins, {TIMM: (lambda: timm.create_model("twins_svt_small"), TIMM_TWINS)}),
    Entry(
        "ConvNeXt-T",
        IMAGE,
        lambda: convnext("T"),
        {
            TORCH: (lambda: convnext_tiny(stochastic_depth_prob=0.0), TORCHVISION_CONVNEXT),
            TIMM: (lambda: timm.create_model("convnext_tiny"), TIMM_CONVNEXT),
        },
    ),
    Entry(
        "FeaturePyramid",
        (sum(C * side**2 for C, side in zip(SWIN_T, (56, 28, 14, 7), strict=True)),),
        lambda: Pyramid(SWIN_T, 128),
        {TORCH: (lambda: TorchvisionPyramid(SWIN_T, 128), TORCHVISION_FPN)},
        inner=True,
    ),
]


@dataclass(frozen=True)
class Result:
    """The times of one line of the table: `(rounds, contestants)` milliseconds per call, ours first."""

    entry: str
    passes: str
    dtype: str
    contestants: tuple[str, ...]
    times: torch.Tensor

    def quartiles(self) -> dict[str, list[float]]:
        """Return lower quartile, median and upper quartile of each contestant, in milliseconds."""
        values = self.times.quantile(torch.tensor([0.25, 0.5, 0.75]), dim=0)
        return dict(zip(self.contestants, values.T.tolist(), strict=True))

    def ratio(self) -> tuple[float, float]:
        """Return the median time of ours divided by the fastest other's, and how far chance alone may move it.

        The second number is half the width of a 95 % bootstrap interval: rounds are drawn again with replacement,
        2,000 times, and the ratio computed from each draw.
        """
        fastest = 1 + self.times[:, 1:].median(dim=0).values.argmin()
        pair = self.times[:, [0, fastest]]  # (rounds, 2)
        generator = torch.Generator().manual_seed(0)
        draws = torch.randint(len(pair), (2000, len(pair)), generator=generator)
        ours, other = pair[draws].quantile(0.5, dim=1).T  # (2000, rounds, 2) -> two of (2000,)
        low, high = (ours / other).quantile(torch.tensor([0.025, 0.975]))
        ours, other = pair.quantile(0.5, dim=0)
        return (ours / other).item(), ((high - low) / 2).item()


def make(entry: Entry, device: torch.device, batch: int) -> tuple[dict[str, nn.Module], torch.Tensor]:
    """Make the contestants of an entry and their input, and check that all compute the same.

    Weights that start at zero would hide differences, and can be quicker to multiply by, so all get some noise, ours
    by taking over the weights of the last counterpart.

    Raises:
        KeyError, RuntimeError, AssertionError: what `utils.weights.compare` raises if they do not.
    """
    torch.manual_seed(0)
    x = torch.randn(batch, *entry.shape)
    models = {OURS: entry.ours()}
    for name, (build, rules) in entry.others.items():
        models[name] = build()
        with torch.no_grad():
            for parameter in models[name].parameters():
                parameter += 0.02 * torch.randn_like(parameter)
        compare(models[OURS], models[name], rules, x[:1])
        copy_weights(models[name], models[OURS], rules)
    return {name: model.to(device) for name, model in models.items()}, x.to(device).requires_grad_(entry.inner)


def work(model: nn.Module, x: torch.Tensor, passes: str, dtype: str) -> Callable[[], None]:
    """Return a function without arguments that runs the model once, forward or also backward."""
    autocast = torch.autocast(x.device.type, torch.bfloat16, enabled=dtype == "bf16")

    def forward() -> None:
        with torch.inference_mode(), autocast:
            model(x)

    def forward_and_backward() -> None:
        with autocast:
            y = model(x)
        model.zero_grad()
        x.grad = None
        y.sum().backward()

    model.train(passes != "forward")
    return forward if passes == "forward" else forward_and_backward


def measure(
    entries: Sequence[Entry], device: torch.device, dtypes: Sequence[str], batch: int, seconds: float
) -> Iterator[Result]:
    """Yield one `Result` after the other: for each entry all dtypes, and for each of them both passes."""
    with tqdm(total=len(entries) * len(dtypes) * len(PASSES), leave=False, disable=None) as bar:
        for entry in entries:
            bar.set_description(f"{entry.name}: same results?")
            models, x = make(entry, device, batch)
            for dtype in dtypes:
                for passes in PASSES:
                    bar.set_description(f"{entry.name}, {passes}, {dtype}")
                    functions = {name: work(model, x, passes, dtype) for name, model in models.items()}
                    times = in_turns(functions, device, seconds)
                    bar.update()
                    yield Result(entry.name, passes, dtype, tuple(models), times)


def table(results: Sequence[Result]) -> Table:
    """Return the results as a table, one line each below the name of the model; it fits into 80 columns."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    table.add_column("model", no_wrap=True)
    for column in (OURS, TORCH, TIMM, "ratio"):
        table.add_column(column, justify="right", no_wrap=True)
    for i, result in enumerate(results):
        if i == 0 or result.entry != results[i - 1].entry:
            table.add_row(result.entry)
        quartiles = result.quartiles()
        cells = []
        for name in (OURS, TORCH, TIMM):
            if name not in quartiles:
                cells.append("–")
                continue
            low, median, high = quartiles[name]
            digits = 2 if median < 10 else 1 if median < 100 else 0
            cells.append(f"{median:.{digits}f} ±{(high - low) / 2:.{digits}f}")
        ratio, noise = result.ratio()
        table.add_row(f"  {result.passes}, {result.dtype}", *cells, f"{ratio:.2f} ±{noise:.2f}")
    return table


NOTE = (
    "Median milliseconds per call ± half the interquartile range. PyTorch: torch.nn or torchvision. Ratio: ours to the "
    "fastest other, below 1 is faster; its ± is half the width of a 95 % bootstrap interval over the rounds."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark as asked on the command line and print the table, after Ctrl-C or an error what there is."""
    parser = argparse.ArgumentParser("python -m utils.benchmark", description=__doc__.splitlines()[0])
    names = [entry.name for entry in ENTRIES]
    parser.add_argument("--models", nargs="+", choices=names, default=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--device", choices=["cpu", "cuda", "mps"], help="default: the fastest there is")
    parser.add_argument("--dtype", choices=["fp32", "bf16", "both"], default="both", help="bf16: autocast")
    parser.add_argument("--batch", type=int, help="images per call (default: 8 on a CPU, else 64)")
    parser.add_argument("--seconds", type=float, default=5, help="for each line of the table, at least (default: 5)")
    parser.add_argument("--threads", type=int, help="threads on the CPU (default: PyTorch's choice)")
    options = parser.parse_args(arguments)
    for name, least in (("batch", 1), ("threads", 1), ("seconds", 0)):
        if (value := getattr(options, name)) is not None and not value >= least:
            parser.error(f"--{name} must be at least {least}, got {value}")
    backend = {"cuda": torch.cuda, "mps": torch.mps}.get(options.device)
    if backend and not backend.is_available():
        parser.error(f"--device {options.device} was asked for, but PyTorch sees none here; use --device cpu")
    if options.threads:
        torch.set_num_threads(options.threads)
    try:
        device = torch.device(options.device) if options.device else best()
    except RuntimeError as error:  # COURSE_DEVICE names none of this machine's
        parser.error(str(error))
    torch.backends.cudnn.allow_tf32 = False  # fp32 is fp32, as `best` has it
    batch = options.batch or (8 if device.type == "cpu" else 64)
    dtypes = ["fp32", "bf16"] if options.dtype == "both" else [options.dtype]
    entries = [entry for entry in ENTRIES if entry.name in options.models]

    console = Console(width=None if sys.stdout.isatty() else 100)
    libraries = ", ".join(f"{name} {version(name)}" for name in ("torch", "torchvision", "timm"))
    console.print(f"{describe(device)}, batch {batch}; {libraries}", highlight=False)
    results: list[Result] = []
    try:
        for result in measure(entries, device, dtypes, batch, options.seconds):
            results.append(result)
    except KeyboardInterrupt:
        return 130  # what a shell expects
    finally:  # after an error as well, such as a GPU's memory that is too small for a later entry
        if results:
            console.print(table(results), NOTE, highlight=False)
        if len(results) < (lines := len(entries) * len(dtypes) * len(PASSES)):
            console.print(f"Interrupted: {len(results)} of {lines} lines were measured.", highlight=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
