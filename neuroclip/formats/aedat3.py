"""AEDAT 3.1 files (cAER), those of DVS128 Gesture among them: text header, then packets of events of one kind.

Source: inivation's AEDAT 3.1 description and libcaer's `events/common.h` and `events/polarity.h` (origin upper left).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from neuroclip.errors import RecordingError
from neuroclip.formats.format import PIECE_EVENTS, Format, Piece
from neuroclip.recording import event_array
from neuroclip.shapes import Events

_MAGIC = b"#!AER-DAT3.1"
_END = b"#!END-HEADER\r\n"
_LONGEST_HEADER = 1 << 20
_SOURCE = re.compile(rb"^#-*Source \d+: *(\S+)", re.MULTILINE)
_FORMAT = re.compile(rb"^#Format: *([^\r\n]+)", re.MULTILINE)
_SIZES = {
    "DVS128": (128, 128), "DAVIS128": (128, 128), "DAVIS208": (208, 192), "DAVIS240": (240, 180),
    "DAVIS346": (346, 260), "DAVIS640": (640, 480),
}  # fmt: skip
_PACKET = np.dtype(
    [("type", "<i2"), ("source", "<i2")]
    + [(name, "<i4") for name in ("size", "time_at", "rounds", "capacity", "number", "valid")]
)
_POLARITY = 1
_EVENT = np.dtype([("data", "<u4"), ("time", "<i4")])


class Aedat3(Format):
    """Packets of a 28-byte header and events; those of polarity are 8 bytes: y, x, ON, validity, microseconds.

    Times are 31 bits, and the packet says how often they went round. Packets of other events (pictures, inertial
    data, triggers), and events that are marked invalid, are left out.
    """

    name: ClassVar[str] = "aedat3"
    suffixes: ClassVar[tuple[str, ...]] = (".aedat", ".aedat3")
    description: ClassVar[str] = "AEDAT 3.1 (cAER): DVS128 Gesture"

    def detect(self, path: Path, head: bytes) -> bool:
        """Know the first line."""
        return head.startswith(_MAGIC)

    def pieces(self, path: Path) -> Iterator[Piece]:
        """Read packets, and put as many together as make a piece."""
        end = path.stat().st_size
        with path.open("rb") as file:
            header = file.read(_LONGEST_HEADER)
            size = _size(header)
            file.seek(header.index(_END) + len(_END))
            waiting = _Waiting(size)
            try:
                for packet in _packets(file, end):
                    at, left = file.tell(), int(packet["number"]) * _EVENT.itemsize
                    while left and (data := file.read(min(left, PIECE_EVENTS * _EVENT.itemsize))):
                        left -= len(data)
                        yield from waiting.add(data, int(packet["rounds"]))
                    if left:
                        raise RecordingError(f"it was cut off in the packet at byte {at - _PACKET.itemsize}")
            except RecordingError:
                yield from waiting.flush()
                raise
            yield from waiting.flush()


@dataclass
class _Waiting:
    """Packets that wait until there are enough of them for a piece."""

    size: tuple[int, int] | None

    def __post_init__(self) -> None:
        self._seen = 0  # events that were given
        self._events = 0
        self._data: list[bytes] = []
        self._rounds: list[tuple[int, int]] = []  # how often times went round, for how many events

    def add(self, data: bytes, rounds: int) -> Iterator[Piece]:
        whole = len(data) // _EVENT.itemsize
        self._data.append(data[: whole * _EVENT.itemsize])
        self._rounds.append((rounds, whole))
        self._events += whole
        if self._events >= PIECE_EVENTS:
            yield from self.flush()

    def flush(self) -> Iterator[Piece]:
        words = np.frombuffer(b"".join(self._data), _EVENT)
        rounds, repeats = np.array(self._rounds, np.int64).reshape(-1, 2).T
        self._events, self._data, self._rounds = 0, [], []
        negative = words["time"] < 0
        good = int(np.argmax(negative)) if negative.any() else len(words)
        events = _events(words[:good], np.repeat(rounds, repeats)[:good])
        self._seen += len(events)
        yield Piece(events, self.size)
        if good < len(words):
            raise RecordingError(
                f"event {self._seen} has the time {words['time'][good]}, but none is negative"
            )


def _events(words: Any, rounds: Any) -> Events:
    data = words["data"]
    valid = data & 1 == 1
    t = rounds << 31 | words["time"]
    if not valid.all():
        t, data = t[valid], data[valid]
    return event_array(t, data >> 17, data >> 2 & 0x7FFF, data & 2 == 2)


def _size(header: bytes) -> tuple[int, int] | None:
    if not header.startswith(_MAGIC):
        raise RecordingError(f"it does not begin with {_MAGIC.decode()}: it is no AEDAT 3.1 file")
    if _END not in header:
        raise RecordingError(
            f"its header has no end ({_END.decode().strip()}): it was cut off, or is no AEDAT 3.1 file"
        )
    header = header[: header.index(_END)]
    packed = _FORMAT.search(header)
    if packed and packed[1].strip() != b"RAW":
        named = packed[1].strip().decode("ascii", "replace")
        raise RecordingError(
            f"it is compressed ({named}), and only RAW AEDAT 3.1 is read: save it again uncompressed"
        )
    for source in _SOURCE.findall(header):
        for camera, size in _SIZES.items():
            if source.decode("ascii", "replace").upper().startswith(camera):
                return size
    return None


def _packets(file: BufferedReader, end: int) -> Iterator[Any]:
    """Give the header of each packet of polarity events, the file standing at its first event."""
    source = None
    while (at := file.tell()) < end:
        head = file.read(_PACKET.itemsize)
        if len(head) < _PACKET.itemsize:
            raise RecordingError(f"it was cut off in the header of the packet at byte {at}")
        packet = np.frombuffer(head, _PACKET)[0]
        kind, number = int(packet["type"]), int(packet["number"])
        if not 0 <= int(packet["valid"]) <= number == int(packet["capacity"]) or packet["rounds"] < 0:
            raise RecordingError(
                f"the packet at byte {at} contradicts itself: it is damaged, or no AEDAT 3.1"
            )
        if kind < 0 or packet["size"] <= 0:
            raise RecordingError(f"the packet at byte {at} is of type {kind}: it is compressed or damaged")
        after = file.tell() + number * int(packet["size"])
        if kind == _POLARITY:
            if packet["size"] != _EVENT.itemsize or packet["time_at"] != 4:
                raise RecordingError(
                    f"the packet at byte {at} has polarity events of {packet['size']} bytes, not 8"
                )
            if source not in (None, packet["source"]):
                raise RecordingError(
                    f"the packet at byte {at} is of camera {packet['source']}, those before of camera {source}: "
                    "recordings of one camera are read"
                )
            source = packet["source"]
            yield packet
        elif after > end:
            raise RecordingError(f"it was cut off in the packet at byte {at}")
        file.seek(after)
