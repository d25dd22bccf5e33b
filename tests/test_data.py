"""Photographs, generated sets, digits and what can be downloaded: form, meaning, and clear errors."""

import gzip
import hashlib
import pickle
import shutil
import struct
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.datasets import CIFAR10, FashionMNIST

from utils import data


@pytest.mark.parametrize("name", data.PHOTOS)
def test_every_photo_opens_and_is_described(name):
    picture = data.photo(name)
    assert picture.dtype == torch.float32 and picture.shape[0] == 3 and min(picture.shape[1:]) >= 300
    assert 0 <= picture.min() < 0.2 and 0.8 < picture.max() <= 1
    assert data.photo_alt(name)


@pytest.mark.parametrize("size, shape", [(64, (3, 64, 64)), ((32, 96), (3, 32, 96)), (1, (3, 1, 1))])
def test_size_is_height_and_width(size, shape):
    assert data.photo("coffee", size).shape == shape


def test_photo_is_cropped_around_its_centre_not_squeezed():
    whole = data.photo("astronaut")  # 512 × 512: half as high, and no resizing
    assert torch.equal(data.photo("astronaut", (256, 512)), whole[:, 128:384])


def test_channels_are_red_green_blue():
    red, green, blue = data.photo("flower", 16)[:, 6:10, 6:10].mean(dim=(1, 2))
    assert red > 1.5 * green > 1.5 * blue


def test_changing_a_photo_does_not_change_the_next():
    data.photo("cat", 8).zero_()
    assert data.photo("cat", 8).sum() > 0
    data.photo("cat").zero_()
    assert data.photo("cat").sum() > 0


def test_photos_open_without_importing_the_libraries_they_come_with():
    program = "import sys; from utils import data; [data.photo(n) for n in data.PHOTOS]; print(sorted(sys.modules))"
    modules = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert "'utils.data'" in modules and "sklearn" not in modules and "skimage" not in modules


def test_unknown_photo_names_those_there_are():
    for function in (data.photo, data.photo_alt):
        with pytest.raises(ValueError, match=r"no photograph 'dog'. Choose one of: cat, astronaut"):
            function("dog")


@pytest.mark.parametrize("size", [0, -3, (0, 10), (10, -1)])
def test_size_below_one_pixel(size):
    with pytest.raises(ValueError, match="at least 1 pixel"):
        data.photo("cat", size)


@pytest.mark.parametrize("size", [2.5, True, "16", (8, 8, 3), (8.0, 8)])
def test_size_is_one_or_two_integers(size):
    with pytest.raises(TypeError, match="both integers, got"):
        data.photo("cat", size)


GENERATED = [data.shapes, data.same_different, data.cue_lookup, data.direction]


@pytest.mark.parametrize("generate", GENERATED)
def test_generated_set_has_the_promised_form(generate):
    images, labels = generate(120, seed=3)
    size = images.shape[2]
    assert images.shape == (120, 3, size, size) and images.dtype == torch.float32
    assert labels.shape == (120,) and labels.dtype == torch.int64
    assert images.min() >= 0 and images.max() <= 1
    assert torch.equal(images * 255, (images * 255).round())
    assert len(labels.bincount().unique()) == 1  # 120 is a multiple of every number of classes
    assert labels[:60].unique().equal(labels.unique())  # in random order, not sorted


@pytest.mark.parametrize("generate", GENERATED)
def test_seed_decides_and_nothing_else(generate):
    torch.manual_seed(1)
    state = torch.get_rng_state()
    images, labels = generate(40, seed=5)
    assert torch.equal(state, torch.get_rng_state())  # the global generator is not touched
    torch.manual_seed(2)
    again = generate(40, seed=5)
    assert torch.equal(images, again[0]) and torch.equal(labels, again[1])
    others, _ = generate(40, seed=6)
    assert not torch.equal(images, others)


def _different(images):
    return {image.tobytes() for image in (images * 255).round().byte().numpy()}


@pytest.mark.parametrize(
    "generate, cells, there_are",
    [
        (data.direction, 8, 3472),
        (data.direction, 6, 1040),
        (data.direction, 2, 8),
        (data.same_different, 4, 11232),
        (data.same_different, 3, 16 * 144),
    ],
)
def test_even_and_odd_seeds_share_no_image_and_together_show_all(generate, cells, there_are):
    draw = lambda count, seed: _different(generate(count, seed, size=cells, cell=1)[0])  # noqa: E731
    even, odd = draw(12 * there_are, 0), draw(12 * there_are, 1)
    assert not even & odd and len(even) == len(odd) == there_are / 2
    assert draw(500, 6) | draw(500, -2) <= even and draw(500, 7) | draw(500, -1) <= odd


def test_seeds_share_few_images_of_a_million():
    first, second = (_different(data.cue_lookup(5000, seed)[0]) for seed in (0, 1))
    assert 10 < len(first & second) < 40  # 5,000² / 1,000,000 = 25


@pytest.mark.parametrize("generate", GENERATED)
def test_no_images(generate):
    images, labels = generate(0)
    assert images.shape[0] == 0 and images.shape[1:] == generate(1)[0].shape[1:] and labels.shape == (0,)


@pytest.mark.parametrize("generate", GENERATED)
def test_negative_count(generate):
    with pytest.raises(ValueError, match="count must be 0 or more images, got -1"):
        generate(-1)


@pytest.mark.parametrize("generate", GENERATED[1:])
@pytest.mark.parametrize("size, cell", [(18, 4), (4, 4), (0, 4), (-8, 4)])
def test_size_that_cells_do_not_fill(generate, size, cell):
    fits = r"size=8, 12, 16, …" if generate is data.direction else r"size=12, 16, 20, …"
    with pytest.raises(ValueError, match=rf"{size} pixels has no [23] or more cells of 4\. Use {fits}"):
        generate(4, size=size, cell=cell)


@pytest.mark.parametrize("generate", GENERATED[1:])
def test_cell_without_pixels(generate):
    with pytest.raises(ValueError, match="cell must be at least"):
        generate(4, cell=0)


def test_frame_needs_three_pixels():
    with pytest.raises(ValueError, match="at least 3 pixels"):
        data.cue_lookup(4, cell=2)
    assert data.cue_lookup(4, size=9, cell=3)[0].shape == (4, 3, 9, 9)


def test_shapes_smaller_than_can_be_told_apart():
    with pytest.raises(ValueError, match="at least 16 pixels"):
        data.shapes(4, size=15)
    assert data.shapes(4, size=16)[0].shape == (4, 3, 16, 16)


def _accuracy_on_mean_colour(images, labels):
    """Fit a linear classifier to the mean colour of one half of the images, and test it on the other."""
    from sklearn.linear_model import LogisticRegression

    colour, half = images.mean(dim=(2, 3)), len(images) // 2
    classifier = LogisticRegression(C=1000).fit(colour[:half], labels[:half])
    return classifier.score(colour[half:], labels[half:])


@pytest.mark.parametrize("generate, chance", [*zip(GENERATED, [1 / 8, 1 / 2, 1 / 4, 1 / 4], strict=True)])
def test_mean_colour_does_not_tell_the_label(generate, chance):
    images, labels = generate(3000)
    deviation = (chance * (1 - chance) / 1500) ** 0.5
    assert abs(_accuracy_on_mean_colour(images, labels) - chance) < 4 * deviation


def test_shapes_cover_the_same_area_and_keep_clear_of_the_border():
    pixels = (torch.arange(800) + 0.5) / 200 - 2  # a window from −2 to 2
    for name in data.SHAPES:
        inside = data._distance(name, pixels[None, None, :], pixels[None, :, None])[0] < 0
        assert inside.float().mean().item() * 16 == pytest.approx(1, abs=0.02), name
        rows, columns = inside.nonzero().T
        for line in (rows, columns):
            assert max(-pixels[line].min(), pixels[line].max()) <= data._EXTENT / 2, name


def test_shape_is_drawn_where_nearest_edges_say():
    """Near the edge, the distance is a distance: it changes by one per unit of length."""
    for name in data.SHAPES:
        x = torch.linspace(-1, 1, 401)[None, None, :]
        along = data._distance(name, x, torch.full((1, 1, 1), 0.1))[0, 0]
        assert (along.diff().abs() <= 0.005 + 1e-6).all(), name
        assert (along < 0).any() and (along > 0).any(), name


def _cells(images, cell):
    """Return the colour in the middle of each cell, as `(n, cells, 3)`, in reading order."""
    middle = images[:, :, cell // 2 :: cell, cell // 2 :: cell]
    return middle.flatten(2).transpose(1, 2)


def _not_grey(colours):
    return (colours - 0.5).abs().amax(dim=-1) > 0.01


@pytest.mark.parametrize("size, cell", [(16, 4), (12, 4), (40, 5), (6, 1)])
def test_same_different_shows_two_cells_apart_and_labels_them(size, cell):
    images, labels = data.same_different(100, size=size, cell=cell)
    for colours, label in zip(_cells(images, cell), labels, strict=True):
        places = _not_grey(colours).nonzero().flatten()
        assert len(places) == 2
        (row, other_row), (column, other_column) = places // (size // cell), places % (size // cell)
        assert max(abs(row - other_row), abs(column - other_column)) >= 2
        assert torch.equal(*colours[places]) == bool(label)


@pytest.mark.parametrize("seed", [0, 1])
def test_same_different_uses_all_colours_and_places_for_both_labels(seed):
    images, labels = data.same_different(4000, seed)
    colours = _cells(images, 4)
    for label in (0, 1):
        shown = colours[labels == label]
        seen, frequency = shown[_not_grey(shown)].unique(dim=0, return_counts=True)
        assert len(seen) == 12 and (frequency / frequency.float().mean() - 1).abs().max() < 0.25
    places = [_not_grey(colours[labels == label]).float().mean(dim=0) for label in (0, 1)]
    assert (places[0] - places[1]).abs().max() < 0.05 and torch.stack(places).min() > 0.05


@pytest.mark.parametrize("size, cell", [(32, 4), (24, 4), (8, 4), (5, 1)])
def test_direction_is_where_blue_lies_seen_from_red(size, cell):
    images, labels = data.direction(100, size=size, cell=cell)
    for colours, label in zip(_cells(images, cell), labels, strict=True):
        red, blue = (
            (colours - torch.tensor(data.COLOURS[name])).abs().amax(dim=1).argmin().item() for name in ("red", "blue")
        )
        assert _not_grey(colours).nonzero().flatten().tolist() == sorted([red, blue])
        down, right = blue // (size // cell) - red // (size // cell), blue % (size // cell) - red % (size // cell)
        assert abs(down) != abs(right)
        offsets = {"right": right, "below": down, "left": -right, "above": -down}
        assert data.DIRECTIONS[label] == max(offsets, key=offsets.get)


# Scenes of dominoes


def squares(image, colour):
    """Rows and columns of the pixels of a colour."""
    rounded = (torch.tensor(data.COLOURS[colour]) * 255).round() / 255
    return (image == rounded[:, None, None]).all(dim=0).nonzero()


@pytest.mark.parametrize("size, cell", [(16, 4), (24, 2), (32, 4), (64, 4), (12, 3)])
def test_dominoes_are_labelled_by_the_side_of_red_on_which_blue_lies(size, cell):
    images, labels = data.dominoes(40, seed=3, size=size, cell=cell)
    assert images.shape == (40, 3, size, size) and images.dtype == torch.float32
    assert images.min() >= 0 and images.max() <= 1 and labels.bincount().tolist() == [10] * 4
    for image, label in zip(images, labels, strict=True):
        red, blue = squares(image, "red"), squares(image, "blue")
        assert len(red) == len(blue) == cell**2
        step = (blue.float().mean(dim=0) - red.float().mean(dim=0)).tolist()
        one = {"right": [0, 1], "below": [1, 0], "left": [0, -1], "above": [-1, 0]}[data.DIRECTIONS[label]]
        assert step == [cell * way for way in one]
        others = size**2 // 16 - cell**2
        assert len(squares(image, "green")) == len(squares(image, "yellow")) == others


def test_dominoes_have_dominoes_in_every_cell():
    images, _ = data.dominoes(2000, size=16)
    corners = torch.stack([squares(image, "red").amin(dim=0) for image in images])
    assert {tuple(corner) for corner in corners.tolist()} == {(r, c) for r in (0, 4, 8, 12) for c in (0, 4, 8, 12)}


def test_dominoes_depend_on_the_seed_alone():
    one, two, other = (data.dominoes(8, seed=seed)[0] for seed in (0, 0, 1))
    assert torch.equal(one, two) and not torch.equal(one, other)
    assert data.dominoes(0)[0].shape == (0, 3, 32, 32)


def test_dominoes_of_a_size_that_does_not_fit():
    with pytest.raises(ValueError, match=r"30 pixels has no 2 or more cells of 8. Use size=16, 24, 32"):
        data.dominoes(1, size=30)
    with pytest.raises(ValueError, match="8 pixels has no 2 or more cells of 8"):
        data.dominoes(1, size=8)
    with pytest.raises(ValueError, match="cell must be at least 1 pixel, got 0"):
        data.dominoes(1, cell=0)
    with pytest.raises(ValueError, match="count must be 0 or more images, got -1"):
        data.dominoes(-1)


@pytest.mark.parametrize("size, cell", [(16, 4), (12, 4), (24, 8)])
def test_cue_lookup_label_is_inside_the_frame_that_the_cue_shows(size, cell):
    images, labels = data.cue_lookup(100, size=size, cell=cell)
    grid = size // cell
    frames, inside = images[:, :, ::cell, ::cell].flatten(2).transpose(1, 2), _cells(images, cell)
    answers = torch.tensor([data.COLOURS[name] for name in data.ANSWERS])
    for frame, colours, label in zip(frames, inside, labels, strict=True):
        places = _not_grey(colours).nonzero().flatten()
        assert len(places) == 4 and _not_grey(frame).sum() == 5
        assert (torch.maximum(places // grid, places % grid) >= 2).all()  # not next to the cue
        assert len(frame[places].unique(dim=0)) == len(colours[places].unique(dim=0)) == 4
        (asked,) = [place for place in places if torch.equal(frame[place], frame[0])]
        assert torch.allclose(colours[asked], answers[label], atol=1 / 255)


def test_digits_are_split_the_same_way_for_everybody():
    (images, labels), (test_images, test_labels) = data.digits()
    assert images.shape == (1437, 1, 8, 8) and test_images.shape == (360, 1, 8, 8)
    assert images.dtype == torch.float32 and labels.dtype == torch.int64
    assert images.min() == 0 and images.max() == 1
    assert test_labels.bincount().min() >= 34 and test_labels.bincount().max() <= 38
    assert test_labels[:8].tolist() == [7, 6, 3, 7, 7, 3, 2, 8]


@pytest.fixture
def data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "images"))
    return tmp_path / "images"


def _bytes_of_cifar(folder, monkeypatch):
    """Write an archive like CIFAR-10's, of 2 images per file, and let torchvision believe it is the real one."""
    batches = folder / CIFAR10.base_folder
    batches.mkdir(parents=True)
    md5 = lambda file: hashlib.md5(file.read_bytes()).hexdigest()  # noqa: E731
    for i, name in enumerate([f"data_batch_{k}" for k in range(1, 6)] + ["test_batch"]):
        pixels = (np.arange(2 * 3072) // 1024 + 10 * i).astype(np.uint8).reshape(2, 3072)  # red, green, blue planes
        (batches / name).write_bytes(pickle.dumps({"data": pixels, "labels": [i, 9 - i]}))
    (batches / "batches.meta").write_bytes(pickle.dumps({"label_names": list(data.CIFAR10)}))
    archive = folder / "archive"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(batches, CIFAR10.base_folder)
    monkeypatch.setattr(
        CIFAR10, "train_list", [[f"data_batch_{k}", md5(batches / f"data_batch_{k}")] for k in range(1, 6)]
    )
    monkeypatch.setattr(CIFAR10, "test_list", [["test_batch", md5(batches / "test_batch")]])
    monkeypatch.setattr(CIFAR10, "meta", {**CIFAR10.meta, "md5": md5(batches / "batches.meta")})
    monkeypatch.setattr(CIFAR10, "tgz_md5", md5(archive))
    content = archive.read_bytes()
    shutil.rmtree(folder)
    return content


def _bytes_of_fashion_mnist(monkeypatch):
    """Return the four files of Fashion-MNIST, of 3 images each, by name."""
    files = {}
    for part in ("train", "t10k"):
        pixels = np.arange(3 * 784).astype(np.uint8)
        files[f"{part}-images-idx3-ubyte.gz"] = gzip.compress(struct.pack(">4i", 2051, 3, 28, 28) + pixels.tobytes())
        files[f"{part}-labels-idx1-ubyte.gz"] = gzip.compress(struct.pack(">2i", 2049, 3) + bytes([9, 0, len(part)]))
    resources = [(name, hashlib.md5(files[name]).hexdigest()) for name, _ in FashionMNIST.resources]
    monkeypatch.setattr(FashionMNIST, "resources", resources)
    return files


@pytest.fixture
def downloads(monkeypatch):
    """Stand in for the network: a dict of what is there, by file name. Returns it and the list of what was fetched."""
    there, fetched = {}, []

    def fetch(url, filename, **options):
        fetched.append(Path(filename).name)
        Path(filename).write_bytes(there[Path(filename).name])

    monkeypatch.setattr("torchvision.datasets.utils._get_redirect_url", lambda url, **options: url)
    monkeypatch.setattr("torchvision.datasets.utils._urlretrieve", fetch)
    return there, fetched


def test_cifar10_is_downloaded_once(data_folder, downloads, monkeypatch):
    there, fetched = downloads
    there["cifar-10-python.tar.gz"] = _bytes_of_cifar(data_folder, monkeypatch)
    images, labels = data.cifar10()
    assert images.shape == (10, 3, 32, 32) and images.dtype == torch.float32 and labels.dtype == torch.int64
    assert labels.tolist() == [0, 9, 1, 8, 2, 7, 3, 6, 4, 5]
    values = (images * 255).round().mean(dim=(2, 3))  # one value per plane
    assert values[0].tolist() == [0, 1, 2] and values[3].tolist() == [13, 14, 15]
    images, labels = data.cifar10(train=False)
    assert images.shape == (2, 3, 32, 32) and labels.tolist() == [5, 4] and 0 < images.max() <= 1
    assert fetched == ["cifar-10-python.tar.gz"] and data_folder.is_dir()


def test_fashion_mnist_is_downloaded_once(data_folder, downloads, monkeypatch):
    there, fetched = downloads
    there.update(_bytes_of_fashion_mnist(monkeypatch))
    for train, label in ((True, 5), (False, 4)):
        images, labels = data.fashion_mnist(train)
        assert images.shape == (3, 1, 28, 28) and images.dtype == torch.float32 and labels.dtype == torch.int64
        assert labels.tolist() == [9, 0, label]
        assert images[0, 0, 0, :3].tolist() == pytest.approx([0, 1 / 255, 2 / 255]) and images.max() == 1
    assert sorted(fetched) == sorted(there)


@pytest.mark.parametrize("load, name", [(data.cifar10, "CIFAR-10"), (data.fashion_mnist, "Fashion-MNIST")])
def test_offline_one_line_says_what_to_do(load, name, data_folder):
    with pytest.raises(ConnectionError) as error:
        load()  # conftest.py refuses the network
    line = str(error.value)
    assert line.startswith(f"{name} is missing or broken in '{data_folder}' and could not be downloaded (")
    assert "tests run offline" in line and "set COURSE_DATA to a folder" in line and "\n" not in line


def test_wrong_checksum_is_refused(data_folder, downloads):
    downloads[0]["cifar-10-python.tar.gz"] = b"half a file"
    with pytest.raises(ConnectionError, match="corrupted"):
        data.cifar10()


@pytest.mark.parametrize("content", [b"", struct.pack(">2i", 2049, 3) + bytes([9])])
def test_half_unpacked_download_is_said_to_be_that(content, data_folder, downloads, monkeypatch):
    downloads[0].update(_bytes_of_fashion_mnist(monkeypatch))
    data.fashion_mnist()
    (data_folder / "FashionMNIST" / "raw" / "train-labels-idx1-ubyte").write_bytes(content)
    with pytest.raises(ConnectionError, match=r"Fashion-MNIST is missing or broken.*delete what is left of Fashion"):
        data.fashion_mnist()


@pytest.mark.parametrize("told, meant", [("~/pictures", "home/pictures"), ("pictures", "here/pictures")])
def test_data_folder_may_be_relative_or_in_the_home_folder(told, meant, monkeypatch, tmp_path):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.setenv("COURSE_DATA", told)
    with pytest.raises(ConnectionError) as error:
        data.cifar10()
    assert f"CIFAR-10 is missing or broken in '{tmp_path / meant}' and" in str(error.value)


def test_data_lives_beside_the_chapters_unless_told(monkeypatch):
    monkeypatch.delenv("COURSE_DATA", raising=False)
    asked = []
    monkeypatch.setattr("torchvision.datasets.CIFAR10", lambda folder, *args, **options: asked.append(folder) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        data.cifar10()
    assert asked == [Path(data.__file__).parents[1] / "data"] and (asked[0].parent / "chapters").is_dir()


@pytest.fixture
def folder(tmp_path):
    for name, colour, size in [
        ("dog/b.png", (255, 0, 0), (20, 10)),
        ("dog/a.jpg", (0, 255, 0), (8, 8)),
        ("cat/1.png", (0, 0, 255), (3, 9)),
    ]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", size, colour).save(tmp_path / name)
    Image.new("L", (5, 5), 128).save(tmp_path / "cat" / "2.png")  # grey
    (tmp_path / "notes.txt").write_text("not a class")
    return tmp_path


def test_image_folder(folder):
    images, labels, names = data.image_folder(str(folder), 6)
    assert images.shape == (4, 3, 6, 6) and images.dtype == torch.float32
    assert names == ["cat", "dog"] and labels.tolist() == [0, 0, 1, 1] and labels.dtype == torch.int64
    colours = images.mean(dim=(2, 3))
    expected = torch.tensor([[0, 0, 1], [128 / 255] * 3, [0, 1, 0], [1, 0, 0]])
    assert torch.allclose(colours, expected, atol=0.02)
    assert data.image_folder(folder, (4, 8))[0].shape == (4, 3, 4, 8)


def test_image_folder_passes_over_what_is_hidden_or_no_image(folder):
    expected = data.image_folder(folder, 6)
    for name in (".ipynb_checkpoints/1.png", "cat/.ipynb_checkpoints/1.png", "cat/._1.jpg", "dog/Thumbs.db"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"not an image")
    images, labels, names = data.image_folder(folder, 6)
    assert torch.equal(images, expected[0]) and torch.equal(labels, expected[1]) and names == expected[2]


def test_image_folder_reads_every_kind_of_picture(tmp_path):
    grey = Image.fromarray(np.full((4, 4), 128 * 257, dtype=np.uint16))  # 16 bits per pixel
    upright = Image.new("RGB", (4, 8), "red")
    upright.paste("blue", (0, 4, 4, 8))
    on_its_side = upright.rotate(90, expand=True)
    exif = Image.Exif()
    exif[0x0112] = 6  # what a phone writes: turn clockwise by a quarter
    (tmp_path / "a" / "b").mkdir(parents=True)
    grey.save(tmp_path / "a" / "0.PNG")
    on_its_side.save(tmp_path / "a" / "1.jpeg", exif=exif, quality=100, subsampling=0)
    upright.convert("P").save(tmp_path / "a" / "2.gif")
    upright.convert("RGBA").save(tmp_path / "a" / "b" / "3.webp", lossless=True)
    upright.convert("CMYK").save(tmp_path / "a" / "b" / "4.tif")
    images, labels, _ = data.image_folder(tmp_path, (8, 4))
    assert images.shape == (5, 3, 8, 4) and labels.tolist() == [0] * 5
    assert (images[0] == 128 / 255).all()
    for image in images[1:]:
        assert torch.allclose(image[:, 0, 0], torch.tensor([1.0, 0, 0]), atol=0.02)
        assert torch.allclose(image[:, 7, 3], torch.tensor([0.0, 0, 1]), atol=0.02)


def test_image_folder_says_what_is_wrong(folder, tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        data.image_folder(tmp_path / "nowhere", 8)
    with pytest.raises(FileNotFoundError, match="one folder of images per class, but it holds no folder"):
        data.image_folder(tmp_path / "dog", 8)
    half = (folder / "dog" / "a.jpg").read_bytes()[:-200]
    for content in (half, b"", b"no image"):
        (folder / "dog" / "a.jpg").write_bytes(content)
        with pytest.raises(OSError, match=r"dog.a\.jpg' cannot be read as an image \("):
            data.image_folder(folder, 8)
    (folder / "dog" / "a.jpg").unlink()
    (folder / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=r"class folder .*empty' holds no image \(\.jpg, \.jpeg"):
        data.image_folder(folder, 8)


# Scenes


def shares(truths, size):
    boxes = torch.cat([truth["boxes"] for truth in truths])
    return (boxes[:, 2:] - boxes[:, :2]).prod(dim=1) / size**2


@pytest.mark.parametrize("size", [48, 64, 96, 131])
def test_scenes_have_the_promised_form(size):
    images, masks, truths = data.scenes(40, seed=3, size=size)
    assert images.shape == (40, 3, size, size) and images.dtype == torch.float32
    assert torch.equal(images * 255, (images * 255).round()) and images.min() >= 0 and images.max() <= 1
    assert masks.shape == (40, size, size) and masks.dtype == torch.int64
    assert masks.unique().tolist() == [0, 1, 2, 3]
    for truth in truths:
        assert truth["boxes"].shape == (len(truth["labels"]), 4) and truth["boxes"].dtype == torch.float32
        assert truth["labels"].dtype == torch.int64 and all(1 <= label <= 3 for label in truth["labels"])


@pytest.mark.parametrize("size", [64, 96])
def test_boxes_are_exactly_around_the_pixels_of_the_mask(size):
    _, masks, truths = data.scenes(30, seed=4, size=size)
    for mask, truth in zip(masks, truths, strict=True):
        covered = torch.zeros_like(mask, dtype=torch.bool)
        for (left, top, right, bottom), label in zip(truth["boxes"].int().tolist(), truth["labels"], strict=True):
            part = mask[top:bottom, left:right]
            assert set(part.unique().tolist()) <= {0, label.item()}  # objects do not overlap, not even their boxes
            inside = part == label
            assert inside[0].any() and inside[-1].any() and inside[:, 0].any() and inside[:, -1].any()
            assert not covered[top:bottom, left:right].any()
            covered[top:bottom, left:right] = True
        assert not mask[~covered].any()


@pytest.mark.parametrize("size", [64, 96, 128])
def test_scenes_have_small_medium_and_large_objects(size):
    _, _, truths = data.scenes(200, seed=5, size=size)
    found, kinds = shares(truths, size), {}
    for name, (low, high) in data.SCENE_AREAS.items():
        kinds[name] = ((found > low) & (found <= high)).sum().item() / 200
    assert 2.5 < kinds["small"] < 3.1 and 0.8 < kinds["medium"] < 1.6 and 0.6 < kinds["large"] < 0.85
    assert sum(kinds.values()) == len(found) / 200
    per_image = torch.stack([(shares([t], size)[:, None] > torch.tensor([0, 1 / 64, 1 / 14])).sum(0) for t in truths])
    large, medium = per_image[:, 2], per_image[:, 1] - per_image[:, 2]
    assert large.max() == 1 and medium.max() == 2 and (per_image[:, 0] - per_image[:, 1]).max() == 4


def test_class_of_an_object_is_its_colour_and_nothing_else():
    images, masks, truths = data.scenes(300, seed=6, size=64)
    labels = torch.cat([truth["labels"] for truth in truths])
    counts = labels.bincount(minlength=4)[1:]
    assert counts.min() > 0.28 * len(labels)
    large = shares(truths, 64) > 1 / 14
    assert large[labels == 1].float().mean() == pytest.approx(large.float().mean().item(), abs=0.05)
    red, green, blue = images.permute(1, 0, 2, 3)
    for label, colour in {1: (red > green) & (red > blue), 2: torch.minimum(red, green) > blue, 3: blue > red}.items():
        assert colour[masks == label].float().mean() > 0.9, data.SCENE_CLASSES[label]


def test_seed_decides_a_scene_and_nothing_else():
    torch.manual_seed(1)
    state = torch.get_rng_state()
    images, masks, truths = data.scenes(10, seed=5, size=48)
    assert torch.equal(state, torch.get_rng_state())
    torch.manual_seed(2)
    again = data.scenes(10, seed=5, size=48)
    assert torch.equal(images, again[0]) and torch.equal(masks, again[1])
    assert all(torch.equal(a["boxes"], b["boxes"]) for a, b in zip(truths, again[2], strict=True))
    assert not torch.equal(images, data.scenes(10, seed=6, size=48)[0])


def test_scenes_may_be_none_and_say_what_does_not_fit():
    images, masks, truths = data.scenes(0)
    assert images.shape == (0, 3, 96, 96) and masks.shape == (0, 96, 96) and truths == []
    with pytest.raises(ValueError, match="0 or more images, got -1"):
        data.scenes(-1)
    with pytest.raises(ValueError, match=r"at least 48 pixels.*got 47"):
        data.scenes(1, size=47)
