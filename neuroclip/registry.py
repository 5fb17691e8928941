"""What other packages bring, through entry points: the only door, and ours come through it as a stranger's do.

Listing reads metadata and imports nothing. A plugin that is broken, or that claims a name that is taken, is a row
that says so, and stops nothing else.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, EntryPoint, entry_points
from typing import Any, Literal

from neuroclip.errors import NeuroclipError
from neuroclip.source_text import locate


@dataclass(frozen=True)
class Row:
    """One entry point, as far as its metadata tells.

    Attributes:
        name, package, version: As the package says.
        status: `ok`; `clash`: another package offers the name too; `broken`: there is no such module; `off`: the
            user's restriction leaves it out.
        reason: Why it is not ok; else empty.
        value: What it leads to, `module:Class`.
    """

    name: str
    package: str
    version: str
    status: Literal["ok", "clash", "broken", "off"]
    reason: str = ""
    value: str = ""


@dataclass(frozen=True)
class Registry:
    """The entry points of one group.

    Attributes:
        group: For example `"neuroclip.heads"`.
        word: What one of them is called in messages, for example `"head"`.
        error: What is raised for one that is unknown or cannot be used.
        restriction: An environment variable; where it is set and not empty, only the names in it (`a,b`) may load.
    """

    group: str
    word: str
    error: type[NeuroclipError]
    restriction: str = ""

    def rows(self) -> list[Row]:
        """List the entry points by name and package."""
        points = _entry_points(self.group, tuple(sys.path))
        times = Counter(point.name for point, _, _ in points)
        rows: list[Row] = []
        for point, package, version in points:
            status, reason = "ok", ""
            if not self._allows(point.name):
                status, reason = "off", f"it is not among {self.restriction}={os.environ[self.restriction]}"
            elif locate(point.module) is None:
                status, reason = "broken", f"there is no module {point.module}"
            elif times[point.name] > 1:
                others = {other for p, other, _ in points if p.name == point.name} - {package}
                status, reason = "clash", f"also offered by {', '.join(sorted(others)) or 'the same package'}"
            rows.append(Row(point.name, package, version, status, reason, point.value))
        return rows

    def load(self, name: str) -> Any:
        """Import what an entry point names.

        Raises:
            NeuroclipError: Of the kind `error`: no such name (the message lists those there are), two packages claim
                it, the user's restriction leaves it out, or it cannot be imported.
        """
        points = [one for one in _entry_points(self.group, tuple(sys.path)) if one[0].name == name]
        if not points:
            names = ", ".join(sorted({row.name for row in self.rows() if row.status == "ok"})) or "none"
            raise self.error(f"No {self.word} named {name!r}. Installed: {names}.")
        if not self._allows(name):
            raise self.error(
                f"the {self.word} {name!r} is installed, but {self.restriction} is "
                f"{os.environ[self.restriction]!r}: add it there, or unset the variable"
            )
        packages = sorted({package for _, package, _ in points})
        if len(points) > 1:
            raise self.error(
                f"the {self.word} name {name!r} is claimed by {' and '.join(packages)}: uninstall one"
            )
        try:
            return points[0][0].load()
        except (Exception, SystemExit) as error:  # a stranger's code may raise anything
            raise self.error(
                f"the {self.word} {name!r} of {packages[0]} cannot be imported: {type(error).__name__}: {error}"
            ) from error

    def _allows(self, name: str) -> bool:
        allowed = [part.strip() for part in os.environ.get(self.restriction, "").split(",")]
        return name in allowed or not any(allowed)


@cache
def _entry_points(group: str, path: tuple[str, ...]) -> list[tuple[EntryPoint, str, str]]:
    """Return the entry points, and of each the package that brings it and its version."""
    # Reading all metadata takes milliseconds: once for a search path. The same package may be seen twice there
    # (installed, and in the working folder): one entry point all the same.
    unique: dict[tuple[str, str, str], tuple[EntryPoint, str, str]] = {}
    known: dict[int, tuple[str, str]] = {}  # by the distribution's identity: the points of one share it
    for point in entry_points(group=group):
        if point.dist is not None and id(point.dist) not in known:
            known[id(point.dist)] = _name_and_version(point.dist)
        package, version = known.get(id(point.dist), ("?", "?"))
        unique[point.name, package, point.value] = (point, package, version)
    return [unique[key] for key in sorted(unique)]


def _name_and_version(distribution: Distribution) -> tuple[str, str]:
    """Read the two lines that matter: parsing all of the metadata, as `.name` does, takes ten times as long."""
    text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
    fields: dict[str, str] = {}
    for line in text.partition("\n\n")[0].splitlines():
        name, _, value = line.partition(": ")
        fields.setdefault(name, value)
    return fields.get("Name", "?"), fields.get("Version", "?")
