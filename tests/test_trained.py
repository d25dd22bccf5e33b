"""The course's own trained models: their script trains and resumes exactly, their weights load and are small."""

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from utils import data
from utils.trained import natural_cnn, natural_vit


@pytest.fixture(scope="module")
def images():
    photos = torch.cat([data.photo(name, 32)[None] for name in data.PHOTOS])  # (5, 3, 32, 32)
    return photos.repeat(2, 1, 1, 1), torch.arange(10)


@pytest.mark.parametrize("trained", [natural_vit, natural_cnn])
def test_training_learns(images, trained):
    model = natural_vit.train(*images, epochs=12, batch_size=5, new=trained.new)  # 24 steps
    before = trained.new()
    loss, untrained = (
        torch.nn.functional.cross_entropy(m(natural_vit.prepare(images[0])), images[1]) for m in (model, before)
    )
    assert loss < untrained - 0.3  # there are two labels for each photograph, so it cannot fall by more than log 5


def test_training_resumes_where_it_was(images, tmp_path, monkeypatch):
    monkeypatch.setattr(natural_vit, "SAVE_EVERY", 2)
    torch.manual_seed(5)
    whole = natural_vit.train(*images, epochs=3, batch_size=10)
    checkpoint = tmp_path / "checkpoint"
    natural_vit.train(*images, epochs=3, batch_size=10, checkpoint=checkpoint)
    assert torch.load(checkpoint, weights_only=True)[0] == 2  # of 3 steps
    torch.manual_seed(6)
    resumed = natural_vit.train(*images, epochs=3, batch_size=10, checkpoint=checkpoint)
    assert all(
        torch.equal(a, b) for a, b in zip(whole.state_dict().values(), resumed.state_dict().values(), strict=True)
    )


def test_few_images_make_one_step_per_epoch(images):
    trained = natural_vit.train(*images, epochs=1, batch_size=11)
    torch.manual_seed(0)
    assert not torch.equal(trained.head.weight, natural_vit.new().head.weight)


def test_augmentation_shifts_and_mirrors():
    torch.manual_seed(0)
    place = torch.arange(32.0).expand(200, 3, 32, 32)  # every pixel holds its column
    moved = natural_vit.augment(place)
    assert moved.shape == place.shape
    middle = moved[:, 0, 0, 12:20].diff(dim=1)  # away from the border, where reflection turns round
    assert set(middle.flatten().tolist()) == {1.0, -1.0}
    assert 60 < (middle[:, 0] < 0).sum() < 140  # about half are mirrored
    forward = moved[middle[:, 0] > 0]
    assert set((forward[:, 0, 0, 15] - 15).tolist()) == set(range(-4, 5))


def test_script_reads_folders_and_writes_weights(tmp_path, monkeypatch, capsys):
    for part in ("train", "test"):
        for name in natural_vit.CLASSES:
            (tmp_path / part / name).mkdir(parents=True)
            Image.new("RGB", (32, 32), "red").save(tmp_path / part / name / "0.jpg")
    monkeypatch.setattr("sys.argv", ["x", "--folder", str(tmp_path), "--epochs", "1", "--to", str(tmp_path / "w")])
    monkeypatch.setattr(natural_vit.train, "__defaults__", (0, 5, None, natural_vit.new))  # batches of five
    natural_vit.main()
    monkeypatch.setattr(natural_vit, "WEIGHTS", tmp_path / "w")
    assert natural_vit.about() == {"data": "CIFAR-10 (JPEG)", "epochs": "1", "seed": "0", "test_accuracy": "0.1000"}
    assert natural_vit.load()(torch.zeros(1, 3, 32, 32)).shape == (1, 10)
    (tmp_path / "test" / "cat").rename(tmp_path / "test" / "a cat")
    with pytest.raises(SystemExit):
        natural_vit.main()
    assert "each with the folders airplane, automobile, bird" in capsys.readouterr().err


def test_weights_in_the_repository():
    assert natural_vit.WEIGHTS.stat().st_size < 5e6
    model = natural_vit.load()
    assert not model.training
    assert 0.5 < float(natural_vit.about()["test_accuracy"]) < 1
    cat = natural_vit.prepare(data.photo("cat", 32)[None])
    assert model(cat).isfinite().all() and model.attention_maps(cat).shape == (1, 6, 4, 65, 65)
    larger = natural_vit.prepare(data.photo("cat", 64)[None])
    assert model.attention_maps(larger).shape == (1, 6, 4, 257, 257)


def test_weights_of_the_cnn(tmp_path):
    assert natural_cnn.WEIGHTS.stat().st_size < 5e6
    model = natural_cnn.load()
    assert not model.training
    assert 0.5 < float(natural_cnn.about()["test_accuracy"]) < 1
    cat = natural_vit.prepare(data.photo("cat", 32)[None])
    assert model(cat).isfinite().all() and model.forward_features(cat).shape == (1, 112, 8, 8)
    natural_vit.save(model, tmp_path / "again", natural_cnn.about())
    again, before = load_file(tmp_path / "again"), load_file(natural_cnn.WEIGHTS)
    assert again.keys() == before.keys() and all(torch.equal(again[name], before[name]) for name in before)
