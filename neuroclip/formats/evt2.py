"""Prophesee EVT 2.0."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuroclip.formats.prophesee import Columns, carry, first_unknown, types_but

_UNKNOWN = types_but(0, 1, 8, 10, 14, 15)


class Decoder:
    """Words into events; the time that the last TIME_HIGH word said stays from call to call.

    Events before the first TIME_HIGH word are left out: nobody knows their time.
    """

    def __init__(self) -> None:
        self._high = -1  # in units of 64 us, its rounds included

    def good(self, words: NDArray[np.uint32]) -> int:
        """Return how many words there are before the first of a type that Prophesee does not describe."""
        return first_unknown(words >> 28, _UNKNOWN)

    def decode(self, words: NDArray[np.uint32]) -> Columns:
        """Return t, x, y and on of the events in these words; other words are skipped."""
        kind = words >> 28
        other = np.flatnonzero(kind > 1)
        time = np.flatnonzero(kind[other] == 8)
        high = carry(self._high, (words[other[time]] & 0xFFFFFFF).astype(np.int64), 28)
        events = words[kind < 2]
        # how many events are before each TIME_HIGH: the other words before it are none
        edges = np.concatenate([[0], other[time] - time, [len(events)]])
        if self._high < 0:
            events, edges = events[edges[1] :], np.maximum(edges - edges[1], 0)
        t = np.repeat(np.concatenate([[self._high], high]) << 6, np.diff(edges))
        t += events >> 22 & 0x3F
        if len(high):
            self._high = int(high[-1])
        x, y = (events >> 11 & 0x7FF).astype(np.uint16), (events & 0x7FF).astype(np.uint16)
        return t, x, y, events >> 28 == 1
