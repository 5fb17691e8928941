"""A file into pieces of events: which format, and one sentence when it cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from neuroclip.errors import RecordingError
from neuroclip.formats import registry
from neuroclip.formats.finding import read_head
from neuroclip.formats.format import Format, Piece, most_particular_first, surest_first
from neuroclip.shapes import Events

_FEW = 100  # bytes that may all be zero in earnest


def format_of(path: Path, name: str | None = None) -> Format:
    """Return the format called `name`, or else the one that the content tells, then the suffix.

    Raises:
        RecordingError: There is nothing to read, or no installed format knows it. Without the file's name.
        OptionError: No such format is installed.
        OSError: The file cannot be looked at.
    """
    if path.is_dir():
        raise RecordingError("is a folder, and no recording was found in it: name a file")
    if not path.exists():
        raise RecordingError("there is no such file")
    if path.stat().st_size == 0:
        raise RecordingError("the file is empty (0 bytes)")
    if path.stat().st_size > _FEW and _only_zeros(path):
        raise RecordingError("every byte of it is zero: it was never written to, or the disk lost it")
    return registry.load(name) if name is not None else _detect(path)


def pieces(
    path: str | Path,
    format: str | None = None,
    size: tuple[int, int] | None = None,
    *,
    inside: bool = True,
) -> Iterator[Piece]:
    """Read a recording file in pieces, as `Format.pieces`: in the order of the file, perhaps not that of time.

    `size` is the sensor's width and height, whatever the file says. Without `inside`, events may lie outside.

    Raises:
        RecordingError: The file is missing, empty, damaged or of no known format, has no events, or has one
            outside the sensor (it is named, after all that are before it).
        OptionError: No such format is installed.
    """
    path, events = Path(path), 0
    try:
        chosen = format_of(path, format)
        for piece in chosen.pieces(path) if size is None else chosen.pieces_of_size(path, size):
            good, wrong = _inside(piece.events, (size or piece.size) if inside else None, events)
            if good:
                yield piece if wrong is None else replace(piece, events=piece.events[:good])
            if wrong is not None:
                said, hint = (
                    ("", "is --size right?")
                    if size
                    else (
                        "the file says that ",
                        "one of them is wrong; --size WIDTHxHEIGHT sets the size",
                    )
                )
                raise RecordingError(wrong.format(said) + hint)
            events += good
        if not events:
            raise RecordingError(f"there is no event in it (read as {chosen.name})")
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read: {error.strerror or error}") from error
    except RecordingError as error:
        raise RecordingError(f"{path}: {error}") from error
    except MemoryError as error:
        raise RecordingError(f"{path}: it asks for more memory than there is: is it damaged?") from error


def _inside(events: Events, size: tuple[int, int] | None, before: int) -> tuple[int, str | None]:
    """Return how many events lie inside the sensor before the first that does not, and what is wrong with that."""
    if size is None or not len(events) or (events["x"].max() < size[0] and events["y"].max() < size[1]):
        return len(events), None
    bad = int(np.argmax((events["x"] >= size[0]) | (events["y"] >= size[1])))
    axis, most, word = ("x", size[0], "wide") if events["x"][bad] >= size[0] else ("y", size[1], "high")
    return (
        bad,
        f"event {before + bad} has {axis}={events[axis][bad]}, but {{}}the sensor is {most} pixels {word}: ",
    )


def _detect(path: Path) -> Format:
    formats, head, suffix = registry.load_all(), read_head(path), path.suffix.lower()
    by_content = most_particular_first(f for f in formats if f.detect(path, head))
    by_suffix = [f for f in surest_first(formats) if suffix in f.suffixes]
    # One whose suffix fits too is the surest; then content alone, then the suffix alone.
    for candidates in ([f for f in by_content if f in by_suffix], by_content, by_suffix):
        if candidates:
            return candidates[0]
    known = ", ".join(f.name for f in formats) or "none"
    raise RecordingError(f"no installed format knows this file ({known}): is it the right one?")


def _only_zeros(path: Path) -> bool:
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            if block.strip(b"\0"):
                return False
    return True
