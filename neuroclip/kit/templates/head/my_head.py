"""my-head: a head for NeuroCLIP."""

from dataclasses import dataclass

import torch
from neuroclip.heads import Head
from neuroclip.representations import ClipTimesteps


@dataclass(frozen=True, kw_only=True)
class MyHead(Head):
    """The nearest class mean of the CLIP embeddings, averaged over time."""

    steps: int = 10

    @property
    def representation(self):
        return ClipTimesteps(self.steps)

    def fit(self, x, y, classes, *, seed):
        means = [x[y == c].mean((0, 1)) for c in range(len(classes))]
        return {"means": torch.nn.functional.normalize(torch.stack(means), dim=-1)}

    def logits(self, state, x, classes):
        return classes.scale * x.mean(1) @ state["means"].T
