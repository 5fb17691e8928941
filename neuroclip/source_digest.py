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
    hashed = blake2b(digest_size=16)
    for name, value in sorted(vars(kind).items()):
        inner = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
        if isinstance(inner, FunctionType):
            hashed.update(" ".join([name, *_said(inner.__code__)]).encode())
    return hashed.hexdigest()


def _said(code: CodeType) -> Iterator[str]:
    """Yield what a function does: its instructions, names and constants, and those of the functions inside it."""
    yield from (code.co_code.hex(), *code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _said(constant)
        else:
            yield repr(constant)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # inside an archive, say: then the version counts alone
        return b""
