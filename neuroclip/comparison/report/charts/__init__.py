"""The charts of a comparison; one without data is left out."""

from __future__ import annotations

from neuroclip.comparison.report.charts.accuracy import intervals, over_shots, over_timesteps
from neuroclip.comparison.report.charts.confusions import confusions, mixed_up
from neuroclip.comparison.report.charts.drawing import Chart, shown_svg
from neuroclip.comparison.report.charts.robustness import robustness
from neuroclip.comparison.report.charts.tradeoffs import against_latency, against_operations
from neuroclip.comparison.report.charts.trust import reliability, selective
from neuroclip.comparison.report.findings import Findings

__all__ = ["Chart", "drawn", "mixed_up", "shown_svg"]


def drawn(found: Findings) -> dict[str, tuple[Chart, ...]]:
    """Draw everything that there is data for, under what it is about: accuracy, costs, trust, mistakes, robustness."""
    groups = {
        "accuracy": (over_shots(found), intervals(found), over_timesteps(found)),
        "costs": (against_latency(found), against_operations(found)),
        "trust": (reliability(found), selective(found)),
        "mistakes": confusions(found),
        "robustness": robustness(found),
    }
    return {name: tuple(chart for chart in charts if chart is not None) for name, charts in groups.items()}
