"""How long does it take? One stopwatch for chapters and benchmarks."""

import time
from collections.abc import Callable

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
    device = next((x.device.type for x in inputs if isinstance(x, torch.Tensor)), "cpu")
    wait = {"cuda": torch.cuda.synchronize, "mps": torch.mps.synchronize}.get(device, lambda: None)
    function(*inputs)
    wait()
    times: list[float] = []
    while len(times) < 5 or sum(times) < seconds * 1000:
        start = time.perf_counter()
        function(*inputs)
        wait()
        times.append((time.perf_counter() - start) * 1000)
    return torch.tensor(times).quantile(torch.tensor([0.25, 0.5, 0.75]))
