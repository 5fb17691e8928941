"""`neuroclip bank`: what was computed and kept, so that it need not be computed again."""

from __future__ import annotations

import json as json_text
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuroclip.cli import options
from neuroclip.cli.reporting import complain, print_json, print_table, progress

if TYPE_CHECKING:
    from neuroclip.bank import DiskBank, DiskShelf

app = typer.Typer(no_args_is_help=True, help="What was computed and kept: see, check or remove it.")


@app.command()
def info(bank: options.BankFolder = None, json: options.Json = False) -> None:
    """List what is kept, and how much room it takes."""
    opened = _open(bank)
    rows = [describe(shelf) for shelf in opened.shelves()]
    if json:
        for row in rows:
            print_json(row)
        return
    print_table(
        ("entries", "MB", "weights", "representation"),
        [
            (
                row["entries"],
                f"{row['bytes'] / 1e6:.1f}",
                _weights(row["weights"]),
                _shown(row["representation"]),
            )
            for row in rows
        ],
    )
    typer.echo(f"{sum(row['bytes'] for row in rows) / 1e6:.1f} MB in {opened.folder}")


@app.command()
def clear(
    bank: options.BankFolder = None,
    older_than_days: Annotated[
        float,
        typer.Option(min=0, metavar="DAYS", help="Only that to which nothing was added for so many days."),
    ] = 0.0,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: options.Json = False,
) -> None:
    """Remove what is kept; it is computed again when it is needed."""
    opened = _open(bank)
    if not yes:
        typer.confirm(f"Remove what is kept in {opened.folder}?", abort=True, err=True)
    freed = opened.clear(older_than_days=older_than_days)
    if json:
        print_json({"bank": str(opened.folder), "freed_bytes": freed})
    else:
        typer.echo(f"{freed / 1e6:.1f} MB freed in {opened.folder}")


@app.command()
def verify(
    bank: options.BankFolder = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Drop what is damaged; it is computed again when it is needed.")
    ] = False,
    json: options.Json = False,
) -> None:
    """Read everything that is kept and compare its checksums."""
    opened = _open(bank)
    shelves = [shelf for shelf in opened.shelves() if opened.is_current(shelf)]
    if other := len(opened.shelves()) - len(shelves):
        complain(
            f"{opened.folder}: {other} representations are of another version, and never read: `clear` removes them"
        )
    entries, damaged = sum(map(len, shelves)), 0
    with progress(entries, "entries") if not json else nullcontext() as bar:
        for shelf in shelves:
            found = shelf.damaged(bar and bar.update)
            damaged += len(found)
            for digest, entry in found.items():
                place = shelf.folder / f"{entry.shard}.data"
                complain(
                    f"{place}: the {entry.size} bytes from {entry.offset} on are damaged (recording {digest})"
                )
            if repair and found:
                shelf.drop(found.values())
    if json:
        print_json({"bank": str(opened.folder), "entries": entries, "damaged": damaged, "repaired": repair})
    else:
        said = "dropped" if repair else "--repair drops them"
        typer.echo(f"{entries} entries, {damaged} damaged" + (f" ({said})" if damaged else ""))
    if damaged and not repair:
        raise typer.Exit(1)


def describe(shelf: DiskShelf) -> dict[str, Any]:
    """Return what `info --json` prints."""
    about = shelf.about
    return {
        "folder": str(shelf.folder),
        "representation": about.get("representation") or {"?": {}},
        "weights": about.get("weights") or {},
        "entries": len(shelf),
        "bytes": shelf.nbytes(),
    }


def _weights(digests: dict[str, str]) -> str:
    return ", ".join(f"{model} {digest[:8]}" for model, digest in digests.items()) or "-"


def _shown(described: Any) -> str:
    """Write what is in `about.json` as in Python; options that are None are left out."""
    if isinstance(described, list):
        return f"[{', '.join(map(_shown, described))}]"
    if not isinstance(described, dict) or len(described) != 1:
        return json_text.dumps(described, ensure_ascii=False)
    ((name, options),) = described.items()
    given = (f"{option}={_shown(value)}" for option, value in options.items() if value is not None)
    return f"{name}({', '.join(given)})"


def _open(folder: Path | None) -> DiskBank:
    from neuroclip.bank import DiskBank

    return DiskBank(folder)
