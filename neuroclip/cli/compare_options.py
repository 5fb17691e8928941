"""The options that only `neuroclip compare` has."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Protocol = Literal["honest", "as-published"]

Out = Annotated[
    Path,
    typer.Option(
        metavar="DIR", help="Where the comparison, its cells and its report are kept.", show_default=False
    ),
]
MaybeData = Annotated[
    str | None,
    typer.Argument(
        metavar="DATA",
        help="A folder of class folders, a CSV (file,label[,split][,video]), or spikingjelly:NAME:ROOT.",
        show_default=False,
    ),
]
HeadTitles = Annotated[
    str | None,
    typer.Option(
        metavar='"A,B,..."', help="Which heads; all: every one that is installed.", show_default=False
    ),
]
ManyShots = Annotated[
    str | None,
    typer.Option(
        metavar="0,1,...|all",
        help="Recordings of each class to learn from.",
        show_default="0,1,4,16",
        rich_help_panel="Data",
    ),
]
Seeds = Annotated[
    int | None,
    typer.Option(
        min=1, help="How often shots are drawn: seeds 0, 1, ...", show_default="5", rich_help_panel="Data"
    ),
]
HeadsConfig = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Heads as TOML, in tables heads.TITLE with head and options; shots and seeds above them.",
        show_default=False,
    ),
]
OptionsOfHeads = Annotated[
    list[str] | None,
    typer.Option(
        "--option",
        "-o",
        metavar="TITLE.NAME=VALUE",
        help="An option of one head; all.NAME=VALUE: of every head that has it.",
        rich_help_panel="Head",
        show_default=False,
    ),
]
RecipeName = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="A table of a paper: heads, data, protocol.", show_default=False),
]
RecipeRoot = Annotated[
    Path | None,
    typer.Option("--data", metavar="ROOT", help="Where the recipe's data set is.", show_default=False),
]
ProtocolName = Annotated[
    Protocol | None,
    typer.Option(
        help="as-published: also say what choosing the epoch on the test part would have shown.",
        show_default="honest",
    ),
]
Corruptions = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KIND=LEVEL[/LEVEL...],...",
        help="Measure on damaged test recordings, too.",
        show_default=False,
    ),
]
Samples = Annotated[int, typer.Option(min=0, help="Test recordings to show.")]
NoSpeed = Annotated[bool, typer.Option("--no-speed", help="Do not time the heads.")]
Jobs = Annotated[int, typer.Option(min=1, help="Processes that measure side by side.")]
MaybeModel = Annotated[
    str | None,
    typer.Option(
        help="event-tiny, ARCHITECTURE:TAG, ARCHITECTURE:FILE, or a directory.",
        show_default="event-tiny",
        rich_help_panel="Model",
    ),
]
