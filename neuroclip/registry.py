"""What other packages bring, through entry points: the only door, and ours come through it as a stranger's do.

Listing reads metadata and imports nothing. A plugin that is broken, or that claims a name that is taken, is a row
that says so, and stops nothing else.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib.machinery import PathFinder
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal

from neuroclip.errors import NeuroclipError


@dataclass(frozen=True)
class Row:
    """One entry point, as far as its metadata tells; `reason` is empty when the status is ok."""

    name: str
    package: str
    version: str
    status: Literal["ok", "clash", "broken"]
    reason: str = ""


@dataclass(frozen=True)
class Registry:
    """The entry points of one group.

    Attributes:
        group: For example `"neuroclip.heads"`.
        word: What one of them is called in messages, for example `"head"`.
        error: What is raised for one that is unknown or cannot be used.
    """

    group: str
    word: str
    error: type[NeuroclipError]

    def rows(self) -> list[Row]:
        """List the entry points by name and package."""
        points = _entry_points(self.group, tuple(sys.path))
        times = Counter(point.name for point in points)
        rows: list[Row] = []
        for point in points:
            status, reason = "ok", ""
            if not _exists(point.module):
                status, reason = "broken", f"there is no module {point.module}"
            elif times[point.name] > 1:
                others = {_package(p) for p in points if p.name == point.name} - {_package(point)}
                status, reason = "clash", f"also offered by {', '.join(sorted(others)) or 'the same package'}"
            version = point.dist.version if point.dist else "?"
            rows.append(Row(point.name, _package(point), version, status, reason))
        return rows

    def load(self, name: str) -> Any:
        """Import what an entry point names.

        Raises:
            NeuroclipError: Of the kind `error`: no such name (the message lists those there are), two packages claim
                it, or it cannot be imported.
        """
        points = [point for point in _entry_points(self.group, tuple(sys.path)) if point.name == name]
        if not points:
            names = ", ".join(sorted({row.name for row in self.rows() if row.status == "ok"})) or "none"
            raise self.error(f"No {self.word} named {name!r}. Installed: {names}.")
        packages = sorted({_package(point) for point in points})
        if len(points) > 1:
            raise self.error(
                f"the {self.word} name {name!r} is claimed by {' and '.join(packages)}: uninstall one"
            )
        try:
            return points[0].load()
        except (Exception, SystemExit) as error:  # a stranger's code may raise anything
            raise self.error(
                f"the {self.word} {name!r} of {packages[0]} cannot be imported: {type(error).__name__}: {error}"
            ) from error


@cache
def _entry_points(group: str, path: tuple[str, ...]) -> list[EntryPoint]:
    # Reading all metadata takes milliseconds: once for a search path. The same package may be seen twice there
    # (installed, and in the working folder): one entry point all the same.
    unique = {(point.name, _package(point), point.value): point for point in entry_points(group=group)}
    return [unique[key] for key in sorted(unique)]


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist else "?"


def _exists(module: str) -> bool:
    """Find a module on disk without importing its parents, as importlib.util.find_spec would."""
    search = None
    parts = module.split(".")
    for i in range(len(parts)):
        if ".".join(parts[: i + 1]) in sys.modules:
            search = list(getattr(sys.modules[".".join(parts[: i + 1])], "__path__", []))
            continue
        spec = PathFinder.find_spec(".".join(parts[: i + 1]), search)
        if spec is None:
            return False
        search = spec.submodule_search_locations
    return True
