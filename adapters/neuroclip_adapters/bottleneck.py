"""NeuroCLIP's inter-timestep adapter: a bottleneck with one neuron layer that sees the timesteps in their order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from neuroclip_adapters.batch_norm import Statistics, batch_normalized, normalized, running
from neuroclip_adapters.dropout import dropped
from neuroclip_adapters.neurons import Neuron

REDUCTION = 8
DROPOUT = 0.5
NORMS = ("norm1", "norm2")
LEARNED = (
    *(f"norm1.{name}" for name in ("weight", "bias")),
    *(f"down.{name}" for name in ("weight", "bias")),
    *(f"norm2.{name}" for name in ("weight", "bias")),
    *(f"up.{name}" for name in ("weight", "bias")),
)
"""The parameters that gradients reach; `norm1.mean`, `norm1.var`, `norm2.mean` and `norm2.var` are running."""


@dataclass(frozen=True, eq=False)
class Adapted:
    """What the adapter made of embeddings.

    Attributes:
        output: (n, t, d), not negative, of the type of the input.
        currents: (n, t, h), what the neurons were given.
        spikes: (n, t, h), what they passed on; 0 or 1 if they spike. Also past the last timestep of a recording.
        statistics: Of the batch, one for each norm; empty outside training.
    """

    output: Tensor
    currents: Tensor
    spikes: Tensor
    statistics: tuple[Statistics, ...] = ()


def initial_parameters(d: int, generator: torch.Generator) -> dict[str, Tensor]:
    """Draw the parameters for embeddings (n, t, d), float32, as torch initialises such layers."""
    hidden = max(1, d // REDUCTION)

    def drawn(*shape: int, inputs: int) -> Tensor:
        return (2 * torch.rand(shape, generator=generator) - 1) / inputs**0.5

    parameters = {
        "down.weight": drawn(hidden, d, inputs=d),
        "down.bias": drawn(hidden, inputs=d),
        "up.weight": drawn(d, hidden, inputs=hidden),
        "up.bias": drawn(d, inputs=hidden),
    }
    for name, width in zip(NORMS, (d, hidden), strict=True):
        parameters |= {f"{name}.weight": torch.ones(width), f"{name}.bias": torch.zeros(width)}
        parameters |= {f"{name}.mean": torch.zeros(width), f"{name}.var": torch.ones(width)}
    return parameters


def inter_timestep(
    parameters: Mapping[str, Tensor],
    x: Tensor,
    neuron: Neuron,
    *,
    valid: Tensor | None = None,
    dropout: torch.Generator | None = None,
) -> Adapted:
    """Adapt embeddings (n, t, d) of float32 or bfloat16.

    Each timestep passes a batch norm, a linear layer to d / 8, another norm, the neurons, a linear layer back and a
    ReLU, with the same weights. A generator for `dropout` means training: half of the inputs of both linear layers
    are dropped, and the norms use the statistics of the batch at each timestep, which are returned; else the running
    ones are used. Timesteps where `valid` (n, t) is False, which come after those of the recording, change nothing
    elsewhere.

    Source: NeuroCLIP (Guo et al.), inter-timestep adapter, as in its published code, where the timesteps are fed one
    after the other. Here they are one tensor, which gives the same numbers and is quicker.
    """
    seen: list[Statistics] = []

    def norm(name: str, x: Tensor) -> Tensor:
        weight, bias, mean, var = (parameters[f"{name}.{part}"] for part in ("weight", "bias", "mean", "var"))
        if dropout is None:
            return normalized(x, weight, bias, mean, var)
        y, statistics = batch_normalized(x, weight, bias, mean, var, valid)
        seen.append(statistics)
        return y

    def linear(name: str, x: Tensor) -> Tensor:
        if dropout is not None:
            x = dropped(x, DROPOUT, dropout)
        return functional.linear(
            x, *(parameters[f"{name}.{part}"].to(x.dtype) for part in ("weight", "bias"))
        )

    currents = norm("norm2", linear("down", norm("norm1", x)))
    spikes = neuron(currents.transpose(0, 1)).transpose(0, 1)
    output = torch.relu(linear("up", spikes))
    return Adapted(output, currents, spikes, tuple(seen))


def update_running(parameters: Mapping[str, Tensor], seen: tuple[Statistics, ...]) -> dict[str, Tensor]:
    """Return the running means and variances after a batch, (d,) and (hidden,), by the names of the parameters."""
    updated: dict[str, Tensor] = {}
    for name, statistics in zip(NORMS, seen, strict=True):
        updated[f"{name}.mean"], updated[f"{name}.var"] = running(
            parameters[f"{name}.mean"], parameters[f"{name}.var"], statistics
        )
    return updated
