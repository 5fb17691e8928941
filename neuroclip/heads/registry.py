"""Which heads are installed: entry points of the group `neuroclip.heads`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuroclip.errors import HeadError
from neuroclip.registry import Registry, Row

if TYPE_CHECKING:
    from neuroclip.heads.contract import Head

__all__ = ["Row", "find", "installed", "name_of"]

_REGISTRY = Registry(group="neuroclip.heads", word="head", error=HeadError)


def installed() -> list[Row]:
    """List the installed heads by name, reading metadata only."""
    return _REGISTRY.rows()


def find(name: str) -> type[Head]:
    """Import the head of that name.

    Raises:
        HeadError: No such head, two packages claim the name, it cannot be imported, or it is no `Head`.
    """
    import dataclasses

    from neuroclip.heads.contract import Head

    head = _REGISTRY.load(name)
    if not (isinstance(head, type) and issubclass(head, Head) and dataclasses.is_dataclass(head)):
        raise HeadError(
            f"the head {name!r} is {head!r}, not a dataclass that derives from neuroclip.heads.Head"
        )
    missing = sorted(getattr(head, "__abstractmethods__", ()))
    if missing:
        raise HeadError(f"the head {name!r} lacks {', '.join(missing)}")
    return head


def name_of(head: Head) -> str:
    """Return the name under which a head's class is installed.

    Raises:
        HeadError: It is not, so that nobody could load what is saved of it.
    """
    for row in installed():
        if row.status == "ok":
            try:
                if find(row.name) is type(head):
                    return row.name
            except HeadError:  # another plugin that does not import
                continue
    raise HeadError(f"{type(head).__name__} is not installed as a head (entry point group neuroclip.heads)")
