"""Which heads are installed: entry points of the group `neuroclip.heads`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neuroclip.errors import HeadError
from neuroclip.registry import Registry, Row

if TYPE_CHECKING:
    from neuroclip.heads.contract import Head

__all__ = ["Row", "as_head", "find", "installed", "name_of"]

_REGISTRY = Registry(group="neuroclip.heads", word="head", error=HeadError, restriction="NEUROCLIP_HEADS")


def installed() -> list[Row]:
    """List the installed heads by name, reading metadata only."""
    return _REGISTRY.rows()


def find(name: str) -> type[Head]:
    """Import the head of that name.

    Raises:
        HeadError: No such head, two packages claim the name, NEUROCLIP_HEADS leaves it out, it cannot be imported,
            or it is no `Head`.
    """
    return as_head(name, _REGISTRY.load(name))


def as_head(name: str, head: Any) -> type[Head]:
    """Return what was imported under a name, which is a head.

    Raises:
        HeadError: It is not, or something that the contract asks for is missing.
    """
    import dataclasses

    from neuroclip.heads.contract import Head

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
    home = type(head).__module__.partition(".")[0]
    # Those of its own package first: nobody else's need be imported to find it.
    for row in sorted(installed(), key=lambda row: row.value.partition(".")[0].partition(":")[0] != home):
        if row.status == "ok":
            try:
                if find(row.name) is type(head):
                    return row.name
            except HeadError:  # another plugin that does not import
                continue
    raise HeadError(f"{type(head).__name__} is not installed as a head (entry point group neuroclip.heads)")
