"""Logistic regression on embeddings: the rival that every adapter has to beat."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from neuroclip_adapters import Logistic, fit_logistic
from torch import Tensor

from neuroclip.classes import Classes
from neuroclip.errors import OptionError
from neuroclip.heads import State
from neuroclip.shapes import Labels, Logits, Timesteps
from neuroclip_plugins.choosing import choose, mean_embeddings
from neuroclip_plugins.timesteps import TimestepHead

Inputs = Literal["mean", "concatenated"]

STRENGTHS = tuple(10.0 ** (k / 2) for k in range(9))
"""Tried from the most careful upwards: 1 to 10 000."""

DEFAULT_STRENGTHS = {"none": 100.0, "text": 1.0}
_ROUGH = 1e-5


@dataclass(frozen=True, kw_only=True)
class LinearProbe(TimestepHead):
    """L2-penalised logistic regression, on the mean embedding of the timesteps or on all of them side by side.

    Attributes:
        strength: The C of liblinear and scikit-learn: larger trusts the shots more. None: chosen among 1 to 10 000 by
            cross-validation on the shots; where a class has a single shot 100, or with `prior="text"` 1.
        inputs: `"mean"` (d numbers), `"concatenated"` (t * d numbers, which can weigh timesteps; each divided by the
            square root of t, so that both have lengths about 1), or `"chosen"` between them in the same
            cross-validation; the mean where a class has a single shot, or where `split="window"` leaves the number of
            timesteps open.
        prior: `"none"`: weights are penalised for being large, and text is not read. `"text"`: for being far from the
            zero-shot classifier, and there is no bias, so that few shots, or a small strength, change little.

    The loss is convex and solved to convergence, so the seed decides only which shots cross-validation puts together.

    Source: Radford et al. 2021, section 3.2 and appendix A.3 (linear probe of CLIP, L-BFGS); there the strength is
    chosen on a validation set. `prior="text"` is as in Silva-Rodriguez et al. 2024, "A closer look at the few-shot
    adaptation of large vision-language models", with one strength for all classes.
    """

    strength: float | None = None
    inputs: Literal["chosen", "mean", "concatenated"] = "chosen"
    prior: Literal["none", "text"] = "none"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.strength is not None and not 0 < self.strength < math.inf:
            raise OptionError(f"strength is {self.strength}; it must be above 0")
        if self.split == "window" and self.inputs == "concatenated":
            raise OptionError(
                "inputs='concatenated' needs a fixed number of timesteps, not split='window': use inputs='mean'"
            )

    def fit(self, x: Timesteps, y: Labels, classes: Classes, *, seed: int) -> State:
        """Choose the inputs and the strength where they are open, then solve on all shots."""
        ways: tuple[Inputs, ...] = ("mean", "concatenated") if self.inputs == "chosen" else (self.inputs,)
        if self.split == "window" or x.shape[1] == 1:
            ways = ("mean",)
        strengths = STRENGTHS if self.strength is None else (self.strength,)
        read = {way: _read(x, way) for way in ways}
        priors = {way: self._prior(classes, way, x.shape[1]) for way in ways}
        best: int | None = None
        if len(ways) * len(strengths) > 1:

            def answers(training: Tensor, validation: Tensor) -> Tensor:
                tried: list[Tensor] = []
                for way in ways:
                    inputs = read[way]
                    fits = fits_of(inputs[training], y[training], len(classes), strengths, priors[way])
                    tried += [fit.logits(inputs[validation]) for fit in fits]
                return torch.stack(tried)

            best = choose(answers, y, seed)
        way, strength = ways[0], DEFAULT_STRENGTHS[self.prior] if self.strength is None else self.strength
        if best is not None:
            way, strength = ways[best // len(strengths)], strengths[best % len(strengths)]
        solved = fit_logistic(
            read[way], y, len(classes), strength, prior=priors[way], intercept=self.prior == "none"
        )
        return {
            "weight": solved.weight.float(),
            "bias": solved.bias.float(),
            "strength": torch.tensor(strength),
        }

    def logits(self, state: State, x: Timesteps, classes: Classes) -> Logits:
        """Return the linear function of the embeddings (n, c)."""
        # As wide as one timestep: the mean; with one timestep both are the same.
        way: Inputs = "mean" if state["weight"].shape[1] == x.shape[2] else "concatenated"
        return _read(x, way) @ state["weight"].T + state["bias"]

    def _prior(self, classes: Classes, way: Inputs, t: int) -> Tensor | None:
        if self.prior == "none":
            return None
        texts = classes.scale * classes.features
        return texts if way == "mean" else texts.repeat(1, t) / math.sqrt(t)


def _read(x: Timesteps, way: Inputs) -> Tensor:
    if way == "mean":
        return mean_embeddings(x)
    return x.float().flatten(1) / math.sqrt(x.shape[1])


def fits_of(x: Tensor, y: Tensor, c: int, strengths: Sequence[float], prior: Tensor | None) -> list[Logistic]:
    """Fit every strength, each from where the one before ended; only to be compared, so not to the last digit."""
    fits: list[Logistic] = []
    for strength in strengths:
        before = fits[-1] if fits else None
        fits.append(
            fit_logistic(
                x, y, c, strength, prior=prior, intercept=prior is None, start=before, tolerance=_ROUGH
            )
        )
    return fits
