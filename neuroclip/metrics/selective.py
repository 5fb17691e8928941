"""What a probability is worth: whether it is right as often as it says, and what is won by not answering."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from neuroclip.metrics.accuracy import ECE_BINS
from neuroclip.shapes import Labels, Logits

_POINTS = 100


@dataclass(frozen=True)
class Selective:
    """How right a head is on what it is most sure of, the rest being answered "none of these".

    Attributes:
        coverage: Shares of the recordings that are answered, ascending to 1; at most 100 of them.
        accuracy: Share of the answered recordings that are right, for each coverage.
        aurc: Area under the curve of risk (1 - accuracy) over coverage: the mean of it over all coverages 1/n, ...,
            n/n. 0 is best.
    """

    coverage: tuple[float, ...]
    accuracy: tuple[float, ...]
    aurc: float

    def to_json(self) -> dict[str, Any]:
        """Return it as the document has it."""
        return {"coverage": list(self.coverage), "accuracy": list(self.accuracy), "aurc": self.aurc}


def selective_of(logits: Logits, y: Labels) -> Selective:
    """Answer the recordings in the order of the highest probability, and see how many are right.

    Of recordings with the same probability none comes first: each counts as their mean.

    Source: Geifman & El-Yaniv, "Selective classification for deep neural networks" (2017), section 2; the area as in
    their "Bias-reduced uncertainty estimation for deep classifiers" (2019), section 3.
    """
    confidence, right = _confidence(logits, y)
    order = confidence.argsort(descending=True)
    _, group, counts = confidence[order].unique_consecutive(return_inverse=True, return_counts=True)
    shared = torch.zeros(len(counts), dtype=torch.double).index_add_(0, group, right[order]) / counts
    n = len(y)
    accuracy = shared[group].cumsum(0) / torch.arange(1, n + 1)
    shown = sorted({round((i + 1) * n / min(n, _POINTS)) for i in range(min(n, _POINTS))})
    return Selective(
        coverage=tuple(k / n for k in shown),
        accuracy=tuple(min(1.0, float(accuracy[k - 1])) for k in shown),
        aurc=float((1 - accuracy).clamp(min=0).mean()),
    )


def reliability_of(logits: Logits, y: Labels, bins: int = ECE_BINS) -> list[dict[str, Any]]:
    """Return the bins of the calibration error that hold recordings: mean highest probability, and accuracy."""
    confidence, right = _confidence(logits, y)
    place = (confidence * bins).ceil().long().clamp(1, bins) - 1  # as `calibration_error` has it
    found: list[dict[str, Any]] = []
    for i in sorted(set(place.tolist())):
        inside = place == i
        found.append(
            {
                "low": i / bins,
                "high": (i + 1) / bins,
                "n": int(inside.sum()),
                "confidence": float(confidence[inside].mean()),
                "accuracy": float(right[inside].mean()),
            }
        )
    return found


def _confidence(logits: Logits, y: Labels) -> tuple[Tensor, Tensor]:
    """Return the highest probability, and 1 where its class is right, float64 (n)."""
    confidence, best = logits.double().softmax(-1).max(-1)
    return confidence, (best == y).double()
