"""The photographs: shapes, values, crops, and clear errors."""

import pytest
import torch

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
