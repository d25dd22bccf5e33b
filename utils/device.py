"""Where tensors live. Every notebook says `device = best()` once and never names a device again."""

import json
import os
from functools import cache
from pathlib import Path

import torch
from IPython import get_ipython


def best() -> torch.device:
    """Return the fastest device of this machine: CUDA, then Apple's MPS, then the CPU.

    The environment variable `COURSE_DEVICE` (`cuda`, `cuda:1`, `mps`, `cpu`) overrides the choice. Convolutions are
    computed in full float32 on every device (NVIDIA's default, TF32, keeps 10 bits of the mantissa), so that what
    is equal on a CPU is equal on a GPU.

    Raises:
        RuntimeError: `COURSE_DEVICE` names a device that this machine lacks, or no device at all. The course never
            falls back to the CPU silently when another device was asked for.
    """
    wanted = os.environ.get("COURSE_DEVICE", "").strip()
    device = _parse(wanted) if wanted else torch.device(_available()[0])
    torch.backends.cudnn.allow_tf32 = False
    if os.environ.get("COURSE_DEVICE_REPORT"):
        _watch(device)
    return device


def describe(device: torch.device | None = None) -> str:
    """Return one line about a device (default: `best()`), such as `cpu, 8 threads` or `cuda, NVIDIA H100, 80 GB`."""
    device = device or best()
    if device.type == "cuda":
        properties = torch.cuda.get_device_properties(device)
        return f"cuda, {properties.name}, {properties.total_memory / 1e9:.0f} GB"
    if device.type == "mps":
        return "mps, Apple GPU"
    return f"cpu, {torch.get_num_threads()} threads"


def _available() -> list[str]:
    found = ["cuda"] if torch.cuda.is_available() else []
    found += ["mps"] if torch.backends.mps.is_available() else []
    return [*found, "cpu"]


def _parse(wanted: str) -> torch.device:
    try:
        device = torch.device(wanted)
    except RuntimeError:
        raise RuntimeError(f"COURSE_DEVICE={wanted!r} is not a device. Use one of: cpu, cuda, cuda:0, mps.") from None
    count = torch.cuda.device_count() if device.type == "cuda" else 1
    if device.type not in _available() or (device.index or 0) >= count:
        raise RuntimeError(
            f"COURSE_DEVICE={wanted} was asked for, but PyTorch sees only: {', '.join(_available())}. "
            "Unset COURSE_DEVICE to let the course choose, or run `course doctor` to see what is missing."
        )
    return device


@cache
def _watch(device: torch.device) -> None:
    """Report after every cell, because a kernel that is shut down at once runs nothing more."""
    if shell := get_ipython():
        shell.events.register("post_run_cell", lambda result: _report(device))


def _report(device: torch.device) -> None:
    """Write what this kernel really used into the folder `COURSE_DEVICE_REPORT`; the notebook tests read it."""
    used = 0
    if device.type == "cuda":
        used = torch.cuda.max_memory_allocated(device)
    elif device.type == "mps":
        used = torch.mps.driver_allocated_memory()
    report = {"device": device.type, "accelerator_bytes": used}
    Path(os.environ["COURSE_DEVICE_REPORT"], f"{os.getpid()}.json").write_text(json.dumps(report))
