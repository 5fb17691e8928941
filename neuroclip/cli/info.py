"""`neuroclip info`: what is in a recording, before anything is made of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuroclip.cli import options
from neuroclip.cli.reporting import Failures, print_json, print_table

if TYPE_CHECKING:
    from neuroclip.recording import Recording


def command(
    recordings: options.Recordings,
    format: options.Format = None,
    size: options.Size = None,
    json: options.Json = False,
) -> None:
    """Count events, span and polarity of recordings."""
    from neuroclip.cli import inputs

    failures = Failures()
    rows: list[dict[str, Any]] = []
    for path, recording in inputs.read_all(recordings, failures, format=format, size=size):
        row = describe(path, recording)
        if json:
            print_json(row)
        rows.append(row)
    if rows and not json:
        print_table(
            ("recording", "events", "size", "from s", "span s", "events/s", "ON"),
            [
                (
                    row["recording"],
                    row["events"],
                    f"{row['width']}x{row['height']}",
                    f"{row['start_us'] / 1e6:.6f}",
                    f"{row['span_us'] / 1e6:.6f}",
                    "-" if row["events_per_s"] is None else f"{row['events_per_s']:.0f}",
                    f"{100 * row['on_share']:.1f} %",
                )
                for row in rows
            ],
        )
    failures.finish()


def describe(path: Path, recording: Recording) -> dict[str, Any]:
    """Return what `info --json` prints; times in whole microseconds, `on_share` from 0 to 1.

    `events_per_s` is None where every event has the same time.
    """
    events = recording.events
    return {
        "recording": str(path),
        "events": len(recording),
        "width": recording.width,
        "height": recording.height,
        "start_us": int(events["t"][0]),
        "span_us": recording.span_us,
        "events_per_s": 1e6 * len(recording) / recording.span_us if recording.span_us else None,
        "on_share": float(events["on"].mean()),
        "digest": recording.digest,
    }
