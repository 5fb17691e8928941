"""Dropout that draws from a generator of one's own; torch's draws from the global one."""

from __future__ import annotations

import torch
from torch import Tensor


def dropped(x: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Set a random share of the numbers to 0, and scale the others up so that the mean stays."""
    kept = torch.rand(x.shape, generator=generator, device=generator.device) >= share
    return x * kept.to(x.device, x.dtype).mul_(1 / (1 - share))
