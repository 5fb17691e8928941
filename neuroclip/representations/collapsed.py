"""A recording collapsed into one picture: how often each pixel fired."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor

from neuroclip.errors import OptionError, RecordingError
from neuroclip.recording import MOST_WINDOWS, Recording
from neuroclip.representations.base import WithoutBackbone

Polarity = Literal["on", "off", "both"]


@dataclass(frozen=True)
class CollapsedImage(WithoutBackbone):
    """Events counted per pixel, divided by the largest count: float32 [h, w], 0 to 1.

    Not bytes: a few pixels that fire all the time would press all others into the same few grey levels.

    Attributes:
        polarity: Which events count: `on`, `off`, or `both` together.
        part: How much of the recording's time, from the first event on: `all`, or a share such as `1/3`. Of N-MNIST and
            N-Caltech101, `1/3` is the first of three saccades.

    Source: Gopalakrishnan, Chua and Iyer 2018, "Classifying neuromorphic data using a deep learning framework for image
        classification". The printed formula sums the times of spikes; meant, and done here, is their number. There ON
        events alone, of one or three saccades.
    """

    polarity: str = "on"
    part: str = "all"

    def __post_init__(self) -> None:
        if self.polarity not in get_args(Polarity):
            raise OptionError(
                f"polarity is {self.polarity!r}; it can be {', '.join(map(repr, get_args(Polarity)))}"
            )
        _ = self.share  # checks it

    @property
    def share(self) -> tuple[int, int]:
        """The part as a fraction k/n, 1 <= k <= n.

        Raises:
            OptionError: It is none.
        """
        if self.part == "all":
            return 1, 1
        found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", str(self.part))
        k, n = (int(found[1]), int(found[2])) if found else (0, 0)
        if not 1 <= k <= n <= MOST_WINDOWS:
            raise OptionError(f"part is {self.part!r}; it can be 'all', or a share of the time such as '1/3'")
        return k, n

    def prepare(self, recording: Recording) -> Tensor:
        """Count and divide.

        Raises:
            RecordingError: No such event is in that part.
        """
        counts = self._counts(recording)
        most = counts.max()
        if not most:
            raise RecordingError(self._without(recording))
        return torch.from_numpy((counts / most).astype(np.float32))

    def _counts(self, recording: Recording) -> np.ndarray:
        """Count per pixel, [h, w]."""
        events = recording.events
        if self.part != "all" and len(events):
            k, n = self.share
            # As timesteps of equal time are cut: half-open, and the last event lies inside the last of them.
            stop = events["t"][0] - (-k * (recording.span_us + 1) // n)
            events = events[: np.searchsorted(events["t"], stop)]
        if self.polarity != "both":
            events = events[events["on"] == (self.polarity == "on")]
        pixels = events["y"].astype(np.intp) * recording.width + events["x"]
        counts = np.bincount(pixels, minlength=recording.width * recording.height)
        return counts.reshape(recording.height, recording.width)

    def _without(self, recording: Recording) -> str:
        if not len(recording):
            return "the recording is empty; a picture is made of at least one event"
        which = "" if self.polarity == "both" else f"{self.polarity.upper()} "
        where = "the recording" if self.part == "all" else f"the first {self.part} of the recording's time"
        tries = [
            *(["polarity='both'"] if self.polarity != "both" else []),
            *(["part='all'"] if self.part != "all" else []),
        ]
        return f"there is no {which}event in {where}, which has {len(recording)} events: try {' or '.join(tries)}"
