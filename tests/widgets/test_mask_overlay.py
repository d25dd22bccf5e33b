import math

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from sklearn.metrics import jaccard_score

from utils.widgets.mask_overlay import COLORS, MaskOverlay

CLASSES = ("ground", "red", "yellow", "blue")


def pictures(count=2, size=(6, 9), seed=0):
    generator = torch.Generator().manual_seed(seed)
    images = torch.rand(count, 3, *size, generator=generator)
    truths, guesses = torch.randint(4, (2, count, *size), generator=generator)
    return images, truths, guesses


def overlay(**options):
    return MaskOverlay(*pictures(), CLASSES, **options)


BAD = [
    ({"index": 2}, ValueError, "index must be from 0 to 1, got 2"),
    ({"index": -1}, ValueError, "from 0 to 1, got -1"),
    ({"index": True}, TypeError, "must be an integer, got True"),
    ({"opacity": 1.1}, ValueError, "opacity must be from 0 to 1, got 1.1"),
    ({"opacity": "1"}, TypeError, "must be a number, got '1'"),
    ({"opacity": math.nan}, ValueError, "from 0 to 1, got nan"),
    ({"shown": [0]}, ValueError, "classes from 1 to 3, got"),
    ({"shown": [4]}, ValueError, "classes from 1 to 3, got"),
    ({"shown": [[1]]}, ValueError, "classes from 1 to 3, got"),
]


@pytest.mark.parametrize(("values", "error", "message"), BAD)
def test_bad_values_are_refused_and_what_fits_is_named(values, error, message):
    with pytest.raises(error, match=message):
        overlay(**values)
    widget, (name, value) = overlay(), next(iter(values.items()))
    before = getattr(widget, name)
    with pytest.raises(error, match=message):
        setattr(widget, name, value)
    assert getattr(widget, name) == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": torch.zeros(2, 1, 6, 9)}, r"images must be \(n, 3, H, W\)"),
        ({"images": torch.zeros(0, 3, 6, 9)}, "at least one"),
        ({"images": torch.zeros(3, 6, 9)}, r"images must be \(n, 3, H, W\), at least one, got \(3, 6, 9\)"),
        ({"images": torch.full((2, 3, 6, 9), 1.5)}, "undo the normalisation"),
        ({"truths": torch.zeros(2, 9, 6)}, r"truths must have shape \(2, 6, 9\), got \(2, 9, 6\)"),
        ({"guesses": torch.full((2, 6, 9), 4)}, r"guesses must be classes from 0 to 3, got \[4\]"),
        ({"classes": ["ground"]}, "2 to 7 names"),
        ({"classes": "abcd"}, "2 to 7 names"),
    ],
)
def test_pictures_that_do_not_go_together_are_refused(change, message):
    images, truths, guesses = pictures()
    with pytest.raises(ValueError, match=message):
        MaskOverlay(**{"images": images, "truths": truths, "guesses": guesses, "classes": CLASSES} | change)


def test_browser_gets_pixels_and_masks():
    images, truths, guesses = pictures()
    widget = MaskOverlay(images, truths, guesses, CLASSES)
    sent = torch.tensor(np.frombuffer(widget._pixels, np.uint8)).reshape(2, 6, 9, 3).permute(0, 3, 1, 2) / 255
    torch.testing.assert_close(sent, images, rtol=0, atol=0.51 / 255)
    masks = torch.tensor(np.frombuffer(widget._masks, np.uint8)).reshape(2, 2, 6, 9).long()
    assert torch.equal(masks, torch.stack([truths, guesses]))
    assert widget.shown == [1, 2, 3] and widget._sizes == [2, 6, 9]


def test_ious_are_those_of_this_image():
    images, truths, guesses = pictures()
    truths[1][truths[1] == 2], guesses[1][guesses[1] == 2] = 0, 0
    widget = MaskOverlay(images, truths, guesses, CLASSES)
    for index in (0, 1):
        widget.index = index
        expected = jaccard_score(
            truths[index].flatten(), guesses[index].flatten(), labels=range(4), average=None, zero_division=0
        )
        assert [iou for iou in widget.ious() if not math.isnan(iou)] == pytest.approx(expected[expected > 0].tolist())
    assert math.isnan(widget.ious()[2])
    assert "yellow –" in widget._alt()


def test_panels_show_the_chosen_classes():
    images, truths, guesses = pictures()
    widget = MaskOverlay(images, truths, guesses, CLASSES, index=1, opacity=1, shown=[2])
    truth, guess, mistakes = widget.panels()
    yellow = torch.tensor([int(COLORS[1][k : k + 2], 16) / 255 for k in (1, 3, 5)])
    for panel, mask in ((truth, truths[1]), (guess, guesses[1])):
        torch.testing.assert_close(panel[:, mask == 2], yellow[:, None].expand(-1, int((mask == 2).sum())))
        torch.testing.assert_close(panel[:, mask != 2], images[1][:, mask != 2])
    wrong = (truths[1] != guesses[1]) & ((truths[1] == 2) | (guesses[1] == 2))
    grey = images[1].mean(dim=0)
    torch.testing.assert_close(mistakes[:, ~wrong], grey[~wrong].expand(3, -1))
    assert (mistakes[0] - mistakes[1])[wrong].min() > 0.2  # pink, not grey
    widget.opacity, widget.shown = 0, []
    torch.testing.assert_close(widget.panels()[:2], images[1].expand(2, -1, -1, -1))


def test_figure_has_three_panels_and_a_legend():
    widget = overlay(shown=[1, 3])
    fig = widget.figure()
    assert [axis.get_title("left") for axis in fig.axes][:2] == ["truth", "prediction"]
    assert first_number(fig.axes[2].get_title("left")) == int((pictures()[1][0] != pictures()[2][0]).sum())
    for axis, panel in zip(fig.axes, widget.panels(), strict=True):
        np.testing.assert_allclose(axis.images[0].get_array(), panel.permute(1, 2, 0), atol=1e-6)
    assert [text.get_text()[:4] for text in fig.legends[0].get_texts()] == ["red:", "blue"]
    plt.close(fig)


def first_number(title):
    return int(title.split()[0])


def test_pages_without_widgets_get_a_picture_with_alternative_text():
    bundle, metadata = overlay(index=1)._repr_mimebundle_()
    assert set(bundle) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert bundle["text/plain"] == "MaskOverlay(2 images, index=1, opacity=0.6; red, yellow, blue)"
    assert (
        "Image 1 three times" in metadata["image/png"]["alt"]
        and "IoU in this image: red 0." in metadata["image/png"]["alt"]
    )
    assert not plt.get_fignums()
