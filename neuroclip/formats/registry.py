"""Which formats are installed: entry points of the group `neuroclip.formats`, ours like a stranger's.

Listing reads metadata and imports nothing. A plugin that is broken, or that claims a name that is taken, is a
row that says so, and stops nothing else.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib.machinery import PathFinder
from importlib.metadata import EntryPoint, entry_points

from neuroclip.errors import OptionError
from neuroclip.formats.format import Format

GROUP = "neuroclip.formats"


@dataclass(frozen=True)
class Row:
    """One line of `neuroclip formats`; `status` is `ok`, `clash` or `broken`, and `reason` says why."""

    name: str
    package: str
    status: str
    reason: str = ""


def installed() -> list[Row]:
    """List the installed formats by name, reading metadata only."""
    found = _entry_points()
    times = Counter(point.name for point in found)
    rows: list[Row] = []
    for point in found:
        status, reason = "ok", ""
        if times[point.name] > 1:
            others = sorted({_package(p) for p in found if p.name == point.name} - {_package(point)})
            status, reason = "clash", f"also offered by {', '.join(others) or 'the same package'}"
        elif not _module_exists(point.module):
            status, reason = "broken", f"there is no module {point.module}"
        rows.append(Row(point.name, _package(point), status, reason))
    return rows


def load(name: str) -> Format:
    """Import one format.

    Raises:
        OptionError: No such format, two packages claim the name, or it cannot be imported.
    """
    points = [point for point in _entry_points() if point.name == name]
    if not points:
        names = ", ".join(sorted({point.name for point in _entry_points()})) or "none"
        raise OptionError(f"no format named {name!r}; installed: {names}")
    if len(points) > 1:
        packages = " and ".join(_package(point) for point in points)
        raise OptionError(f"the format name {name!r} is claimed by {packages}: uninstall one")
    return _load(points[0])


def load_all() -> list[Format]:
    """Import every format that can be; those that clash or break are left to `installed` to explain."""
    formats: list[Format] = []
    for row in installed():
        if row.status == "ok":
            try:
                formats.append(load(row.name))
            except OptionError:
                continue
    return formats


@cache
def _load(point: EntryPoint) -> Format:
    try:
        loaded = point.load()
        if isinstance(loaded, type) and issubclass(loaded, Format):
            return loaded()
    except Exception as error:  # a stranger's code may raise anything
        raise OptionError(
            f"the format {point.name!r} of {_package(point)} does not load: {type(error).__name__}: {error}"
        ) from error
    raise OptionError(
        f"the format {point.name!r} of {_package(point)} is no subclass of neuroclip.formats.Format"
    )


def _entry_points() -> list[EntryPoint]:
    return _entry_points_on(tuple(sys.path))


@cache
def _entry_points_on(path: tuple[str, ...]) -> list[EntryPoint]:
    # Reading all metadata takes milliseconds: once for a search path, not once a file. The same package may
    # be seen twice (installed and in the working folder): one entry point all the same.
    unique = {(point.name, point.value, _package(point)): point for point in entry_points(group=GROUP)}
    return [unique[key] for key in sorted(unique)]


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist else "?"


def _module_exists(module: str) -> bool:
    """Find a module on disk without importing its parents (as importlib.util.find_spec would)."""
    search = None
    parts = module.split(".")
    for i in range(len(parts)):
        spec = PathFinder.find_spec(".".join(parts[: i + 1]), search)
        if spec is None:
            return i == 0 and parts[0] in _imported_roots()
        search = spec.submodule_search_locations
    return True


def _imported_roots() -> set[str]:
    return {name.partition(".")[0] for name in sys.modules}
