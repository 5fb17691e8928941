"""Prophesee EVT 3.0: words of 16 bits; time, row and base of vectors are said only when they change."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neuroclip.formats.evt import EvtFormat, bits_of, first_of, rises
from neuroclip.formats.prophesee import Columns, carry
from neuroclip.shapes import Events

_ADDR_Y, _ADDR_X, _BASE_X, _VECT_12, _VECT_8, _TIME_LOW, _TIME_HIGH = 0, 2, 3, 4, 5, 6, 8
_UNKNOWN = (1, 9, 11, 12)
_WIDTHS = np.array([12 * (k == _VECT_12) + 8 * (k == _VECT_8) for k in range(16)])

Indices = NDArray[np.intp]
Words = NDArray[np.uint16]


class Evt3(EvtFormat):
    """Little-endian uint16: 4 bits of type, 12 bits of content.

    TIME_HIGH and TIME_LOW set 12 bits of the time each, ADDR_Y the row. ADDR_X is an event; VECT_BASE_X sets where
    the next vector begins, and VECT_12 and VECT_8 are events for each bit that is set, and move the base on. Only
    TIME_HIGH carries over (every 16.8 s), since TIME_LOW may step back a little. Triggers and what else a camera
    reports are skipped.
    """

    name: ClassVar[str] = "evt3"
    description: ClassVar[str] = "Prophesee EVT 3.0"
    version: ClassVar[str] = "3.0"
    word: ClassVar[str] = "<u2"

    def decoder(self, fields: dict[str, str], words: Words) -> Decoder:
        """Return one that knows nothing yet."""
        return Decoder()

    def looks_right(self, words: Words) -> bool:
        """Know words of known types that begin with the time."""
        kind = words >> 12
        highs, eights = words[kind == _TIME_HIGH] & 0xFFF, words[kind == _VECT_8]
        right = kind[0] == _TIME_HIGH and rises(highs, 12) and not np.any(eights & 0xF00)
        return bool(right) and Decoder().good(words) == len(words)

    def encode(self, events: Events, before: Events) -> Words:
        """Write a word for each event, without vectors, after those for what changed; each TIME_HIGH on the way."""
        known = before if len(before) else np.array([(-1, 0, 0, False)], events.dtype)
        t, y = (np.concatenate([known[name], events[name]]) for name in ("t", "y"))
        highs = np.diff(t >> 12)
        low, row = (np.diff(t) != 0), np.diff(y.astype(np.int64)) != 0
        if not len(before):
            row[0] = True
        end = np.cumsum(highs + low + row + 1)
        words = np.empty(end[-1], np.uint16)
        words[end - 1] = _ADDR_X << 12 | events["on"].astype(np.uint16) << 11 | events["x"]
        words[(end - 2)[row]] = events["y"][row]
        words[(end - 2 - row)[low]] = _TIME_LOW << 12 | (events["t"] & 0xFFF)[low]
        step = np.arange(highs.sum()) - np.repeat(np.cumsum(highs) - highs, highs)
        place, value = np.repeat(end - 1 - row - low - highs, highs), np.repeat((t[:-1] >> 12) + 1, highs)
        words[place + step] = _TIME_HIGH << 12 | (value + step) & 0xFFF
        return words


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

    def good(self, words: Words) -> int:
        """Return how many words there are before the first of a type that Prophesee does not describe."""
        return first_of((words >> 12).astype(np.uint8), _UNKNOWN)

    def decode(self, words: Words) -> Columns:
        """Return t, x, y and on of the events in these words; other words are skipped."""
        kind = (words >> 12).astype(np.uint8)
        start = 0 if self._high >= 0 else first_of(kind, [_TIME_HIGH])
        start = start if self._y >= 0 else max(start, first_of(kind, [_ADDR_Y]))
        vector, x0, on0, bits = self._vectors(words, kind, start)
        gives = kind == _ADDR_X
        gives[:start] = False
        gives[vector] = True
        source = np.flatnonzero(gives)
        where = words.take(source)
        x, on = where & np.uint16(0x7FF), (where & np.uint16(0x800)).astype(np.bool_)
        # time and row hold until the next word that sets them: how many of both are before an event, in one sum
        moment, times = self._times(words, kind)
        row = np.flatnonzero(kind == _ADDR_Y)
        ys = np.empty(len(row) + 1, np.uint16)
        ys[0], ys[1:] = max(self._y, 0), words.take(row) & np.uint16(0x7FF)
        self._y = int(ys[-1]) if len(row) else self._y
        sets = np.zeros(len(words), np.int64)
        sets[row], sets[moment] = 1, 1 << 32
        sets = np.cumsum(sets).take(source)
        t, y = times.take(sets >> 32), ys.take(sets & 0xFFFFFFFF)
        if len(vector):
            at = np.flatnonzero(where >= _BASE_X << 12)
            x[at], on[at] = x0, on0
            masks = np.ones(len(source), np.uint16)
            masks[at] = bits
            count = np.bitwise_count(masks)
            t, x, y, on = t.repeat(count), x.repeat(count), y.repeat(count), on.repeat(count)
            x += bits_of(masks, count)
        return t, x, y, on

    def _times(self, words: Words, kind: NDArray[np.uint8]) -> tuple[Indices, NDArray[np.int64]]:
        """Return the words that change the time, and the times: that before the first of them, and of each."""
        moment = np.flatnonzero((kind == _TIME_LOW) | (kind == _TIME_HIGH))
        said = words.take(moment)
        highs = np.flatnonzero(said >= _TIME_HIGH << 12)
        high = carry(self._high, (said.take(highs) & 0xFFF).astype(np.int64), 12)
        same = np.diff(high, prepend=self._high) == 0
        if same.any():  # said again: changes nothing, not even the low part
            moment, said = np.delete(moment, highs[same]), np.delete(said, highs[same])
            highs, high = (highs - np.cumsum(same))[~same], high[~same]
        t = np.empty(len(said) + 1, np.int64)
        t[0], t[1:], t[1 + highs] = self._low, said & np.uint16(0xFFF), 0
        self._low = int(t[-1])
        t += _hold(np.append(self._high, high) << 12, 1 + highs, len(t))
        self._high = int(high[-1]) if len(high) else self._high
        return moment, t

    def _vectors(self, words: Words, kind: NDArray[np.uint8], start: int) -> tuple[Any, ...]:
        """Return the words that are vectors, and of each the first x, the polarity, and the bits that are events."""
        which = np.flatnonzero((kind - np.uint8(_BASE_X)) < 3)
        group, kinds = words.take(which), kind.take(which)
        widths = _WIDTHS.take(kinds)
        ends = np.cumsum(widths)
        bases = np.flatnonzero(kinds == _BASE_X)
        origin = np.append(self._base, (group[bases] & 0x7FF) - ends[bases])
        polarity = np.append(self._on, group[bases] >> 11 & 1)
        vector = kinds != _BASE_X
        vector[: np.searchsorted(which, start)] = False
        if self._base < 0:
            vector[: bases[0] if len(bases) else None] = False
        x0 = _hold(origin, bases, len(which)) + ends - widths
        on0 = _hold(polarity, bases, len(which))
        if len(bases) or (self._base >= 0 and len(which)):
            self._base, self._on = int(origin[-1] + ends[-1]), int(polarity[-1])
        bits = group & np.where(kinds == _VECT_12, 0xFFF, 0xFF).astype(np.uint16)
        vector &= bits != 0
        # beyond any sensor, but within 16 bits
        return which[vector], np.minimum(x0[vector], 0xFF00), on0[vector], bits[vector]


def _hold(values: NDArray[Any], until: NDArray[Any], total: int) -> NDArray[Any]:
    """Repeat each value up to where the next begins."""
    edges = np.empty(len(values) + 1, np.intp)
    edges[0], edges[1:-1], edges[-1] = 0, until, total
    return np.repeat(values, edges[1:] - edges[:-1])
