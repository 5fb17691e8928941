"""The ideal contrast pixel: it fires whenever log intensity has moved by a threshold since its last event.

`contrast_crossings` is the model itself, batched and without times; `emulate` gives its events times and makes a
`Recording`. Everything that needs events from pictures goes through here.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from neuroclip.errors import RecordingError
from neuroclip.recording import Recording, make_events


class Crossings(NamedTuple):
    """How often each pixel fired between two pictures, (..., s - 1, h, w), and the level it measured from."""

    on: Tensor
    off: Tensor
    reference: Tensor


def contrast_crossings(log_intensity: Tensor, on_threshold: Tensor, off_threshold: Tensor) -> Crossings:
    """Count threshold crossings between successive pictures.

    A pixel keeps the log intensity at which it last fired. When a picture lies k whole thresholds above (below)
    that level, it fires k ON (OFF) events and moves the level by k thresholds; the rest carries over.

    Args:
        log_intensity: (..., s, h, w) natural logarithm of intensity; the first picture sets the levels.
        on_threshold: Positive, broadcastable to (..., h, w).
        off_threshold: Likewise.

    Returns:
        Whole counts as floating point, and the reference level before each step.

    Source: Lichtsteiner, Posch, Delbruck (2008), "A 128x128 120 dB 15 us latency asynchronous temporal contrast
    vision sensor", section II; without refractory time and leak.
    """
    level = log_intensity[..., 0, :, :].clone()
    on, off, reference = [], [], []
    for picture in log_intensity.unbind(-3)[1:]:
        change = picture - level
        ups = (change / on_threshold).floor_().clamp_(min=0)
        downs = (change.neg_() / off_threshold).floor_().clamp_(min=0)
        on.append(ups)
        off.append(downs)
        reference.append(level)
        level = level + ups * on_threshold - downs * off_threshold
    return Crossings(torch.stack(on, -3), torch.stack(off, -3), torch.stack(reference, -3))


def emulate(
    pictures: np.ndarray,
    times_us: np.ndarray,
    *,
    on_threshold: float | np.ndarray = 0.2,
    off_threshold: float | np.ndarray = 0.2,
    floor: float = 1e-3,
) -> Recording:
    """Turn pictures into a recording of an ideal contrast sensor.

    Args:
        pictures: (s, h, w) linear intensity, at least 0; at least two of them.
        times_us: (s,) whole microseconds, increasing.
        on_threshold: Change of natural log intensity that fires an ON event; a number or one per pixel (h, w).
        off_threshold: Likewise for OFF.
        floor: Intensity added before the logarithm, which keeps black pixels finite.

    Returns:
        Events with times interpolated linearly in log intensity between pictures.

    Raises:
        RecordingError: Fewer than two pictures, or times that do not increase.
    """
    times = np.asarray(times_us, np.int64)
    if len(pictures) < 2 or len(times) != len(pictures) or np.any(np.diff(times) <= 0):
        raise RecordingError(
            f"emulation needs at least two pictures with increasing times, not {len(pictures)} with {len(times)} times"
        )
    log = torch.log(torch.as_tensor(np.asarray(pictures, np.float64)) + floor)
    thresholds = {
        True: torch.as_tensor(on_threshold, dtype=torch.float64),
        False: torch.as_tensor(off_threshold, dtype=torch.float64),
    }
    crossings = contrast_crossings(log, thresholds[True], thresholds[False])
    columns: list[tuple[np.ndarray, ...]] = []
    for polarity, counts, sign in ((True, crossings.on, 1.0), (False, crossings.off, -1.0)):
        step, y, x = (c.numpy() for c in torch.nonzero(counts, as_tuple=True))
        repeats = counts[step, y, x].numpy().astype(np.int64)
        step, y, x = (np.repeat(c, repeats) for c in (step, y, x))
        nth = np.arange(len(step)) - np.repeat(np.cumsum(repeats) - repeats, repeats) + 1
        threshold = thresholds[polarity].expand(log.shape[-2:]).numpy()[y, x]
        crossed = crossings.reference.numpy()[step, y, x] + sign * nth * threshold
        before, after = log.numpy()[step, y, x], log.numpy()[step + 1, y, x]
        share = np.clip((crossed - before) / (after - before), 0, 1)
        t = times[step] + np.round(share * (times[step + 1] - times[step])).astype(np.int64)
        columns.append((t, x, y, np.full(len(t), polarity)))
    t, x, y, on = (np.concatenate(pair) for pair in zip(*columns, strict=True))
    height, width = log.shape[-2:]
    return Recording(make_events(t, x, y, on), width=width, height=height)
