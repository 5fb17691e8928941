"""`neuroclip heads`: the heads that are installed."""

from __future__ import annotations

from neuroclip.cli import listing, options


def command(json: options.Json = False) -> None:
    """List the heads that are installed."""
    from neuroclip import heads

    listing.print_installed(heads.installed(), json=json)
