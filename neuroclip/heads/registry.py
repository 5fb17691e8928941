"""Which heads are installed: entry points of the group `neuroclip.heads`, ours like a stranger's.

Listing reads metadata and imports nothing. A plugin that is broken, or that claims a name that is taken, is a row
that says so, and stops nothing else.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib.machinery import PathFinder
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING

from neuroclip.errors import HeadError
from neuroclip.formats.registry import Row

if TYPE_CHECKING:
    from neuroclip.heads.contract import Head

GROUP = "neuroclip.heads"
