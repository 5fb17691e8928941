"""Numbers and words as people read them: shares in percent, other numbers with three digits, text on one line."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

Number = float | int
OVER_RECORDINGS = "95\u00a0% over recordings"
"""What the interval beside an accuracy is, everywhere: see `neuroclip.metrics.significance.recordings_interval`."""
_UNITS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def percent(share: Number, signed: bool = False) -> str:
    """Return a share, 0 to 1, in percent with one decimal and no sign: 97.2."""
    return signed_points(100 * share) if signed else f"{100 * share:.1f}"


def signed_points(points: Number) -> str:
    """Return percentage points with their sign."""
    return "0.0" if abs(points) < 0.05 else f"{points:+.1f}".replace("-", "\u2212")


def interval(ends: Sequence[Number]) -> str:
    """Return both ends of an interval of shares in percent."""
    return f"{percent(ends[0])} to {percent(ends[1])}"


def short(value: Number | None) -> str:
    """Return a number with three digits that count, and a letter for thousands and more: 11.6 G; nothing for None."""
    if value is None:
        return ""
    for unit, letter in _UNITS:
        if abs(value) >= 0.9995 * unit:
            return f"{_three(value / unit)} {letter}"
    return _three(value)


def p_value(p: Number) -> str:
    """Return a p-value with three decimals, or that it is smaller."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def listed(words: Sequence[object], most: int | None = None) -> str:
    """Return `a, b and c`; of more than `most`, the first of them and how many others there are."""
    texts = [str(word) for word in words]
    if most is not None and len(texts) > most:
        return ", ".join(texts[:most]) + f" and {len(texts) - most} others"
    return " and ".join([", ".join(texts[:-1]), texts[-1]]) if len(texts) > 1 else "".join(texts)


def counted(n: int, thing: str) -> str:
    """Return `1 seed`, `2 seeds`."""
    return f"{n} {thing}" if n == 1 else f"{n} {thing}es" if thing.endswith("ss") else f"{n} {thing}s"


def printable(text: object) -> str:
    """Return text on one line, as `allowed`."""
    return allowed(" ".join(str(text).split()))


def allowed(text: str) -> str:
    """Return text with a mark in place of control characters, but not of line breaks and tabs, and of surrogates."""
    return "".join(
        "\ufffd" if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" else c for c in text
    )


def clipped(text: object, most: int) -> str:
    """Return text of at most so many columns (wide characters take two), its end left out where it is longer."""
    text = printable(text)
    if columns(text) <= most:
        return text
    end = next(i for i in range(len(text)) if columns(text[: i + 1]) >= most)
    return text[:end].rstrip() + "\u2026"


def columns(text: str) -> int:
    """Return the columns that a text takes."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _three(value: Number) -> str:
    if value == 0 or isinstance(value, int):
        return f"{value:.0f}"
    size = abs(value)
    if size >= 99.95:
        return f"{value:.0f}"
    if size >= 9.995:
        return f"{value:.1f}"
    if size >= 0.9995:
        return f"{value:.2f}"
    return f"{value:.3f}" if size >= 0.01 else f"{value:.2g}"
