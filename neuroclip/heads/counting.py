"""Counting multiply-accumulates, of which none may hide."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import torch
from torch.utils.flop_counter import FlopCounterMode


@contextmanager
def counted() -> Generator[FlopCounterMode]:
    """Count the floating-point operations of what is computed inside; two are one multiply-accumulate.

    Attention is taken apart meanwhile: without gradients torch computes it in one fused step, which no counter sees.
    """
    fused = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with FlopCounterMode(display=False) as counter:
            yield counter
    finally:
        torch.backends.mha.set_fastpath_enabled(fused)
