"""Tensors as bytes of a file, and the line that says where they are."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterator, Mapping
from io import BufferedReader, FileIO
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

_MOST_OPEN = 64

Described = tuple[tuple[str | None, torch.dtype, tuple[int, ...]], ...]
"""Of each tensor its name in the mapping (None for a value that is one tensor), dtype and shape."""


class Entry(NamedTuple):
    """Where one value is: `size` bytes from `offset` on in `shard`.data, one tensor after the other.

    Attributes:
        digest: Of the recording.
        tensors: What the bytes are.
        crc32: Of `digest`, `tensors`, and the bytes, so that a damaged line is found out as damaged bytes are.
    """

    digest: str
    shard: str
    offset: int
    size: int
    crc32: int
    tensors: Described

    def line(self) -> bytes:
        """Return what stands in the shard's index."""
        place = {"digest": self.digest, "offset": self.offset, "size": self.size, "crc32": self.crc32}
        line = {**place, "tensors": _jsonable(self.tensors)}
        return json.dumps(line, separators=(",", ":")).encode() + b"\n"

    @staticmethod
    def from_line(shard: str, line: Mapping[str, Any]) -> Entry:
        """Read a line.

        Raises:
            KeyError, TypeError, ValueError, OverflowError: It is none.
        """
        tensors = tuple(
            (name, _dtype(dtype), tuple(map(int, shape))) for name, dtype, shape in line["tensors"]
        )
        offset, size, crc = (int(line[key]) for key in ("offset", "size", "crc32"))
        entry = Entry(str(line["digest"]), shard, offset, size, crc, tensors)
        if sum(_bytes_of(dtype, shape) for _, dtype, shape in tensors) != entry.size:
            raise ValueError("the size is not that of the tensors")
        if offset < 0 or any(length < 0 for _, _, shape in tensors for length in shape):
            raise ValueError("a number is negative")
        if not all(name is None or isinstance(name, str) for name, _, _ in tensors):
            raise ValueError("a name is no text")
        return entry


def write(file: FileIO, shard: str, digest: str, value: Any) -> Entry:
    """Append a tensor, or a mapping of tensors, of a recording to an unbuffered file."""
    named: dict[str | None, Any] = {**value} if isinstance(value, Mapping) else {None: value}
    for tensor in named.values():
        if not isinstance(tensor, Tensor):
            raise TypeError(f"a bank on disk keeps tensors and mappings of them, not {type(tensor).__name__}")
    tensors = tuple((name, tensor.dtype, tuple(tensor.shape)) for name, tensor in named.items())
    offset, crc = file.tell(), _crc_of_identity(digest, tensors)
    for tensor in named.values():
        data = as_bytes(tensor)
        crc = zlib.crc32(data, crc)
        write_all(file, data)
    return Entry(digest, shard, offset, file.tell() - offset, crc, tensors)


def write_all(file: FileIO, data: memoryview | bytes) -> None:
    """Write to an unbuffered file, which may take several turns."""
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


def as_bytes(tensor: Tensor) -> memoryview:
    """Return the bytes of a tensor, of any dtype, in C order."""
    flat = tensor.detach().cpu().contiguous().reshape(-1)
    return flat.view(torch.uint8).numpy().data


class Reader:
    """Reads entries; a context manager that keeps the files of a few shards open meanwhile.

    Read and not mapped: what is missing of a damaged or removed file is then found out, and does not end the process.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, BufferedReader] = {}

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._open.values():
            file.close()
        self._open.clear()

    def read(self, entry: Entry) -> Any:
        """Return the value; None if its bytes are not there, or they or its line are not what was written."""
        try:
            values = dict(self._tensors(entry))
        except (OSError, EOFError):
            return None
        return values.get(None, values)

    def _tensors(self, entry: Entry) -> Iterator[tuple[str | None, Tensor]]:
        file, crc = self._file(entry.shard), _crc_of_identity(entry.digest, entry.tensors)
        file.seek(entry.offset)
        for name, dtype, shape in entry.tensors:
            tensor = torch.empty(shape, dtype=dtype)
            data = as_bytes(tensor)  # of the tensor itself: it is contiguous
            if file.readinto(data) != len(data):
                raise EOFError
            crc = zlib.crc32(data, crc)
            yield name, tensor
        if crc != entry.crc32:
            raise EOFError

    def _file(self, shard: str) -> BufferedReader:
        if shard not in self._open:
            if len(self._open) == _MOST_OPEN:
                self.__exit__()
            self._open[shard] = (self._folder / f"{shard}.data").open("rb")
        return self._open[shard]


def _jsonable(tensors: Described) -> list[list[Any]]:
    return [[name, str(dtype).removeprefix("torch."), list(shape)] for name, dtype, shape in tensors]


def _crc_of_identity(digest: str, tensors: Described) -> int:
    return zlib.crc32(json.dumps([digest, _jsonable(tensors)]).encode(), 0)


def _dtype(name: str) -> torch.dtype:
    dtype = getattr(torch, name, None)
    if not isinstance(dtype, torch.dtype):
        raise ValueError(f"{name} is no dtype")
    return dtype


def _bytes_of(dtype: torch.dtype, shape: tuple[int, ...]) -> int:
    return dtype.itemsize * math.prod(shape)
