"""A set of labelled recordings: which files, what each shows, and which part it belongs to."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from neuroclip import formats
from neuroclip.datasets.known_set import KnownSet
from neuroclip.errors import DatasetError, RecordingError, RecordingWarning
from neuroclip.formats import RecordingFile
from neuroclip.formats.sensors import sensor_name, smallest_holding

Part = Literal["train", "validation", "test"]


@dataclass(frozen=True)
class Item:
    """One recording of a set.

    Attributes:
        name: Its path relative to the root, with forward slashes; split files know it by this.
        file: The recording; its label is never None.
        part: The part that the set puts it into; None where the set does not say.
    """

    name: str
    file: RecordingFile
    part: Part | None = None

    @property
    def label(self) -> str:
        """The class that it shows."""
        assert self.file.label is not None
        return self.file.label

    @property
    def offset_us(self) -> int:
        """What to add to the time of an event to get that of the paired video, microseconds."""
        return self.file.offset_us


@dataclass(frozen=True, eq=False)
class Dataset:
    """A set of labelled recordings, as `open_dataset` finds it.

    Attributes:
        name: That of the known set, else of the folder or table.
        root: What names are relative to.
        items: In the order of files: class by class, or row by row.
        classes: The labels that occur: in the known set's order, else as people sort them ("2" before "10").
        known: What is known about this set, if it is a known one.
    """

    name: str
    root: Path
    items: tuple[Item, ...]
    classes: tuple[str, ...]
    known: KnownSet | None = None

    def part(self, part: Part | None) -> tuple[Item, ...]:
        """Return the items of one part; None: those that are in no part."""
        return tuple(item for item in self.items if item.part == part)

    def sized(
        self,
        progress: Callable[[int], None] | None = None,
        *,
        bad: Callable[[RecordingFile, RecordingError], None] | None = None,
    ) -> Dataset:
        """Give one size to all files that do not say how large their sensor is, with a `RecordingWarning`.

        It is the smallest known sensor that holds every event of all of them; the files are walked once, and only
        those for which no size was given. `progress` is called with 1 after each. A file that cannot be read is
        given to `bad` and left out.

        Raises:
            RecordingError: A file cannot be read, and there is no `bad`; or no known sensor holds its events.
            DatasetError: All recordings of a class were left out.
        """
        kept: list[Item] = []
        reach: dict[str, tuple[int, int]] = {}
        for item in self.items:
            try:
                if item.file.size is None and (corner := _corner(item.file)) is not None:
                    reach[item.name] = corner
                kept.append(item)
            except RecordingError as error:
                if bad is None:
                    raise
                bad(item.file, error)
            if progress is not None:
                progress(1)
        self._check_still_there(kept)
        if not reach:
            return replace(self, items=tuple(kept))
        size = smallest_holding(max(x for x, _ in reach.values()), max(y for _, y in reach.values()))
        largest = max(reach, key=lambda name: smallest_holding(*reach[name]))
        warnings.warn(
            f"{self.root}: {len(reach)} recordings that do not name their sensor are read as {sensor_name(size)}, the "
            f"smallest known one that holds them all ({largest} needs it); give the size if you know it",
            RecordingWarning,
            stacklevel=2,
        )
        return replace(
            self, items=tuple(_with_size(item, size) if item.name in reach else item for item in kept)
        )

    def _check_still_there(self, kept: list[Item]) -> None:
        labels = {item.label for item in kept}
        for label in self.classes:
            if label not in labels:
                raise DatasetError(f"{self.root}: no recording of the class {label!r} can be read")


def natural_order(label: str) -> tuple[tuple[int, int, str], ...]:
    """Return what to sort labels by, so that "2" comes before "10"."""
    parts = re.findall(r"\d+|\D+", label)
    return (*((0, int(p), "") if p.isdecimal() else (1, 0, p.lower()) for p in parts), (2, 0, label))


def _corner(file: RecordingFile) -> tuple[int, int] | None:
    """Return how many pixels wide and high the events of a file reach; None where it names its sensor itself."""
    width = height = 0
    try:
        for piece in formats.pieces(file.path, file.format, inside=False):
            if piece.size is not None:
                return None
            width = max(width, int(piece.events["x"].max(initial=0)) + 1)
            height = max(height, int(piece.events["y"].max(initial=0)) + 1)
        smallest_holding(width, height)
    except RecordingError as error:
        if not (file.recover and width):
            raise (
                error if str(file.path) in str(error) else RecordingError(f"{file.path}: {error}")
            ) from error
    return width, height


def _with_size(item: Item, size: tuple[int, int]) -> Item:
    return replace(item, file=replace(item.file, size=size))
