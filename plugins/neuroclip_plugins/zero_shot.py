"""Names alone: the cosine between frames and texts, weighed over timesteps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from neuroclip_adapters import weighted_sum
from torch import Tensor

from neuroclip.classes import Classes
from neuroclip.errors import OptionError
from neuroclip.heads import Head, State
from neuroclip.representations import (
    ClipTimesteps,
    EventsPerTimestep,
    Joint,
    Representation,
    valid_timesteps,
)
from neuroclip.shapes import Labels, Logits, TimestepLogits, Timesteps


@dataclass(frozen=True, kw_only=True)
class ZeroShot(Head):
    """softmax(scale * sum_t alpha_t W f_t): works from class names alone.

    f_t is the unit embedding of timestep t, W the unit text features of the classes, and alpha sums to 1.

    Attributes:
        steps, split, polarity, min_count, window_us: The frames, as in `neuroclip.frames`.
        resize, normalize: From frame to model input, as in `ClipTimesteps`: by default the model's own preprocessing;
            `normalize="half"` is the published one.
        alpha: `"uniform"`, `"events"` (by the number of events in each timestep; an empty recording is uniform), or one
            weight per timestep.

    Source: NeuroCLIP (Guo et al.), equation of the zero-shot classifier. There alpha is 1 for every timestep and the
    published code divides by the square root of T, so that its probabilities are sharper; the order of the classes
    is the same. Weights searched for on test recordings, as published, are not offered.
    """

    min_shots: ClassVar[int] = 0

    steps: int = 10
    split: Literal["events", "time", "window"] = "events"
    polarity: Literal["paper", "reference-code"] = "paper"
    min_count: int = 1
    window_us: int | None = None
    resize: Literal["model", "painted", "bicubic", "area"] = "model"
    normalize: Literal["clip", "half"] = "clip"
    alpha: Literal["uniform", "events"] | tuple[float, ...] = "uniform"

    def __post_init__(self) -> None:
        if isinstance(self.alpha, tuple):
            if self.split == "window":
                raise OptionError(
                    "alpha with a weight per timestep needs a fixed number of timesteps, not split='window'"
                )
            if len(self.alpha) != self.steps:
                raise OptionError(
                    f"alpha has {len(self.alpha)} weights, but there are {self.steps} timesteps"
                )
            if not all(math.isfinite(a) and a >= 0 for a in self.alpha) or not sum(self.alpha) > 0:
                raise OptionError(f"alpha is {self.alpha}; weights are not negative, and one is above 0")
        _ = self.representation  # checks the options of the frames

    @property
    def representation(self) -> Representation:
        """Unit embeddings of the frames, with the number of events of each where they are the weights."""
        clip = ClipTimesteps(
            self.steps, self.split, self.polarity, self.min_count, self.window_us, self.resize, self.normalize
        )
        if self.alpha != "events":
            return clip
        return Joint(clip=clip, events=EventsPerTimestep(self.steps, self.split, self.window_us))

    def fit(self, x: Any, y: Labels, classes: Classes, *, seed: int) -> State:
        """Learn nothing."""
        return {}

    def logits(self, state: State, x: Any, classes: Classes) -> Logits:
        """Return scale times the weighted mean of the cosines (n, c)."""
        timesteps = _timesteps(x)
        return weighted_sum(
            self.timestep_logits(state, x, classes), self._weights(x), valid_timesteps(timesteps)
        )

    def timestep_logits(self, state: State, x: Any, classes: Classes) -> TimestepLogits:
        """Return scale times the cosines of every timestep (n, t, c)."""
        return classes.scale * _timesteps(x).float() @ classes.features.T

    def _weights(self, x: Any) -> Tensor:
        if isinstance(self.alpha, tuple):
            return torch.tensor(self.alpha)
        return x["events"] if self.alpha == "events" else torch.ones(_timesteps(x).shape[1])


def _timesteps(x: Any) -> Timesteps:
    return x["clip"] if isinstance(x, Mapping) else x
