"""How long an answer takes: measured in a fresh process for each head, so that its memory is its own."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import blake2b
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from neuroclip.comparison.json_file import write_json
from neuroclip.comparison.machine import machine
from neuroclip.errors import ComparisonError
from neuroclip.formats import RecordingFile

RECORDINGS, WARM_UP, BATCH = 50, 3, 16
_FORMAT, KEPT = 1, "speed.json"
_LONGEST_S = 30.0  # for each of the two measurements; then what was measured so far counts


@dataclass(frozen=True)
class Question:
    """Which head is to be measured on what.

    Attributes:
        folder: Of the fitted head.
        model, precision, device: As `load_model` takes them.
        files: Recordings; the first `RECORDINGS` are taken.
    """

    folder: Path
    model: str
    precision: str
    device: str
    files: Sequence[RecordingFile]

    @property
    def digest(self) -> str:
        """128 bits, hexadecimal, of all this, of what the files and the head hold, and of the machine and threads."""
        head = (self.folder / "head.json").read_text(encoding="utf-8")
        parts: list[Any] = [_FORMAT, head, self.model, self.precision, self.device, machine("cpu")]
        parts += [file.digest for file in self.files[:RECORDINGS]]
        return blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Speed:
    """How long a head takes from a recording in memory to its scores, the encoder included.

    Attributes:
        p50_ms, p99_ms: Milliseconds for one recording alone: the median, and what 99 of 100 keep to.
        n: Recordings that were timed.
        recordings_per_second: In batches of `BATCH`.
        peak_memory_mb: Megabytes (10^6 bytes) that the process held at most; None where the system does not tell.
    """

    p50_ms: float
    p99_ms: float
    n: int
    recordings_per_second: float
    peak_memory_mb: float | None


def speed_of(question: Question) -> Speed:
    """Measure a saved head, or return what was measured of the same before.

    Raises:
        ComparisonError: The process that measures it fails.
    """
    kept, digest = question.folder / KEPT, question.digest
    with suppress(OSError, ValueError, KeyError, TypeError):
        content = json.loads(kept.read_text(encoding="utf-8"))
        if content.pop("digest") == digest:
            return Speed(**content)
    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(theirs, question))
    process.start()
    theirs.close()
    try:
        found: Speed | str = ours.recv()
    except EOFError:
        process.join()
        found = f"its process ended with status {process.exitcode}"
    finally:
        process.kill()
        process.join()
    if isinstance(found, str):
        raise ComparisonError(f"the speed of {question.folder.name} cannot be measured: {found}")
    write_json(kept, {"digest": digest, **asdict(found)})
    return found


def _answer(connection: Connection[Any, Any], question: Question) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one that started this one ends it
    try:
        connection.send(_measured(question))
    except Exception as error:  # a stranger's head may raise anything
        connection.send(f"{type(error).__name__}: {error}")


def _measured(question: Question) -> Speed:
    import torch

    from neuroclip.backbones import load_backbone, load_model
    from neuroclip.heads import load

    model = load_model(question.model, precision=question.precision, device=question.device)
    saved = load(question.folder)
    classes = saved.classes(model)
    representation = saved.head.representation.filled(model.name)
    backbones: dict[str, Any] = {model.name: model}
    backbones |= {n: load_backbone(n) for n in representation.backbone_names() if n != model.name}
    recordings = [file.load() for file in question.files[:RECORDINGS]]

    def ask(some: Sequence[Any]) -> None:
        x = representation.stack(representation.compute_many(some, backbones.__getitem__))
        # On a GPU the numbers are there when they are copied, and not before.
        saved.head.logits(saved.state, x, classes).cpu()

    with torch.no_grad():
        for recording in recordings[:WARM_UP]:
            ask([recording])
        single = _timed([[recording] for recording in recordings], ask)
        batches = [recordings[i : i + BATCH] for i in range(0, len(recordings), BATCH)]
        together = _timed(batches, ask)
    answered = sum(map(len, batches[: len(together)]))
    return Speed(
        p50_ms=float(np.percentile(single, 50)) * 1000,
        p99_ms=float(np.percentile(single, 99)) * 1000,
        n=len(single),
        recordings_per_second=answered / sum(together),
        peak_memory_mb=peak_memory_mb(),
    )


def _timed(batches: Sequence[Sequence[Any]], ask: Callable[[Sequence[Any]], None]) -> list[float]:
    seconds: list[float] = []
    for batch in batches:
        start = time.perf_counter()
        ask(batch)
        seconds.append(time.perf_counter() - start)
        if sum(seconds) > _LONGEST_S:
            break
    return seconds


def peak_memory_mb() -> float | None:
    """Return how many megabytes this process has held at most; None where the system does not tell."""
    with suppress(OSError, ValueError, IndexError):
        # Of this program alone: on Linux, `ru_maxrss` also counts what the process was before it became this program.
        for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    with suppress(ImportError):
        import resource

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most * (1 if sys.platform == "darwin" else 1024) / 1e6
    return None
