"""`neuroclip emulate`: an ordinary video before a simulated event camera, into a recording."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuroclip.cli import options
from neuroclip.cli.reporting import print_json, progress
from neuroclip.errors import RecordingError

if TYPE_CHECKING:
    from neuroclip.shapes import Events

_CAMERA = "Camera"


def command(
    video: Annotated[Path, typer.Argument(metavar="VIDEO", help="A video file.", show_default=False)],
    out: Annotated[
        Path,
        typer.Option(
            metavar="REC", help="The recording to write; its suffix is its format.", show_default=False
        ),
    ],
    size: Annotated[
        options.SensorSize | None,
        typer.Option(
            parser=options.parse_size,
            metavar="WxH",
            help="Scale the video to this sensor, whatever its shape.",
            show_default="the video's, its longer side at most 346",
        ),
    ] = None,
    clean: Annotated[
        bool,
        typer.Option(
            "--clean",
            help="An ideal camera: no spread, refractory time, leak or noise.",
            rich_help_panel=_CAMERA,
        ),
    ] = False,
    on_threshold: Annotated[
        float | None,
        typer.Option(
            help="Rise of ln(intensity) that fires ON.", show_default="0.2", rich_help_panel=_CAMERA
        ),
    ] = None,
    off_threshold: Annotated[
        float | None,
        typer.Option(
            help="Fall of ln(intensity) that fires OFF.", show_default="0.2", rich_help_panel=_CAMERA
        ),
    ] = None,
    threshold_spread: Annotated[
        float | None,
        typer.Option(
            help="Standard deviation of both between pixels.", show_default="0.03", rich_help_panel=_CAMERA
        ),
    ] = None,
    refractory_us: Annotated[
        int | None,
        typer.Option(
            help="Microseconds for which a pixel is blind after an event.",
            show_default="500",
            rich_help_panel=_CAMERA,
        ),
    ] = None,
    leak_rate_hz: Annotated[
        float | None,
        typer.Option(
            help="ON events a second of a pixel that sees nothing.",
            show_default="0.01",
            rich_help_panel=_CAMERA,
        ),
    ] = None,
    shot_noise_rate_hz: Annotated[
        float | None,
        typer.Option(
            help="Random events a second of a pixel in the dark.",
            show_default="0.001",
            rich_help_panel=_CAMERA,
        ),
    ] = None,
    linear_below: Annotated[
        float | None,
        typer.Option(
            help="Intensity (of 255) below which pixels answer linearly.",
            show_default="20",
            rich_help_panel=_CAMERA,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of thresholds and noise.", rich_help_panel=_CAMERA)] = 0,
    json: options.Json = False,
) -> None:
    """Turn a video into events."""
    from neuroclip import formats
    from neuroclip.emulation import CLEAN, CameraOptions, EventCamera, Footage
    from neuroclip.formats.video import LONGEST_SIDE
    from neuroclip.recording import Recording, join_events

    chosen = replace(
        CLEAN if clean else CameraOptions(),
        **options.given(
            on_threshold=on_threshold,
            off_threshold=off_threshold,
            threshold_spread=threshold_spread,
            refractory_us=refractory_us,
            leak_rate_hz=leak_rate_hz,
            shot_noise_rate_hz=shot_noise_rate_hz,
            linear_below=linear_below,
        ),
    )
    formats.writer_for(out)  # at once: later it would cost the whole video
    if not video.is_file():
        raise RecordingError(f"{video}: there is no such file")
    parts: list[Events] = []
    pictures = 0
    try:
        footage = Footage(video, size, longest=LONGEST_SIDE)
        camera = EventCamera(*footage.size, chosen, seed=seed)
        length, shown_us = footage.duration_us or 0, 0
        with progress(length, "emulating") as bar:
            for picture, time_us in footage:
                parts.append(camera.see(picture, time_us))
                bar.update(time_us - shown_us)
                pictures, shown_us = pictures + 1, time_us
        events = join_events(parts)
        parts.clear()
        if not len(events):
            raise RecordingError(
                f"no pixel fires in its {pictures} pictures: they are all alike, or --on-threshold and "
                "--off-threshold too high"
            )
        recording = Recording(events, *footage.size)
    except RecordingError as error:
        raise RecordingError(f"{video}: {error}") from error
    formats.write(recording, out)
    if json:
        row = {"video": str(video), "out": str(out), "width": recording.width, "height": recording.height}
        row |= {"pictures": pictures, "duration_us": shown_us, "events": len(recording)}
        row |= {"on": int(events["on"].sum()), "seed": seed, "options": asdict(chosen)}
        print_json(row)
    else:
        typer.echo(
            f"{len(recording)} events of {recording.width}x{recording.height} pixels in {out}, "
            f"from {pictures} pictures in {shown_us / 1e6:.3f} s"
        )
