"""Names for the shapes of arrays, checked while the tests run (jaxtyping).

Axes keep their letters everywhere: n recordings, t timesteps, c classes, d embedding, h and w pixels. The
names of tensors are made when they are asked for, so that numpy code does not import torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float, Int, Int32, Int64, Shaped, UInt8

Events = Shaped[np.ndarray, "_"]  # of any length; structured, recording.EVENT_DTYPE
Frames = UInt8[np.ndarray, "t h w"]  # 127 background, 255 and 0 where something happened
Volume = Int32[np.ndarray, "t 2 h w"]  # counts; plane 0 is OFF, plane 1 is ON
Edges = Int64[np.ndarray, "edges"]  # one more than timesteps: where each begins, and the end

if TYPE_CHECKING:
    from torch import Tensor

    Timesteps = Float[Tensor, "n t d"]
    Labels = Int[Tensor, "n"]
    Logits = Float[Tensor, "n c"]
    TimestepLogits = Float[Tensor, "n t c"]
    Embeddings = Float[Tensor, "n d"]
    TimestepMask = Bool[Tensor, "n t"]

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
