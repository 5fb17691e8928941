"""Nearest class mean: what the simplest head makes of shots."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn.functional import normalize

from neuroclip.classes import Classes
from neuroclip.heads import State
from neuroclip.shapes import Labels, Logits, TimestepLogits, Timesteps
from neuroclip_plugins.choosing import mean_embeddings
from neuroclip_plugins.timesteps import TimestepHead


@dataclass(frozen=True, kw_only=True)
class Prototype(TimestepHead):
    """The cosine between a recording's mean embedding and the mean of those of each class, times the model's scale.

    Every recording is a unit vector before the class mean is taken, so that none counts more than another. Nothing is
    chosen, and no text is read.

    Source: Snell et al. 2017, "Prototypical networks for few-shot learning", with a frozen encoder and the cosine in
    place of the squared distance; Rocchio's classifier before that.
    """

    def fit(self, x: Timesteps, y: Labels, classes: Classes, *, seed: int) -> State:
        """Average the shots of each class."""
        shots = normalize(mean_embeddings(x), dim=-1)
        means = torch.stack([shots[y == c].mean(0) for c in range(len(classes))])
        return {"prototypes": normalize(means, dim=-1)}

    def logits(self, state: State, x: Timesteps, classes: Classes) -> Logits:
        """Return scale times the cosines (n, c)."""
        return classes.scale * normalize(mean_embeddings(x), dim=-1) @ state["prototypes"].T

    def timestep_logits(self, state: State, x: Timesteps, classes: Classes) -> TimestepLogits:
        """Return scale times the cosines of every timestep by itself (n, t, c)."""
        return classes.scale * x.float() @ state["prototypes"].T
