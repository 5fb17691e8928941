"""Recordings into prepared batches: read, hashed and painted in threads, while the encoder works."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from neuroclip.errors import OptionError, RecordingError
from neuroclip.formats import RecordingFile
from neuroclip.recording import Recording
from neuroclip.representations.base import Representation

Source = Recording | RecordingFile
Progress = Callable[[int], object]
Bad = Callable[[Source, RecordingError], object]

_AT_ONCE = 32  # recordings finished together: enough for full batches of the encoder, few to lose
_HASHED_AT_ONCE = 4096
_BYTES_AT_ONCE = 64 * 2**20
_BYTES_AHEAD = 256 * 2**20


@dataclass(frozen=True)
class Wanted:
    """One content, the sources that have it, and the representations that it still lacks, by their keys."""

    digest: str
    sources: Sequence[Source]
    lacks: Mapping[str, Representation]

    def prepare(self) -> dict[str, Any]:
        """Read the recording once, and prepare every representation of it."""
        source = self.sources[0]
        if isinstance(source, Recording):
            return self._prepared(source)
        recording = source.load()
        try:
            return self._prepared(recording)
        except (OptionError, RecordingError) as error:
            raise type(error)(f"{source.path}: {error}") from error

    def _prepared(self, recording: Recording) -> dict[str, Any]:
        return {key: representation.prepare(recording) for key, representation in self.lacks.items()}


@contextmanager
def threads() -> Generator[ThreadPoolExecutor]:
    """A few threads; what has not begun is given up when something goes wrong."""
    pool = ThreadPoolExecutor(min(4, os.cpu_count() or 1), "neuroclip-bank")
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def hashed(pool: ThreadPoolExecutor, sources: Sequence[Source], bad: Bad) -> dict[str, list[Source]]:
    """Return the sources by their digest, in order; `bad` is called for those that cannot be read."""
    found: dict[str, list[Source]] = {}
    for start in range(0, len(sources), _HASHED_AT_ONCE):
        some = sources[start : start + _HASHED_AT_ONCE]
        for source, digest in [(source, pool.submit(getattr, source, "digest")) for source in some]:
            try:
                found.setdefault(digest.result(), []).append(source)
            except RecordingError as error:
                bad(source, error)
    return found


def prepared_batches(
    pool: ThreadPoolExecutor, wanted: Iterable[Wanted], bad: Bad
) -> Iterator[list[tuple[Wanted, Mapping[str, Any]]]]:
    """Yield what is prepared, in order, some recordings at a time.

    `bad` is called for those that cannot be read, after what was prepared before them was yielded.
    """
    batch: list[tuple[Wanted, Mapping[str, Any]]] = []
    size = 0
    for item, prepared in _ahead(pool, wanted):
        broken = isinstance(prepared, RecordingError)
        if not broken:
            batch.append((item, prepared))
            size += _bytes(prepared)
        if batch and (broken or len(batch) == _AT_ONCE or size >= _BYTES_AT_ONCE):
            yield batch
            batch, size = [], 0
        for source in item.sources if broken else ():
            bad(source, prepared)
    if batch:
        yield batch


def _ahead(pool: ThreadPoolExecutor, wanted: Iterable[Wanted]) -> Iterator[tuple[Wanted, Any]]:
    """Yield each with what was prepared of it, or the error; the threads work ahead, but not too far."""
    coming, queue = iter(wanted), deque[tuple[Wanted, Future[dict[str, Any]]]]()
    ahead = _AT_ONCE
    while True:
        while len(queue) < ahead and (item := next(coming, None)) is not None:
            queue.append((item, pool.submit(item.prepare)))
        if not queue:
            return
        item, future = queue.popleft()
        try:
            prepared = future.result()
        except RecordingError as error:
            yield item, error
            continue
        ahead = max(4, min(2 * _AT_ONCE, _BYTES_AHEAD // max(_bytes(prepared), 1)))
        yield item, prepared


def _bytes(prepared: Any) -> int:
    if isinstance(prepared, Mapping):
        return sum(map(_bytes, prepared.values()))
    if isinstance(prepared, list | tuple):
        return sum(map(_bytes, prepared))
    return int(getattr(prepared.events if isinstance(prepared, Recording) else prepared, "nbytes", 0))
