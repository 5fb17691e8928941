"""What is said of each head as a whole: who made it, what it costs, and why it failed if it did."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from neuroclip.comparison.cells import Cell
from neuroclip.comparison.plan import Entry, head_folder
from neuroclip.comparison.setting import Setting
from neuroclip.comparison.speed import KEPT
from neuroclip.heads import describe, installed

_COSTS = (
    "parameters",
    "macs",
    "accumulates",
    "encoder_macs",
    "firing_rate",
    "energy_uj",
    "encoder_energy_share",
)
_SPEED = ("latency_ms", "recordings_per_second", "peak_memory_mb")
_UNKNOWN = (*_COSTS, *_SPEED, "gflops", "fit_seconds", "bytes_on_disk", "representation", "training")


def standing_of(setting: Setting, cells: Sequence[Cell]) -> dict[str, dict[str, Any]]:
    """Return the heads as the document has them, without their speed; what is not known is None."""
    return {
        entry.title: _standing(setting, entry, [cell for cell in cells if cell["head"] == entry.title])
        for entry in setting.plan.entries
    }


def _standing(setting: Setting, entry: Entry, cells: Sequence[Cell]) -> dict[str, Any]:
    row = next((row for row in installed() if row.name == entry.head), None)
    errors = [cell["error"] for cell in cells if cell["status"] == "failed"]
    standing: dict[str, Any] = {
        "head": entry.head,
        "package": row.package if row else None,
        "version": row.version if row else None,
        "about": "",
        "status": "failed" if errors else "ok",
        "error": errors[0] if errors else None,
        "options": dict(entry.options),
        **dict.fromkeys(_UNKNOWN),
    }
    try:
        head = setting.head(entry.title)
        task = setting.task(setting.plan.shots[-1], setting.plan.seeds[0])
        standing["about"] = (inspect.getdoc(type(head)) or "").strip().partition("\n")[0]
        standing["options"] = describe(head)
        standing["representation"] = task.filled(head.representation).key
        standing["training"] = task.filled(head.training).key
    except Exception:  # a stranger's head may raise anything; its cells have said it
        standing["status"] = "failed"
    if done := [cell for cell in cells if cell["status"] == "ok"]:
        most = max(cell["shots"] for cell in done)
        last = [cell for cell in done if cell["shots"] == most]
        costs = last[0]["costs"]
        standing |= {name: costs[name] for name in _COSTS}
        standing["gflops"] = 2e-9 * (costs["macs"] + costs["encoder_macs"])
        standing["fit_seconds"] = sum(cell["fit_seconds"] for cell in last) / len(last)
    folder = head_folder(setting.folder, entry)
    if (folder / "head.json").is_file():
        files = [path for path in folder.iterdir() if path.name != KEPT]
        standing["bytes_on_disk"] = sum(path.stat().st_size for path in files)
    return standing
