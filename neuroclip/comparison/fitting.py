"""Fitting one head on the shots of a task, and measuring it on recordings that it has not seen."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from neuroclip.backbones.image_names import is_image_name, network_of, portable_name
from neuroclip.comparison.code import code_of
from neuroclip.comparison.costs import Costs, costs_of
from neuroclip.comparison.metrics import Metrics, metrics_of
from neuroclip.comparison.task import Task
from neuroclip.comparison.training import Progress, train
from neuroclip.errors import DatasetError, HeadError
from neuroclip.heads import Checkpoint, Head, State, describe, finite, load, minibatches
from neuroclip.heads.registry import name_of
from neuroclip.recording import digest_of_file
from neuroclip.shapes import Labels, Logits

BATCH = 256  # recordings that are scored together


@dataclass(frozen=True, eq=False)
class Fitted:
    """A head that has learned.

    Attributes:
        head, state: Its options, and what it learned.
        seconds: How long the head took, also before an interruption; without reading, encoding and scoring.
        provenance: What was fitted on what, as a saved head keeps it.
        published: Where asked for, the accuracy on the test recordings at each checkpoint, in their order: what the
            published protocol chooses the best of.
    """

    head: Head
    state: State
    seconds: float
    provenance: Mapping[str, Any]
    published: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a head says of recordings whose classes are known.

    Attributes:
        names: Of the recordings.
        y: The positions of their classes (n).
        logits: Its scores (n, c).
        metrics, costs: What they come to, and what they cost.
        seconds: How long scoring took, without reading and encoding.
    """

    names: tuple[str, ...]
    y: Labels
    logits: Logits
    metrics: Metrics
    costs: Costs
    seconds: float


def fit(
    task: Task,
    head: Head,
    *,
    seed: int,
    folder: Path | None = None,
    as_published: bool = False,
    progress: Progress | None = None,
) -> Fitted:
    """Fit a head on the training part of the task's split. Nothing else of the set is within its reach.

    `folder` keeps the checkpoints of a long training (see `train`). `as_published` also scores every checkpoint on the
    test part, beside the head, which does not see it, and never to choose what is returned.

    Raises:
        HeadError: The head needs more shots than the split has.
        NeuroclipError: Of its kind, where recordings cannot be read.
    """
    names = task.split.train
    counts = torch.bincount(task.labels(names), minlength=len(task.classes))
    if int(counts.min()) < head.min_shots:
        raise HeadError(
            f"{name_of(head)} needs at least {head.min_shots} shots per class, and "
            f"{task.classes.names[int(counts.argmin())]!r} has {int(counts.min())}: give --shots"
        )
    provenance = provenance_of(task, head, seed)
    x, y = task.read(head.training, names), task.labels(names)
    score: Callable[[Checkpoint], float] | None = None
    if as_published:
        asked, right = task.read(head.representation, task.split.test), task.labels(task.split.test)

        def measure(checkpoint: Checkpoint) -> float:
            return metrics_of(scored(task, head, checkpoint.state, asked), right).accuracy

        score = measure

    # Checkpoints without scores do for no fit that wants one of each.
    job = digest_of({"provenance": provenance, "as_published": as_published})
    trained = train(
        head,
        x,
        y,
        task.classes,
        seed=seed,
        job=job,
        folder=folder,
        progress=progress,
        score=score,
    )
    return Fitted(head, trained.state, trained.seconds, provenance, trained.scores)


def evaluate(task: Task, head: Head, state: State, names: Sequence[str]) -> Evaluation:
    """Score recordings of the task and measure.

    Raises:
        DatasetError: There are none.
    """
    if not names:
        raise DatasetError(
            f"{task.dataset.name}: there is no recording to measure on: give --part, or fewer --shots"
        )
    x, y = task.read(head.representation, names), task.labels(names)
    start = time.perf_counter()
    logits = scored(task, head, state, x)
    seconds = time.perf_counter() - start
    costs = costs_of(head, state, x, task.classes, task.model)
    return Evaluation(tuple(names), y, logits, metrics_of(logits, y), costs, seconds)


def scored(task: Task, head: Head, state: State, x: Any) -> Logits:
    """Score recordings as `task.read` gives them, some at a time (n, c).

    Raises:
        HeadError: A score is not finite.
    """
    with torch.no_grad():
        parts = [head.logits(state, part, task.classes) for _, part in minibatches(x, BATCH)]
    return finite(torch.cat(parts).float(), name_of(head))


def provenance_of(task: Task, head: Head, seed: int) -> dict[str, Any]:
    """Return everything that decides what a head learns, as JSON can hold it.

    Files and folders that options name stand there by the digests of what they hold.

    Raises:
        HeadError, ModelError, OptionError, RecordingError: One of them cannot be read.
    """
    needed = {path: digest_needed(path) for path in head.needs}
    read = [task.filled(one) for one in (head.representation, head.training)]
    networks = {network_of(n): d for one in read for n, d in one.networks(task.backbones)}
    learned = [task.items[name].file.digest for name in task.split.train]
    sizes = {item.file.size for item in task.dataset.items}
    return {
        "versions": {name: version(name) for name in ("neuroclip", "torch", "open_clip_torch")},
        "model": {
            "name": task.model.name,
            "digest": task.model.weights_digest,
            "precision": task.model.precision,
        },
        "head": {"name": name_of(head), "options": _by_digest(describe(head), needed)},
        "code": code_of(head),
        "representation": read[0].key,
        "networks": [list(one) for one in networks.items()],
        "training": read[1].key,
        "classes": {"names": list(task.classes.names), "words": list(task.classes.words)},
        "prompts": {"name": task.prompts.name, "templates": list(task.prompts.templates)},
        "data": {
            "digest": blake2b(" ".join(learned).encode(), digest_size=16).hexdigest(),
            "name": task.dataset.name,
            "known": task.dataset.known.name if task.dataset.known else None,
            "size": list(size) if len(sizes) == 1 and (size := next(iter(sizes))) else None,
        },
        "split": {"digest": task.split.digest, "shots": task.split.shots, "seed": task.split.seed},
        "seed": seed,
    }


def digest_needed(path: Path) -> str:
    """Return the digest of a fitted head, or of a file.

    Raises:
        HeadError, RecordingError: It cannot be read.
    """
    return load(path).digest if path.is_dir() else digest_of_file(path)


def _by_digest(described: Any, needed: Mapping[Path, str]) -> Any:
    """Return options with digests in place of the paths of what they need."""
    if isinstance(described, Mapping):
        return {name: _by_digest(value, needed) for name, value in described.items()}
    if isinstance(described, list):
        return [_by_digest(value, needed) for value in described]
    if isinstance(described, str) and is_image_name(described):
        return portable_name(described)
    if isinstance(described, str) and (path := Path(described).expanduser()) in needed:
        return needed[path]
    return described


def digest_of(decides: Mapping[str, Any]) -> str:
    """Return 128 bits, hexadecimal, of what decides what is learned or measured."""
    text = json.dumps(decides, sort_keys=True)
    return blake2b(text.encode(), digest_size=16).hexdigest()
