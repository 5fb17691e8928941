"""`neuroclip formats`: the file formats that can be read, and which of them can be written."""

from __future__ import annotations

import re
from typing import Any

from neuroclip.cli import listing, options


def command(long: listing.Long = False, json: options.Json = False) -> None:
    """List the file formats that are installed."""
    from neuroclip import formats

    listing.print_installed(formats.installed(), json=json, describe=_describe if long else None)


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
