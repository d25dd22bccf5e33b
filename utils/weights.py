"""Copy weights between our models and the public ones, and compare what the two then compute."""

import re
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

Rules = Sequence[tuple[str, str | None]]


def rename(state: dict[str, Tensor], rules: Rules) -> dict[str, Tensor]:
    """Rename the entries of a public model's `state_dict` to our names.

    Args:
        state: the public model's `state_dict`.
        rules: pairs of a regular expression, matched against the whole name, and our name for it (`\\1` stands for a
            group). Every entry must be matched; our name `None` drops the entry on purpose.

    Raises:
        KeyError: an entry that no rule matches, or two entries that end under one name.
    """
    renamed = {}
    for name, value in state.items():
        matching = [(pattern, ours) for pattern, ours in rules if re.fullmatch(pattern, name)]
        if not matching:
            raise KeyError(f"no rule for {name!r} {tuple(value.shape)}; the rules are {[p for p, _ in rules]}.")
        pattern, ours = matching[0]
        if ours is None:
            continue
        target = re.sub(pattern, ours, name)
        if target in renamed:
            raise KeyError(f"two entries of the public model would be called {target!r}.")
        renamed[target] = value
    return renamed


def copy_weights(reference: nn.Module, ours: nn.Module, rules: Rules) -> None:
    """Load all weights of `reference` into `ours`, `strict=True`: nothing missing, nothing left over."""
    ours.load_state_dict(rename(reference.state_dict(), rules), strict=True)


@dataclass
class Parity:
    """How far two models are apart, as the largest absolute difference, in the dtype they were compared in."""

    outputs: float
    input_gradients: float
    weight_gradients: float
    parameters: int

    def __str__(self) -> str:
        return (
            f"{self.parameters:,} parameters; largest differences: outputs {self.outputs:.0e}, "
            f"input gradients {self.input_gradients:.0e}, weight gradients {self.weight_gradients:.0e}"
        )


def compare(
    ours: nn.Module,
    reference: nn.Module,
    rules: Rules,
    inputs: Tensor,
    reference_forward: Callable[[nn.Module, Tensor], Tensor] | None = None,
    tolerance: float = 1e-9,
) -> Parity:
    """Give our model the reference's weights and check that both compute the same, forward and backward, in float64.

    Works on copies in evaluation mode; neither model is changed.

    Args:
        ours: our model.
        reference: the public model.
        rules: the weight map, see `rename`.
        inputs: a floating-point input for both.
        reference_forward: how to call the reference if `reference(inputs)` is not what ours computes.
        tolerance: largest difference allowed, relative to the largest value compared.

    Returns:
        The differences found.

    Raises:
        KeyError, RuntimeError: the weight map does not cover both models exactly.
        AssertionError: a shape or a value differs, naming the output or the gradient.
    """
    ours, reference = deepcopy(ours).double().eval(), deepcopy(reference).double().eval()
    copy_weights(reference, ours, rules)
    forward = reference_forward or (lambda model, x: model(x))
    x_ours, x_reference = (inputs.detach().double().clone().requires_grad_() for _ in range(2))
    y_ours, y_reference = ours(x_ours), forward(reference, x_reference)
    outputs = _difference("the outputs", y_ours, y_reference, tolerance)

    generator = torch.Generator(device=inputs.device).manual_seed(0)
    cotangent = torch.randn(y_ours.shape, generator=generator, dtype=torch.float64, device=inputs.device)
    y_ours.backward(cotangent)
    y_reference.backward(cotangent)
    input_gradients = _difference("the gradients of the input", x_ours.grad, x_reference.grad, tolerance)

    expected = rename({name: _gradient(p) for name, p in reference.named_parameters()}, rules)
    found = {name: _gradient(p) for name, p in ours.named_parameters()}
    if set(expected) != set(found):
        raise AssertionError(f"only one of the models trains: {sorted(set(expected) ^ set(found))}.")
    gradients = [_difference(f"the gradients of {n}", found[n], expected[n], tolerance) for n in found]
    return Parity(outputs, input_gradients, max(gradients, default=0.0), sum(p.numel() for p in ours.parameters()))


def _gradient(parameter: Tensor) -> Tensor:
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad


def _difference(what: str, ours: Tensor, reference: Tensor, tolerance: float) -> float:
    if ours.shape != reference.shape:
        raise AssertionError(f"{what} differ in shape: ours {tuple(ours.shape)}, reference {tuple(reference.shape)}.")
    difference = (ours - reference).abs().max().item()
    allowed = tolerance * max(1.0, reference.abs().max().item())
    if not difference <= allowed:
        raise AssertionError(f"{what} differ by up to {difference:.1e}, allowed are {allowed:.1e}.")
    return difference
