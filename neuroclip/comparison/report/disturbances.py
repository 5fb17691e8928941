"""What is left of accuracy when test recordings are disturbed."""

from __future__ import annotations

from statistics import fmean

from neuroclip.comparison.report.findings import Findings
from neuroclip.comparison.report.wording import Number


def disturbed(found: Findings, head: str, kind: str, clean: Number) -> dict[float, Number]:
    """Return the accuracy in % at each level, and undisturbed, of the seeds that were measured at it."""
    values: dict[float, list[Number]] = {}
    for cell in found.cells(head):
        rows = [row for row in cell["robustness"] if row["kind"] == kind and row.get("accuracy") is not None]
        if rows:
            values.setdefault(clean, []).append(100 * cell["accuracy"])
        for row in rows:
            if row["level"] != clean:
                values.setdefault(float(row["level"]), []).append(100 * row["accuracy"])
    return {level: fmean(many) for level, many in values.items()}
