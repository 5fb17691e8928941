"""Prophesee `.dat` files: text header, then 8 bytes an event."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np

from neuroclip.errors import RecordingError
from neuroclip.formats.format import PIECE_EVENTS, Format, Piece
from neuroclip.formats.prophesee import (
    LONGEST_HEADER,
    Columns,
    carry,
    fill,
    first_time,
    first_zeros,
    only_zeros,
    read_header,
    sensor_size,
)
from neuroclip.formats.records import read_records
from neuroclip.recording import Recording

_EVENT_BYTES = 8
_KINDS = (0, 12)  # events with a polarity; 14 are triggers
_BLOCK = 1 << 15  # what comes of so many events stays in the processor's cache
_MOST_PIXELS = 1 << 14


class Dat(Format):
    """After lines that begin with `%`, a byte of type, a byte of size (8), and little-endian pairs of uint32.

    The first is microseconds (may go round), the second from the lowest bit on 14 of x, 14 of y, 1 of polarity;
    in version 1 they are 9, 8 and 1.
    """

    name: ClassVar[str] = "dat"
    suffixes: ClassVar[tuple[str, ...]] = (".dat",)
    description: ClassVar[str] = "Prophesee .dat"
    shares_suffixes: ClassVar[bool] = True

    def detect(self, path: Path, head: bytes) -> bool:
        """Know the header, and the size of an event after it."""
        fields, start = read_header(head)
        return ("version" in fields or "data" in fields) and head[start + 1 : start + 2] == bytes(
            [_EVENT_BYTES]
        )

    def pieces(self, path: Path) -> Iterator[Piece]:
        """Read pairs; the rounds of the times go from piece to piece."""
        with path.open("rb") as file:
            head = file.read(LONGEST_HEADER)
        fields, start = read_header(head)
        if not start or len(head) < start + 2:
            raise RecordingError(
                "it has no header of a .dat file and bytes after it: it is cut off, or another format"
            )
        kind, size = head[start : start + 2]
        if kind not in _KINDS or size != _EVENT_BYTES:
            raise RecordingError(
                f"at byte {start} it says that its events are of type {kind} and {size} bytes long, but type 0 or 12 "
                f"and {_EVENT_BYTES} bytes are read"
            )
        if (version := fields.get("version", "2")) not in ("1", "2"):
            raise RecordingError(f"it is a .dat file of version {version}; 1 and 2 are read")
        bits = (9, 8) if version == "1" else (14, 14)
        yield from fill(_blocks(path, fields, start + 2, bits), sensor_size(fields, _MOST_PIXELS))

    def write(self, path: Path, recording: Recording) -> None:
        """Write version 2; times begin below 2^32 us and go round after that, unless a pause hides it."""
        if max(recording.width, recording.height) > _MOST_PIXELS:
            raise RecordingError(
                f".dat holds {_MOST_PIXELS}x{_MOST_PIXELS} pixels, and the sensor has "
                f"{recording.width}x{recording.height}"
            )
        last = -1
        with path.open("wb") as file:
            header = f"% Data file containing CD events.\n% Version 2\n% Width {recording.width}\n"
            file.write(f"{header}% Height {recording.height}\n".encode() + bytes([_KINDS[-1], _EVENT_BYTES]))
            for start in range(0, len(recording), PIECE_EVENTS):
                t, x, y, on = (
                    recording.events[start : start + PIECE_EVENTS][name] for name in ("t", "x", "y", "on")
                )
                wrong = carry(last, t & 0xFFFFFFFF, 32) != t
                if wrong.any():
                    raise RecordingError(
                        f"event {start + int(wrong.argmax())} is at {t[wrong.argmax()]} us, but .dat has 32 bits "
                        "for a time, which may go round later on, and not in a long pause: take a window of it"
                    )
                last = int(t[-1])
                words = np.stack(
                    [
                        t & 0xFFFFFFFF,
                        x.astype(np.int64) | y.astype(np.int64) << 14 | on.astype(np.int64) << 28,
                    ],
                    1,
                )
                file.write(words.astype("<u4").tobytes())


def _blocks(path: Path, fields: dict[str, str], byte: int, bits: tuple[int, int]) -> Iterator[Columns]:
    t0, last, on = first_time(fields), -1, sum(bits)
    for words in read_records(path, byte, "<u8"):
        zeros = first_zeros(words)
        for start in range(0, zeros, _BLOCK):
            pairs = words[start : min(start + _BLOCK, zeros)].view("<u4")
            t, address = pairs[::2].astype(np.int64), pairs[1::2].copy()
            good = len(address)
            if address.max() >= 2 << on:
                good = int(np.argmax(address >= 2 << on))
                t, address = t[:good], address[:good]
            if good:
                if last > t[0] or (t[1:] < t[:-1]).any():  # of most files nothing does
                    t = carry(last, t, 32)
                last = int(t[-1])
                x = address.astype(np.uint16) & np.uint16((1 << bits[0]) - 1)
                y = (address >> bits[0]).astype(np.uint16) & np.uint16((1 << bits[1]) - 1)
                yield t + t0 if t0 else t, x, y, (address & 1 << on).astype(np.bool_)
            if good < len(pairs) // 2:
                raise RecordingError(
                    f"the event at byte {byte + _EVENT_BYTES * (start + good)} has bits set that mean nothing: "
                    "the file is damaged, or of another format"
                )
        if zeros < len(words):
            raise only_zeros(byte + _EVENT_BYTES * zeros)
        byte += words.nbytes
