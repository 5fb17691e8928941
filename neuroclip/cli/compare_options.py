"""The options that only `neuroclip compare` has."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Protocol = Literal["honest", "as-published"]

Out = Annotated[
    Path,
    typer.Option(
        metavar="DIR",
        help="Where everything is kept: the document, its cells, the heads and the report.",
        show_default=False,
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
        metavar='"A,B,..."',
        help="Names of `neuroclip heads`, or titles of --config and --recipe; all: every one that is "
        "installed.",
        show_default=False,
    ),
]
ManyShots = Annotated[
    str | None,
    typer.Option(
        metavar="0,1,...|all",
        help="Recordings of each class to learn from; all: the whole training part.",
        show_default="0,1,4,16",
        rich_help_panel="Data",
    ),
]
Seeds = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="How often shots are drawn and heads are fitted: seeds 0 to N - 1.",
        show_default="5",
        rich_help_panel="Data",
    ),
]
HeadsConfig = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Heads as TOML, in tables heads.TITLE with head (if it is not the title) and options; shots and "
        "seeds above them.",
        show_default=False,
    ),
]
OptionsOfHeads = Annotated[
    list[str] | None,
    typer.Option(
        "--option",
        "-o",
        metavar="TITLE.NAME=VALUE",
        help="An option of one head; all.NAME=VALUE: of every head that has it; repeatable.",
        rich_help_panel="Head",
        show_default=False,
    ),
]
RecipeName = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="A table of a paper: heads, options, data set, protocol; a name, or a TOML file.",
        show_default=False,
    ),
]
RecipeRoot = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="ROOT",
        help="The folder of the recipe's data set; DATA may then be left out.",
        show_default=False,
    ),
]
ProtocolName = Annotated[
    Protocol | None,
    typer.Option(
        help="as-published: also score every checkpoint on the test part, and show that number, the honest "
        "one and the gap.",
        show_default="honest",
    ),
]
Corruptions = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KIND=LEVEL[/LEVEL...],...",
        help="Measure on damaged copies of the test recordings, too; repeatable.",
        show_default=False,
    ),
]
Samples = Annotated[int, typer.Option(min=0, help="Test recordings that the report shows.")]
NoSpeed = Annotated[bool, typer.Option("--no-speed", help="Do not time the heads.")]
Jobs = Annotated[int, typer.Option(min=1, help="Processes that measure side by side.")]
MaybeModel = Annotated[
    str | None,
    typer.Option(
        help="event-tiny, which ships; ARCHITECTURE:TAG of open_clip, ARCHITECTURE:FILE, or a directory.",
        show_default="event-tiny",
        rich_help_panel="Model",
    ),
]
