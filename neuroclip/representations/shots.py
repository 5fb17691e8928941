"""The one shot of a recording: the intervals around the one in which most moves.

Source: Chadha, Bi, Abbas, Andreopoulos 2019, "Neuromorphic vision sensing for CNN-based action recognition": the
    intervals between the pictures of a video (eq. 1), and a clip around the one with most polarity (eq. 3).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from neuroclip.errors import OptionError, RecordingError
from neuroclip.recording import MOST_WINDOWS, Recording
from neuroclip.representations.pictures import elsewhere, picture_times
from neuroclip.shapes import Edges

INTERVAL_US = 40_000
"""Of recordings without a video: 25 intervals a second, as many pictures as the videos of UCF-101 have."""


def check_shot(steps: int, interval_us: int | None) -> None:
    """Check the options of a shot.

    Raises:
        OptionError: One of them cannot be.
    """
    if not 1 <= steps <= MOST_WINDOWS:
        raise OptionError(f"steps is {steps}; a shot has 1 to {MOST_WINDOWS} intervals")
    if interval_us is not None and interval_us < 1:
        raise OptionError(f"interval_us is {interval_us}; an interval lasts at least 1 microsecond")


def shot_edges(recording: Recording, steps: int, interval_us: int | None = None) -> Edges:
    """Return where the intervals of the shot begin and end, `steps + 1` times on the clock of the events.

    Of the intervals of the recording (`interval_edges`), these are those around the busiest one, i: from i - steps // 2
    on, and further inside where that would leave the recording. So shots of any even number of intervals share their
    middle, the beginning of the busiest interval, unless they were moved inside. Busiest is the one with the largest
    sum over pixels of |ON - OFF| (eq. 3), the first of equals.

    Raises:
        RecordingError: The recording has fewer intervals, or as `interval_edges`.
    """
    edges = interval_edges(recording, interval_us)
    number = len(edges) - 1
    if number < steps:
        raise RecordingError(_too_short(recording, steps, number, interval_us))
    busiest = int(np.argmax([np.abs(sums).sum() for sums in polarity_sums(recording, edges)]))
    start = min(max(busiest - steps // 2, 0), number - steps)
    return edges[start : start + steps + 1]


def interval_edges(recording: Recording, interval_us: int | None = None) -> Edges:
    """Cut a recording into intervals, half-open, and return all their edges on the clock of the events.

    They are those between the pictures of the paired video that hold any time from the first event to the last. Without
    a video, or where `interval_us` is given, they last that long (default: 40 000 us) from the first event on, as many
    as reach the last event. An empty recording has none.

    Raises:
        RecordingError: The video cannot be read, or does not show all the time of the events: it begins later, or ends
            earlier, by more than the longest time between two of its pictures.
        OptionError: There are too many intervals.
    """
    if not len(recording):
        return np.zeros(1, np.int64)
    first, last = int(recording.events["t"][0]), int(recording.events["t"][-1])
    if recording.video is None or interval_us is not None:
        length = interval_us or INTERVAL_US
        number = (last - first) // length + 1
        if number > MOST_WINDOWS:
            raise OptionError(
                f"interval_us={length} cuts {recording.span_us} us into {number} intervals: give at least "
                f"{-(-recording.span_us // MOST_WINDOWS)}"
            )
        return first + np.arange(number + 1) * length
    edges = picture_times(recording.video) - recording.video_offset_us
    if len(edges) < 2:
        raise RecordingError(
            f"{recording.video}: it has a single picture, and so no interval: is it the right video?"
        )
    slack = int(np.diff(edges).max())
    apart = edges[-1] <= first or edges[0] > last
    if apart or first < edges[0] - slack or last > edges[-1] + slack:
        raise elsewhere(recording, first, last)
    holds = np.searchsorted(edges, [first, last], side="right")
    return edges[max(0, holds[0] - 1) : holds[1] + 1]


def polarity_sums(recording: Recording, edges: Edges) -> Iterator[NDArray[np.int64]]:
    """Yield for each interval the number of ON events less that of OFF events, [h, w] (eq. 1)."""
    cuts = np.searchsorted(recording.events["t"], edges)
    area = recording.width * recording.height
    for start, stop in pairwise(cuts.tolist()):
        events = recording.events[start:stop]
        pixels = events["y"].astype(np.intp) * recording.width + events["x"]
        on = events["on"]
        sums = np.bincount(pixels[on], minlength=area) - np.bincount(pixels[~on], minlength=area)
        yield sums.reshape(recording.height, recording.width)


def _too_short(recording: Recording, steps: int, number: int, interval_us: int | None) -> str:
    if not number:
        return f"the recording is empty; a shot has {steps} intervals"
    of_pictures = recording.video is not None and interval_us is None
    what = "between pictures of its video" if of_pictures else f"of {interval_us or INTERVAL_US} us"
    return (
        f"the recording lasts {recording.span_us} us, which is {number} intervals {what}, but a shot has {steps}: "
        f"ask for at most {number} steps, or for shorter intervals (interval_us)"
    )
