"""What the test cells of the exercises use. Silent when all is well, one line that teaches when it is not."""

import contextlib
import io
import re
import sys
import warnings
from collections.abc import Callable, Iterable
from numbers import Number
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

READY_MADE = ("utils.models", "timm", "torchvision.models", "transformers")


def equal(actual: Any, expected: Tensor, what: str = "the result", hint: str = "") -> None:
    """Check that a tensor has the expected type, shape, dtype, device and exactly the expected values.

    Args:
        actual: what the answer returned.
        expected: the tensor it should be.
        what: how the message begins, best the call itself: `"patchify(images, 4)"`.
        hint: how the message about a wrong shape or value ends: what to look at, best a question
            ("is the class token missing?").

    Raises:
        AssertionError: with one line such as
            `patchify(images, 4): expected shape (2, 197, 768), got (2, 196, 768): is the class token missing?`
    """
    close(actual, expected, what, hint, rtol=0, atol=0)


def close(
    actual: Any,
    expected: Tensor,
    what: str = "the result",
    hint: str = "",
    rtol: float | None = None,
    atol: float | None = None,
) -> None:
    """Check the same as `equal`, with values that may differ by rounding.

    Args:
        actual, expected, what, hint: see `equal`.
        rtol, atol: how far values may be apart; by default what `torch.testing.assert_close` allows for the dtype.

    Raises:
        AssertionError: see `equal`.
    """
    shape(actual, expected.shape, what, hint)
    for name in ("dtype", "device"):
        found, wanted = getattr(actual, name), getattr(expected, name)
        if found != wanted:
            _fail(what, f"expected {name} {wanted}, got {found}", "")
    actual, expected = actual.detach(), expected.detach()
    try:
        torch.testing.assert_close(actual, expected, rtol=rtol, atol=atol, equal_nan=True, check_stride=False)
    except AssertionError:
        _fail(what, _first_difference(actual, expected, rtol, atol), hint)


def shape(actual: Any, expected: tuple[int, ...], what: str = "the result", hint: str = "") -> None:
    """Check that something is a tensor of this shape.

    Args:
        actual, what, hint: see `equal`.
        expected: the shape it should have.

    Raises:
        AssertionError: see `equal`.
    """
    if actual is None:
        _fail(what, "expected a tensor, got None", "is the return missing?")
    if type(actual) not in (Tensor, nn.Parameter):
        _fail(what, f"expected a torch.Tensor, got {type(actual).__name__}", "")
    if tuple(actual.shape) != tuple(expected):
        _fail(what, f"expected shape {tuple(expected)}, got {tuple(actual.shape)}", hint)


def number(actual: Any, expected: float | None, what: str = "the number", hint: str = "", tolerance: float = 0) -> None:
    """Check a number, however it is written: int, float, fraction, NumPy scalar, or a tensor or array of one element.

    Args:
        actual: the learner's number.
        expected: the number it should be; `None` accepts any.
        what, hint: beginning and end of the message, see `equal`.
        tolerance: how far it may be off. The message never gives the expected number away.

    Raises:
        AssertionError: not a number, or not this one.
    """
    if isinstance(actual, (Tensor, np.ndarray)) and np.size(actual.tolist()) == 1:
        actual = actual.item()
    if not isinstance(actual, Number) or isinstance(actual, (bool, complex)):
        hints = {"NoneType": "is a value or a return missing?", "str": "write a number without quotation marks"}
        _fail(what, f"expected a number, got {actual!r}", hints.get(type(actual).__name__, ""))
    if expected is not None and not abs(float(actual) - expected) <= tolerance:
        _fail(what, f"{actual} is not right", hint)


def raises(
    error: type[Exception],
    function: Callable,
    /,
    *args: Any,
    mentions: Iterable[Any] = (),
    what: str = "",
    **kwargs: Any,
) -> None:
    """Check that `function(*args, **kwargs)` raises this error, with a message that names certain values.

    Args:
        error: the type of error expected; a subclass counts as well.
        function: the learner's function.
        mentions: numbers or words that the message must contain. 17 does not name 7.
        what: how our message begins; by default the name of the function.

    Raises:
        AssertionError: no error, another error, or a message that leaves something out.
    """
    what = what or getattr(function, "__name__", "the call")
    try:
        function(*args, **kwargs)
    except error as caught:
        message = str(caught)
    except NotImplementedError:  # the stub
        raise
    except Exception as caught:
        found = f"{type(caught).__name__} ({_one_line(caught)})"
        _fail(what, f"expected a {error.__name__}, got {found}", "check the sizes before computing")
    else:
        _fail(what, f"expected a {error.__name__}, but no error was raised", "is the check missing?")
    missing = [str(m) for m in mentions if not re.search(rf"(?<!\d){re.escape(str(m))}(?!\d)", message)]
    if missing:
        problem = f"the message of the {error.__name__} does not name {', '.join(missing)}"
        _fail(what, problem, f"it says {_one_line(message)!r}")


@contextlib.contextmanager
def own_work(forbidden: Iterable[Callable] = (), modules: tuple[str, ...] = READY_MADE):
    """Within this block, notice when an answer calls ready-made code instead of doing the work itself.

    Calls are seen while they happen (`sys.setprofile`), so another name or an import inside the function hides nothing.
    Whatever the answer writes to stderr here is dropped, warnings too: nbgrader takes any of it for a failure.

    Args:
        forbidden: functions, methods or `nn.Module` classes that the exercise asks to do without: `F.unfold`,
            `torch.Tensor.unfold`, `nn.Unfold`.
        modules: modules and packages of which no function may be called.

    Raises:
        AssertionError: at the end of the block, naming the first such call.
    """
    prefixes = tuple(f"{module}." for module in modules)
    targets = [f.forward if isinstance(f, type) and issubclass(f, nn.Module) else f for f in forbidden]
    codes = {f.__code__ for f in targets if hasattr(f, "__code__")}
    builtins = [f for f in targets if not hasattr(f, "__code__")]
    calls = []

    def watch(frame, event, arg):
        if event == "call":
            module = str(frame.f_globals.get("__name__", ""))
            if frame.f_code in codes or f"{module}.".startswith(prefixes):
                calls.append(f"{module}.{frame.f_code.co_qualname}")
        elif event == "c_call" and any(_same_builtin(arg, f) for f in builtins):
            calls.append(getattr(arg, "__qualname__", arg.__name__))

    previous = sys.getprofile()
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        sys.setprofile(watch)
        try:
            yield
        finally:
            sys.setprofile(previous)
    if calls:
        _fail("own work", f"your answer calls {calls[0]}", "write this step yourself")


def _same_builtin(called: Any, forbidden: Any) -> bool:
    """Whether a call of a builtin is a call of this one. Methods arrive bound: `x.unfold`, not `Tensor.unfold`."""
    owner = getattr(forbidden, "__objclass__", None)
    if owner is None:
        return called == forbidden
    return called.__name__ == forbidden.__name__ and isinstance(getattr(called, "__self__", None), owner)


def _first_difference(actual: Tensor, expected: Tensor, rtol: float | None, atol: float | None) -> str:
    if expected.ndim == 0:
        return f"expected {_value(expected)}, got {_value(actual)}"
    if rtol is None:  # the differences that count are those beyond rounding
        rtol, atol = (1e-3, 1e-5) if expected.is_floating_point() else (0, 0)
    wrong = ~torch.isclose(actual, expected, rtol=rtol, atol=atol, equal_nan=True)
    places = wrong.nonzero() if wrong.any() else (actual != expected).nonzero()
    place = tuple(places[0].tolist())
    values = f"expected {_value(expected[place])} at {list(place)}, got {_value(actual[place])}"
    return f"{values} ({len(places)} of {expected.numel()} values differ)"


def _value(element: Tensor) -> str:
    value = element.item()
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _one_line(text: Any) -> str:
    return " ".join(str(text).split())[:120]


def _fail(what: str, problem: str, hint: str) -> None:
    raise AssertionError(f"{what}: {problem}" + (f": {hint}" if hint else "")) from None
