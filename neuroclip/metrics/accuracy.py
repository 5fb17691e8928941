"""How right a head was: accuracy with its interval, per class, and whether its probabilities can be believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Int64
from torch import Tensor

from neuroclip.errors import DatasetError
from neuroclip.metrics.significance import wilson_interval
from neuroclip.shapes import Labels, Logits

ECE_BINS = 15


@dataclass(frozen=True, eq=False)
class Metrics:
    """What came of n recordings with known classes.

    Attributes:
        n: How many.
        accuracy: Share whose class has the highest score, 0 to 1.
        accuracy_ci: 95 % interval of it over recordings (Wilson's score interval).
        top5: Share whose class is among the five highest scores; None for five classes or fewer.
        macro_accuracy: Mean of the recalls, so that every class counts the same however many recordings it has.
        ece: Expected calibration error, 0 to 1: see `calibration_error`.
        recall: Per class, the share of its recordings that were named so; None where it has none.
        confusion: How many recordings of each class (row) were named as each class (column), (c, c).
    """

    n: int
    accuracy: float
    accuracy_ci: tuple[float, float]
    top5: float | None
    macro_accuracy: float
    ece: float
    recall: tuple[float | None, ...]
    confusion: Int64[Tensor, "c c"]

    def to_json(self, names: Sequence[str]) -> dict[str, Any]:
        """Return them as `evaluate --json` has them; `names` are those of the classes."""
        return {
            "n": self.n,
            "accuracy": self.accuracy,
            "accuracy_ci": list(self.accuracy_ci),
            "top5": self.top5,
            "macro_accuracy": self.macro_accuracy,
            "ece": self.ece,
            "recall": dict(zip(names, self.recall, strict=True)),
            "confusion": self.confusion.tolist(),
        }


def metrics_of(logits: Logits, y: Labels) -> Metrics:
    """Measure logits (n, c) against the classes y (n).

    Raises:
        DatasetError: There is no recording to measure on.
    """
    n, c = logits.shape
    if not n:
        raise DatasetError("there is no recording to measure on")
    best = logits.argmax(-1)
    confusion = torch.bincount(y * c + best, minlength=c * c).view(c, c)
    counts, hits = confusion.sum(1), confusion.diagonal()
    recall = [int(hit) / int(count) if count else None for hit, count in zip(hits, counts, strict=True)]
    known = [value for value in recall if value is not None]
    right = int(hits.sum())
    top5 = float((logits.topk(5, -1).indices == y[:, None]).any(-1).double().mean()) if c > 5 else None
    return Metrics(
        n=n,
        accuracy=right / n,
        accuracy_ci=wilson_interval(right / n, n),
        top5=top5,
        macro_accuracy=sum(known) / len(known),
        ece=calibration_error(logits, y),
        recall=tuple(recall),
        confusion=confusion,
    )


def calibration_error(logits: Logits, y: Labels, bins: int = ECE_BINS) -> float:
    """Return by how much the highest probability and the accuracy differ, over bins of that probability.

    Source: Guo et al., "On calibration of modern neural networks" (2017), section 2, ECE.
    """
    confidence, best = logits.double().softmax(-1).max(-1)
    gap = (best == y).double() - confidence
    bin_of = (confidence * bins).ceil().long().clamp(1, bins) - 1  # (0, 1/bins], ...
    sums = torch.zeros(bins, dtype=torch.double).index_add_(0, bin_of, gap)
    return float(sums.abs().sum() / len(y))


def mean_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the mean of shares over seeds, and the ends of its 95 % interval (Student's t), which stay within 0 and 1.

    The interval of a single value is that value itself.
    """
    from scipy.stats import t

    mean = sum(values) / len(values)
    if len(values) < 2:
        return mean, mean, mean
    deviation = (sum((value - mean) ** 2 for value in values) / (len(values) - 1)) ** 0.5
    half = float(t.ppf(0.975, len(values) - 1)) * deviation / len(values) ** 0.5
    return mean, max(0.0, mean - half), min(1.0, mean + half)
