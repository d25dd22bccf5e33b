import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.colors import to_rgb
from torch.nn import functional as F

from utils.widgets.attention_playground import COLORS, AttentionPlayground

BAD = [
    ({"query_points": [(0, 0)] * 4}, ValueError, "1 to 3 query_points, got 4"),
    ({"query_points": []}, ValueError, "1 to 3 query_points, got 0"),
    ({"key_points": [(0, 0)] * 7}, ValueError, "1 to 6 key_points, got 7"),
    ({"key_points": []}, ValueError, "1 to 6 key_points, got 0"),
    ({"key_points": [(0, 3.5)]}, ValueError, r"coordinates from -3 to 3, got \(0, 3.5\)"),
    ({"query_points": [(float("nan"), 0)]}, ValueError, "coordinates from -3 to 3"),
    ({"query_points": [(1, 2, 3)]}, TypeError, r"query_points must be pairs \(x, y\) of numbers"),
    ({"key_points": [("a", 1)]}, TypeError, r"key_points must be pairs \(x, y\) of numbers"),
    ({"key_points": 3}, TypeError, "must be pairs .* got 3"),
    ({"query": 2}, ValueError, "from 0 to 1, got 2"),
    ({"query": -1}, ValueError, "from 0 to 1, got -1"),
    ({"query": True}, TypeError, "integer index, got True"),
    ({"scaled": 1}, TypeError, "scaled must be True or False, got 1"),
    ({"temperature": 0}, ValueError, "from 0.1 to 10, got 0"),
    ({"temperature": 11.0}, ValueError, "from 0.1 to 10, got 11.0"),
    ({"temperature": "hot"}, TypeError, "must be a number, got 'hot'"),
]


@pytest.mark.parametrize(("values", "error", "message"), BAD)
def test_bad_values_are_refused_and_what_fits_is_named(values, error, message):
    with pytest.raises(error, match=message):
        AttentionPlayground(**values)
    playground = AttentionPlayground(query=1)
    before = repr(playground)
    ((name, value),) = values.items()
    with pytest.raises(error, match=message):
        setattr(playground, name, value)
    assert repr(playground) == before


def test_fewer_queries_move_the_listed_one_to_the_last():
    playground = AttentionPlayground(query=1)
    playground.query_points = [(0, 1)]
    assert playground.query == 0 and playground.query_points == [[0.0, 1.0]]


@pytest.mark.parametrize(("scaled", "temperature"), [(True, 1.0), (False, 1.0), (True, 0.25), (False, 3.0)])
def test_outputs_are_those_of_pytorch(scaled, temperature):
    queries, keys = [(1.0, 2.0), (-0.5, 0.3), (0.0, 0.0)], [(1, 0), (0, -2), (2.5, 2), (-1, 1), (0.1, 0.2)]
    playground = AttentionPlayground(queries, keys, scaled=scaled, temperature=temperature)
    values = torch.tensor([to_rgb(color) for color in COLORS.values()], dtype=torch.float64)[:5]
    q, k = torch.tensor(queries, dtype=torch.float64), torch.tensor(keys, dtype=torch.float64)
    scale = (2**-0.5 if scaled else 1.0) / temperature
    torch.testing.assert_close(playground.outputs(), F.scaled_dot_product_attention(q, k, values, scale=scale))
    torch.testing.assert_close(playground.weights().sum(dim=1), torch.ones(3, dtype=torch.float64))


def test_figure_lists_the_weights_and_shows_the_mixture_behind_a_query():
    playground = AttentionPlayground([(1.5, -1.0), (-2.0, 0.5)], query=1, scaled=False, temperature=2.0)
    fig = playground.figure()
    plane, bars = fig.axes
    weights = playground.weights()[1]
    assert [text.get_text() for text in bars.texts] == [f"{share:.0%}" for share in weights.tolist()]
    assert [bar.get_width() for bar in bars.patches] == weights.tolist()
    assert bars.get_title("left") == "Query B: q·k, T = 2"
    field = torch.tensor(plane.images[0].get_array())  # rows from the bottom, 121 places from -3 to 3
    for (x, y), output in zip(playground.query_points, playground.outputs(), strict=True):
        torch.testing.assert_close(field[round((y + 3) * 20), round((x + 3) * 20)], output)
    plt.close(fig)


def test_pages_without_widgets_get_a_picture_with_alternative_text():
    bundle, metadata = AttentionPlayground(query_points=[(0, 0)], key_points=[(1, 0), (0, 1)])._repr_mimebundle_()
    assert set(bundle) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert bundle["text/plain"].startswith("AttentionPlayground(query_points=[[0.0, 0.0]], key_points=[[1.0, 0.0]")
    assert metadata["image/png"]["alt"].endswith("Query A looks 50% at blue key 1, 50% at orange key 2.")
    assert not plt.get_fignums()


def test_the_three_things_to_try_in_the_chapter_come_out_as_it_says():
    start = AttentionPlayground()
    outwards = AttentionPlayground([(3.0, 1.5), (-1.0, -0.5)])
    assert outwards.weights()[0].max() > start.weights()[0].max()
    unscaled = AttentionPlayground(scaled=False, temperature=1.4)
    torch.testing.assert_close(unscaled.weights(), start.weights(), rtol=0, atol=0.01)
    assert start.weights()[0, 1] > 2 * start.weights()[0, 0]
    far = AttentionPlayground(key_points=[(0.0, 3.0), *start.key_points[1:]])
    torch.testing.assert_close(far.weights()[0, 0], far.weights()[0, 1])
