"""`neuroclip convert`: a recording in another format, in the order of time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from neuroclip.cli import options
from neuroclip.cli.reporting import print_json
from neuroclip.errors import OptionError


def command(
    recording: options.OneRecording,
    out: Annotated[
        Path,
        typer.Argument(
            metavar="OUT", help="The file to write; its suffix says the format.", show_default=False
        ),
    ],
    to: Annotated[
        str | None,
        typer.Option(
            help="Write this format, whatever the suffix.", metavar="NAME", show_default="by the suffix"
        ),
    ] = None,
    from_zero: Annotated[
        bool,
        typer.Option(
            "--from-zero", help="Let the times begin at 0: EVT and .dat hold no dates, which AEDAT 4 has."
        ),
    ] = False,
    format: options.Format = None,
    size: options.Size = None,
    recover: options.Recover = False,
    json: options.Json = False,
) -> None:
    """Write a recording in another format; a file of that name is replaced once the new one is complete."""
    from neuroclip import formats

    if recording.is_dir():
        raise OptionError(f"{recording}: is a folder; convert takes one recording at a time")
    if out.exists() and recording.exists() and out.samefile(recording):
        raise OptionError(f"{out}: is the recording itself; write to another name")
    read = formats.read(recording, format=format, size=size, recover=recover)
    if from_zero:
        events = read.events.copy()
        events["t"] -= events["t"][0]
        read = replace(read, events=events)
    formats.write(read, out, format=to)
    if json:
        print_json(
            {
                "recording": str(recording),
                "out": str(out),
                "events": len(read),
                "width": read.width,
                "height": read.height,
                "bytes": out.stat().st_size,
            }
        )
    else:
        typer.echo(f"{len(read)} events in {out} ({out.stat().st_size} bytes)")
