"""Temporal segments: single frames of a recording's parts, one image network for all, and their consensus (`tsn`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from neuroclip.classes import Classes
from neuroclip.heads import Checkpoint, State
from neuroclip.shapes import Labels, Logits, TimestepLogits
from neuroclip_plugins.tsn.answering import answered
from neuroclip_plugins.tsn.learning import learned
from neuroclip_plugins.tsn.options import SegmentOptions


@dataclass(frozen=True, kw_only=True)
class TSN(SegmentOptions):
    """Temporal segment network, on event frames, on pictures of the paired video, or on both.

    Of each recording, `frames` frames are kept, which stand for equal parts of its time. While it learns, the network
    sees of each shot one frame by chance of each of K segments, drawn anew in every epoch; when it answers, the frames
    in the middles of more segments. What single frames say is joined before softmax. With both inputs there are two
    networks, which learn side by side; the answer is the mean of their probabilities.

    A recording that is too short for K segments is refused: one whose events are at fewer than K different times, or
    whose video has fewer than K pictures in its time.

    Source: Wang et al., "Temporal segment networks" (2016); for events Bilkhu and Ayyubi (2018).
    Departures: the first convolution of pictures is summed for one channel, where the paper takes the mean (the norm
    behind it, which learns, undoes the difference); the learning rate does not fall in steps; crops are squeezed to
    squares; one crop is the whole frame.
    """

    def train(
        self, x: Any, y: Labels, classes: Classes, *, seed: int, resume: Checkpoint | None = None
    ) -> Iterator[Checkpoint]:
        """Yield a checkpoint after every epoch; tensors have the backbone's names behind `events.backbone.`, say.

        Raises:
            HeadError: Shots with fewer frames than segments.
            ModelError, OptionError: As `load_backbone`.
        """
        return learned(self, x, y, len(classes), seed, resume)

    def logits(self, state: State, x: Any, classes: Classes) -> Logits:
        """Return the consensus of the segments (n, c); of two inputs, the logarithm of the mean probability."""
        return answered(self, state, x, len(classes), agreed=True)

    def timestep_logits(self, state: State, x: Any, classes: Classes) -> TimestepLogits:
        """Return what the frame of each segment says by itself (n, t, c)."""
        return answered(self, state, x, len(classes), agreed=False)
