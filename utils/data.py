"""Images for the lessons: photographs and digits that ship inside a dependency, and sets that are generated."""

import math
import os
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from tqdm.auto import tqdm

PHOTOS = {
    "cat": ("skimage/data", "chelsea.png", "a ginger cat's face"),
    "astronaut": ("skimage/data", "astronaut.png", "an astronaut in an orange suit before a flag and a space shuttle"),
    "coffee": ("skimage/data", "coffee.png", "a cup of coffee on a wooden table"),
    "temple": ("sklearn/datasets/images", "china.jpg", "a Chinese temple above a green valley"),
    "flower": ("sklearn/datasets/images", "flower.jpg", "an orange dahlia"),
}
SHAPES = ("disc", "ring", "square", "frame", "diamond", "triangle", "plus", "cross")
COLOURS = {
    "red": (0.9, 0.1, 0.1),
    "green": (0.1, 0.7, 0.1),
    "blue": (0.1, 0.2, 0.9),
    "yellow": (0.95, 0.9, 0.1),
    "magenta": (0.9, 0.1, 0.9),
    "cyan": (0.1, 0.85, 0.9),
    "white": (1.0, 1.0, 1.0),
    "black": (0.0, 0.0, 0.0),
    "orange": (1.0, 0.5, 0.0),
    "violet": (0.45, 0.1, 0.8),
    "brown": (0.45, 0.25, 0.1),
    "pink": (1.0, 0.65, 0.75),
}
FRAMES = ("white", "black", "magenta", "cyan")
ANSWERS = ("red", "green", "blue", "yellow")
DIRECTIONS = ("right", "below", "left", "above")
SCENE_HUES = {"red": 0.0, "yellow": 0.15, "blue": 0.62}
SCENE_CLASSES = ("ground", *SCENE_HUES)
SCENE_AREAS = {
    "small": (0, 1 / 64),
    "medium": (1 / 64, 1 / 14),
    "large": (1 / 14, 1),
}  # of a box, as shares of the image
GROUND = 0.5  # grey, the colour of the cells that are empty
CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
FASHION_MNIST = ("top", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
IMAGES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff")  # endings that `image_folder` reads


def photo(name: str = "cat", size: int | tuple[int, int] | None = None) -> torch.Tensor:
    """Return a photograph as a float tensor `(3, H, W)` with values in [0, 1].

    Args:
        name: one of `PHOTOS`.
        size: side in pixels, or `(H, W)`. The photograph is cropped around its centre to that shape and resized
            (bicubic, antialiased). `None` keeps the original size.

    Raises:
        TypeError: the size is neither an integer nor a pair of integers.
        ValueError: unknown name, or a size below one pixel.
    """
    return _pixels(_open(name), size)


def _pixels(picture: Image.Image, size: int | tuple[int, int] | None) -> torch.Tensor:
    """Crop a picture around its centre to a shape, resize it, and return it as `(3, H, W)`; see `photo`."""
    if size is not None:
        sides = size if isinstance(size, tuple) else (size, size)
        if len(sides) != 2 or not all(type(side) is int for side in sides):
            raise TypeError(f"size must be a side in pixels or (height, width), both integers, got {size!r}.")
        height, width = sides
        if min(sides) < 1:
            raise ValueError(f"size must be at least 1 pixel, got {size}.")
        picture = ImageOps.fit(picture, (width, height), Image.Resampling.BICUBIC)
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1).float() / 255  # (H, W, 3) -> (3, H, W)


def photo_alt(name: str) -> str:
    """Return what a photograph shows, as text for readers who cannot see it."""
    return _entry(name)[2]


def _entry(name: str) -> tuple[str, str, str]:
    if name not in PHOTOS:
        raise ValueError(f"there is no photograph {name!r}. Choose one of: {', '.join(PHOTOS)}.")
    return PHOTOS[name]


@cache
def _open(name: str) -> Image.Image:
    folder, filename, _ = _entry(name)
    library, *folders = folder.split("/")
    package = Path(find_spec(library).origin).parent  # without importing it: scikit-learn takes seconds
    return Image.open(package.joinpath(*folders, filename)).convert("RGB")


def shapes(count: int, seed: int = 0, size: int = 32) -> tuple[torch.Tensor, torch.Tensor]:
    """Return images of one coloured shape on a textured ground, and which of `SHAPES` it is.

    A task with local cues: the edges and corners of a few neighbouring pixels tell the class. Nothing else does:
    colour, position, size and ground are drawn independently of the class, all shapes of a size cover the same area,
    and every class is equally frequent. Guessing is right in 1 of 8 cases.

    Args:
        count: how many images.
        seed: the same seed gives the same images, another one others: train on 0, test on 1.
        size: side of the images in pixels, at least 16.

    Returns:
        Images `(count, 3, size, size)`, float32 in [0, 1], and labels `(count,)`, int64, positions in `SHAPES`.

    Raises:
        ValueError: a negative count, or a size below 16 pixels.
    """
    _check_count(count)
    if size < 16:
        raise ValueError(f"size must be at least 16 pixels, below that shapes look alike, got {size}.")
    generator = torch.Generator().manual_seed(seed)
    labels = _balanced(count, len(SHAPES), generator)

    side = size * _uniform(generator, count, low=0.3, high=0.42)  # pixels; a shape covers side²
    room = size - _EXTENT * side  # so that it stays inside whatever its class
    centre = _EXTENT * side[:, None] / 2 + room[:, None] * _uniform(generator, count, 2)  # (count, 2): x, y
    pixels = torch.arange(size) + 0.5
    x = (pixels[None, None, :] - centre[:, 0, None, None]) / side[:, None, None]  # (count, 1, size)
    y = (pixels[None, :, None] - centre[:, 1, None, None]) / side[:, None, None]  # (count, size, 1)
    distance = torch.empty(count, size, size)  # to the edge, in pixels, negative inside
    for label, name in enumerate(SHAPES):
        chosen = labels == label
        distance[chosen] = _distance(name, x[chosen], y[chosen]) * side[chosen, None, None]
    cover = (0.5 - distance).clamp(0, 1)[:, None]  # (count, 1, size, size), soft at the edge

    hue = _uniform(generator, count)
    contrast = _uniform(generator, count, low=0.25, high=0.75)  # hue of the shape, seen from the ground's
    ground = _texture(hue, size, generator)
    colour = _rgb(
        hue + contrast, _uniform(generator, count, low=0.4, high=1), _uniform(generator, count, low=0.4, high=1)
    )
    return _eight_bits(ground + cover * (colour[:, :, None, None] - ground)), labels


def same_different(count: int, seed: int = 0, size: int = 16, cell: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    """Return images of two coloured cells, far apart on grey, and whether they have the same colour.

    A relation between distant patches: each cell alone says nothing about the label, and neither do the places. The
    colours are the twelve of `COLOURS`, equally frequent for both labels. The cells do not touch, not even at a corner.
    Guessing is right in 1 of 2 cases. At the default size there are 78 pairs of places and so 11,232 different images.
    Every other pair, in reading order, is for even seeds and the rest for odd ones: a model that is right on an odd
    seed after training on an even one has not memorised images.

    Args:
        count: how many images.
        seed: the same seed gives the same images. Train on an even one and test on an odd one: they share no image.
        size: side of the images in pixels, a multiple of `cell`, at least three cells.
        cell: side of a cell in pixels, such as the patch size of the model.

    Returns:
        Images `(count, 3, size, size)`, float32 in [0, 1], and labels `(count,)`, int64: 1 for the same colour, 0 for
        different ones; as many of one as of the other (an odd count has one more 0).

    Raises:
        ValueError: a negative count, a size that is no multiple of the cell, or fewer than 3 × 3 cells.
    """
    grid = _check_grid(count, size, cell, cells=3)
    generator = torch.Generator().manual_seed(seed)
    labels = _balanced(count, 2, generator)
    row, column = torch.arange(grid * grid) // grid, torch.arange(grid * grid) % grid
    apart = torch.maximum((row[:, None] - row).abs(), (column[:, None] - column).abs()) >= 2
    pairs = _half(apart.triu().nonzero(), seed)
    cells = _choose(pairs, count, generator)  # (count, 2), positions in reading order

    first = torch.randint(len(COLOURS), (count,), generator=generator)
    other = torch.randint(1, len(COLOURS), (count,), generator=generator)  # steps to another colour
    second = torch.where(labels == 1, first, (first + other) % len(COLOURS))
    canvas = torch.full((count, grid * grid, 3), GROUND)
    palette = torch.tensor(list(COLOURS.values()))
    canvas[torch.arange(count), cells[:, 0]] = palette[first]
    canvas[torch.arange(count), cells[:, 1]] = palette[second]
    return _eight_bits(_enlarge(canvas, grid, cell)), labels


def direction(count: int, seed: int = 0, size: int = 32, cell: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    """Return images of a red and a blue cell, and in which of the `DIRECTIONS` blue lies, seen from red.

    A task that needs positions: every image consists of the same cells, only their order differs, so a model that
    does not know where a patch lies can do no better than guess, right in 1 of 4 cases. Where blue lies both to the
    right and below, the larger of the two offsets decides; they are never equal. At the default size there are
    3,472 different images. Every other one, in reading order of their cells, is for even seeds and the rest for odd
    ones: a model that is right on an odd seed after training on an even one has not memorised images.

    Args:
        count: how many images.
        seed: the same seed gives the same images. Train on an even one and test on an odd one: they share no image.
        size: side of the images in pixels, a multiple of `cell`, at least two cells.
        cell: side of a cell in pixels, such as the patch size of the model.

    Returns:
        Images `(count, 3, size, size)`, float32 in [0, 1], and labels `(count,)`, int64: 0 right, 1 below, 2 left,
        3 above, equally frequent.

    Raises:
        ValueError: a negative count, a size that is no multiple of the cell, or fewer than 2 × 2 cells.
    """
    grid = _check_grid(count, size, cell, cells=2)
    generator = torch.Generator().manual_seed(seed)
    labels = _balanced(count, 4, generator)
    row, column = torch.arange(grid * grid) // grid, torch.arange(grid * grid) % grid
    down, right = row - row[:, None], column - column[:, None]  # (red, blue)
    wide, tall = right.abs() > down.abs(), down.abs() > right.abs()
    cells = torch.empty(count, 2, dtype=torch.int64)  # red, blue
    for label, pairs in enumerate([wide & (right > 0), tall & (down > 0), wide & (right < 0), tall & (down < 0)]):
        chosen = labels == label
        cells[chosen] = _choose(_half(pairs.nonzero(), seed), int(chosen.sum()), generator)
    canvas = torch.full((count, grid * grid, 3), GROUND)
    canvas[torch.arange(count), cells[:, 0]] = torch.tensor(COLOURS["red"])
    canvas[torch.arange(count), cells[:, 1]] = torch.tensor(COLOURS["blue"])
    return _eight_bits(_enlarge(canvas, grid, cell)), labels


def cue_lookup(count: int, seed: int = 0, size: int = 16, cell: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    """Return images in which a cue in the corner names one of four cells, and the colour inside that cell.

    A task that needs a look-up: each of four cells, anywhere but next to the cue, has a frame of its own colour (of
    `FRAMES`) and inside it one of the four `ANSWERS`. The cell in the top left corner shows a frame only, the cue. The
    label is the answer inside the cell with the same frame. In terms of attention: the cue asks, frames are keys,
    answers are values. All frames and all answers occur in every image, so without the cue one can do no better than
    guess, right in 1 of 4 cases.

    Args:
        count: how many images.
        seed: the same seed gives the same images, another one others: train on 0, test on 1. Two seeds may share a few:
            at the default size there are about a million different images.
        size: side of the images in pixels, a multiple of `cell`, at least three cells.
        cell: side of a cell in pixels, at least 3, such as the patch size of the model.

    Returns:
        Images `(count, 3, size, size)`, float32 in [0, 1], and labels `(count,)`, int64, positions in `ANSWERS`,
        equally frequent.

    Raises:
        ValueError: a negative count, a size that is no multiple of the cell, fewer than 3 × 3 cells, or a cell below
            3 pixels.
    """
    grid = _check_grid(count, size, cell, cells=3)
    if cell < 3:
        raise ValueError(f"cell must be at least 3 pixels, for a frame and what is inside, got {cell}.")
    generator = torch.Generator().manual_seed(seed)
    labels = _balanced(count, len(ANSWERS), generator)
    rows = torch.arange(count)[:, None]
    row, column = torch.arange(grid * grid) // grid, torch.arange(grid * grid) % grid
    free = (torch.maximum(row, column) >= 2).nonzero().flatten()  # the cue is at (0, 0)
    places = free[_shuffled(count, len(free), generator)[:, :4]]  # (count, 4), positions in reading order
    answers = _shuffled(count, 4, generator)
    asked = (answers == labels[:, None]).int().argmax(dim=1)  # whose frame the cue shows; frames are in order

    outside = torch.full((count, grid * grid, 3), GROUND)
    inside = outside.clone()
    frames = torch.tensor([COLOURS[name] for name in FRAMES])
    outside[rows, places] = frames
    outside[:, 0] = frames[asked]
    inside[rows, places] = torch.tensor([COLOURS[name] for name in ANSWERS])[answers]
    border = max(1, cell // 4)
    line = torch.arange(size) % cell
    middle = (line >= border) & (line < cell - border)
    images = torch.where(
        middle[:, None] & middle, _enlarge(inside, grid, cell), _enlarge(outside, grid, cell)
    )  # (count, 3, size, size)
    return _eight_bits(images), labels


def dominoes(count: int, seed: int = 0, size: int = 32, cell: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    """Return scenes with small objects, all of a size in pixels, and the direction in which one of them points.

    An object is a domino: two cells side by side or one above the other. One is red and blue, and the label says in
    which of the `DIRECTIONS` blue lies, seen from red. The others, green and yellow, point anywhere and mean nothing.
    A detail of two cells decides, wherever it is; in a larger scene it is a smaller part. There is one domino for every
    16 cells, at random places that do not overlap, on a textured ground. Guessing is right in 1 of 4 cases.

    Args:
        count: how many images.
        seed: the same seed gives the same images, another one others: train on 0, test on 1.
        size: side of the images in pixels, a multiple of two cells, at least four cells.
        cell: side of a cell in pixels, such as the patch size of the model.

    Returns:
        Images `(count, 3, size, size)`, float32 in [0, 1], and labels `(count,)`, int64, positions in `DIRECTIONS`,
        equally frequent.

    Raises:
        ValueError: a negative count, a cell below 1 pixel, or a size that is no multiple of two cells or below four.
    """
    _check_grid(count, 2 * cell, cell, cells=1)
    boxes = _check_grid(count, size, 2 * cell, cells=2) - 1  # of 2 × 2 cells along a side, with room to move
    generator = torch.Generator().manual_seed(seed)
    labels = _balanced(count, len(DIRECTIONS), generator)
    objects = size**2 // (16 * cell**2)
    places = _shuffled(count, boxes * boxes, generator)[:, :objects]  # (count, objects)
    points = torch.randint(len(DIRECTIONS), (count, objects), generator=generator)
    points[:, 0] = labels
    step = torch.tensor([[0, 1], [1, 0], [0, -1], [-1, 0]])[points]  # (count, objects, 2): rows, columns, in cells
    red = 2 * torch.stack([places // boxes, places % boxes], dim=2) - step.clamp(max=0)  # inside the box, so is blue
    red += torch.randint(2, red.shape, generator=generator) * (step == 0)  # in which of its rows or columns
    red += torch.randint(3, (count, 1, 2), generator=generator)  # the same for all of an image

    images = _texture(_uniform(generator, count), size, generator)
    cells = torch.arange(size) // cell
    for n in range(objects):
        colours = ("red", "blue") if n == 0 else ("green", "yellow")
        for name, place in zip(colours, (red[:, n], red[:, n] + step[:, n]), strict=True):
            rows, columns = (cells == place[:, axis, None] for axis in (0, 1))  # (count, size)
            square = (rows[:, :, None] & columns[:, None, :])[:, None]  # (count, 1, size, size)
            images = torch.where(square, torch.tensor(COLOURS[name])[:, None, None], images)
    return _eight_bits(images), labels


def scenes(
    count: int, seed: int = 0, size: int = 96
) -> tuple[torch.Tensor, torch.Tensor, list[dict[str, torch.Tensor]]]:
    """Return scenes of small, medium and large objects on a textured ground, with their masks and boxes.

    A task for dense prediction: the colour of an object is its class, whatever its shape and shade; objects differ in
    size by a factor of up to 8, and do not overlap. A scene has at most four small, two medium and one large object,
    each there in 3 of 4 cases if there is room. Class, size, shape and place are independent of each other.

    Args:
        count: how many scenes.
        seed: the same seed gives the same scenes, another one others: train on 0, test on 1.
        size: side of the images in pixels, at least 48.

    Returns:
        Images `(count, 3, size, size)`, float32 in [0, 1]; masks `(count, size, size)`, int64, for each pixel the
        position of its class in `SCENE_CLASSES`, 0 for the ground; and for each image a dictionary, as torchvision's
        detectors take it: `boxes` `(m, 4)`, float32, the edges x₁, y₁, x₂, y₂ in pixels, exactly around the pixels of
        the mask, and `labels` `(m,)`, int64, from 1. A small object's box has less than 1/64 of the image, a large
        one's more than 1/14, see `SCENE_AREAS`.

    Raises:
        ValueError: a negative count, or a size below 48 pixels.
    """
    _check_count(count)
    if size < 48:
        raise ValueError(f"size must be at least 48 pixels, below that small objects vanish, got {size}.")
    generator = torch.Generator().manual_seed(seed)
    ground = _texture(_uniform(generator, count), size, generator)
    grey = ground.mean(dim=(1, 2, 3), keepdim=True)
    images = (grey + (ground - grey) / 2).clamp(0, 1)
    masks = torch.zeros(count, size, size, dtype=torch.int64)
    centres, sides, there = _places(count, size, generator)  # (count, M, 2), (count, M), (count, M)
    labels = torch.randint(1, len(SCENE_CLASSES), there.shape, generator=generator)
    solid = torch.randint(len(_SOLID), there.shape, generator=generator)
    hue = torch.tensor(list(SCENE_HUES.values()))[labels - 1] + _uniform(generator, *there.shape, low=-0.04, high=0.04)
    saturation, value = _uniform(generator, 2, *there.shape, low=0.6, high=1)
    pixels, boxes = torch.arange(size) + 0.5, torch.zeros(*there.shape, 4)
    colours = _rgb(*(values.flatten() for values in (hue, saturation, value))).unflatten(
        0, there.shape
    )  # (count, M, 3)
    for k in range(there.shape[1]):  # object k of every image
        for i, name in enumerate(_SOLID):
            chosen = (there[:, k] & (solid[:, k] == i)).nonzero().flatten()  # (n,)
            x, y = (pixels - centres[chosen, k].T[:, :, None]) / sides[chosen, k, None]  # twice (n, size)
            distance = _distance(name, x[:, None, :], y[:, :, None]) * sides[chosen, k, None, None]  # in pixels
            cover = (0.5 - distance).clamp(0, 1)[:, None]  # (n, 1, size, size), soft at the edge
            images[chosen] += cover * (colours[chosen, k, :, None, None] - images[chosen])
            masks[chosen] = torch.where(distance < 0, labels[chosen, k, None, None], masks[chosen])
            boxes[chosen, k] = _around(distance < 0)
    truths = [{"boxes": boxes[i, there[i]], "labels": labels[i, there[i]]} for i in range(count)]
    return _eight_bits(images), masks, truths


def digits() -> tuple[tuple[torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]:
    """Return scikit-learn's handwritten digits, 8 × 8 pixels, as `(train, test)`.

    Each is `(images, labels)`: images `(n, 1, 8, 8)`, float32 in [0, 1], and labels `(n,)`, int64, the digits 0 to 9.
    The split is always the same, 1,437 for training and 360 for testing, each digit equally frequent in both.
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    values, labels = load_digits(return_X_y=True)
    parts = train_test_split(values, labels, test_size=360, random_state=0, stratify=labels)
    train_x, test_x = (torch.from_numpy(part).float().reshape(-1, 1, 8, 8) / 16 for part in parts[:2])
    train_y, test_y = (torch.from_numpy(part).long() for part in parts[2:])
    return (train_x, train_y), (test_x, test_y)


def cifar10(train: bool = True) -> tuple[torch.Tensor, torch.Tensor]:
    """Return CIFAR-10 (Krizhevsky 2009): photographs of the ten classes `CIFAR10`. Optional: needs a download, once.

    Args:
        train: whether to return the 50,000 images for training or the 10,000 for testing.

    Returns:
        Images `(n, 3, 32, 32)`, float32 in [0, 1], 614 MB for training, and labels `(n,)`, int64.

    Raises:
        ConnectionError: the 170 MB are neither in the folder `COURSE_DATA` (an environment variable; default: `data`
            beside the folder of the chapters) nor can be downloaded, with their checksum, to it.
    """
    from torchvision.datasets import CIFAR10

    dataset = _downloaded(CIFAR10, "CIFAR-10", train)
    images = torch.from_numpy(dataset.data).permute(0, 3, 1, 2)  # (n, 32, 32, 3) -> (n, 3, 32, 32), uint8
    return images.contiguous().float().div_(255), torch.tensor(dataset.targets)


def fashion_mnist(train: bool = True) -> tuple[torch.Tensor, torch.Tensor]:
    """Return Fashion-MNIST (Xiao et al. 2017): clothes in the ten classes `FASHION_MNIST`. Needs a download, once.

    Args:
        train: whether to return the 60,000 images for training or the 10,000 for testing.

    Returns:
        Images `(n, 1, 28, 28)`, float32 in [0, 1], 188 MB for training, and labels `(n,)`, int64.

    Raises:
        ConnectionError: the 31 MB are neither in the folder `COURSE_DATA`, whole, nor can be downloaded to it, see
            `cifar10`.
    """
    from torchvision.datasets import FashionMNIST

    dataset = _downloaded(FashionMNIST, "Fashion-MNIST", train)
    return dataset.data[:, None].float().div_(255), dataset.targets.long()  # (n, 28, 28) -> (n, 1, 28, 28)


def image_folder(path: str | Path, size: int | tuple[int, int]) -> tuple[torch.Tensor, torch.Tensor, list[str]]:
    """Return your own images, from a folder with one folder per class: `path/cat/1.jpg`, `path/dog/2.png`, ...

    Args:
        path: the folder.
        size: side in pixels, or `(H, W)`, of what is returned. Images are cropped around their centre to that shape
            and resized, as by `photo`. Grey ones get three equal channels, photographs are turned upright.

    Returns:
        Images `(n, 3, H, W)`, float32 in [0, 1], in alphabetical order of class and file, labels `(n,)`, int64, and the
        names of the classes in the labels' order. Hidden files and folders, and files without an image's ending (one of
        `IMAGES`), are passed over.

    Raises:
        FileNotFoundError: no such folder, no class folders in it, or one without images.
        OSError: a file that is named like an image cannot be read as one.
        TypeError, ValueError: see `photo`.
    """
    path = Path(path).expanduser()
    if not path.is_dir():
        raise FileNotFoundError(f"there is no folder {str(path)!r}.")
    names = sorted(entry.name for entry in path.iterdir() if entry.is_dir() and not _hidden(entry, path))
    if not names:
        raise FileNotFoundError(f"{str(path)!r} must hold one folder of images per class, but it holds no folder.")
    examples: list[tuple[Path, int]] = []
    for label, name in enumerate(names):
        files = [file for file in (path / name).rglob("*") if file.suffix.lower() in IMAGES and not _hidden(file, path)]
        if not files:
            raise FileNotFoundError(f"the class folder {str(path / name)!r} holds no image ({', '.join(IMAGES)}).")
        examples += [(file, label) for file in sorted(files)]
    images = torch.stack([_pixels(_read(file), size) for file, _ in tqdm(examples, desc="images")])
    return images, torch.tensor([label for _, label in examples]), names


def _hidden(file: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in file.relative_to(folder).parts)


def _read(file: Path) -> Image.Image:
    """Return an image file in colour, upright, whatever its mode."""
    try:
        with Image.open(file) as picture:
            if picture.mode.startswith("I;16"):  # Pillow would cut brightness off at 255 of 65,535
                picture = Image.fromarray((np.asarray(picture) // 256).astype(np.uint8))
            return ImageOps.exif_transpose(picture).convert("RGB")
    except OSError as error:
        raise OSError(f"{str(file)!r} cannot be read as an image ({error}).") from None


def _downloaded(dataset: Callable, name: str, train: bool):
    """Return a torchvision dataset from the folder `COURSE_DATA`, after downloading it there if need be."""
    folder = Path(os.environ.get("COURSE_DATA") or Path(__file__).parents[1] / "data").expanduser().absolute()
    try:
        return dataset(folder, train, download=True)
    except (OSError, RuntimeError, ValueError, AssertionError) as error:  # what torchvision raises for broken files
        reason = str(error).strip().splitlines()[-1:] or [type(error).__name__]
        raise ConnectionError(
            f"{name} is missing or broken in {str(folder)!r} and could not be downloaded ({reason[0]}). Go online, "
            f"delete what is left of {name} there, and try again, or set COURSE_DATA to a folder that has it. "
            "The chapters do not need it."
        ) from None


def _check_count(count: int) -> None:
    if count < 0:
        raise ValueError(f"count must be 0 or more images, got {count}.")


def _check_grid(count: int, size: int, cell: int, cells: int) -> int:
    """Return how many cells fit along a side."""
    _check_count(count)
    if cell < 1:
        raise ValueError(f"cell must be at least 1 pixel, got {cell}.")
    if size % cell or size < cells * cell:
        fits = ", ".join(str(n * cell) for n in range(cells, cells + 3))
        raise ValueError(f"an image of {size} pixels has no {cells} or more cells of {cell}. Use size={fits}, …")
    return size // cell


def _uniform(generator: torch.Generator, *shape: int, low: float = 0.0, high: float = 1.0) -> torch.Tensor:
    return low + (high - low) * torch.rand(shape, generator=generator)


def _balanced(count: int, classes: int, generator: torch.Generator) -> torch.Tensor:
    """Return labels in random order, each class as frequent as the others."""
    return torch.randperm(count, generator=generator) % classes


def _half(options: torch.Tensor, seed: int) -> torch.Tensor:
    """Return every other option: for an odd seed those that an even seed leaves out."""
    return options[seed % 2 :: 2]


def _choose(options: torch.Tensor, count: int, generator: torch.Generator) -> torch.Tensor:
    return options[torch.randint(len(options), (count,), generator=generator)]


def _shuffled(count: int, options: int, generator: torch.Generator) -> torch.Tensor:
    """Return `(count, options)`, in each row the numbers 0 to options − 1 in another random order."""
    return torch.rand(count, options, generator=generator).argsort(dim=1, stable=True)


def _enlarge(canvas: torch.Tensor, grid: int, cell: int) -> torch.Tensor:
    """Turn one colour per cell `(count, grid², 3)` into images `(count, 3, grid · cell, grid · cell)`."""
    images = canvas.reshape(-1, grid, grid, 3).permute(0, 3, 1, 2)
    return images.repeat_interleave(cell, dim=2).repeat_interleave(cell, dim=3)


def _eight_bits(images: torch.Tensor) -> torch.Tensor:
    """Round to the 256 values of a stored picture, so that the last digits of a sine do not matter."""
    return (images * 255).round() / 255


def _rgb(hue: torch.Tensor, saturation: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """Return colours `(count, 3)`; a hue of 0 is red, 1/3 green, 2/3 blue, and 1 red again."""
    sector = (hue[:, None] * 6 + torch.tensor([5.0, 3.0, 1.0])) % 6
    return value[:, None] * (1 - saturation[:, None] * torch.minimum(sector, 4 - sector).clamp(0, 1))


def _texture(hue: torch.Tensor, size: int, generator: torch.Generator) -> torch.Tensor:
    """Return grounds `(count, 3, size, size)` of two gratings and noise around a colour of the hue."""
    count = len(hue)
    ground = _rgb(hue, _uniform(generator, count, low=0.2, high=0.7), _uniform(generator, count, low=0.4, high=0.8))
    ground = ground[:, :, None, None].repeat(1, 1, size, size)
    pixels = torch.arange(size).float()
    for _ in range(2):
        angle, phase = (2 * torch.pi * _uniform(generator, count, 1, 1) for _ in range(2))
        period = _uniform(generator, count, 1, 1, low=3, high=12)  # pixels
        along = torch.cos(angle) * pixels[None, None, :] + torch.sin(angle) * pixels[None, :, None]
        wave = torch.sin(2 * torch.pi * along / period + phase)  # (count, size, size)
        ground += wave[:, None] * _uniform(generator, count, 3, 1, 1, low=-0.1, high=0.1)
    return (ground + _uniform(generator, count, 1, size, size, low=-0.05, high=0.05)).clamp(0, 1)


_EXTENT = 1.76  # side of a square that holds every shape of area 1 with its middle in the square's
_SOLID = ("disc", "square", "diamond", "triangle", "plus")
_OBJECTS = [(0.28, 0.4)] + 2 * [(0.13, 0.18)] + 4 * [(0.05, 0.077)]  # √area, as shares of the image's side


def _places(
    count: int, size: int, generator: torch.Generator, tries: int = 20
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return middles `(count, M, 2)` and √areas `(count, M)` of objects in pixels, and which are there `(count, M)`.

    One after the other, from the largest to the smallest, they try so many places, and take the first that is free in a
    square that holds any shape. Those that find none are not there.
    """
    sides = torch.stack([size * _uniform(generator, count, low=low, high=high) for low, high in _OBJECTS], dim=1)
    half = _EXTENT / 2 * sides  # (count, M), of the square that holds any shape
    wanted = torch.rand(sides.shape, generator=generator) < 0.75
    centres, there = torch.zeros(*sides.shape, 2), torch.zeros_like(wanted)
    for k in range(len(_OBJECTS)):
        reach = half[:, k, None, None]
        tried = reach + (size - 2 * reach) * _uniform(generator, count, tries, 2)  # (count, tries, 2)
        apart = (tried[:, :, None] - centres[:, None, :k]).abs().amax(dim=-1)  # (count, tries, k)
        blocked = (apart < reach + half[:, None, :k] + 1) & there[:, None, :k]
        free = ~blocked.any(dim=-1)  # (count, tries)
        centres[:, k] = tried[torch.arange(count), free.int().argmax(dim=1)]
        there[:, k] = wanted[:, k] & free.any(dim=1)
    return centres, sides, there


def _around(inside: torch.Tensor) -> torch.Tensor:
    """Return the boxes `(count, 4)` around the pixels that are inside, `(count, size, size)`: their outer edges."""
    size = inside.shape[-1]
    edges = []
    for line in (inside.any(dim=1).int(), inside.any(dim=2).int()):  # columns, then rows: (count, size)
        edges.append((line.argmax(dim=1), size - line.flip(1).argmax(dim=1)))
    (left, right), (top, bottom) = edges
    return torch.stack([left, top, right, bottom], dim=1).float()


def _distance(shape: str, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return how far points are from the edge of a shape of area 1, negative inside."""
    if shape == "disc":
        return (x.square() + y.square()).sqrt() - math.sqrt(1 / math.pi)
    if shape == "ring":  # the hole's radius is 0.6 of the ring's
        outer = math.sqrt(1 / (math.pi * (1 - 0.6**2)))
        return ((x.square() + y.square()).sqrt() - 0.8 * outer).abs() - 0.2 * outer
    if shape == "square":
        return torch.maximum(x.abs(), y.abs()) - 0.5
    if shape == "frame":  # the hole's side is 0.6 of the frame's
        outer = 0.5 / math.sqrt(1 - 0.6**2)
        return (torch.maximum(x.abs(), y.abs()) - 0.8 * outer).abs() - 0.2 * outer
    if shape == "diamond":
        return (x.abs() + y.abs()) / math.sqrt(2) - 0.5
    if shape == "triangle":  # equilateral, standing on a side, its middle at the origin
        inner = math.sqrt(1 / math.sqrt(27))  # radius of the circle inside
        return torch.maximum(y, math.sqrt(3) / 2 * x.abs() - y / 2) - inner
    if shape == "cross":
        x, y = (x + y) / math.sqrt(2), (x - y) / math.sqrt(2)
    arm = 0.5 * math.sqrt(9 / 5)  # plus and cross: arms a third as wide as long
    x, y = x.abs(), y.abs()
    return torch.minimum(torch.maximum(x - arm, y - arm / 3), torch.maximum(x - arm / 3, y - arm))
