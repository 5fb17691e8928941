"""The document of a comparison, put together when its cells are finished."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from neuroclip.comparison.cells import Cell
from neuroclip.comparison.document import FORMAT
from neuroclip.comparison.examples import chosen, examples
from neuroclip.comparison.machine import machine, versions
from neuroclip.comparison.plan import Place, head_folder
from neuroclip.comparison.setting import Setting
from neuroclip.comparison.speed import Question, speed_of
from neuroclip.comparison.standing import standing_of
from neuroclip.comparison.summary import pairs_of, summary_of
from neuroclip.comparison.wishes import Wishes
from neuroclip.errors import ComparisonError
from neuroclip.fitting.task import Task

Kept = Sequence[tuple[str, Path]]
"""Titles of heads that were saved, and where."""


def document_of(
    setting: Setting, wishes: Wishes, tests: Mapping[str, Any], cells: Sequence[Cell]
) -> dict[str, Any]:
    """Return what `comparison.json` holds; heads that were saved are timed, and asked about some recordings."""
    plan = setting.plan
    task = setting.task(plan.shots[-1], plan.seeds[0])
    saved = {cell["head"] for cell in cells if cell["status"] == "ok" and plan.is_kept(Place.of(cell))}
    kept = [(e.title, head_folder(setting.folder, e)) for e in plan.entries if e.title in saved]
    heads = standing_of(setting, cells)
    for title, speed in (_speeds(setting, wishes, task, kept) if wishes.speed else {}).items():
        heads[title] |= speed
    shown = examples(task, chosen(task, wishes.samples), kept)
    return {
        "format": FORMAT,
        "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "data": _data(setting) | {"shown": bool(shown)},
        "plan": plan.to_json(),
        "provenance": _provenance(setting, wishes, [h["package"] for h in heads.values() if h["package"]]),
        "tests": dict(tests),
        "cells": list(cells),
        "summary": summary_of(cells, tests),
        "pairs": pairs_of(cells, tests),
        "heads": heads,
        "published": [dict(row) for row in wishes.published],
        "samples": shown,
    }


def _data(setting: Setting) -> dict[str, Any]:
    dataset, sizes = setting.dataset, {item.file.size for item in setting.dataset.items}
    size = next(iter(sizes)) if len(sizes) == 1 else None
    return {
        "name": dataset.name,
        "known": dataset.known.name if dataset.known else None,
        "classes": list(dataset.classes),
        "size": list(size) if size else None,
        "recordings": len(dataset.items),
    }


def _provenance(setting: Setting, wishes: Wishes, packages: Sequence[str]) -> dict[str, Any]:
    model = setting.loaded()
    task = setting.task(setting.plan.shots[-1], setting.plan.seeds[0])
    return {
        "command": wishes.command,
        "versions": versions(packages),
        "model": {"name": model.name, "digest": model.weights_digest, "precision": model.precision},
        "prompts": {"name": setting.prompts.name, "templates": list(setting.prompts.templates)},
        "words": list(task.classes.words),
        "machine": machine(model.device),
        "recipe": None if wishes.recipe is None else dict(wishes.recipe),
    }


def _speeds(setting: Setting, wishes: Wishes, task: Task, kept: Kept) -> dict[str, dict[str, Any]]:
    """Return how fast each head is; one that cannot be timed is complained of."""
    files = [task.items[name].file for name in task.split.test]
    speeds: dict[str, dict[str, Any]] = {}
    with wishes.bars(len(kept), "timing") as bar:
        for title, folder in kept:
            try:
                found = speed_of(Question(folder, setting.model, setting.precision, setting.device, files))
                speeds[title] = {
                    "latency_ms": {"p50": found.p50_ms, "p99": found.p99_ms, "n": found.n},
                    "recordings_per_second": found.recordings_per_second,
                    "peak_memory_mb": found.peak_memory_mb,
                }
            except ComparisonError as error:
                wishes.complain(error)
            bar.update(1)
    return speeds
