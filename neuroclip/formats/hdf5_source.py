"""Where in an HDF5 file the events are, and whether they are really there: strangers make such files."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroclip.errors import RecordingError
from neuroclip.formats.columns import find_columns, layout_of, unit_of

MOST_INFLATED = 20
"""How many times larger than the file its data may be."""
FEW = 1 << 25
"""Bytes that are always believed."""

_PREFERRED = ("events", "CD/events")
_WIDEST = 64  # bytes an event, of which PIECE_EVENTS are read at once
_GEOMETRY = re.compile(r"(\d{1,5})x(\d{1,5})")


@dataclass(frozen=True)
class Source:
    """The data sets t, x, y and p, or the only one.

    Attributes:
        length: How many events there are.
        finest: How many rows are worth trying alone, where more of them cannot be read.
        size: The sensor's, where the file says it.
        offset_us: What is to be added to all times.
    """

    data: list[Any]
    layout: dict[str, Any]
    length: int
    finest: int
    size: tuple[int, int] | None
    offset_us: int

    def step(self, most: int) -> int:
        """Return how many rows are read at once: `most`, or fewer where they are wide."""
        widest = sum(data.dtype.itemsize * math.prod(data.shape[1:]) for data in self.data)
        return max(1, min(most, most * _WIDEST // max(widest, 1)))

    def read(self, start: int, stop: int) -> tuple[list[NDArray[Any]], float]:
        """Read some rows: t, x, y and p, and how many microseconds a unit of time is."""
        arrays = [data[start:stop] for data in self.data]
        if len(arrays) == 1:
            if "where" not in self.layout:
                found = layout_of(arrays[0])
                self.layout.update(where=found.where, unit=found.unit)
            arrays = [arrays[0][w] if isinstance(w, str) else arrays[0][:, w] for w in self.layout["where"]]
        if not self.layout.get("unit"):
            self.layout["unit"] = unit_of(arrays[0])
        return arrays, self.layout["unit"]


def find_source(file: Any, file_bytes: int) -> Source:
    """Find the events of a file.

    Raises:
        RecordingError: There are none, or several that could be meant, or they cannot be read in bounded memory, or
            some of them are not there.
    """
    path, names, unit = _choose(_candidates(file))
    data = [file[name] for name in names]
    for name, one in zip(names, data, strict=True):
        _check(name, one, file_bytes)
    if sum(one.size * one.dtype.itemsize for one in data) > max(MOST_INFLATED * file_bytes, FEW):
        raise RecordingError(
            f"its data is more than {MOST_INFLATED} times larger than the file: save it uncompressed"
        )
    lengths = [one.shape[0] for one in data]
    if len(set(lengths)) > 1:
        raise RecordingError(f"its columns t, x, y and p have different lengths: {lengths}")
    beside = [node for node in (file[path or "/"], file[path or "/"].parent, file) if node is not None]
    finest = min((one.chunks or one.shape)[0] for one in data)
    layout = {"unit": unit} if len(names) == 4 else {}
    return Source(data, layout, lengths[0], max(finest, 1), _size(beside), _offset(beside))


Candidates = dict[str, tuple[list[str], float | None]]
"""Path of a group or data set -> paths of its data sets (t, x, y, p, or one for all), and the unit of time."""


def _candidates(file: Any) -> Candidates:
    groups: dict[str, dict[str, str]] = {}
    found: Candidates = {}

    def visit(path: str, node: Any) -> None:  # only what is in the file itself is visited
        try:
            fields, axes = node.dtype.names, node.ndim
        except (AttributeError, TypeError):  # no data set, or of a type that NumPy does not know
            return
        parent, _, name = path.rpartition("/")
        table = fields is None and axes == 2 and node.shape[1] == 4 and name == "events"
        if table or (axes == 1 and fields is not None and find_columns(fields) is not None):
            found[path] = [path], None
        elif axes == 1:
            groups.setdefault(parent, {})[name] = path

    file.visititems(visit)
    for parent, names in groups.items():
        where = find_columns(list(names))
        if where is not None:
            found[parent] = [names[where[c][0]] for c in "txyp"], where["t"][1]
    return found


def _choose(found: Candidates) -> tuple[str, list[str], float | None]:
    if not found:
        raise RecordingError("no group in it has data sets t, x, y and p, and no data set has such fields")
    for path in (*_PREFERRED, *found):
        if path in found and (path in _PREFERRED or len(found) == 1):
            return path, *found[path]
    raise RecordingError(
        f"it holds {len(found)} recordings ({', '.join(sorted(found)[:8])}): copy the one that you mean to a file of "
        "its own"
    )


def _check(name: str, data: Any, file_bytes: int) -> None:
    """Raise unless the rows of a data set are numbers in the file itself, all there, and readable by and by."""
    kind = data.dtype
    fields = [kind] if kind.names is None else [kind[field] for field in kind.names]
    if any(field.kind not in "biuf" for field in fields):
        raise RecordingError(f"its data set {name} holds {kind}, not numbers")
    if data.external is not None or data.is_virtual:
        raise RecordingError(f"the data of {name} is in other files: copy it into one (h5repack)")
    properties = data.id.get_create_plist()
    for number in range(properties.get_nfilters()):
        code, _, _, called = properties.get_filter(number)
        if not _filter_is_there(code):
            called = called.decode("ascii", "replace") or f"filter {code}"
            raise RecordingError(
                f"{name} is compressed with {called}, which is not installed here: install its HDF5 plugin, or save "
                "the file without compression"
            )
    row = data.id.get_type().get_size()
    if data.chunks is None:
        there = data.id.get_storage_size() >= data.size * row
    else:
        if math.prod(data.chunks) * row > max(MOST_INFLATED * file_bytes, FEW):
            raise RecordingError(f"the chunks of {name}, {data.chunks}, are larger than the file can fill")
        chunks = math.prod(-(-length // most) for length, most in zip(data.shape, data.chunks, strict=True))
        there = data.id.get_num_chunks() >= chunks
    if not there:
        raise RecordingError(
            f"{name} has {data.shape[0]} rows, but not all of them are in the file: it was not written to its end"
        )


def _filter_is_there(code: int) -> bool:
    library: Any = import_module("h5py.h5z")
    return bool(library.filter_avail(code))


def _size(beside: list[Any]) -> tuple[int, int] | None:
    for node in beside:
        width, height = _whole(node, "width"), _whole(node, "height")
        if width and height:
            return width, height
        geometry = node.attrs.get("geometry")
        geometry = geometry.decode("ascii", "replace") if isinstance(geometry, bytes) else geometry
        if isinstance(geometry, str) and (match := _GEOMETRY.fullmatch(geometry.strip())):
            return int(match[1]), int(match[2])
    return None


def _offset(beside: list[Any]) -> int:
    return next((found for node in beside if (found := _whole(node, "t_offset")) is not None), 0)


def _whole(node: Any, name: str) -> int | None:
    """Return a whole number that is an attribute, or a data set without axes, of this name; None where it is none."""
    value = node.attrs.get(name)
    if value is None and hasattr(node, "keys") and type(node.get(name, getlink=True)).__name__ == "HardLink":
        found = node[name]
        if hasattr(found, "dtype") and found.shape in ((), (1,)) and found.dtype.kind in "iu":
            value = found[()]
    array = np.asarray(value)
    return int(array.item()) if array.size == 1 and array.dtype.kind in "iu" else None
