"""Pictures of the paired video, from the beginning of a recording to its end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from neuroclip.errors import OptionError, RecordingError
from neuroclip.recording import Recording
from neuroclip.representations.base import WithoutBackbone
from neuroclip.representations.pictures import check_scale, colours_at, paired_video, picture_times
from neuroclip.representations.shots import check_shot


@dataclass(frozen=True)
class VideoFrames(WithoutBackbone):
    """Pictures of the paired video in the middles of equal parts of the time of a recording: uint8 [t, 3, h, w].

    The time is that from the first event to the last, as `TernaryFrames(split="time")` divides it, where `RgbVolume`
    shows the busiest shot. A video with fewer pictures shows some of them several times. An empty recording has no
    time, and so no pictures.

    Attributes:
        steps: How many pictures.
        scale: Height and width are those of the recording times this, rounded. Above 0, up to 1.
        least: How many different pictures of its video a recording must have in its time.
    """

    steps: int = 25
    scale: float = 1.0
    least: int = 1

    def __post_init__(self) -> None:
        check_shot(self.steps, None)
        check_scale(self.scale)
        if not 1 <= self.least <= self.steps:
            raise OptionError(
                f"least is {self.least}; it can be 1 to {self.steps}, as many as there are steps"
            )

    def prepare(self, recording: Recording) -> Tensor:
        """Decode the pictures.

        Raises:
            OptionError: There is no paired video.
            RecordingError: The recording is empty, its video has fewer than `least` pictures in its time, cannot be
                read, or does not show it.
        """
        video = paired_video(recording)
        if not len(recording):
            raise RecordingError("the recording is empty, so that there is no time to take pictures from")
        first, last = int(recording.events["t"][0]), int(recording.events["t"][-1])
        shown = picture_times(video) - recording.video_offset_us
        # With the one that is still shown when the first event comes.
        begun = max(0, int(np.searchsorted(shown, first, side="right")) - 1)
        number = int(np.searchsorted(shown, last, side="right")) - begun
        if number < self.least:
            raise RecordingError(
                f"{video}: it has {max(0, number)} pictures from {first} to {last} us, the time of the recording, and "
                f"{self.least} are needed: ask for fewer segments, or give a longer recording"
            )
        middles = first + (np.arange(self.steps) + 0.5) * (last - first + 1) / self.steps
        return torch.from_numpy(colours_at(recording, middles, self.scale))
