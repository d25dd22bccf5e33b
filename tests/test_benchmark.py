"""The benchmark compares what computes the same, fills its table, and measures what it says. No time is asserted."""

import time

import pytest
import torch
from torch import nn

from utils import benchmark, timing
from utils.benchmark import ENTRIES, OURS, PASSES, TIMM, TORCH, Entry, Result

CPU = torch.device("cpu")
LARGE = {  # parameters; each takes seconds to run
    "ViT-S/16": 22_050_664,
    "ViT-B/16": 86_567_656,
    "Swin-T": 28_288_354,
    "SwinV2-T": 28_351_570,
}
TINY = Entry(
    "Tiny",
    (4,),
    lambda: nn.Linear(4, 4),
    {TIMM: (lambda: nn.Linear(4, 4), benchmark.SAME_NAMES)},
    inner=True,
)


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setattr(benchmark, "ENTRIES", [TINY])


@pytest.mark.parametrize("entry", [e for e in ENTRIES if e.name not in LARGE], ids=lambda e: e.name)
def test_entry_agrees_and_is_timed(entry, monkeypatch):
    once = lambda calls, device, seconds: torch.tensor([[timing._turn(f, 1, device) for f in calls.values()]] * 5)  # noqa: E731
    monkeypatch.setattr(benchmark, "in_turns", once)  # which has its own tests; this one is about the models
    results = list(benchmark.measure([entry], CPU, ["fp32", "bf16"], 1, 0))
    assert [(r.dtype, r.passes) for r in results] == [(d, p) for d in ("fp32", "bf16") for p in PASSES]
    for result in results:
        assert result.contestants == (OURS, *entry.others) and len(entry.others) >= 1
        assert result.times.shape == (5, len(result.contestants)) and (result.times > 0).all()


@pytest.mark.parametrize("name", LARGE)
def test_large_models_are_the_published_ones(name):
    """Their times and outputs are left to the benchmark itself; the tests of the models compare them."""
    (entry,) = [e for e in ENTRIES if e.name == name]
    with torch.device("meta"):
        models = [entry.ours(), *(build() for build, _ in entry.others.values())]
    assert {sum(p.numel() for p in model.parameters()) for model in models} == {LARGE[name]}


def test_models_that_differ_are_not_timed():
    class Off(nn.Linear):
        def forward(self, x):
            return super().forward(x) * 1.001

    entry = Entry("Off", (4,), lambda: Off(4, 4), TINY.others)
    with pytest.raises(AssertionError, match="the outputs differ"):
        next(benchmark.measure([entry], CPU, ["fp32"], 2, 0))


def test_difference_behind_weights_that_start_at_zero_is_found():
    """A classifier that starts at zero answers zero whatever comes before it."""

    def model(factor):
        head = nn.Linear(4, 2)
        nn.init.zeros_(head.weight)
        nn.init.zeros_(head.bias)
        return nn.Sequential(nn.Linear(4, 4), nn.Hardtanh(-factor, factor), head)

    entry = Entry("Zero", (4,), lambda: model(0.1), {TIMM: (lambda: model(0.2), benchmark.SAME_NAMES)})
    with pytest.raises(AssertionError, match="differ"):
        benchmark.make(entry, CPU, 8)


def test_contestants_have_the_same_weights_and_input_and_none_of_them_are_zero():
    def zero():
        layer = nn.Linear(4, 4)
        nn.init.zeros_(layer.weight)
        return layer

    models, x = benchmark.make(Entry("Zero", (4,), zero, {TIMM: (zero, benchmark.SAME_NAMES)}), CPU, 8)
    assert torch.equal(models[OURS](x), models[TIMM](x)) and models[OURS].weight.all()
    assert x.shape == (8, 4) and not x.requires_grad
    assert benchmark.make(TINY, CPU, 8)[1].requires_grad  # an activation


def test_attention_is_the_same_operation_for_all_in_training():
    (entry,) = [e for e in ENTRIES if e.name == "MultiHeadAttention"]
    models, x = benchmark.make(entry, CPU, 1)
    for passes, others in ((PASSES[1], set()), (PASSES[0], {TORCH})):
        for name, model in models.items():
            with torch.profiler.profile() as profile:
                benchmark.work(model, x, passes, "fp32")()
            fused = "aten::scaled_dot_product_attention" in {event.key for event in profile.key_averages()}
            assert fused == (name not in others), (name, passes)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.name)
def test_nothing_is_dropped_out(entry):
    with torch.device("meta"):
        for model in (entry.ours(), *(build() for build, _ in entry.others.values())):
            for module in model.modules():
                rates = [module.p] if isinstance(module, nn.Dropout) else [getattr(module, "dropout", 0.0)]
                assert all(rate == 0 for rate in rates if isinstance(rate, float)), module


def test_forward_is_evaluation_without_gradients_and_backward_is_training():
    seen = []

    class Spy(nn.Linear):
        def forward(self, x):
            y = super().forward(x)
            seen.append((self.training, y.requires_grad, y.dtype))
            return y

    model, x = Spy(4, 4), torch.ones(2, 4, requires_grad=True)
    forward, both = [benchmark.work(model, x, passes, "fp32") for passes in PASSES]
    both()
    assert seen.pop() == (True, True, torch.float32)
    gradient = model.weight.grad.clone()
    assert x.grad is not None
    both()
    assert torch.equal(model.weight.grad, gradient)  # of one call, not the sum of all
    forward = benchmark.work(model, x, "forward", "bf16")
    forward()
    assert seen.pop() == (False, False, torch.bfloat16)


def test_ratio_is_to_the_fastest_other_and_knows_its_noise():
    ours, slow, fast = torch.full((40,), 3.0), torch.full((40,), 9.0), torch.full((40,), 2.0)
    steady = Result("A", "forward", "fp32", (OURS, TORCH, TIMM), torch.stack([ours, slow, fast], dim=1))
    assert steady.ratio() == (pytest.approx(1.5), pytest.approx(0, abs=1e-6))
    assert steady.quartiles()[TORCH] == [9, 9, 9]
    noisy = torch.rand(40, 2, generator=torch.Generator().manual_seed(0)) + 1
    ratio, noise = Result("B", "forward", "fp32", (OURS, TIMM), noisy).ratio()
    assert abs(ratio - 1) < noise < 0.3


def test_disturbance_of_a_whole_round_does_not_move_the_ratio():
    rounds = torch.tensor([[1.0, 2.0]]).repeat(9, 1) * torch.tensor([1, 5, 1, 1, 8, 1, 1, 1, 3.0])[:, None]
    ratio, _ = Result("A", "forward", "fp32", (OURS, TIMM), rounds).ratio()
    assert ratio == pytest.approx(0.5)


def test_table_has_a_line_per_result_and_a_dash_where_there_is_no_counterpart(tiny, capsys):
    assert benchmark.main(["--device", "cpu", "--seconds", "0", "--batch", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("cpu, ") and "batch 2; torch " in lines[0]
    first = next(i for i, line in enumerate(lines) if line.strip() == "Tiny")
    rows = [line.split() for line in lines[first + 1 : first + 5]]
    assert [" ".join(row[:-7]) for row in rows] == [f"{p}, {d}" for d in ("fp32", "bf16") for p in PASSES]
    assert all("–" in row and sum(cell.startswith("±") for cell in row) == 3 for row in rows)
    assert "bootstrap" in " ".join(lines[-2:])


@pytest.mark.parametrize("ms", [0.01, 99.99, 54321.0])
def test_table_fits_into_80_columns(ms, capsys):
    times = torch.tensor([0.8, 0.9, 1.0, 1.1, 1.2])[:, None].repeat(1, 3) * ms
    results = [Result(e.name, p, "bf16", (OURS, TORCH, TIMM), times) for e in ENTRIES for p in PASSES]
    benchmark.Console(width=80).print(benchmark.table(results))
    printed = capsys.readouterr().out
    assert "…" not in printed and all(printed.count(f"{e.name} ") == 1 for e in ENTRIES) and "1.00 ±0.00" in printed


def test_interrupted_run_prints_what_it_has(monkeypatch, capsys):
    class Stop(nn.Linear):
        def forward(self, x):
            raise KeyboardInterrupt

    stop = Entry("Stop", (4,), lambda: Stop(4, 4), TINY.others)
    monkeypatch.setattr(benchmark, "ENTRIES", [TINY, stop])
    assert benchmark.main(["--device", "cpu", "--seconds", "0", "--dtype", "fp32"]) == 130
    printed = capsys.readouterr().out
    assert "Tiny" in printed and "Stop" not in printed and "2 of 4 lines were measured" in printed


def test_error_after_hours_loses_nothing(monkeypatch, capsys):
    class Large(nn.Linear):
        def forward(self, x):
            if x.dtype == torch.float32:
                raise torch.OutOfMemoryError("no memory is left")
            return super().forward(x)

    large = Entry("Large", (4,), lambda: Large(4, 4), TINY.others)
    monkeypatch.setattr(benchmark, "ENTRIES", [TINY, large])
    with pytest.raises(torch.OutOfMemoryError):
        benchmark.main(["--device", "cpu", "--seconds", "0", "--dtype", "fp32"])
    printed = capsys.readouterr().out
    assert "Tiny" in printed and "2 of 4 lines were measured" in printed


def test_fp32_is_not_tf32(tiny, monkeypatch):
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    benchmark.main(["--device", "cpu", "--seconds", "0", "--dtype", "fp32"])
    assert not torch.backends.cudnn.allow_tf32


def test_absent_device_is_one_clear_line(tiny, capsys, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("COURSE_DEVICE", "cuda")
    for arguments, line in (
        (["--device", "cuda"], "--device cuda was asked for, but PyTorch sees none here; use --device cpu"),
        ([], "COURSE_DEVICE=cuda was asked for, but PyTorch sees only: "),
    ):
        with pytest.raises(SystemExit):
            benchmark.main(arguments)
        assert f"error: {line}" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    "arguments, line",
    [
        (["--batch", "0"], "--batch must be at least 1, got 0"),
        (["--threads", "-1"], "--threads must be at least 1, got -1"),
        (["--seconds", "-1"], "--seconds must be at least 0, got -1"),
        (["--seconds", "nan"], "--seconds must be at least 0, got nan"),
        (["--models", "ViT-Z"], "invalid choice: 'ViT-Z' (choose from"),
    ],
)
def test_arguments_that_make_no_sense(arguments, line, capsys):
    with pytest.raises(SystemExit):
        benchmark.main(arguments)
    assert line in capsys.readouterr().err


def test_turns_alternate_and_rotate():
    calls = []
    functions = {name: lambda name=name: (calls.append(name), time.sleep(0.011)) for name in "ABC"}
    times = timing.in_turns(functions, seconds=0)
    assert times.shape == (5, 3)
    assert "".join(calls) == "ABC" + "ABC" + "ABC" + "BCA" + "CAB" + "ABC" + "BCA"


def test_turns_time_each_function_in_its_column(monkeypatch):
    clock, calls = [0.0], []
    monkeypatch.setattr(timing.time, "perf_counter", lambda: clock[0])

    def takes(ms):
        def call():
            calls.append(ms)
            clock[0] += ms / 1000

        return call

    times = timing.in_turns({"quick": takes(1), "slow": takes(4)}, seconds=0.05)
    assert torch.allclose(times, torch.tensor([1.0, 4.0]).expand(5, 2))  # a round lasts 10 ms
    assert calls[4:10] == [1, 1, 4, 4, 4, 4]  # two calls each, as 4 ms go twice into 10; then the other begins


@pytest.mark.parametrize("device", ["cuda:1", "mps"])
def test_the_device_itself_is_waited_for_before_and_after_each_turn(device, monkeypatch):
    happened = []
    monkeypatch.setattr(torch.cuda, "synchronize", lambda which: happened.append(str(which)))
    monkeypatch.setattr(torch.mps, "synchronize", lambda: happened.append("mps"))
    timing.in_turns({"A": lambda: (happened.append("A"), time.sleep(0.011))}, device, seconds=0)
    assert happened == [device, "A", device] * 7


def test_milliseconds_waits_for_the_device_of_its_input(monkeypatch):
    waited = []
    monkeypatch.setattr(timing, "_wait", waited.append)
    low, median, high = timing.milliseconds(lambda n, x: time.sleep(0.002), 1, torch.empty(2, device="meta"), seconds=0)
    assert 2 <= low <= median <= high and waited == [torch.device("meta")] * 12  # 1 + 5 calls
