"""What stands between two linear layers and sees timesteps in their order: a spiking neuron, or none."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Neuron = Callable[[Tensor], Tensor]
"""From currents (t, ...) to what is passed on (t, ...), of the same type and shape."""


def lif_neuron() -> Neuron:
    """Return leaky integrate-and-fire neurons that start from rest at every call; spikes are 0 or 1.

    v <- 0.25 v + x; a spike where v >= 0.5, which sets v to 0. Gradients pass through the reset, and through the
    threshold as if it were a ramp of slope 1 from 0 to 1.

    Not to be shared between threads: make one for each.

    Source: the published code of NeuroCLIP (Guo et al.), which gives these constants; the neuron is SpikingJelly's.
    """
    # Imported here: only spiking heads need it.
    from spikingjelly.activation_based import neuron, surrogate

    node = neuron.LIFNode(
        tau=4 / 3,  # 1 - 1 / tau = 0.25 of the membrane is left after a timestep
        decay_input=False,
        v_threshold=0.5,
        v_reset=0.0,
        surrogate_function=surrogate.Rect(alpha=1.0),
        detach_reset=False,
        step_mode="m",
    )

    def fire(currents: Tensor) -> Tensor:
        node.reset()  # a membrane that is not reset stays charged, even for a batch of another size
        spikes = node(currents)
        node.reset()  # and would keep the graph of this call alive
        return spikes

    return fire


def relu_neuron() -> Neuron:
    """Return rectified linear units, which know nothing of other timesteps."""
    return torch.relu
