"""Dense prediction: torchvision's pyramid and box IoU, mIoU and AP of torchmetrics and by the rules; detectors run."""

import itertools
import math
from collections import OrderedDict
from fractions import Fraction

import pytest
import timm
import torch
import torchvision
from sklearn.metrics import jaccard_score
from torch import nn
from torchmetrics.detection import MeanAveragePrecision
from torchmetrics.functional.classification import multiclass_jaccard_index
from torchvision.models.detection import FCOS
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.ops import FeaturePyramidNetwork

from utils import weights
from utils.models.dense_prediction import (
    COCO_THRESHOLDS,
    FeaturePyramid,
    PyramidBackbone,
    SegmentationHead,
    SingleScale,
    average_precision,
    average_precisions,
    box_area,
    box_iou,
    check_boxes,
    check_maps,
    class_iou,
    judge,
    match_detections,
    mean_average_precision,
    mean_iou,
)
from utils.models.transfer_learning import confusion_matrix
from utils.models.vision_transformer import VisionTransformer
from utils.weights import TIMM_VIT, TORCHVISION_FPN


def cut(x, channels, sizes):
    """Turn `(B, all values)` into maps of these channels and sizes: `compare` has one input."""
    counts = [C * H * W for C, (H, W) in zip(channels, sizes, strict=True)]
    parts = x.split(counts, dim=1)
    return [part.reshape(len(x), C, H, W) for part, C, (H, W) in zip(parts, channels, sizes, strict=True)]


def joined(maps):
    return torch.cat([x.flatten(1) for x in maps], dim=1)


SIZES = [
    [(16, 16), (8, 8), (4, 4), (2, 2)],
    [(16, 24), (8, 12), (4, 6), (2, 3)],
    [(15, 21), (8, 11), (4, 6), (2, 3)],  # odd ones, rounded up
    [(15, 21), (7, 10), (3, 5), (1, 2)],  # rounded down
    [(9, 7), (9, 7), (3, 2), (1, 1)],
]
CHANNELS = [6, 10, 14, 18]


# The pyramid


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("levels", [1, 3, 4])
def test_pyramid_is_torchvisions(sizes, levels):
    channels, sizes = CHANNELS[:levels], sizes[:levels]

    class Ours(FeaturePyramid):
        def forward(self, x):
            return joined(super().forward(cut(x, channels, sizes)))

    def theirs(model, x):
        return joined(model(OrderedDict((str(i), y) for i, y in enumerate(cut(x, channels, sizes)))).values())

    torch.manual_seed(0)
    x = torch.randn(3, sum(C * H * W for C, (H, W) in zip(channels, sizes, strict=True)))
    reference = FeaturePyramidNetwork(channels, 8)
    for parameter in reference.parameters():
        nn.init.normal_(parameter, std=0.3)  # biases too
    weights.compare(Ours(channels, 8), reference, TORCHVISION_FPN, x, theirs)


def test_pyramid_starts_like_torchvisions():
    torch.manual_seed(0)
    ours, theirs = FeaturePyramid([64, 128], 96), FeaturePyramidNetwork([64, 128], 96)
    for conv, (other, *_) in zip(ours.lateral, theirs.inner_blocks, strict=True):
        torch.testing.assert_close(conv.weight.std(), other.weight.std(), rtol=0.05, atol=0)
        assert not conv.bias.any()


@pytest.mark.parametrize(
    ("channels", "sizes", "message"),
    [
        ([6, 10], [(8, 8), (4, 4)], r"expected 3 maps of \[6, 10, 14\] channels, got \[6, 10\]"),
        ([6, 14, 10], [(8, 8), (4, 4), (2, 2)], r"got \[6, 14, 10\]"),
        ([6, 10, 14], [(2, 2), (4, 4), (8, 8)], "finest to the coarsest"),
        ([6, 10, 14], [(8, 8), (4, 9), (2, 2)], "finest to the coarsest"),
    ],
)
def test_other_maps_are_refused(channels, sizes, message):
    maps = [torch.zeros(1, C, *size) for C, size in zip(channels, sizes, strict=True)]
    for use in (FeaturePyramid([6, 10, 14], 4), lambda maps: check_maps(maps, [6, 10, 14])):
        with pytest.raises(ValueError, match=message):
            use(maps)


def test_a_pyramid_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one map"):
        FeaturePyramid([])


# The head for masks


class PanopticBranch(nn.Module):
    """The branch as its authors' code has it: every enlargement is a layer that doubles the size."""

    def __init__(self, in_channels, levels, num_classes, channels):
        super().__init__()
        self.branches = nn.ModuleList()
        for level in range(levels):
            layers = []
            for stage in range(max(1, level)):
                layers.append(nn.Conv2d(channels if stage else in_channels, channels, 3, padding=1, bias=False))
                layers += [nn.GroupNorm(math.gcd(32, channels), channels), nn.ReLU()]
                if level:
                    layers.append(nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False))
            self.branches.append(nn.Sequential(*layers))
        self.predictor = nn.Conv2d(channels, num_classes, 1)

    def forward(self, maps):
        x = sum(branch(x) for branch, x in zip(self.branches, maps, strict=True))
        return nn.functional.interpolate(self.predictor(x), scale_factor=4, mode="bilinear", align_corners=False)


@pytest.mark.parametrize("size", [(16, 16), (16, 24)])
@pytest.mark.parametrize("levels", [1, 2, 4])
def test_mask_head_is_the_papers(size, levels):
    sizes = [(size[0] >> i, size[1] >> i) for i in range(levels)]

    class Ours(SegmentationHead):
        def forward(self, x):
            return super().forward(cut(x, [6] * levels, sizes), (4 * size[0], 4 * size[1]))

    def index(level, stage, part):  # in the authors' nn.Sequential: 3 or 4 layers a stage
        return stage * (4 if level else 3) + part

    rules = [(r"predictor\.(.+)", r"predict.\1")] + [
        (rf"branches\.{i}\.{index(i, s, part)}\.(.+)", rf"stages.{i}.{s}.{part}.\1")
        for i in range(levels)
        for s in range(max(1, i))
        for part in (0, 1)
    ]
    torch.manual_seed(0)
    reference = PanopticBranch(6, levels, 5, 8)
    for parameter in reference.parameters():
        nn.init.normal_(parameter, std=0.3)
    x = torch.randn(2, sum(6 * H * W for H, W in sizes))
    weights.compare(Ours(6, levels, 5, 8), reference, rules, x, lambda model, x: model(cut(x, [6] * levels, sizes)))


@pytest.mark.parametrize("sizes", SIZES)
def test_mask_head_takes_odd_maps(sizes):
    head = SegmentationHead(6, 4, 3, channels=12)
    logits = head([torch.randn(2, 6, *size) for size in sizes], (61, 83))
    assert logits.shape == (2, 3, 61, 83)


def test_mask_head_refuses_other_maps():
    with pytest.raises(ValueError, match=r"expected 2 maps of \[6, 6\] channels, got \[6\]"):
        SegmentationHead(6, 2, 3)([torch.zeros(1, 6, 4, 4)], (16, 16))


# Backbones


@pytest.mark.parametrize("pool", ["class", "mean"])
@pytest.mark.parametrize("size", [(32, 32), (24, 40)])
def test_single_scale_is_what_timm_gives(pool, size):
    options = dict(patch_size=8, num_classes=3, embed_dim=24, depth=2, num_heads=3)
    pooling = dict(class_token=True) if pool == "class" else dict(class_token=False, global_pool="avg", fc_norm=False)
    reference = timm.models.VisionTransformer(img_size=size, **pooling, **options)
    for parameter in reference.parameters():
        nn.init.normal_(parameter, std=0.2)

    class Ours(VisionTransformer):
        def forward(self, x):
            return SingleScale(self).forward_features(x)[0]

    def theirs(model, x):
        return model.get_intermediate_layers(x, 1, reshape=True, norm=True)[0]

    weights.compare(Ours(size, pool=pool, **options), reference, TIMM_VIT, torch.randn(2, 3, *size), theirs)


class Two(nn.Module):
    """A backbone of two maps."""

    def __init__(self):
        super().__init__()
        self.fine, self.coarse = nn.Conv2d(3, 6, 4, 4), nn.Conv2d(6, 10, 2, 2)

    def forward_features(self, images):
        fine = self.fine(images)
        return [fine, self.coarse(fine.relu())]


def small_detector():
    torch.manual_seed(0)
    return FCOS(
        PyramidBackbone(Two(), [6, 10], 32),
        num_classes=4,
        min_size=32,
        max_size=64,
        anchor_generator=AnchorGenerator(((4,), (8,)), ((1.0,),) * 2),
        score_thresh=0.0,
    )


def test_torchvisions_detector_trains_on_our_backbone_and_we_measure_it():
    detector = small_detector()
    images = [torch.rand(3, 32, 48), torch.rand(3, 32, 32)]
    boxes = torch.tensor([[2.0, 3.0, 20.0, 18.0]])
    truths = [
        {"boxes": boxes, "labels": torch.tensor([2])},
        {"boxes": boxes[:0], "labels": torch.zeros(0, dtype=torch.int64)},
    ]
    sum(detector(images, truths).values()).backward()
    assert all(p.grad is not None and p.grad.any() for p in detector.backbone.parameters())
    found = detector.eval()(images)
    assert [set(one) for one in found] == [{"boxes", "scores", "labels"}] * 2
    assert 0 <= mean_average_precision(found, truths) <= 1


def test_pyramid_backbone_names_its_maps_in_order():
    backbone = PyramidBackbone(Two(), [6, 10], 32)
    maps = backbone(torch.rand(2, 3, 32, 48))
    assert {name: tuple(x.shape) for name, x in maps.items()} == {"0": (2, 32, 8, 12), "1": (2, 32, 4, 6)}
    assert backbone.out_channels == 32


# Masks


@pytest.mark.parametrize("seed", range(20))
def test_class_iou_is_scikit_learns(seed):
    generator = torch.Generator().manual_seed(seed)
    K = 2 + seed % 5
    labels, guesses = torch.randint(K, (2, 200), generator=generator)
    found = class_iou(confusion_matrix(labels, guesses, K))
    expected = torch.from_numpy(jaccard_score(labels, guesses, labels=range(K), average=None))
    torch.testing.assert_close(found, expected)
    assert math.isclose(mean_iou(confusion_matrix(labels, guesses, K)), expected.mean())


@pytest.mark.parametrize("present", [5, 3])  # of five classes; those that do not occur at all do not count
@pytest.mark.parametrize("shape", [(500,), (3, 9, 14)])
def test_mean_iou_is_torchmetrics(shape, present):
    labels, guesses = torch.randint(present, (2, *shape), generator=torch.Generator().manual_seed(present))
    confusion = confusion_matrix(labels.flatten(), guesses.flatten(), 5)
    assert mean_iou(confusion) == pytest.approx(multiclass_jaccard_index(guesses, labels, 5).item(), rel=1e-6)
    each = multiclass_jaccard_index(guesses, labels, 5, average="none")[:present].double()
    torch.testing.assert_close(class_iou(confusion)[:present], each, rtol=1e-6, atol=0)


def test_classes_that_do_not_occur_do_not_count():
    confusion = torch.tensor([[4, 1, 0, 0], [0, 5, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]])
    torch.testing.assert_close(class_iou(confusion)[:2], torch.tensor([4 / 5, 5 / 6], dtype=torch.float64))
    assert class_iou(confusion)[2:].isnan().all()
    assert mean_iou(confusion) == pytest.approx((4 / 5 + 5 / 6) / 2)
    confusion[0, 3] = 1  # guessed once, never there: an IoU of 0 that counts
    assert mean_iou(confusion) == pytest.approx((4 / 6 + 5 / 6 + 0) / 3)
    assert math.isnan(mean_iou(torch.zeros(3, 3, dtype=torch.int64)))


def test_iou_of_a_set_is_not_the_mean_over_images():
    labels = torch.tensor([[0, 0, 0, 1], [1, 1, 1, 1]])
    guesses = torch.tensor([[0, 0, 0, 0], [1, 1, 1, 1]])
    whole = sum(confusion_matrix(*pair, 2) for pair in zip(labels, guesses, strict=True))
    assert torch.equal(whole, confusion_matrix(labels.flatten(), guesses.flatten(), 2))
    assert mean_iou(whole) == pytest.approx((3 / 4 + 4 / 5) / 2)


# Boxes


def random_boxes(generator, *shape, side=40, whole=False):
    corners = side * torch.rand(*shape, 2, 2, generator=generator, dtype=torch.float64)
    if whole:
        corners = (corners / 5).round() * 5
    return torch.cat([corners.amin(-2), corners.amax(-2)], dim=-1)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("shapes", [((5,), (7,)), ((2, 3, 4), (2, 3, 2)), ((0,), (3,)), ((3,), (0,))])
def test_box_iou_is_torchvisions(seed, shapes):
    generator = torch.Generator().manual_seed(seed)
    boxes, others = (random_boxes(generator, *shape, whole=seed % 2 == 0) for shape in shapes)
    expected = torchvision.ops.box_iou(boxes, others).nan_to_num()
    torch.testing.assert_close(box_iou(boxes, others), expected)
    torch.testing.assert_close(
        box_area(boxes[None])[0], (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])
    )


def test_box_iou_by_hand():
    boxes = torch.tensor([[0.0, 0, 2, 2], [1, 1, 3, 3], [2, 0, 4, 2], [5, 5, 5, 5]])
    expected = torch.tensor([[1, 1 / 7, 0, 0], [1 / 7, 1, 1 / 7, 0], [0, 1 / 7, 1, 0], [0, 0, 0, 0]])
    torch.testing.assert_close(box_iou(boxes, boxes), expected)


@pytest.mark.parametrize("box", [[10.0, 10, 4, 20], [10, 10, 20, 9.5]])
def test_sizes_in_place_of_corners_are_noticed(box):
    with pytest.raises(ValueError, match="x, y, width, height"):
        box_iou(torch.tensor([[0.0, 0, 1, 1], box]), torch.zeros(1, 4))


@pytest.mark.parametrize("shape", [(4,), (0,), (3, 5)])
def test_boxes_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"shape \(\.\.\., n, 4\)"):
        check_boxes(torch.zeros(shape))


# Average precision, against COCO's rules spelled out one by one, in fractions


def slow_iou(a, b):
    both = max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))
    either = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both
    return both / either if either else 0.0


def slow_ap(found, truths, label, threshold, area, most):
    marked, total = [], 0  # (score, hit or miss)
    for guess, truth in zip(found, truths, strict=True):
        of_class = lambda one: [k for k, other in enumerate(one["labels"].tolist()) if other == label]  # noqa: E731
        objects = [truth["boxes"][k].tolist() for k in of_class(truth)]
        inside = lambda b: area[0] <= (b[2] - b[0]) * (b[3] - b[1]) <= area[1]  # noqa: E731
        total += sum(map(inside, objects))
        guesses = [(guess["scores"][k].item(), guess["boxes"][k].tolist()) for k in of_class(guess)]
        taken = set()
        for score, box in sorted(guesses, key=lambda one: -one[0])[:most]:
            fits = [j for j, o in enumerate(objects) if j not in taken and slow_iou(box, o) >= threshold]
            fits = [j for j in fits if inside(objects[j])] or fits
            if fits:
                best = max(fits, key=lambda j: slow_iou(box, objects[j]))
                taken.add(best)
                if inside(objects[best]):
                    marked.append((score, True))
            elif inside(box):
                marked.append((score, False))
    if total == 0:
        return math.nan
    marked.sort(key=lambda one: -one[0])
    points, hits = [], 0
    for n, (_, hit) in enumerate(marked, 1):
        hits += hit
        points.append((Fraction(hits, total), Fraction(hits, n)))
    levels = [Fraction(r, 100) for r in range(101)]
    return float(sum(max([p for r, p in points if r >= level], default=0) for level in levels) / 101)


def random_set(seed, images=6, classes=3, whole=False):
    """Return detections that are partly true boxes, moved a little, and partly inventions, for some images none."""
    generator = torch.Generator().manual_seed(seed)
    found, truths = [], []
    for _ in range(images):
        m, extra = torch.randint(0, 6, (2,), generator=generator).tolist()
        objects = random_boxes(generator, m, whole=whole)
        moved = objects[torch.rand(m, generator=generator) < 0.8].repeat(2, 1)
        moved = moved + torch.randn(moved.shape, generator=generator, dtype=torch.float64) * (0 if whole else 1.5)
        moved = torch.cat([torch.minimum(moved[:, :2], moved[:, 2:]), torch.maximum(moved[:, :2], moved[:, 2:])], 1)
        boxes = torch.cat([moved, random_boxes(generator, extra, whole=whole)])
        labels = torch.randint(classes, (m,), generator=generator)
        truths.append({"boxes": objects, "labels": labels})
        scores = torch.rand(len(boxes), generator=generator, dtype=torch.float64)
        guessed = torch.randint(classes, (len(boxes),), generator=generator)
        found.append({"boxes": boxes, "scores": scores, "labels": guessed})
    return found, truths


@pytest.mark.parametrize("area", [(0, math.inf), (0, 200), (200, 500), (500, math.inf)])
@pytest.mark.parametrize("seed", range(12))
def test_average_precisions_follow_cocos_rules(seed, area):
    found, truths = random_set(seed, images=1 + seed)
    most = 100 if seed % 3 else 2
    table = average_precisions(found, truths, area=area, max_detections=most)
    labels = torch.cat([truth["labels"] for truth in truths]).unique().tolist()
    assert table.shape == (10, len(labels)) and table.dtype == torch.float64
    for (i, threshold), (k, label) in itertools.product(enumerate(COCO_THRESHOLDS), enumerate(labels)):
        expected = slow_ap(found, truths, label, threshold, area, most)
        assert table[i, k].item() == pytest.approx(expected, nan_ok=True), (threshold, label)


def as_floats(results):
    """Return results as torchmetrics takes them."""
    return [{key: x.float() if x.is_floating_point() else x for key, x in one.items()} for one in results]


def torchmetrics_of(found, truths, **options):
    """Return torchmetrics' metrics at COCO's exact levels. Its own are float32, where 0.29 is a little above 29 %."""
    levels = {"iou_thresholds": list(COCO_THRESHOLDS), "rec_thresholds": [r / 100 for r in range(101)]}
    metric = MeanAveragePrecision(**levels, **options)
    metric.update(found, truths)
    return metric.compute()


@pytest.mark.parametrize("seed", range(6))
def test_average_precisions_are_torchmetrics(seed):
    found, truths = map(as_floats, random_set(seed, images=40))
    expected = torchmetrics_of(found, truths, class_metrics=True)
    table = average_precisions(found, truths)
    torch.testing.assert_close(table.nanmean(dim=0).float(), expected["map_per_class"], rtol=0, atol=1e-6)
    for name, rows in {"map": slice(None), "map_50": 0, "map_75": 5}.items():
        assert table[rows].nanmean().item() == pytest.approx(expected[name].item(), abs=1e-6), name


@pytest.mark.parametrize("seed", range(6))
def test_average_precisions_by_size_are_torchmetrics(seed):
    found, truths = map(as_floats, random_set(seed, images=40))
    for one in [*found, *truths]:
        one["boxes"] = one["boxes"] * 4  # up to 160 pixels a side: COCO's three sizes
    expected = torchmetrics_of(found, truths)
    for name, area in {"small": (0, 32**2), "medium": (32**2, 96**2), "large": (96**2, math.inf)}.items():
        ours = mean_average_precision(found, truths, area=area)
        assert ours == pytest.approx(expected[f"map_{name}"].item(), abs=1e-6), name


def test_recalls_are_exact_hundredths():
    for total in (1, 3, 7, 10, 25, 29, 50, 100):
        hits = torch.rand(total, generator=torch.Generator().manual_seed(total)) < 0.7
        scores = torch.rand(total, generator=torch.Generator().manual_seed(1))
        found = [boxes_of(A if hit else FAR, scores=[score]) for hit, score in zip(hits, scores.tolist(), strict=True)]
        truths = [boxes_of(A)] * total
        expected = slow_ap(found, truths, 1, 0.5, (0, math.inf), 100)
        assert average_precisions(found, truths, [0.5]).item() == pytest.approx(expected, abs=1e-12)


def boxes_of(*boxes, labels=None, scores=None):
    one = {"boxes": torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4)}
    one["labels"] = torch.tensor(labels or [1] * len(boxes), dtype=torch.int64)
    return one if scores is None else one | {"scores": torch.tensor(scores, dtype=torch.float32)}


A, B, FAR = (0, 0, 10, 10), (20, 20, 30, 30), (50, 50, 60, 60)


@pytest.mark.parametrize(
    ("found", "truth", "expected"),
    [
        (boxes_of(A, B, scores=[0.9, 0.8]), boxes_of(A, B), 1.0),
        (boxes_of(A, scores=[0.9]), boxes_of(A, B), 51 / 101),  # recalls 0 to 0.50 are reached
        (boxes_of(FAR, A, scores=[0.9, 0.8]), boxes_of(A), 0.5),
        (boxes_of(A, A, B, scores=[0.9, 0.8, 0.7]), boxes_of(A, B), (51 + 50 * 2 / 3) / 101),  # a truth is taken once
        (boxes_of(A, FAR, scores=[0.9, 0.8]), boxes_of(A), 1.0),  # what comes after the last truth costs nothing
        (boxes_of(A, scores=[0.9], labels=[2]), boxes_of(A), 0.0),  # right box, wrong class
        (boxes_of(scores=[]), boxes_of(A), 0.0),
    ],
)
def test_average_precision_by_hand(found, truth, expected):
    assert mean_average_precision([found], [truth]) == pytest.approx(expected)


def test_what_else_a_detector_returns_does_not_matter():
    found = boxes_of(A, scores=[0.9]) | {"masks": None, "name": "of the image"}
    assert mean_average_precision([found], [boxes_of(A) | {"image_id": 7}]) == 1


def test_without_true_boxes_there_is_no_average():
    assert math.isnan(mean_average_precision([boxes_of(A, scores=[0.9])], [boxes_of()]))
    assert average_precisions([boxes_of(A, scores=[0.9])], [boxes_of()]).shape == (10, 0)
    assert average_precision(torch.zeros(10, 3, dtype=torch.bool), 0).isnan().all()
    assert math.isnan(mean_average_precision([boxes_of(A, scores=[0.9])], [boxes_of(A)], area=(0, 50)))


def test_thresholds_are_reached_by_equality():
    half = (0, 0, 10, 5)  # IoU 0.5 with A
    found, truth = [boxes_of(half, scores=[0.9])], [boxes_of(A)]
    assert average_precisions(found, truth)[:, 0].tolist() == [1.0] + [0.0] * 9


def test_each_detection_takes_the_best_free_box():
    iou = torch.tensor([[0.6, 0.8, 0.0], [0.7, 0.9, 0.0], [0.1, 0.2, 0.3]])
    limits = torch.tensor([0.5, 0.65, 0.75])
    assert match_detections(iou, limits).tolist() == [[1, 0, -1], [1, 0, -1], [1, -1, -1]]
    ignored = torch.tensor([False, True, False])
    assert match_detections(iou, limits, ignored).tolist() == [[0, 1, -1], [1, 0, -1], [1, -1, -1]]


def test_judge_says_which_detections_count():
    found, truth = boxes_of(FAR, A, B, scores=[0.5, 0.9, 0.7]), boxes_of(A, (20, 20, 60, 60))
    limits = torch.tensor([0.5])
    scores, hits, counted, total = judge(found, truth, 1, limits, (0, 200), 100)
    assert scores.tolist() == pytest.approx([0.9, 0.7, 0.5]) and total == 1
    assert hits.tolist() == [[True, False, False]] and counted.tolist() == [[True, True, True]]
    _, hits, counted, total = judge(found, truth, 1, limits, (200, 5000), 100)  # none of the small ones counts
    assert not counted.any() and total == 1


@pytest.mark.parametrize("counts", [(1, 2), (0, 0)])
def test_one_result_for_each_image(counts):
    one = boxes_of(A, scores=[1.0])
    with pytest.raises(ValueError, match=f"got {counts[0]} for {counts[1]} images"):
        mean_average_precision([one] * counts[0], [one] * counts[1])
