"""What a head says must be numbers."""

from __future__ import annotations

import torch

from neuroclip.errors import HeadError
from neuroclip.shapes import Logits


def finite(logits: Logits, head: str) -> Logits:
    """Return scores (n, c), all of which are finite; `head` is what to call the head otherwise.

    Raises:
        HeadError: One is infinite, or not a number.
    """
    if not torch.isfinite(logits).all():
        raise HeadError(
            f"{head} gives scores that are no numbers: is one of its options extreme, or what it learned damaged?"
        )
    return logits
