"""The training loop: it learns, reports each epoch, repeats itself, stops early, and survives an interruption."""

from pathlib import Path

import pytest
import torch
from torch import nn

from utils import training
from utils.training import accuracy, fit


def examples(count=96, seed=0):
    generator = torch.Generator().manual_seed(seed)
    images = torch.rand(count, 1, 4, 4, generator=generator)
    return images, (images[:, 0, :, :2].sum(dim=(1, 2)) > images[:, 0, :, 2:].sum(dim=(1, 2))).long()


def make_model(dropout=0.3):
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Flatten(), nn.Linear(16, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(dropout), nn.Linear(16, 2)
    )


def run(epochs=4, **options):
    model = make_model()
    history = fit(model, examples(), examples(64, 1), epochs=epochs, batch_size=32, bar=False, **options)
    return model, history


def same(model, other):
    state, expected = model.state_dict(), other.state_dict()
    return all(torch.equal(state[name], expected[name]) for name in expected)


class Interrupt:
    """Raise Ctrl-C in the forward pass of a model, at its k-th training batch."""

    def __init__(self, model, batch):
        self.left = batch
        self.handle = model.register_forward_pre_hook(self)

    def __call__(self, model, inputs):
        self.left -= model.training
        if self.left < 0:
            raise KeyboardInterrupt


def test_it_learns_and_reports_every_epoch():
    model, history = run(epochs=20, learning_rate=1e-2)
    assert [epoch["epoch"] for epoch in history] == list(range(1, 21))
    assert all(set(epoch) == {"epoch", "loss", "train_accuracy", "accuracy"} for epoch in history)
    assert history[-1]["loss"] < 0.5 * history[0]["loss"] and history[-1]["accuracy"] > 0.85
    assert model.training and history[-1]["accuracy"] == accuracy(model, *examples(64, 1))


def test_model_in_evaluation_mode_is_trained_in_training_mode():
    modes = []
    model = make_model().eval()
    model.register_forward_pre_hook(lambda model, inputs: modes.append(model.training))
    fit(model, examples(), examples(64, 1), epochs=2, batch_size=96, bar=False)
    assert modes == [True, False, True, False] and model.training


def test_reported_loss_and_accuracy_are_means_over_images_not_batches():
    images, labels = examples(40)
    model = make_model(dropout=0.0)[:2].append(nn.Linear(16, 2))
    with torch.no_grad():
        logits = model(images)
    loss, right = nn.functional.cross_entropy(logits, labels), (logits.argmax(dim=1) == labels).float().mean()
    (epoch,) = fit(model, (images, labels), epochs=1, batch_size=32, learning_rate=0.0, bar=False)  # 32 and 8
    assert epoch == {"epoch": 1, "loss": pytest.approx(loss.item()), "train_accuracy": pytest.approx(right.item())}


def test_every_image_is_seen_once_per_epoch_in_another_order():
    seen = []
    model = make_model()
    model.register_forward_pre_hook(lambda model, inputs: seen.append(inputs[0][:, 0, 0, 0].clone()))
    images, labels = examples(70)
    fit(model, (images, labels), epochs=2, batch_size=32, bar=False)
    first, second = torch.cat(seen[:3]), torch.cat(seen[3:])
    assert [len(batch) for batch in seen] == [32, 32, 6] * 2
    assert torch.equal(first.sort().values, images[:, 0, 0, 0].sort().values)
    assert torch.equal(first.sort().values, second.sort().values) and not torch.equal(first, second)


def test_seed_decides_and_not_what_ran_before():
    model, history = run(seed=1)
    torch.manual_seed(99)
    torch.rand(7)
    again, again_history = run(seed=1)
    assert same(model, again) and history == again_history
    assert not same(model, run(seed=2)[0])


@pytest.mark.parametrize("patience", [None, 3])
@pytest.mark.parametrize("stop", [1, 4])
def test_resumed_run_ends_with_the_same_weights(tmp_path, stop, patience):
    whole, history = run(epochs=6, seed=3, patience=patience)
    run(epochs=stop, seed=3, patience=patience, checkpoint=tmp_path / "run.pt")
    resumed, resumed_history = run(epochs=6, seed=3, patience=patience, checkpoint=str(tmp_path / "run.pt"))
    assert same(whole, resumed) and history == resumed_history


def test_interrupted_run_loses_at_most_one_epoch(tmp_path):
    whole, history = run(epochs=5)
    model, file = make_model(), tmp_path / "run.pt"
    options = {"epochs": 5, "batch_size": 32, "checkpoint": file, "bar": False}
    interrupt = Interrupt(model, batch=8)  # three batches per epoch: in the last batch of the third
    with pytest.raises(KeyboardInterrupt):
        fit(model, examples(), examples(64, 1), **options)
    interrupt.handle.remove()
    assert torch.load(file, weights_only=True)["history"] == history[:2]
    assert fit(model, examples(), examples(64, 1), **options) == history and same(model, whole)


def test_interruption_while_saving_leaves_the_last_checkpoint(tmp_path, monkeypatch):
    file = tmp_path / "run.pt"
    _, history = run(epochs=1, checkpoint=file)

    def half(state, path):
        Path(path).write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(training.torch, "save", half)
    with pytest.raises(KeyboardInterrupt):
        run(epochs=2, checkpoint=file)
    assert torch.load(file, weights_only=True)["history"] == history


def test_finished_run_is_not_trained_again(tmp_path):
    model, history = run(epochs=3, checkpoint=tmp_path / "run.pt")
    again, again_history = run(epochs=3, checkpoint=tmp_path / "run.pt")
    assert same(model, again) and history == again_history


def test_early_stop_takes_back_the_best_weights(monkeypatch, tmp_path):
    weights = []

    def scripted(model, *held_out):
        weights.append({name: value.clone() for name, value in model.state_dict().items()})
        return [0.5, 0.7, 0.7, 0.6, 0.9][len(weights) - 1]

    monkeypatch.setattr(training, "accuracy", scripted)
    file = tmp_path / "run.pt"
    model, history = run(epochs=5, patience=2, checkpoint=file)
    assert [epoch["accuracy"] for epoch in history] == [0.5, 0.7, 0.7, 0.6]  # 0.7 again is no better
    assert all(torch.equal(value, weights[1][name]) for name, value in model.state_dict().items())
    resumed, resumed_history = run(epochs=5, patience=2, checkpoint=file)
    assert same(resumed, model) and resumed_history == history and len(weights) == 4


def test_without_patience_the_last_weights_stay(monkeypatch):
    monkeypatch.setattr(training, "accuracy", lambda *arguments: 0.5)
    last = run(epochs=3)[0]
    monkeypatch.undo()
    assert same(last, run(epochs=3)[0])


def test_bar_is_shown_or_nothing_is(capfd):
    run(epochs=2)
    assert capfd.readouterr() == ("", "")
    fit(make_model(), examples(), epochs=2, bar=True)
    printed = "".join(capfd.readouterr())
    assert "2/2" in printed and "loss" in printed


def test_what_cannot_be_trained_is_refused():
    images, labels = examples(8)
    for train in ((images, labels[:5]), (images[:0], labels[:0])):
        with pytest.raises(ValueError, match="as many labels as images"):
            fit(make_model(), train, epochs=1, bar=False)
    with pytest.raises(ValueError, match="patience compares accuracies on held-out images"):
        fit(make_model(), (images, labels), epochs=1, patience=1, bar=False)
    with pytest.raises(FloatingPointError, match=r"loss is nan in epoch 1.*smaller learning_rate"):
        fit(make_model(), (images * float("nan"), labels), epochs=1, bar=False)


def test_accuracy_is_of_evaluation_and_leaves_the_mode():
    images, labels = examples(100)
    model = make_model(dropout=0.9)
    for mode in (True, False):
        model.train(mode)
        before = {name: value.clone() for name, value in model.state_dict().items()}
        share = accuracy(model, images, labels, batch_size=30)
        assert model.training is mode
        assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    right = model.eval()(images).argmax(dim=1) == labels
    assert share == pytest.approx(right.float().mean().item())
