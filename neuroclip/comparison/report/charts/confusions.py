"""Which classes are taken for which."""

from __future__ import annotations

from typing import Any

from neuroclip.comparison.report.charts.drawing import SIZE, Chart, canvas
from neuroclip.comparison.report.charts.naming import LONGEST, room_for
from neuroclip.comparison.report.findings import Findings
from neuroclip.comparison.report.looks import COLOURS, FAINT, INK
from neuroclip.comparison.report.wording import clipped

BEST = 4
"""So many heads are shown."""
_NAMED, _NUMBERED = 32, 16  # more classes than that have no room for their names, or for numbers


def confusion(found: Findings, head: str) -> Any:
    """Return how many recordings of each class (row) a head named as each (column), all seeds together, or None."""
    import numpy as np

    counts = [cell["confusion"] for cell in found.cells(head)]
    return np.sum(counts, axis=0) if counts else None


def confusions(found: Findings) -> list[Chart]:
    """Draw the confusions of the best heads with the most shots."""
    return [_drawn(found, head, place) for place, head in enumerate(found.measured[:BEST])]


def _drawn(found: Findings, head: str, place: int) -> Chart:
    import numpy as np

    counts = confusion(found, head)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    c = len(found.classes)
    named, numbered = c <= _NAMED, c <= _NUMBERED
    left = room_for(found.classes) + 26 if named else 50
    side = min(max(30.0 * c, 220), 400) if named else 400
    below = room_for(found.classes) + 24 if named else 34
    with canvas(f"confusion-{place + 1}", left + side + 12, side + below + 12) as drawn:
        axes = drawn.axes(left, 12, below, 12)
        axes.grid(visible=False)
        colour = [int(COLOURS[0][i : i + 2], 16) / 255 for i in (1, 3, 5)]
        # The colour is always the same, and only its strength says how many: so it stands on any background.
        picture = np.dstack([np.broadcast_to(value, shares.shape) for value in colour] + [np.sqrt(shares)])
        axes.imshow(picture, interpolation="none", aspect="equal")
        if named:
            labels = [clipped(name, LONGEST) for name in found.classes]
            size = min(SIZE, 0.85 * side / c)
            axes.set_xticks(range(c), labels, rotation=90, fontsize=size)
            axes.set_yticks(range(c), labels, fontsize=size)
            axes.set_xticks(np.arange(c + 1) - 0.5, minor=True)
            axes.set_yticks(np.arange(c + 1) - 0.5, minor=True)
            axes.grid(which="minor", color=FAINT, linewidth=0.6)
            axes.tick_params(which="both", length=0)
        if numbered:
            for i, k in zip(*np.nonzero(counts), strict=True):
                strong = shares[i, k] > 0.45
                text, size = f"{100 * shares[i, k]:.0f}", min(SIZE - 1, 0.5 * side / c)
                axes.text(
                    k, i, text, ha="center", va="center", color="#ffffff" if strong else INK, fontsize=size
                )
        axes.spines[:].set_visible(True)
        axes.set_xlabel("answer" if named else "answer (number of the class)")
        axes.set_ylabel("class" if named else "class (its number)")
    return drawn.chart(
        f"Confusions of {clipped(head, 40)}",
        f"With {found.said(found.most)}, all seeds together; "
        + (
            "in % of the recordings of a class."
            if numbered
            else "the stronger, the more of the class. Classes are numbered in the order of the set."
        ),
    )


def mixed_up(found: Findings, head: str, most: int = 6) -> list[tuple[str, str, int, int]]:
    """Return what a head mixes up most: class, answer, how often (more than once), of how many of the class."""
    import numpy as np

    counts = confusion(found, head)
    if counts is None:
        return []
    wrong = [(int(counts[i, k]), int(i), int(k)) for i, k in np.argwhere(counts > 1) if i != k]
    wrong.sort(key=lambda row: (-row[0], row[1], row[2]))
    return [(found.classes[i], found.classes[k], n, int(counts[i].sum())) for n, i, k in wrong[:most]]
