"""The code that a head is made of, as digests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import neuroclip_adapters

from neuroclip.heads import Head
from neuroclip.representations import Representation
from neuroclip.source_digest import code_of, digest_of_package


def code_of_head(head: Head) -> dict[str, str]:
    """Return the digests of the packages that a head's class is from, by name.

    Also those that its base classes, its members and its representations are from, and `neuroclip_adapters`, which
    heads are made of.
    """
    own = neuroclip_adapters.__name__
    return dict(sorted({**code_of(_classes(head)), own: digest_of_package(own)}.items()))


def _classes(value: Any) -> Iterator[type]:
    """Yield the classes of a head or representation and of what is inside it, with their bases."""
    if isinstance(value, list | tuple):
        for one in value:
            yield from _classes(one)
    elif isinstance(value, Head | Representation):
        yield from type(value).__mro__
        if isinstance(value, Head):
            yield from _classes((value.representation, value.training))
        if is_dataclass(value):
            yield from _classes([getattr(value, field.name) for field in fields(value)])
