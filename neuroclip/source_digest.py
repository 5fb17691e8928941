"""The code of others as digests: what was computed or measured with other code is not taken for its own."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import blake2b
from pathlib import Path
from types import CodeType, FunctionType

_BY_VERSION = frozenset(("neuroclip", "numpy", "torch", *sys.stdlib_module_names)) - {"__main__"}


def code_of(classes: Iterable[type]) -> dict[str, str]:
    """Return the digests of the packages that classes are from, by name: 128 bits, hexadecimal.

    But not of `neuroclip` itself, which goes by its version, and raises a number where it gives something else; nor of
    Python, numpy and torch. Of a class that was typed into a notebook it is that of its own functions.
    """
    found: dict[str, str] = {}
    for kind in classes:
        home = kind.__module__.partition(".")[0]
        if home in _BY_VERSION:
            continue
        if getattr(sys.modules.get(home), "__file__", None) or hasattr(sys.modules.get(home), "__path__"):
            found[home] = digest_of_package(home)
        else:
            found[f"{kind.__module__}.{kind.__qualname__}"] = _digest_of_functions(kind)
    return dict(sorted(found.items()))


@cache  # what a process has imported does not change
def digest_of_package(name: str) -> str:
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


def _digest_of_functions(kind: type) -> str:
    """Return 128 bits, hexadecimal, of a class's functions and constants, and of what the functions use beside it."""
    hashed = blake2b(digest_size=16)
    for name, value in sorted(vars(kind).items()):
        inner = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
        hashed.update(" ".join([name, *_said(inner, kind.__module__, set())]).encode())
    return hashed.hexdigest()


def _said(value: object, home: str, told: set[object]) -> Iterator[str]:
    """Yield what a constant is, or what a function does: its instructions, names, constants, and functions it calls.

    What is from elsewhere than `home` goes by its name. A value that is neither says nothing.
    """
    if isinstance(value, FunctionType) and value.__module__ == home and value not in told:
        told.add(value)
        yield from _said(value.__code__, home, told)
        for name in value.__code__.co_names:
            yield from _said(value.__globals__.get(name), home, told)
    elif isinstance(value, CodeType):
        yield from (value.co_code.hex(), *value.co_names)
        for constant in value.co_consts:
            yield from _said(constant, home, told)
    elif isinstance(value, frozenset):
        yield from sorted(map(repr, value))  # whose own order is another in each process
    elif isinstance(value, int | float | complex | str | bytes | tuple | None):
        yield repr(value)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # inside an archive, say: then the version counts alone
        return b""
