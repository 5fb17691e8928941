"""Prophesee EVT 2.1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuroclip.formats.prophesee import Columns, carry, first_unknown, types_but

_UNKNOWN = types_but(0, 1, 8, 10, 14, 15)


class Decoder:
    """Words into events; the time that the last TIME_HIGH word said stays from call to call.

    Events before the first TIME_HIGH word are left out: nobody knows their time. Words whose two halves were
    stored the other way round ("legacy") are turned by the caller.
    """

    def __init__(self) -> None:
        self._high = -1  # in units of 64 us, its rounds included

    def good(self, words: NDArray[np.uint64]) -> int:
        """Return how many words there are before the first of a type that Prophesee does not describe."""
        return first_unknown(words >> np.uint64(60), _UNKNOWN)

    def decode(self, words: NDArray[np.uint64]) -> Columns:
        """Return t, x, y and on of the events in these words; other words are skipped."""
        head, valid = (words >> np.uint64(32)).astype(np.uint32), words.astype(np.uint32)
        kind = head >> 28
        other = np.flatnonzero(kind > 1)
        time = np.flatnonzero(kind[other] == 8)
        high = carry(self._high, (head[other[time]] & 0xFFFFFFF).astype(np.int64), 28)
        group = kind < 2
        head, valid = head[group], valid[group]
        edges = np.concatenate([[0], other[time] - time, [len(head)]])
        if self._high < 0:
            first = edges[1]
            head, valid, edges = head[first:], valid[first:], np.maximum(edges - first, 0)
        t = np.repeat(np.concatenate([[self._high], high]) << 6, np.diff(edges))
        t += head >> 22 & 0x3F
        if len(high):
            self._high = int(high[-1])
        bit = np.flatnonzero(np.unpackbits(valid.astype("<u4").view(np.uint8), bitorder="little"))
        of = bit >> 5
        head = head[of]
        x = ((head >> 11 & 0x7FF) + (bit & 31)).astype(np.uint16)
        return t[of], x, (head & 0x7FF).astype(np.uint16), head >> 28 == 1
