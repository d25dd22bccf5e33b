import re

import matplotlib.pyplot as plt
import pytest
import timm
import torch

from utils.models.vit_versus_cnn import count_flops
from utils.widgets.pyramid_explorer import MODELS, SIZES, PyramidExplorer

PUBLIC = {
    "ViT-S/16": "vit_small_patch16_224",
    "Swin-T": "swin_tiny_patch4_window7_224",
    "PVTv2-B2": "pvt_v2_b2",
    "ConvNeXt-T": "convnext_tiny",
}
BAD = [
    ({"image_size": 225}, ValueError, "a multiple of 32 from 64 to 1024, got 225"),
    ({"image_size": 32}, ValueError, "got 32"),
    ({"image_size": 224.0}, TypeError, "image_size must be an integer, got 224.0"),
    ({"model": "Swin-B"}, ValueError, "one of ViT-S/16, Swin-T, PVTv2-B2, ConvNeXt-T; got 'Swin-B'"),
    ({"model": None}, ValueError, "got None"),
    ({"stage": 5}, ValueError, "stage must be from 1 to 4, which Swin-T has, got 5"),
    ({"stage": 0}, ValueError, "got 0"),
    ({"stage": True}, TypeError, "stage must be an integer, got True"),
]


@pytest.mark.parametrize(("values", "error", "message"), BAD)
def test_bad_values_are_refused_and_what_fits_is_named(values, error, message):
    with pytest.raises(error, match=message):
        PyramidExplorer(**values)
    explorer = PyramidExplorer(288, stage=2)
    before = repr(explorer)
    ((name, value),) = values.items()
    with pytest.raises(error, match=message):
        setattr(explorer, name, value)
    assert repr(explorer) == before


def test_a_backbone_with_fewer_stages_moves_the_selected_one_to_its_last():
    with pytest.raises(ValueError, match="stage must be from 1 to 1, which ViT-S/16 has, got 3"):
        PyramidExplorer(model="ViT-S/16", stage=3)
    explorer = PyramidExplorer(stage=3)
    explorer.model = "ViT-S/16"
    assert explorer.stage == 1


@pytest.mark.parametrize("name", MODELS)
def test_costs_are_those_of_the_public_models(name):
    size = {"ViT-S/16": 224, "Swin-T": 224}.get(name, 96)
    model, stages = timm.create_model(PUBLIC[name]), MODELS[name](size)
    assert sum(s.flops for s in stages) == count_flops(model, torch.zeros(1, 3, size, size))
    assert sum(s.parameters for s in stages) == sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize("name", ["Swin-T", "PVTv2-B2", "ConvNeXt-T"])
def test_stages_are_those_of_the_public_models(name):
    with torch.device("meta"):
        model = timm.create_model(PUBLIC[name], features_only=True)
    stages = MODELS[name](224)
    assert [s.stride for s in stages] == model.feature_info.reduction()
    assert [s.channels for s in stages] == model.feature_info.channels()


def test_cost_per_pixel_does_not_depend_on_the_size_where_there_is_no_attention_to_all():
    per_pixel = {n: [sum(s.flops for s in f(size)) / size**2 for size in (224, 448, 896)] for n, f in MODELS.items()}
    for name in ("Swin-T", "ConvNeXt-T"):
        assert per_pixel[name] == pytest.approx(per_pixel[name][:1] * 3, rel=0.001)  # the classifier aside
    assert per_pixel["ViT-S/16"][2] > 2 * per_pixel["ViT-S/16"][0]
    assert per_pixel["PVTv2-B2"][2] > 1.3 * per_pixel["PVTv2-B2"][0]


def test_figure_shows_the_stages_and_the_costs():
    fig = PyramidExplorer(288, "PVTv2-B2", 4).figure()
    titles = [axis.get_title("left") for axis in fig.axes[:4]]
    for title, (name, stages) in zip(titles, MODELS.items(), strict=True):
        assert title == f"{name}\n{sum(s.flops for s in stages(288)) / 1e9:.1f} GFLOPs"
    assert [text.get_text() for text in fig.axes[1].texts] == ["72×72×96", "36×36×192", "18×18×384", "9×9×768"]
    thick = [[bar.get_linewidth() > 2 for bar in axis.patches[1::2]] for axis in fig.axes[:4]]
    assert thick == [[False], [False] * 4, [False] * 3 + [True], [False] * 4]
    *curves, now = fig.axes[4].lines
    assert [curve.get_label() for curve in curves] == list(MODELS) and list(now.get_xdata()) == [288, 288]
    assert list(curves[3].get_xdata()) == list(SIZES)
    plt.close(fig)


def test_pages_without_widgets_get_a_picture_with_alternative_text():
    bundle, metadata = PyramidExplorer(448, "ViT-S/16", 1)._repr_mimebundle_()
    assert set(bundle) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert bundle["text/plain"] == "PyramidExplorer(image_size=448, model='ViT-S/16', stage=1)"
    alt = metadata["image/png"]["alt"]
    assert "at 448 × 448 pixels" in alt and "Swin-T has maps with a side of 112, 56, 28, 14 and costs" in alt
    assert re.search(r"costs 3\d\.\d GFLOPs", alt)
    assert not plt.get_fignums()
