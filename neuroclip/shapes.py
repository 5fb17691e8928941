"""Names for the shapes of arrays, checked while the tests run (jaxtyping).

Axes keep their letters everywhere: n recordings, t timesteps, c classes, d embedding, h and w pixels. The
names of tensors are made when they are asked for, so that numpy code does not import torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float, Int, Int32, Int64, Shaped, UInt8

Events = Shaped[np.ndarray, "_"]
"""A structured array of any length, of `neuroclip.recording.EVENT_DTYPE`."""

Frames = UInt8[np.ndarray, "t h w"]
"""Painted events: 127 is background, 255 and 0 are where something happened."""

Volume = Int32[np.ndarray, "t 2 h w"]
"""Counts of events; plane 0 is OFF, plane 1 is ON."""

Edges = Int64[np.ndarray, "edges"]
"""One more than there are timesteps: where each begins, and the end of the last."""

if TYPE_CHECKING:
    from torch import Tensor

    Timesteps = Float[Tensor, "n t d"]
    """An embedding of each timestep of each recording."""
    Labels = Int[Tensor, "n"]
    """The class of each recording: its position in `classes.names`."""
    Logits = Float[Tensor, "n c"]
    """The score of each class for each recording; softmax makes probabilities of them."""
    TimestepLogits = Float[Tensor, "n t c"]
    """The scores that each timestep gives by itself."""
    Embeddings = Float[Tensor, "n d"]
    """One embedding of each recording, picture or text."""
    TimestepMask = Bool[Tensor, "n t"]
    """True for the timesteps that a recording has, False for those that were padded."""

_TENSORS: dict[str, tuple[Any, str]] = {
    "Timesteps": (Float, "n t d"),
    "Labels": (Int, "n"),
    "Logits": (Float, "n c"),
    "TimestepLogits": (Float, "n t c"),
    "Embeddings": (Float, "n d"),
    "TimestepMask": (Bool, "n t"),
}


def __getattr__(name: str) -> Any:
    if name not in _TENSORS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import torch

    kind, axes = _TENSORS[name]
    return globals().setdefault(name, kind[torch.Tensor, axes])
