"""Differences of what several seeds gave, which every benchmark that has seeds prints."""

from collections.abc import Sequence

from neuroclip.metrics import mean_interval


def difference(more: Sequence[float], less: Sequence[float]) -> tuple[float, float, float]:
    """Return the mean difference of two lists of shares, paired by seed, and its 95 % interval (Student's t)."""
    # mean_interval takes shares: into 0 to 1, and back.
    mean, low, high = mean_interval([0.5 + (a - b) / 2 for a, b in zip(more, less, strict=True)])
    return 2 * mean - 1, 2 * low - 1, 2 * high - 1


def points(more: Sequence[float], less: Sequence[float]) -> str:
    """Say it in points: `+5.8 (+3.1 to +8.5)`."""
    mean, low, high = (100 * value for value in difference(more, less))
    return f"{mean:+.1f} ({low:+.1f} to {high:+.1f})"
