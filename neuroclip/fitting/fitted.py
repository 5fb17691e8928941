"""Fitting one head on the shots of a task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from neuroclip.errors import HeadError
from neuroclip.fitting.evaluation import scored
from neuroclip.fitting.provenance import digest_of, provenance_of
from neuroclip.fitting.task import Task
from neuroclip.fitting.training import Progress, train
from neuroclip.heads import Checkpoint, Head, State
from neuroclip.heads.registry import name_of
from neuroclip.metrics import metrics_of


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
