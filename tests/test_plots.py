"""Figures: one look, a caption that is also the alternative text, pictures drawn the right way up."""

import io

import matplotlib.pyplot as plt
import pytest
import torch
from PIL import Image

from utils import plots


@pytest.fixture
def displayed(monkeypatch):
    """Return the list of what was displayed, as (data, metadata)."""
    shown = []
    monkeypatch.setattr(plots, "display", lambda data, raw, metadata=None: shown.append((data, metadata)))
    return shown


def pixels(png):
    return Image.open(io.BytesIO(png))


def test_show_displays_picture_and_caption_and_closes_the_figure(displayed):
    fig, axis = plots.figure(width=4, height=2)
    axis.plot([1, 2])
    plots.show(fig, "A line that rises.")
    (picture, metadata), (caption, _) = displayed
    assert metadata["image/png"] == {"alt": "A line that rises.", "width": 400}
    assert picture["text/plain"] == "A line that rises."
    assert pixels(picture["image/png"]).size == (4 * 140, 2 * 140)
    assert caption["text/markdown"] == "*A line that rises.*"
    assert not plt.get_fignums()


def test_figures_have_a_white_card_that_both_themes_can_show():
    fig, _ = plots.figure()
    assert pixels(plots.png(fig)).convert("RGBA").getpixel((0, 0)) == (255, 255, 255, 255)


def test_same_figure_gives_the_same_bytes():
    def draw():
        fig, axis = plots.figure(width=2, height=2)
        axis.plot([1, 3, 2])
        return plots.png(fig)

    assert draw() == draw()
    assert b"Matplotlib" not in draw()


def test_grid_of_axes():
    fig, axes = plots.figure(2, 3)
    assert axes.shape == (2, 3)
    plt.close(fig)


def test_colours_are_distinct_and_visible_on_white():
    def lightness(colour):
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    assert len(set(plots.PALETTE)) == 7
    assert all(lightness(colour) < 190 for colour in plots.PALETTE)


@pytest.mark.parametrize("shape, drawn", [((3, 2, 4), (2, 4, 3)), ((1, 2, 4), (2, 4)), ((2, 4), (2, 4))])
def test_image_takes_channels_first(shape, drawn):
    fig, axis = plots.figure()
    picture = torch.arange(torch.tensor(shape).prod()).reshape(shape) / 24
    plots.image(axis, picture.requires_grad_(), "title")
    (image,) = axis.get_images()
    expected = picture.detach().squeeze(0) if len(drawn) == 2 else picture.detach().permute(1, 2, 0)
    assert torch.equal(torch.as_tensor(image.get_array().data), expected)
    assert axis.get_title() + axis.get_title(loc="left") == "title"
    assert len(axis.get_xticks()) == len(axis.get_yticks()) == 0
    plt.close(fig)


def test_colours_out_of_range_are_clipped_and_single_channels_are_not(caplog):
    fig, (colour, grey) = plots.figure(1, 2)
    plots.image(colour, torch.tensor([-1.0, 0.5, 2.0])[:, None, None])
    plots.image(grey, torch.tensor([[-1.0, 2.0]]))
    assert colour.get_images()[0].get_array().tolist() == [[[0.0, 0.5, 1.0]]]
    assert grey.get_images()[0].get_array().tolist() == [[-1.0, 2.0]]
    assert not caplog.records  # matplotlib clips too, but says so on stderr, which a chapter must not show
    plt.close(fig)


def test_patch_grid_draws_the_lines_between_patches():
    fig, axis = plots.figure()
    plots.patch_grid(axis, height=4, width=6, patch_size=2)
    lines = [line.get_xydata().tolist() for line in axis.get_lines()]
    assert len(lines) == 3 + 4
    assert [[-0.5, 1.5], [5.5, 1.5]] in lines and [[1.5, -0.5], [1.5, 3.5]] in lines
    plt.close(fig)
