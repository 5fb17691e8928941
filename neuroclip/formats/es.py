"""Event Stream 2 (`.es`): a byte of time and polarity, then x and y; more bytes only where time passes.

Source: neuromorphic-paris/event_stream, README, version 2. Our own, since the library at hand is silent about a
file that was cut off, and does not give what is good before what is not.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neuroclip.errors import RecordingError
from neuroclip.formats.format import PIECE_EVENTS, Format, Piece
from neuroclip.recording import Recording, event_array

Bytes = NDArray[np.uint8]

_MAGIC = b"Event Stream"
_HEADER = struct.Struct("<12s3BBHH")
_DVS = 1
_TYPES = {
    0: "generic events (payloads without pixels)",
    2: "ATIS events",
    3: "display events",
    4: "colour events",
}
_EVENT = np.dtype([("time", "u1"), ("x", "<u2"), ("y", "<u2")])
_RESET, _LATER = 0xFE, 0xFF
_LATER_US = 127
_MOST_PAUSE = 1 << 28  # bytes: over nine hours


class EventStream(Format):
    """Header with the sensor's size, then 5 bytes an event: 7 bits of microseconds since the last, 1 bit ON.

    Two bytes stand alone where an event could begin: 0xff adds 127 us, 0xfe means nothing. y counts from the
    bottom in the file. Only DVS events are read.
    """

    name: ClassVar[str] = "es"
    suffixes: ClassVar[tuple[str, ...]] = (".es",)
    description: ClassVar[str] = "Event Stream 2: DVS events"

    def detect(self, path: Path, head: bytes) -> bool:
        """Know the first words."""
        return head.startswith(_MAGIC)

    def pieces(self, path: Path) -> Iterator[Piece]:
        """Read some bytes at a time; the time, and an event that is not whole yet, go from piece to piece."""
        with path.open("rb") as file:
            size = _size(file.read(_HEADER.size))
            now, seen, rest, byte = 0, 0, b"", _HEADER.size
            while block := file.read(PIECE_EVENTS * _EVENT.itemsize):
                data = np.frombuffer(rest + block, np.uint8)
                records, since, after, left = _split(data)
                t = now + np.cumsum(since)
                now = int(t[-1] if len(t) else now) + after
                # uint16 goes round for a y beyond the sensor: it stays beyond it
                y = np.where(records["y"] < size[1], size[1] - 1 - records["y"], records["y"])
                yield Piece(event_array(t, records["x"], y, records["time"] & 1), size)
                seen, byte, rest = seen + len(t), byte + len(data) - left, data[len(data) - left :].tobytes()
        if rest:
            raise RecordingError(
                f"it was cut off within event {seen} (byte {byte}), of which it has {len(rest)} bytes"
            )

    def write(self, path: Path, recording: Recording) -> None:
        """Write DVS events; a pause costs a byte every 127 us."""
        events = recording.events
        if max(recording.width, recording.height) > 0xFFFF:
            raise RecordingError(
                f"a sensor of {recording.width}x{recording.height} is too large for .es (65535)"
            )
        if len(events) and not 0 <= events["t"][0] <= events["t"][-1] < _MOST_PAUSE * _LATER_US:
            raise RecordingError(
                f"its times are {events['t'][0]} to {events['t'][-1]} us, but .es counts from 0 with a byte for every "
                f"{_LATER_US} us: write another format, or times that begin at 0"
            )
        with path.open("wb") as file:
            file.write(_HEADER.pack(_MAGIC, 2, 0, 0, _DVS, recording.width, recording.height))
            now = 0
            for start in range(0, len(events), PIECE_EVENTS):
                some = events[start : start + PIECE_EVENTS]
                later, since = np.divmod(np.diff(some["t"], prepend=now), _LATER_US)
                now = int(some["t"][-1])
                records = np.empty(len(some), _EVENT)
                records["time"] = since << 1 | some["on"]
                records["x"], records["y"] = some["x"], recording.height - 1 - some["y"].astype(np.int64)
                data = np.full(int(later.sum()) + records.nbytes, _LATER, np.uint8)
                begins = np.cumsum(later) + np.arange(0, records.nbytes, _EVENT.itemsize)
                for i in range(_EVENT.itemsize):
                    data[begins + i] = records.view(np.uint8)[i :: _EVENT.itemsize]
                data.tofile(file)


def _size(header: bytes) -> tuple[int, int]:
    if not header.startswith(_MAGIC):
        raise RecordingError(f"it does not begin with '{_MAGIC.decode()}': it is no .es file")
    padded = header.ljust(_HEADER.size, b"\0")
    _, major, minor, patch, kind, width, height = _HEADER.unpack(padded)
    if len(header) >= 13 and major != 2:
        raise RecordingError(f"it is Event Stream {major}.{minor}.{patch}; version 2 is read")
    if len(header) >= 16 and kind != _DVS:
        what = _TYPES.get(kind, "something unknown")
        raise RecordingError(f"it holds {what}, type {kind}; only DVS events, type {_DVS}, are read")
    if len(header) < _HEADER.size:
        raise RecordingError(f"it was cut off in the header: {len(header)} of {_HEADER.size} bytes")
    if not (width and height):
        raise RecordingError(f"its header says that the sensor has {width}x{height} pixels: it is damaged")
    return width, height


def _split(data: Bytes) -> tuple[NDArray[Any], NDArray[np.int64], int, int]:
    """Return the whole events, microseconds before each and after the last, and how many bytes are left over."""
    alone = _standing_alone(np.flatnonzero(data >= _RESET))
    body = np.delete(data, alone)
    whole = len(body) // _EVENT.itemsize
    records = body[: whole * _EVENT.itemsize].view(_EVENT)
    later = alone[data[alone] == _LATER]
    index = np.searchsorted(alone, later)  # how many bytes that stand alone are before each of them
    pauses = np.bincount((later - index) // _EVENT.itemsize, minlength=whole + 1) * _LATER_US
    since = (records["time"] >> 1) + pauses[:whole]
    return records, since, int(pauses[whole]), len(body) - whole * _EVENT.itemsize


def _standing_alone(places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of all places with a byte that can stand alone, return those where an event could begin.

    Where the next event begins, modulo 5, only changes at such a byte, from p to p + 1 if it is at p. So that
    this needs no loop over all of them, rows of them are walked side by side, from each of the five phases; then
    each row knows from the one before at which phase it really begins, and is walked once more.
    """
    size = _EVENT.itemsize
    columns = max(1, int(len(places) ** 0.5))
    rows = -(-len(places) // columns)
    phases = np.full(rows * columns, size, np.uint8)  # what is filled up is at no phase
    phases[: len(places)] = places % size
    phases = phases.reshape(rows, columns)
    ends = np.tile(np.arange(size, dtype=np.uint8), (rows, 1))
    for i in range(columns):
        ends += ends == phases[:, i, None]
        ends[ends == size] = 0
    begins, phase = np.zeros(rows, np.uint8), 0
    for row in range(rows):
        begins[row], phase = phase, int(ends[row, phase])
    alone = np.zeros((rows, columns), bool)
    for i in range(columns):
        alone[:, i] = begins == phases[:, i]
        begins += alone[:, i]
        begins[begins == size] = 0
    return places[alone.ravel()[: len(places)]]
