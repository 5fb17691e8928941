"""What is known about public data sets: `known/*.toml`, one file each."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

import neuroclip_prompts

from neuroclip.errors import DatasetError

_KINDS = {"int": int, "int | None": int, "float | None": float, "bool": bool, "str": str}


@dataclass(frozen=True)
class KnownSet:
    """A public data set; nothing is ever downloaded.

    Attributes:
        name: As it is asked for: the name of the file.
        title: As its makers write it.
        width, height: Of the sensor in pixels; None where every file says its own (videos).
        words: Labels and what they are called in a sentence, in the set's order; empty where they are not published.
            A file without this table takes them from its prompt set.
        min_count: Events of one polarity that a pixel needs to be painted.
        prompts: The prompt set to ask with.
        flip: Whether a mirrored recording is still of its class.
        official: The official split, in words.
        train_share: Where the official split is a rule: this share of each class, first in the order of its files,
            is for training (rounded up), the rest for testing.
        splits: How many official splits are published as lists of files; 0: none.
        lists_url: Where.
        recognise: A pattern of file names. A set whose labels are exactly these, whose files all match, and whose first
            recording of each class fits the sensor, is this set beyond doubt. Empty: never recognised.
        source, licence, url: Where it is from.
    """

    name: str
    title: str
    source: str
    licence: str
    url: str
    official: str
    prompts: str
    width: int | None = None
    height: int | None = None
    min_count: int = 1
    flip: bool = True
    train_share: float | None = None
    splits: int = 0
    lists_url: str = ""
    recognise: str = ""
    words: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height in pixels, if all recordings share them."""
        return None if self.width is None or self.height is None else (self.width, self.height)


def known_sets() -> tuple[str, ...]:
    """Return the names that `load_known` takes, sorted."""
    return tuple(sorted(path.stem for path in _folder().glob("*.toml")))


@cache
def load_known(name: str) -> KnownSet:
    """Return what is known about a set, by the name that `--known` takes, such as `nmnist`.

    Raises:
        DatasetError: No such set; the message lists those there are.
    """
    if name not in known_sets():
        raise DatasetError(f"no known data set named {name!r}; known are {', '.join(known_sets())}")
    return read_known(_folder() / f"{name}.toml")


def read_known(path: Path) -> KnownSet:
    """Read the description of a set.

    Raises:
        DatasetError: It is no TOML, or has a wrong key or value; the message names it.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path} is no TOML: {error}") from error
    _check(content, path)
    words: dict[str, str] = content.pop("words", None) or dict(
        neuroclip_prompts.load(content["prompts"]).classes
    )
    return KnownSet(name=path.stem, words=MappingProxyType(words), **content)


def _check(content: dict[str, Any], path: Path) -> None:
    kinds = {f.name: str(f.type) for f in fields(KnownSet) if f.name != "name"}
    for key, value in content.items():
        if key not in kinds:
            raise DatasetError(f"{path}: unknown key {key!r}; the keys are {', '.join(kinds)}")
        if key == "words":
            good = isinstance(value, dict) and all(isinstance(word, str) for word in value.values())
        else:
            good = type(value) is _KINDS[kinds[key]]
        if not good:
            expected = kinds[key].removesuffix(" | None")
            raise DatasetError(f"{path}: {key} is {value!r}; expected {expected}")
    missing = [
        key for key in ("title", "source", "licence", "url", "official", "prompts") if key not in content
    ]
    if missing:
        raise DatasetError(f"{path}: the key {missing[0]!r} is missing")


def _folder() -> Path:
    return Path(str(files(__package__ or __name__))) / "known"
