"""AEDAT 2.0 files (jAER) of the DVS128 and the DAVIS240: text header, then 8 bytes an event.

Source: jAER's AEDAT 2.0 description; polarity and orientation checked against real recordings.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from neuroclip.errors import RecordingError
from neuroclip.formats.format import Decoded, Format
from neuroclip.recording import make_events
from neuroclip.shapes import Events

_CHIP = re.compile(rb"^#\s*AEChip:\s*(\S+)", re.MULTILINE)
_MAGIC = b"#!AER-DAT2"
_DVS128, _DAVIS240 = (128, 128), (240, 180)


class Aedat2(Format):
    """After lines that begin with `#`, big-endian pairs of uint32: address and microseconds (may go round).

    DVS128: polarity bit 0 (0 is ON), x in bits 1 to 7, y in bits 8 to 14, both counted from the far corner;
        words
    with bit 15 are no events. DAVIS240: polarity bit 11 (1 is ON), x in bits 12 to 21, y in bits 22 to 30,
    both from the far corner; words with bit 31 are pictures or inertial data and are left out. Other cameras
    are refused.
    """

    name: ClassVar[str] = "aedat2"
    suffixes: ClassVar[tuple[str, ...]] = (".aedat", ".aedat2")
    description: ClassVar[str] = "AEDAT 2.0 (jAER): DVS128, DAVIS240"

    def detect(self, path: Path, head: bytes) -> bool:
        """Know the first line."""
        return head.startswith(_MAGIC)

    def decode(self, path: Path) -> Decoded:
        """Read all words at once; the header or the addresses tell the camera."""
        data = path.read_bytes()
        if not data.startswith(_MAGIC):
            raise RecordingError(f"it does not begin with {_MAGIC.decode()}.0: it is no AEDAT 2.0 file")
        start = _header_end(data)
        if (len(data) - start) % 8:
            raise RecordingError(
                f"after its header, 8 bytes an event leave {(len(data) - start) % 8} over: it was cut off"
            )
        words = np.frombuffer(data, ">u4", offset=start).reshape(-1, 2)
        address, time = words[:, 0].astype(np.uint32), words[:, 1].astype(np.int64)
        time += np.cumsum(np.diff(time, prepend=time[:1]) < -(2**31)) << 32
        # The preferences may name other cameras; only this line names the one that recorded.
        named = _CHIP.search(data[:start])
        chip = named[1].decode("ascii", "replace") if named else ""
        if "DAVIS240" in chip or (not chip and np.any(address > 0xFFFF)):
            return Decoded(_davis240(address, time), _DAVIS240)
        if chip and "DVS128" not in chip:
            raise RecordingError(f"AEDAT 2.0 is read for the DVS128 and the DAVIS240, not for {chip}")
        return Decoded(_dvs128(address, time), _DVS128)


def _header_end(data: bytes) -> int:
    start = 0
    while data[start : start + 1] == b"#":
        end = data.find(b"\n", start)
        if end < 0:
            return len(data)
        start = end + 1
    return start


def _dvs128(address: Any, time: Any) -> Events:
    if np.any(address > 0xFFFF):
        first = int(np.argmax(address > 0xFFFF))
        raise RecordingError(f"event {first} has the address {address[first]:#x}, which no DVS128 sends")
    keep = address & 0x8000 == 0
    address, time = address[keep], time[keep]
    return make_events(time, 127 - (address >> 1 & 0x7F), 127 - (address >> 8 & 0x7F), address & 1 == 0)


def _davis240(address: Any, time: Any) -> Events:
    keep = address & 0x80000000 == 0
    address, time = address[keep].astype(np.int64), time[keep]
    return make_events(
        time, 239 - (address >> 12 & 0x3FF), 179 - (address >> 22 & 0x1FF), address & 0x800 != 0
    )
