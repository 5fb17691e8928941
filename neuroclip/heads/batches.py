"""Minibatches of what a bank hands over: a tensor, or a mapping of tensors with one first axis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

Batch = Any
"""A tensor (n, ...), or for a `Joint` a mapping of such batches."""


def item_count(x: Batch) -> int:
    """Return n, the number of recordings."""
    return item_count(next(iter(x.values()))) if isinstance(x, Mapping) else len(x)


def take(x: Batch, index: Tensor | slice) -> Batch:
    """Return the recordings at `index`, a slice or positions (k,); nothing else is read from disk.

    Positions give a copy.
    """
    return {name: take(part, index) for name, part in x.items()} if isinstance(x, Mapping) else x[index]


def minibatches(
    x: Batch, size: int, *, generator: torch.Generator | None = None
) -> Iterator[tuple[Tensor, Batch]]:
    """Yield positions, int64 (size,), and the recordings at these; every recording once, the rest in the last batch.

    In the order of `x`, or shuffled where a generator is given.
    """
    n = item_count(x)
    order = torch.arange(n) if generator is None else torch.randperm(n, generator=generator)
    for index in order.split(size):
        yield index, take(x, index)
