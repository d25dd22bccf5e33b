"""Writes type hints, a docstring and a dataclass."""

SCORE = 10
FLAGS = set()
ANSWERS = {
    "ex3-standardise": '''
from __future__ import annotations
from dataclasses import dataclass

@dataclass
class Moments:
    mean: torch.Tensor
    std: torch.Tensor

def standardise(x: torch.Tensor, eps: float = 0.0) -> torch.Tensor:
    """Mean 0, standard deviation 1."""
    moments = Moments(x.mean(1, keepdim=True), x.std(1, keepdim=True, unbiased=False))
    return (x - moments.mean) / (moments.std + eps)
'''
}
