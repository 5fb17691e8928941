"""NumPy files: `.npy` with a structured array or a table [N, 4], `.npz` with either or an array a column."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neuroclip.errors import RecordingError
from neuroclip.formats.columns import find_columns, named_events, ordered_events
from neuroclip.formats.format import Decoded, Format
from neuroclip.shapes import Events

Array = NDArray[Any]

NPY, ZIP = b"\x93NUMPY", b"PK"


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
        return head.startswith(NPY) or (head.startswith(ZIP) and b".npy" in head[:256])

    def decode(self, path: Path) -> Decoded:
        """Read the arrays."""
        arrays = _load(path)
        size = None
        if "width" in arrays and "height" in arrays:
            size = (_whole("width", arrays.pop("width")), _whole("height", arrays.pop("height")))
        where = find_columns(list(arrays))
        if where is not None:
            return Decoded(named_events(arrays, where), size)
        if "events" not in arrays and len(arrays) != 1:
            raise RecordingError(
                f"its arrays are {', '.join(arrays) or 'none'}; expected t, x, y and p, or events"
            )
        return Decoded(_array_events(arrays.get("events", next(iter(arrays.values())))), size)


def _load(path: Path) -> dict[str, Array]:
    with path.open("rb") as file:
        if not file.read(len(NPY)).startswith((NPY, ZIP)):
            raise RecordingError("it is no NumPy file: neither .npy nor .npz begins like this")
    try:
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return {"events": loaded}
        with loaded:
            return {name: loaded[name] for name in loaded.files}
    except OSError:
        raise
    except Exception as error:  # a damaged file makes numpy, zipfile, zlib and tokenize raise almost anything
        if "allow_pickle" in str(error):
            raise RecordingError(
                "it holds Python objects, which are never unpickled: save plain arrays"
            ) from error
        why = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        raise RecordingError(f"the NumPy file is damaged or cut off ({why})") from error


def _whole(name: str, value: Array) -> int:
    if value.size != 1 or value.dtype.kind not in "iu":
        raise RecordingError(f"its {name} is no number of pixels")
    return int(value.item())


def _array_events(array: Array) -> Events:
    if array.dtype.names is None:
        return ordered_events(array)
    where = find_columns(array.dtype.names)
    if where is None:
        raise RecordingError(f"its fields are {', '.join(array.dtype.names)}; expected t, x, y and p")
    return named_events({name: array[name] for name in array.dtype.names}, where)
