"""Choosing on the shots: cross-validation without a look at the test recordings."""

from __future__ import annotations

import torch
from torch import Tensor

from neuroclip.errors import OptionError
from neuroclip.shapes import Labels


def folds(y: Labels, seed: int, k: int = 5) -> list[tuple[Tensor, Tensor]]:
    """Cut shots into (training, validation) positions, each class spread evenly over the folds.

    Every shot is in exactly one validation part, and every class in every training part. There are at most `k` folds,
    and no more than the rarest class has shots; where a class has a single shot nothing can be chosen this way, and
    the list is empty. Equal arguments give equal folds.

    Raises:
        OptionError: k is below 2.
    """
    if k < 2:
        raise OptionError(f"k is {k}; cross-validation needs at least 2 folds")
    shots = [torch.nonzero(y == c).flatten() for c in y.unique()]
    k = min([k, *(len(s) for s in shots)]) if shots else 0
    if k < 2:
        return []
    generator = torch.Generator().manual_seed(seed)
    fold = torch.empty(len(y), dtype=torch.long)
    start = 0
    for shot in shots:
        # Each class goes on where the one before it stopped, so that the folds differ by at most one in size.
        fold[shot[torch.randperm(len(shot), generator=generator)]] = (torch.arange(len(shot)) + start) % k
        start += len(shot)
    return [(torch.nonzero(fold != i).flatten(), torch.nonzero(fold == i).flatten()) for i in range(k)]
