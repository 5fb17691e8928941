"""The shot of a recording as volumes: its events, the motion and the colours of its video."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from neuroclip.errors import OptionError
from neuroclip.recording import Recording
from neuroclip.representations.base import Backbones, WithoutBackbone
from neuroclip.representations.flow import FULL_SCALE, check_method, digest_of_weights, flow_between
from neuroclip.representations.pictures import check_scale, colours_at, paired_video, pictures_at
from neuroclip.representations.shots import check_shot, polarity_sums, shot_edges


@dataclass(frozen=True)
class SignedVolume(WithoutBackbone):
    """ON events less OFF events of each pixel in each interval of the shot: int8 [t, h, w], cut to -127 to 127.

    Attributes:
        steps: How many intervals.
        interval_us: How long each is. None: from picture to picture of the paired video, or 40 000 us without one.

    Source: Chadha et al. 2019, eq. 1 and 3 (`shot_edges` says which intervals these are).
    """

    steps: int = 16
    interval_us: int | None = None

    def __post_init__(self) -> None:
        check_shot(self.steps, self.interval_us)

    def prepare(self, recording: Recording) -> Tensor:
        """Return the sums.

        Raises:
            RecordingError: The recording is shorter than the shot, or the paired video cannot be read, or shows
                another time.
        """
        edges = shot_edges(recording, self.steps, self.interval_us)
        volume = np.empty((self.steps, recording.height, recording.width), np.int8)
        for step, sums in zip(volume, polarity_sums(recording, edges), strict=True):
            np.clip(sums, -127, 127, out=step, casting="unsafe")
        return torch.from_numpy(volume)


@dataclass(frozen=True)
class FlowVolume(WithoutBackbone):
    """Optical flow in the paired video, over each interval of the shot: int8 [t, 2, h, w].

    The video is scaled to the size of the recording. Plane 0 is motion to the right and plane 1 motion down, in pixels
    from one picture to the next, cut to -20 to 20 and times 127 / 20, as the flow that Kinetics networks learned is.

    Attributes:
        steps: How many intervals; there is one picture more.
        method: `dis`, `farneback`, `pyrlk`, `tvl1` or `raft`: see `neuroclip.representations.flow`.
        interval_us: How long each is. None: from picture to picture. Where it is given, motion is that between the
            pictures nearest to the edges; intervals shorter than those of the video see some pictures twice, and then
            no motion.
        weights: A file with the weights of torchvision's `raft_small` or `raft_large`, for `raft` alone. Its bytes
            count in the bank, not its name.
    """

    steps: int = 32
    method: str = "dis"
    interval_us: int | None = None
    weights: str | None = None

    def __post_init__(self) -> None:
        check_shot(self.steps, self.interval_us)
        check_method(self.method, self.weights)

    def prepare(self, recording: Recording) -> Tensor:
        """Compute the flow.

        Raises:
            OptionError: There is no paired video, or OpenCV or the weights are missing.
            RecordingError: The recording is shorter than the shot, or the video cannot be read or does not show it.
        """
        paired_video(recording)
        edges = shot_edges(recording, self.steps, self.interval_us)
        size = recording.width, recording.height
        pictures = pictures_at(
            recording, edges, size, colour=self.method == "raft", slack_us=self.interval_us or 0
        )
        volume = np.empty((self.steps, 2, recording.height, recording.width), np.int8)
        for step, flow in zip(volume, flow_between(pictures, self.method, self.weights), strict=True):
            scaled = np.clip(np.nan_to_num(flow), -FULL_SCALE, FULL_SCALE) * (127 / FULL_SCALE)
            step[:] = np.rint(scaled).transpose(2, 0, 1)
        return torch.from_numpy(volume)

    def described(self) -> dict[str, Any]:
        """Return the fields, with the digest of the weights in place of their file's name.

        Raises:
            OptionError: The file cannot be read.
        """
        described = super().described()
        if self.weights is not None:
            (fields,) = described.values()
            fields["weights"] = digest_of_weights(self.weights)
        return described

    def networks(self, backbones: Backbones) -> list[tuple[str, str]]:
        """Return the network that computes the flow, if one does."""
        return [] if self.weights is None else [("raft", digest_of_weights(self.weights))]


@dataclass(frozen=True)
class RgbVolume(WithoutBackbone):
    """Pictures of the paired video, in the middles of equal parts of the shot: uint8 [t, 3, h, w].

    The shot is that of `shot` intervals, by default as long as the one of `SignedVolume`, whatever `steps` is; height
    and width are those of the recording times `scale`, rounded.

    Attributes:
        steps: How many pictures; at most one for each interval.
        scale: Above 0, up to 1. Half the resolution, as published, by default.
        interval_us: As in `SignedVolume`.
        shot: How many intervals the pictures are spread over.
    """

    steps: int = 8
    scale: float = 0.5
    interval_us: int | None = None
    shot: int = 16

    def __post_init__(self) -> None:
        check_shot(self.shot, self.interval_us)
        if not 1 <= self.steps <= self.shot:
            raise OptionError(
                f"steps is {self.steps}; a shot of {self.shot} intervals has 1 to {self.shot} pictures"
            )
        check_scale(self.scale)

    def prepare(self, recording: Recording) -> Tensor:
        """Decode the pictures.

        Raises:
            OptionError: There is no paired video.
            RecordingError: The recording is shorter than the shot, or the video cannot be read or does not show it.
        """
        paired_video(recording)
        edges = shot_edges(recording, self.shot, self.interval_us)
        # In intervals, not in microseconds: with a varying frame rate, the parts hold equally many pictures.
        middles = (np.arange(self.steps) + 0.5) * self.shot / self.steps
        times = np.interp(middles, np.arange(self.shot + 1), edges)
        return torch.from_numpy(colours_at(recording, times, self.scale, slack_us=self.interval_us or 0))
