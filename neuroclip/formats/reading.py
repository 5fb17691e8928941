"""Files into recordings: all of the pieces, in the order of time, and the size of the sensor."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from neuroclip.errors import RecordingError, RecordingWarning
from neuroclip.formats.format import Piece
from neuroclip.formats.sensors import sensor_name, smallest_sensor
from neuroclip.formats.walking import pieces
from neuroclip.recording import Recording, join_events
from neuroclip.shapes import Events

Size = tuple[int, int]


def read(
    path: str | Path, *, format: str | None = None, size: Size | None = None, recover: bool = False
) -> Recording:
    """Read a recording.

    The content decides the format, then the suffix, unless `format` names one. `size` is the sensor's width
    and height; without it what the file says counts, and where it says nothing the smallest known sensor that
    holds every event, with a `RecordingWarning`, since another recording of the same camera may need a larger
    one. Events that are not in the order of time are sorted, with a `RecordingWarning`. With `recover`, a
    damaged file is read as far as it is good, with a `RecordingWarning` that says how far.

    Raises:
        RecordingError: The file is missing, empty, damaged, of no known format, has no events, or has events
            outside the size.
        OptionError: No such format is installed.
    """
    path = Path(path)
    whole = _gather(path, format, size, recover)
    recording = _recording(path, whole, size)
    if size is None and whole.size is None:
        guess = sensor_name((recording.width, recording.height))
        _warn(
            f"{path}: the file does not say how large the sensor is; {guess} is the smallest known one that "
            "holds its events; give the size if you know it"
        )
    return recording


def read_each(
    paths: Iterable[str | Path],
    *,
    format: str | None = None,
    size: Size | None = None,
    recover: bool = False,
) -> list[Recording | RecordingError]:
    """Read a set of recordings of one camera; an error stands in the place of a file that cannot be read.

    Files that do not say how large the sensor is share one size: the smallest known sensor that holds every
    event of all of them. A `RecordingWarning` says so when there is only one such file, or when one needs a larger
    sensor than the others would: a file of another camera, or a damaged one, changes what all of them look like.
    """
    files = [Path(path) for path in paths]
    gathered: list[Piece | RecordingError] = []
    for path in files:
        try:
            gathered.append(_gather(path, format, size, recover))
        except RecordingError as error:
            gathered.append(error)
    shared = size
    sizeless = [
        (p, d) for p, d in zip(files, gathered, strict=True) if isinstance(d, Piece) and d.size is None
    ]
    unsure = [whole.events for _, whole in sizeless]
    if size is None and unsure:
        try:
            shared = smallest_sensor(*unsure)
        except RecordingError:  # one of them is beyond every sensor: that one is the error, not the others
            shared = smallest_sensor(*(events for events in unsure if _fits(events)))
        if len(unsure) == 1:
            _warn(
                f"the size of the sensor was guessed from one recording: {sensor_name(shared)}; "
                "give it if you know it"
            )
        alone = {path: smallest_sensor(d.events) for path, d in sizeless if _fits(d.events)}
        if len(set(alone.values())) > 1:
            largest, smallest = max(alone, key=lambda p: alone[p]), min(alone, key=lambda p: alone[p])
            _warn(
                f"{len(alone)} recordings that do not name their sensor are read as {sensor_name(shared)}: {largest} "
                f"needs it, {smallest} alone would be {sensor_name(alone[smallest])}; give the size, or leave out "
                "what is from another camera"
            )
    results: list[Recording | RecordingError] = []
    for path, whole in zip(files, gathered, strict=True):
        try:
            if isinstance(whole, RecordingError):
                raise whole
            fits = size is not None or whole.size is not None or _fits(whole.events)
            results.append(_recording(path, whole, size or whole.size or (shared if fits else None)))
        except RecordingError as error:
            results.append(error)
    return results


def read_many(
    paths: Iterable[str | Path],
    size: Size | None = None,
    *,
    format: str | None = None,
) -> list[Recording]:
    """Read a set of recordings of one camera, all with one size: see `read_each`.

    Raises:
        RecordingError: The first file that cannot be read.
    """
    recordings: list[Recording] = []
    for result in read_each(paths, format=format, size=size):
        if isinstance(result, RecordingError):
            raise result
        recordings.append(result)
    return recordings


def _gather(path: Path, format: str | None, asked: Size | None, recover: bool) -> Piece:
    """Put the pieces of a file together, sorted by time."""
    parts: list[Events] = []
    size: Size | None = None
    video: Path | None = None
    try:
        for piece in pieces(path, format, asked):
            parts.append(piece.events)
            size, video = size or piece.size, video or piece.video
    except RecordingError as error:
        kept = sum(map(len, parts))
        if not kept:
            raise
        if not recover:
            raise RecordingError(f"{error}; --recover keeps the {kept} events before that") from error
        last = int(parts[-1]["t"][-1])
        _warn(f"{error}; kept the {kept} events before that, up to {last} us")
    events = join_events(parts)
    parts.clear()
    earlier = events["t"][1:] < events["t"][:-1]
    if earlier.any():
        _warn(
            f"{path}: {int(earlier.sum())} events are earlier than the event before them (the first is event "
            f"{int(earlier.argmax()) + 1}): sorted by time"
        )
        events = events[np.argsort(events["t"], kind="stable")]
    return Piece(events, size, video)


def _recording(path: Path, whole: Piece, size: Size | None) -> Recording:
    try:
        width, height = size or whole.size or smallest_sensor(whole.events)
        return Recording(whole.events, width, height, video=whole.video)
    except RecordingError as error:
        raise RecordingError(f"{path}: {error}") from error


def _fits(events: Events) -> bool:
    try:
        smallest_sensor(events)
    except RecordingError:
        return False
    return True


def _warn(message: str) -> None:
    warnings.warn(message, RecordingWarning, stacklevel=3)
