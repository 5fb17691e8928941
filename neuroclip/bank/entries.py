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


class Entry(NamedTuple):
    """Where one value is: `size` bytes from `offset` on in `shard`.data, one tensor after the other.

    Attributes:
        tensors: Of each its name in the mapping (None for a value that is one tensor), dtype and shape.
        crc32: Of the bytes.
    """

    shard: str
    offset: int
    size: int
    crc32: int
    tensors: tuple[tuple[str | None, torch.dtype, tuple[int, ...]], ...]

    def line(self, digest: str) -> bytes:
        """Return what stands in the shard's index."""
        tensors = [[name, str(dtype).removeprefix("torch."), shape] for name, dtype, shape in self.tensors]
        known = {"digest": digest, "offset": self.offset, "size": self.size, "crc32": self.crc32}
        return json.dumps({**known, "tensors": tensors}, separators=(",", ":")).encode() + b"\n"

    @staticmethod
    def from_line(shard: str, line: Mapping[str, Any]) -> Entry:
        """Read a line.

        Raises:
            KeyError, TypeError, ValueError: It is none.
        """
        tensors = tuple(
            (name, _dtype(dtype), tuple(map(int, shape))) for name, dtype, shape in line["tensors"]
        )
        entry = Entry(shard, int(line["offset"]), int(line["size"]), int(line["crc32"]), tensors)
        if sum(_bytes_of(dtype, shape) for _, dtype, shape in tensors) != entry.size:
            raise ValueError("the size is not that of the tensors")
        return entry


def write(file: FileIO, shard: str, value: Any) -> Entry:
    """Append a tensor, or a mapping of tensors, to an unbuffered file."""
    named: dict[str | None, Any] = {**value} if isinstance(value, Mapping) else {None: value}
    offset, crc, tensors = file.tell(), 0, []
    for name, tensor in named.items():
        if not isinstance(tensor, Tensor):
            raise TypeError(f"a bank on disk keeps tensors and mappings of them, not {type(tensor).__name__}")
        data = as_bytes(tensor)
        crc = zlib.crc32(data, crc)
        write_all(file, data)
        tensors.append((name, tensor.dtype, tuple(tensor.shape)))
    return Entry(shard, offset, file.tell() - offset, crc, tuple(tensors))


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
        """Return the value; None if its bytes are not there or not those that were written."""
        try:
            values = dict(self._tensors(entry))
        except (OSError, EOFError):
            return None
        return values.get(None, values)

    def _tensors(self, entry: Entry) -> Iterator[tuple[str | None, Tensor]]:
        file, crc = self._file(entry.shard), 0
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


def _dtype(name: str) -> torch.dtype:
    dtype = getattr(torch, name, None)
    if not isinstance(dtype, torch.dtype):
        raise ValueError(f"{name} is no dtype")
    return dtype


def _bytes_of(dtype: torch.dtype, shape: tuple[int, ...]) -> int:
    return dtype.itemsize * math.prod(shape)
