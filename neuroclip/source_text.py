"""What the source of a class says, read without running a line of it: for listing what is installed.

Only what stands there literally is known: the first line of the docstring, and attributes whose values are constants,
also those of base classes, wherever `import` says that they come from.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_MOST_IMPORTS = 8  # from one module to the next until the class is found; more is a circle


class NoSource(Exception):  # noqa: N818 - what is missing, not what went wrong
    """The source cannot be what it should be; `str(error)` says why. For the rows of a listing."""


@dataclass(frozen=True)
class ClassText:
    """What a class says of itself; `summary` is empty without a docstring, `constants` has the inherited ones too."""

    summary: str
    constants: Mapping[str, Any]


def read_class(module: str, name: str) -> ClassText | None:
    """Read a class; None where its source does not say it plainly (compiled, or made by a function).

    Raises:
        NoSource: There is no such module, no such name in it, or it is no Python.
    """
    return _read(module, name, _MOST_IMPORTS)


def locate(module: str) -> ModuleSpec | None:
    """Find a module without importing its parents, as importlib.util.find_spec would; None where there is none."""
    top, *inside = module.split(".")
    try:
        # Through every finder there is: an editable install may have brought one of its own.
        spec = find_spec(top)
    except ValueError:  # a module that is imported, and says nothing of where it comes from
        spec = None
        if inside or top not in sys.modules:
            return None
        return ModuleSpec(top, None)
    name = top
    for part in inside:
        if spec is None or spec.submodule_search_locations is None:
            return None
        name = f"{name}.{part}"
        spec = PathFinder.find_spec(name, list(spec.submodule_search_locations))
    return spec


def _read(module: str, name: str, imports_left: int) -> ClassText | None:
    names = _names_in(module, name)
    if names is None:
        return None
    if name not in names:
        if "*" in names or "__getattr__" in names:
            return None
        raise NoSource(f"there is no {name} in the module {module}")
    return _told(names, name, module, imports_left)


def _told(names: Mapping[str, ast.stmt], name: str, module: str, imports_left: int) -> ClassText | None:
    """Return what the class says that stands under a name of a module."""
    found = names.get(name)
    if isinstance(found, ast.ImportFrom):
        return _follow(found, name, module, imports_left)
    if not isinstance(found, ast.ClassDef):
        return None
    constants: dict[str, Any] = {}
    for base in reversed(found.bases):
        if isinstance(base, ast.Name) and imports_left:
            try:
                # A base stands above the class, so that it is among the names that were read for it.
                inherited = _told(names, base.id, module, imports_left - 1)
            except NoSource:
                continue
            constants |= inherited.constants if inherited else {}
    constants |= dict(_constants(found))
    summary = (ast.get_docstring(found) or "").partition("\n")[0]
    return ClassText(summary, constants)


def _follow(found: ast.ImportFrom, name: str, module: str, imports_left: int) -> ClassText | None:
    """Read the class in the module that it is imported from."""
    if not imports_left:
        return None
    source = found.module or ""
    if found.level:
        spec = locate(module)
        package = module.split(".") if spec and spec.submodule_search_locations else module.split(".")[:-1]
        package = package[: len(package) - found.level + 1]
        source = ".".join([*package, *filter(None, [found.module])])
    original = next(alias.name for alias in found.names if name in (alias.asname, alias.name))
    return _read(source, original, imports_left - 1)


@cache
def _names_in(module: str, name: str) -> Mapping[str, ast.stmt] | None:
    """Return what the names at the top of a module come from, `name` among them if it is one; None without source."""
    spec = locate(module)
    if spec is None:
        raise NoSource(f"there is no module {module}")
    get_source = getattr(spec.loader, "get_source", None)
    try:
        text = get_source(module) if get_source else None
        tree = (_beginning(text, name, spec) or ast.parse(text)) if text else None
    except (SyntaxError, ValueError, OSError, ImportError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        raise NoSource(f"the module {module} is no Python ({type(error).__name__}{line})") from error
    return dict(_bound(tree.body)) if tree else None


def _beginning(text: str, name: str, spec: ModuleSpec) -> ast.Module | None:
    """Parse a module up to the class's first method, if nothing below can matter: all of it takes three times as long.

    Where Python has not compiled it as it is now, nobody knows yet that what is below is Python.
    """
    start = text.find(f"\nclass {name}")
    method = _METHOD.search(text, start + 1)
    if start < 0 or method is None or not _compiled(spec):
        return None
    end = method.start()
    after = _TOP.search(text, end)
    attribute = _ATTRIBUTE.search(text, end, after.start() if after else len(text))
    if attribute or f"\n{name}" in text[end:]:
        return None
    try:
        return ast.parse(text[:end])
    except SyntaxError:  # the method was that of another class, or stood in a text
        return None


_METHOD = re.compile(r"^    (?=def |async def |@)", re.MULTILINE)
_ATTRIBUTE = re.compile(r"^    \w+ *[:=]", re.MULTILINE)
_TOP = re.compile(r"^\w", re.MULTILINE)


def _compiled(spec: ModuleSpec) -> bool:
    """Tell whether Python has compiled the source as it is now."""
    try:
        return Path(str(spec.cached)).stat().st_mtime >= Path(str(spec.origin)).stat().st_mtime
    except OSError:
        return False


def _bound(statements: list[ast.stmt]) -> Iterator[tuple[str, ast.stmt]]:
    for statement in statements:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            yield from ((alias.asname or alias.name, statement) for alias in statement.names)
        elif isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield statement.name, statement
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            yield from (
                (n.id, statement) for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)
            )
        else:  # if TYPE_CHECKING, try, with: what is below them may be bound
            for below in ("body", "handlers", "orelse", "finalbody"):
                for inner in getattr(statement, below, []):
                    yield from _bound(inner.body if isinstance(inner, ast.ExceptHandler) else [inner])


def _constants(found: ast.ClassDef) -> Iterator[tuple[str, Any]]:
    for statement in found.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(statement.value, ast.Constant):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            yield from ((t.id, statement.value.value) for t in targets if isinstance(t, ast.Name))
