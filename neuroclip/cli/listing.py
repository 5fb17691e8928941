"""Rows of what is installed: heads and formats; a broken plugin is a row that says why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from neuroclip.cli.reporting import print_json, print_table

if TYPE_CHECKING:
    from neuroclip.formats import Row


def print_installed(rows: Iterable[Row], *, json: bool) -> None:
    """Print the rows, as a table or as JSON lines."""
    if json:
        for row in rows:
            print_json({"name": row.name, "package": row.package, "status": row.status, "reason": row.reason})
        return
    print_table(
        ("name", "package", "status"),
        [
            (row.name, row.package, f"{row.status}: {row.reason}" if row.reason else row.status)
            for row in rows
        ],
    )
