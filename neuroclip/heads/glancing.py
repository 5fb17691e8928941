"""What a listing says of a head that nobody has imported."""

from __future__ import annotations

from dataclasses import dataclass, replace

from neuroclip.registry import Row
from neuroclip.source_text import NoSource, read_class


@dataclass(frozen=True)
class Glance:
    """One installed head, as its metadata and its source say, without running either.

    Attributes:
        row: As from `installed`; broken also where the module has no such class, or is no Python.
        summary: The first line of the docstring; empty where the source does not say it plainly (a compiled module).
        min_shots: The fewest shots per class; None where the source does not say it plainly.
    """

    row: Row
    summary: str = ""
    min_shots: int | None = None


def glance(row: Row) -> Glance:
    """Read what the source of an installed head says of it; nothing is imported."""
    module, _, name = row.value.partition(":")
    if row.status == "broken":
        return Glance(row)
    try:
        found = read_class(module, name) if name.isidentifier() else None
    except NoSource as error:
        return Glance(replace(row, status="broken", reason=str(error)))
    if found is None:
        return Glance(row)
    shots = found.constants.get("min_shots")
    return Glance(row, found.summary, shots if isinstance(shots, int) else None)
