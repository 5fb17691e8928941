"""A recording piece by piece, in bounded memory."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from neuroclip.errors import OptionError, RecordingError, RecordingWarning
from neuroclip.formats.reading import Size
from neuroclip.formats.sensors import sensor_name, smallest_holding
from neuroclip.formats.walking import pieces
from neuroclip.recording import MOST_WINDOWS, Recording, join_events
from neuroclip.shapes import Events


def stream(
    path: str | Path,
    *,
    window_us: int | None = None,
    events: int | None = None,
    format: str | None = None,
    size: Size | None = None,
    recover: bool = False,
) -> Iterator[Recording]:
    """Read a recording in windows of `window_us` microseconds, or of `events` events, in the order of time.

    Windows follow each other side by side from the first event on; the last may be filled only in part, and a pause
    gives empty ones, as `Recording.windows` does. Only a window and some megabytes are in memory. Where neither
    `size` nor the file says how large the sensor is, the file is walked once before, to find the smallest known
    sensor that holds every event.

    Raises:
        OptionError: Not one of `window_us` and `events`, or a pause of more than `MOST_WINDOWS` windows.
        RecordingError: As `read`; or an event is earlier than what was given already: convert the file, which
            sorts it. With `recover`, what is good is given, then a `RecordingWarning`; as when a few events
            had to be sorted.
    """
    chosen = events if window_us is None else window_us
    if (window_us is None) == (events is None) or not isinstance(chosen, int) or chosen < 1:
        raise OptionError("give either window_us or events, a whole number of at least 1")
    path = Path(path)
    return _recordings(path, window_us, events, format, size or _size_of(path, format), recover)


def _recordings(
    path: Path, window_us: int | None, count: int | None, format: str | None, size: Size, recover: bool
) -> Iterator[Recording]:
    rest: Events | None = None
    start: int | None = None  # of the next window
    lost = ""
    given = seen = earlier = 0
    try:
        for piece in pieces(path, format, size):
            waiting = piece.events if rest is None else join_events([rest, piece.events])
            back = int(np.count_nonzero(waiting["t"][1:] < waiting["t"][:-1]))
            if back:
                earlier += back
                waiting = waiting[np.argsort(waiting["t"], kind="stable")]
            floor = given if start is None else start
            if seen and waiting["t"][0] < floor:
                raise RecordingError(
                    f"{path}: among events {seen} to {seen + len(piece.events)}, one has the time "
                    f"{waiting['t'][0]} us, and {floor} us had been reached: neuroclip convert writes it in the "
                    "order of time"
                )
            seen += len(piece.events)
            cut = 0
            if window_us is not None:
                start = int(waiting["t"][0]) if start is None else start
                if (int(waiting["t"][-1]) - start) // window_us > MOST_WINDOWS + len(waiting):
                    raise OptionError(
                        f"{path}: a pause is cut into more than {MOST_WINDOWS} windows: make them longer"
                    )
                while start + window_us <= int(waiting["t"][-1]):
                    until = cut + int(np.searchsorted(waiting["t"][cut:], start + window_us))
                    yield _recording(path, waiting[cut:until], size)
                    start, cut = start + window_us, until
            elif count is not None:
                while cut + count < len(waiting):
                    yield _recording(path, waiting[cut : cut + count], size)
                    given, cut = int(waiting["t"][cut + count - 1]), cut + count
            rest = waiting[cut:].copy()
    except RecordingError as error:
        if not (recover and seen):
            raise
        lost = f"{error}; gave the {seen} events before that"
    if rest is not None and len(rest):
        yield _recording(path, rest, size)
    if earlier:
        back = f"{path}: {earlier} events are earlier than the event before them: sorted by time"
        warnings.warn(back, RecordingWarning, stacklevel=2)
    if lost:
        warnings.warn(lost, RecordingWarning, stacklevel=2)


def _recording(path: Path, events: Events, size: Size) -> Recording:
    try:
        return Recording(events.copy(), *size)
    except RecordingError as error:
        raise RecordingError(f"{path}: {error}") from error


def _size_of(path: Path, format: str | None) -> Size:
    """Return what the first piece says, or else the smallest known sensor that holds all of them, with a warning."""
    width = height = 1
    try:
        for piece in pieces(path, format):
            if piece.size is not None:
                return piece.size
            width = max(width, int(piece.events["x"].max()) + 1)
            height = max(height, int(piece.events["y"].max()) + 1)
    except RecordingError:
        if width == height == 1:
            raise  # otherwise the caller comes to it again, after all that is good
    try:
        size = smallest_holding(width, height)
    except RecordingError as error:
        raise RecordingError(f"{path}: {error}") from error
    warnings.warn(
        f"{path}: the file does not say how large the sensor is; {sensor_name(size)} is the smallest known one that "
        "holds its events; give the size if you know it",
        RecordingWarning,
        stacklevel=3,
    )
    return size
