"""`neuroclip formats`: the file formats that can be read, which of them can be written, and a package of one's own."""

from __future__ import annotations

import re
from typing import Any

import typer

from neuroclip.cli import listing, new, options

app = typer.Typer(
    cls=listing.ListingGroup,
    help="List the file formats that are installed, or begin one of your own."
    + listing.WITHOUT_A_COMMAND.format("--long, --json"),
)


@app.command("list")
def show(long: listing.Long = False, json: options.Json = False) -> None:
    """List the file formats that are installed; the same as no command at all."""
    from neuroclip import formats

    describe = _describe if long else None
    listing.print_rows([listing.described(row, describe) for row in formats.installed()], json=json)


@app.command("new")
def begin(name: new.Name, out: new.Out) -> None:
    """Begin a package of your own with a file format in it: it installs, and passes its tests."""
    new.begin("format", name, out, next_steps=("neuroclip formats",))


def _describe(name: str) -> dict[str, Any]:
    from neuroclip import formats

    loaded = formats.load(name)
    return {
        "suffixes": list(loaded.suffixes),
        "description": loaded.description,
        "writes": loaded.writes,
        "extras": [f"{extra} ({_state(extra)})" for extra in loaded.requires],
    }


def _state(extra: str) -> str:
    """Say whether what NeuroCLIP's extra asks for is installed."""
    from importlib.metadata import PackageNotFoundError, distribution, requires

    marker = re.compile(rf"""extra\s*==\s*["']{re.escape(extra)}["']""")
    for line in requires("neuroclip") or ():
        if marker.search(line) and (name := re.match(r"[\w.-]+", line)) is not None:
            try:
                distribution(name[0])
            except PackageNotFoundError:
                return "not installed"
    return "installed"
