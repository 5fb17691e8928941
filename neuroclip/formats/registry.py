"""Which formats are installed: entry points of the group `neuroclip.formats`."""

from __future__ import annotations

import sys
from functools import cache

from neuroclip.errors import OptionError
from neuroclip.formats.format import Format
from neuroclip.registry import Registry, Row

__all__ = ["Row", "installed", "load", "load_all"]

_REGISTRY = Registry(group="neuroclip.formats", word="format", error=OptionError)


def installed() -> list[Row]:
    """List the installed formats by name, reading metadata only."""
    return _REGISTRY.rows()


def load(name: str) -> Format:
    """Import one format.

    Raises:
        OptionError: No such format, two packages claim the name, it cannot be imported, or it is no `Format`.
    """
    return _load(name, tuple(sys.path))


def load_all() -> list[Format]:
    """Import every format that can be; those that clash or break are left to `installed` to explain."""
    return list(_load_all(tuple(sys.path)))


@cache
def _load_all(path: tuple[str, ...]) -> tuple[Format, ...]:
    formats: list[Format] = []
    for row in installed():
        if row.status == "ok":
            try:
                formats.append(_load(row.name, path))
            except OptionError:
                continue
    return tuple(formats)


@cache
def _load(name: str, path: tuple[str, ...]) -> Format:
    loaded = _REGISTRY.load(name)
    if isinstance(loaded, type) and issubclass(loaded, Format):
        return loaded()
    raise OptionError(f"the format {name!r} is {loaded!r}, no subclass of neuroclip.formats.Format")
