import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from torch import nn

from utils import data
from utils.models.convolution import receptive_field
from utils.widgets.receptive_field import CHOICES, SIDE, ReceptiveFieldExplorer, brightness, map_sizes, seen

BAD = [
    ({"depth": 0}, "depth must be one of 1, 2, 3, 4, 5, 6; got 0"),
    ({"depth": 7}, "depth must be one of 1, 2, 3, 4, 5, 6; got 7"),
    ({"depth": True}, "depth must be one of 1, 2, 3, 4, 5, 6; got True"),
    ({"kernel_size": 4}, "kernel_size must be one of 1, 3, 5, 7; got 4"),
    ({"stride": "2"}, "stride must be one of 1, 2, 3; got '2'"),
    ({"row": 24}, "row must be an integer from 0 to 23, the last map is 24 × 24; got 24"),
    ({"column": -1}, "column must be an integer from 0 to 23.*got -1"),
    ({"column": 1.0}, "column must be an integer from 0 to 23.*got 1.0"),
]


@pytest.mark.parametrize(("values", "message"), BAD)
def test_bad_values_are_refused_and_what_fits_is_named(values, message):
    settings = {"depth": 2, "stride": 2, "row": 3, "column": 5}
    with pytest.raises(ValueError, match=message):
        ReceptiveFieldExplorer(**(settings | values))
    explorer = ReceptiveFieldExplorer(**settings)
    ((name, value),) = values.items()
    with pytest.raises(ValueError, match=message):
        setattr(explorer, name, value)
    assert (explorer.depth, explorer.stride, explorer.row, explorer.column) == (2, 2, 3, 5)


def test_unknown_photograph_is_refused():
    with pytest.raises(ValueError, match="no photograph 'dog'"):
        ReceptiveFieldExplorer(photo="dog")


def test_smaller_maps_keep_the_output_inside():
    explorer = ReceptiveFieldExplorer(depth=1, row=95, column=20)
    explorer.stride = 3
    assert (explorer.row, explorer.column) == (31, 20)
    explorer.depth = 3
    assert (explorer.row, explorer.column) == (3, 3)


def test_browser_gets_the_pixels_of_the_photograph():
    explorer = ReceptiveFieldExplorer("flower")
    assert explorer.photo == "flower" and explorer._alt == data.photo_alt("flower")
    sent = torch.tensor(np.frombuffer(explorer._pixels, np.uint8).reshape(SIDE, SIDE, 3).copy())
    torch.testing.assert_close(sent.permute(2, 0, 1) / 255, data.photo("flower", SIDE), rtol=0, atol=0)


@pytest.mark.parametrize("stride", CHOICES["stride"])
@pytest.mark.parametrize("kernel_size", CHOICES["kernel_size"])
@pytest.mark.parametrize("depth", [1, 3, 6])
def test_paths_are_the_gradient_of_convolutions_with_weights_of_one(depth, kernel_size, stride):
    options = {"stride": stride, "padding": (kernel_size - 1) // 2, "bias": False, "dtype": torch.float64}
    layers = [nn.Conv1d(1, 1, kernel_size, **options) for _ in range(depth)]
    maps = [torch.zeros(1, 1, SIDE, dtype=torch.float64, requires_grad=True)]
    for layer in layers:
        nn.init.ones_(layer.weight)
        maps.append(layer(maps[-1]))
    assert [m.shape[-1] for m in maps] == map_sizes(depth, stride)
    place = maps[-1].shape[-1] * 2 // 3
    gradients = torch.autograd.grad(maps[-1][0, 0, place], maps)
    for found, expected in zip(seen(depth, kernel_size, stride, place), gradients, strict=True):
        torch.testing.assert_close(found, expected[0, 0])


def test_brightness_tells_seen_from_unseen():
    light = brightness(torch.tensor([0.0, 1.0, 2.0]), torch.tensor([2.0, 0.0, 1.0]))
    torch.testing.assert_close(light, torch.tensor([[0.3, 0.3, 0.3], [0.75, 0.3, 0.625], [1.0, 0.3, 0.75]]))


@pytest.mark.parametrize(("depth", "kernel_size", "stride"), [(4, 3, 1), (3, 5, 2), (6, 7, 3), (1, 1, 1)])
def test_figure_draws_the_box_of_each_layer_around_the_output(depth, kernel_size, stride):
    explorer = ReceptiveFieldExplorer("cat", depth, kernel_size, stride)
    fig = explorer.figure()
    photo, *maps = fig.axes
    assert len(photo.patches) == len(maps) == depth
    for layer, box in enumerate(photo.patches, 1):
        assert box.get_width() == box.get_height() == receptive_field([(kernel_size, stride)] * layer)
        centre = [box.get_x() + box.get_width() / 2, box.get_y() + box.get_height() / 2]
        assert centre == [explorer.column * stride**depth, explorer.row * stride**depth]
    assert f"sees {receptive_field([(kernel_size, stride)] * depth)} × " in photo.get_title("left")
    assert [axis.images[0].get_array().shape[0] for axis in maps] == map_sizes(depth, stride)[1:]
    plt.close(fig)


def test_pages_without_widgets_get_a_picture_with_alternative_text():
    explorer = ReceptiveFieldExplorer("temple", depth=2, kernel_size=5, stride=2, row=3, column=4)
    bundle, metadata = explorer._repr_mimebundle_()
    assert set(bundle) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}
    assert bundle["image/png"].startswith(b"\x89PNG")
    expected = "ReceptiveFieldExplorer(photo='temple', depth=2, kernel_size=5, stride=2, row=3, column=4)"
    assert bundle["text/plain"] == expected
    alt = metadata["image/png"]["alt"]
    assert data.photo_alt("temple") in alt and "sees 13 × 13 pixels" in alt and "row 3, column 4" in alt
    assert not plt.get_fignums()
