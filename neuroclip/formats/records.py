"""Records of one size, one after the other: what most recording files consist of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from neuroclip.errors import RecordingError
from neuroclip.formats.format import PIECE_EVENTS


def read_records(path: Path, start: int, dtype: DTypeLike) -> Iterator[NDArray[Any]]:
    """Read the records from byte `start` to the end of a file, `PIECE_EVENTS` at a time.

    Raises:
        RecordingError: After the last whole record, where bytes are left over.
    """
    kind = np.dtype(dtype)
    with path.open("rb") as file:
        file.seek(start)
        while block := file.read(PIECE_EVENTS * kind.itemsize):
            whole = len(block) // kind.itemsize
            if whole:
                yield np.frombuffer(block, kind, whole)
            if left := len(block) - whole * kind.itemsize:
                size = path.stat().st_size
                raise RecordingError(
                    f"it has {size} bytes, and {kind.itemsize} a record leave {left} over (from byte {size - left} "
                    "on): it was cut off, or is of another format"
                )
