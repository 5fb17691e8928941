"""`neuroclip formats`: the file formats that can be read."""

from __future__ import annotations

from neuroclip.cli import listing, options


def command(json: options.Json = False) -> None:
    """List the file formats that are installed."""
    from neuroclip import formats

    listing.print_installed(formats.installed(), json=json)
