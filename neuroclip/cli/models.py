"""`neuroclip models`: what ships, what is cached, what can be named."""

from __future__ import annotations

import typer

from neuroclip.cli import options
from neuroclip.cli.reporting import print_json, print_table


def command(json: options.Json = False) -> None:
    """List the models: shipped, cached on this machine, or downloaded when first named."""
    from neuroclip.backbones import list_models

    rows = list_models()
    if json:
        for row in rows:
            print_json({"name": row.name, "status": row.status, "where": row.where})
        return
    print_table(("name", "status", "where"), [(row.name, row.status, row.where or "") for row in rows])
    typer.echo("\nA model can also be ARCHITECTURE:FILE, or a directory that open_clip reads.")
