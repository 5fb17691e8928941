"""Which items are shots, for choosing and for measuring: a value, written down and checked."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any, cast

from neuroclip.datasets.dataset import Dataset, Item
from neuroclip.errors import DatasetError

PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class Split:
    """Which items are shots, which are for choosing, and which for measuring.

    Attributes:
        seed: It was drawn with this seed.
        shots: Per class; None: all that there were.
        classes: The labels, in the order of the set.
        train, validation, test: Names of items, class by class; the shots of a class in the order they were drawn.
        labels: The label of every name.
    """

    seed: int
    shots: int | None
    classes: tuple[str, ...]
    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]
    labels: Mapping[str, str] = field(hash=False)

    @cached_property
    def digest(self) -> str:
        """128 bits of BLAKE2b, hexadecimal, of which names are in which part with which label; order does not count."""
        hashed = blake2b(digest_size=16)
        for part in PARTS:
            for name in sorted(getattr(self, part)):
                hashed.update(json.dumps([part, name, self.labels[name]]).encode())
        return hashed.hexdigest()

    def write(self, path: Path) -> None:
        """Write it as JSON that people can read: seed, shots, digest, classes, and the names per part and class.

        The file appears whole or not at all.

        Raises:
            DatasetError: It cannot be written.
        """
        parts = {
            part: {c: [n for n in getattr(self, part) if self.labels[n] == c] for c in self.classes}
            for part in PARTS
        }
        about: dict[str, Any] = {"seed": self.seed, "shots": self.shots, "digest": self.digest}
        text = json.dumps(about | {"classes": self.classes} | parts, indent=1, ensure_ascii=False)
        unfinished = path.with_name(f"{path.name}.part")
        try:
            unfinished.write_text(text + "\n", encoding="utf-8")
            os.replace(unfinished, path)
        except OSError as error:
            raise DatasetError(f"{path}: cannot be written: {error.strerror or error}") from error

    @staticmethod
    def read(path: Path) -> Split:
        """Read what `write` wrote; the digest may be left out, and then nothing is compared.

        Raises:
            DatasetError: It cannot be read, something in it is wrong, or it was changed after it was written.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise DatasetError(f"{path}: {error.strerror or error}") from error
        except ValueError as error:
            raise DatasetError(f"{path} is no JSON: {error}") from error
        try:
            return _from_json(content)
        except DatasetError as error:
            raise DatasetError(f"{path}: {error}") from error

    def without(self, names: Collection[str]) -> Split:
        """Return what is left of it without some recordings."""
        left = {part: tuple(name for name in getattr(self, part) if name not in names) for part in PARTS}
        labels = {name: label for name, label in self.labels.items() if name not in names}
        return replace(self, **left, labels=labels)

    def check(self, dataset: Dataset) -> None:
        """Check that this is a split of that set, and that nothing to fit on is also in the test, by name or by bytes.

        Raises:
            DatasetError: A name is not in the set, or with another label; parts overlap; or two recordings are equal.
            RecordingError: A file cannot be read.
        """
        items = {item.name: item for item in dataset.items}
        for name, label in self.labels.items():
            if name not in items:
                raise DatasetError(
                    f"the split names {name!r}, which is not in {dataset.root}: put it back, or give a split of this "
                    "set (--split-file)"
                )
            if items[name].label != label:
                raise DatasetError(
                    f"the split says that {name!r} is of the class {label!r}, but in {dataset.root} it is of "
                    f"{items[name].label!r}"
                )
        _check_disjoint({part: getattr(self, part) for part in PARTS})
        _check_bytes([items[n] for n in (*self.train, *self.validation)], [items[n] for n in self.test])


def _check_disjoint(parts: Mapping[str, tuple[str, ...]]) -> None:
    place: dict[str, str] = {}
    for part, names in parts.items():
        for name in names:
            if name in place:
                raise DatasetError(f"{name!r} is in {place[name]} and in {part}: leave one out")
            place[name] = part


def _check_bytes(fitted: list[Item], measured: list[Item]) -> None:
    """Refuse a test file that is a copy of one to fit on; only files of equal size are read, once each."""
    try:
        sizes = [{item.name: item.file.path.stat().st_size for item in items} for items in (fitted, measured)]
    except OSError as error:
        raise DatasetError(f"{error.filename}: cannot be read: {error.strerror or error}") from error
    both = set(sizes[0].values()) & set(sizes[1].values())
    # Of the events' bytes alone: beside another video, or read in another way, they are the same recording.
    names = {item.file.content_digest: item.name for item in fitted if sizes[0][item.name] in both}
    for item in measured:
        if sizes[1][item.name] in both and item.file.content_digest in names:
            raise DatasetError(
                f"{names[item.file.content_digest]} is to fit on and {item.name} to measure on, but both are the same "
                "recording: leave one out"
            )


def _from_json(content: Any) -> Split:
    keys = ("seed", "shots", "classes", *PARTS)
    if not isinstance(content, dict):
        raise DatasetError("expected an object with the keys " + ", ".join(keys))
    content = cast("dict[str, Any]", content)
    for key in content:
        if key not in (*keys, "digest"):
            raise DatasetError(f"unknown key {key!r}; the keys are {', '.join((*keys, 'digest'))}")
    for key in keys:
        if key not in content:
            raise DatasetError(f"the key {key!r} is missing")
    seed, shots, classes = content["seed"], content["shots"], content["classes"]
    if type(seed) is not int or not (shots is None or type(shots) is int):
        raise DatasetError(
            f"seed is {seed!r} and shots is {shots!r}; expected whole numbers, or null for all shots"
        )
    if not _are_texts(classes):
        raise DatasetError(f"classes is {classes!r}; expected a list of labels")
    labels: dict[str, str] = {}
    parts: dict[str, tuple[str, ...]] = {}
    for part in PARTS:
        table = content[part]
        if not isinstance(table, dict) or not all(map(_are_texts, table.values())):
            raise DatasetError(f"{part} is no table of labels, each with a list of names")
        for label in table:
            if label not in classes:
                raise DatasetError(f"{part} has the label {label!r}, which is none of the classes")
        parts[part] = tuple(name for label in table for name in table[label])
        labels |= {name: label for label in table for name in table[label]}
    _check_disjoint(parts)
    split = Split(seed, shots, tuple(classes), **parts, labels=labels)
    if content.get("digest", split.digest) != split.digest:
        raise DatasetError(
            "the names are not those that its digest was made of: it was changed; remove the digest if you did"
        )
    return split


def _are_texts(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)
