"""Files into recordings: which format, which size, and one sentence when it cannot be."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from pathlib import Path

from neuroclip.errors import RecordingError, RecordingWarning
from neuroclip.formats import registry
from neuroclip.formats.finding import read_head
from neuroclip.formats.format import Decoded, Format
from neuroclip.formats.sensors import sensor_name, smallest_sensor
from neuroclip.recording import Recording

Size = tuple[int, int]


def read(path: str | Path, *, format: str | None = None, size: Size | None = None) -> Recording:
    """Read a recording.

    The content decides the format, then the suffix, unless `format` names one. `size` is the sensor's width
    and height; without it what the file says counts, and where it says nothing the smallest known sensor that
    holds every event, with a `RecordingWarning`, since another recording of the same camera may need a larger
    one.

    Raises:
        RecordingError: The file is missing, empty, damaged, of no known format, has no events, or has events
            outside the size.
        OptionError: No such format is installed.
    """
    path = Path(path)
    decoded = _decode(path, format)
    recording = _recording(path, decoded, size)
    if size is None and decoded.size is None:
        guess = sensor_name((recording.width, recording.height))
        warnings.warn(
            f"{path}: the file does not say how large the sensor is; {guess} is the smallest known one that "
            "holds its events; give the size if you know it",
            RecordingWarning,
            stacklevel=2,
        )
    return recording


def read_each(
    paths: Iterable[str | Path],
    *,
    format: str | None = None,
    size: Size | None = None,
) -> list[Recording | RecordingError]:
    """Read a set of recordings of one camera; an error stands in the place of a file that cannot be read.

    Files that do not say how large the sensor is share one size: the smallest known sensor that holds every
    event of all of them. A `RecordingWarning` says so when there is only one such file, or when one needs a larger
    sensor than the others would: a file of another camera, or a damaged one, changes what all of them look like.
    """
    files = [Path(path) for path in paths]
    read_in: list[Decoded | RecordingError] = []
    for path in files:
        try:
            read_in.append(_decode(path, format))
        except RecordingError as error:
            read_in.append(error)
    shared = size
    sizeless = [
        (p, d) for p, d in zip(files, read_in, strict=True) if isinstance(d, Decoded) and d.size is None
    ]
    unsure = [decoded.events for _, decoded in sizeless]
    if size is None and unsure:
        try:
            shared = smallest_sensor(*unsure)
        except RecordingError:  # one of them is beyond every sensor: that one is the error, not the others
            shared = smallest_sensor(*(events for events in unsure if _fits(events)))
        if len(unsure) == 1:
            warnings.warn(
                f"the size of the sensor was guessed from one recording: {sensor_name(shared)}; "
                "give it if you know it",
                RecordingWarning,
                stacklevel=2,
            )
        alone = {path: smallest_sensor(d.events) for path, d in sizeless if _fits(d.events)}
        if len(set(alone.values())) > 1:
            largest, smallest = max(alone, key=lambda p: alone[p]), min(alone, key=lambda p: alone[p])
            warnings.warn(
                f"{len(alone)} recordings that do not name their sensor are read as {sensor_name(shared)}: {largest} "
                f"needs it, {smallest} alone would be {sensor_name(alone[smallest])}; give the size, or leave out "
                "what is from another camera",
                RecordingWarning,
                stacklevel=2,
            )
    results: list[Recording | RecordingError] = []
    for path, decoded in zip(files, read_in, strict=True):
        try:
            if isinstance(decoded, RecordingError):
                raise decoded
            fits = size is not None or decoded.size is not None or _fits(decoded.events)
            results.append(_recording(path, decoded, size or decoded.size or (shared if fits else None)))
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


def _decode(path: Path, name: str | None) -> Decoded:
    try:
        if path.is_dir():
            raise RecordingError("is a folder, and no recording was found in it: name a file")
        if not path.exists():
            raise RecordingError("there is no such file")
        if path.stat().st_size == 0:
            raise RecordingError("the file is empty (0 bytes)")
        chosen = registry.load(name) if name is not None else _detect(path)
        decoded = chosen.decode(path)
        if not len(decoded.events):
            raise RecordingError(f"there is no event in it (read as {chosen.name})")
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read: {error.strerror or error}") from error
    except RecordingError as error:
        raise RecordingError(f"{path}: {error}") from error
    return decoded


def _detect(path: Path) -> Format:
    formats, head, suffix = registry.load_all(), read_head(path), path.suffix.lower()
    by_content = [f for f in formats if f.detect(path, head)]
    by_suffix = [f for f in formats if suffix in f.suffixes]
    # One whose suffix fits too is the surest; then content alone, then the suffix alone.
    for candidates in ([f for f in by_content if f in by_suffix], by_content, by_suffix):
        if candidates:
            return candidates[0]
    known = ", ".join(f.name for f in formats) or "none"
    raise RecordingError(f"no installed format knows this file ({known}): is it the right one?")


def _recording(path: Path, decoded: Decoded, size: Size | None) -> Recording:
    try:
        width, height = size or decoded.size or smallest_sensor(decoded.events)
        return Recording(decoded.events, width, height)
    except RecordingError as error:
        hint = "; is --size right?" if size is not None else ""
        raise RecordingError(f"{path}: {error}{hint}") from error


def _fits(events: object) -> bool:
    try:
        smallest_sensor(events)  # type: ignore[arg-type]
    except RecordingError:
        return False
    return True
