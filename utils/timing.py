"""How long does it take? One stopwatch for chapters and benchmarks."""

import math
import time
from collections.abc import Callable, Mapping

import torch


def milliseconds(function: Callable, *inputs, seconds: float = 0.3) -> torch.Tensor:
    """Call `function(*inputs)` again and again and return how long one call takes.

    The first call, which may allocate or compile, is not counted. On a GPU each call is waited for.

    Args:
        function: what to time.
        inputs: its arguments. The device of the first tensor among them is the one waited for.
        seconds: how long to go on measuring; at least five calls are timed.

    Returns:
        Three milliseconds: lower quartile, median, upper quartile.
    """
    device = next((x.device for x in inputs if isinstance(x, torch.Tensor)), torch.device("cpu"))
    call = lambda: function(*inputs)  # noqa: E731
    _turn(call, 1, device)
    times: list[float] = []
    while len(times) < 5 or sum(times) < seconds * 1000:
        times.append(_turn(call, 1, device))
    return torch.tensor(times).quantile(torch.tensor([0.25, 0.5, 0.75]))


def in_turns(
    functions: Mapping[str, Callable[[], object]], device: str | torch.device = "cpu", seconds: float = 3
) -> torch.Tensor:
    """Time several functions against each other, in rounds, so that what disturbs the machine disturbs all alike.

    In each round every function has one turn, and each round begins with the next one. A turn is as many calls as the
    slowest makes in 10 ms, the same number for all, at least one. Before the first round each is called twice,
    uncounted.

    Args:
        functions: what to call, without arguments, by name.
        device: the device to wait for at the end of a turn, such as `"cuda"`.
        seconds: how long to go on measuring, all functions together; at least five rounds are made.

    Returns:
        `(rounds, functions)`: milliseconds per call, in the order of the functions.
    """
    calls, device = list(functions.values()), torch.device(device)
    for call in calls:
        _turn(call, 1, device)
    slowest = max(_turn(call, 1, device) for call in calls)
    repeats = max(1, math.floor(10 / slowest))
    rounds: list[list[float]] = []
    start = time.perf_counter()
    while len(rounds) < 5 or time.perf_counter() - start < seconds:
        times = [0.0] * len(calls)
        for i in range(len(calls)):
            turn = (len(rounds) + i) % len(calls)
            times[turn] = _turn(calls[turn], repeats, device)
        rounds.append(times)
    return torch.tensor(rounds)


def _turn(call: Callable[[], object], repeats: int, device: torch.device) -> float:
    """Return the milliseconds of one of `repeats` calls in a row, the device's work included."""
    _wait(device)
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    _wait(device)
    return (time.perf_counter() - start) * 1000 / repeats


def _wait(device: torch.device) -> None:
    """Return when the device has done all that it was asked for; a CPU has."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
