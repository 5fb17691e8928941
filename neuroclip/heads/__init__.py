"""Heads: the contract, those that are installed, and those that were saved.

Names are imported when they are asked for: listing heads needs no torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from neuroclip.heads.registry import Row, find, installed

if TYPE_CHECKING:
    from neuroclip.heads.batches import Batch, item_count, minibatches, take
    from neuroclip.heads.contract import Checkpoint, Head, Operations, State
    from neuroclip.heads.nesting import nested, unnested
    from neuroclip.heads.options import describe, make, restore
    from neuroclip.heads.saving import SavedHead, load, save
    from neuroclip.heads.scores import finite
    from neuroclip.heads.shots import folds

__all__ = [
    "Batch",
    "Checkpoint",
    "Head",
    "Operations",
    "Row",
    "SavedHead",
    "State",
    "describe",
    "find",
    "finite",
    "folds",
    "installed",
    "item_count",
    "load",
    "make",
    "minibatches",
    "nested",
    "restore",
    "save",
    "take",
    "unnested",
]

_HOMES = {
    **dict.fromkeys(("Batch", "item_count", "minibatches", "take"), "batches"),
    **dict.fromkeys(("Checkpoint", "Head", "Operations", "State"), "contract"),
    **dict.fromkeys(("nested", "unnested"), "nesting"),
    **dict.fromkeys(("describe", "make", "restore"), "options"),
    **dict.fromkeys(("SavedHead", "load", "save"), "saving"),
    "finite": "scores",
    "folds": "shots",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
