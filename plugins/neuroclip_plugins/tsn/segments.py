"""Segments of a recording: which frames stand for them, and how what they say becomes one answer."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor, nn

Consensus = Literal["average", "max", "learned"]
CONSENSUS = get_args(Consensus)

Positions = Int[Tensor, "n k"]


def snippets(n: int, frames: int, segments: int, generator: Generator) -> Positions:
    """Draw a frame of each segment for n shots: segments are equal parts of the frames, as far as whole frames go."""
    starts = torch.arange(segments + 1) * frames // segments
    drawn = torch.rand(n, segments, generator=generator, dtype=torch.float64)
    return starts[:-1] + (drawn * starts.diff()).long()


def middles(frames: int, segments: int) -> Int[Tensor, " k"]:
    """Return the frames in the middles of the segments: all of them where there are as many."""
    return (2 * torch.arange(segments) + 1) * frames // (2 * segments)


class SegmentNetwork(nn.Module):
    """One backbone and one classifier for all segments, and their consensus.

    Args:
        backbone: From pictures to features.
        features: How many.
        classes: How many logits.
        segments: How many a shot has while it learns: a learned consensus has a weight for each.
        consensus: Of the logits of the segments: their `average`, the `max` of each class, or an average with `learned`
            weights, which are positive, have the sum 1, and begin equal. With more segments than were learned from,
            each has the weight of the one in whose time it lies, divided by how many share it.
        dropout: Share of the features that is dropped in training.

    Source: Wang et al., "Temporal segment networks" (2016), section 3.1, where the consensus comes before softmax.
    """

    def __init__(
        self,
        backbone: nn.Module,
        features: int,
        classes: int,
        *,
        segments: int,
        consensus: str,
        dropout: float,
    ) -> None:
        super().__init__()
        self.consensus, self.dropout = consensus, dropout
        self.backbone, self.classifier = backbone, nn.Linear(features, classes)
        if consensus == "learned":
            self.shares = nn.Parameter(torch.zeros(segments))

    def forward(
        self, pictures: Float[Tensor, "m channels h w"], generator: Generator | None = None
    ) -> Float[Tensor, "m c"]:
        """Return the logits of single pictures; `generator` draws what is dropped in training."""
        features = self.backbone(pictures)
        if self.training and generator is not None and self.dropout:
            kept = torch.rand(features.shape, generator=generator).to(features.device) >= self.dropout
            features = features * kept / (1 - self.dropout)
        return self.classifier(features)

    def agreed(self, logits: Float[Tensor, "n k c"]) -> Float[Tensor, "n c"]:
        """Return the consensus of segments in the order of time."""
        if self.consensus == "average":
            return logits.mean(1)
        if self.consensus == "max":
            return logits.amax(1)
        lies_in = middles(len(self.shares), logits.shape[1]).to(logits.device)
        shares = self.shares.softmax(0)[lies_in] / lies_in.bincount()[lies_in]
        return (shares[:, None] * logits).sum(1) / shares.sum()

    def freeze_norms(self) -> None:
        """Let no batch norm but the first learn, or see the batch (partial batch norm).

        Source: Wang et al. (2016), section 3.2. Called after `train()`, which undoes it.
        """
        for norm in self._norms()[1:]:
            norm.eval().requires_grad_(False)

    def count_anew(self) -> None:
        """Make batch norms that see the batch forget what they remember, and give all batches from now on one weight.

        Source: Wu and Johnson, "Rethinking 'batch' in BatchNorm" (2021), section 3.
        """
        for norm in self._norms():
            if norm.training:
                norm.reset_running_stats()
                norm.momentum = None

    def _norms(self) -> list[nn.BatchNorm1d | nn.BatchNorm2d]:
        # Of one axis, too, as LeViT has them behind its dense layers.
        return [m for m in self.backbone.modules() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)]


def initialise_classifier(network: SegmentNetwork, generator: Generator) -> None:
    """Draw the classifier, normal and of deviation 0.001 as published; biases are 0, and all segments equal."""
    with torch.no_grad():
        weight = network.classifier.weight
        weight.copy_(torch.randn(weight.shape, generator=generator) * 0.001)
        network.classifier.bias.zero_()
        if network.consensus == "learned":
            network.shares.zero_()
