"""Weight maps cover both models exactly, and the comparison sees every difference."""

import pytest
import torch
from torch import nn

from utils.weights import compare, copy_weights, rename

SAME = [(r"(.+)", r"\1")]
STATE = {"a.weight": torch.zeros(2), "a.bias": torch.zeros(2)}


def test_rename_uses_groups_and_the_first_rule_that_matches():
    renamed = rename(STATE, [(r"a\.weight", "w"), (r"a\.(.+)", r"b.\1")])
    assert list(renamed) == ["w", "b.bias"]


def test_rename_drops_what_it_is_told_to():
    assert list(rename(STATE, [(r".*bias", None), *SAME])) == ["a.weight"]


@pytest.mark.parametrize(
    "rules", [[(r"a\.weight", "w")], [(r"a\.weight", "w"), ("bias", "b")]], ids=["none", "partial"]
)
def test_entry_without_a_rule_is_an_error(rules):
    with pytest.raises(KeyError, match=r"no rule for 'a\.bias' \(2,\)"):
        rename(STATE, rules)


def test_two_entries_under_one_name_are_an_error():
    with pytest.raises(KeyError, match="would be called 'x'"):
        rename(STATE, [(r".+", "x")])


@pytest.mark.parametrize("ours", [nn.Linear(3, 4), nn.Linear(2, 3, bias=False)], ids=["shape", "left over"])
def test_copying_is_strict(ours):
    with pytest.raises(RuntimeError, match=r"size mismatch|Unexpected key"):
        copy_weights(nn.Linear(2, 3), ours, SAME)


def test_missing_weight_is_an_error():
    with pytest.raises(RuntimeError, match="Missing key"):
        copy_weights(nn.Linear(2, 3, bias=False), nn.Linear(2, 3), SAME)


class Variant(nn.Linear):
    """A linear layer with one thing changed, to be caught."""

    def __init__(self, change):
        super().__init__(2, 3)
        self.change = change

    def forward(self, x):
        y = super().forward(x)
        if self.change == "value":
            return y + 1e-6
        if self.change == "shape":
            return y[:1]
        if self.change == "not a number":
            return y * float("nan")
        if self.change == "gradient of the input":  # the same values, but x gets no gradient through the weights
            return super().forward(x.detach()) + 0 * x.sum()
        if self.change == "gradient of a weight":
            return y + (self.bias.detach() - self.bias)
        return y


@pytest.mark.parametrize(
    "change, message",
    [
        ("value", r"the outputs differ by up to 1\.0e-06, allowed are"),
        ("shape", r"the outputs differ in shape: ours \(1, 3\), reference \(5, 3\)"),
        ("not a number", "the outputs differ by up to nan"),
        ("gradient of the input", "the gradients of the input differ"),
        ("gradient of a weight", "the gradients of bias differ"),
    ],
)
def test_difference_is_caught(change, message):
    with pytest.raises(AssertionError, match=message):
        compare(Variant(change), nn.Linear(2, 3), SAME, torch.randn(5, 2))


def test_weight_that_only_one_model_trains_is_caught():
    class Frozen(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(3, 2))
            self.register_buffer("bias", torch.zeros(3))

        def forward(self, x):
            return nn.functional.linear(x, self.weight, self.bias)

    with pytest.raises(AssertionError, match=r"only one of the models trains: \['bias'\]"):
        compare(Frozen(), nn.Linear(2, 3), SAME, torch.randn(5, 2))


def test_equal_models_are_equal_and_stay_untouched():
    torch.manual_seed(0)
    ours, reference = nn.Linear(2, 3), nn.Linear(2, 3)
    before = [parameter.clone() for parameter in (*ours.parameters(), *reference.parameters())]
    parity = compare(ours, reference, SAME, torch.randn(5, 2))
    assert (parity.outputs, parity.input_gradients, parity.weight_gradients, parity.parameters) == (0, 0, 0, 9)
    assert "9 parameters; largest differences: outputs 0e+00" in str(parity)
    after = [*ours.parameters(), *reference.parameters()]
    assert all(torch.equal(a, b) and a.grad is None for a, b in zip(after, before, strict=True))
    assert ours.training and ours.weight.dtype == torch.float32


def test_reference_may_be_called_in_its_own_way():
    def transposed(model, x):
        return model(x).T

    class Transposed(nn.Linear):
        def forward(self, x):
            return super().forward(x).T

    compare(Transposed(2, 3), nn.Linear(2, 3), SAME, torch.randn(5, 2), transposed)
