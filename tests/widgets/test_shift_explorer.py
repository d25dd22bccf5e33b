import matplotlib.pyplot as plt
import pytest
import torch

from utils.models.shifted_window_attention import shift_mask, shift_regions
from utils.widgets.shift_explorer import ShiftExplorer

BAD = [
    ({"grid_size": 8}, TypeError, "two integers; got 8"),
    ({"grid_size": (8, 6)}, ValueError, "windows of 4 × 4 do not cover a map of 8 × 6"),
    ({"window": 0}, ValueError, "window must be from 1 to 8.*got 0"),
    ({"window": 2.0}, TypeError, "window must be an integer, got 2.0"),
    ({"shift": 5}, ValueError, "shift must be from 0 to 4.*got 5"),
    ({"shift": -1}, ValueError, "shift must be from 0 to 4.*got -1"),
    ({"shift": True}, TypeError, "shift must be an integer, got True"),
    ({"cell": 64}, ValueError, "cell must be from 0 to 63, for 8 × 8 tokens; got 64"),
    ({"cell": "9"}, TypeError, "cell must be an integer, got '9'"),
]


@pytest.mark.parametrize(("values", "error", "message"), BAD)
def test_bad_values_are_refused_and_what_fits_is_named(values, error, message):
    with pytest.raises(error, match=message):
        ShiftExplorer(**values)
    ((name, value),) = values.items()
    if name in ("shift", "cell"):
        widget = ShiftExplorer()
        with pytest.raises(error, match=message):
            setattr(widget, name, value)
        assert (widget.shift, widget.cell) == (2, 9)


@pytest.mark.parametrize("grid_size, window", [((8, 8), 4), ((6, 9), 3), ((4, 2), 2)])
def test_what_is_drawn_is_what_the_module_computes(grid_size, window):
    H, W = grid_size
    for shift in range(window):
        for cell in range(0, H * W, 7):
            widget = ShiftExplorer(grid_size, window, shift, cell)
            tokens, regions, _ = widget._shifted()
            assert torch.equal(regions, shift_regions(H, W, window, shift))
            assert torch.equal(tokens.roll((shift, shift), (0, 1)).flatten(), torch.arange(H * W))
            number, inside, inside_regions, place = widget._window_of()
            row = shift_mask(H, W, window, shift)[number, place]
            assert inside[place] == cell
            assert torch.equal(inside_regions == inside_regions[place], row)


def test_a_shift_by_a_whole_window_hides_nothing():
    for cell in (0, 9, 31, 63):
        _, _, regions, _ = ShiftExplorer(shift=4, cell=cell)._window_of()
        assert len(regions.unique()) == 1


def test_figure_shows_maps_and_mask():
    fig = ShiftExplorer((8, 12), 4, shift=1, cell=0).figure()
    before, after, mask = fig.axes
    assert before.images[0].get_array().shape == after.images[0].get_array().shape == (8, 12)
    assert torch.equal(torch.tensor(after.images[0].get_array().data).long(), shift_regions(8, 12, 4, 1))
    assert torch.equal(torch.tensor(mask.images[0].get_array().data).bool(), shift_mask(8, 12, 4, 1)[5])
    assert [text.get_text() for text in after.texts][:3] == ["13", "14", "15"]
    assert mask.get_title("left") == "mask of window 5: 1 of 16"
    assert len(before.patches) == len(after.patches) == 1
    plt.close(fig)


def test_pages_without_widgets_get_a_picture_with_alternative_text():
    bundle, metadata = ShiftExplorer(cell=63)._repr_mimebundle_()
    assert set(bundle) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert bundle["text/plain"] == "ShiftExplorer(grid_size=(8, 8), window=4, shift=2, cell=63)"
    alt = metadata["image/png"]["alt"]
    assert "shifted by 2" in alt and "token 63 may look at 4 of 16 tokens" in alt
    assert not plt.get_fignums()
