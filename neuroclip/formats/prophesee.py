"""What the files of Prophesee's cameras share: lines of text at the beginning, and what comes after them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroclip.errors import RecordingError
from neuroclip.formats.format import PIECE_EVENTS, Piece
from neuroclip.recording import EVENT_DTYPE, Recording

Columns = tuple[NDArray[np.int64], NDArray[np.uint16], NDArray[np.uint16], NDArray[np.bool_]]
"""Times in microseconds, x, y, and True for ON."""

LONGEST_HEADER = 1 << 20
_ZEROS = 512  # so many words of zero one after the other are no data: a disk loses its sectors like this


def read_header(data: bytes) -> tuple[dict[str, str], int]:
    """Return what the lines at the beginning say, by keywords in lower case, and where the words begin.

    What stands after `% format` ("EVT21;height=720;width=1280;endianness=legacy") is taken apart.
    """
    fields: dict[str, str] = {}
    start = 0
    while data.startswith(b"% ", start) and (end := data.find(b"\n", start)) > 0:
        line = data[start + 2 : end].decode("latin-1").strip()
        if not (line.isascii() and line.isprintable()):
            break  # words may begin like a line
        start = end + 1
        key, _, value = line.partition(" ")
        if key == "end":
            break
        fields[key.lower()] = value.strip()
    name, *options = fields.get("format", "").split(";")
    fields |= {key: value for key, _, value in (option.partition("=") for option in options)}
    return fields | {"format": name}, start


def sensor_size(fields: dict[str, str], most: int) -> tuple[int, int] | None:
    """Return the width and height that a header names, if it does.

    Raises:
        RecordingError: They are no sensor's.
    """
    said = fields.get("geometry") or f"{fields.get('width', '')}x{fields.get('height', '')}"
    found = re.fullmatch(r"(\d{1,9})x(\d{1,9})", said)
    if not found:
        return None
    width, height = int(found[1]), int(found[2])
    if not (0 < width <= most and 0 < height <= most):
        raise RecordingError(
            f"its header says that the sensor has {said} pixels, but 1 to {most} are possible"
        )
    return width, height


def first_time(fields: dict[str, str]) -> int:
    """Return the microseconds that faery writes into the header and counts times from."""
    return int(said) if re.fullmatch(r"\d{1,18}", said := fields.get("t0", "")) else 0


def carry(last: int, values: NDArray[np.int64], bits: int) -> NDArray[np.int64]:
    """Carry a counter of so many bits on over its rounds; `last` is where it stands, negative at the beginning.

    Only a step back by more than half of the range is a round: one flipped bit makes none.
    """
    before = values[:1] if last < 0 else np.array([last & ((1 << bits) - 1)])
    rounds = np.cumsum(np.diff(values, prepend=before) < -(1 << bits - 1))
    return values + ((rounds + max(last >> bits, 0)) << bits)


def first_zeros(words: NDArray[Any]) -> int:
    """Return where so many words of zero begin as no camera sends, or how many words there are."""
    if len(words) - np.count_nonzero(words) < _ZEROS:
        return len(words)
    edges = np.flatnonzero(np.diff(words == 0, prepend=False, append=False))
    long = edges[1::2] - edges[::2] >= _ZEROS
    return int(edges[::2][np.argmax(long)]) if long.any() else len(words)


def only_zeros(byte: int) -> RecordingError:
    """Say where they begin."""
    return RecordingError(f"from byte {byte} on there are only zeros: a part was lost, or never written")


def check_times(recording: Recording, limit: int, name: str) -> None:
    """Check that all times are from 0 to before this limit.

    Raises:
        RecordingError: They are not.
    """
    t = recording.events["t"]
    if len(t) and not 0 <= t[0] <= t[-1] < limit:
        raise RecordingError(
            f"{name} holds times from 0 to {limit - 1} us, and its are from {t[0]} to {t[-1]} us: take a window of it, "
            "or let its times begin at 0 (neuroclip convert --from-zero)"
        )


def fill(blocks: Iterable[Columns], size: tuple[int, int] | None) -> Iterator[Piece]:
    """Put columns into pieces.

    Raises:
        RecordingError: What the blocks raise, after all that is before it.
    """
    room, used = np.empty(PIECE_EVENTS, EVENT_DTYPE), 0
    try:
        for t, x, y, on in blocks:
            if used + len(t) > len(room):
                yield Piece(room[:used], size)
                room, used = np.empty(max(PIECE_EVENTS, len(t)), EVENT_DTYPE), 0
            part = room[used : used + len(t)]
            part["t"], part["x"], part["y"], part["on"] = t, x, y, on
            used += len(t)
    except RecordingError:
        yield Piece(room[:used], size)
        raise
    yield Piece(room[:used], size)
