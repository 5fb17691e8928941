"""Rows of what is installed: heads and formats; a broken plugin is a row that says why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuroclip.cli.reporting import print_json, print_table
from neuroclip.errors import NeuroclipError

if TYPE_CHECKING:
    from neuroclip.registry import Row

Long = Annotated[bool, typer.Option("--long", "-l", help="Import each one, and say more of it.")]


def print_installed(
    rows: Iterable[Row],
    *,
    json: bool,
    describe: Callable[[str], Mapping[str, Any]] | None = None,
) -> None:
    """Print the rows, as a table or as JSON lines.

    `describe` imports one by name and says more; what fails to be imported is shown as broken.
    """
    listed = [_row(row, describe) for row in rows]
    if json:
        for row in listed:
            print_json(row)
        return
    more = [key for key in dict.fromkeys(key for row in listed for key in row) if key not in _COLUMNS]
    cells = [
        [row["name"], row["package"], " ".join(filter(None, (row["status"], row["reason"])))]
        + [_text(row.get(key, "")) for key in more]
        for row in listed
    ]
    print_table(["name", "package", "status", *more], cells)


_COLUMNS = ("name", "package", "status", "reason")


def _row(row: Row, describe: Callable[[str], Mapping[str, Any]] | None) -> dict[str, Any]:
    known = {"name": row.name, "package": row.package, "status": row.status, "reason": row.reason}
    if describe is None or row.status != "ok":
        return known
    try:
        return known | dict(describe(row.name))
    except NeuroclipError as error:
        return known | {"status": "broken", "reason": str(error)}


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={default!r}" for name, default in value.items())
    return " ".join(value) if isinstance(value, list) else str(value)
