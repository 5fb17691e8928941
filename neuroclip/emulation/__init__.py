"""Pictures that change over time into events: videos, still images, and batches for training.

The names are lazy: only `contrast_crossings` and `emulate` need torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuroclip.emulation.camera import CLEAN, CameraOptions, EventCamera, emulate_stream
    from neuroclip.emulation.contrast import Crossings, contrast_crossings, emulate
    from neuroclip.emulation.footage import Footage
    from neuroclip.emulation.saccades import saccade

__all__ = [
    "CLEAN",
    "CameraOptions",
    "Crossings",
    "EventCamera",
    "Footage",
    "contrast_crossings",
    "emulate",
    "emulate_stream",
    "saccade",
]

_HOMES = {
    "CLEAN": "camera",
    "CameraOptions": "camera",
    "Crossings": "contrast",
    "EventCamera": "camera",
    "Footage": "footage",
    "contrast_crossings": "contrast",
    "emulate": "contrast",
    "emulate_stream": "camera",
    "saccade": "saccades",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'neuroclip.emulation' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"neuroclip.emulation.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
