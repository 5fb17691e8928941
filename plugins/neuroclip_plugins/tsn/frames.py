"""The frames that a head is given: those of each input, with an axis of channels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor


def by_input(x: Any, inputs: Sequence[str]) -> dict[str, Tensor]:
    """Return frames by the name of their input, also where there is but one."""
    return {name: x[name] for name in inputs} if isinstance(x, Mapping) else {inputs[0]: x}


def with_channels(x: Tensor) -> Tensor:
    """Return frames (n, t, channels, h, w), those of events (n, t, h, w) too."""
    return x[:, :, None] if x.ndim == 4 else x


def size_of(x: Tensor) -> tuple[int, int]:
    """Return the height and width of frames."""
    return x.shape[-2], x.shape[-1]
