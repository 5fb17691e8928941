"""Prophesee EVT 2.0: words of 32 bits, one an event."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from neuroclip.formats.evt import EvtFormat, Words, first_of, rises
from neuroclip.formats.prophesee import Columns, carry
from neuroclip.shapes import Events

_ON, _TIME_HIGH = 1, 8
_UNKNOWN = (2, 3, 4, 5, 6, 7, 9, 11, 12, 13)


class Evt2(EvtFormat):
    """Little-endian uint32: 4 bits of type (0 OFF, 1 ON, 8 TIME_HIGH), 6 of time, 11 of x, 11 of y.

    A TIME_HIGH word sets the upper 28 bits of the time of the events after it. Triggers and what else a camera
    reports are skipped.
    """

    name: ClassVar[str] = "evt2"
    description: ClassVar[str] = "Prophesee EVT 2.0"
    version: ClassVar[str] = "2.0"
    word: ClassVar[str] = "<u4"

    def decoder(self, fields: dict[str, str], words: Words) -> Decoder:
        """Return one that knows nothing yet."""
        return Decoder()

    def looks_right(self, words: Words) -> bool:
        """Know words of known types that begin with the time."""
        kind = words >> 28
        right = kind[0] == _TIME_HIGH and rises(words[kind == _TIME_HIGH] & 0xFFFFFFF, 28)
        return bool(right) and Decoder().good(words) == len(words)

    def encode(self, events: Events, before: Events) -> Words:
        """Write a word for each event, and the time where it changed."""
        high = events["t"] >> 6
        say = np.diff(high, prepend=before["t"][-1:] >> 6 if len(before) else -1) != 0
        say[::256] = True  # said again, as cameras do: so many zeros in a row as are a lost sector never come
        t, x, y, on = (events[name].astype(np.uint32) for name in ("t", "x", "y", "on"))
        words = on << 28 | (t & 0x3F) << 22 | x << 11 | y
        where = np.flatnonzero(say)
        return np.insert(words, where, (_TIME_HIGH << 28 | high[where]).astype(np.uint32))


class Decoder:
    """Words into events; the time that the last TIME_HIGH word said stays from call to call.

    Events before the first TIME_HIGH word are left out: nobody knows their time.
    """

    def __init__(self) -> None:
        self._high = -1  # in units of 64 us, its rounds included

    def good(self, words: NDArray[np.uint32]) -> int:
        """Return how many words there are before the first of a type that Prophesee does not describe."""
        return first_of((words >> 28).astype(np.uint8), _UNKNOWN)

    def decode(self, words: NDArray[np.uint32]) -> Columns:
        """Return t, x, y and on of the events in these words; other words are skipped."""
        kind = (words >> 28).astype(np.uint8)
        other = np.flatnonzero(kind > _ON)
        time = np.flatnonzero(kind[other] == _TIME_HIGH)
        high = carry(self._high, (words[other[time]] & 0xFFFFFFF).astype(np.int64), 28)
        events = words.take(np.flatnonzero(kind <= _ON))
        # how many events are before each TIME_HIGH: the other words before it are none
        edges = np.concatenate([[0], other[time] - time, [len(events)]])
        if self._high < 0:
            events, edges = events[edges[1] :], np.maximum(edges - edges[1], 0)
        t = np.repeat(np.append(self._high, high) << 6, np.diff(edges))
        t += events >> 22 & 0x3F
        self._high = int(high[-1]) if len(high) else self._high
        x, y = (events >> 11 & 0x7FF).astype(np.uint16), (events & 0x7FF).astype(np.uint16)
        return t, x, y, events >> 28 == _ON
