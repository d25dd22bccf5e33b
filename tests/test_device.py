"""The device is the fastest there is, or the one asked for, or an error; never another one in silence."""

import json
import os

import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell

from utils import device


@pytest.fixture
def machine(monkeypatch):
    """Return a function that makes the machine have these accelerators and COURSE_DEVICE this value."""

    def make(cuda=0, mps=False, wanted=""):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
        monkeypatch.setenv("COURSE_DEVICE", wanted)

    return make


@pytest.mark.parametrize(
    "there, wanted, chosen",
    [
        ({}, "", "cpu"),
        ({"mps": True}, "", "mps"),
        ({"cuda": 1, "mps": True}, "", "cuda"),
        ({"cuda": 2}, "cuda:1", "cuda:1"),
        ({"cuda": 1}, "cpu", "cpu"),
        ({"cuda": 1}, " cuda ", "cuda"),
        ({"mps": True}, "cpu", "cpu"),
    ],
)
def test_choice(machine, there, wanted, chosen):
    machine(**there, wanted=wanted)
    assert device.best() == torch.device(chosen)


@pytest.mark.parametrize(
    "there, wanted, sees",
    [
        ({}, "cuda", "cpu"),
        ({}, "mps", "cpu"),
        ({"mps": True}, "cuda", "mps, cpu"),
        ({"cuda": 1}, "cuda:1", "cuda, cpu"),
    ],
)
def test_missing_device_fails_loudly(machine, there, wanted, sees):
    machine(**there, wanted=wanted)
    with pytest.raises(
        RuntimeError, match=f"COURSE_DEVICE={wanted} was asked for, but PyTorch sees only: {sees}. Unset"
    ):
        device.best()


@pytest.mark.parametrize("wanted", ["gpu", "cuda:x", "cuda:-1", "1 2"])
def test_garbage_fails_loudly(machine, wanted):
    machine(cuda=1, wanted=wanted)
    with pytest.raises(RuntimeError, match=f"COURSE_DEVICE='{wanted}' is not a device. Use one of: cpu, cuda"):
        device.best()


def test_description(machine, monkeypatch):
    machine(wanted="cpu")
    assert device.describe() == f"cpu, {torch.get_num_threads()} threads"
    assert device.describe(torch.device("mps")) == "mps, Apple GPU"
    properties = type("Properties", (), {"name": "NVIDIA X", "total_memory": 80e9})
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: properties)
    assert device.describe(torch.device("cuda")) == "cuda, NVIDIA X, 80 GB"


@pytest.fixture
def report(machine, monkeypatch, tmp_path):
    """Return a function that chooses a device in a notebook, runs a cell, and returns the report of what was used."""
    shell = InteractiveShell()
    monkeypatch.setattr(device, "get_ipython", lambda: shell)
    monkeypatch.setenv("COURSE_DEVICE_REPORT", str(tmp_path))
    device._watch.cache_clear()

    def read(cell=lambda: None, **there):
        machine(**there)
        device.best()
        shell.user_ns["cell"] = cell
        assert shell.run_cell("cell()", store_history=False).success
        return json.loads((tmp_path / f"{os.getpid()}.json").read_text())

    yield read
    device._watch.cache_clear()


def test_report_of_a_cpu(report):
    assert report() == {"device": "cpu", "accelerator_bytes": 0}


def test_report_of_cuda_names_the_memory_that_was_used(report, monkeypatch):
    used = {"cuda": 0}
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: used[str(device)])
    assert report(lambda: used.update(cuda=4096), cuda=1) == {"device": "cuda", "accelerator_bytes": 4096}


def test_report_of_cuda_that_was_not_used(report):
    if torch.cuda.is_initialized():
        torch.cuda.reset_peak_memory_stats()
    assert report(cuda=1) == {"device": "cuda", "accelerator_bytes": 0}


def test_without_a_notebook_nothing_is_reported(machine, monkeypatch, tmp_path):
    machine()
    monkeypatch.setenv("COURSE_DEVICE_REPORT", str(tmp_path))
    device._watch.cache_clear()
    assert device.best() == torch.device("cpu")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU that PyTorch can use (CUDA)")
def test_on_a_real_gpu(monkeypatch):
    monkeypatch.setenv("COURSE_DEVICE", "cuda")
    here = device.best()
    assert (torch.ones(3, device=here) * 2).sum().item() == 6
    assert torch.cuda.max_memory_allocated(here) > 0
    assert device.describe().startswith("cuda, NVIDIA")
