import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.patches import Rectangle

from utils import data
from utils.models.patch_embedding import patchify
from utils.widgets.patch_explorer import PATCH_SIZES, SIDE, PatchExplorer

BAD = [
    ({"photo": "dog"}, ValueError, "no photograph 'dog'.*cat, astronaut"),
    ({"photo": 3}, TypeError, "photo must be a name, one of cat, astronaut.*got 3"),
    ({"patch_size": 10}, ValueError, "one of 7, 8, 14, 16, 28, 32, 56; got 10"),
    ({"patch_size": 112}, ValueError, "one of 7, 8, 14, 16, 28, 32, 56; got 112"),
    ({"patch_size": 0}, ValueError, "at least 1, got 0"),
    ({"patch_size": 16.0}, TypeError, "must be an integer, got 16.0"),
    ({"patch": 49}, ValueError, "from 0 to 48: patches of 32 × 32 pixels cut the photograph into 49; got 49"),
    ({"patch": -1}, ValueError, "from 0 to 48.*got -1"),
    ({"patch": "3"}, TypeError, "must be an integer index, got '3'"),
    ({"patch": True}, TypeError, "must be an integer index, got True"),
]


@pytest.mark.parametrize(("values", "error", "message"), BAD)
def test_bad_values_are_refused_and_what_fits_is_named(values, error, message):
    with pytest.raises(error, match=message):
        PatchExplorer(**values)
    explorer = PatchExplorer(photo="coffee", patch=5)
    ((name, value),) = values.items()
    with pytest.raises(error, match=message):
        setattr(explorer, name, value)
    assert (explorer.photo, explorer.patch_size, explorer.patch) == ("coffee", 32, 5)


def test_fewer_patches_move_the_selection_to_the_last():
    explorer = PatchExplorer(patch_size=16, patch=195)
    explorer.patch_size = 14
    assert explorer.patch == 195
    explorer.patch_size = 56
    assert explorer.patch == 15


def test_browser_gets_the_pixels_of_the_photographs():
    explorer = PatchExplorer()
    sent = np.frombuffer(explorer._pixels, np.uint8).reshape(len(data.PHOTOS), SIDE, SIDE, 3)
    assert [photo["name"] for photo in explorer._photos] == list(data.PHOTOS)
    for name, pixels in zip(data.PHOTOS, sent, strict=True):
        torch.testing.assert_close(torch.tensor(pixels).permute(2, 0, 1) / 255, data.photo(name, SIDE), rtol=0, atol=0)


@pytest.mark.parametrize("patch_size", PATCH_SIZES)
def test_figure_shows_the_same_patch_in_picture_sequence_and_numbers(patch_size):
    P, patch = patch_size, (SIDE // patch_size) ** 2 * 2 // 3
    token = patchify(data.photo("flower", SIDE)[None], P)[0, patch]
    pixels = token.reshape(3, P, P).permute(1, 2, 0).numpy()
    fig = PatchExplorer("flower", P, patch).figure()
    marked = 0
    for axis in fig.axes:
        for square in axis.patches:
            assert isinstance(square, Rectangle)
            x, y = (round(corner + 1.5) for corner in square.get_xy())
            np.testing.assert_array_equal(np.asarray(axis.images[0].get_array())[y : y + P, x : x + P], pixels)
            marked += 1
    assert marked == 4  # two tones, in the picture and in the sequence
    text = " ".join(text.get_text() for axis in fig.axes for text in axis.texts)
    assert text.split(":")[1].split() == [f"{value:.3f}" for value in token[:8].tolist()]
    assert f"= {(SIDE // P) ** 2} tokens of C·P² = 3·{P}² = {3 * P * P} numbers" in " ".join(
        axis.get_title("left") for axis in fig.axes
    )
    plt.close(fig)


def test_pages_without_widgets_get_a_picture_with_alternative_text():
    bundle, metadata = PatchExplorer("temple", 28, 9)._repr_mimebundle_()
    assert set(bundle) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert bundle["text/plain"] == "PatchExplorer(photo='temple', patch_size=28, patch=9)"
    alt = metadata["image/png"]["alt"]
    assert data.photo_alt("temple") in alt and "8 × 8 patches" in alt and "row 1 and column 1" in alt
    assert metadata["image/png"]["width"] == 800
    assert not plt.get_fignums()
