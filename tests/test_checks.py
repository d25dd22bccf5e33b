"""The checks of the test cells: silent on right answers, one helpful line on wrong ones, blind to disguises."""

import re
import sys
import warnings
from fractions import Fraction

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from utils import checks
from utils.models import patch_embedding
from utils.models.patch_embedding import patchify as cut

TOKENS = torch.arange(6.0).reshape(1, 3, 2)


class AlwaysEqual:
    shape, dtype, device = TOKENS.shape, TOKENS.dtype, TOKENS.device

    def __eq__(self, other):
        return True


@pytest.mark.parametrize(
    ("actual", "message"),
    [
        (None, "f(x): expected a tensor, got None: is the return missing?"),
        (TOKENS.tolist(), "f(x): expected a torch.Tensor, got list"),
        (TOKENS.numpy(), "f(x): expected a torch.Tensor, got ndarray"),
        (AlwaysEqual(), "f(x): expected a torch.Tensor, got AlwaysEqual"),
        (TOKENS[:, 1:], "f(x): expected shape (1, 3, 2), got (1, 2, 2): look here"),
        (TOKENS.double(), "f(x): expected dtype torch.float32, got torch.float64"),
        (TOKENS.flip(1), "f(x): expected 0 at [0, 0, 0], got 4 (4 of 6 values differ): look here"),
        (TOKENS / 0, "f(x): expected 0 at [0, 0, 0], got nan (6 of 6 values differ): look here"),
    ],
)
@pytest.mark.parametrize("check", [checks.equal, checks.close])
def test_a_wrong_tensor_gets_one_line_that_names_the_difference(check, actual, message):
    with pytest.raises(AssertionError, match=f"^{re.escape(message)}$"):
        check(actual, TOKENS, "f(x)", "look here")


def test_a_shape_alone_may_be_checked():
    checks.shape(TOKENS, (1, 3, 2))
    with pytest.raises(AssertionError, match=r"^f\(x\): expected shape \(1, 2, 3\), got \(1, 3, 2\)$"):
        checks.shape(TOKENS, (1, 2, 3), "f(x)")


def test_rounding_is_forgiven_by_close_only():
    rounded = TOKENS * (1 + 2e-7)
    checks.close(rounded, TOKENS)
    with pytest.raises(AssertionError, match="got"):
        checks.equal(rounded, TOKENS)


@pytest.mark.parametrize("check", [checks.equal, checks.close])
def test_memory_layout_and_parameters_make_no_difference(check):
    check(TOKENS.transpose(1, 2).contiguous().transpose(1, 2), TOKENS)
    check(nn.Parameter(TOKENS.clone()), TOKENS)


def test_a_scalar_tensor_is_shown_as_a_number():
    with pytest.raises(AssertionError, match=r"^the result: expected 3, got 4$"):
        checks.equal(torch.tensor(4), torch.tensor(3))


NUMBERS = [196, 196.0, np.int64(196), np.float32(196), Fraction(392, 2), torch.tensor(196), np.array([196]), 14**2]


@pytest.mark.parametrize("value", NUMBERS, ids=lambda value: f"{type(value).__name__}-{value}")
def test_a_number_may_be_written_in_many_ways(value):
    checks.number(value, 196)


@pytest.mark.parametrize(
    "value", [197, 195.9, "196", True, None, [196, 1], float("nan"), 196 + 0j, torch.ones(2)], ids=str
)
def test_another_number_or_none_at_all_is_refused_without_giving_the_answer_away(value):
    with pytest.raises(AssertionError, match=r"^n: ") as caught:
        checks.number(value, 196, "n", "count the rows")
    assert "196" not in str(caught.value).replace(repr(value), "")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "n: expected a number, got None: is a value or a return missing?"),
        ("921600", "n: expected a number, got '921600': write a number without quotation marks"),
        ([1, 2], "n: expected a number, got [1, 2]"),
    ],
)
def test_what_is_no_number_is_refused_even_where_any_number_will_do(value, message):
    checks.number(7, None, "n")
    with pytest.raises(AssertionError, match=f"^{re.escape(message)}$"):
        checks.number(value, None, "n", "count the rows")


def test_a_measured_number_may_be_off_by_the_tolerance():
    checks.number(13, 12, tolerance=1)
    with pytest.raises(AssertionError, match="14 is not right"):
        checks.number(14, 12, tolerance=1)


def divide(side, patch, error=ValueError, message="a side of {side} px is not divisible by {patch}"):
    if side % patch:
        raise error(message.format(side=side, patch=patch))


def test_the_expected_error_with_its_values_passes():
    checks.raises(ValueError, divide, 30, 16, mentions=[30, 16, "divisible"])
    checks.raises(ValueError, divide, 30, patch=16, message="{side}x{patch}px", mentions=[30, 16])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"patch": 15}, "divide: expected a ValueError, but no error was raised: is the check missing?"),
        ({"error": RuntimeError}, "divide: expected a ValueError, got RuntimeError (a side of 30 px"),
        (
            {"message": "wrong size"},
            "divide: the message of the ValueError does not name 30, 16: it says 'wrong size'",
        ),
        ({"message": "130 by 16"}, "divide: the message of the ValueError does not name 30: it says '130 by 16'"),
        ({"message": "300 by 16"}, "divide: the message of the ValueError does not name 30: it says '300 by 16'"),
    ],
    ids=["no-error", "other-error", "names-nothing", "longer-number", "another-number"],
)
def test_a_missing_another_or_a_vague_error_is_refused(arguments, message):
    with pytest.raises(AssertionError, match=f"^{re.escape(message)}"):
        checks.raises(ValueError, divide, **({"side": 30, "patch": 16} | arguments), mentions=[30, 16])


def test_a_stub_stays_a_stub():
    with pytest.raises(NotImplementedError):
        checks.raises(ValueError, divide, 30, 16, error=NotImplementedError)


IMAGES = torch.zeros(1, 3, 8, 8)


def imported_inside(images):
    from utils.models.patch_embedding import patchify as mine

    return mine(images, 4)


class Subclass(patch_embedding.PatchEmbedding):
    pass


READY_MADE = {
    "by its module": lambda: patch_embedding.patchify(IMAGES, 4),
    "by another name": lambda: cut(IMAGES, 4),
    "imported inside": lambda: imported_inside(IMAGES),
    "as a callback": lambda: list(map(cut, [IMAGES], [4])),
    "by inheritance": lambda: Subclass(4, 3, 5)(IMAGES),
}


@pytest.mark.parametrize("disguise", READY_MADE)
def test_calling_the_reference_is_noticed_in_every_disguise(disguise):
    message = r"^own work: your answer calls utils\.models\.patch_embedding\.\w"
    with pytest.raises(AssertionError, match=message), checks.own_work():
        READY_MADE[disguise]()


def test_calling_timm_is_noticed():
    timm_embed = pytest.importorskip("timm.layers").PatchEmbed(8, 4, 3, 5)
    with pytest.raises(AssertionError, match=r"calls timm\.layers"), checks.own_work():
        timm_embed(IMAGES)


FORBIDDEN = {
    "function": (F.unfold, lambda: F.unfold(IMAGES, 4)),
    "module": (nn.Unfold, lambda: nn.Unfold(4)(IMAGES)),
    "builtin": (torch.pixel_unshuffle, lambda: F.pixel_unshuffle(IMAGES, 4)),
    "method": (torch.Tensor.unfold, lambda: IMAGES.unfold(2, 4, 4)),
}


@pytest.mark.parametrize("kind", FORBIDDEN)
def test_a_forbidden_function_is_noticed_and_its_neighbours_are_not(kind):
    function, call = FORBIDDEN[kind]
    message = r"own work: your answer calls .*(un|Un)(fold|shuffle)"
    with pytest.raises(AssertionError, match=message), checks.own_work(forbidden=[function]):
        call()
    with checks.own_work(forbidden=[function]):
        for other, (_, neighbour) in FORBIDDEN.items():
            if other != kind and {other, kind} != {"function", "module"}:
                neighbour()


def test_the_module_form_of_a_forbidden_module_is_seen_through_its_function_too():
    with pytest.raises(AssertionError, match="unfold"), checks.own_work(forbidden=[F.unfold]):
        nn.Unfold(4)(IMAGES)


def test_own_work_leaves_the_profiler_as_it_was_and_keeps_the_first_error():
    def mine(*_):
        pass

    sys.setprofile(mine)
    try:
        with pytest.raises(ZeroDivisionError), checks.own_work():
            cut(IMAGES, 4)
            raise ZeroDivisionError
        assert sys.getprofile() is mine
    finally:
        sys.setprofile(None)


def test_own_work_keeps_warnings_and_progress_bars_off_stderr(capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # as strict as a kernel may be
        with checks.own_work():
            print("a progress bar", file=sys.stderr)
            warnings.warn("from the answer", stacklevel=1)
    assert capsys.readouterr().err == ""
