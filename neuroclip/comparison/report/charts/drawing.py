"""A chart is drawn by matplotlib, and kept as an SVG that may stand in a page beside others."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from neuroclip.comparison.report.looks import FAINT, INK, PAPER, SOFT
from neuroclip.comparison.report.wording import Number

FONT = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
SIZE = 11.0
"""Of text, in the units of a drawing, which are pixels of the page where there is room."""
WIDTH = 540.0
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text: it can be searched, and the browser has every letter
    "text.parse_math": False,  # a class may be called $5
    "font.size": SIZE,
    "text.color": INK,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": SOFT,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.8,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "lines.linewidth": 1.8,
    "lines.markersize": 6.5,
    "lines.markeredgewidth": 0.7,
}


@dataclass(frozen=True)
class Chart:
    """A drawing with what it shows.

    Attributes:
        name: Of the file, without suffix; no other chart has it.
        title: A few words.
        caption: A sentence or two: what is drawn, of how much.
        svg: The drawing: one element, for a file or for a page.
        width: How wide the drawing is meant to be, in pixels.
    """

    name: str
    title: str
    caption: str
    svg: str
    width: Number


class Canvas:
    """A figure of so many pixels; `svg` is there when the block that it was opened for ends."""

    def __init__(self, name: str, width: Number, height: Number) -> None:
        from matplotlib.figure import Figure

        self.name, self.width, self.height = name, width, height
        self.figure: Any = Figure(figsize=(width / 72, height / 72), dpi=72)
        self.svg = ""

    def chart(self, title: str, caption: str) -> Chart:
        """Return the chart, once it is drawn."""
        return Chart(self.name, title, caption, self.svg, self.width)

    def axes(self, left: Number, right: Number, bottom: Number = 42, top: Number = 12) -> Any:
        """Return axes with these margins, in pixels."""
        width, height = self.width - left - right, self.height - bottom - top
        return self.figure.add_axes(
            (left / self.width, bottom / self.height, width / self.width, height / self.height)
        )


@contextmanager
def canvas(name: str, width: Number = WIDTH, height: Number = 340) -> Generator[Canvas]:
    """Draw in the style of the report."""
    import matplotlib as mpl

    with mpl.rc_context({**_STYLE, "svg.hashsalt": name}), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # letters that matplotlib's own font lacks; the browser draws them
        made = Canvas(name, width, height)
        yield made
        with io.StringIO() as text:
            nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
            made.figure.savefig(text, format="svg", metadata=nothing)
            made.svg = _plain(text.getvalue(), name, width, height)


def spread(places: Sequence[Number], gap: Number, low: Number, high: Number) -> list[Number]:
    """Return places moved apart until they are `gap` apart, in their order, and as near as may be to where they were.

    They stay between `low` and `high`; where there is no room for that, they are closer.
    """
    gap = min(gap, (high - low) / max(len(places) - 1, 1))
    order = sorted(range(len(places)), key=lambda i: places[i])
    # Neighbours that would touch are one block, which stands in the mean of where its members want to be.
    blocks: list[tuple[Number, int]] = []  # (first place, members)
    for i, index in enumerate(order):
        wanted = min(max(places[index], low), high)
        blocks.append((wanted, 1))
        while len(blocks) > 1 and blocks[-2][0] + blocks[-2][1] * gap > blocks[-1][0]:
            (_, b), (_, a) = blocks.pop(), blocks.pop()
            members = order[i + 1 - a - b : i + 1]
            mean = sum(places[m] - k * gap for k, m in enumerate(members)) / (a + b)
            blocks.append((min(max(mean, low), high - (a + b - 1) * gap), a + b))
    spaced = [first + k * gap for first, members in blocks for k in range(members)]
    return [spaced[order.index(i)] for i in range(len(places))]


def shown_svg(chart: Chart) -> str:
    """Return the drawing with the colours of the page that it stands in."""
    svg = chart.svg
    for colour, name in ((INK, "ink"), (SOFT, "soft"), (FAINT, "faint"), (PAPER, "paper")):
        svg = svg.replace(f": {colour}", f": var(--{name})")
    return svg


def _plain(svg: str, name: str, width: Number, height: Number) -> str:
    """Keep the drawing alone: no style that reaches outside, no name that another has, no digits that nobody sees."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<style.*?</style>|<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    used = set(re.findall(r"(?:url\(#|xlink:href=\"#)([^\")]+)", svg))

    def mend(tag: re.Match[str]) -> str:
        text = re.sub(r' id="([^"]*)"', lambda m: f' id="{name}-{m[1]}"' if m[1] in used else "", tag[0])
        text = re.sub(r"(url\(#|xlink:href=\"#)", rf"\g<1>{name}-", text)
        text = re.sub(r" ?font-family:[^;\"]*;?|(?<=px )'[^;\"]*(?=[;\"])", "", text)
        numbers = r' (?:d|x|y|width|height|transform)="[^"]*"'
        return re.sub(numbers, lambda m: re.sub(r"(\.\d\d)\d+", r"\1", m[0]).replace("\n", ""), text)

    svg = re.sub(r"<[^>]*>", mend, svg)
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}" '
        f'font-family="{FONT}" stroke-linejoin="round">'
    )
    return re.sub(r"\n\s*", "\n", re.sub(r"^<svg[^>]*>", opening, svg)).strip() + "\n"
