import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from utils.models.position_embedding import RelativePositionBias, sincos_2d
from utils.widgets.position_similarity import PositionSimilarity

TABLE = {"a": torch.eye(6)}
BAD = [
    ({"grid_size": 6}, TypeError, "two integers; got 6"),
    ({"grid_size": (0, 3)}, ValueError, "at least 1 row and 1 column, got 0 × 3"),
    ({"tables": {"a": torch.eye(5)}}, ValueError, r"'a' must have shape \(6, D\), got \(5, 5\)"),
    ({"tables": {"a": torch.zeros(1, 6, 4)}}, ValueError, r"'a' must have shape \(6, D\), got \(1, 6, 4\)"),
    ({"biases": {"b": torch.zeros(1, 6, 6)}}, ValueError, r"'b' must have shape \(6, 6\), got \(1, 6, 6\)"),
    ({"tables": {}}, ValueError, "a title of its own"),
    ({"tables": TABLE, "biases": TABLE}, ValueError, "a title of its own"),
    ({"patch": 6}, ValueError, "from 0 to 5, since 2 × 3 patches are 6; got 6"),
    ({"patch": -1}, ValueError, "from 0 to 5.*got -1"),
    ({"patch": 1.0}, TypeError, "must be an integer index, got 1.0"),
    ({"patch": True}, TypeError, "must be an integer index, got True"),
]


@pytest.mark.parametrize(("values", "error", "message"), BAD)
def test_bad_values_are_refused_and_what_fits_is_named(values, error, message):
    with pytest.raises(error, match=message):
        PositionSimilarity(**{"grid_size": (2, 3), "tables": TABLE, "patch": 1} | values)
    if "patch" in values:
        widget = PositionSimilarity((2, 3), TABLE, patch=1)
        with pytest.raises(error, match=message):
            widget.patch = values["patch"]
        assert widget.patch == 1


def test_browser_gets_cosines_and_biases():
    table, bias = torch.randn(6, 8, dtype=torch.float64), RelativePositionBias((2, 3), 2)
    widget = PositionSimilarity((2, 3), {"a": table}, {"b": bias()[1]}, patch=4)
    sent = torch.tensor(np.frombuffer(widget._values, np.float32)).reshape(2, 6, 6)
    for i in range(6):
        torch.testing.assert_close(sent[0, i], F.cosine_similarity(table[i : i + 1], table).float())
    torch.testing.assert_close(sent[1], bias()[1].detach())
    assert [(one["title"], one["what"]) for one in widget._maps] == [("a", "cosine"), ("b", "bias")]
    for one, values in zip(widget._maps, sent, strict=True):
        assert (one["low"], one["high"]) == (values.min().item(), values.max().item())
    assert len(widget._colours) == 256 * 3


def test_default_maps():
    widget = PositionSimilarity()
    sent = torch.tensor(np.frombuffer(widget._values, np.float32)).reshape(3, 96, 96)
    table = F.normalize(sincos_2d(8, 12, 64), dim=1)
    torch.testing.assert_close(sent[2], table @ table.T)
    assert (sent[0].diagonal(1).abs() < 0.6).all(), "neighbours in a random table have nothing to do with each other"
    assert (sent[1].diagonal(1) > 0.8).all(), "neighbours in the 1D table are alike, even at the end of a row"


@pytest.mark.parametrize("count", [1, 3, 4])
def test_figure_shows_the_selected_patch_in_every_map(count):
    tables = {f"table {n}": torch.randn(15, 4) for n in range(count)}
    fig = PositionSimilarity((3, 5), tables, patch=11).figure()
    axes = [axis for axis in fig.axes if axis.images]
    assert [axis.get_title("left") for axis in axes] == list(tables)
    for axis, table in zip(axes, tables.values(), strict=True):
        expected = F.cosine_similarity(table[11:12], table).reshape(3, 5)
        torch.testing.assert_close(torch.tensor(np.asarray(axis.images[0].get_array())), expected)
        assert {frame.get_xy() for frame in axis.patches} == {(0.5, 1.5)}  # around row 2, column 1
    plt.close(fig)


def test_pages_without_widgets_get_a_picture_with_alternative_text():
    bundle, metadata = PositionSimilarity(patch=17)._repr_mimebundle_()
    assert set(bundle) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert bundle["text/plain"].startswith("PositionSimilarity(grid_size=(8, 12), patch=17; learned")
    alt = metadata["image/png"]["alt"]
    assert "sine-cosine 2D" in alt and "patch 17, in row 1 and column 5" in alt
    assert metadata["image/png"]["width"] == 800
    assert not plt.get_fignums()
