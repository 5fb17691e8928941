"""Measuring a head that has learned on recordings whose classes are known."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from neuroclip.errors import DatasetError
from neuroclip.fitting.costs import Costs, costs_of
from neuroclip.fitting.task import Task
from neuroclip.heads import Head, State, finite, minibatches
from neuroclip.heads.registry import name_of
from neuroclip.metrics import Metrics, metrics_of
from neuroclip.shapes import Labels, Logits

BATCH = 256  # recordings that are scored together


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
    costs = costs_of(head, state, x, task.classes, task.model, task.items[names[0]].file.load)
    return Evaluation(tuple(names), y, logits, metrics_of(logits, y), costs, seconds)


def scored(task: Task, head: Head, state: State, x: Any) -> Logits:
    """Score recordings as `task.read` gives them, some at a time (n, c).

    Raises:
        HeadError: A score is not finite.
    """
    with torch.no_grad():
        parts = [head.logits(state, part, task.classes) for _, part in minibatches(x, BATCH)]
    return finite(torch.cat(parts).float(), name_of(head))
