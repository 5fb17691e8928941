"""ATIS files of N-MNIST and N-Caltech101: 5 bytes an event, no header.

Source: Orchard et al. 2015, "Converting static image datasets to spiking neuromorphic datasets using
    saccades".
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from neuroclip.errors import RecordingError
from neuroclip.formats.format import Decoded, Format
from neuroclip.recording import make_events

_BYTES = 5
_OVERFLOW_ROW = 240
_OVERFLOW_US = 2**13
# Real files never go back in time; half of the steps of random bytes do.
_MOST_BACKWARD = 0.01


class Atis(Format):
    """Big-endian words of 40 bits: x, y, polarity (1 ON), 23 bits of microseconds; origin top left.

    A word with y = 240 is no event: from it on, times are 2^13 us later (the sensor's counter went round).
    """

    name: ClassVar[str] = "atis"
    suffixes: ClassVar[tuple[str, ...]] = (".bin", ".bs2")
    description: ClassVar[str] = "ATIS 40-bit events: N-MNIST, N-Caltech101"

    def detect(self, path: Path, head: bytes) -> bool:
        """Know a whole number of events whose times, as far as they are shown, do not go back."""
        try:
            whole = path.stat().st_size % _BYTES == 0
        except OSError:
            return False
        if not whole or len(head) < _BYTES:
            return False
        t = _words(head)[2]
        few = len(t) < 8  # too few to tell from anything else by their times
        return bool(np.all(t[1:] >= t[:-1])) and (not few or path.suffix.lower() in self.suffixes)

    def decode(self, path: Path) -> Decoded:
        """Read all words at once."""
        data = path.read_bytes()
        if len(data) % _BYTES:
            raise RecordingError(
                f"it has {len(data)} bytes, and {_BYTES} an event leave {len(data) % _BYTES} over: "
                "it was cut off, or is no ATIS recording (N-MNIST)"
            )
        x, y, t, on = _words(data)
        keep = y != _OVERFLOW_ROW
        x, y, t, on = x[keep], y[keep], t[keep], on[keep]
        backward = float(np.mean(t[1:] < t[:-1])) if len(t) > 1 else 0.0
        if backward > _MOST_BACKWARD:
            raise RecordingError(
                f"read as ATIS (N-MNIST), {backward:.0%} of its events go back in time: "
                "it is damaged or another format"
            )
        return Decoded(make_events(t, x, y, on))


def _words(data: bytes) -> tuple[Any, Any, Any, Any]:
    words = np.frombuffer(data[: len(data) // _BYTES * _BYTES], np.uint8).reshape(-1, _BYTES)
    x, y = words[:, 0], words[:, 1]
    high = words[:, 2].astype(np.int64)
    t = (high & 0x7F) << 16 | words[:, 3].astype(np.int64) << 8 | words[:, 4]
    t += np.cumsum(y == _OVERFLOW_ROW) * _OVERFLOW_US
    return x, y, t, high >> 7 == 1
