"""A training that can be interrupted: checkpoints on disk, and going on from them."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
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
    each: Callable[[Checkpoint], None] | None = None,
) -> State:
    """Train a head to its end, and return what it learned.

    With a folder, checkpoints of a training that lasts are kept in it, and a training that was interrupted goes on
    from the last of them, if `job` (a digest of everything that decides what is learned) is the same.
    `finished` removes them. `each` sees every checkpoint; such a training is never resumed.

    Raises:
        HeadError: The training gives no checkpoint, or none can be written.
    """
    resume = load_checkpoint(folder, job) if folder is not None and each is None else None
    state = resume.state if resume is not None else None
    saved = time.monotonic()
    for checkpoint in head.train(x, y, classes, seed=seed, resume=resume):
        state = checkpoint.state
        if progress is not None:
            progress(checkpoint.position, checkpoint.total)
        if each is not None:
            each(checkpoint)
        if folder is not None and checkpoint.resume and time.monotonic() - saved >= SAVE_SECONDS:
            save_checkpoint(folder, job, checkpoint)
            saved = time.monotonic()
    if state is None:
        raise HeadError(f"the training of {type(head).__name__} gave no checkpoint")
    return state


def save_checkpoint(folder: Path, job: str, checkpoint: Checkpoint) -> None:
    """Write a checkpoint in place of the one before it; it is there whole, or not at all.

    Raises:
        HeadError: It cannot be written.
    """
    parts = {"state": checkpoint.state, "resume": checkpoint.resume}
    tensors = {
        f"{part}/{name}": tensor.detach().cpu().contiguous().clone()
        for part, named in parts.items()
        for name, tensor in named.items()
    }
    about = {"job": job, "position": str(checkpoint.position), "total": json.dumps(checkpoint.total)}
    path = folder / _FOLDER / _NAME
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(tensors, f"{path}.part", metadata=about)
        os.replace(f"{path}.part", path)
    except (OSError, SafetensorError) as error:
        raise HeadError(f"{path.parent}: a checkpoint cannot be written ({error})") from error


def load_checkpoint(folder: Path, job: str) -> Checkpoint | None:
    """Read the last checkpoint of this job; None where there is none, or it is of another job or damaged."""
    try:
        with safe_open(folder / _FOLDER / _NAME, "pt") as file:
            about = file.metadata() or {}
            if about.get("job") != job:
                return None
            parts: dict[str, dict[str, Tensor]] = {"state": {}, "resume": {}}
            for key in file.keys():  # noqa: SIM118 - no mapping
                part, _, name = key.partition("/")
                parts[part][name] = file.get_tensor(key)
            return Checkpoint(
                parts["state"], parts["resume"], int(about["position"]), json.loads(about["total"])
            )
    except (OSError, SafetensorError, KeyError, ValueError):
        return None


def finished(folder: Path) -> None:
    """Remove the checkpoints of a training whose result was saved."""
    shutil.rmtree(folder / _FOLDER, ignore_errors=True)
