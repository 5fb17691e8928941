"""Prophesee EVT 2.1: words of 64 bits, each of them 32 pixels side by side."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from neuroclip.formats.evt import EvtFormat, Words, bits_of, first_of, rises
from neuroclip.formats.prophesee import Columns, carry
from neuroclip.shapes import Events

_ON, _TIME_HIGH = 1, 8
_UNKNOWN = (2, 3, 4, 5, 6, 7, 9, 11, 12, 13)

Halves = NDArray[np.uint32]


class Evt21(EvtFormat):
    """Little-endian uint64: the upper half is as in EVT 2.0, each bit of the lower half an event at x + bit.

    Some cameras (IMX636) send the upper half first: "endianness=legacy" in the header, or where it says nothing
    what the first words look like.
    """

    name: ClassVar[str] = "evt21"
    description: ClassVar[str] = "Prophesee EVT 2.1"
    version: ClassVar[str] = "2.1"
    word: ClassVar[str] = "<u8"
    block: ClassVar[int] = 1 << 15

    def decoder(self, fields: dict[str, str], words: Words) -> Decoder:
        """Return one that knows which half comes first."""
        said = fields.get("endianness")
        legacy = said == "legacy" if said else not _fits(words, legacy=False) and _fits(words, legacy=True)
        return Decoder(legacy=legacy)

    def looks_right(self, words: Words) -> bool:
        """Know words of known types that begin with the time, and groups of 32 pixels."""
        return _fits(words, legacy=False) or _fits(words, legacy=True)

    def encode(self, events: Events, before: Events) -> Words:
        """Write a word for events of one time, row, polarity and 32 pixels that come from left to right."""
        t, x, y, on = (events[name].astype(np.uint64) for name in ("t", "x", "y", "on"))
        place = (
            on << np.uint64(60)
            | (t & 0x3F) << np.uint64(54)
            | (x & 0x7E0) << np.uint64(43)
            | y << np.uint64(32)
        )
        first = (np.diff(place, prepend=~place[:1]) != 0) | (np.diff(t, prepend=t[:1]) != 0)
        first[1:] |= x[1:] <= x[:-1]
        starts = np.flatnonzero(first)
        words = place[starts] | np.bitwise_or.reduceat(np.uint64(1) << (x & 31), starts)
        high = (t >> np.uint64(6))[starts]
        last = before["t"][-1:].astype(np.uint64) >> np.uint64(6) if len(before) else ~high[:1]
        where = np.flatnonzero(np.diff(high, prepend=last))
        return np.insert(words, where, np.uint64(_TIME_HIGH << 60) | high[where] << np.uint64(32))


class Decoder:
    """Words into events; the time that the last TIME_HIGH word said stays from call to call.

    Events before the first TIME_HIGH word are left out: nobody knows their time. `legacy`: the upper half of each
    word comes first.
    """

    def __init__(self, *, legacy: bool = False) -> None:
        self._high = -1  # in units of 64 us, its rounds included
        self._legacy = legacy

    def good(self, words: NDArray[np.uint64]) -> int:
        """Return how many words there are before the first of a type that Prophesee does not describe."""
        return first_of((_halves(words, self._legacy)[0] >> 28).astype(np.uint8), _UNKNOWN)

    def decode(self, words: NDArray[np.uint64]) -> Columns:
        """Return t, x, y and on of the events in these words; other words are skipped."""
        head, valid = _halves(words, self._legacy)
        kind = (head >> 28).astype(np.uint8)
        other = np.flatnonzero(kind > _ON)
        time = np.flatnonzero(kind[other] == _TIME_HIGH)
        high = carry(self._high, (head[other[time]] & 0xFFFFFFF).astype(np.int64), 28)
        group = np.flatnonzero(kind <= _ON)
        head, valid = head.take(group), valid.take(group)
        # how many groups are before each TIME_HIGH: the other words before it are none
        edges = np.concatenate([[0], other[time] - time, [len(head)]])
        if self._high < 0:
            head, valid, edges = head[edges[1] :], valid[edges[1] :], np.maximum(edges - edges[1], 0)
        t = np.repeat(np.append(self._high, high) << 6, np.diff(edges))
        t += head >> 22 & 0x3F
        self._high = int(high[-1]) if len(high) else self._high
        count = np.bitwise_count(valid)
        bit = bits_of(valid, count)
        t, head = np.repeat(t, count), np.repeat(head, count)
        x = ((head >> 11 & 0x7FF) + bit).astype(np.uint16)
        return t, x, (head & 0x7FF).astype(np.uint16), head >> 28 == _ON


def _halves(words: NDArray[np.uint64], legacy: bool) -> tuple[Halves, Halves]:
    """Return the halves that say what, when and where, and those that say which pixels."""
    halves = np.ascontiguousarray(words, "<u8").view("<u4")
    return (halves[::2], halves[1::2]) if legacy else (halves[1::2], halves[::2])


def _fits(words: Words, *, legacy: bool) -> bool:
    head, _ = _halves(words[:1024], legacy)
    kind = head >> 28
    right = kind[0] == _TIME_HIGH and rises(head[kind == _TIME_HIGH] & 0xFFFFFFF, 28)
    grouped = not np.any(head[kind <= _ON] & 31 << 11)
    return bool(right) and grouped and Decoder(legacy=legacy).good(words[:1024]) == len(words[:1024])
