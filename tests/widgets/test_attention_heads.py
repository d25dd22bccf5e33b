import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from utils import data
from utils.widgets.attention_heads import AttentionHeads

B, DEPTH, HEADS, GRID = 2, 3, 4, (3, 5)
N = GRID[0] * GRID[1] + 1  # and a class token


def random_maps(tokens=N):
    return torch.randn(B, DEPTH, HEADS, tokens, tokens, generator=torch.Generator().manual_seed(0)).softmax(dim=-1)


def photos(size=(24, 40)):
    return {name: data.photo(name, size) for name in ("temple", "flower")}


def heads(**options):
    return AttentionHeads(random_maps(), photos(), GRID, **options)


BAD = [
    ({"photo": "cat"}, ValueError, "no photograph 'cat'. Choose one of: temple, flower"),
    ({"layer": 3}, ValueError, "layer must be from 0 to 2, got 3"),
    ({"layer": -1}, ValueError, "layer must be from 0 to 2, got -1"),
    ({"patch": 15}, ValueError, "patch must be from 0 to 14, got 15"),
    ({"patch": 2.0}, TypeError, "patch must be an integer, got 2.0"),
    ({"layer": True}, TypeError, "layer must be an integer, got True"),
]


@pytest.mark.parametrize(("values", "error", "message"), BAD)
def test_bad_values_are_refused_and_what_fits_is_named(values, error, message):
    with pytest.raises(error, match=message):
        heads(**values)
    widget = heads(photo="flower", layer=1, patch=4)
    ((name, value),) = values.items()
    with pytest.raises(error, match=message):
        setattr(widget, name, value)
    assert (widget.photo, widget.layer, widget.patch) == ("flower", 1, 4)


def test_maps_photographs_and_grid_must_fit_each_other():
    maps, two = random_maps(), photos()
    with pytest.raises(ValueError, match=r"\(B, depth, heads, N, N\), got \(2, 3, 4, 16\)"):
        AttentionHeads(maps[..., 0], two, GRID)
    with pytest.raises(ValueError, match=r"maps of 2 images need as many photographs .* got 1"):
        AttentionHeads(maps, {"temple": two["temple"]}, GRID)
    with pytest.raises(ValueError, match=r"of one size, got 2 of \(3, 24, 40\), \(3, 32, 32\)"):
        AttentionHeads(maps, two | {"flower": data.photo("flower", 32)}, GRID)
    with pytest.raises(ValueError, match="4 × 5 patches has more patches than the 16 tokens"):
        AttentionHeads(maps, two, (4, 5))
    with pytest.raises(ValueError, match="queries before keys"):
        AttentionHeads(maps.transpose(3, 4), two, GRID)


def test_browser_gets_photographs_and_weights():
    widget = heads()
    assert widget.photo == "temple"
    sent = np.frombuffer(widget._pixels, np.uint8).reshape(B, 24, 40, 3)
    for pixels, photo in zip(sent, photos().values(), strict=True):
        torch.testing.assert_close(torch.tensor(pixels).permute(2, 0, 1) / 255, photo, rtol=0, atol=0)
    shares = np.frombuffer(widget._weights, np.uint8).reshape(B, DEPTH, HEADS, N, N) / 255
    largest = np.frombuffer(widget._largest, np.float32).reshape(B, DEPTH, HEADS, N)
    np.testing.assert_allclose(shares * largest[..., None], random_maps(), atol=random_maps().max() / 500)
    assert widget._sizes == {
        **{"height": 24, "width": 40, "rows": 3, "columns": 5},
        **{"depth": DEPTH, "heads": HEADS, "tokens": N},
    }


@pytest.mark.parametrize("prefix", [0, 1])
def test_figure_shows_the_maps_of_the_query(prefix):
    maps = random_maps(GRID[0] * GRID[1] + prefix)
    fig = AttentionHeads(maps, photos(), GRID, photo="flower", layer=2, patch=7).figure()  # row 1, column 2
    pictures = [axis for axis in fig.axes if axis.images]
    assert [axis.get_title("left") for axis in pictures] == ["query: patch 7"] + [f"head {n}" for n in range(HEADS)]
    for head, axis in enumerate(pictures[1:]):
        weights = maps[1, 2, head, prefix + 7]
        shown = np.asarray(axis.images[0].get_array())  # (24, 40, 3)
        redness = torch.tensor(shown[..., 0] - shown[..., 2]).reshape(3, 8, 5, 8).mean((1, 3))  # no grey has any
        on_patches = weights[prefix:].reshape(GRID)
        torch.testing.assert_close(redness.float() / redness.max(), on_patches / on_patches.max())
        (note,) = axis.texts
        expected = [f"largest {on_patches.max():.1%}"] + [f"class token {weights[0]:.1%}"] * prefix
        assert note.get_text().split("\n") == expected
    for axis in pictures:
        assert {square.get_xy() for square in axis.patches} == {(2 * 8 - 0.5, 1 * 8 - 0.5)}
    plt.close(fig)


def test_pages_without_widgets_get_a_picture_with_alternative_text():
    bundle, metadata = heads(layer=1, patch=9)._repr_mimebundle_()
    assert set(bundle) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert bundle["text/plain"] == "AttentionHeads(photo='temple', layer=1, patch=9)"
    alt = metadata["image/png"]["alt"]
    assert data.photo_alt("temple") in alt and "row 1 and column 4" in alt and "4 heads of layer 1" in alt
    assert not plt.get_fignums()
