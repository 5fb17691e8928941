"""Names alone: the cosine between frames and texts, weighed over timesteps; the weights may be fitted on shots."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from neuroclip_adapters import fit_simplex_weights, weighted_sum
from torch import Tensor

from neuroclip.classes import Classes
from neuroclip.errors import OptionError
from neuroclip.heads import State, item_count
from neuroclip.representations import EventsPerTimestep, Joint, Representation, valid_timesteps
from neuroclip.shapes import Labels, Logits, TimestepLogits, Timesteps
from neuroclip_plugins.choosing import choose
from neuroclip_plugins.timesteps import TimestepHead

PRIORS = (math.inf, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.0)
"""Tried from even weights downwards."""

DEFAULT_PRIOR = 1.0


@dataclass(frozen=True, kw_only=True)
class ZeroShot(TimestepHead):
    """softmax(scale * sum_t alpha_t W f_t): works from class names alone.

    f_t is the unit embedding of timestep t, W the unit text features of the classes, and alpha sums to 1.

    Attributes:
        alpha: `"uniform"`, `"events"` (by the number of events in each timestep; an empty recording is uniform), one
            weight per timestep, or `"fitted"`: the weights with the smallest cross-entropy on the shots, which
            without shots are uniform.
        prior: For `"fitted"`: how strongly the weights are pulled towards uniform ones, 0 or more, as in
            `neuroclip_adapters.fit_simplex_weights`; 0 is the cross-entropy alone. None: chosen by cross-validation on
            the shots, uniform weights among the candidates; 1 where a class has a single shot.

    Source: NeuroCLIP (Guo et al.), equation of the zero-shot classifier. There alpha is 1 for every timestep and the
    published code divides by the square root of T, so that its probabilities are sharper; the order of the classes
    is the same. Weights searched for on test recordings, as published, are not offered: `"fitted"` is the smallest
    value of a convex function of the shots, in place of a grid of 4^10 weights tried on test.
    """

    min_shots: ClassVar[int] = 0

    alpha: Literal["uniform", "events", "fitted"] | tuple[float, ...] = "uniform"
    prior: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.split == "window" and (isinstance(self.alpha, tuple) or self.alpha == "fitted"):
            raise OptionError(
                "alpha with a weight per timestep needs a fixed number of timesteps, not split='window'"
            )
        if self.prior is not None and not 0 <= self.prior < math.inf:
            raise OptionError(f"prior is {self.prior}; it can be 0 or more")
        if isinstance(self.alpha, tuple):
            if len(self.alpha) != self.steps:
                raise OptionError(
                    f"alpha has {len(self.alpha)} weights, but there are {self.steps} timesteps"
                )
            if not all(math.isfinite(a) and a >= 0 for a in self.alpha) or not sum(self.alpha) > 0:
                raise OptionError(f"alpha is {self.alpha}; weights are not negative, and one is above 0")

    @property
    def representation(self) -> Representation:
        """Unit embeddings of the frames, with the number of events of each where they are the weights."""
        if self.alpha != "events":
            return self.timesteps()
        return Joint(clip=self.timesteps(), events=EventsPerTimestep(self.steps, self.split, self.window_us))

    def fit(self, x: Any, y: Labels, classes: Classes, *, seed: int) -> State:
        """Learn nothing, or the weights where they are to be fitted."""
        if self.alpha != "fitted":
            return {}
        if not item_count(x):
            return {"alpha": torch.full((self.steps,), 1 / self.steps)}
        scores = self.timestep_logits({}, x, classes)
        return {"alpha": fit_simplex_weights(scores, y, prior=self._prior(scores, y, seed)).float()}

    def logits(self, state: State, x: Any, classes: Classes) -> Logits:
        """Return scale times the weighted mean of the cosines (n, c)."""
        timesteps = _timesteps(x)
        return weighted_sum(
            self.timestep_logits(state, x, classes), self._weights(state, x), valid_timesteps(timesteps)
        )

    def timestep_logits(self, state: State, x: Any, classes: Classes) -> TimestepLogits:
        """Return scale times the cosines of every timestep (n, t, c)."""
        return classes.scale * _timesteps(x).float() @ classes.features.T

    def _weights(self, state: State, x: Any) -> Tensor:
        if isinstance(self.alpha, tuple):
            return torch.tensor(self.alpha)
        if self.alpha == "fitted":
            return state["alpha"]
        return x["events"] if self.alpha == "events" else torch.ones(_timesteps(x).shape[1])

    def _prior(self, scores: TimestepLogits, y: Labels, seed: int) -> float:
        """Return the prior: given, chosen on the shots, or one that is safe for a single shot."""
        if self.prior is not None:
            return self.prior

        def answers(training: Tensor, validation: Tensor) -> Tensor:
            fits = [fit_simplex_weights(scores[training], y[training], prior=p).float() for p in PRIORS]
            return torch.stack([weighted_sum(scores[validation], weights) for weights in fits])

        best = choose(answers, y, seed)
        return DEFAULT_PRIOR if best is None else PRIORS[best]


def _timesteps(x: Any) -> Timesteps:
    return x["clip"] if isinstance(x, Mapping) else x
