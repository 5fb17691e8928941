"""Whether a difference may be chance: intervals by resampling recordings, and paired tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000
DRAWS = 10_000
FEW = 5
"""With fewer recordings than this that were ever named rightly, or ever wrongly, resampling them says too little."""
_NORMAL = 1.959963984540054  # the quantile 0.975 of the normal distribution
_AT_ONCE = 4_000_000  # numbers that are drawn together
_EXACT = 20_000_000  # multiplications that an exact test may take

Hits = Mapping[int, Mapping[str, bool]]
"""For each seed, whether the recording of each name was named rightly."""


def recordings_interval(hits: Hits) -> tuple[float, float]:
    """Return the 95 % interval of the accuracy, averaged over seeds, for other test recordings of the same kind.

    It is that of `bootstrap_interval`, unless there is little to draw: where all seeds say the same of each recording
    (with one seed always), or fewer than `FEW` recordings were ever named rightly, or ever wrongly, the bootstrap is
    too narrow, and with 20 of 20 it has no width at all. There it is Wilson's interval of the mean accuracy, on as
    many recordings as there are different ones: where they do not weigh the same, on Kish's effective number of them.
    So 20 of 20 are 83.9 to 100 %, however many seeds say so.

    Source: Brown, Cai & DasGupta, "Interval estimation for a binomial proportion" (2001), for Wilson's interval where
    recordings are few; Kish, "Survey sampling" (1965), section 11.7, for the effective number.
    """
    weights: dict[str, float] = {}
    shares: dict[str, float] = {}
    for one in hits.values():
        weight = 1 / (len(hits) * len(one))
        for name, right in one.items():
            weights[name] = weights.get(name, 0.0) + weight
            shares[name] = shares.get(name, 0.0) + weight * right
    said = {name: {one[name] for one in hits.values() if name in one} for name in weights}
    ever = [sum(right in answers for answers in said.values()) for right in (True, False)]
    if max(map(len, said.values())) > 1 and min(ever) >= FEW:
        low, high = bootstrap_interval(hits)
        if low < high:
            return low, high
    n = 1 / sum(weight * weight for weight in weights.values())
    return wilson_interval(min(1.0, sum(shares.values())), n)


def wilson_interval(share: float, n: float | int) -> tuple[float, float]:
    """Return the 95 % interval of a share of n.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference" (1927).
    """
    z2 = _NORMAL**2 / n
    middle = (share + z2 / 2) / (1 + z2)
    half = (z2 * share * (1 - share) + z2 * z2 / 4) ** 0.5 / (1 + z2)
    return min(share, max(0.0, middle - half)), max(share, min(1.0, middle + half))


def bootstrap_interval(hits: Hits, *, seed: int = 0) -> tuple[float, float]:
    """Return the 95 % interval of the accuracy, averaged over seeds, by resampling recordings.

    Recordings are drawn with replacement, `RESAMPLES` times; one that several seeds share is drawn in all of them
    together. Ends are the percentiles 2.5 and 97.5.

    Source: Efron & Tibshirani, "An introduction to the bootstrap" (1993), section 13.3.
    """
    names = sorted(set().union(*hits.values()))
    place = {name: i for i, name in enumerate(names)}
    rows = [([place[name] for name in one], np.array(list(one.values()), float)) for one in hits.values()]
    random = np.random.default_rng(seed)
    n, at_once, means = len(names), max(1, _AT_ONCE // len(names)), list[NDArray[Any]]()
    for start in range(0, RESAMPLES, at_once):
        draws = min(at_once, RESAMPLES - start)
        places = random.integers(0, n, (draws, n)) + n * np.arange(draws)[:, None]
        drawn = np.bincount(places.ravel(), minlength=draws * n).reshape(draws, n)
        with np.errstate(invalid="ignore"):  # none of a seed's recordings may be drawn, if there are few
            means.append(np.stack([drawn[:, mine] @ right / drawn[:, mine].sum(1) for mine, right in rows]))
    averaged = np.concatenate(means, axis=1)
    some = ~np.isnan(averaged).all(0)
    low, high = np.percentile(np.nanmean(averaged[:, some], axis=0), [2.5, 97.5])
    return float(low), float(high)


def paired_test(a: Hits, b: Hits, *, seed: int = 0) -> tuple[float, float]:
    """Return the accuracy of `a` less that of `b`, and how likely so large a difference is if they are as good.

    Both must have the same recordings for each seed. If neither is better, then for each recording the two could
    have changed places, in all seeds together: two-sided sign-flip test on what each recording contributes to the
    difference. All flips are counted; where that would take long, `DRAWS` are drawn. With one seed it is McNemar's
    exact test.

    Source: Fisher, "The design of experiments" (1935), section 21; McNemar, "Note on the sampling error of the
    difference between correlated proportions or percentages" (1947).
    """
    weights = {s: 1 / (len(a) * len(a[s])) for s in a}
    difference = sum(weights[s] * (int(a[s][name]) - int(b[s][name])) for s in a for name in a[s])
    if len(set(weights.values())) > 1:
        by_name: dict[str, float] = {}
        for s, weight in weights.items():
            for name in a[s]:
                by_name[name] = by_name.get(name, 0.0) + weight * (int(a[s][name]) - int(b[s][name]))
        return difference, _drawn(np.array([value for value in by_name.values() if value]), seed)
    # Each seed has as many recordings, so that contributions are whole multiples of one weight.
    counts: dict[str, int] = {}
    for s in a:
        for name in a[s]:
            counts[name] = counts.get(name, 0) + int(a[s][name]) - int(b[s][name])
    signed = np.array([count for count in counts.values() if count], np.int64)
    sizes = np.bincount(np.abs(signed)) if len(signed) else np.zeros(0, np.int64)
    if sum(int(k) * i for i, k in enumerate(sizes)) ** 2 <= _EXACT:
        return difference, _counted(sizes, abs(int(signed.sum())))
    return difference, _drawn(signed.astype(float), seed)


def _counted(sizes: NDArray[Any], observed: int) -> float:
    """Return the share of all flips whose sum is at least `observed` from 0; `sizes[v]` contributions are v or -v."""
    from scipy.stats import binom

    # Place i of `chance` is the sum i - reach: each size adds v (2 m - k), m of k being binomial.
    chance, reach = np.ones(1), 0
    for v, k in enumerate(sizes):
        if v and k:
            spread = np.zeros(2 * v * k + 1)
            spread[:: 2 * v] = binom.pmf(np.arange(k + 1), k, 0.5)
            chance, reach = np.convolve(chance, spread), reach + v * int(k)
    sums = np.arange(-reach, reach + 1)
    return float(min(1.0, chance[np.abs(sums) >= observed].sum()))


def _drawn(contributions: NDArray[Any], seed: int) -> float:
    if not len(contributions):
        return 1.0
    random = np.random.default_rng(seed)
    observed, reached, at_once = abs(contributions.sum()), 0, max(1, _AT_ONCE // len(contributions))
    for start in range(0, DRAWS, at_once):
        signs = random.integers(0, 2, (min(at_once, DRAWS - start), len(contributions))) * 2 - 1
        reached += int((np.abs(signs @ contributions) >= observed * (1 - 1e-9)).sum())
    return (1 + reached) / (1 + DRAWS)


def holm(p: Sequence[float]) -> list[float]:
    """Correct p-values of several tests, so that one of them is below 0.05 by chance at most once in 20 families.

    Source: Holm, "A simple sequentially rejective multiple test procedure" (1979).
    """
    corrected, largest = [0.0] * len(p), 0.0
    for rank, i in enumerate(sorted(range(len(p)), key=lambda i: p[i])):
        largest = max(largest, min(1.0, (len(p) - rank) * p[i]))
        corrected[i] = largest
    return corrected
