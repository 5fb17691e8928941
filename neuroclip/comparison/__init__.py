"""Many heads on the same recordings: fitted on the same shots, measured on the same test part, reported on one page.

The names here are lazy: reading a document and reporting it does not import torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuroclip.comparison.comparing import compare
    from neuroclip.comparison.document import read_document
    from neuroclip.comparison.plan import Entry, Plan
    from neuroclip.comparison.report import write_report
    from neuroclip.comparison.setting import Setting
    from neuroclip.comparison.wishes import Wishes

__all__ = ["Entry", "Plan", "Setting", "Wishes", "compare", "read_document", "write_report"]

_HOMES = {
    "Entry": "neuroclip.comparison.plan",
    "Plan": "neuroclip.comparison.plan",
    "Setting": "neuroclip.comparison.setting",
    "Wishes": "neuroclip.comparison.wishes",
    "compare": "neuroclip.comparison.comparing",
    "read_document": "neuroclip.comparison.document",
    "write_report": "neuroclip.comparison.report",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
