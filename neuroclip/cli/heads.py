"""`neuroclip heads`: the heads that are installed."""

from __future__ import annotations

import dataclasses
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
    fields = dataclasses.fields(head)  # type: ignore[arg-type] # find makes sure that it is a dataclass
    defaults = {f.name: f.default for f in fields if f.default is not dataclasses.MISSING}
    return {
        "min_shots": head.min_shots,
        "options": defaults | {f.name: "(required)" for f in fields if f.name not in defaults},
        "description": (inspect.getdoc(head) or "").partition("\n")[0],
    }
