"""What the files of Prophesee's cameras share: lines of text before the words, and counters that go round."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Columns = tuple[NDArray[np.int64], NDArray[np.uint16], NDArray[np.uint16], NDArray[np.bool_]]
"""Times in microseconds, x, y, and True for ON."""


def carry(last: int, values: NDArray[np.int64], bits: int) -> NDArray[np.int64]:
    """Carry a counter of so many bits on over its rounds; `last` is where it stands, negative at the beginning.

    Only a step back by more than half of the range is a round: one flipped bit makes none.
    """
    mask = (1 << bits) - 1
    before = values[:1] if last < 0 else np.array([last & mask])
    rounds = np.cumsum(np.diff(values, prepend=before) < -(1 << bits - 1))
    return values + ((rounds + max(last >> bits, 0)) << bits)


def types_but(*known: int) -> NDArray[np.bool_]:
    """Return a table of the 16 types of words: True for all but these."""
    return ~np.isin(np.arange(16), known)


def first_unknown(kinds: NDArray[Any], unknown: NDArray[np.bool_]) -> int:
    """Return where the first of an unknown type is, or how many there are where none is."""
    bad = unknown[kinds]
    return int(np.argmax(bad)) if bad.any() else len(bad)
