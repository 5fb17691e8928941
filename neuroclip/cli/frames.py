"""`neuroclip frames`: the frames that the encoder will see, as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neuroclip.cli import options
from neuroclip.cli.reporting import Failures, print_json
from neuroclip.errors import OptionError


def command(
    recording: options.OneRecording,
    out: Annotated[
        Path,
        typer.Option(
            metavar="FILE", help="Where to write: .png (contact sheet) or .gif.", show_default=False
        ),
    ],
    steps: options.Steps = None,
    split: options.SplitBy = None,
    step_us: options.StepUs = None,
    polarity: options.PaintAs = None,
    min_count: options.MinCount = None,
    format: options.Format = None,
    size: options.Size = None,
    json: options.Json = False,
) -> None:
    """Draw the frames of a recording into one PNG, or into a GIF that moves."""
    suffix = out.suffix.lower()
    if suffix not in (".png", ".gif"):
        raise OptionError(
            f"{out}: frames are written as .png or .gif, not as {suffix or 'a name without a suffix'}"
        )

    import neuroclip
    from neuroclip.cli import inputs
    from neuroclip.contact_sheet import Strip, contact_sheet, save_animation

    failures = Failures()
    found = inputs.read_all([recording], failures, format=format, size=size)
    failures.finish()
    if len(found) != 1:
        raise OptionError(f"{recording}: holds {len(found)} recordings; frames draws one, so name a file")
    read = found[0][1]
    pictures = neuroclip.frames(
        read,
        **options.given(steps=steps, split=split, window_us=step_us, polarity=polarity, min_count=min_count),
    )
    title = f"{recording.name}   {len(read)} events   {read.width}x{read.height}   {read.span_us / 1e6:.3f} s"
    try:
        if suffix == ".png":
            contact_sheet([Strip(frames=pictures, title=title)], tile=204, columns=5).save(out)
        else:
            save_animation(pictures, out)
    except OSError as error:
        raise OptionError(f"{out}: cannot be written ({error.strerror or error})") from error
    if json:
        print_json(
            {"recording": str(recording), "out": str(out), "timesteps": len(pictures), "events": len(read)}
        )
    else:
        typer.echo(f"{len(pictures)} frames in {out}")
