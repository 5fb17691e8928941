"""The code that a head is made of, as a digest: what was measured of other code is not taken for its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import neuroclip_adapters

from neuroclip.heads import Head
from neuroclip.representations import Representation

_BY_VERSION = ("neuroclip", "numpy", "torch", *sys.stdlib_module_names)


def code_of(head: Head) -> dict[str, str]:
    """Return the digests of the packages that a head's class is from, by name.

    Also those that its base classes, its members and its representations are from, and `neuroclip_adapters`, which
    heads are made of; but not `neuroclip` itself, which goes by its version, as torch does.
    """
    homes = {kind.__module__.partition(".")[0] for kind in _classes(head)}
    return {
        name: _digest(name) for name in sorted(homes.difference(_BY_VERSION) | {neuroclip_adapters.__name__})
    }


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


@cache  # what a process has imported does not change
def _digest(name: str) -> str:
    """Return 128 bits, hexadecimal, of the Python files of a package, or of a module that is one file."""
    module = sys.modules.get(name)
    hashed = blake2b(digest_size=16)
    for folder in sorted(getattr(module, "__path__", ())):
        for path in sorted(Path(folder).rglob("*.py")):
            hashed.update(f"{path.relative_to(folder).as_posix()} {len(content := _read(path))} ".encode())
            hashed.update(content)
    if not hasattr(module, "__path__") and (file := getattr(module, "__file__", None)):
        hashed.update(_read(Path(file)))
    return hashed.hexdigest()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # inside an archive, say: then the version counts alone
        return b""
