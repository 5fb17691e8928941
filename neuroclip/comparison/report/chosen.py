"""What choosing a checkpoint by the test recordings would have shown, beside the honest number."""

from __future__ import annotations

from statistics import fmean

from neuroclip.comparison.report.findings import Findings
from neuroclip.comparison.report.wording import percent

TITLE = "Chosen on the test recordings, as published"
HEADER = ("head", "shots", "honest (last checkpoint)", "chosen on test", "gap")
NOTE = (
    "Accuracy in %, mean over seeds. Honest: that of the last checkpoint, which is what counts. Chosen on test: that "
    "of the checkpoint that does best on the test recordings, as a paper reports that chooses by them. Gap: what this "
    "adds, in points."
)


def chosen_on_test(found: Findings) -> list[tuple[str, str, str, str, str]]:
    """Return the rows under `HEADER`, heads from best to worst; none unless the protocol was as published.

    Accuracies are in %, their gap in percentage points; all three are means over those seeds that have them.
    """
    rows: list[tuple[str, str, str, str, str]] = []
    for head in found.ranked:
        for shots in found.shots:
            kept = [cell["published"] for cell in found.cells(head, shots) if cell["published"]]
            if kept:
                honest, best, gap = (
                    fmean(row[name] for row in kept) for name in ("honest", "accuracy", "gap")
                )
                said = (percent(honest), percent(best), percent(gap, signed=True))
                rows.append((head, found.tick(shots), *said))
    return rows
