"""How fast files become events and events become frames, beside the peers that are installed, in one run.

    python benchmarks/recordings.py frames [EVENTS]      # T = 10, four sensors, both splits; one thread, then all
    python benchmarks/recordings.py decoding [EVENTS]    # every format that can be written here
    python benchmarks/recordings.py streaming [EVENTS]   # peak memory of walking a file of (10^9) events

Million events per second: the best of five (frames) or three (decoding). Seven events in ten lie in a moving blob,
the rest anywhere.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from machine import machine

from neuroclip import Recording, formats, frames
from neuroclip.recording import EVENT_DTYPE, join_events, make_events

SENSORS = ((34, 34), (240, 180), (640, 480), (1280, 720))
STEPS = 10


def recording(number: int, width: int, height: int) -> Recording:
    random = np.random.default_rng(0)
    t = np.sort(random.integers(0, 10_000_000, number))
    blob = random.random(number) < 0.7
    centre = 0.3 + 0.4 * t / 10_000_000
    x, y = (
        np.where(blob, np.clip(random.normal(centre, 0.06), 0, 0.999), random.random(number)) * size
        for size in (width, height)
    )
    return Recording(
        make_events(t, x.astype(np.uint16), y.astype(np.uint16), random.random(number) < 0.5), width, height
    )


def rate(number: int, repeats: int, work: Callable[[], object]) -> float:
    """Return million events per second, the best of some repeats after one that is not counted."""
    work()
    times: list[float] = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return number / min(times) / 1e6


def frames_of_spikingjelly(one: Recording, split: str) -> Callable[[], object]:
    from neuroclip.representations import paint

    # without the package around it, which also imports torchaudio, and that does not go with every torch
    found = find_spec("spikingjelly")
    assert found is not None
    package = ModuleType("spikingjelly.datasets")
    package.__path__ = [str(Path(folder) / "datasets") for folder in found.submodule_search_locations or ()]
    sys.modules.setdefault("spikingjelly.datasets", package)
    from spikingjelly.datasets import utils

    columns = {name: np.ascontiguousarray(one.events[name]) for name in ("t", "x", "y")}
    columns["p"] = one.events["on"].astype(np.int64)
    by = {"events": "number", "time": "time"}[split]

    def work() -> object:
        off, on = np.moveaxis(
            utils.integrate_events_by_fixed_frames_number(columns, by, STEPS, one.height, one.width), 1, 0
        )
        return paint(on, off)

    return work


def frames_of_tonic(one: Recording, split: str) -> Callable[[], object]:
    from tonic.transforms import ToFrame

    kind = {"events": "n_event_bins", "time": "n_time_bins"}[split]
    transform = ToFrame(sensor_size=(one.width, one.height, 2), **{kind: STEPS})
    events = np.empty(len(one), [("t", "i8"), ("x", "i2"), ("y", "i2"), ("p", "i1")])
    for name, own in zip("txyp", ("t", "x", "y", "on"), strict=True):
        events[name] = one.events[own]
    return lambda: transform(events)


def compare_frames(number: int) -> None:
    print(f"{number} events, T = {STEPS}, {'numba' if find_spec('numba') else 'numpy'}; million events/s")
    print("sensor     split   neuroclip 1 thread   all threads   spikingjelly + painting   tonic")
    for width, height in SENSORS:
        one = recording(number, width, height)
        for split in ("events", "time"):
            cells: list[str] = []
            for threads in ("1", ""):
                os.environ["OMP_NUM_THREADS"] = threads
                cells.append(f"{rate(number, 5, lambda s=split, o=one: frames(o, steps=STEPS, split=s)):.0f}")
            os.environ["OMP_NUM_THREADS"] = "1"
            for peer, make in (("spikingjelly", frames_of_spikingjelly), ("tonic", frames_of_tonic)):
                cells.append(
                    f"{rate(number, 2, make(one, split)):.0f}" if find_spec(peer) else "not installed"
                )
            print(
                f"{width}x{height:<6} {split:<7} {cells[0]:>18} {cells[1]:>13} {cells[2]:>25} {cells[3]:>7}",
                flush=True,
            )


def faery_reads(path: Path) -> tuple[Callable[[], object], Callable[[], object]] | None:
    import faery

    def stream() -> Iterator[np.ndarray[Any, Any]]:
        if path.suffix not in (".txt", ".csv"):
            return iter(faery.events_stream_from_file(path))
        columns = faery.CsvProperties(False, b" ", 0, 1, 2, 3, 1.0, b"1", b"0", False)
        body = path.with_suffix(".body")
        body.write_bytes(
            path.read_bytes().split(b"\n", 2)[2]
        )  # it knows no line with the size before the names
        return iter(
            faery.events_stream_from_file(
                body, dimensions_fallback=(640, 480), file_type="csv", csv_properties=columns
            )
        )

    def work() -> object:
        return sum(map(len, stream()))

    def whole() -> object:
        return join_events(list(stream()))

    try:
        work()
    except BaseException as error:  # a format that faery has no decoder for is a Rust panic
        if isinstance(error, KeyboardInterrupt):
            raise
        return None
    return whole, work


def compare_decoding(number: int) -> None:
    one = recording(number, 640, 480)
    print(
        f"{number} events, 640x480, one thread; million events/s whole, bytes per event in the file and at the peak"
    )
    print(
        "format    file     neuroclip: whole   in pieces   faery: whole   in pieces   B/event   peak B/event"
    )
    with tempfile.TemporaryDirectory() as folder:
        for row in formats.installed():
            name = row.name
            if row.status != "ok" or not formats.load(name).writes:
                continue
            for suffix in formats.load(name).suffixes[:2]:
                path = Path(folder) / f"{name}{suffix}"
                some = one if name != "text" else Recording(one.events[: number // 2], one.width, one.height)
                formats.write(some, path, format=name)
                assert np.array_equal(formats.read(path, format=name).events, some.events), path
                whole = rate(len(some), 3, lambda p=path, n=name: formats.read(p, format=n))
                walked = rate(
                    len(some), 3, lambda p=path, n=name: sum(len(x.events) for x in formats.pieces(p, n))
                )
                peer = faery_reads(path)
                theirs = [f"{rate(len(some), 3, work):.0f}" for work in peer] if peer else ["-", "-"]
                size, peak = path.stat().st_size / len(some), peak_of("read", path, name) / len(some)
                print(
                    f"{name:<9} {suffix:<8} {whole:>16.0f} {walked:>11.0f} {theirs[0]:>14} {theirs[1]:>11} "
                    f"{size:>9.1f} {peak:>14.1f}",
                    flush=True,
                )
                path.unlink()


def peak_of(what: str, path: Path, name: str) -> int:
    """Return by how many bytes the largest resident size of a process of its own grows when it reads a file."""
    program = [sys.executable, __file__, f"_{what}", str(path), name]
    return int(subprocess.run(program, check=True, capture_output=True, text=True).stdout)


def most_resident() -> int:
    """Return the largest resident size of this process so far, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux's ru_maxrss begins with that of the process which started this one
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def read_and_report(what: str, path: str, name: str) -> None:
    formats.load(name)
    before = most_resident()
    if what == "_read":
        formats.read(path, format=name)
        print(most_resident() - before)
        return
    start, seen = time.perf_counter(), 0
    for part in formats.stream(path, events=1_000_000, format=name):
        seen += len(part)
    seconds, peak = time.perf_counter() - start, most_resident()
    print(
        f"{seen} events in {seconds:.0f} s ({seen / seconds / 1e6:.0f} million a second), peak {peak / 1e6:.0f} MB"
    )


def blocks(number: int) -> Iterator[np.ndarray[Any, Any]]:
    block, start = recording(1_000_000, 640, 480).events.copy(), 0
    while start < number:
        yield block[: number - start]
        block["t"] += 10_000_000
        start += len(block)


def walk_a_large_file(number: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.npy"
        fields = np.dtype([("t", "<i8"), ("x", "<u2"), ("y", "<u2"), ("p", "u1")])
        header = {"descr": np.lib.format.dtype_to_descr(fields), "fortran_order": False, "shape": (number,)}
        with path.open("wb") as file:
            np.lib.format.write_array_header_2_0(file, header)
            for block in blocks(number):
                assert block.dtype == EVENT_DTYPE
                file.write(block.tobytes())
        print(f"{path.name}: {number} events, {path.stat().st_size / 1e9:.1f} GB", flush=True)
        program = [sys.executable, __file__, "_stream", str(path), "numpy"]
        print(subprocess.run(program, check=True, capture_output=True, text=True).stdout.strip())


def main() -> None:
    what = sys.argv[1] if len(sys.argv) > 1 else "frames"
    if what.startswith("_"):
        read_and_report(*sys.argv[1:])
        return
    print(machine())
    number = int(sys.argv[2]) if len(sys.argv) > 2 else {"streaming": 1_000_000_000}.get(what, 10_000_000)
    {"frames": compare_frames, "decoding": compare_decoding, "streaming": walk_a_large_file}[what](number)


if __name__ == "__main__":
    main()
