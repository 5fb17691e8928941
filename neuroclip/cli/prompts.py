"""`neuroclip prompts`: the prompt sets that are installed."""

from __future__ import annotations

from neuroclip.cli import options
from neuroclip.cli.reporting import print_json, print_table


def command(json: options.Json = False) -> None:
    """List the prompt sets that are installed."""
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
