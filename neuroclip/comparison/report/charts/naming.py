"""Names at what they name: in a column at the right of a drawing, or beside points, where there is room."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from neuroclip.comparison.report.charts.drawing import SIZE, Canvas, spread
from neuroclip.comparison.report.looks import INK, Look
from neuroclip.comparison.report.wording import Number, clipped, columns

LONGEST = 28
"""Columns of the longest name that a chart shows in full."""
LINE = 14.5
Box = tuple[float, float, float, float]


class Named(NamedTuple):
    """A place in a chart, and the name that belongs to it."""

    name: str
    look: Look
    x: Number
    y: Number


def room_for(names: Sequence[str], rest: int = 0) -> float:
    """Return the pixels that the widest of these names takes, and `rest` letters more."""
    return 0.58 * SIZE * (max((columns(clipped(name, LONGEST)) for name in names), default=0) + rest) + 8


def height_for(count: int, least: Number = 320) -> Number:
    """Return the height of a chart with so many names."""
    return max(least, LINE * count + 60)


def name_at_right(drawn: Canvas, axes: Any, named: Sequence[Named], notes: Sequence[str] = ()) -> None:
    """Write names in the right margin, level with their places where they fit, with a line from each place to its name.

    `notes` stand behind the names, one for each.
    """
    from matplotlib.lines import Line2D

    if not named:
        return
    box = axes.get_position()
    right, low, high = box.x1 * drawn.width, box.y0 * drawn.height, box.y1 * drawn.height
    places = [axes.transData.transform((point.x, point.y)) for point in named]
    levels = spread([float(place[1]) for place in places], LINE, low + 2, high)
    for i, (point, place, level) in enumerate(zip(named, places, levels, strict=True)):
        xs = (place[0] / drawn.width, (right + 8) / drawn.width, (right + 20) / drawn.width)
        ys = (place[1] / drawn.height, place[1] / drawn.height, level / drawn.height)
        if place[0] < right - 30:
            xs, ys = (xs[0], xs[2]), (ys[0], ys[2])
        drawn.figure.add_artist(
            Line2D(xs, ys, color=point.look.colour, linewidth=0.9, alpha=0.55, zorder=0, clip_on=False)
        )
        drawn.figure.add_artist(
            Line2D(
                [(right + 24) / drawn.width],
                [level / drawn.height],
                color=point.look.colour,
                marker=point.look.marker,
                markersize=5,
                linestyle="none",
            )
        )
        drawn.figure.text(
            (right + 31) / drawn.width,
            level / drawn.height,
            clipped(point.name, LONGEST) + (f"  {notes[i]}" if notes else ""),
            va="center_baseline",
            color=INK,
        )


def name_beside(drawn: Canvas, axes: Any, named: Sequence[Named]) -> None:
    """Write each name as near to its point as there is room, with a thin line where it is not right beside it."""
    from matplotlib.lines import Line2D

    places = [tuple(map(float, axes.transData.transform((point.x, point.y)))) for point in named]
    taken = [(x - 6, y - 6, x + 6, y + 6) for x, y in places]
    order = sorted(range(len(named)), key=lambda i: -places[i][1])
    for i in order:
        (x, y), text = places[i], clipped(named[i].name, LONGEST)
        box = _free(x, y, 0.58 * SIZE * columns(text), taken, drawn)
        taken.append(box)
        edge, middle = box[0] if box[0] > x else min(max(x, box[0]), box[2]), (box[1] + box[3]) / 2
        if math.hypot(edge - x, middle - y) > 1.3 * LINE:
            line = Line2D((x / drawn.width, edge / drawn.width), (y / drawn.height, middle / drawn.height))
            line.set(color=named[i].look.colour, linewidth=0.8, alpha=0.6)
            drawn.figure.add_artist(line)
        drawn.figure.text(box[0] / drawn.width, middle / drawn.height, text, va="center_baseline", color=INK)


def _free(x: float, y: float, width: float, taken: Sequence[Box], drawn: Canvas) -> Box:
    """Return the nearest box for a name that covers nothing; where there is none, that right of the point."""
    half = LINE / 2
    for distance in (9, 16, 26, 38, 52, 68, 86, 106):
        for angle in (0, 180, 90, 270, 40, 320, 140, 220, 20, 340, 160, 200):
            dx, dy = math.cos(math.radians(angle)), math.sin(math.radians(angle))
            left = x + distance * dx - (0 if dx > 0.1 else width if dx < -0.1 else width / 2)
            middle = y + (distance + 3 if abs(dx) < 0.1 else distance) * dy
            box = (left, middle - half, left + width, middle + half)
            inside = box[0] > 58 and box[2] < drawn.width and box[1] > 46 and box[3] < drawn.height
            if inside and not any(_touch(box, other) for other in taken):
                return box
    return (x + 9, y - half, x + 9 + width, y + half)


def _touch(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
