"""Which prompt sets are installed: entry points of the group `neuroclip.prompts`. Nothing is imported."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.machinery import PathFinder
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from neuroclip_prompts.prompt_set import PromptSet, PromptSetError, read

GROUP = "neuroclip.prompts"


@dataclass(frozen=True)
class Row:
    """One line of `neuroclip prompts`: `status` is `ok`, `clash` or `broken`; `reason` is empty when it is ok.

    `description` and `path` are empty where nothing could be read.
    """

    name: str
    package: str
    status: str
    reason: str = ""
    description: str = ""
    path: str = ""


def installed() -> list[Row]:
    """List the sets by name; a package that cannot be found and a name offered twice are rows that say so."""
    rows: list[Row] = []
    files = [(package, path) for package, _, paths in _found() for path in paths]
    for package, path in files:
        others = sorted({p for p, other in files if other.stem == path.stem and other != path})
        try:
            description = read(path).description
        except PromptSetError as error:
            rows.append(Row(path.stem, package, "broken", str(error), path=str(path)))
            continue
        clash = f"also offered by {', '.join(others)}" if others else ""
        rows.append(Row(path.stem, package, "clash" if others else "ok", clash, description, str(path)))
    for package, point, paths in _found():
        if not paths:
            rows.append(
                Row(point.name, package, "broken", f"there are no TOML files in a package {point.value}")
            )
    return sorted(rows, key=lambda row: (row.name, row.package))


def names() -> tuple[str, ...]:
    """Return the names that `load` takes, sorted."""
    return tuple(row.name for row in installed() if row.status == "ok")


def load(name: str | Path) -> PromptSet:
    """Load an installed set by name, or a TOML file by path (anything that ends in `.toml`).

    Raises:
        PromptSetError: No such set (the message lists those there are), two packages offer it, or it is broken.
    """
    if isinstance(name, Path) or name.endswith(".toml"):
        return read(Path(name).expanduser())
    rows = [row for row in installed() if row.name == name]
    if not rows:
        raise PromptSetError(
            f"no prompt set named {name!r}; installed: {', '.join(names()) or 'none'}; or give a .toml file"
        )
    if rows[0].status != "ok":
        raise PromptSetError(f"prompt set {name!r} of {rows[0].package} cannot be used: {rows[0].reason}")
    return read(Path(rows[0].path), name)


def _found() -> Iterator[tuple[str, EntryPoint, list[Path]]]:
    for point in _entry_points(tuple(sys.path)):
        package = point.dist.name if point.dist else "?"
        folder = _folder(point.value)
        yield package, point, sorted(folder.glob("*.toml")) if folder else []


@cache
def _entry_points(path: tuple[str, ...]) -> list[EntryPoint]:
    # The same package may be seen twice (installed and in the working folder): one entry point all the same.
    unique = {(point.name, point.value, point.dist.name if point.dist else ""): point
              for point in entry_points(group=GROUP)}  # fmt: skip
    return [unique[key] for key in sorted(unique)]


def _folder(package: str) -> Path | None:
    """Find a package on disk without importing it or its parents."""
    search = None
    for i in range(package.count(".") + 1):
        spec = PathFinder.find_spec(".".join(package.split(".")[: i + 1]), search)
        if spec is None or spec.submodule_search_locations is None:
            return None
        search = list(spec.submodule_search_locations)
    return Path(search[0]) if search else None
