"""ATIS files of N-MNIST and N-Caltech101: 5 bytes an event, no header.

Source: Orchard et al. 2015, "Converting static image datasets to spiking neuromorphic datasets using
    saccades".
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neuroclip.errors import RecordingError
from neuroclip.formats.format import Format, Piece
from neuroclip.formats.records import read_records
from neuroclip.recording import event_array

_WORD = np.dtype([("x", "u1"), ("y", "u1"), ("high", "u1"), ("low", ">u2")])
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
            whole = path.stat().st_size % _WORD.itemsize == 0
        except OSError:
            return False
        if not whole or len(head) < _WORD.itemsize:
            return False
        t = _columns(np.frombuffer(head, _WORD, len(head) // _WORD.itemsize), 0)[0]
        few = len(t) < 8  # too few to tell from anything else by their times
        return bool(np.all(t[1:] >= t[:-1])) and (not few or path.suffix.lower() in self.suffixes)

    def pieces(self, path: Path) -> Iterator[Piece]:
        """Read words; the offset of the times goes from piece to piece."""
        offset = 0
        for words in read_records(path, 0, _WORD):
            t, overflow = _columns(words, offset)
            offset += int(overflow.sum()) * _OVERFLOW_US
            if overflow.any():
                words, t = words[~overflow], t[~overflow]
            backward = float(np.mean(t[1:] < t[:-1])) if len(t) > 1 else 0.0
            if backward > _MOST_BACKWARD:
                raise RecordingError(
                    f"read as ATIS (N-MNIST), {backward:.0%} of its events go back in time: "
                    "it is damaged or another format"
                )
            yield Piece(event_array(t, words["x"], words["y"], words["high"] >> 7))


def _columns(words: NDArray[Any], offset: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the times in microseconds, and which words only say that the sensor's counter went round."""
    t = (words["high"] & 0x7F).astype(np.int64) << 16 | words["low"]
    overflow = words["y"] == _OVERFLOW_ROW
    return (t + np.cumsum(overflow) * _OVERFLOW_US if overflow.any() else t) + offset, overflow
