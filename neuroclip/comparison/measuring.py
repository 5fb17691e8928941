"""One cell: a head fitted on some shots, and everything that is measured of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import torch

from neuroclip.comparison.plan import Entry, Plan
from neuroclip.corruptions.kinds import Corruption
from neuroclip.errors import HeadError, NeuroclipError, RecordingError
from neuroclip.fitting.evaluation import BATCH, evaluate, scored
from neuroclip.fitting.fitted import Fitted, fit
from neuroclip.fitting.provenance import digest_of, provenance_of
from neuroclip.fitting.saving import save_into, seen_in
from neuroclip.fitting.task import Task
from neuroclip.heads import Head, State, installed, minibatches
from neuroclip.metrics.accuracy import metrics_of
from neuroclip.metrics.selective import reliability_of, selective_of
from neuroclip.shapes import Labels

CELL_FORMAT = 2  # raised when cells hold or mean something else, so that no old one is taken for it


def job_of(task: Task, head: Head, entry: Entry, plan: Plan) -> str:
    """Return a digest of everything that decides what a cell holds, but for which damage is measured.

    Raises:
        NeuroclipError: Of its kind: a recording, or what the head needs, cannot be read.
    """
    package = next(((r.package, r.version) for r in installed() if r.name == entry.head), None)
    measured = " ".join(f"{name} {task.items[name].file.digest}" for name in task.split.test)
    return digest_of(
        {
            "format": CELL_FORMAT,
            "provenance": provenance_of(task, head, task.split.seed),
            "package": package,
            "classes": list(task.names),
            "test": blake2b(measured.encode(), digest_size=16).hexdigest(),
            "protocol": plan.protocol,
        }
    )


def measure(
    task: Task,
    head: Head,
    plan: Plan,
    *,
    folder: Path | None = None,
    keep: Path | None = None,
    most: float = math.inf,
    job: str = "",
) -> dict[str, Any]:
    """Fit a head on a task's shots and measure it: the fields of a cell that the document has where all went well.

    `folder` keeps the checkpoints of a training that lasts; the head is saved in `keep`, under the digest `job`, unless
    what it learned has more than `most` bytes.

    Raises:
        NeuroclipError: Of its kind; among others, a score is not finite.
    """
    seed, names = task.split.seed, task.split.test
    published = plan.protocol == "as-published"
    fitted = fit(task, head, seed=seed, folder=folder, as_published=published)
    found = evaluate(task, head, fitted.state, names)
    y, confidence = found.y, found.logits.double().softmax(-1).max(-1).values
    if keep is not None and sum(tensor.nbytes for tensor in fitted.state.values()) <= most:
        _keep(keep, task, fitted, job)
    return {
        "fit_seconds": fitted.seconds,
        **found.metrics.to_json(task.names),
        "predictions": found.logits.argmax(-1).tolist(),
        "confidence": [round(value, 4) for value in confidence.tolist()],
        "reliability": reliability_of(found.logits, y),
        "timesteps": _timesteps(task, head, fitted.state, y),
        "selective": selective_of(found.logits, y).to_json(),
        "published": _published(fitted),
        "robustness": [robustness_of(task, head, fitted.state, c) for c in plan.corruptions],
        "costs": found.costs.to_json(),
    }


def _keep(folder: Path, task: Task, fitted: Fitted, job: str) -> None:
    provenance = {**fitted.provenance, "fit_seconds": round(fitted.seconds, 3), "job": job}
    provenance["seen"] = seen_in(task, fitted.head)
    save_into(folder, task, fitted.head, fitted.state, provenance)


def _timesteps(task: Task, head: Head, state: State, y: Labels) -> list[float] | None:
    """Return the accuracy of the sum of what the first 1, 2, ... timesteps say; None where they say nothing.

    Raises:
        HeadError: A score is not finite.
    """
    x = task.read(head.representation, task.split.test)
    hits: list[Any] = []
    with torch.no_grad():
        for index, part in minibatches(x, BATCH):
            said = head.timestep_logits(state, part, task.classes)
            if said is None:
                return None
            if not torch.isfinite(said).all():
                raise HeadError("a score of a timestep is no number: is an option extreme?")
            best = said.double().cumsum(1).argmax(-1)
            hits.append((best == y[index, None]).double().sum(0))
    return (torch.stack(hits).sum(0) / len(y)).tolist()


def _published(fitted: Fitted) -> dict[str, float] | None:
    if not fitted.published:
        return None
    best, last = max(fitted.published), fitted.published[-1]
    return {"accuracy": best, "honest": last, "gap": best - last}


def robustness_of(task: Task, head: Head, state: State, corruption: Corruption) -> dict[str, Any]:
    """Measure on damaged test recordings; those of which nothing is left are not counted, and named as an error."""
    found: dict[str, Any] = {"kind": corruption.kind, "level": corruption.level}
    nothing: dict[Any, RecordingError] = {}  # by file as it is read: several recordings may be parts of one
    names: Sequence[str] = task.split.test
    files = task.files(names, corruption)
    try:
        task.bank.fill(task.filled(head.representation), files, task.backbones, bad=nothing.__setitem__)
        left = [name for name, file in zip(names, files, strict=True) if file not in nothing]
        error = f"{len(nothing)} of {len(names)}: {next(iter(nothing.values()))}" if nothing else None
        if not left:
            return found | {"accuracy": None, "n": 0, "error": error}
        x = task.read(head.representation, left, corruption=corruption)
        accuracy = metrics_of(scored(task, head, state, x), task.labels(left)).accuracy
        return found | {"accuracy": accuracy, "n": len(left), "error": error}
    except NeuroclipError as error:
        return found | {"accuracy": None, "n": 0, "error": str(error)}
