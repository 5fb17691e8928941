"""Prophesee EVT 3.0."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroclip.formats.prophesee import Columns, carry, first_unknown, types_but

_ADDR_Y, _ADDR_X, _BASE_X, _VECT_12, _VECT_8, _TIME_LOW, _TIME_HIGH = 0, 2, 3, 4, 5, 6, 8
_UNKNOWN = types_but(0, 2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15)
_WIDTHS = np.array([12 * (k == _VECT_12) + 8 * (k == _VECT_8) for k in range(16)])

Indices = NDArray[np.intp]


class Decoder:
    """Words into events; time, row, and the place and polarity of vectors stay from call to call.

    Events before the first TIME_HIGH, before the first ADDR_Y, and vectors before the first VECT_BASE_X are left
    out: nobody knows when or where they were.
    """

    def __init__(self) -> None:
        self._high = -1  # in units of 4096 us, its rounds included
        self._low = 0
        self._y = -1
        self._base = -1  # x of the next vector
        self._on = 0  # polarity of the next vector

    def good(self, words: NDArray[np.uint16]) -> int:
        """Return how many words there are before the first of a type that Prophesee does not describe."""
        return first_unknown(words >> 12, _UNKNOWN)

    def decode(self, words: NDArray[np.uint16]) -> Columns:
        """Return t, x, y and on of the events in these words; other words are skipped."""
        kind = (words >> 12).astype(np.uint8)
        start = 0 if self._high >= 0 else _first(kind == _TIME_HIGH)
        start = start if self._y >= 0 else max(start, _first(kind == _ADDR_Y))
        single = kind == _ADDR_X
        single[:start] = False
        vector, x0, on0, bits = self._vectors(words, kind, start)
        given = single.view(np.uint8)
        if len(vector):
            given = given.copy()
            given[vector] = np.bitwise_count(bits)
        before = np.cumsum(given, dtype=np.int32)  # events up to and with this word
        total = int(before[-1]) if len(before) else 0
        # time and row hold until the next word that sets them: they are repeated for the events between
        moments, times = self._times(words, kind)
        t = np.repeat(times, np.diff(before[moments], prepend=0, append=total))
        rows = np.flatnonzero(kind == _ADDR_Y)
        ys = np.concatenate([[max(self._y, 0)], words[rows] & 0x7FF]).astype(np.uint16)
        y = np.repeat(ys, np.diff(before[rows], prepend=0, append=total))
        self._y = int(ys[-1]) if len(rows) else self._y
        alone = words[single]
        x, on = alone & 0x7FF, alone & 0x800 != 0
        if len(vector):
            place = np.flatnonzero(np.unpackbits(bits.astype("<u2").view(np.uint8), bitorder="little"))
            of = place >> 4
            count = np.bitwise_count(bits)
            slot = (before[vector] - np.cumsum(count, dtype=np.int64))[of] + np.arange(len(of))
            slots = before[single] - 1
            x, on, x1, on1 = np.empty(total, np.uint16), np.empty(total, np.bool_), x, on
            x[slots], on[slots] = x1, on1
            x[slot], on[slot] = np.minimum(x0[of] + (place & 15), 0xFFFF), on0[of]
        return t, x, y, on

    def _times(self, words: NDArray[np.uint16], kind: NDArray[np.uint8]) -> tuple[Indices, NDArray[np.int64]]:
        """Return the words that change the time, and the times: that before the first of them, and of each."""
        moments = np.flatnonzero((kind == _TIME_LOW) | (kind == _TIME_HIGH))
        highs = np.flatnonzero(kind[moments] == _TIME_HIGH)
        high = carry(self._high, (words[moments[highs]] & 0xFFF).astype(np.int64), 12)
        same = np.diff(high, prepend=self._high) == 0
        if same.any():  # said again: changes nothing, not even the low part
            moments = np.delete(moments, highs[same])
            highs = (highs - np.cumsum(same))[~same]
            high = high[~same]
        low = np.concatenate([[self._low], words[moments] & 0xFFF])
        low[1 + highs] = 0
        high = np.concatenate([[self._high], high])
        t = np.repeat(high << 12, np.diff(highs, prepend=-1, append=len(moments)))
        t += low
        self._high, self._low = int(high[-1]), int(low[-1])
        return moments, t

    def _vectors(self, words: NDArray[np.uint16], kind: NDArray[np.uint8], start: int) -> tuple[Any, ...]:
        """Return the words that are vectors, and of each the first x, the polarity, and the bits that are events."""
        which = np.flatnonzero((kind - np.uint8(_BASE_X)) < 3)
        group, kinds = words[which], kind[which]
        widths = _WIDTHS[kinds]
        ends = np.cumsum(widths)
        bases = np.flatnonzero(kinds == _BASE_X)
        runs = np.diff(bases, prepend=0, append=len(which))
        origin = np.concatenate([[self._base], (group[bases] & 0x7FF) - ends[bases]])
        polarity = np.concatenate([[self._on], group[bases] >> 11 & 1])
        x0 = np.repeat(origin, runs) + ends - widths
        on0 = np.repeat(polarity, runs)
        vector = kinds != _BASE_X
        vector[: np.searchsorted(which, start)] = False
        if self._base < 0:
            vector[: runs[0]] = False
        if self._base >= 0 or len(bases):
            self._base = int(origin[-1] + ends[-1]) if len(which) else self._base
            self._on = int(polarity[-1])
        bits = group[vector] & np.where(kinds[vector] == _VECT_12, 0xFFF, 0xFF).astype(np.uint16)
        return which[vector], x0[vector], on0[vector], bits


def _first(found: NDArray[np.bool_]) -> int:
    """Return where the first one is, or how many there are where none is."""
    return int(np.argmax(found)) if found.any() else len(found)
