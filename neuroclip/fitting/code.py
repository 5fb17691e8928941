"""The code that a head is made of, as digests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import neuroclip_adapters

from neuroclip.heads import Head
from neuroclip.source_digest import code_of, digest_of_package


def code_of_head(head: Head) -> dict[str, str]:
    """Return the digests of the packages that a head's class is from, by name.

    Also those that its base classes, its members and its representations are from, and `neuroclip_adapters`, which
    heads are made of.
    """
    code = {neuroclip_adapters.__name__: digest_of_package(neuroclip_adapters.__name__)}
    for one in _heads(head):
        code |= code_of(type(one).__mro__) | one.representation.code() | one.training.code()
    return dict(sorted(code.items()))


def _heads(value: Any) -> Iterator[Head]:
    """Yield a head and those that are options of it."""
    if isinstance(value, list | tuple):
        for one in value:
            yield from _heads(one)
    elif isinstance(value, Head):
        yield value
        if is_dataclass(value):
            yield from _heads([getattr(value, field.name) for field in fields(value)])
