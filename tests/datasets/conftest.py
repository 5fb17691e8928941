"""Small sets of made-up recordings on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest


def atis_bytes(seed: int, largest: int = 33, events: int = 20) -> bytes:
    """Bytes of a `.bin` file as N-MNIST has them; each seed gives others. One event is at (largest, largest)."""
    random = np.random.default_rng(seed)
    words = np.zeros(events, [("x", "u1"), ("y", "u1"), ("high", "u1"), ("low", ">u2")])
    words["x"], words["y"] = random.integers(0, largest + 1, (2, events))
    words["x"][0] = words["y"][0] = largest
    words["high"] = random.integers(0, 2, events) << 7
    words["low"] = np.sort(random.integers(0, 60_000, events))
    return words.tobytes()


@pytest.fixture
def put(tmp_path: Path) -> Callable[..., Path]:
    """Write recordings below a folder: `put("Train/a/1.bin", "b/2.bin", largest=33)` returns the folder."""
    made = 0

    def write(*names: str, largest: int = 33, to: Path | None = None) -> Path:
        nonlocal made
        for name in names:
            path = (to or tmp_path / "set") / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(atis_bytes(made, largest))
            made += 1
        return to or tmp_path / "set"

    return write


@pytest.fixture
def numbered() -> Callable[..., list[str]]:
    """`numbered("ab", 3)`: the names a/0.bin to b/2.bin."""

    def names(classes: Iterable[str], number: int, folder: str = "") -> list[str]:
        return [f"{folder}{c}/{i:03}.bin" for c in classes for i in range(number)]

    return names
