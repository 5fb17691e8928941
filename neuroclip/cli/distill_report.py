"""What `neuroclip distill` measures of its networks, as JSON and Markdown."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuroclip.errors import OptionError

if TYPE_CHECKING:
    from neuroclip.fitting import Task
    from neuroclip.heads import SavedHead

HEADER = ("set", "network", "top-1", "95 %", "n", "GFLOPs", "parameters", "trained in")
_REPORT = "distillation"


def measured(task: Task, fitted: Mapping[str, SavedHead]) -> dict[str, Any]:
    """Measure each on the test part."""
    from neuroclip.fitting import evaluate
    from neuroclip.heads.registry import name_of

    rows: dict[str, dict[str, Any]] = {}
    for name, saved in fitted.items():
        # A teacher that was given may have its classes in another order.
        found = evaluate(replace(task, names=saved.names), saved.head, saved.state, task.split.test)
        rows[name] = {
            "head": name_of(saved.head),
            "n": found.metrics.n,
            "accuracy": found.metrics.accuracy,
            "accuracy_ci": list(found.metrics.accuracy_ci),
            "gflops": 2 * found.costs.macs / 1e9,
            "parameters": found.costs.parameters,
            "fit_seconds": saved.provenance.get("fit_seconds"),
            "digest": saved.digest,
        }
    return {
        "data": task.dataset.name,
        "classes": len(task.names),
        "fitted_on": len(task.split.train),
        "split": task.split.digest,
        "seed": task.split.seed,
        "networks": rows,
    }


def write_report(out: Path, reports: Mapping[str, Mapping[str, Any]]) -> None:
    """Write what was measured so far as JSON and Markdown."""
    lines = ["# Distillation", ""]
    lines += [
        f"{name}: trained on {one['fitted_on']} recordings of {one['classes']} classes, split {one['split']}; "
        f"{len(one['left_out'])} recordings that cannot be read were left out."
        for name, one in reports.items()
    ]
    cells = [HEADER, ["---"] * len(HEADER), *report_rows(reports)]
    lines += ["", *("| " + " | ".join(row) + " |" for row in cells)]
    _write(out / f"{_REPORT}.json", json.dumps(reports, indent=2, ensure_ascii=False))
    _write(out / f"{_REPORT}.md", "\n".join(lines))


def report_rows(reports: Mapping[str, Mapping[str, Any]]) -> list[list[str]]:
    """Return a line for each network of each split, and where there are several splits, for the mean over them."""
    rows: list[list[str]] = []
    for split, report in reports.items():
        for name, row in report["networks"].items():
            low, high = row["accuracy_ci"]
            seconds = row["fit_seconds"]
            rows.append(
                [
                    split,
                    name,
                    f"{100 * row['accuracy']:.1f} %",
                    f"{100 * low:.1f} to {100 * high:.1f}",
                    str(row["n"]),
                    f"{row['gflops']:.3g}",
                    str(row["parameters"]),
                    f"{seconds:.0f} s" if seconds is not None else "-",
                ]
            )
    if len(reports) > 1:
        for name in next(iter(reports.values()))["networks"]:
            own = [report["networks"][name]["accuracy"] for report in reports.values()]
            rows.append(["mean", name, f"{100 * sum(own) / len(own):.1f} %", *["-"] * 5])
    return rows


def _write(path: Path, text: str) -> None:
    """Write a text, whole or not at all.

    Raises:
        OptionError: It cannot be written.
    """
    try:
        unfinished = path.with_name(f"{path.name}.part")
        unfinished.write_text(text + "\n", encoding="utf-8")
        os.replace(unfinished, path)
    except OSError as error:
        raise OptionError(f"{path}: cannot be written: {error.strerror or error}") from error
