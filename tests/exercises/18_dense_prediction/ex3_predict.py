# %% wrong: union without subtracting the intersection, and the +1 only on the boxes
def predictions():
    return {
        "iou": 25 / 200,
        "plus_one": 12 / 38,
        "miou": 0.7346,
        "ap": 0.5545,
        "points": 504,
        "parameters": 2729984,
    }


# %% wrong: the class that does not occur counts as 0
def predictions():
    return {
        "iou": 1 / 7,
        "plus_one": 2 / 3,
        "miou": (50 / 65 + 35 / 50 + 0) / 3,
        "ap": 56 / 101,
        "points": 504,
        "parameters": 2729984,
    }


# %% wrong: recall per class instead of IoU
def predictions():
    return {
        "iou": 1 / 7,
        "plus_one": 2 / 3,
        "miou": (50 / 60 + 35 / 40) / 2,
        "ap": 56 / 101,
        "points": 504,
        "parameters": 2729984,
    }


# %% wrong: AP as the mean precision of the hits that there are
def predictions():
    return {
        "iou": 1 / 7,
        "plus_one": 2 / 3,
        "miou": 0.7346,
        "ap": (1 + 2 / 3) / 2,
        "points": 504,
        "parameters": 2729984,
    }


# %% wrong: AP with VOC's eleven recalls
def predictions():
    return {
        "iou": 1 / 7,
        "plus_one": 2 / 3,
        "miou": 0.7346,
        "ap": (4 + 3 * 2 / 3) / 11,
        "points": 504,
        "parameters": 2729984,
    }


# %% wrong: biases forgotten
def predictions():
    return {
        "iou": 1 / 7,
        "plus_one": 2 / 3,
        "miou": 0.7346,
        "ap": 0.5545,
        "points": 504,
        "parameters": 256 * (96 + 192 + 384 + 768) + 4 * 9 * 256 * 256,
    }


# %% wrong: one smoothing convolution for all maps
def predictions():
    return {
        "iou": 1 / 7,
        "plus_one": 2 / 3,
        "miou": 0.7346,
        "ap": 0.5545,
        "points": 504,
        "parameters": sum((C + 1) * 256 for C in (96, 192, 384, 768)) + (9 * 256 + 1) * 256,
    }


# %% wrong: points of square maps, and IoUs in percent
def predictions():
    return {
        "iou": 100 / 7,
        "plus_one": 200 / 3,
        "miou": 0.7346,
        "ap": 0.5545,
        "points": 16 * 16 + 8 * 8 + 4 * 4,
        "parameters": 2729984,
    }


# %% wrong: AP as the exact area under the steps, not read off at 101 recalls
def predictions():
    return {
        "iou": 25 / 175,
        "plus_one": 20 / 30,
        "miou": (50 / 65 + 35 / 50) / 2,
        "ap": 1 / 3 + 1 / 3 * 2 / 3,
        "points": 504,
        "parameters": 2729984,
    }


# %% right: rounded to three digits, as tensors and NumPy scalars
def predictions():
    import numpy as np

    return {
        "iou": torch.tensor(0.143),
        "plus_one": np.float32(0.667),
        "miou": np.float64(0.735),
        "ap": 0.554,
        "points": torch.tensor([504]),
        "parameters": np.int64(2729984),
    }


# %% right: computed, with fractions and other names beside
def predictions():
    from fractions import Fraction

    confusion = torch.tensor([[50.0, 10, 0], [5, 35, 0], [0, 0, 0]])
    iou = confusion.diagonal() / (confusion.sum(0) + confusion.sum(1) - confusion.diagonal())
    best = [1 if 3 * r <= 100 else Fraction(2, 3) if 3 * r <= 200 else 0 for r in range(101)]
    return dict(
        iou=Fraction(25, 175),
        plus_one=Fraction(4 * 5, 25 + 25 - 20),
        miou=iou.nanmean(),
        ap=sum(best) / 101,
        points=sum((128 // s) * (192 // s) for s in (8, 16, 32)),
        parameters=1440 * 256 + 4 * 256 + 4 * (256 * 256 * 9 + 256),
        strides=(8, 16, 32),
    )
