"""`neuroclip heads`: the heads that are installed, whether one keeps the contract, and a package of one's own."""

from __future__ import annotations

import inspect
from typing import Annotated, Any

import typer

from neuroclip.cli import heads_check, listing, new, options

app = typer.Typer(
    cls=listing.ListingGroup,
    help="List the heads that are installed, check one, or begin your own."
    + listing.WITHOUT_A_COMMAND.format("--long, --json"),
)


@app.command("list")
def show(long: listing.Long = False, json: options.Json = False) -> None:
    """List the heads that are installed; the same as no command at all."""
    from neuroclip import heads

    listing.print_rows([_row(heads.glance(row), long) for row in heads.installed()], json=json)


@app.command()
def check(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="An installed head, or module:Class of one that is not installed.",
            show_default=False,
        ),
    ],
    option: options.HeadOptions = None,
    json: options.Json = False,
) -> None:
    """Check that a head keeps the contract, on toy recordings; the status is 1 if it does not."""
    if not heads_check.print_verdicts(name, options.assignments(option), json=json):
        raise typer.Exit(1)


@app.command("new")
def begin(name: new.Name, out: new.Out) -> None:
    """Begin a package of your own with a head in it: it installs, and passes its tests."""
    new.begin("head", name, out, next_steps=(f"neuroclip heads check {name}",))


def _row(glance: Any, long: bool) -> dict[str, Any]:
    row = listing.described(glance.row, _describe if long else None)
    return row | {key: getattr(glance, key) for key in ("min_shots", "summary") if key not in row}


def _describe(name: str) -> dict[str, Any]:
    from neuroclip import heads

    head = heads.find(name)
    return {
        "min_shots": head.min_shots,
        "summary": (inspect.getdoc(head) or "").partition("\n")[0],
        "options": {p.name: _shown(p) for p in inspect.signature(head).parameters.values()},
    }


def _shown(option: inspect.Parameter) -> Any:
    """Return a default as JSON can hold it."""
    if option.default is option.empty:
        return "(required)"
    plain = option.default is None or isinstance(option.default, str | int | float | bool)
    return option.default if plain else repr(option.default)
