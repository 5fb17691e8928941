"""A cache of labelled keys that is asked by similarity."""

from __future__ import annotations

import torch
from torch import Tensor


def cache_logits(
    queries: Tensor, keys: Tensor, values: Tensor, sharpness: float, *, hidden: Tensor | None = None
) -> Tensor:
    """Return sum_k exp(-sharpness (1 - q . key_k)) value_k, (n, c) for unit queries (n, d).

    `keys` (k, d) and `values` (k, c), for example the one-hot class of each key. Where `hidden` (n, k) is True the key
    counts for nothing for this query.

    Source: Zhang et al. 2022, "Tip-Adapter", equations 4 and 5.
    """
    affinity = torch.exp(sharpness * (queries @ keys.T - 1))
    if hidden is not None:
        affinity = affinity.masked_fill(hidden, 0)
    return affinity @ values
