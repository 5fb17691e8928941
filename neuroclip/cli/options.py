"""The options that several commands share, and how their text becomes values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import typer

Split = Literal["events", "time", "window"]
Polarity = Literal["paper", "reference-code"]
Precision = Literal["auto", "fp32", "bf16"]


class SensorSize(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int


def parse_size(text: str) -> SensorSize:
    """Read `34x34`."""
    width, cross, height = text.lower().partition("x")
    if not (cross and width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise typer.BadParameter(f"{text!r} is not a size such as 34x34 (width x height, in pixels).")
    return SensorSize(int(width), int(height))


def assignments(texts: Sequence[str] | None) -> dict[str, Any]:
    """Read `name=value` pairs; a value is JSON where it can be (`2`, `[1, 2]`), else the text itself."""
    values: dict[str, Any] = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not (equals and name.strip()):
            raise typer.BadParameter(f"{text!r} is not of the form name=value.", param_hint="--option")
        try:
            values[name.strip().replace("-", "_")] = json.loads(value)
        except json.JSONDecodeError:
            values[name.strip().replace("-", "_")] = value
    return values


def given(**options: Any) -> dict[str, Any]:
    """Return those options that were given on the command line."""
    return {name: value for name, value in options.items() if value is not None}


def _complete_heads() -> list[str]:
    from neuroclip import heads

    return [row.name for row in heads.installed() if row.status == "ok"]


def _complete_formats() -> list[str]:
    from neuroclip import formats

    return [row.name for row in formats.installed()]


def _complete_prompts() -> list[str]:
    import neuroclip_prompts

    return list(neuroclip_prompts.names())


Recordings = Annotated[
    list[Path],
    typer.Argument(
        metavar="REC", help="Recordings, or folders: all recordings in them and below.", show_default=False
    ),
]
OneRecording = Annotated[Path, typer.Argument(metavar="REC", help="A recording.", show_default=False)]
Format = Annotated[
    str | None,
    typer.Option(
        help="Read the files as this format; see `neuroclip formats`.",
        metavar="NAME",
        autocompletion=_complete_formats,
        show_default="from the file",
    ),
]
Size = Annotated[
    SensorSize | None,
    typer.Option(
        parser=parse_size,
        metavar="WxH",
        help="Sensor size in pixels, such as 34x34; a video is scaled to it.",
        show_default="the file's own, or the smallest known one that holds every event",
    ),
]
Recover = Annotated[
    bool,
    typer.Option(
        "--recover", help="Keep what is good at the beginning of a damaged file, and say how much that is."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")]

_FRAMES = "Frames"
Steps = Annotated[
    int | None,
    typer.Option(min=1, help="Number of timesteps.", show_default="10", rich_help_panel=_FRAMES),
]
SplitBy = Annotated[
    Split | None,
    typer.Option(
        "--split",
        help="Timesteps of equal numbers of events (the remainder in the last), of equal spans of time, or "
        "of --step-us each.",
        show_default="events",
        rich_help_panel=_FRAMES,
    ),
]
StepUs = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Microseconds of a timestep, for --split window: as many timesteps as the recording has.",
        show_default=False,
        rich_help_panel=_FRAMES,
    ),
]
PaintAs = Annotated[
    Polarity | None,
    typer.Option(
        "--polarity",
        help="paper: ON 255, OFF 0, and a pixel that saw both is ON; reference-code: ON 0, OFF 255, as the "
        "published code did.",
        show_default="paper",
        rich_help_panel=_FRAMES,
    ),
]
MinCount = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Events of one polarity that a pixel needs within a timestep; 2 is usual for CIFAR10-DVS.",
        show_default="1",
        rich_help_panel=_FRAMES,
    ),
]

_MODEL = "Model"
ModelName = Annotated[
    str,
    typer.Option(
        "--model",
        help="event-tiny, which ships; ARCHITECTURE:TAG of open_clip, ARCHITECTURE:FILE, or a directory.",
        rich_help_panel=_MODEL,
    ),
]
ModelPrecision = Annotated[
    Precision,
    typer.Option(
        "--precision",
        help="Precision of the weights; auto is bf16 where the processor has it in hardware.",
        rich_help_panel=_MODEL,
    ),
]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps, ...", rich_help_panel=_MODEL)]

_HEAD = "Head"
HeadName = Annotated[
    str,
    typer.Option(
        "--head",
        metavar="NAME",
        help="A head that needs no shots; see `neuroclip heads`.",
        autocompletion=_complete_heads,
        rich_help_panel=_HEAD,
    ),
]
HeadOptions = Annotated[
    list[str] | None,
    typer.Option(
        "--option",
        "-o",
        metavar="NAME=VALUE",
        help="An option of the head, see `neuroclip heads --long`; repeatable.",
        rich_help_panel=_HEAD,
        show_default=False,
    ),
]

_CLASSES = "Classes"
ClassNames = Annotated[
    str | None,
    typer.Option(
        "--classes",
        metavar='"A, B, ..."',
        help="Class names, separated by commas.",
        rich_help_panel=_CLASSES,
        show_default=False,
    ),
]
ClassesFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="A text file with one class name a line.",
        rich_help_panel=_CLASSES,
        show_default=False,
    ),
]
Prompts = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|FILE",
        help="A prompt set: the sentences that a class name is put into, and perhaps class names too. See "
        "`neuroclip prompts`.",
        autocompletion=_complete_prompts,
        show_default="default",
        rich_help_panel=_CLASSES,
    ),
]
Templates = Annotated[
    list[str] | None,
    typer.Option(
        metavar='"A {}."',
        help="A sentence with {} for the class, in place of the prompt set's; repeatable.",
        rich_help_panel=_CLASSES,
        show_default=False,
    ),
]

_DATA = "Data"
Data = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="A folder of class folders, a CSV (file,label[,split][,video]), or spikingjelly:NAME:ROOT.",
        show_default=False,
    ),
]
Shots = Annotated[
    int | None,
    typer.Option(
        min=0,
        help="Recordings of each class to learn from; the 1 shot is among the 4.",
        show_default="all",
        rich_help_panel=_DATA,
    ),
]
Seed = Annotated[
    int, typer.Option(min=0, help="Of the choice of shots, and of the fit.", rich_help_panel=_DATA)
]
Validation = Annotated[
    float | None,
    typer.Option(
        min=0.0,
        max=0.9,
        help="Share of the training part of each class that is kept out of everything.",
        show_default="0",
        rich_help_panel=_DATA,
    ),
]
TestOn = Annotated[
    Literal["test", "rest", "pooled"] | None,
    typer.Option(
        "--test",
        help="Measure on the test part, on the rest of the training part, or on both.",
        show_default="test, or else rest",
        rich_help_panel=_DATA,
    ),
]
Reserve = Annotated[
    int | None,
    typer.Option(
        min=0,
        help="Keep so many of each class out of the rest, so that other --shots are measured on the same "
        "recordings.",
        show_default="--shots",
        rich_help_panel=_DATA,
    ),
]
SplitFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="A split that was written before, such as split.json of a fitted head; in place of --shots, "
        "--test, --reserve and --validation.",
        show_default=False,
        rich_help_panel=_DATA,
    ),
]
Known = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="The known data set that this is: its sensor, words, min_count and official split; ucf101:2 is "
        "the second of several.",
        show_default=False,
        rich_help_panel=_DATA,
    ),
]
SkipBad = Annotated[
    bool,
    typer.Option(
        "--skip-bad",
        help="Leave out recordings that cannot be read, before shots are drawn, and name them.",
        rich_help_panel=_DATA,
    ),
]
BankFolder = Annotated[
    Path | None,
    typer.Option(
        "--bank",
        metavar="DIR",
        help="Where computed embeddings are kept; NEUROCLIP_BANK names another place, too.",
        show_default="the user's cache",
        rich_help_panel=_DATA,
    ),
]
AnyHead = Annotated[
    str,
    typer.Argument(
        metavar="HEAD",
        help="A head; see `neuroclip heads`.",
        autocompletion=_complete_heads,
        show_default=False,
    ),
]
SavedHead = Annotated[
    Path,
    typer.Argument(metavar="DIR", help="A fitted head, as `neuroclip fit` writes it.", show_default=False),
]
WindowUs = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Cut each recording into windows of this many microseconds, and answer for each that has "
        "events.",
        show_default=False,
    ),
]
Slide = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Microseconds from the beginning of one window to that of the next.",
        show_default="the window's length",
    ),
]
