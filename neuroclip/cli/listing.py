"""Rows of what is installed: heads and formats; a broken plugin is a row that says why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from neuroclip.cli.reporting import print_json, print_table
from neuroclip.errors import NeuroclipError

if TYPE_CHECKING:
    from neuroclip.registry import Row

Long = Annotated[
    bool,
    typer.Option(
        "--long",
        "-l",
        help="Import each one, and say more: of a head its options, of a format its suffixes, what it is and "
        "what it needs.",
    ),
]


WITHOUT_A_COMMAND = "\n\nWithout a command it lists, and takes the options of `list`: {}."
"""For the help of a group, after its first paragraph: of these options it would say nothing by itself."""


class ListingGroup(TyperGroup):
    """Commands of which `list` is meant where none is named: `heads --json` is `heads list --json`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `list` before options that are no question for help."""
        if not args or (args[0].startswith("-") and not {"-h", "--help"} & set(args)):
            args = ["list", *args]
        return super().parse_args(ctx, args)


def described(row: Row, describe: Callable[[str], Mapping[str, Any]] | None) -> dict[str, Any]:
    """Return what is known of one that is installed.

    `describe` imports it by name and says more; what fails to be imported is shown as broken.
    """
    known = {key: getattr(row, key) for key in ("name", "package", "version", "status", "reason")}
    if describe is None or row.status != "ok":
        return known
    try:
        return known | dict(describe(row.name))
    except NeuroclipError as error:
        return known | {"status": "broken", "reason": str(error)}


def print_rows(rows: Iterable[Mapping[str, Any]], *, json: bool) -> None:
    """Print what `described` returns, as a table or as JSON lines."""
    listed = list(rows)
    if json:
        for row in listed:
            print_json(row)
        return
    columns = list(dict.fromkeys(key for row in listed for key in row))
    if not any(row["reason"] for row in listed):
        columns.remove("reason")
    print_table(columns, [[_text(row.get(key, "")) for key in columns] for row in listed])


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={default!r}" for name, default in value.items())
    return " ".join(value) if isinstance(value, list) else "" if value is None else str(value)
