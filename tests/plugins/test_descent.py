"""Gradient descent by hand, beside torch's own, and taken up in the middle."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from neuroclip_plugins.descent import Descent
from torch import Generator, Tensor

KINDS: list[Any] = ["sgd", "adam"]


def weights() -> dict[str, Tensor]:
    generator = Generator().manual_seed(0)
    return {"a": torch.randn(3, 2, generator=generator), "b": torch.randn(4, generator=generator)}


def gradients(step: int) -> dict[str, Tensor]:
    generator = Generator().manual_seed(10 + step)
    return {name: torch.randn(w.shape, generator=generator) for name, w in weights().items()}


def test_momentum_by_hand() -> None:
    """With a gradient of 1 and a momentum of 0.9: 0.01, and then 0.01 times 1.9."""
    w = {"w": torch.zeros(())}
    descent = Descent(w, "sgd", 0.9)
    for expected in (-0.01, -0.029):
        descent.step({"w": torch.ones(())}, 0.01)
        assert float(w["w"]) == pytest.approx(expected)


def test_adam_by_hand() -> None:
    """The first step is the learning rate, whatever the gradient; the second after a gradient of 0, worked out."""
    w = {"w": torch.tensor([0.0, 0.0])}
    descent = Descent(w, "adam", 0.9)
    descent.step({"w": torch.tensor([5.0, -0.01])}, 0.002)
    torch.testing.assert_close(w["w"], torch.tensor([-0.002, 0.002]), rtol=1e-4, atol=0.0)
    descent.step({"w": torch.zeros(2)}, 0.002)
    mean, square = 0.9 * 0.1 / (1 - 0.9**2), 0.999 * 0.001 / (1 - 0.999**2)
    moved = 0.002 * (1 + mean / square**0.5)
    torch.testing.assert_close(w["w"], torch.tensor([-moved, moved]), rtol=1e-4, atol=0.0)


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_what_torch_does(kind: str) -> None:
    w, theirs = weights(), [torch.nn.Parameter(w) for w in weights().values()]
    descent = Descent(w, kind, 0.8)
    optimizer: torch.optim.Optimizer = (
        torch.optim.Adam(theirs, 0.02) if kind == "adam" else torch.optim.SGD(theirs, 0.02, momentum=0.8)
    )
    for i in range(5):
        descent.step(gradients(i), 0.02)
        for weight, gradient in zip(theirs, gradients(i).values(), strict=True):
            weight.grad = gradient
        optimizer.step()
    for ours, weight in zip(w.values(), theirs, strict=True):
        torch.testing.assert_close(ours, weight.detach(), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_kept_goes_on_bit_for_bit(kind: Any) -> None:
    whole, parted = weights(), weights()
    one, other = Descent(whole, kind, 0.9), Descent(parted, kind, 0.9)
    for i in range(4):
        one.step(gradients(i), 0.01)
    for i in range(2):
        other.step(gradients(i), 0.01)
    kept, begun = other.kept(), {name: weight.clone() for name, weight in parted.items()}
    other.step(gradients(7), 1.0)  # what was kept is a copy
    later = Descent(begun, kind, 0.9)
    later.take_up(kept)
    for i in range(2, 4):
        later.step(gradients(i), 0.01)
    assert all(torch.equal(begun[name], whole[name]) for name in whole)
    assert all(torch.equal(one.kept()[name], value) for name, value in later.kept().items())
