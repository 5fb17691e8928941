"""The reference has every public name, and of each it says what it is, of arrays their shapes."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import runpy
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from .pages import ROOT

ROOMS: tuple[str, ...] = runpy.run_path(str(ROOT / "recipes" / "documents" / "site.py"))["ROOMS"]

SHAPED = re.compile(
    r"\((?:\d+|[a-z]+(?: / \d)?)(?:, (?:\d+|[a-z]+(?: [/*] \d)?|\.\.\.))*,?\)|\[[a-z0-9]+(?:, [\w/ .]+)*\]"
)
"""How shapes are written in sentences: (n, t, d) or [t, h, w]."""

ARRAYS = re.compile(r"\b(?:Tensor|NDArray|ndarray|ArrayLike)\b")
"""Types that say nothing of a shape; those of `shapes.py` (Timesteps, Labels, ...) say it themselves."""


def public(room: str) -> list[str]:
    """Return the names that a room offers: `__all__`, or else what its module defines without an underscore."""
    module = importlib.import_module(room)
    if hasattr(module, "__all__"):
        return list(module.__all__)
    defined = (node for node in tree_of(module).body)
    return [name for node in defined for name in _names(node) if not name.startswith("_")]


@cache
def tree_of(module: ModuleType) -> ast.Module:
    return ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))


def _names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return [node.target.id]
    return []


def said_of(room: str, name: str) -> str:
    """Return the docstring of a name; of a value, the string behind its assignment where that stands."""
    module = importlib.import_module(room)
    value = getattr(module, name)
    if inspect.isclass(value) or inspect.isroutine(inspect.unwrap(value)):
        return inspect.getdoc(value) or ""
    for home in (module, *map(importlib.import_module, _imported_from(module, name))):
        body = tree_of(home).body
        for node, behind in zip(body, [*body[1:], None], strict=True):
            if (
                name in _names(node)
                and isinstance(behind, ast.Expr)
                and isinstance(behind.value, ast.Constant)
            ):
                return str(behind.value.value)
    return ""


def _imported_from(module: ModuleType, name: str) -> list[str]:
    found = [
        node.module
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.ImportFrom)
        and node.module
        and any(alias.name == name for alias in node.names)
    ]
    return found + [f"{module.__name__}.{home}" if "." not in home else home for home in _lazy(module, name)]


def _lazy(module: ModuleType, name: str) -> list[str]:
    return [getattr(module, "_HOMES", {}).get(name)] if name in getattr(module, "_HOMES", {}) else []


NAMES = [(room, name) for room in ROOMS for name in public(room) if name != "__version__"]


@pytest.mark.parametrize(("room", "name"), NAMES, ids=lambda part: part)
def test_every_public_name_says_what_it_is(room: str, name: str) -> None:
    assert len(said_of(room, name).split()) > 5, f"{room}.{name}: {said_of(room, name)!r}"


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_says_what_it_is(room: str) -> None:
    assert len((importlib.import_module(room).__doc__ or "").split()) > 5


def callables() -> list[tuple[str, Any]]:
    """Return the public functions, and the public methods that public classes define themselves."""
    found: dict[str, Any] = {}
    for room, name in NAMES:
        value = getattr(importlib.import_module(room), name)
        if inspect.isfunction(value):
            found[f"{room}.{name}"] = value
        elif inspect.isclass(value) and value.__module__.startswith("neuroclip"):
            for method, member in vars(value).items():
                if not method.startswith("_") and inspect.isfunction(member):
                    found[f"{room}.{name}.{method}"] = member
    return list(found.items())


@pytest.mark.parametrize(
    ("where", "function"), callables(), ids=lambda part: part if isinstance(part, str) else ""
)
def test_what_takes_or_gives_arrays_says_their_shapes(where: str, function: Any) -> None:
    """In the type, or in words: those of the function, or of the class that it belongs to."""
    annotations = inspect.get_annotations(inspect.unwrap(function))
    if not any(ARRAYS.search(str(annotation)) for annotation in annotations.values()):
        return
    room, _, owner = where.rpartition(".")[0].rpartition(".")
    holder = getattr(importlib.import_module(room), owner, None) if room else None
    words = f"{inspect.getdoc(function)} {inspect.getdoc(holder) if inspect.isclass(holder) else ''}"
    assert SHAPED.search(words), f"{where}{inspect.signature(function)}: {inspect.getdoc(function)}"


@pytest.mark.parametrize("room", ROOMS)
def test_no_public_function_is_called_like_its_module(room: str) -> None:
    """Of two that are called alike, the reference would show the module."""
    module = importlib.import_module(room)
    assert not [name for name in public(room) if hasattr(module, "__path__") and find_spec(f"{room}.{name}")]


def test_the_reference_has_every_room_with_public_names() -> None:
    """A package that has `__all__` and is no part of another room, is shown, but for the command line and the kit."""
    root = Path(str(importlib.import_module("neuroclip").__file__)).parent
    rooms = {
        "neuroclip." + path.parent.name
        for path in root.glob("*/__init__.py")
        if "__all__" in path.read_text()
    }
    assert rooms - set(ROOMS) == {"neuroclip.kit"}
