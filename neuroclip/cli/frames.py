"""`neuroclip frames`: what the encoder, or another head, will see of recordings, as pictures."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from neuroclip.cli import options
from neuroclip.cli.reporting import Failures, print_json
from neuroclip.errors import OptionError

if TYPE_CHECKING:
    from neuroclip.recording import Recording

Shown = Literal["frames", "collapsed", "signed", "flow", "rgb"]


def command(
    recordings: options.Recordings,
    out: Annotated[
        Path,
        typer.Option(
            metavar="FILE|DIR",
            help="A .png (every frame on one page), or a .gif or .mp4 in which every timestep lasts as long "
            "as it did; with --representation a .png or .bmp, or a folder with one picture for each "
            "recording, in the class folders that it has.",
            show_default=False,
        ),
    ],
    representation: Annotated[
        Shown,
        typer.Option(
            help="collapsed: events counted per pixel, white the largest count, in the sensor's size, as "
            "vgg-probe reads them; signed: ON less OFF events in each interval of the shot; flow, rgb: "
            "motion and pictures of the paired video there. --steps is then the number of intervals."
        ),
    ] = "frames",
    events: Annotated[
        Literal["on", "off", "both"] | None,
        typer.Option(help="Which events collapsed counts.", show_default="on"),
    ] = None,
    part: Annotated[
        str | None,
        typer.Option(
            metavar="K/N",
            help="For collapsed: which share of the time, from the first event on; 1/3 is the first of three "
            "saccades.",
            show_default="all",
        ),
    ] = None,
    suffix: Annotated[
        Literal["png", "bmp"] | None,
        typer.Option(
            help="Of the pictures in a folder; where two would have one name, the others have longer ones "
            "(a.bin.png, a.bin-2.png).",
            show_default="png",
        ),
    ] = None,
    steps: options.Steps = None,
    split: options.SplitBy = None,
    slower: Annotated[
        float, typer.Option(min=0.01, help="Show a .gif or .mp4 so many times slower than it was.")
    ] = 1.0,
    step_us: options.StepUs = None,
    polarity: options.PaintAs = None,
    min_count: options.MinCount = None,
    format: options.Format = None,
    size: options.Size = None,
    recover: options.Recover = False,
    json: options.Json = False,
) -> None:
    """Draw the frames of a recording into one PNG, or into a GIF or MP4 that moves as it did.

    With --representation, draw what other heads see of recordings: a picture of each, class folders kept.
    """
    _check_suited(
        representation,
        frames={"--split": split, "--step-us": step_us, "--polarity": polarity, "--min-count": min_count},
        collapsed={"--events": events, "--part": part},
        volumes={} if representation == "frames" else {"--steps": steps},
        pictures={"--suffix": suffix},
    )
    if representation != "frames":
        from neuroclip.cli import frames_pictures as drawing

        picture = (
            drawing.collapsed(events or "on", part or "all")
            if representation == "collapsed"
            else drawing.volumes(representation, steps)
        )
        ending = None if suffix is None else f".{suffix}"
        reading: dict[str, Any] = {"format": format, "size": size, "recover": recover, "json": json}
        drawing.draw_all(recordings, out, picture, suffix=ending, **reading)
        return
    if len(recordings) != 1:
        raise OptionError(
            f"frames draws one recording, not {len(recordings)}: other representations draw many"
        )
    (recording,) = recordings
    ending = out.suffix.lower()
    if ending not in (".png", ".gif", ".mp4"):
        raise OptionError(
            f"{out}: frames are written as .png, .gif or .mp4, not as {ending or 'a name without a suffix'}"
        )

    import neuroclip
    from neuroclip.animation import save_animation
    from neuroclip.cli import inputs
    from neuroclip.contact_sheet import Strip, contact_sheet

    failures = Failures()
    found = inputs.read_all([recording], failures, format=format, size=size, recover=recover)
    failures.finish()
    if len(found) != 1:
        raise OptionError(f"{recording}: holds {len(found)} recordings; frames draws one, so name a file")
    read = found[0][1]
    cut = options.given(steps=steps, split=split, window_us=step_us)
    ink = options.given(polarity=polarity, min_count=min_count)
    pictures = neuroclip.frames(read, **cut, **ink)
    painted: dict[str, Any] = {**cut, **ink, "steps": len(pictures)}
    how = _conventions(**painted)
    try:
        if ending == ".png":
            about = f"{recording.name}   {len(read)} events   {read.width}x{read.height}   {read.span_us / 1e6:.3f} s"
            strip = Strip(frames=pictures, title=f"{about}   {how}")
            contact_sheet([strip], tile=204, columns=5).save(out)
        else:
            timing: dict[str, Any] = {**cut, "steps": len(pictures)}
            starts = _starts_us(read, **timing)
            save_animation(
                pictures,
                out,
                frame_ms=[slower * (b - a) / 1e3 for a, b in pairwise(starts)],
                captions=[f"{i}   {start / 1e6:.3f} s   {how}" for i, start in enumerate(starts[:-1])],
            )
    except OSError as error:
        raise OptionError(f"{out}: cannot be written ({error.strerror or error})") from error
    if json:
        print_json(
            {"recording": str(recording), "out": str(out), "timesteps": len(pictures), "events": len(read)}
        )
    else:
        typer.echo(f"{len(pictures)} frames in {out}")


def _check_suited(representation: str, **groups: dict[str, object]) -> None:
    """Check that no option was given that this representation does not have.

    Raises:
        BadParameter: One was.
    """
    own = {"frames": ("frames", "volumes"), "collapsed": ("collapsed", "pictures")}
    for group, given in groups.items():
        for name, value in given.items():
            if value is not None and group not in own.get(representation, ("volumes", "pictures")):
                raise typer.BadParameter(f"{name} says nothing about --representation {representation}.")


def _starts_us(
    read: Recording, steps: int, split: str = "events", window_us: int | None = None
) -> list[float]:
    """Return when each timestep begins, and when the last ends, in microseconds from the first event on."""
    from neuroclip.representations import step_edges

    if window_us is not None or split == "time":
        return [float(i * (window_us or (read.span_us + 1) / steps)) for i in range(steps + 1)]
    first = step_edges(read, steps)[:-1].clip(max=len(read) - 1)
    return [float(t) for t in (*(read.events["t"][first] - read.events["t"][0]), read.span_us + 1)]


def _conventions(
    *,
    steps: int,
    split: str = "events",
    window_us: int | None = None,
    polarity: str = "paper",
    min_count: int = 1,
) -> str:
    """Say in a picture how it was painted: without that nobody can tell ON from OFF."""
    cut = (
        f"of {window_us} us"
        if window_us is not None
        else f"of equal {split if split == 'events' else 'time'}"
    )
    white, black = ("ON", "OFF") if polarity == "paper" else ("OFF", "ON")
    least = f", at least {min_count} events" if min_count > 1 else ""
    return f"{white} white, {black} black{least}; {steps} steps {cut}"
