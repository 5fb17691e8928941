"""What the pixels fire between two pictures: in one pass with numba, or with numpy, the same bytes.

A pixel compares log intensity with the level at which it last fired. Between two pictures their difference d is taken
to be linear in time (a leak lowers the level at a constant rate), so that it rises or falls all the way, and crosses
its k-th threshold at (k * threshold - d0) / (d1 - d0) of the time.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neuroclip.compiling import compiled
from neuroclip.recording import EVENT_DTYPE
from neuroclip.shapes import Events

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Pixels(NamedTuple):
    """What a camera remembers, for each pixel, row by row; `fire_...` changes it in place."""

    width: int
    on: Floats  # thresholds
    off: Floats
    level: Floats  # log intensity of the last event, before any leak
    last: Whole  # time of the last event in microseconds; of use only where there is a refractory time
    found: NDArray[np.int32]  # (2, pixels): room to work in, since new memory costs as much as the work
    marks: NDArray[np.uint8]  # as many, up to a multiple of 8


class Light(NamedTuple):
    """A picture as the pixels see it: log intensity is `table[codes]`, so that bytes need no logarithm."""

    table: Floats
    codes: NDArray[Any]
    leaked: float  # by how much of its ON threshold every level has sunk since the first picture


class Noise(NamedTuple):
    """Events out of nothing, sorted by pixel and time; times from the last picture on."""

    pixel: Whole
    t: Whole
    on: Flags


_NONE = Noise(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.bool_))


def fire_with_numpy(
    pixels: Pixels, before: Light, after: Light, start: int, span: int, refractory: int, noise: Noise | None
) -> Events:
    """Return the events between two pictures, of which the first is shown at `start`, the second `span` later.

    They are in the order of time, then of pixels.
    """
    now = after.table[after.codes] - (pixels.level - after.leaked * pixels.on)
    active = np.flatnonzero((now >= pixels.on) | (now <= -pixels.off))
    now, level, threshold = now[active], pixels.level[active], pixels.on[active]
    was = before.table[before.codes[active]] - (level - before.leaked * threshold)
    rises = now > 0
    step = np.where(rises, threshold, -pixels.off[active])
    counts = (now / step).astype(np.int64)
    pixels.level[active] = level + counts * step

    each = np.repeat(np.arange(len(active)), counts)
    nth = np.arange(1, len(each) + 1) - np.repeat(np.cumsum(counts) - counts, counts)
    # where nothing changes, a level that is off by rounding may still make a pixel fire
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = (nth * step[each] - was[each]) * (span / (now - was))[each]
        t = np.minimum(np.where(moved > 0, moved + 0.5, 0), span).astype(np.int64)
    pixel: Whole = active[each]
    on = rises[each]
    if noise is not None:
        places = np.searchsorted(pixel * (span + 1) + t, noise.pixel * (span + 1) + noise.t, side="right")
        t, on = np.insert(t, places, noise.t), np.insert(on, places, noise.on)
        pixel = np.insert(pixel, places, noise.pixel)
    if refractory:
        keep = _not_blind(pixel, t + start, pixels.last, refractory)
        pixel, t, on = pixel[keep], t[keep], on[keep]
        pixels.last[pixel] = t + start  # of several of one pixel, the latest stays
    # numpy sorts 16 bits by counting, ten times faster than more
    order = np.argsort(t.astype(np.uint16) if span < 2**16 else t, kind="stable")
    events = np.empty(len(order), EVENT_DTYPE)
    events["t"], events["on"] = start + t[order], on[order]
    events["y"], events["x"] = np.divmod(pixel[order], pixels.width)
    return events


def _not_blind(pixel: Whole, t: Whole, last: Whole, refractory: int) -> Flags:
    """Mark the events (sorted by pixel and time) that come `refractory` after the last one of their pixel or later."""
    keep = np.ones(len(pixel), np.bool_)
    if not len(pixel):
        return keep
    first = np.r_[True, pixel[1:] != pixel[:-1]]
    gap = t - np.where(first, last[pixel], np.r_[0, t[:-1]])
    if gap.min() >= refractory:
        return keep
    starts = np.flatnonzero(first)
    groups = np.flatnonzero(np.minimum.reduceat(gap, starts) < refractory)  # the few pixels that need care
    counts, begins = np.diff(np.r_[starts, len(pixel)])[groups], starts[groups]
    latest = last[pixel[begins]]
    for nth in range(int(counts.max())):
        left = np.flatnonzero(counts > nth)
        at = begins[left] + nth
        keep[at] = t[at] - latest[left] >= refractory
        latest[left] = np.where(keep[at], t[at], latest[left])
    return keep


def fire_with_numba(
    pixels: Pixels, before: Light, after: Light, start: int, span: int, refractory: int, noise: Noise | None
) -> Events:
    """As `fire_with_numpy`, several times faster."""
    find, fill, sort = map(compiled, (_find, _fill, _sort))
    noise = noise or _NONE
    _, on, off, level, last, (active, crossings), marks = pixels
    number, most = find(*after, on, off, level, marks, active, crossings)
    keys, spare = np.empty((2, most + len(noise.t)), np.uint64)
    found = active[:number], crossings[:number]
    count = fill(*found, *before, *after, on, off, level, last, start, span, refractory, *noise, keys)
    events = np.empty(count, EVENT_DTYPE)
    columns = (events[name] for name in ("t", "x", "y", "on"))
    sort(keys[:count], spare[:count], start, span, pixels.width, *columns)
    return events


def _find(
    table: Any,
    codes: Any,
    leaked: float,
    on: Any,
    off: Any,
    level: Any,
    marks: Any,
    active: Any,
    crossings: Any,
) -> tuple[int, int]:
    """List the pixels that cross a threshold, and how often; return how many there are, and the sum.

    Most do not: they are marked first, in a loop without branches, and then skipped eight at a time.
    """
    for i in range(len(codes)):
        now = table[codes[i]] - (level[i] - leaked * on[i])
        marks[i] = (now >= on[i]) | (now <= -off[i])
    number, most = 0, 0
    eights = marks.view(np.uint64)
    for eight in range(len(eights)):
        if eights[eight]:
            for i in range(eight * 8, eight * 8 + 8):
                active[number] = i
                number += marks[i]
                if number == len(active):
                    break
    for n in range(number):
        i = active[n]
        now = table[codes[i]] - (level[i] - leaked * on[i])
        crossings[n] = int(max(now / on[i], now / -off[i]))
        most += crossings[n]
    return number, most


def _fill(
    active: Any, crossings: Any, table_before: Any, codes_before: Any, leaked_before: float,
    table: Any, codes: Any, leaked: float, on: Any, off: Any, level: Any, last: Any,
    start: int, span: int, refractory: int, noise_pixel: Any, noise_t: Any, noise_on: Any, keys: Any,
) -> int:  # fmt: skip
    """Write the events down by pixel, then time, as numbers that sort by time; return how many there are."""
    count, waiting, silent = 0, 0, len(noise_t)
    for n in range(len(active) + 1):
        here, times, rises, step, was, scale = len(codes), 0, False, 0.0, 0.0, 0.0
        if n < len(active):
            here, times = np.int64(active[n]), crossings[n]
            now = table[codes[here]] - (level[here] - leaked * on[here])
            was = table_before[codes_before[here]] - (level[here] - leaked_before * on[here])
            rises, scale = now > 0, span / (now - was)
            step = on[here] if rises else -off[here]
            level[here] += times * step
        for nth in range(1, times + 2):
            at = span + 1  # after the last crossing, noise of this pixel waits for the next round
            if nth <= times:
                moved = (nth * step - was) * scale
                at = min(int(moved + 0.5), span) if moved > 0 else 0
            while waiting < silent and (
                noise_pixel[waiting] < here or (noise_pixel[waiting] == here and noise_t[waiting] < at)
            ):
                i, early = noise_pixel[waiting], noise_t[waiting]
                if refractory == 0 or start + early - last[i] >= refractory:
                    last[i] = start + early
                    keys[count] = early << 32 | i << 1 | int(noise_on[waiting])
                    count += 1
                waiting += 1
            if nth <= times and (refractory == 0 or start + at - last[here] >= refractory):
                last[here] = start + at
                keys[count] = at << 32 | here << 1 | int(rises)
                count += 1
    return count


def _sort(
    keys: Any, spare: Any, start: int, span: int, width: int, out_t: Any, out_x: Any, out_y: Any, out_on: Any
) -> None:
    """Sort by time, stably, eight bits of it at a time: comparing would take longer than all the rest."""
    shift = np.uint64(32)
    while span:
        place = np.zeros(257, np.int64)
        for i in range(len(keys)):
            place[((keys[i] >> shift) & np.uint64(255)) + np.uint64(1)] += 1
        for digit in range(256):
            place[digit + 1] += place[digit]
        for i in range(len(keys)):
            digit = (keys[i] >> shift) & np.uint64(255)
            spare[place[digit]] = keys[i]
            place[digit] += 1
        keys, spare = spare, keys
        shift += np.uint64(8)
        span >>= 8
    for i in range(len(keys)):
        out_t[i] = start + np.int64(keys[i] >> np.uint64(32))
        pixel = np.int64((keys[i] & np.uint64(0xFFFFFFFF)) >> np.uint64(1))
        out_y[i], out_x[i] = pixel // width, pixel % width
        out_on[i] = keys[i] & np.uint64(1)
