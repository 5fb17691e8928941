"""How accuracy grows: with shots, and with timesteps."""

from __future__ import annotations

from statistics import fmean
from typing import Any

from neuroclip.comparison.report.charts.drawing import WIDTH, Chart, canvas
from neuroclip.comparison.report.charts.naming import (
    LINE,
    LONGEST,
    Named,
    height_for,
    name_at_right,
    room_for,
)
from neuroclip.comparison.report.findings import Findings
from neuroclip.comparison.report.looks import PAPER, SOFT
from neuroclip.comparison.report.wording import OVER_RECORDINGS, Number, clipped

_MANY = 8  # bands of more heads than this would hide one another


def over_shots(found: Findings) -> Chart | None:
    """Draw accuracy over the number of shots; None for a single number."""
    if len(found.shots) < 2:
        return None
    heads = [head for head in found.ranked if any((head, k) in found.summary for k in found.shots)]
    right = room_for(heads) + 36
    with canvas("accuracy-over-shots", WIDTH, height_for(len(heads))) as drawn:
        axes = drawn.axes(54, right)
        axes.set_xlim(-0.25, len(found.shots) - 0.75)
        lowest, named = 100.0, list[Named]()
        for head in reversed(heads):
            rows = [
                (i, found.summary[head, k]) for i, k in enumerate(found.shots) if (head, k) in found.summary
            ]
            places, look = [i for i, _ in rows], found.looks[head]
            values = [100 * row["accuracy"] for _, row in rows]
            ends = [row["bootstrap_ci"] for _, row in rows]
            low, high = [100 * e[0] for e in ends], [100 * e[1] for e in ends]
            if len(heads) <= _MANY:
                axes.fill_between(places, low, high, color=look.colour, alpha=0.13, linewidth=0)
                lowest = min(lowest, *low)
            if len(rows) == 1:
                axes.errorbar(
                    places, values, [[values[0] - low[0]], [high[0] - values[0]]], color=look.colour, lw=1
                )
            axes.plot(
                places,
                values,
                color=look.colour,
                marker=look.marker,
                linestyle=look.dash,
                markeredgecolor=PAPER,
            )
            lowest = min(lowest, *values)
            named.append(Named(head, look, places[-1], values[-1]))
        chance = _in_percent(axes, lowest, 100 / len(found.classes))
        axes.set_xticks(range(len(found.shots)), [found.tick(k) for k in found.shots])
        axes.set_xlabel("shots per class")
        name_at_right(drawn, axes, named)
    n = len(found.document["plan"]["seeds"])
    over = f"Mean over {n} seeds." if n > 1 else "One seed."
    bands = f" Bands: {OVER_RECORDINGS}." if len(heads) <= _MANY else ""
    return drawn.chart(
        "Accuracy over shots",
        f"{over}{bands}{chance}",
    )


def intervals(found: Findings) -> Chart | None:
    """Draw the accuracy of each head with the most shots, both intervals, and each seed."""
    heads = found.measured
    if found.most is None:
        return None
    left = room_for(heads) + 14
    with canvas("accuracy-intervals", WIDTH, max(120, (LINE + 5) * len(heads) + 58)) as drawn:
        axes = drawn.axes(left, 16)
        axes.grid(visible=False, axis="y")
        for place, head in enumerate(heads):
            row, look = found.summary[head, found.most], found.looks[head]
            axes.plot([100 * end for end in row["bootstrap_ci"]], [place] * 2, color=look.colour, lw=1.2)
            if row["seeds_ci"]:
                axes.plot(
                    [100 * end for end in row["seeds_ci"]],
                    [place] * 2,
                    color=look.colour,
                    lw=5,
                    alpha=0.4,
                    solid_capstyle="butt",
                )
            seeds = [100 * cell["accuracy"] for cell in found.cells(head)]
            if len(seeds) > 1:
                axes.plot(
                    seeds, [place] * len(seeds), "|", color=look.colour, markersize=7, markeredgewidth=0.8
                )
            axes.plot(
                100 * row["accuracy"],
                place,
                look.marker,
                color=look.colour,
                markeredgecolor=PAPER,
                markersize=7,
            )
        axes.set_yticks(range(len(heads)), [clipped(head, LONGEST) for head in heads])
        axes.set_ylim(len(heads) - 0.4, -0.6)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.tick_params(axis="y", length=0)
        low, high = axes.get_xlim()
        axes.set_xlim(max(low, -1), min(high, 101))
        axes.set_xlabel("accuracy (%)")
    most = max(found.summary[head, found.most]["seeds"] for head in heads)
    over = f" Pale bar: 95 % over {most} seeds (Student\u2019s t); ticks: each seed." if most > 1 else ""
    return drawn.chart(
        f"Accuracy with {found.said(found.most)}",
        f"Line: {OVER_RECORDINGS}.{over}",
    )


def over_timesteps(found: Findings) -> Chart | None:
    """Draw accuracy after the first timesteps, for the heads that say something in each."""
    curves = {
        head: [cell["timesteps"] for cell in found.cells(head) if cell["timesteps"]]
        for head in found.measured
    }
    curves = {head: many for head, many in curves.items() if many and len(many[0]) > 1}
    if not curves:
        return None
    right = room_for(list(curves)) + 36
    with canvas("accuracy-over-timesteps", WIDTH, height_for(len(curves))) as drawn:
        axes, lowest, named = drawn.axes(54, right), 100.0, list[Named]()
        for head, many in reversed(curves.items()):
            steps = min(len(curve) for curve in many)
            values = [100 * fmean(curve[t] for curve in many) for t in range(steps)]
            look = found.looks[head]
            axes.plot(
                range(1, steps + 1),
                values,
                color=look.colour,
                marker=look.marker,
                linestyle=look.dash,
                markeredgecolor=PAPER,
            )
            lowest = min(lowest, *values)
            named.append(Named(head, look, steps, values[-1]))
        chance = _in_percent(axes, lowest, 100 / len(found.classes))
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set_xlabel("timesteps seen")
        name_at_right(drawn, axes, named)
    return drawn.chart(
        "Accuracy over timesteps",
        f"The sum of what the first timesteps say, with {found.said(found.most)}; mean over seeds.{chance}",
    )


def _in_percent(axes: Any, lowest: Number, chance: Number) -> str:
    """Let the axis of accuracy end at round numbers; mark chance where it is in sight, and say so."""
    bottom = 0.0 if lowest < 35 else 10 * ((lowest - 2) // 10)
    axes.set_ylim(bottom, 101)
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.set_ylabel("accuracy (%)")
    if chance <= bottom:
        return ""
    axes.axhline(chance, color=SOFT, linewidth=1, linestyle=":")
    return " Dotted: chance."
