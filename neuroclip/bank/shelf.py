"""One representation on disk, in a folder that any number of processes read and add to at once."""

from __future__ import annotations

import json
import mmap
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from neuroclip.bank.entries import Entry, Reader, as_bytes, write, write_all
from neuroclip.bank.memory import Shelf
from neuroclip.bank.shard import ABOUT, Shard, unwritable
from neuroclip.errors import BankError
from neuroclip.representations.base import Representation

_IN_MEMORY = 512 * 2**20  # bytes of a stack; a larger one is a memory-mapped file
_LOOK_AGAIN_S = 1.0
_DAMAGED = "{}: what is kept there is damaged again as soon as it is written; check the disk"


class DamagedError(BankError):
    """Entries are not what was written, and have been dropped: fill again."""


class DiskShelf(Shelf):
    """Shards, each written by one process alone: `NAME.data`, raw tensors, and `NAME.jsonl`, a line for each.

    A line is appended after its tensors were, so that whatever ends a process leaves bytes without a line, or a part of
    a line, which nobody reads. Nothing is ever changed: a line `{"drop": [[shard, offset], ...]}` takes others back.
    """

    def __init__(self, folder: Path, about: Mapping[str, Any] | None = None) -> None:
        self.folder = folder
        self._about = about
        self._entries: dict[str, Entry] = {}
        self._short: dict[str, Entry] = {}
        self._dropped: set[tuple[str, int]] = set()
        self._read_to: dict[Path, int] = {}
        self._looked = -_LOOK_AGAIN_S
        self._shard: Shard | None = None
        self._lock = threading.Lock()

    def __contains__(self, digest: str) -> bool:
        if digest not in self._entries and time.monotonic() - self._looked >= _LOOK_AGAIN_S:
            self.refresh()
        return digest in self._entries

    def __len__(self) -> int:
        self.refresh()
        return len(self._entries)

    @property
    def about(self) -> dict[str, Any]:
        """What the shelf holds, as `about.json` says; empty where that cannot be read."""
        try:
            about = json.loads((self.folder / ABOUT).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            about = {}
        return about if isinstance(about, dict) else {}

    def nbytes(self) -> int:
        """Return how much room it takes on the disk, in bytes."""
        return sum(stat.st_size for stat in self._stats())

    def changed(self) -> float:
        """Return when something was last added, in seconds as `time.time` counts."""
        return max((stat.st_mtime for stat in self._stats()), default=0.0)

    def _stats(self) -> Iterator[os.stat_result]:
        for path in self.folder.glob("*"):
            with suppress(FileNotFoundError):
                yield path.stat()

    def refresh(self) -> None:
        """Read the lines that this and other processes have added."""
        self._looked = time.monotonic()
        for index in sorted(self.folder.glob("*.jsonl")):
            with suppress(FileNotFoundError), index.open("rb") as file:
                start = self._read_to.get(index, 0)
                file.seek(start)
                lines = file.read()
                end = lines.rfind(b"\n") + 1
                if end:
                    there = index.with_suffix(".data").stat().st_size
                    for line in lines[:end].splitlines():
                        self._take(index.stem, line, there)
                    self._read_to[index] = start + end

    def _take(self, shard: str, line: bytes, there: int) -> None:
        try:
            said = json.loads(line)
            if "drop" in said:
                self._forget([(str(name), int(offset)) for name, offset in said["drop"]])
                return
            entry = Entry.from_line(shard, said)
        except (ValueError, KeyError, TypeError, IndexError, OverflowError):
            return
        if (shard, entry.offset) not in self._dropped:
            kept = self._entries if entry.offset + entry.size <= there else self._short
            kept[entry.digest] = entry

    def _forget(self, places: Iterable[tuple[str, int]]) -> None:
        self._dropped.update(places)
        for kept in (self._entries, self._short):
            for digest in [d for d, entry in kept.items() if (entry.shard, entry.offset) in self._dropped]:
                del kept[digest]

    def add(self, values: Mapping[str, Any]) -> None:
        """Append what was computed.

        Raises:
            BankError: It cannot be written. What was added before is kept.
        """

        def append(shard: Shard) -> dict[str, Entry]:
            added = {d: write(shard.data, shard.name, d, value) for d, value in values.items()}
            write_all(shard.index, b"".join(entry.line() for entry in added.values()))
            return added

        self._entries.update(self._write(append))

    def drop(self, entries: Iterable[Entry]) -> None:
        """Take entries back, so that they are computed again."""
        places = [(entry.shard, entry.offset) for entry in entries]
        line = json.dumps({"drop": places}).encode() + b"\n"
        self._write(lambda shard: write_all(shard.index, line))
        self._forget(places)

    def _write(self, append: Callable[[Shard], Any]) -> Any:
        with self._lock:
            try:
                if self._shard is None or not self._shard.usable():
                    self._shard = Shard(self.folder, self._about or self.about)
                return self._shard.whole(append)
            except BaseException as error:
                # What it wrote last may be half a line: nothing is appended to that.
                self._shard = None
                if isinstance(error, OSError):
                    raise unwritable(self.folder, error) from error
                raise

    def damaged(self, progress: Callable[[int], object] | None = None) -> dict[str, Entry]:
        """Read everything, and return by the recording's digest what is not what was written."""
        self.refresh()
        found = {digest: entry for digest, entry in self._short.items() if digest not in self._entries}
        with Reader(self.folder) as reader:
            for digest, entry in self._entries.items():
                if reader.read(entry) is None:
                    found[digest] = entry
                if progress:
                    progress(1)
        return found

    def stacked(self, representation: Representation, digests: Sequence[str]) -> Any:
        """Return what is kept of these, in memory, or in a memory-mapped file if it is large.

        Raises:
            DamagedError: Some of these are damaged, and have been dropped.
        """
        entries = [entry for digest in digests if (entry := self._entries.get(digest)) is not None]
        with Reader(self.folder) as reader:

            def read(entry: Entry) -> Any:
                value = reader.read(entry)
                if value is None:
                    self.drop(entry for entry in set(entries) if reader.read(entry) is None)
                    raise DamagedError(_DAMAGED.format(self.folder))
                return value

            if len(entries) < len(digests):  # another process has dropped some meanwhile
                raise DamagedError(_DAMAGED.format(self.folder))
            # Of all: a damaged line may say something else, which is found out only when it is read.
            single = all([name for name, _, _ in entry.tensors] == [None] for entry in entries)
            if not single or sum(entry.size for entry in entries) <= _IN_MEMORY:
                return representation.stack([read(entry) for entry in entries])
            try:
                return self._mapped(representation, entries, read)
            except OSError as error:
                raise unwritable(self.folder, error) from error

    def _mapped(
        self, representation: Representation, entries: Sequence[Entry], read: Callable[[Entry], Tensor]
    ) -> Tensor:
        longest = max(entries, key=lambda entry: entry.tensors[0][2])
        ((_, dtype, shape),) = longest.tensors
        # Written and then mapped: a full disk would end the process that writes into the map. The file has no name.
        with tempfile.TemporaryFile(dir=self.folder) as file:
            for entry in entries:
                row = read(entry)
                if row.shape != shape:
                    row = representation.stack([row, read(longest)])[0]
                file.write(as_bytes(row))
            file.flush()
            mapped = mmap.mmap(file.fileno(), 0)
        return torch.frombuffer(mapped, dtype=dtype).reshape(len(entries), *shape)
