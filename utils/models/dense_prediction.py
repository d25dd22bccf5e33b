"""Boxes and masks: a feature pyramid, a head for masks, a form for torchvision's detectors, mIoU and AP (chapter 18).

Lin et al. (2017), "Feature Pyramid Networks for Object Detection". Kirillov et al. (2019), "Panoptic Feature Pyramid
Networks". Lin et al. (2014), "Microsoft COCO: Common Objects in Context", and its evaluation. Everingham et al. (2010),
"The PASCAL Visual Object Classes (VOC) Challenge". Li et al. (2022), "Exploring Plain Vision Transformer Backbones for
Object Detection".
"""

import itertools
import math
from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F

from utils.models.vision_transformer import VisionTransformer

COCO_THRESHOLDS = tuple(t / 100 for t in range(50, 100, 5))  # 0.50, 0.55, ..., 0.95
Boxes = dict[str, torch.Tensor]  # of one image: "boxes" (n, 4) and "labels" (n,), with "scores" (n,) if detected


def check_maps(maps: Sequence[torch.Tensor], in_channels: Sequence[int]) -> None:
    """Raise a `ValueError` unless maps `(B, C_i, H_i, W_i)` have these channels and none is finer than the one before.

    Args:
        maps: from the finest to the coarsest.
        in_channels: channels C_i of each.
    """
    channels = [x.shape[1] for x in maps]
    if channels != list(in_channels):
        raise ValueError(f"expected {len(in_channels)} maps of {list(in_channels)} channels, got {channels}.")
    sizes = [tuple(x.shape[2:]) for x in maps]
    if any(coarse[0] > fine[0] or coarse[1] > fine[1] for fine, coarse in itertools.pairwise(sizes)):
        raise ValueError(f"maps go from the finest to the coarsest, got the sizes {sizes}.")


class FeaturePyramid(nn.Module):
    """Give every map of a backbone the meaning of the coarsest one: the Feature Pyramid Network, FPN.

    From the coarsest to the finest, each map is projected to D channels and the map above, enlarged to its size by
    repeating values, is added. A 3 × 3 convolution smooths each result.

    Args:
        in_channels: channels C_i of the backbone's maps, from the finest to the coarsest.
        out_channels: channels D of every map that comes out.

    Shapes: a list of `(B, C_i, H_i, W_i)` → a list of `(B, D, H_i, W_i)`. A map need not be exactly half as large as
    the one before it.

    Raises:
        ValueError: no maps, maps of other channels than announced, or one that is finer than the one before.

    Source: Lin et al. (2017), section 3 and figure 3. Equal to torchvision's `FeaturePyramidNetwork` without its extra
    blocks.
    """

    def __init__(self, in_channels: Sequence[int], out_channels: int = 256):
        super().__init__()
        if len(in_channels) == 0:
            raise ValueError("a pyramid needs at least one map, got no channels.")
        self.in_channels = list(in_channels)
        self.lateral = nn.ModuleList(nn.Conv2d(C, out_channels, 1) for C in in_channels)
        self.smooth = nn.ModuleList(nn.Conv2d(out_channels, out_channels, 3, padding=1) for _ in in_channels)
        for conv in [*self.lateral, *self.smooth]:
            nn.init.kaiming_uniform_(conv.weight, a=1)
            nn.init.zeros_(conv.bias)

    def forward(self, maps: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        check_maps(maps, self.in_channels)
        merged = [lateral(x) for lateral, x in zip(self.lateral, maps, strict=True)]  # (B, C_i, H_i, W_i) -> D channels
        for i in range(len(merged) - 2, -1, -1):
            above = F.interpolate(merged[i + 1], size=merged[i].shape[2:], mode="nearest")  # -> (B, D, H_i, W_i)
            merged[i] = merged[i] + above
        return [smooth(x) for smooth, x in zip(self.smooth, merged, strict=True)]


class SegmentationHead(nn.Module):
    """Classify every pixel from the maps of a pyramid: the semantic branch of Panoptic FPN.

    Map number i, counted from 0, takes i stages of convolution, normalisation, ReLU and enlargement to the next finer
    map's size (the finest takes one without the enlargement). All then have the size of the finest, and are added. A
    1 × 1 convolution gives the logits, which are enlarged to the image.

    Args:
        in_channels: channels of every map.
        levels: how many maps, at least 1.
        num_classes: number of classes K, the ground included.
        channels: channels that every stage returns.

    Shapes: a list of `(B, C, H_i, W_i)`, and the image's `(H, W)` in pixels → logits `(B, K, H, W)`.

    Raises:
        ValueError: other maps than announced, see `check_maps`.

    Source: Kirillov et al. (2019), section 3 and figure 3. Maps are enlarged to the size of the finer map, not by 2:
    the same wherever sizes halve, and right where they are odd.
    """

    def __init__(self, in_channels: int, levels: int, num_classes: int, channels: int = 128):
        super().__init__()
        self.in_channels = [in_channels] * levels
        self.stages = nn.ModuleList(
            nn.ModuleList(self.stage(in_channels if s == 0 else channels, channels) for s in range(max(1, i)))
            for i in range(levels)
        )
        self.predict = nn.Conv2d(channels, num_classes, 1)

    @staticmethod
    def stage(in_channels: int, channels: int) -> nn.Sequential:
        """Return a 3 × 3 convolution, a group normalisation and a ReLU."""
        conv = nn.Conv2d(in_channels, channels, 3, padding=1, bias=False)
        return nn.Sequential(conv, nn.GroupNorm(math.gcd(32, channels), channels), nn.ReLU())

    def forward(self, maps: Sequence[torch.Tensor], size: tuple[int, int]) -> torch.Tensor:
        check_maps(maps, self.in_channels)
        sizes, total = [x.shape[2:] for x in maps], 0
        for i, (x, stages) in enumerate(zip(maps, self.stages, strict=True)):
            for s, stage in enumerate(stages):
                x = stage(x)
                if i > 0:
                    finer = sizes[i - 1 - s]
                    x = F.interpolate(x, size=finer, mode="bilinear", align_corners=False)  # -> (B, channels, *finer)
            total = total + x
        logits = self.predict(total)  # (B, channels, H_0, W_0) -> (B, K, H_0, W_0)
        return F.interpolate(logits, size=size, mode="bilinear", align_corners=False)  # -> (B, K, H, W)


class SingleScale(nn.Module):
    """A ViT as a backbone: its patch tokens, normalised, as the only map.

    Args:
        vit: a `VisionTransformer`. Its head stays unused.

    Shapes: `forward_features`: `(B, C, H, W)` → a list of one map `(B, D, H / P, W / P)`.

    Raises:
        TypeError, ValueError: what the ViT raises, such as for images that cannot be cut into its patches.

    Source: Li et al. (2022), section 3, whose backbone has one map, too; their windows and their simple pyramid are not
    here.
    """

    def __init__(self, vit: VisionTransformer):
        super().__init__()
        self.vit = vit

    def forward_features(self, images: torch.Tensor) -> list[torch.Tensor]:
        """Return a list of the only map, `(B, D, H / P, W / P)`, normalised."""
        vit = self.vit
        rows, columns = (side // vit.patch_embed.patch_size for side in images.shape[2:])
        tokens = vit.norm(vit.blocks(vit.embed(images)))[:, -rows * columns :]  # (B, N, D), without the class token
        return [tokens.transpose(1, 2).unflatten(2, (rows, columns))]  # (B, N, D) -> (B, D, rows, columns)


class PyramidBackbone(nn.Module):
    """A backbone and its feature pyramid, in the form that torchvision's detectors take.

    Args:
        backbone: has `forward_features`, from images to a list of maps, the finest first.
        in_channels: channels of these maps.
        out_channels: channels D of the pyramid.

    Shapes: `(B, C, H, W)` → an ordered dictionary `{"0": (B, D, H_0, W_0), "1": ...}`.

    Raises:
        TypeError, ValueError: see `FeaturePyramid`; or what the backbone raises.

    Source: Lin et al. (2017), section 3. torchvision's `BackboneWithFPN` has the same form.
    """

    def __init__(self, backbone: nn.Module, in_channels: Sequence[int], out_channels: int = 256):
        super().__init__()
        self.backbone, self.pyramid = backbone, FeaturePyramid(in_channels, out_channels)
        self.out_channels = out_channels  # detectors ask for it

    def forward(self, images: torch.Tensor) -> OrderedDict[str, torch.Tensor]:
        maps = self.pyramid(self.backbone.forward_features(images))
        return OrderedDict((str(i), x) for i, x in enumerate(maps))


def class_iou(confusion: torch.Tensor) -> torch.Tensor:
    """Return the intersection over union of each class, over all pixels that were counted.

    The pixels that are the class *and* were guessed to be it, divided by the pixels that are *or* were guessed.

    Args:
        confusion: `(K, K)`, `confusion_matrix` of the pixels of a whole set: rows are the true classes. Matrices of
            batches may be added up.

    Returns:
        `(K,)`, float64, from 0 to 1, and nan for a class that occurs neither in truth nor in guesses.

    Source: Everingham et al. (2010), section 4.2, on segmentation.
    """
    both = confusion.diagonal().double()  # (K,)
    return both / (confusion.sum(dim=0) + confusion.sum(dim=1) - both)  # 0 / 0 is nan


def mean_iou(confusion: torch.Tensor) -> float:
    """Return the mean of `class_iou` over the classes that occur: mIoU, from 0 to 1. nan if there is no pixel at all.

    Args:
        confusion: `(K, K)`, see `class_iou`.

    Source: Everingham et al. (2010), section 4.2, on segmentation.
    """
    return class_iou(confusion).nanmean().item()


def check_boxes(boxes: torch.Tensor) -> None:
    """Raise a `ValueError` unless boxes have shape `(..., n, 4)` and each is (x₁, y₁, x₂, y₂), x₁ ≤ x₂ and y₁ ≤ y₂."""
    if boxes.ndim < 2 or boxes.shape[-1] != 4:
        raise ValueError(f"boxes must have shape (..., n, 4), got {tuple(boxes.shape)}.")
    wrong = (boxes[..., 2:] < boxes[..., :2]).any(dim=-1)  # (..., n)
    if wrong.any():
        raise ValueError(
            f"a box is (x1, y1, x2, y2) with x1 <= x2 and y1 <= y2, got {boxes[wrong][0].tolist()}: "
            "is it (x, y, width, height)?"
        )


def box_area(boxes: torch.Tensor) -> torch.Tensor:
    """Return the areas of boxes (x₁, y₁, x₂, y₂) in pixels²: `(..., 4)` → `(...)`. Coordinates are edges."""
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def box_iou(boxes: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """Return the intersection over union of every box with every other.

    Args:
        boxes, others: `(..., n, 4)` and `(..., m, 4)`: left, top, right and bottom edge in pixels, x to the
            right, y downwards.

    Returns:
        `(..., n, m)`, from 0 to 1.

    Raises:
        ValueError: a box whose right edge is left of its left one, or whose bottom is above its top; another shape.

    Source: Everingham et al. (2010), section 4.2. Equal to torchvision's `box_iou`, which does not check boxes, and
    returns nan where neither box has an area; here this is 0.
    """
    check_boxes(boxes)
    check_boxes(others)
    top_left = torch.maximum(boxes[..., :, None, :2], others[..., None, :, :2])  # (..., n, m, 2)
    bottom_right = torch.minimum(boxes[..., :, None, 2:], others[..., None, :, 2:])  # (..., n, m, 2)
    both = (bottom_right - top_left).clamp(min=0).prod(dim=-1)  # (..., n, m)
    either = box_area(boxes)[..., :, None] + box_area(others)[..., None, :] - both  # (..., n, m)
    return torch.where(either > 0, both / either, 0)


def match_detections(iou: torch.Tensor, thresholds: torch.Tensor, ignored: torch.Tensor | None = None) -> torch.Tensor:
    """Match the detections of one image with its true boxes, at several IoU thresholds at once.

    The detections choose one after the other, the most certain first. Each takes the true box that it overlaps most,
    among those that nobody took and whose IoU reaches the threshold.

    Args:
        iou: `(n, m)`, detections by falling score × true boxes.
        thresholds: `(T,)`, the smallest IoU of a hit.
        ignored: `(m,)`, which true boxes do not count. They are taken only where no other reaches the threshold.

    Returns:
        `(T, n)`, int64: the index of the true box that each detection took, -1 for none.

    Source: COCO's evaluation, `evaluateImg` of pycocotools, without crowds.
    """
    n, m = iou.shape
    free = torch.ones(len(thresholds), m, dtype=torch.bool)  # (T, m)
    matches = torch.full((len(thresholds), n), -1)  # (T, n)
    wish = iou if ignored is None else iou - 2 * ignored.to(iou.dtype)  # whatever counts comes first
    for i in (iou >= thresholds.min()).any(dim=1).nonzero().flatten().tolist():  # others reach no threshold
        possible = free & (iou[i] >= thresholds[:, None])  # (T, m)
        best = wish[i].masked_fill(~possible, -torch.inf).argmax(dim=1)  # (T,)
        t = possible.any(dim=1).nonzero().flatten()  # the thresholds at which the detection finds one
        matches[t, i] = best[t]
        free[t, best[t]] = False
    return matches


def average_precision(hits: torch.Tensor, num_truths: int, counted: torch.Tensor | None = None) -> torch.Tensor:
    """Return the average precision: the area under precision against recall, read off at 101 recalls.

    Going down the list of detections, precision is the share of hits so far, and recall the share of true boxes found
    so far. The precision at recall r is the highest that is reached at recall r or beyond, and 0 where r is never
    reached; average precision is its mean over r = 0, 0.01, ..., 1.

    Args:
        hits: `(..., n)`, bool: whether each detection is a hit, by falling score.
        num_truths: how many true boxes there are.
        counted: `(..., n)`, bool: detections that count at all; by default all.

    Returns:
        `(...)`, float64, from 0 to 1; nan if there are no true boxes.

    Source: COCO's evaluation, `accumulate` of pycocotools. Everingham et al. (2010), section 4.2, read it off at 11
    recalls.
    """
    if num_truths == 0:
        return torch.full(hits.shape[:-1], torch.nan, dtype=torch.float64)
    counted = torch.ones_like(hits) if counted is None else counted
    found = (hits & counted).double().cumsum(dim=-1)  # (..., n)
    precision = found / counted.double().cumsum(dim=-1).clamp(min=1)  # (..., n)
    highest = precision.flip(-1).cummax(dim=-1).values.flip(-1)  # at this recall or beyond
    levels = (torch.arange(101, dtype=torch.float64) / 100).expand(*hits.shape[:-1], 101).contiguous()
    place = torch.searchsorted(found / num_truths, levels)  # (..., 101), the first that reaches the level; n for none
    return F.pad(highest, (0, 1)).gather(-1, place).mean(dim=-1)  # (..., n + 1) -> (..., 101) -> (...)


def judge(
    guess: Boxes, truth: Boxes, label: int, thresholds: torch.Tensor, area: tuple[float, float], max_detections: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, int]:
    """Judge what was detected of one class in one image.

    Args:
        guess, truth, area, max_detections: see `average_precisions`.
        label: the class.
        thresholds: `(T,)`, IoU thresholds.

    Returns:
        Scores `(n,)`, falling; whether each detection takes a true box, and whether it counts, both `(T, n)`, bool; and
        how many true boxes count.

    Raises:
        ValueError: wrong boxes, see `check_boxes`.

    Source: COCO's evaluation, `evaluateImg` of pycocotools.
    """
    scores, order = guess["scores"][guess["labels"] == label].sort(descending=True, stable=True)
    boxes = guess["boxes"][guess["labels"] == label][order[:max_detections]]  # (n, 4)
    objects = truth["boxes"][truth["labels"] == label]  # (m, 4)
    beyond, other = ((box_area(b) < area[0]) | (box_area(b) > area[1]) for b in (boxes, objects))  # (n,), (m,)
    match = match_detections(box_iou(boxes, objects), thresholds, other)  # (T, n)
    ignored = torch.where(match >= 0, F.pad(other, (0, 1))[match], beyond)  # index -1 is the padding
    return scores[:max_detections], match >= 0, ~ignored, int((~other).sum())


def average_precisions(
    found: Sequence[Boxes],
    truths: Sequence[Boxes],
    thresholds: Sequence[float] = COCO_THRESHOLDS,
    area: tuple[float, float] = (0, math.inf),
    max_detections: int = 100,
) -> torch.Tensor:
    """Return the average precision of each class at each IoU threshold, over a whole set of images.

    Args:
        found: for each image what a detector returned: `boxes` (n, 4), `scores` (n,), `labels` (n,).
        truths: for each image `boxes` (m, 4) and `labels` (m,).
        thresholds: T of them, the smallest IoU of a hit.
        area: smallest and largest area of the true boxes that count, in pixels². A detection that takes another one, or
            that takes none and is itself outside, does not count, neither for nor against.
        max_detections: per image and class, those with the highest scores.

    Returns:
        `(T, K)`, float64, for the K classes that occur in `truths`, in ascending order; nan where no true box counts.

    Raises:
        ValueError: no images, not as many results as images, or wrong boxes (`check_boxes`) of a class that occurs in
            `truths`.

    Source: COCO's evaluation of boxes, by the area of the box, without crowds. Recalls are exact hundredths here.
    """
    if len(found) != len(truths) or len(truths) == 0:
        raise ValueError(f"there must be one result for each image, got {len(found)} for {len(truths)} images.")
    limits, columns = torch.tensor(thresholds, dtype=torch.float64), []
    names = ("boxes", "labels", "scores")  # a detector may return more
    found, truths = (
        [{name: one[name].detach().cpu().double() for name in names if name in one} for one in images]
        for images in (found, truths)
    )
    for label in torch.cat([truth["labels"] for truth in truths]).unique():
        judged = [judge(*pair, label, limits, area, max_detections) for pair in zip(found, truths, strict=True)]
        scores, hits, counted, nums_truths = zip(*judged, strict=True)
        order = torch.cat(scores).argsort(descending=True, stable=True)
        hits, counted = (torch.cat(parts, dim=1)[:, order] for parts in (hits, counted))  # (T, all detections)
        columns.append(average_precision(hits, sum(nums_truths), counted))
    return torch.stack(columns, dim=1) if columns else torch.zeros(len(limits), 0, dtype=torch.float64)


def mean_average_precision(found: Sequence[Boxes], truths: Sequence[Boxes], **options) -> float:
    """Return the mean of `average_precisions` over thresholds and classes: COCO's AP. nan if no true box counts.

    Args:
        found, truths, options: see `average_precisions`.

    Raises:
        ValueError: see `average_precisions`.

    Source: COCO's evaluation.
    """
    return average_precisions(found, truths, **options).nanmean().item()
