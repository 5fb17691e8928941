"""Files that are broken in every way: an error in one sentence, or good events; nothing else.

A longer run: NEUROCLIP_FUZZ=100000 pytest tests/formats/test_fuzz.py -k many -s
"""

from __future__ import annotations

import os
import time
import tracemalloc
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from neuroclip import formats
from neuroclip.errors import RecordingError, RecordingWarning
from neuroclip.recording import Recording

MANY = int(os.environ.get("NEUROCLIP_FUZZ", "0"))
FEW = 60  # of each format, where no more are asked for
SLOWEST_S, MOST_MEMORY = 10.0, 64 << 20  # a file of some kilobytes needs neither


@dataclass
class Verdict:
    """What became of one broken file: `refused`, `accepted`, or what is wrong."""

    kind: str
    detail: str = ""


def broken(content: bytes, random: np.random.Generator) -> tuple[str, bytes]:
    """Break a file in one of eight ways."""
    data = bytearray(content)
    at = int(random.integers(len(data)))
    ways = ["truncated", "flipped", "bytes", "zeros", "inserted", "removed", "swapped", "repeated"]
    way = ways[random.integers(len(ways))]
    length = int(random.integers(1, max(2, len(data) // 4)))
    if way == "truncated":
        del data[at:]
    elif way == "flipped":
        for place in random.integers(len(data), size=random.integers(1, 20)):
            data[place] ^= 1 << int(random.integers(8))
    elif way == "bytes":
        data[at : at + length] = random.bytes(len(data[at : at + length]))
    elif way == "zeros":
        data[at : at + length] = bytes(len(data[at : at + length]))
    elif way == "inserted":
        data[at:at] = random.bytes(int(random.integers(1, 40)))
    elif way == "removed":
        del data[at : at + length]
    elif way == "swapped":
        even = len(data[at : at + length]) // 2 * 2
        block = np.frombuffer(bytes(data[at : at + even]), np.uint8).reshape(-1, 2)
        data[at : at + even] = block[:, ::-1].tobytes()
    else:
        data[at:at] = data[at : at + length]
    return way, bytes(data)


def judge(path: Path, name: str | None, way: str, truth: Recording) -> Verdict:
    """Read a broken file, and say what is wrong with what came of it."""
    tracemalloc.reset_peak()
    before, began = tracemalloc.get_traced_memory()[0], time.perf_counter()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            read = formats.read(
                path, format=name, size=(truth.width, truth.height) if way == "truncated" else None
            )
        except RecordingError as error:
            read, message = None, str(error)
            if not message.startswith(f"{path}: ") or "\n" in message:
                return Verdict("bad message", message)
        except BaseException as error:  # a Rust panic is no Exception
            if isinstance(error, KeyboardInterrupt):
                raise
            return Verdict("crash", f"{type(error).__name__}: {error}")
    if time.perf_counter() - began > SLOWEST_S:
        return Verdict("hang", f"{time.perf_counter() - began:.1f} s")
    if tracemalloc.get_traced_memory()[1] - before > MOST_MEMORY:
        return Verdict("memory", f"{tracemalloc.get_traced_memory()[1] - before} bytes")
    if read is None:
        return Verdict("refused")
    if way == "truncated" and not np.array_equal(read.events, truth.events[: len(read)]):
        return Verdict("wrong", f"{len(read)} events that are not the first of the original")
    raw = np.concatenate([piece.events["t"] for piece in formats.pieces(path, name)])
    sorted_ = any("sorted by time" in str(w.message) for w in said if w.category is RecordingWarning)
    if np.any(np.diff(raw) < 0) and not sorted_:
        return Verdict("wrong", "times run back, and nothing was said")
    return Verdict("accepted")


def names() -> list[str]:
    return [row.name for row in formats.installed() if row.status == "ok"]


def run(name: str, sample: Path, number: int, seed: int) -> Counter[str]:
    """Break a sample `number` times; a file that is not refused or good fails the test with how to get it again."""
    random = np.random.default_rng([seed, *name.encode()])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        truth = formats.read(sample, format=name)
    content, found = sample.read_bytes(), Counter[str]()
    path = sample.with_name("broken" + sample.suffix)
    for i in range(number):
        way, data = broken(content, random)
        path.write_bytes(data)
        verdict = judge(path, name if i % 2 else None, way, truth)
        found[verdict.kind] += 1
        if verdict.kind not in ("refused", "accepted"):
            kept = sample.with_name(f"{verdict.kind.replace(' ', '-')}{i}{sample.suffix}")
            kept.write_bytes(data)
            print(f"{name}: {way}: {verdict.kind}: {verdict.detail} ({kept})")
    return found


@pytest.fixture(autouse=True)
def _memory():
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.parametrize("name", names())
def test_a_broken_file_is_refused_or_good(name, sample_of):
    found = run(name, sample_of(name), FEW, seed=0)
    assert set(found) <= {"refused", "accepted"}, found


@pytest.mark.skipif(not MANY, reason="set NEUROCLIP_FUZZ to a number of files")
def test_many_broken_files_are_refused_or_good(sample_of):
    total: Counter[str] = Counter()
    for name in names():
        try:
            sample = sample_of(name)
        except pytest.skip.Exception as reason:
            print(f"{name}: left out: {reason}")
            continue
        found = run(name, sample, MANY // len(names()), seed=1)
        print(f"{name}: {dict(found)}", flush=True)
        total += found
    print(f"all: {dict(total)}")
    assert set(total) <= {"refused", "accepted"}
