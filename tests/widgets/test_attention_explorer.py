"""The attention explorer as a Python object: what it accepts, what it sends, what its picture shows."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from utils import data
from utils.models.looking_inside import rollout
from utils.widgets.attention_explorer import AttentionExplorer

B, DEPTH, HEADS, GRID = 2, 3, 4, (3, 5)
N = GRID[0] * GRID[1] + 1  # and a class token


def random_maps():
    return (2 * torch.randn(B, DEPTH, HEADS, N, N, generator=torch.Generator().manual_seed(0))).softmax(dim=-1)


def photos(size=(24, 40)):
    return {name: data.photo(name, size) for name in ("temple", "flower")}


def explorer(**options):
    return AttentionExplorer(random_maps(), photos(), GRID, **options)


BAD = [
    ({"photo": "cat"}, ValueError, "no photograph 'cat'. Choose one of: temple, flower"),
    ({"layer": 3}, ValueError, "layer must be from 0 to 2, got 3"),
    ({"layer": True}, TypeError, "layer must be an integer, got True"),
    ({"head": 4}, ValueError, 'head must be from 0 to 3 or "mean", got 4'),
    ({"head": "max"}, TypeError, "head must be an integer or \"mean\", got 'max'"),
    ({"patch": 15}, ValueError, "patch must be from 0 to 14 or None for the class token, got 15"),
    ({"patch": -1}, ValueError, "patch must be from 0 to 14 or None for the class token, got -1"),
    ({"patch": 2.0}, TypeError, "patch must be an integer or None for the class token, got 2.0"),
    ({"rollout": 1}, TypeError, "rollout must be True or False, got 1"),
]


@pytest.mark.parametrize(("values", "error", "message"), BAD)
def test_bad_values_are_refused_and_what_fits_is_named(values, error, message):
    with pytest.raises(error, match=message):
        explorer(**values)
    widget = explorer(photo="flower", layer=1, head=2, patch=4)
    ((name, value),) = values.items()
    with pytest.raises(error, match=message):
        setattr(widget, name, value)
    assert repr(widget) == "AttentionExplorer(photo='flower', layer=1, head=2, patch=4, rollout=False)"


def test_maps_photographs_and_grid_must_fit_each_other():
    maps, two = random_maps(), photos()
    with pytest.raises(ValueError, match=r"\(B, depth, heads, N, N\), got \(2, 3, 4, 16\)"):
        AttentionExplorer(maps[..., 0], two, GRID)
    with pytest.raises(ValueError, match="3 × 4 patches are 13 tokens, but the maps have 16"):
        AttentionExplorer(maps, two, (3, 4))
    with pytest.raises(ValueError, match="queries before keys"):
        AttentionExplorer(maps.transpose(3, 4), two, GRID)


def test_browser_gets_photographs_and_weights():
    widget = explorer()
    assert (widget.photo, widget.layer, widget.head, widget.patch, widget.rollout) == ("temple", 2, "mean", None, False)
    sent = np.frombuffer(widget._pixels, np.uint8).reshape(B, 24, 40, 3)
    for pixels, photo in zip(sent, photos().values(), strict=True):
        torch.testing.assert_close(torch.tensor(pixels).permute(2, 0, 1) / 255, photo, rtol=0, atol=0)
    roots = np.frombuffer(widget._weights, np.uint8).reshape(B, DEPTH, HEADS, N, N) / 255
    largest = np.frombuffer(widget._largest, np.float32).reshape(B, DEPTH, HEADS, N)
    np.testing.assert_allclose(roots**2 * largest[..., None], random_maps(), atol=largest.max() / 200)
    names = {"height": 24, "width": 40, "rows": 3, "columns": 5, "depth": DEPTH, "heads": HEADS}
    assert widget._sizes == names


def test_weights_are_those_of_the_chosen_map():
    maps, widget = random_maps(), explorer(photo="flower", layer=1, head=3, patch=7)
    torch.testing.assert_close(widget.weights(), maps[1, 1, 3, 8])
    widget.head = "mean"
    torch.testing.assert_close(widget.weights(), maps[1, 1, :, 8].mean(dim=0))
    widget.patch = None
    torch.testing.assert_close(widget.weights(), maps[1, 1, :, 0].mean(dim=0))
    widget.rollout = True
    torch.testing.assert_close(widget.weights(), rollout([maps[1:, 0], maps[1:, 1]])[0, 0])


@pytest.mark.parametrize("rolled", [False, True])
@pytest.mark.parametrize("patch", [None, 7])
def test_figure_shows_the_map_of_the_query(patch, rolled):
    widget = explorer(photo="flower", layer=2, head=1, patch=patch, rollout=rolled)
    fig = widget.figure()
    left, right = [axis for axis in fig.axes if axis.images]
    assert left.get_title("left") == ("query: class token" if patch is None else "query: patch 7")
    assert right.get_title("left") == ("rollout, layers 0 to 2" if rolled else "layer 2, head 1")
    shown = np.asarray(right.images[0].get_array())  # (24, 40, 3)
    redness = torch.tensor(shown[..., 0] - shown[..., 2]).reshape(3, 8, 5, 8).mean((1, 3))  # no grey has any
    weights = widget.weights()
    on_patches = weights[1:].reshape(GRID)
    torch.testing.assert_close(redness.float() / redness.max(), on_patches / on_patches.max())
    assert right.texts[0].get_text() == f"largest {on_patches.max():.1%}, class token {weights[0]:.1%}"
    for axis in (left, right):
        marks = {square.get_xy() for square in axis.patches}
        assert marks == (set() if patch is None else {(2 * 8 - 0.5, 1 * 8 - 0.5)})
    plt.close(fig)


def test_pages_without_widgets_get_a_picture_with_alternative_text():
    bundle, metadata = explorer(layer=1, patch=9, rollout=True)._repr_mimebundle_()
    assert set(bundle) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}
    assert bundle["image/png"].startswith(b"\x89PNG")
    alt = metadata["image/png"]["alt"]
    assert data.photo_alt("temple") in alt and "row 1 and column 4" in alt and "rollout, layers 0 to 1" in alt
    assert not plt.get_fignums()
