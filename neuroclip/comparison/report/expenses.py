"""What heads cost, as every table of it has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from neuroclip.comparison.report.findings import Findings, Row
from neuroclip.comparison.report.wording import Number, short

_LATENCY, _TIMED = "latency p50 (ms)", "timed"
COLUMNS: dict[str, Callable[[Row], Any]] = {
    "parameters": lambda row: row.get("parameters"),
    "GFLOPs": lambda row: row.get("gflops"),
    "energy (\u00b5J)": lambda row: row.get("energy_uj"),
    "encoder\u2019s share (%)": lambda row: _times(row.get("encoder_energy_share"), 100),
    "accumulates": lambda row: row.get("accumulates") or None,
    "firing rate": lambda row: row.get("firing_rate"),
    "fit (s)": lambda row: row.get("fit_seconds"),
    _LATENCY: lambda row: (row.get("latency_ms") or {}).get("p50"),
    "p99 (ms)": lambda row: (row.get("latency_ms") or {}).get("p99"),
    _TIMED: lambda row: (row.get("latency_ms") or {}).get("n"),
    "recordings/s": lambda row: row.get("recordings_per_second"),
    "memory (MB)": lambda row: row.get("peak_memory_mb"),
    "on disk (kB)": lambda row: _times(row.get("bytes_on_disk"), 1e-3),
}
"""What a head costs, for all tables that say so."""


def known_costs(found: Findings) -> dict[str, dict[str, Number | None]]:
    """Return costs by head, best first, and by column; columns that are empty for all are left out."""
    rows = {head: found.document["heads"].get(head, {}) for head in found.ranked}
    # Also of one of whose cells some failed: what was measured of the others is known.
    rows = {head: row for head, row in rows.items() if row.get("parameters") is not None}
    columns = {name: of for name, of in COLUMNS.items() if any(of(row) is not None for row in rows.values())}
    known = {head: {name: of(row) for name, of in columns.items()} for head, row in rows.items()}
    timed = {row[_TIMED] for row in known.values() if row.get(_TIMED) is not None}
    if len(timed) == 1:  # what is the same for all stands in the heading
        said = {_LATENCY: _LATENCY.replace(")", f", n\u00a0=\u00a0{timed.pop()})"), _TIMED: None}
        known = {
            head: {new: value for name, value in row.items() if (new := said.get(name, name)) is not None}
            for head, row in known.items()
        }
    return known


def cost(value: Number | None) -> str:
    """Return a cost for a table."""
    return short(value) or "\u2013"


def _times(value: Number | None, factor: Number) -> Number | None:
    return None if value is None else value * factor
