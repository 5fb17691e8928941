"""Events painted into frames of three values, in one pass and straight into uint8."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from neuroclip.compiling import compiled, numba_pays
from neuroclip.recording import EVENT_DTYPE, Recording
from neuroclip.representations.painting import BACKGROUND, check_painting, paint
from neuroclip.representations.splits import step_edges
from neuroclip.shapes import Frames

# Importing and compiling numba takes about as long as numpy needs for a hundred million events.
_WORTH_NUMBA = 1_000_000


def frames(
    recording: Recording,
    steps: int = 10,
    split: str = "events",
    polarity: str = "paper",
    min_count: int = 1,
    window_us: int | None = None,
) -> Frames:
    """Paint a recording as the image encoder will see it: uint8 [T, H, W], 127 where nothing happened.

    Args:
        recording: What to paint. An empty one gives frames that are 127 all over.
        steps: How many frames, unless the split is by window.
        split: `events` (equal numbers), `time` (equal spans) or `window`: see `step_edges`.
        polarity: `paper` (ON 255, OFF 0) or `reference-code` (the other way round): see `paint`. ON always
            wins.
        min_count: How many events of one polarity a pixel needs in a timestep.
        window_us: The length of a timestep in microseconds, for `split="window"` only.

    Raises:
        OptionError: An option that cannot be.
    """
    edges = step_edges(recording, steps, split, window_us)
    inks = check_painting(polarity, min_count)
    if numba_pays(len(recording), _WORTH_NUMBA):
        return _paint_with_numba(recording, edges, inks, min_count)
    return _paint_with_numpy(recording, edges, polarity, min_count)


def _paint_with_numpy(recording: Recording, edges: Any, polarity: str, min_count: int) -> Frames:
    area = recording.width * recording.height
    painted = np.empty((len(edges) - 1, recording.height, recording.width), np.uint8)
    for step, frame in enumerate(painted):
        events = recording.events[edges[step] : edges[step + 1]]
        pixels = events["y"].astype(np.intp)
        pixels *= recording.width
        pixels += events["x"]
        pixels += events["on"] * np.intp(area)
        if min_count == 1:  # marks are enough: no counts
            seen = np.zeros(2 * area, np.uint8)
            seen[pixels] = 1
        else:
            seen = np.bincount(pixels, minlength=2 * area)
        off, on = seen.reshape(2, recording.height, recording.width)
        frame[:] = paint(on, off, polarity=polarity, min_count=min_count)
    return painted


def _paint_with_numba(recording: Recording, edges: Any, inks: tuple[int, int], min_count: int) -> Frames:
    steps, events = len(edges) - 1, recording.events
    painted = np.empty((steps, recording.height, recording.width), np.uint8)
    kernel, raw = compiled(_kernel), events.view(np.uint8).reshape(-1, EVENT_DTYPE.itemsize)

    def paint_steps(first: int, last: int) -> None:
        seen = np.empty(2 * recording.width * recording.height, np.uint8 if min_count == 1 else np.uint32)
        kernel(raw, edges[first : last + 1], painted[first:last], seen, *inks, min_count)

    threads = min(_threads(), steps) if len(recording) >= _WORTH_NUMBA else 1
    if threads == 1:
        paint_steps(0, steps)
        return painted
    cuts = [steps * i // threads for i in range(threads + 1)]
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(paint_steps, cuts[:-1], cuts[1:]))
    return painted


def _threads() -> int:
    """As many as there are cores for this process, or as OMP_NUM_THREADS says, as everywhere in the field."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    wanted = os.environ.get("OMP_NUM_THREADS", "").strip()
    return min(cores, int(wanted)) if wanted.isdigit() and int(wanted) else cores


def _kernel(raw: Any, edges: Any, painted: Any, seen: Any, ink_on: int, ink_off: int, min_count: int) -> None:
    # The rules of `paint`; a test holds the two together. Polarity is close to a coin toss, so that a branch
    # on it, or reading back what was painted, would cost more than marking both planes first. Events are read
    # as bytes (x at 8, y at 10, on at 12, little-endian), which is half as fast again as by fields that are not
    # aligned; a Recording has checked that they lie inside.
    steps, height, width = painted.shape
    area = height * width
    for step in range(steps):
        seen[:] = 0
        # Two loops, since a test of min_count inside one would be made for every event.
        if min_count == 1:
            for i in range(edges[step], edges[step + 1]):
                x = np.intp(raw[i, 8]) | np.intp(raw[i, 9]) << 8
                y = np.intp(raw[i, 10]) | np.intp(raw[i, 11]) << 8
                seen[np.intp(raw[i, 12] != 0) * area + y * width + x] = 1
        else:
            for i in range(edges[step], edges[step + 1]):
                x = np.intp(raw[i, 8]) | np.intp(raw[i, 9]) << 8
                y = np.intp(raw[i, 10]) | np.intp(raw[i, 11]) << 8
                seen[np.intp(raw[i, 12] != 0) * area + y * width + x] += 1
        frame = painted[step].reshape(-1)
        for pixel in range(area):
            if seen[area + pixel] >= min_count:
                frame[pixel] = ink_on
            elif seen[pixel] >= min_count:
                frame[pixel] = ink_off
            else:
                frame[pixel] = BACKGROUND
