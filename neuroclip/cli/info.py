"""`neuroclip info`: what is in a recording, and what is suspicious, before anything is made of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from neuroclip.cli import options
from neuroclip.cli.reporting import Failures, complain, print_json, print_table, progress
from neuroclip.errors import RecordingError

if TYPE_CHECKING:
    from neuroclip.formats.examining import Findings

_SAME_IN_JSON = (
    "events",
    "x_min",
    "x_max",
    "y_min",
    "y_max",
    "t_first_us",
    "t_last_us",
    "t_min_us",
    "t_max_us",
    "on",
)


def command(
    recordings: options.Recordings,
    format: options.Format = None,
    size: options.Size = None,
    recover: options.Recover = False,
    json: options.Json = False,
) -> None:
    """Count events, span and polarity of recordings, and say what is suspicious."""
    from neuroclip import formats

    failures = Failures()
    found: list[tuple[Path, Findings]] = []
    paths = formats.find(recordings)
    with progress(len(paths), "recordings") as bar:
        for path in paths:
            try:
                found.append((path, formats.examine(path, format=format, size=size, recover=recover)))
            except RecordingError as error:
                failures.report(error)
            bar.update(1)
    rows = [describe(path, findings) for path, findings in _sized(found, failures)]
    if json:
        for row in rows:
            print_json(row)
    elif len(rows) == 1:
        _print_one(rows[0])
    elif rows:
        _print_many(rows)
    failures.finish()


def describe(path: Path, findings: Findings) -> dict[str, Any]:
    """Return what `info --json` prints; times in whole microseconds, `on_share` from 0 to 1.

    `events_per_s` is None where every event has the same time.
    """
    width, height = findings.size or (0, 0)
    span = findings.span_us
    return {
        "recording": str(path),
        "format": findings.format,
        "width": width,
        "height": height,
        **{name: getattr(findings, name) for name in _SAME_IN_JSON},
        "off": findings.events - findings.on,
        "t_decreases": findings.t_decreases,
        "span_us": span,
        "events_per_s": 1e6 * findings.events / span if span else None,
        "on_share": findings.on / findings.events,
        "hottest": [{"x": x, "y": y, "events": count} for x, y, count in findings.hottest()],
        "warnings": findings.warnings(),
    }


def _sized(found: list[tuple[Path, Findings]], failures: Failures) -> list[tuple[Path, Findings]]:
    """Give files that do not name their sensor the one that holds all of the same format; say if that is a guess."""
    from neuroclip.formats.examining import shared_size
    from neuroclip.formats.sensors import sensor_name

    unsure: dict[str, list[tuple[Path, Findings]]] = {}
    for path, findings in found:
        if findings.size is None:
            unsure.setdefault(findings.format, []).append((path, findings))
    for same in unsure.values():
        try:
            shared = shared_size([findings for _, findings in same])
        except RecordingError:  # one of them is beyond every sensor
            shared = None
        for path, findings in same:
            try:
                findings.size = shared or shared_size([findings])
            except RecordingError as error:
                failures.report(RecordingError(f"{path}: {error}"))
        if len(same) == 1 and (guess := same[0][1].size) is not None:
            complain(
                f"warning: {same[0][0]}: the file does not say how large the sensor is; {sensor_name(guess)} is a guess"
            )
    return [(path, findings) for path, findings in found if findings.size is not None]


def _print_one(row: dict[str, Any]) -> None:
    rate = "" if row["events_per_s"] is None else f"{row['events_per_s']:.0f} a second"
    lines = {
        "recording": row["recording"],
        "format": row["format"],
        "sensor": f"{row['width']}x{row['height']}, events in x {row['x_min']} to {row['x_max']}, "
        f"y {row['y_min']} to {row['y_max']}",
        "events": f"{row['events']}, {rate}".rstrip(", "),
        "time": f"{row['span_us'] / 1e6:.6f} s, from {row['t_min_us'] / 1e6:.6f} to {row['t_max_us'] / 1e6:.6f}",
        "ON": f"{row['on']} ({100 * row['on_share']:.1f} %), OFF {row['off']}",
        "hottest": "; ".join(f"x={p['x']} y={p['y']} {p['events']}" for p in row["hottest"]),
        "suspicious": "nothing" if not row["warnings"] else row["warnings"][0],
    }
    for name, value in lines.items():
        typer.echo(f"{name:<11}{value}")
    for warning in row["warnings"][1:]:
        typer.echo(f"{'':<11}{warning}")


def _print_many(rows: list[dict[str, Any]]) -> None:
    print_table(
        ("recording", "format", "sensor", "events", "from s", "span s", "events/s", "ON", "suspicious"),
        [
            (
                row["recording"],
                row["format"],
                f"{row['width']}x{row['height']}",
                row["events"],
                f"{row['t_min_us'] / 1e6:.6f}",
                f"{row['span_us'] / 1e6:.6f}",
                "-" if row["events_per_s"] is None else f"{row['events_per_s']:.0f}",
                f"{100 * row['on_share']:.1f} %",
                "; ".join(row["warnings"]) or "-",
            )
            for row in rows
        ],
    )
