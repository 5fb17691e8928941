"""Heads: the contract, those that are installed, and those that were saved.

Names are imported when they are asked for: listing heads needs no torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from neuroclip.heads.glancing import Glance, glance
from neuroclip.heads.registry import Row, as_head, find, installed

if TYPE_CHECKING:
    from neuroclip.heads.answering import answering_network
    from neuroclip.heads.batches import Batch, item_count, minibatches, take
    from neuroclip.heads.contract import CONTRACT, Checkpoint, Head, Operations, State
    from neuroclip.heads.nesting import nested, unnested
    from neuroclip.heads.options import check_choices, describe, make, restore
    from neuroclip.heads.saving import SavedHead, load, save
    from neuroclip.heads.scores import finite
    from neuroclip.heads.shots import folds

__all__ = [
    "CONTRACT",
    "Batch",
    "Checkpoint",
    "Glance",
    "Head",
    "Operations",
    "Row",
    "SavedHead",
    "State",
    "answering_network",
    "as_head",
    "check_choices",
    "describe",
    "find",
    "finite",
    "folds",
    "glance",
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
    **dict.fromkeys(("CONTRACT", "Checkpoint", "Head", "Operations", "State"), "contract"),
    **dict.fromkeys(("nested", "unnested"), "nesting"),
    **dict.fromkeys(("check_choices", "describe", "make", "restore"), "options"),
    **dict.fromkeys(("SavedHead", "load", "save"), "saving"),
    "answering_network": "answering",
    "finite": "scores",
    "folds": "shots",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
