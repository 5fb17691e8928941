"""Events counted and painted, as tensors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from neuroclip.errors import OptionError, RecordingError
from neuroclip.recording import Recording
from neuroclip.representations.base import WithoutBackbone
from neuroclip.representations.painting import check_painting
from neuroclip.representations.splits import check_split, step_edges
from neuroclip.representations.ternary import frames
from neuroclip.shapes import Volume


@dataclass(frozen=True)
class _Stepped(WithoutBackbone):
    steps: int = 10
    split: str = "events"
    window_us: int | None = None

    def __post_init__(self) -> None:
        check_split(self.steps, self.split, self.window_us)


@dataclass(frozen=True)
class EventCounts(_Stepped):
    """How many events each pixel saw: int32 [t, 2, h, w], plane 0 OFF and plane 1 ON.

    Options as in `neuroclip.frames`. Shorter recordings are continued with zeros when they are stacked.
    """

    padding: ClassVar[int | None] = 0

    def prepare(self, recording: Recording) -> Tensor:
        """Return the counts; their sum is the number of events."""
        return torch.from_numpy(count_events(recording, self.steps, self.split, self.window_us))


@dataclass(frozen=True)
class EventsPerTimestep(_Stepped):
    """How many events each timestep has: int64 [t]. Shorter recordings are continued with zeros."""

    padding: ClassVar[int | None] = 0

    def prepare(self, recording: Recording) -> Tensor:
        """Return the numbers; their sum is the number of events."""
        return torch.from_numpy(np.diff(step_edges(recording, self.steps, self.split, self.window_us)))


@dataclass(frozen=True)
class TernaryFrames(WithoutBackbone):
    """What `neuroclip.frames` paints: uint8 [t, h, w].

    There is no padding, which would look like a scene that stands still.

    Attributes:
        steps, split, polarity, min_count, window_us: As in `neuroclip.frames`.
        least: At how many different times a recording must have events. 0: none is needed.
    """

    steps: int = 10
    split: str = "events"
    polarity: str = "paper"
    min_count: int = 1
    window_us: int | None = None
    least: int = 0

    def __post_init__(self) -> None:
        check_split(self.steps, self.split, self.window_us)
        check_painting(self.polarity, self.min_count)
        if self.least < 0:
            raise OptionError(f"least is {self.least}; it can be 0 or more")

    def prepare(self, recording: Recording) -> Tensor:
        """Return the frames.

        Raises:
            RecordingError: There are events at fewer different times than `least`.
        """
        if self.least:
            times = min(1, len(recording)) + int(np.count_nonzero(np.diff(recording.events["t"])))
            if times < self.least:
                raise RecordingError(
                    f"expected events at {self.least} or more different times, one for each segment, found {times}: "
                    "give a longer recording or window, or ask for fewer segments"
                )
        return torch.from_numpy(
            frames(recording, self.steps, self.split, self.polarity, self.min_count, self.window_us)
        )


def count_events(
    recording: Recording, steps: int = 10, split: str = "events", window_us: int | None = None
) -> Volume:
    """Count events per timestep, polarity (0 OFF, 1 ON) and pixel. An empty recording gives zeros."""
    edges = step_edges(recording, steps, split, window_us)
    area = recording.width * recording.height
    volume = np.empty((len(edges) - 1, 2, recording.height, recording.width), np.int32)
    for step, counts in enumerate(volume):
        events = recording.events[edges[step] : edges[step + 1]]
        pixels = events["y"].astype(np.intp)
        pixels *= recording.width
        pixels += events["x"]
        pixels += events["on"] * np.intp(area)
        counts[:] = np.bincount(pixels, minlength=2 * area).reshape(counts.shape)
    return volume
