"""The neuron against the published equation, written out."""

from __future__ import annotations

import pytest
import torch
from neuroclip_adapters import lif_neuron
from torch import Tensor


class Rectangle(torch.autograd.Function):
    """A step at 0 whose gradient is 1 within half a unit."""

    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:  # type: ignore[no-untyped-def, override]
        ctx.save_for_backward(x)
        return (x >= 0).to(x.dtype)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:  # type: ignore[no-untyped-def, override]
        (x,) = ctx.saved_tensors
        return gradient * (x.abs() < 0.5)


def published(currents: Tensor) -> Tensor:
    """Loop over v <- 0.25 v + x; spike if v - 0.5 >= 0; v <- (1 - s) v, with gradients through all of it."""
    v, spikes = torch.zeros_like(currents[0]), []
    for x in currents:
        v = 0.25 * v + x
        s = Rectangle.apply(v - 0.5)
        spikes.append(s)
        v = (1 - s) * v
    return torch.stack(spikes)


def test_a_membrane_over_five_steps_by_hand() -> None:
    """0.4 -> 0.1 + 0.45 = 0.55, a spike -> 0 + 0.25 -> 0.0625 + 0.4375 = 0.5, a spike at the threshold -> 0 + 0.49."""
    currents = torch.tensor([0.4, 0.45, 0.25, 0.4375, 0.49])[:, None]
    assert lif_neuron()(currents).flatten().tolist() == [0, 1, 0, 1, 0]


def test_gradients_over_two_steps_by_hand() -> None:
    """The second spike learns of the first input through the membrane and through the reset.

    v1 = x1 = 0.4, s1 = 0, u1 = (1 - s1) v1: du1/dx1 = 1 - v1 * 1 = 0.6. v2 = 0.25 u1 + x2 = 0.6: ds2/dx1 = 0.15.
    """
    currents = torch.tensor([[0.4], [0.5]], requires_grad=True)
    (gradient,) = torch.autograd.grad(lif_neuron()(currents)[1].sum(), currents)
    torch.testing.assert_close(gradient, torch.tensor([[0.15], [1.0]]))


def test_spikes_and_gradients_are_those_of_the_published_loop() -> None:
    generator = torch.Generator().manual_seed(0)
    currents = torch.randn(5, 64, 32, generator=generator).requires_grad_()
    weights = torch.randn(5, 64, 32, generator=generator)
    ours, theirs = lif_neuron()(currents), published(currents)
    assert torch.equal(ours, theirs)
    assert 0.1 < ours.mean() < 0.9
    (gradient,) = torch.autograd.grad((ours * weights).sum(), currents)
    (expected,) = torch.autograd.grad((theirs * weights).sum(), currents)
    torch.testing.assert_close(gradient, expected, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_call_starts_from_rest(dtype: torch.dtype) -> None:
    """Neither an earlier call nor one with another number of recordings or timesteps leaves anything behind."""
    neuron, currents = lif_neuron(), torch.full((3, 4, 2), 0.45, dtype=dtype)
    first = neuron(currents)
    assert first.dtype == dtype
    neuron(torch.ones(7, 4, 2, dtype=dtype))
    neuron(torch.full((1, 9, 2), 0.45, dtype=dtype))
    assert torch.equal(neuron(currents), first)
    assert first.sum() == 8  # 0.45, then 0.5625: a spike, then 0.45
