import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.patches import Rectangle

from utils import data
from utils.models.vision_transformer import VisionTransformer
from utils.widgets.class_attention import ClassAttention

B, DEPTH, HEADS, GRID = 2, 3, 4, (3, 5)
N = GRID[0] * GRID[1] + 1


def random_maps(tokens=N):
    return torch.randn(B, DEPTH, HEADS, tokens, tokens, generator=torch.Generator().manual_seed(0)).softmax(dim=-1)


def photos(size=(24, 40)):
    return {name: data.photo(name, size) for name in ("temple", "flower")}


def widget(**options):
    return ClassAttention(random_maps(), photos(), GRID, **options)


BAD = [
    ({"photo": "cat"}, ValueError, "no photograph 'cat'. Choose one of: temple, flower"),
    ({"layer": 3}, ValueError, "layer must be from 0 to 2, got 3"),
    ({"layer": -1}, ValueError, "layer must be from 0 to 2, got -1"),
    ({"head": 4}, ValueError, "head must be from 0 to 3, got 4"),
    ({"head": 2.0}, TypeError, "head must be an integer, got 2.0"),
    ({"layer": True}, TypeError, "layer must be an integer, got True"),
]


@pytest.mark.parametrize(("values", "error", "message"), BAD)
def test_bad_values_are_refused_and_what_fits_is_named(values, error, message):
    with pytest.raises(error, match=message):
        widget(**values)
    shown = widget(photo="flower", layer=1, head=2)
    ((name, value),) = values.items()
    with pytest.raises(error, match=message):
        setattr(shown, name, value)
    assert (shown.photo, shown.layer, shown.head) == ("flower", 1, 2)


def test_maps_photographs_and_grid_must_fit_each_other():
    maps, two = random_maps(), photos()
    with pytest.raises(ValueError, match=r"\(B, depth, heads, N, N\), got \(2, 3, 4, 16\)"):
        ClassAttention(maps[..., 0], two, GRID)
    with pytest.raises(ValueError, match=r"maps of 2 images need as many photographs .* got 1"):
        ClassAttention(maps, {"temple": two["temple"]}, GRID)
    with pytest.raises(ValueError, match=r"of one size, got 2 of \(3, 24, 40\), \(3, 32, 32\)"):
        ClassAttention(maps, two | {"flower": data.photo("flower", 32)}, GRID)
    with pytest.raises(ValueError, match="a grid of 3 × 5 patches are 16 tokens, but the maps have 15"):
        ClassAttention(random_maps(15), two, GRID)
    with pytest.raises(ValueError, match="queries before keys"):
        ClassAttention(maps.transpose(3, 4), two, GRID)


def test_browser_gets_photographs_and_the_class_tokens_rows():
    shown = widget()
    assert (shown.photo, shown.layer, shown.head) == ("temple", DEPTH - 1, 0)
    sent = np.frombuffer(shown._pixels, np.uint8).reshape(B, 24, 40, 3)
    for pixels, photo in zip(sent, photos().values(), strict=True):
        torch.testing.assert_close(torch.tensor(pixels).permute(2, 0, 1) / 255, photo, rtol=0, atol=0)
    rows = np.frombuffer(shown._weights, np.float32).reshape(B, DEPTH, HEADS, N)
    np.testing.assert_array_equal(rows, random_maps()[..., 0, :])
    names = ("height", "width", "rows", "columns", "depth", "heads")
    assert shown._sizes == dict(zip(names, (24, 40, *GRID, DEPTH, HEADS), strict=True))


def glow(axis):
    """How orange each patch is, relative to the most orange one."""
    pixels = np.asarray(axis.images[0].get_array())  # (24, 40, 3)
    orange = torch.tensor(pixels[..., 0] - pixels[..., 2]).reshape(3, 8, 5, 8).mean((1, 3)).float()
    return orange / orange.max()


def test_figure_shows_the_class_tokens_maps():
    maps = random_maps()[1, :, :, 0]  # (depth, heads, N)
    fig = widget(photo="flower", layer=2, head=1).figure()
    photo, large, *table = (axis for axis in fig.axes if axis.images)
    assert photo.get_title("left") == "flower" and large.get_title("left") == "layer 2, head 1"
    for axis, weights in zip([large, *table], [maps[2, 1], *maps.flatten(0, 1)], strict=True):
        on_patches = weights[1:].reshape(GRID)
        torch.testing.assert_close(glow(axis), on_patches / on_patches.max(), rtol=1e-4, atol=1e-4)
    (note,) = large.texts
    assert note.get_text() == f"largest {maps[2, 1, 1:].max():.1%}, on itself {maps[2, 1, 0]:.1%}"
    framed = [n for n, axis in enumerate(table) if any(isinstance(patch, Rectangle) for patch in axis.patches)]
    assert framed == [2 * HEADS + 1]
    plt.close(fig)


def test_maps_of_a_model_are_shown_as_they_are():
    model = VisionTransformer(image_size=16, patch_size=4, num_classes=2, embed_dim=8, depth=2, num_heads=2)
    pictures = photos(16)
    maps = model.attention_maps(torch.stack(list(pictures.values())))
    rows = np.frombuffer(ClassAttention(maps, pictures, (4, 4))._weights, np.float32).reshape(2, 2, 2, 17)
    np.testing.assert_array_equal(rows, maps[:, :, :, 0])


def test_pages_without_widgets_get_a_picture_with_alternative_text():
    bundle, metadata = widget(layer=1, head=3)._repr_mimebundle_()
    assert set(bundle) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert bundle["text/plain"] == "ClassAttention(photo='temple', layer=1, head=3)"
    alt = metadata["image/png"]["alt"]
    assert data.photo_alt("temple") in alt and "3 layers and 4 heads" in alt and "Layer 1, head 3 is marked" in alt
    assert not plt.get_fignums()
