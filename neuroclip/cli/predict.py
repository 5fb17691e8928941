"""`neuroclip predict`: recordings named by a head that was fitted."""

from __future__ import annotations

from typing import Annotated

import typer

from neuroclip.cli import answering, options
from neuroclip.cli.fitted import open_fitted
from neuroclip.cli.reporting import Failures

FittedModel = Annotated[
    str | None,
    typer.Option(
        "--model",
        help="Where the model is that the head was fitted with; other weights are refused.",
        show_default="as fitted",
        rich_help_panel="Model",
    ),
]


def command(
    head: options.SavedHead,
    recordings: options.Recordings,
    window_us: options.WindowUs = None,
    slide: options.Slide = None,
    model: FittedModel = None,
    precision: options.ModelPrecision = "auto",
    device: options.Device = "auto",
    no_video: Annotated[
        bool,
        typer.Option(
            "--no-video",
            help="Leave alone the video of the same name beside a recording, which is its paired video "
            "otherwise.",
        ),
    ] = False,
    offset_us: Annotated[
        int, typer.Option(help="Microseconds to add to the time of an event to get that of the paired video.")
    ] = 0,
    format: options.Format = None,
    size: options.Size = None,
    recover: options.Recover = False,
    json: options.Json = False,
) -> None:
    """Name recordings with a fitted head."""
    answering.check_windows(window_us, slide)

    from neuroclip.cli import inputs

    fitted = open_fitted(head)
    loaded = fitted.model(model, precision=precision, device=device)
    failures = Failures()
    found = inputs.read_all(recordings, failures, format=format, size=size or fitted.size, recover=recover)
    if not no_video:
        found = inputs.with_videos(found, offset_us)
    answering.answer(
        fitted.saved.head,
        fitted.saved.state,
        found,
        fitted.saved.classes(loaded),
        failures,
        model=loaded,
        head_name=fitted.name,
        window_us=window_us,
        slide=slide,
        json=json,
    )
