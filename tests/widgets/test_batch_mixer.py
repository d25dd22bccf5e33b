import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from utils import data
from utils.models import training_recipe
from utils.widgets.batch_mixer import BatchMixer

H, W = 24, 41  # an odd side: half of it is rounded down


def pictures(size=(H, W)):
    return [data.photo(name, size) for name in ("cat", "flower")]


def mixer(**options):
    return BatchMixer(pictures(), ["cat", "flower"], **options)


BAD = [
    ({"kind": "cutout"}, ValueError, "one of mixup, cutmix; got 'cutout'"),
    ({"kind": None}, ValueError, "one of mixup, cutmix; got None"),
    ({"lam": 1.01}, ValueError, "from 0 to 1, got 1.01"),
    ({"lam": -0.1}, ValueError, "from 0 to 1, got -0.1"),
    ({"lam": float("nan")}, ValueError, "from 0 to 1, got nan"),
    ({"lam": "0.5"}, TypeError, "must be a number, got '0.5'"),
    ({"lam": True}, TypeError, "must be a number, got True"),
    ({"row": 24}, ValueError, "row must be from 0 to 23, got 24"),
    ({"column": 41}, ValueError, "column must be from 0 to 40, got 41"),
    ({"column": -1}, ValueError, "column must be from 0 to 40, got -1"),
    ({"row": 2.0}, TypeError, "row must be an integer, got 2.0"),
]


@pytest.mark.parametrize(("values", "error", "message"), BAD)
def test_bad_values_are_refused_and_what_fits_is_named(values, error, message):
    with pytest.raises(error, match=message):
        mixer(**values)
    widget = mixer(kind="cutmix", lam=0.3, row=4, column=40)
    ((name, value),) = values.items()
    with pytest.raises(error, match=message):
        setattr(widget, name, value)
    assert (widget.kind, widget.lam, widget.row, widget.column) == ("cutmix", 0.3, 4, 40)


def test_pictures_and_names_must_fit():
    one, two = pictures()
    with pytest.raises(ValueError, match=r"two pictures \(3, H, W\) of one size, got 1 of \(3, 24, 41\)"):
        BatchMixer([one], ["cat", "flower"])
    with pytest.raises(ValueError, match=r"got 2 of \(3, 24, 41\), \(3, 24, 24\)"):
        BatchMixer([one, data.photo("flower", 24)], ["cat", "flower"])
    with pytest.raises(ValueError, match=r"got 2 of \(1, 24, 41\), \(1, 24, 41\)"):
        BatchMixer([one[:1], two[:1]], ["cat", "flower"])
    with pytest.raises(ValueError, match=r"values from 0 to 1, got -\S+ to .*normalisation"):
        BatchMixer([2 * one - 1, two.clamp(min=0.1)], ["cat", "flower"])
    with pytest.raises(ValueError, match="from 0 to 1, got nan"):
        BatchMixer([one * float("nan"), two], ["cat", "flower"])
    for names in (["cat"], ["cat", "cat"], "ab"):
        with pytest.raises(ValueError, match=re.escape(f"two different classes, got {names!r}")):
            BatchMixer([one, two], names)
    torch.testing.assert_close(BatchMixer(torch.stack([one, two]), ["cat", "flower"]).mixed(), mixer().mixed())


@pytest.mark.parametrize("lam", [0.0, 0.01, 0.25, 0.6, 0.75, 0.997, 1.0])
def test_box_is_the_one_that_the_recipe_cuts(lam):
    for seed in range(20):
        torch.manual_seed(seed)
        column, row = torch.randint(W, (1,)).item(), torch.randint(H, (1,)).item()  # as `cut_box` draws its centre
        torch.manual_seed(seed)
        assert mixer(kind="cutmix", lam=lam, row=row, column=column).box() == training_recipe.cut_box(H, W, lam)


def test_browser_gets_the_pixels():
    widget = mixer()
    sent = np.frombuffer(widget._pixels, np.uint8).reshape(2, H, W, 3)
    for pixels, picture in zip(sent, pictures(), strict=True):
        torch.testing.assert_close(torch.tensor(pixels).permute(2, 0, 1) / 255, picture, rtol=0, atol=0)
    assert widget._sizes == {"height": H, "width": W} and widget._names == ["cat", "flower"]
    assert (widget.row, widget.column) == (12, 20)


@pytest.mark.parametrize(
    ("options", "share", "facts"),
    [
        ({"kind": "mixup", "lam": 0.6}, 0.6, "every pixel = 0.60 · cat + 0.40 · flower"),
        ({"kind": "mixup", "lam": 1}, 1.0, "every pixel = 1.00 · cat + 0.00 · flower"),
        ({"kind": "cutmix", "lam": 0.6}, 1 - 14 * 24 / (H * W), "λ drawn 0.60, λ really seen 0.66"),
        (
            {"kind": "cutmix", "lam": 0.6, "row": 0, "column": 40},
            1 - 7 * 13 / (H * W),
            "λ drawn 0.60, λ really seen 0.91",
        ),
        ({"kind": "cutmix", "lam": 1}, 1.0, "λ drawn 1.00, λ really seen 1.00"),
    ],
)
def test_figure_shows_the_mixture_and_its_label(options, share, facts):
    widget = mixer(**options)
    fig = widget.figure()
    own, mixed, other, label = fig.axes
    cat, flower = pictures()
    for axis, picture in ((own, cat), (other, flower)):
        np.testing.assert_array_equal(np.asarray(axis.images[0].get_array()), picture.permute(1, 2, 0).numpy())
    expected = options["lam"] * cat + (1 - options["lam"]) * flower
    if options["kind"] == "cutmix":
        top, bottom, left, right = widget.box()
        expected = cat.clone()
        expected[:, top:bottom, left:right] = flower[:, top:bottom, left:right]
        marks = {(mark.get_xy(), mark.get_width(), mark.get_height()) for mark in mixed.patches}
        here = {((left - 0.5, top - 0.5), right - left, bottom - top)} if options["lam"] < 1 else set()
        assert marks == here
    shown = torch.tensor(np.asarray(mixed.images[0].get_array())).permute(2, 0, 1)
    torch.testing.assert_close(shown, expected)
    assert [bar.get_width() for bar in label.patches] == pytest.approx([share, 1 - share])
    assert label.get_title("left") == facts
    assert [text.get_text() for text in label.texts] == [f"{share:.2f}", f"{1 - share:.2f}"]
    plt.close(fig)


def test_pages_without_widgets_get_a_picture_with_alternative_text():
    bundle, metadata = mixer(kind="cutmix", lam=0.6, row=0, column=40)._repr_mimebundle_()
    assert set(bundle) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert bundle["text/plain"] == "BatchMixer(kind='cutmix', lam=0.6, row=0, column=40)"
    alt = metadata["image/png"]["alt"]
    assert "picture of cat" in alt and "7 rows by 13 columns" in alt and "drawn 0.60, really seen 0.91" in alt
    assert alt.endswith("a bar: 0.91 cat, 0.09 flower.")
    assert "laid over each other, 0.25 of cat and 0.75" in mixer(lam=0.25)._repr_mimebundle_()[1]["image/png"]["alt"]
    assert not plt.get_fignums()
