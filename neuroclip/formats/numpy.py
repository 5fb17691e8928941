"""NumPy files: `.npy` with a structured array or a table [N, 4], `.npz` with either or an array a column."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neuroclip.errors import RecordingError
from neuroclip.formats.columns import find_columns, named_events, ordered_events
from neuroclip.formats.format import Decoded, Format
from neuroclip.shapes import Events

Array = NDArray[Any]


class Numpy(Format):
    """`.npz` and `.npy`.

    Columns are found by their names (t, x, y, p and the usual others; `width` and `height` beside them give
    the size); a table without names is t, x, y, p, or x, y, t, p. Times with fractions are seconds, others
    microseconds. Nothing is unpickled.
    """

    name: ClassVar[str] = "numpy"
    suffixes: ClassVar[tuple[str, ...]] = (".npz", ".npy")
    description: ClassVar[str] = "NumPy arrays: structured, N x 4, or one array a column"

    def detect(self, path: Path, head: bytes) -> bool:
        """Know the magic bytes: of `.npy`, or of a zip file whose first member is one."""
        return head.startswith(b"\x93NUMPY") or (head.startswith(b"PK\x03\x04") and b".npy" in head[:256])

    def decode(self, path: Path) -> Decoded:
        """Read the arrays; those that hold no events are left alone."""
        try:
            loaded = np.load(path, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                return Decoded(_array_events(loaded))
            with loaded:
                return _archive(loaded)
        except (
            ValueError,
            EOFError,
            zipfile.BadZipFile,
            zlib.error,
            KeyError,
            NotImplementedError,
            MemoryError,
        ) as error:
            raise RecordingError(_why(error)) from error


def _archive(arrays: np.lib.npyio.NpzFile) -> Decoded:
    size = None
    if "width" in arrays and "height" in arrays:
        size = (int(arrays["width"]), int(arrays["height"]))
    where = find_columns(arrays.files)
    if where is not None:
        columns = {name: arrays[name] for name, _ in where.values()}
        return Decoded(named_events(columns, where), size)
    if "events" in arrays:
        return Decoded(_array_events(arrays["events"]), size)
    rest = [name for name in arrays.files if name not in ("width", "height")]
    if len(rest) != 1:
        raise RecordingError(f"its arrays are {', '.join(rest) or 'none'}; expected t, x, y and p, or events")
    return Decoded(_array_events(arrays[rest[0]]), size)


def _array_events(array: Array) -> Events:
    if array.dtype.names is None:
        return ordered_events(array)
    where = find_columns(array.dtype.names)
    if where is None:
        raise RecordingError(f"its fields are {', '.join(array.dtype.names)}; expected t, x, y and p")
    return named_events({name: array[name] for name in array.dtype.names}, where)


def _why(error: Exception) -> str:
    if "pickle" in str(error).lower() and "allow_pickle" in str(error):
        return "it holds Python objects, never unpickled: save plain arrays (or it is no NumPy file)"
    return f"the NumPy file is damaged or cut off ({str(error).rstrip('.') or type(error).__name__})"
