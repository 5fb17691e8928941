"""The paper's adapter: spiking neurons carry over from one timestep to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from neuroclip_adapters import Neuron, lif_neuron

from neuroclip_plugins.timestep_adapter import TimestepAdapter


@dataclass(frozen=True, kw_only=True)
class LifAdapter(TimestepAdapter):
    """NeuroCLIP's spiking inter-timestep adapter; options, source and departures as in `TimestepAdapter`.

    Each timestep's embedding f_t (d) passes BN -> dropout 0.5 -> linear to d / 8 -> BN -> leaky integrate-and-fire
    neurons -> dropout 0.5 -> linear to d -> ReLU. The weights are the same for all timesteps; the membranes carry over
    from one to the next, and start from rest in every recording.
    """

    spiking: ClassVar[bool] = True

    def neuron(self) -> Neuron:
        """Return leaky integrate-and-fire neurons at rest."""
        return lif_neuron()
