"""How right scores are, how far they can be believed, and whether a difference may be chance.

The names here are lazy: tests and intervals of a finished comparison do not import torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuroclip.metrics.accuracy import Metrics, mean_interval, metrics_of
    from neuroclip.metrics.selective import Selective, reliability_of, selective_of
    from neuroclip.metrics.significance import (
        bootstrap_interval,
        holm,
        paired_test,
        recordings_interval,
        wilson_interval,
    )

__all__ = [
    "Metrics",
    "Selective",
    "bootstrap_interval",
    "holm",
    "mean_interval",
    "metrics_of",
    "paired_test",
    "recordings_interval",
    "reliability_of",
    "selective_of",
    "wilson_interval",
]

_HOMES = {
    **dict.fromkeys(("Metrics", "mean_interval", "metrics_of"), "neuroclip.metrics.accuracy"),
    **dict.fromkeys(("Selective", "reliability_of", "selective_of"), "neuroclip.metrics.selective"),
    **dict.fromkeys(
        ("bootstrap_interval", "holm", "paired_test", "recordings_interval", "wilson_interval"),
        "neuroclip.metrics.significance",
    ),
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
