"""What `heads new`, `formats new` and `prompts new` share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="What it is asked for by, and what the package is called: nearest-mean.",
        show_default=False,
    ),
]
Out = Annotated[
    Path,
    typer.Option(
        "--out",
        metavar="DIR",
        help="The folder that becomes the package; new, or empty.",
        show_default=False,
    ),
]


def begin(kind: str, name: str, out: Path, *, next_steps: Sequence[str]) -> None:
    """Write the package, and say what to do next."""
    from neuroclip import kit

    for path in kit.start(kit.KINDS[kind], name, out):
        typer.echo(out / path)
    typer.echo("\nNext:")
    # As a path, not the name of a package; quoted, since brackets and spaces mean something to shells.
    place = out if out.is_absolute() else f"./{out}"
    quoted = f"'{out}'" if " " in str(out) else str(out)
    for step in (f"pip install -e '{place}[test]'", *next_steps, f"pytest {quoted}"):
        typer.echo(f"  {step}")
