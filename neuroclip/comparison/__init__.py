"""Heads on the same recordings: fitted on the same shots, measured on the same test part.

The names here are lazy: reading a document and reporting it does not import torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuroclip.comparison.fitting import Evaluation, Fitted, evaluate, fit, provenance_of
    from neuroclip.comparison.metrics import Metrics, mean_interval, metrics_of
    from neuroclip.comparison.task import Task

__all__ = [
    "Evaluation",
    "Fitted",
    "Metrics",
    "Task",
    "evaluate",
    "fit",
    "mean_interval",
    "metrics_of",
    "provenance_of",
]

_HOMES = {
    **dict.fromkeys(
        ("Evaluation", "Fitted", "evaluate", "fit", "provenance_of"), "neuroclip.comparison.fitting"
    ),
    **dict.fromkeys(("Metrics", "mean_interval", "metrics_of"), "neuroclip.comparison.metrics"),
    "Task": "neuroclip.comparison.task",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
