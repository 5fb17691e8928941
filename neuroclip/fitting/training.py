"""A training that can be interrupted: checkpoints on disk, and going on from them."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from neuroclip.classes import Classes
from neuroclip.errors import HeadError
from neuroclip.heads import Checkpoint, Head, State
from neuroclip.shapes import Labels

SAVE_SECONDS = 10.0
"""A checkpoint is written at most so often: what an interruption can cost."""
_FOLDER, _NAME = ".training", "checkpoint.safetensors"

Progress = Callable[[int, int | None], None]
"""Is told the position of each checkpoint, and the last position, if known."""


@dataclass(frozen=True, eq=False)
class Trained:
    """What came of a training.

    Attributes:
        state: What was learned.
        seconds: How long the head took in all, also before an interruption.
        scores: What `score` said of the checkpoints, in their order.
    """

    state: State
    seconds: float
    scores: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Stopped:
    """A training as it is kept: its last checkpoint, and what `Trained` has of it."""

    checkpoint: Checkpoint
    seconds: float = 0.0
    scores: Sequence[float] = ()


def train(
    head: Head,
    x: Any,
    y: Labels,
    classes: Classes,
    *,
    seed: int,
    job: str,
    folder: Path | None = None,
    progress: Progress | None = None,
    score: Callable[[Checkpoint], float] | None = None,
) -> Trained:
    """Train a head to its end, and return what it learned.

    With a folder, checkpoints of a training that lasts are kept in it, and a training that was interrupted goes on
    from the last of them, if `job` (a digest of everything that decides what is learned) is the same.
    `finished` removes them. `score` is asked about every checkpoint, once.

    Raises:
        HeadError: The training gives no checkpoint, or none can be written.
    """
    stopped = load_checkpoint(folder, job) if folder is not None else None
    resume = stopped.checkpoint if stopped is not None else None
    state = resume.state if resume is not None else None
    seconds, scores = (stopped.seconds, [*stopped.scores]) if stopped is not None else (0.0, [])
    saved, start = time.monotonic(), time.perf_counter()
    for checkpoint in head.train(x, y, classes, seed=seed, resume=resume):
        seconds += time.perf_counter() - start
        state = checkpoint.state
        if progress is not None:
            progress(checkpoint.position, checkpoint.total)
        if score is not None:
            scores.append(score(checkpoint))
        if folder is not None and checkpoint.resume and time.monotonic() - saved >= SAVE_SECONDS:
            save_checkpoint(folder, job, Stopped(checkpoint, seconds, scores))
            saved = time.monotonic()
        start = time.perf_counter()
    if state is None:
        raise HeadError(f"the training of {type(head).__name__} gave no checkpoint")
    return Trained(state, seconds + time.perf_counter() - start, tuple(scores))


def save_checkpoint(folder: Path, job: str, stopped: Stopped) -> None:
    """Write a checkpoint in place of the one before it; it is there whole, or not at all.

    Raises:
        HeadError: It cannot be written.
    """
    checkpoint = stopped.checkpoint
    parts = {"state": checkpoint.state, "resume": checkpoint.resume}
    tensors = {
        f"{part}/{name}": tensor.detach().cpu().contiguous().clone()
        for part, named in parts.items()
        for name, tensor in named.items()
    }
    about = {"job": job, "position": str(checkpoint.position), "total": json.dumps(checkpoint.total)}
    about |= {"seconds": json.dumps(stopped.seconds), "scores": json.dumps(list(stopped.scores))}
    path = folder / _FOLDER / _NAME
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(tensors, f"{path}.part", metadata=about)
        os.replace(f"{path}.part", path)
    except (OSError, SafetensorError) as error:
        raise HeadError(f"{path.parent}: a checkpoint cannot be written ({error})") from error


def is_kept(folder: Path) -> bool:
    """Whether there is a training in a folder that can go on."""
    return (folder / _FOLDER / _NAME).is_file()


def load_checkpoint(folder: Path, job: str) -> Stopped | None:
    """Read where a training of this job stopped; None where there is none, or it is of another job or damaged."""
    try:
        with safe_open(folder / _FOLDER / _NAME, "pt") as file:
            about = file.metadata() or {}
            if about.get("job") != job:
                return None
            parts: dict[str, dict[str, Tensor]] = {"state": {}, "resume": {}}
            for key in file.keys():  # noqa: SIM118 - no mapping
                part, _, name = key.partition("/")
                parts[part][name] = file.get_tensor(key)
            place = int(about["position"]), json.loads(about["total"])
            checkpoint = Checkpoint(parts["state"], parts["resume"], *place)
            return Stopped(checkpoint, json.loads(about["seconds"]), json.loads(about["scores"]))
    except (OSError, SafetensorError, KeyError, ValueError):
        return None


def finished(folder: Path) -> None:
    """Remove the checkpoints of a training whose result was saved."""
    shutil.rmtree(folder / _FOLDER, ignore_errors=True)
