"""AEDAT 2.0 files (jAER) of the DVS128, the DAVIS240 and the DAVIS346: text header, then 8 bytes an event.

Source: jAER's AEDAT 2.0 description; polarity and orientation checked against real recordings of the first two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neuroclip.errors import RecordingError
from neuroclip.formats.format import Format, Piece
from neuroclip.formats.records import read_records
from neuroclip.recording import event_array
from neuroclip.shapes import Events

Words = NDArray[Any]

_CHIP = re.compile(rb"^#\s*AEChip:\s*(\S+)", re.MULTILINE)
_MAGIC = b"#!AER-DAT2"
_WORD = np.dtype([("address", ">u4"), ("time", ">u4")])
_LONGEST_HEADER = 1 << 20
_SIZES = {"DVS128": (128, 128), "DAVIS240": (240, 180), "DAVIS346": (346, 260)}


class Aedat2(Format):
    """After lines that begin with `#`, big-endian pairs of uint32: address and microseconds (may go round).

    DVS128: polarity bit 0 (0 is ON), x in bits 1 to 7, y in bits 8 to 14, both counted from the far corner; words
    with bit 15 are no events. DAVIS: polarity bit 11 (1 is ON), x in bits 12 to 21, y in bits 22 to 30, both from
    the far corner; words with bit 31 are pictures or inertial data, those with bit 10 external signals: both are
    left out. Other cameras are refused.
    """

    name: ClassVar[str] = "aedat2"
    suffixes: ClassVar[tuple[str, ...]] = (".aedat", ".aedat2")
    description: ClassVar[str] = "AEDAT 2.0 (jAER): DVS128, DAVIS240, DAVIS346"

    def detect(self, path: Path, head: bytes) -> bool:
        """Know the first line."""
        return head.startswith(_MAGIC)

    def pieces(self, path: Path) -> Iterator[Piece]:
        """Read words; the header, or else the first addresses, tell the camera."""
        with path.open("rb") as file:
            head = file.read(_LONGEST_HEADER)
        if not head.startswith(_MAGIC):
            raise RecordingError(f"it does not begin with {_MAGIC.decode()}.0: it is no AEDAT 2.0 file")
        start = _header_end(head)
        # The preferences may name other cameras; only this line names the one that recorded.
        named = _CHIP.search(head[:start])
        chip = named[1].decode("ascii", "replace") if named else ""
        camera, offset, before, seen = _named_camera(chip), 0, None, 0
        for words in read_records(path, start, _WORD):
            time, address = words["time"].astype(np.int64), words["address"].astype(np.uint32)
            rounds = np.diff(time, prepend=time[0] if before is None else before) < -(2**31)
            before = time[-1]
            time += (offset + np.cumsum(rounds)) << 32
            offset += int(rounds.sum())
            camera = camera or ("DAVIS240" if np.any(address > 0xFFFF) else "DVS128")
            if camera == "DVS128" and np.any(address > 0xFFFF):
                bad = int(np.argmax(address > 0xFFFF))
                good, byte = address[:bad], start + _WORD.itemsize * (seen + bad)
                yield Piece(_dvs128(good, time[:bad], *_SIZES[camera]), _SIZES[camera])
                raise RecordingError(
                    f"event {seen + bad} (byte {byte}) has the address {address[bad]:#x}, which no DVS128 sends"
                )
            seen += len(words)
            decode = _dvs128 if camera == "DVS128" else _davis
            yield Piece(decode(address, time, *_SIZES[camera]), _SIZES[camera])


def _header_end(data: bytes) -> int:
    start = 0
    while data[start : start + 1] == b"#":
        end = data.find(b"\n", start)
        if end < 0:
            return len(data)
        start = end + 1
    return start


def _named_camera(chip: str) -> str | None:
    for camera in _SIZES:
        if camera in chip.upper():
            return camera
    if chip:
        raise RecordingError(f"AEDAT 2.0 is read for {', '.join(_SIZES)}, not for {chip}")
    return None


def _dvs128(address: Words, time: Words, width: int, height: int) -> Events:
    keep = address & 0x8000 == 0
    address = address[keep]
    x, y = width - 1 - (address >> 1 & 0x7F), height - 1 - (address >> 8 & 0x7F)
    return event_array(time[keep], x, y, address & 1 == 0)


def _davis(address: Words, time: Words, width: int, height: int) -> Events:
    keep = address & 0x80000400 == 0
    address = address[keep].astype(np.int64)
    x, y = width - 1 - (address >> 12 & 0x3FF), height - 1 - (address >> 22 & 0x1FF)
    return event_array(time[keep], x, y, address & 0x800 != 0)
