"""`neuroclip formats`: the file formats that can be read."""

from __future__ import annotations

from typing import Any

from neuroclip.cli import listing, options


def command(long: listing.Long = False, json: options.Json = False) -> None:
    """List the file formats that are installed."""
    from neuroclip import formats

    listing.print_installed(formats.installed(), json=json, describe=_describe if long else None)


def _describe(name: str) -> dict[str, Any]:
    from neuroclip import formats

    loaded = formats.load(name)
    return {"suffixes": list(loaded.suffixes), "description": loaded.description}
