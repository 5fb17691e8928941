"""The command line: one module per command, and the only room that prints.

Commands import what they work with when they run, so that `--help` is instant and imports no torch.
"""

from __future__ import annotations

import warnings
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from neuroclip.cli import (
    bank,
    compare,
    convert,
    demo,
    distill,
    emulate,
    evaluate,
    fit,
    formats,
    frames,
    heads,
    info,
    models,
    predict,
    prompts,
    report,
    zero_shot,
)
from neuroclip.cli.reporting import complain
from neuroclip.errors import NeuroclipError


class _Commands(TyperGroup):
    """What a user can mend is one line on stderr and status 1; anything else keeps its traceback."""

    def invoke(self, ctx: Any) -> Any:
        with warnings.catch_warnings():
            warnings.showwarning = _warn
            try:
                return super().invoke(ctx)
            except NeuroclipError as error:
                complain(error)
                ctx.exit(1)


def _warn(message: Warning | str, *_: Any) -> None:
    complain(f"warning: {message}")


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Name what an event camera saw, from a recording file and a few words.",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> bool:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"neuroclip {version('neuroclip')}")
        raise typer.Exit
    return wanted


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and leave."),
    ] = False,
) -> None:
    pass


for _name, _module in {
    "zero-shot": zero_shot,
    "fit": fit,
    "distill": distill,
    "predict": predict,
    "evaluate": evaluate,
    "compare": compare,
    "report": report,
    "demo": demo,
    "frames": frames,
    "info": info,
    "convert": convert,
    "emulate": emulate,
    "models": models,
}.items():
    app.command(_name)(_module.command)
for _name, _group in {
    "heads": heads,
    "prompts": prompts,
    "formats": formats,
    "bank": bank,
}.items():
    app.add_typer(_group.app, name=_name)


def main() -> None:
    """Run the command line; leaves with status 0, 1 (the user can mend it) or 2 (wrong usage)."""
    app(prog_name="neuroclip")
