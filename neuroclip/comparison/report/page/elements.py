"""HTML put together so that nothing can be forgotten: all text is escaped, unless it is HTML made here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from neuroclip.comparison.report.wording import allowed

_EMPTY = ("br", "img", "meta")


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


Child = object
"""HTML; several of them; or anything else, whose text is escaped. None is nothing."""


def tag(name: str, /, *children: Child, **attributes: str | int | None) -> Html:
    """Return an element; `class_` is the attribute class, `data_x` data-x; an attribute that is None is left out."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(allowed(str(value)))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Html(f"<{name}{given}>" if name in _EMPTY else f"<{name}{given}>{joined(children)}</{name}>")


def joined(children: Iterable[Child]) -> Html:
    """Return the HTML of several children."""
    return Html("".join(map(_text, children)))


def table(
    header: Sequence[Child],
    rows: Iterable[Sequence[Child]],
    *,
    caption: Child = None,
    words: int = 1,
    class_: str | None = None,
) -> Html:
    """Return a table that scrolls where it is too wide; the first `words` columns are text, the others numbers.

    The first cell of a row is its heading. A cell that is a `td` or `th` already is taken as it is.
    """
    numbers = [None if i < words else "number" for i in range(len(header))]
    head = tag(
        "tr", *(tag("th", cell, scope="col", class_=kind) for cell, kind in zip(header, numbers, strict=True))
    )
    body = [
        tag(
            "tr",
            *(_cell(cell, kind, i == 0) for i, (cell, kind) in enumerate(zip(row, numbers, strict=True))),
        )
        for row in rows
    ]
    caption = tag("caption", caption) if caption is not None else None
    made = tag("table", caption, tag("thead", head), tag("tbody", *body), class_=class_)
    return tag("div", made, class_="scroll", tabindex=0)


def _cell(cell: Child, kind: str | None, first: bool) -> Html:
    if isinstance(cell, Html) and cell.startswith(("<td", "<th")):
        return cell
    return tag("th", cell, scope="row") if first else tag("td", cell, class_=kind)


def _text(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Html):
        return child
    if isinstance(child, (list, tuple)):
        return joined(child)
    return escape(allowed(str(child)), quote=False)
