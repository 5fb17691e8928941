"""How heads are told apart in charts: a colour, a marker and a line for each, the same everywhere."""

from __future__ import annotations

from dataclasses import dataclass

from neuroclip.comparison.report.wording import Number

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f")
"""Told apart with every kind of colour vision; yellow and black, which vanish on white or black, are left out.

Source: Okabe and Ito, "Color universal design" (2008).
"""
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")
_DASHES = ("solid", (0, (5, 2)), (0, (1, 1.5)))

INK, SOFT, FAINT, PAPER = "#1c2127", "#626a73", "#dcdfe3", "#fefefe"
"""Text, what stands back, grid lines and background; a page may replace them by those of its own theme."""


@dataclass(frozen=True)
class Look:
    """A colour, a marker and a line style of matplotlib."""

    colour: str
    marker: str
    dash: str | tuple[int, tuple[Number, Number]]

    @staticmethod
    def of(place: int) -> Look:
        """Return that of the head in this place; markers and lines differ where colours come again."""
        turn = place // len(COLOURS)
        return Look(
            COLOURS[place % len(COLOURS)],
            MARKERS[(place + turn) % len(MARKERS)],
            _DASHES[turn % len(_DASHES)],
        )
