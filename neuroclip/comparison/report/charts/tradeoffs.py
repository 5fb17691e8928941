"""What accuracy costs: against latency, and against operations."""

from __future__ import annotations

from typing import Any

from neuroclip.comparison.report.charts.drawing import Chart, canvas
from neuroclip.comparison.report.charts.naming import Named, name_beside
from neuroclip.comparison.report.findings import Findings
from neuroclip.comparison.report.looks import PAPER
from neuroclip.comparison.report.wording import OVER_RECORDINGS, Number, counted, listed


def against_latency(found: Findings) -> Chart | None:
    """Draw accuracy against the median latency of one recording."""
    rows = {head: (found.document["heads"].get(head, {}).get("latency_ms") or {}) for head in found.measured}
    machine = found.document["provenance"]["machine"]
    return _against(
        found,
        "accuracy-against-latency",
        "Accuracy against latency",
        {head: row["p50"] for head, row in rows.items() if row.get("p50")},
        "ms per recording, median, log scale",
        f"From events in memory to scores, one recording at a time, {counted(machine['threads'], 'thread')} of "
        f"{machine['processor']}, {machine['device']}.",
    )


def against_operations(found: Findings) -> Chart | None:
    """Draw accuracy against the operations for one recording, those of the encoder included."""
    costs = {head: found.cost(head, "gflops") for head in found.measured}
    free = [head for head, cost in costs.items() if cost == 0]
    without = f" Without operations that count, and not drawn: {listed(free, 3)}." if free else ""
    return _against(
        found,
        "accuracy-against-operations",
        "Accuracy against operations",
        {head: cost for head, cost in costs.items() if cost},
        "GFLOPs per recording, log scale",
        f"Multiply-accumulates of encoder and head, two operations each.{without}",
    )


def _against(
    found: Findings, name: str, title: str, costs: dict[str, Number], label: str, caption: str
) -> Chart | None:
    """Draw one point for each head; None where there are not two to compare."""
    if found.most is None or len(costs) < 2:
        return None
    with canvas(name) as drawn:
        axes, named = drawn.axes(54, 16), list[Named]()
        axes.set_xscale("log")
        for head, cost in costs.items():
            row, look = found.summary[head, found.most], found.looks[head]
            value = 100 * row["accuracy"]
            low, high = (100 * end for end in row["bootstrap_ci"])
            axes.plot([cost, cost], [low, high], color=look.colour, linewidth=1, alpha=0.35)
            axes.plot(cost, value, look.marker, color=look.colour, markersize=8, markeredgecolor=PAPER)
            named.append(Named(head, look, cost, value))
        _on_log_scale(axes, min(costs.values()), max(costs.values()))
        axes.set_xlabel(label)
        axes.set_ylabel(f"accuracy with {found.said(found.most)} (%)")
        bottom, top = axes.get_ylim()
        axes.set_ylim(max(bottom, -2), min(top, 102))
        name_beside(drawn, axes, named)
    return drawn.chart(title, f"{caption} Lines: {OVER_RECORDINGS}.")


def _on_log_scale(axes: Any, low: Number, high: Number) -> None:
    """Leave room at both ends, and write round numbers."""
    pad = max((high / low) ** 0.1, 1.6)
    low, high = low / pad, high * pad
    ticks = [f * 10.0**e for e in range(-12, 13) for f in (1, 2, 5) if low <= f * 10.0**e <= high]
    if len(ticks) < 3:
        ticks = [
            f * 10.0**e for e in range(-12, 13) for f in (1, 1.5, 2, 3, 4, 6, 8) if low <= f * 10.0**e <= high
        ]
    if len(ticks) > 8:
        ticks = [tick for tick in ticks if f"{tick:e}".startswith("1")]
    axes.set_xlim(low, high)
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_xticks([], minor=True)
