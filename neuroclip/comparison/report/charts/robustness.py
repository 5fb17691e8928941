"""What is left of accuracy when test recordings are disturbed: one chart for each kind of disturbance."""

from __future__ import annotations

from neuroclip.comparison.report.charts.drawing import WIDTH, Chart, canvas
from neuroclip.comparison.report.charts.naming import Named, height_for, name_at_right, room_for
from neuroclip.comparison.report.disturbances import disturbed
from neuroclip.comparison.report.findings import Findings
from neuroclip.comparison.report.looks import PAPER
from neuroclip.comparison.report.wording import Number, printable, short
from neuroclip.corruptions.kinds import KINDS


def robustness(found: Findings) -> list[Chart]:
    """Draw accuracy over the level of each kind that was tried, with the most shots."""
    kinds = dict.fromkeys(row["kind"] for row in found.document["plan"]["corrupt"])
    # What is not known here may have any name, and it is no name for a file.
    names = {kind: kind if kind in KINDS else str(place) for place, kind in enumerate(kinds, 1)}
    return [chart for kind in kinds if (chart := _drawn(found, kind, names[kind])) is not None]


def _drawn(found: Findings, kind: str, name: str) -> Chart | None:
    clean, about = (float(KINDS[kind].nothing), KINDS[kind].about) if kind in KINDS else (0.0, kind)
    curves = {head: curve for head in found.measured if len(curve := disturbed(found, head, kind, clean)) > 1}
    if not curves:
        return None
    levels = sorted({level for curve in curves.values() for level in curve})
    right = room_for(list(curves)) + 36
    with canvas(f"robustness-{name}", WIDTH, height_for(len(curves))) as drawn:
        axes, named, lowest = drawn.axes(54, right, bottom=56), list[Named](), 100.0
        for head, curve in reversed(curves.items()):
            look, points = found.looks[head], sorted((levels.index(level), v) for level, v in curve.items())
            places, values = [place for place, _ in points], [value for _, value in points]
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
        axes.set_xlim(-0.25, len(levels) - 0.75)
        axes.set_ylim(0 if lowest < 35 else 10 * ((lowest - 2) // 10), 101)
        axes.yaxis.get_major_locator().set_params(integer=True)
        axes.set_xticks(range(len(levels)), [_text(level, clean) for level in levels])
        axes.set_xlabel(printable(kind))
        axes.set_ylabel("accuracy (%)")
        name_at_right(drawn, axes, named)
    return drawn.chart(
        f"Disturbed by {kind}",
        f"{about[0].upper()}{about[1:]}. With {found.said(found.most)}, mean over seeds; only the test "
        "recordings are disturbed.",
    )


def _text(level: Number, clean: Number) -> str:
    return f"{level:g}\nas it is" if level == clean else f"{level:g}" if level < 1000 else short(level)
