"""The control that the paper lacks: the same adapter without spikes or memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from neuroclip_adapters import Neuron, relu_neuron

from neuroclip_plugins.timestep_adapter import TimestepAdapter


@dataclass(frozen=True, kw_only=True)
class ReluAdapter(TimestepAdapter):
    """`LifAdapter` with a ReLU in place of its neurons, so that timesteps know nothing of each other.

    As many weights, trained in the same way: what differs between the two is what the spiking neurons do.
    """

    spiking: ClassVar[bool] = False

    def neuron(self) -> Neuron:
        """Return rectified linear units."""
        return relu_neuron()
