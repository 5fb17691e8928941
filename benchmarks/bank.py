"""How fast a bank on disk is filled, against the bare forward pass of the encoder on the same pictures.

    python benchmarks/bank.py [RECORDINGS [ROUNDS]]

Columns, in frames a second (median of the rounds, which take turns):

- bare: the pictures of the model's size, ready in its precision and memory format, in batches of 64;
- encoded: the painted frames, which are made into those pictures first (`Model.encode_frames`);
- filled: files that are hashed, read, painted, encoded and written to a bank;
- half blank, repeated: the same, where every other frame is blank, or every recording is in two files that differ.

The first percentage is of the bare pass in time; the second in processor time of all threads, which neighbours on the
machine hardly change. The events are random, so that otherwise all frames differ. `ViT-B-32` and `RN50` have random
weights; event-tiny is given eight times the recordings.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
from machine import machine

from neuroclip import load_model
from neuroclip.backbones import Model
from neuroclip.bank import DiskBank
from neuroclip.formats import RecordingFile
from neuroclip.representations import ClipTimesteps

STEPS, SIDE = 10, 34


def files(folder: Path, number: int, kind: str = "different") -> list[RecordingFile]:
    """Write recordings: `different`, `half blank` (nothing in every other tenth of the time) or `repeated`."""
    folder.mkdir()
    made: list[RecordingFile] = []
    for i in range(number):
        random = np.random.default_rng(i // 2 if kind == "repeated" else i)
        t = np.sort(random.integers(0, 100_000, 3000))
        if kind == "half blank":
            t = np.sort(t // 20_000 * 20_000 + t % 10_000)
        t[0], t[-1] = 0, 99_999
        if kind == "repeated":
            t += i  # other bytes, the same frames
        columns = {"t": t, "p": random.integers(0, 2, len(t))}
        columns |= {axis: random.integers(0, SIDE, len(t)) for axis in "xy"}
        np.savez(folder / f"{i}.npz", **columns)
        made.append(RecordingFile(folder / f"{i}.npz", size=(SIDE, SIDE)))
    return made


def seconds(work: Callable[[], Any]) -> tuple[float, float]:
    """Return how long it takes, and how much processor time."""
    start, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - start, time.process_time() - processor


def compare(model: Model, number: int, rounds: int, folder: Path) -> list[tuple[float, float]]:
    """Return frames a second, of time and of processor time, column by column."""
    representation = ClipTimesteps(STEPS, split="time").filled(model.name)
    kinds = {kind: files(folder / kind, number, kind) for kind in ("different", "half blank", "repeated")}
    frames = np.concatenate([representation.prepare(file.load()) for file in kinds["different"]])
    images = (
        model.preprocess(torch.from_numpy(frames))
        .to(model._dtype)
        .contiguous(  # pyright: ignore[reportPrivateUsage]
            memory_format=torch.channels_last
        )
    )
    network = model._network  # pyright: ignore[reportPrivateUsage]

    def bare() -> None:
        with torch.no_grad():
            for batch in images.split(64):
                network.encode_image(batch)

    def fill(kind: str) -> None:
        with tempfile.TemporaryDirectory(dir=folder) as bank:
            fresh = [RecordingFile(file.path, size=file.size) for file in kinds[kind]]  # not hashed yet
            DiskBank(Path(bank)).fill(representation, fresh, lambda _: model)

    work = [bare, lambda: model.encode_frames(frames), *(lambda kind=kind: fill(kind) for kind in kinds)]
    for each in work[:3]:
        each()
    times = [[seconds(each) for each in work] for _ in range(rounds)]
    columns = [
        [statistics.median(kind) for kind in zip(*column, strict=True)] for column in zip(*times, strict=True)
    ]
    return [(len(frames) / spent, len(frames) / processor) for spent, processor in columns]


def models(folder: Path) -> dict[str, tuple[str, int]]:
    """Return names by what they are called in the table, and how many times the recordings they are given."""
    found = {"event-tiny": ("event-tiny", 8)}
    for name in ("ViT-B-32-quickgelu", "RN50-quickgelu"):
        torch.manual_seed(0)
        torch.save(open_clip.create_model(name).state_dict(), folder / f"{name}.pt")
        found[name.partition("-quick")[0]] = (f"{name}:{folder / name}.pt", 1)
    return found


def main() -> None:
    number, rounds = (int(a) for a in (sys.argv[1:] + ["32", "5"][len(sys.argv) - 1 :])[:2])
    print(machine())
    print(f"{'bare':>23}  encoded{'filled':>25}{'half blank':>29}  repeated", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        for called, (name, times) in models(Path(scratch)).items():
            for precision in ("fp32", "bf16"):
                folder = Path(scratch) / f"{called}-{precision}"
                folder.mkdir()
                model = load_model(name, precision=precision)
                bare, encoded, filled, blank, repeated = compare(model, times * number, rounds, folder)
                shares = [
                    f"{x[0]:>9.1f} {100 * x[0] / bare[0]:>5.1f} % {100 * x[1] / bare[1]:>5.1f} %"
                    for x in (encoded, filled)
                ]
                print(
                    f"{called:<11}{precision}{bare[0]:>8.1f}{shares[0]}{shares[1]}{blank[0]:>12.1f}{repeated[0]:>10.1f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
