"""One line for each cell, for spreadsheets and data frames."""

from __future__ import annotations

import csv
import io
from typing import Any

from neuroclip.comparison.report.findings import Findings, Row

_PLAIN = ("head", "shots", "seed", "status", "error", "n", "accuracy")
_MORE = ("top5", "macro_accuracy", "ece", "fit_seconds")
_COSTS = (
    "parameters",
    "macs",
    "accumulates",
    "encoder_macs",
    "firing_rate",
    "energy_uj",
    "encoder_energy_share",
)


def spreadsheet(found: Findings) -> str:
    """Return comma-separated values: shares are 0 to 1, and what is not known is empty.

    `published_accuracy` and `published_gap` are there with the protocol as published, and `accuracy KIND=LEVEL` for
    each corruption.
    """
    plan = found.document["plan"]
    corruptions = [(row["kind"], row["level"]) for row in plan["corrupt"]]
    published = plan["protocol"] != "honest"
    with io.StringIO(newline="") as text:
        writer = csv.writer(text, lineterminator="\n")
        header = [*_PLAIN, "accuracy_low", "accuracy_high", *_MORE, "aurc"]
        header += ["published_accuracy", "published_gap"] if published else []
        header += [f"accuracy {kind}={level:g}" for kind, level in corruptions]
        writer.writerow([*header, *_COSTS, "digest", "split"])
        for cell in found.document["cells"]:
            low, high = cell.get("accuracy_ci") or (None, None)
            row: list[Any] = [
                *(cell.get(name) for name in _PLAIN),
                low,
                high,
                *(cell.get(name) for name in _MORE),
            ]
            row.append((cell.get("selective") or {}).get("aurc"))
            if published:
                row += [(cell.get("published") or {}).get(name) for name in ("accuracy", "gap")]
            row += [_disturbed(cell, kind, level) for kind, level in corruptions]
            row += [(cell.get("costs") or {}).get(name) for name in _COSTS]
            writer.writerow([*row, cell.get("digest"), cell.get("split")])
        return text.getvalue()


def _disturbed(cell: Row, kind: str, level: float) -> float | None:
    for row in cell.get("robustness") or ():
        if (row["kind"], row["level"]) == (kind, level):
            return row.get("accuracy")
    return None
