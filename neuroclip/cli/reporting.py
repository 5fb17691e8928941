"""What commands print: results to stdout, as tables or JSON lines; everything else to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import typer


class Failures:
    """Counts what went wrong among several inputs, so that the good ones are still answered."""

    def __init__(self) -> None:
        self.count = 0

    def report(self, error: Exception | str) -> None:
        """Say on one line of stderr what failed, and go on."""
        self.count += 1
        complain(error)

    def finish(self) -> None:
        """Leave with status 1 if anything was reported."""
        if self.count:
            raise typer.Exit(1)


def complain(error: object) -> None:
    """One line on stderr."""
    typer.echo("neuroclip: " + " ".join(str(error).split()), err=True)


def print_json(value: Mapping[str, Any]) -> None:
    """One object on one line of stdout."""
    typer.echo(json.dumps(value, ensure_ascii=False, allow_nan=False))


def print_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Columns padded to their widest cell; the last one is left as long as it is."""
    cells = [[str(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    for row in cells:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@contextmanager
def progress(length: int, label: str) -> Generator[Any]:
    """A bar on stderr with `.update(n)`; nothing where stderr is not a terminal, or for one item."""
    hidden = length < 2 or not sys.stderr.isatty()
    with typer.progressbar(length=length, label=label, file=sys.stderr, hidden=hidden) as bar:
        yield bar
