"""NeuroCLIP names what an event camera saw, from a recording and a few words.

The names here are lazy: importing the package is quick and does not import torch.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuroclip.backbones import load_model
    from neuroclip.errors import NeuroclipError
    from neuroclip.formats import read, stream, write
    from neuroclip.prediction import Prediction, zero_shot
    from neuroclip.recording import Recording
    from neuroclip.representations import frames

    __version__: str

__all__ = [
    "NeuroclipError",
    "Prediction",
    "Recording",
    "__version__",
    "frames",
    "load_model",
    "read",
    "stream",
    "write",
    "zero_shot",
]

_HOMES = {
    "NeuroclipError": "neuroclip.errors",
    "Prediction": "neuroclip.prediction",
    "Recording": "neuroclip.recording",
    "frames": "neuroclip.representations",
    "load_model": "neuroclip.backbones",
    "read": "neuroclip.formats",
    "stream": "neuroclip.formats",
    "write": "neuroclip.formats",
    "zero_shot": "neuroclip.prediction",
}

# OpenMP reads this once, when torch is imported. Threads that spin while they wait make a shared machine
# several times slower; whoever has one alone may set "active".
os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("neuroclip")
    elif name in _HOMES:
        value = getattr(importlib.import_module(_HOMES[name]), name)
    else:
        raise AttributeError(f"module 'neuroclip' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
