import matplotlib.pyplot as plt
import pytest
from matplotlib.colors import to_hex

from utils import plots
from utils.models.position_embedding import relative_position_index
from utils.widgets.relative_bias_explorer import RelativeBiasExplorer

BAD = [
    ({"window_size": 2}, TypeError, "two integers; got 2"),
    ({"window_size": (2, 2.0)}, TypeError, "two integers"),
    ({"window_size": (0, 3)}, ValueError, "at least 1 row and 1 column, got 0 × 3"),
    ({"window_size": (5, 2)}, ValueError, "5 × 2 cells is too large to show: at most 4 × 4"),
    ({"query": 6}, ValueError, "query must be from 0 to 5, since 2 × 3 cells are 6; got 6"),
    ({"key": -1}, ValueError, "key must be from 0 to 5.*got -1"),
    ({"query": 1.0}, TypeError, "query must be an integer index, got 1.0"),
    ({"key": True}, TypeError, "key must be an integer index, got True"),
]


@pytest.mark.parametrize(("values", "error", "message"), BAD)
def test_bad_values_are_refused_and_what_fits_is_named(values, error, message):
    with pytest.raises(error, match=message):
        RelativeBiasExplorer(**{"window_size": (2, 3), "query": 1, "key": 2} | values)
    for name in ("query", "key"):
        if name in values:
            widget = RelativeBiasExplorer((2, 3), 1, 2)
            with pytest.raises(error, match=message):
                setattr(widget, name, values[name])
            assert (widget.query, widget.key) == (1, 2)


@pytest.mark.parametrize("window", [(1, 1), (2, 3), (3, 2), (4, 4)])
def test_figure_shows_cells_entry_and_the_pairs_that_share_it(window):
    H, W = window
    i, j = H * W - 1, (H * W) // 3
    index = relative_position_index(H, W)
    fig = RelativeBiasExplorer(window, i, j).figure()
    grounds = [[to_hex(patch.get_facecolor()) for patch in axis.patches if patch.get_fill()] for axis in fig.axes]
    numbers = [[int(text.get_text()) for text in axis.texts] for axis in fig.axes]
    assert numbers[:3] == [list(range(H * W))] * 2 + [list(range((2 * H - 1) * (2 * W - 1)))]
    assert numbers[3] == index.flatten().tolist()
    selected = [i, j, index[i, j].item()]
    for ground, number, color in zip(grounds, selected, (plots.BLUE, plots.ORANGE, plots.SKY), strict=False):
        assert [n for n, c in enumerate(ground) if c == color.lower()] == [number]
    shared = [n == index[i, j] for n in index.flatten()]
    assert [c == plots.SKY.lower() for c in grounds[3]] == shared
    assert f"{sum(shared)} of {(H * W) ** 2} pairs" in fig.axes[3].get_title("left")
    (frame,) = [patch for patch in fig.axes[3].patches if not patch.get_fill()]
    assert frame.get_xy() == (j - 0.5, i - 0.5)
    plt.close(fig)


def test_pages_without_widgets_get_a_picture_with_alternative_text():
    bundle, metadata = RelativeBiasExplorer((2, 3), query=3, key=2)._repr_mimebundle_()
    assert set(bundle) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert bundle["text/plain"] == "RelativeBiasExplorer(window_size=(2, 3), query=3, key=2)"
    alt = metadata["image/png"]["alt"]
    assert "Cell 3, in row 1 and column 0, looks at cell 2, in row 0 and column 2: 1 rows and -2 columns apart" in alt
    assert "entry 10 of the table, read by 1 of 36 pairs." in alt
    assert metadata["image/png"]["width"] == 1000
    assert not plt.get_fignums()
