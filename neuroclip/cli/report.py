"""`neuroclip report`: the page, tables and figures of a comparison, out of its document."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neuroclip.cli import options
from neuroclip.cli.reporting import print_json


def command(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="What `neuroclip compare` wrote.", show_default=False),
    ],
    json: options.Json = False,
) -> None:
    """Write comparison.html, .md, .csv, .tex and figures/*.svg again, from comparison.json alone."""
    from neuroclip.comparison.document import read_document
    from neuroclip.comparison.report import write_report

    written = write_report(read_document(folder), folder)
    if json:
        print_json(
            {"folder": str(folder), "files": [path.relative_to(folder).as_posix() for path in written]}
        )
        return
    for path in written:
        typer.echo(path)
