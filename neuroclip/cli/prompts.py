"""`neuroclip prompts`: the prompt sets that are installed, and a package of one's own."""

from __future__ import annotations

import typer

from neuroclip.cli import listing, new, options
from neuroclip.cli.reporting import print_json, print_table

app = typer.Typer(
    cls=listing.ListingGroup,
    help="List the prompt sets that are installed, or begin one of your own."
    + listing.WITHOUT_A_COMMAND.format("--json"),
)


@app.command("list")
def show(json: options.Json = False) -> None:
    """List the prompt sets that are installed; the same as no command at all."""
    import neuroclip_prompts

    rows = neuroclip_prompts.installed()
    if json:
        for row in rows:
            print_json(
                {
                    "name": row.name,
                    "package": row.package,
                    "status": row.status,
                    "reason": row.reason,
                    "description": row.description,
                }
            )
        return
    print_table(
        ("name", "package", "status", "description"),
        [(r.name, r.package, r.status, f"{r.reason} {r.description}".strip()) for r in rows],
    )


@app.command("new")
def begin(name: new.Name, out: new.Out) -> None:
    """Begin a package of your own with a prompt set in it: it installs, and passes its tests."""
    new.begin("prompts", name, out, next_steps=("neuroclip prompts",))
