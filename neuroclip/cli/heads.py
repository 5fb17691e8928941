"""`neuroclip heads`: the heads that are installed."""

from __future__ import annotations

import inspect
from typing import Any

from neuroclip.cli import listing, options


def command(long: listing.Long = False, json: options.Json = False) -> None:
    """List the heads that are installed."""
    from neuroclip import heads

    listing.print_installed(heads.installed(), json=json, describe=_describe if long else None)


def _describe(name: str) -> dict[str, Any]:
    from neuroclip import heads

    head = heads.find(name)
    return {
        "min_shots": head.min_shots,
        "options": {p.name: _shown(p) for p in inspect.signature(head).parameters.values()},
        "description": (inspect.getdoc(head) or "").partition("\n")[0],
    }


def _shown(option: inspect.Parameter) -> Any:
    """Return a default as JSON can hold it."""
    if option.default is option.empty:
        return "(required)"
    plain = option.default is None or isinstance(option.default, str | int | float | bool)
    return option.default if plain else repr(option.default)
