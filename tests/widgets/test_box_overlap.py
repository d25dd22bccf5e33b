import matplotlib.pyplot as plt
import pytest
import torch
import torchvision

from utils.widgets.box_overlap import BoxOverlap

BAD = [
    ({"truth": (8, 5, 24)}, ValueError, "truth must be a box of four numbers, got"),
    ({"guess": None}, ValueError, "guess must be a box of four numbers, got None"),
    ({"guess": "4567"}, ValueError, "four numbers"),
    ({"truth": (8, 5, 24, 17.0)}, TypeError, "truth must have whole numbers"),
    ({"truth": (False, 5, 24, 17)}, TypeError, "whole numbers"),
    ({"guess": (24, 5, 8, 17)}, ValueError, r"0 <= x1 < x2 <= 40 and 0 <= y1 < y2 <= 24, got \(24, 5, 8, 17\)"),
    ({"guess": (8, 5, 8, 17)}, ValueError, "0 <= x1 < x2 <= 40"),
    ({"guess": (8, 5, 41, 17)}, ValueError, "x2 <= 40"),
    ({"guess": (-1, 5, 24, 17)}, ValueError, "0 <= x1"),
    ({"guess": (8, 5, 20, 25)}, ValueError, "y2 <= 24"),
]


@pytest.mark.parametrize(("values", "error", "message"), BAD)
def test_bad_boxes_are_refused_and_what_fits_is_named(values, error, message):
    with pytest.raises(error, match=message):
        BoxOverlap(**values)
    widget, (name, value) = BoxOverlap(), next(iter(values.items()))
    before = getattr(widget, name)
    with pytest.raises(error, match=message):
        setattr(widget, name, value)
    assert getattr(widget, name) == before


@pytest.mark.parametrize(
    ("truth", "guess", "areas"),
    [
        ((0, 0, 4, 4), (2, 2, 6, 6), (16, 16, 4, 28)),
        ((0, 0, 4, 4), (4, 0, 6, 6), (16, 12, 0, 28)),  # side by side
        ((0, 0, 4, 4), (9, 9, 10, 12), (16, 3, 0, 19)),
        ((1, 2, 9, 5), (1, 2, 9, 5), (24, 24, 24, 24)),
        ((0, 0, 10, 10), (3, 4, 5, 7), (100, 6, 6, 100)),
    ],
)
def test_areas_and_iou(truth, guess, areas):
    widget = BoxOverlap(truth, guess)
    assert widget.areas() == areas
    expected = torchvision.ops.box_iou(torch.tensor([truth]), torch.tensor([guess])).item()
    assert widget.iou() == pytest.approx(expected) == pytest.approx(areas[2] / areas[3])


def test_a_tuple_may_be_assigned():
    widget = BoxOverlap()
    widget.guess = (1, 2, 3, 4)
    assert widget.guess == [1, 2, 3, 4]


@pytest.mark.parametrize("guess", [(6, 6, 20, 20), (30, 1, 39, 20)])
def test_figure_draws_both_boxes_and_what_they_share(guess):
    widget = BoxOverlap((4, 5, 16, 17), guess)
    fig = widget.figure()
    (axis,) = fig.axes
    drawn = [(*patch.get_xy(), patch.get_width(), patch.get_height()) for patch in axis.patches]
    assert drawn[0] == (4, 5, 12, 12) and drawn[1][:2] == guess[:2]
    assert drawn[2:] == ([(6, 6, 10, 11)] if guess[0] == 6 else [])
    assert axis.yaxis_inverted() and f"= {widget.iou():.2f}" in axis.get_title("left")
    plt.close(fig)


def test_pages_without_widgets_get_a_picture_with_alternative_text():
    bundle, metadata = BoxOverlap((0, 0, 4, 4), (2, 2, 6, 6))._repr_mimebundle_()
    assert set(bundle) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert bundle["text/plain"] == "BoxOverlap(truth=(0, 0, 4, 4), guess=(2, 2, 6, 6); IoU = 4 / 28 = 0.14)"
    assert "intersection has 4, their union 28: IoU 0.14" in metadata["image/png"]["alt"]
    assert not plt.get_fignums()
