"""Gradient descent that remembers plain tensors by name, so that it can be kept in a checkpoint and taken up again.

torch's own optimisers do the same, but the first of a process imports torch's compiler, which takes seconds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor

from neuroclip.heads import State

Optimizer = Literal["sgd", "adam"]

_MEAN, _SQUARE, _EPSILON = 0.9, 0.999, 1e-8  # of Adam, as published
_STEPS = "adam.steps"


class Descent:
    """Changes weights in place, by `sgd` with momentum, or by `adam`.

    Args:
        weights: By name; they are changed where they are.
        optimizer: Which of the two.
        momentum: Of SGD.

    Source: of Adam, Kingma and Ba (2015), algorithm 1.
    """

    def __init__(self, weights: Mapping[str, Tensor], optimizer: Optimizer, momentum: float) -> None:
        self._weights, self._adam, self._momentum = weights, optimizer == "adam", momentum
        kinds = ("adam.mean", "adam.square") if self._adam else ("momentum",)
        self._moments = {f"{k}.{n}": torch.zeros_like(w) for k in kinds for n, w in weights.items()}
        self._steps = 0

    def kept(self) -> State:
        """Return copies of what is remembered, in the plain order of their axes."""
        copies = {
            name: value.clone(memory_format=torch.contiguous_format) for name, value in self._moments.items()
        }
        return copies | ({_STEPS: torch.tensor(self._steps)} if self._adam else {})

    def take_up(self, kept: Mapping[str, Tensor]) -> None:
        """Go on with what was kept."""
        for name, value in self._moments.items():
            value.copy_(kept[name])
        self._steps = int(kept[_STEPS]) if self._adam else 0

    @torch.no_grad()
    def step(self, gradients: Mapping[str, Tensor], rate: float) -> None:
        """Move every weight by one step of a learning rate."""
        self._steps += 1
        for name, weight in self._weights.items():
            if self._adam:
                self._by_adam(name, weight, gradients[name], rate)
            else:
                weight.sub_(
                    self._moments[f"momentum.{name}"].mul_(self._momentum).add_(gradients[name]), alpha=rate
                )

    def _by_adam(self, name: str, weight: Tensor, gradient: Tensor, rate: float) -> None:
        mean, square = self._moments[f"adam.mean.{name}"], self._moments[f"adam.square.{name}"]
        mean.lerp_(gradient, 1 - _MEAN)
        square.mul_(_SQUARE).addcmul_(gradient, gradient, value=1 - _SQUARE)
        # Both begin at 0, and are too small by what the first steps are missing.
        size = (square.sqrt() / math.sqrt(1 - _SQUARE**self._steps)).add_(_EPSILON)
        weight.addcdiv_(mean, size, value=-rate / (1 - _MEAN**self._steps))


def along_cosine(epoch: int, epochs: int) -> float:
    """Return the share that is left of a learning rate that falls along half a cosine."""
    return (1 + math.cos(math.pi * epoch / epochs)) / 2
