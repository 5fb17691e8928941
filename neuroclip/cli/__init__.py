"""The command line: one module per command, and the only room that prints.

Commands import what they work with when they run, and the module of a command is imported when it is asked for, so
that `--help` is instant and imports no torch.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from neuroclip.cli.reporting import complain
from neuroclip.errors import NeuroclipError

ABOUT = {
    "zero-shot": "Name recordings with words of your choice.",
    "fit": "Fit a head on the shots of a labelled set, and save it.",
    "distill": "Train a network on optical flow, let it teach one that reads events, and measure both, with RGB beside "
    "them.",
    "predict": "Name recordings with a fitted head.",
    "evaluate": "Measure a head, or a fitted one, on labelled recordings; a head that learns is fitted on the shots "
    "first.",
    "compare": "Compare heads: fitted on the same shots, measured on the same recordings, in one report.",
    "report": "Write comparison.html, .md, .csv, .tex and figures/*.svg again, from comparison.json alone.",
    "demo": "Name the recordings that ship with the package, and draw what the encoder saw.",
    "frames": "Draw the frames of a recording into one PNG, or into a GIF or MP4 that moves as it did.",
    "info": "Count events, span and polarity of recordings, and say what is suspicious.",
    "convert": "Write a recording in another format; a file of that name is replaced once the new one is complete.",
    "emulate": "Turn a video into events.",
    "models": "List the models: shipped, cached on this machine, or downloaded when first named.",
    "heads": "List the heads that are installed, check one, or begin your own.",
    "prompts": "List the prompt sets that are installed, or begin one of your own.",
    "formats": "List the file formats that are installed, or begin one of your own.",
    "bank": "What was computed and kept: see, check or remove it.",
}
"""The commands in the order of `--help`, and what it says of each: as their own help begins, which a test holds."""


def module_of(name: str) -> Any:
    """Import the module of a command, which has a function `command`, or of a group of them, which has an `app`."""
    return importlib.import_module(f"neuroclip.cli.{name.replace('-', '_')}")


def _load(name: str) -> Any:
    """Return a command, or a group of them, as typer runs it."""
    module = module_of(name)
    if hasattr(module, "app"):
        command: Any = typer.main.get_group(module.app)
    else:
        alone = typer.Typer(add_completion=False)
        alone.command(name)(module.command)
        command = typer.main.get_command(alone)
    command.name = name
    return command


class _OnDemand(dict[str, Any]):
    """Commands by name; each is loaded when it is asked for."""

    def __getitem__(self, name: str) -> Any:
        if super().__getitem__(name) is None:
            self[name] = _load(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        if name not in self:
            return default
        return self[name]

    def values(self) -> Any:
        return [self[name] for name in self]

    def items(self) -> Any:
        return [(name, self[name]) for name in self]


class _Commands(TyperGroup):
    """What a user can mend is one line on stderr and status 1; anything else keeps its traceback."""

    _listing = False

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = _OnDemand(dict.fromkeys(ABOUT))

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.commands)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if self._listing and cmd_name in ABOUT:
            return TyperCommand(cmd_name, help=ABOUT[cmd_name])
        return super().get_command(ctx, cmd_name)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        with self._names_alone():
            super().format_help(ctx, formatter)

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        with self._names_alone():
            return super().shell_complete(ctx, incomplete)

    @contextmanager
    def _names_alone(self) -> Generator[None]:
        self._listing = True
        try:
            yield
        finally:
            self._listing = False

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


def main() -> None:
    """Run the command line; leaves with status 0, 1 (the user can mend it) or 2 (wrong usage)."""
    app(prog_name="neuroclip")
