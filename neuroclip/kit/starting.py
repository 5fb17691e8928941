"""Filling a template: a working package whose three spellings of a name are replaced by the user's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from neuroclip.errors import NeuroclipError, OptionError
from neuroclip.kit.naming import Names, check_name


@dataclass(frozen=True)
class Kind:
    """What a package can offer.

    Attributes:
        name: `head`, `format` or `prompts`: the folder of its template.
        title: What it is called in sentences.
        placeholder: The name that the template has.
    """

    name: str
    title: str
    placeholder: str


KINDS = {
    kind.name: kind
    for kind in (
        Kind("head", "head", "my-head"),
        Kind("format", "format", "my-format"),
        Kind("prompts", "prompt set", "my-prompts"),
    )
}


def start(kind: Kind, name: str, directory: Path) -> list[Path]:
    """Write a package into a folder, which is made, and return its files as paths below the folder.

    The package offers one head, format or prompt set, under the name that the package has too.

    Raises:
        OptionError: The name cannot be used, or is taken; or the folder has something in it already.
        NeuroclipError: The folder cannot be written.
    """
    names = check_name(name, _taken(kind))
    texts = dict(_template(kind))
    if names.cls != Names(kind.placeholder).cls and any(
        re.search(rf"\b{names.cls}\b", text) for text in texts.values()
    ):
        raise OptionError(f"the name {name!r} would make a class {names.cls}, which means something else there: "
                          f"choose another, such as {f'my-{name}'!r}")  # fmt: skip
    try:
        if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
            raise OptionError(f"{directory} exists and is not an empty folder: give another --out")
        written: list[Path] = []
        for path, text in texts.items():
            place = Path(_filled(path, kind, names))
            (directory / place).parent.mkdir(parents=True, exist_ok=True)
            (directory / place).write_text(_filled(text, kind, names), encoding="utf-8")
            written.append(place)
    except OSError as error:
        raise NeuroclipError(
            f"{directory}: the package cannot be written ({error.strerror or error})"
        ) from error
    return sorted(written)


def _filled(text: str, kind: Kind, names: Names) -> str:
    old = Names(kind.placeholder)
    words = {old.name: names.name, old.module: names.module, old.cls: names.cls}
    # All at once: a new name may hold an old one.
    return re.sub("|".join(map(re.escape, words)), lambda found: words[found[0]], text)


def _template(kind: Kind) -> Iterator[tuple[str, str]]:
    """Yield the path of each file and its text; `dot_x` is what becomes `.x`."""
    root = files("neuroclip.kit") / "templates" / kind.name

    def walk(folder: Traversable, before: str) -> Iterator[tuple[str, str]]:
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
            path = before + re.sub(r"^dot_", ".", entry.name)
            if entry.is_dir() and entry.name != "__pycache__":
                yield from walk(entry, f"{path}/")
            elif entry.is_file():
                yield path, entry.read_text(encoding="utf-8")

    yield from walk(root, "")


def _taken(kind: Kind) -> dict[str, str]:
    """Return the names of this kind that are installed, and the package of each."""
    rows: list[Any]
    if kind.name == "head":
        from neuroclip.heads.registry import installed

        rows = installed()
    elif kind.name == "format":
        from neuroclip.formats.registry import installed as formats

        rows = formats()
    else:
        import neuroclip_prompts

        rows = list(neuroclip_prompts.installed())
    return {row.name: row.package for row in rows}
