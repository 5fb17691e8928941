"""Whether a head knows when it is right: reliability, and accuracy where it may stay silent."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from neuroclip.comparison.report.charts.drawing import SIZE, WIDTH, Chart, canvas
from neuroclip.comparison.report.charts.naming import Named, height_for, name_at_right, room_for
from neuroclip.comparison.report.findings import Findings, Row
from neuroclip.comparison.report.looks import SOFT
from neuroclip.comparison.report.wording import Number, clipped

_POINTS = 60  # of a curve: more are not seen


def reliability(found: Findings) -> Chart | None:
    """Draw accuracy over confidence, one small square for each head."""
    bins = {head: _pooled(found.cells(head)) for head in found.measured}
    bins = {head: rows for head, rows in bins.items() if rows}
    if not bins:
        return None
    across = min(len(bins), 4 if len(bins) > 9 else 2 if len(bins) == 4 else 3)
    step = min((WIDTH - 44) / across, 220)
    side, width, height = step - 16, 44 + across * step, 48 + -(-len(bins) // across) * (step + 20)
    with canvas("reliability", width, height) as drawn:
        for i, (head, rows) in enumerate(bins.items()):
            left, top = 44 + (i % across) * step, 24 + (i // across) * (step + 20)
            axes = drawn.axes(left, width - left - side, height - top - side, top)
            look, most = found.looks[head], max(n for _, _, n in rows)
            axes.plot([0, 1], [0, 1], color=SOFT, linewidth=0.9, linestyle=":")
            xs, ys = [x for x, _, _ in rows], [y for _, y, _ in rows]
            axes.plot(xs, ys, color=look.colour, linewidth=1.2, alpha=0.5)
            axes.scatter(xs, ys, [9 + 50 * n / most for _, _, n in rows], color=look.colour, linewidths=0)
            ece = fmean(cell["ece"] for cell in found.cells(head))
            axes.set_title(clipped(head, 16), fontsize=SIZE, loc="left", pad=5)
            axes.text(0.97, 0.05, f"ECE {100 * ece:.1f}", ha="right", color=SOFT, fontsize=SIZE - 1)
            axes.set(xlim=(0, 1), ylim=(0, 1), xticks=(0, 0.5, 1), yticks=(0, 0.5, 1))
            axes.set_xticklabels(["0", "50", "100"] if i + across >= len(bins) else [])
            axes.set_yticklabels(["0", "50", "100"] if i % across == 0 else [])
            for label, side_of in zip(axes.get_xticklabels(), ("left", "center", "right"), strict=False):
                label.set_horizontalalignment(side_of)  # so that those of neighbours do not touch
        drawn.figure.text(0.5, 6 / height, "confidence (%)", ha="center", va="bottom", color=SOFT)
        drawn.figure.text(2 / width, 0.5, "accuracy (%)", rotation=90, va="center", color=SOFT)
    return drawn.chart(
        "Reliability",
        f"With {found.said(found.most)}, all seeds together: how often answers of a confidence are "
        "right; dotted: a head that is as often right as it says. Large points: many answers. ECE: expected "
        "calibration error, %.",
    )


def selective(found: Findings) -> Chart | None:
    """Draw accuracy over the share of recordings that a head answers, the surest first."""
    heads = [head for head in found.measured if found.cells(head)]
    if not heads:
        return None
    right = room_for(heads, rest=6) + 36
    with canvas("selective-accuracy", WIDTH, height_for(len(heads))) as drawn:
        axes, named, notes, lowest = drawn.axes(54, right), list[Named](), list[str](), 100.0
        grid = [i / _POINTS for i in range(1, _POINTS + 1)]
        for head in reversed(heads):
            curves = [cell["selective"] for cell in found.cells(head)]
            values = [100 * fmean(_at(share, c["coverage"], c["accuracy"]) for c in curves) for share in grid]
            look = found.looks[head]
            axes.plot([100 * share for share in grid], values, color=look.colour, linestyle=look.dash)
            lowest = min(lowest, *values)
            named.append(Named(head, look, 100, values[-1]))
            notes.append(f"{fmean(c['aurc'] for c in curves):.3f}")
        axes.set(xlim=(0, 100), ylim=(10 * (lowest // 10), 101))
        axes.set_xlabel("recordings that are answered (%), the surest first")
        axes.set_ylabel("accuracy (%)")
        name_at_right(drawn, axes, named, notes)
    return drawn.chart(
        "Accuracy over coverage",
        f"With {found.said(found.most)}, mean over seeds: where the least sure recordings are answered "
        "\u201cnone of these\u201d, how many of the others are right. Beside the names: area under the risk-coverage "
        "curve (less is better).",
    )


def _pooled(cells: Sequence[Row]) -> list[tuple[Number, Number, int]]:
    """Return (confidence, accuracy, n) of each bin, the seeds together."""
    bins: dict[float, list[Row]] = {}
    for cell in cells:
        for row in cell["reliability"]:
            bins.setdefault(round(row["low"], 6), []).append(row)
    pooled: list[tuple[Number, Number, int]] = []
    for _, rows in sorted(bins.items()):
        n = sum(row["n"] for row in rows)
        mean = {name: sum(row["n"] * row[name] for row in rows) / n for name in ("confidence", "accuracy")}
        pooled.append((mean["confidence"], mean["accuracy"], n))
    return pooled


def _at(share: float, coverage: Sequence[Number], accuracy: Sequence[Number]) -> float:
    """Return the accuracy at a coverage, by the line between the points beside it."""
    import numpy as np

    return float(np.interp(share, coverage, accuracy))
