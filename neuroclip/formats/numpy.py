"""NumPy files: `.npy` with a structured array or a table [N, 4], `.npz` with either or an array a column."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from io import BufferedIOBase
from pathlib import Path
from typing import Any, ClassVar, cast

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from neuroclip.errors import RecordingError
from neuroclip.formats.columns import Layout, find_columns, good_events, layout_of, unit_of
from neuroclip.formats.format import PIECE_EVENTS, Format, Piece
from neuroclip.recording import Recording, make_events
from neuroclip.shapes import Events

Array = NDArray[Any]

NPY, ZIP = b"\x93NUMPY", b"PK"
_MOST_INFLATED = 20
_FIELDS = np.dtype([("t", "<i8"), ("x", "<u2"), ("y", "<u2"), ("p", "u1")])


class Numpy(Format):
    """`.npz` and `.npy`.

    Columns are found by their names (t, x, y, p and the usual others; `width` and `height` beside them give
    the size); a table without names is t, x, y, p, or x, y, t, p or x, y, p, t where only that makes sense; `pos`
    and `neg` are the tables of ES-ImageNet. Times with fractions are seconds, others microseconds, as the first
    piece has them. Nothing is unpickled.
    """

    name: ClassVar[str] = "numpy"
    suffixes: ClassVar[tuple[str, ...]] = (".npz", ".npy")
    description: ClassVar[str] = "NumPy arrays: structured, N x 4, or one array a column"

    def detect(self, path: Path, head: bytes) -> bool:
        """Know the magic bytes: of `.npy`, or of a zip file whose first member is one."""
        return head.startswith(NPY) or (head.startswith(ZIP) and b".npy" in head[:256])

    def pieces(self, path: Path) -> Iterator[Piece]:
        """Read the arrays side by side, some rows at a time."""
        with path.open("rb") as file:
            magic = file.read(len(NPY))
        if not magic.startswith((NPY, ZIP)):
            raise RecordingError("it is no NumPy file: neither .npy nor .npz begins like this")
        try:
            with ExitStack() as stack:
                if magic.startswith(ZIP):
                    arrays = _members(path, stack)
                else:
                    arrays = {"events": _Rows(stack.enter_context(path.open("rb")), path.stat().st_size)}
                yield from _pieces(arrays)
        except (OSError, RecordingError):
            raise
        except (
            Exception
        ) as error:  # a damaged file makes numpy, zipfile, zlib and tokenize raise almost anything
            why = " ".join(str(error).split()).rstrip(".") or type(error).__name__
            raise RecordingError(f"the NumPy file is damaged or cut off ({why})") from error

    def write(self, path: Path, recording: Recording) -> None:
        """Write `.npz` with t, x, y, p, width and height, or `.npy` with one structured array."""
        events = recording.events
        with path.open("wb") as file:
            if path.suffix.lower() == ".npy":
                np.save(file, events.view(_FIELDS))
            else:
                size: Any = {"width": recording.width, "height": recording.height}
                np.savez(file, t=events["t"], x=events["x"], y=events["y"], p=events["on"], **size)


class _Rows:
    """An array in a file, read row by row in the order of the file."""

    def __init__(self, file: BufferedIOBase, size: int) -> None:
        """Read the header; `size` is how many bytes there are at the most."""
        version = npy.read_magic(file)
        if version > (2, 0):
            raise RecordingError(f"it is of NumPy's format {version[0]}.{version[1]}; 1.0 and 2.0 are read")
        header = npy.read_array_header_1_0(file) if version == (1, 0) else npy.read_array_header_2_0(file)
        self.file, (self.shape, self.by_column, self.dtype) = file, header
        if self.dtype.hasobject:
            raise RecordingError("it holds Python objects, which are never unpickled: save plain arrays")
        self.length = self.shape[0] if self.shape else 1
        self.by_column = self.by_column and len(self.shape) > 1
        self.row_bytes = self.dtype.itemsize * math.prod(self.shape[1:])
        self.done = 0
        if self.row_bytes > size or (self.by_column and self.length * self.row_bytes > size):
            raise RecordingError(
                f"an array in it has the shape {list(self.shape)}, which {size} bytes cannot hold"
            )

    def read(self, count: int) -> Array:
        """Read the next `count` rows, or as many as there are in the file.

        Raises:
            RecordingError: The file ends before the array does, and not even one row is left.
        """
        # a table kept column by column comes as a whole, which its size was checked for
        count = self.length if self.by_column else min(count, self.length - self.done)
        data = self.file.read(count * self.row_bytes)
        whole = len(data) // self.row_bytes if self.row_bytes else count
        if count and (not whole or (self.by_column and whole < count)):
            raise RecordingError(f"the NumPy file is cut off after row {self.done} of {self.length}")
        self.done += whole
        shape = (whole, *self.shape[1:]) if self.shape else ()
        values = np.frombuffer(data, self.dtype, math.prod(shape))
        return values.reshape(shape, order="F" if self.by_column else "C")


def _members(path: Path, stack: ExitStack) -> dict[str, _Rows]:
    archive = stack.enter_context(zipfile.ZipFile(path))
    members, size = archive.infolist(), path.stat().st_size
    if sum(m.file_size for m in members) > max(_MOST_INFLATED * size, 1 << 26):
        raise RecordingError(
            f"its arrays are more than {_MOST_INFLATED} times larger than the file: save them uncompressed"
        )
    return {
        m.filename.removesuffix(".npy"): _Rows(
            cast("BufferedIOBase", stack.enter_context(archive.open(m))), m.file_size
        )
        for m in members
    }


def _pieces(arrays: dict[str, _Rows]) -> Iterator[Piece]:
    size = None
    if "width" in arrays and "height" in arrays:
        size = (_whole("width", arrays.pop("width")), _whole("height", arrays.pop("height")))
    where = find_columns(list(arrays))
    if where is not None:
        columns = {name: arrays[where[name][0]] for name in "txyp"}
        yield from _column_pieces(columns, where["t"][1], size)
        return
    if set(arrays) == {"pos", "neg"}:
        yield Piece(_on_and_off(arrays["pos"], arrays["neg"]), size)
        return
    if "events" not in arrays and len(arrays) != 1:
        raise RecordingError(
            f"its arrays are {', '.join(arrays) or 'none'}; expected t, x, y and p, or events"
        )
    rows = arrays.get("events") or next(iter(arrays.values()))
    layout: Layout | None = None
    while rows.done < rows.length:
        array = rows.read(PIECE_EVENTS)
        layout = layout or layout_of(array)
        events, wrong = good_events(layout.columns(array), layout.unit, rows.done - len(array))
        yield Piece(events, size)
        if wrong is not None:
            raise wrong


def _on_and_off(on: _Rows, off: _Rows) -> Events:
    """Read the two tables of ES-ImageNet, each of y, x and t; times are steps of the emulator, 1 to 8."""
    tables = [rows.read(rows.length) for rows in (on, off)]
    if any(table.ndim != 2 or table.shape[1] != 3 or table.dtype.kind not in "iuf" for table in tables):
        raise RecordingError("its arrays pos and neg are no tables of y, x and t")
    y, x, t = np.concatenate(tables).astype(np.int64).T
    return make_events(t, x, y, np.repeat([True, False], [len(table) for table in tables]))


def _column_pieces(
    columns: dict[str, _Rows], unit: float | None, size: tuple[int, int] | None
) -> Iterator[Piece]:
    lengths = [math.prod(rows.shape) for rows in columns.values()]
    if len(set(lengths)) > 1:
        raise RecordingError(f"its columns t, x, y and p have different lengths: {lengths}")
    done = 0
    while any(rows.done < rows.length for rows in columns.values()):
        some = {name: np.ravel(rows.read(PIECE_EVENTS)) for name, rows in columns.items()}
        shortest = min(map(len, some.values()))
        unit = unit or unit_of(some["t"])
        events, wrong = good_events([some[name][:shortest] for name in "txyp"], unit, done)
        yield Piece(events, size)
        done += shortest
        if wrong is not None:
            raise wrong
        if shortest < max(map(len, some.values())):
            raise RecordingError("the NumPy file is cut off")


def _whole(name: str, rows: _Rows) -> int:
    value = rows.read(1)
    if value.size != 1 or value.dtype.kind not in "iu":
        raise RecordingError(f"its {name} is no number of pixels")
    return int(value.item())
