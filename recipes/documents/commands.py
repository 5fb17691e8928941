"""Renews the tables of arguments and options in docs/commands.md from the program itself.

    python recipes/documents/commands.py

What stands between `<!-- neuroclip fit -->` and `<!-- end -->` is what `neuroclip fit --help` says; the sentences
around it are written by hand. A test fails while the two differ, or while a command has no such table.
"""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from typer.models import ArgumentInfo

from neuroclip.cli import ABOUT, module_of

DOCUMENT = Path(__file__).parents[2] / "docs" / "commands.md"
TABLE = re.compile(r"^<!-- (neuroclip[\w -]*?) -->$.*?^<!-- end -->$", flags=re.MULTILINE | re.DOTALL)


def commands() -> dict[str, Callable[..., object]]:
    """Return the function of every command by what is typed for it; a group counts for what it has below it."""
    return {typed: command for name in ABOUT for typed, command in _named("neuroclip", name)}


def renewed(document: str) -> str:
    """Return the document with all tables as the program has them now.

    Raises:
        KeyError: There is a table of a command that does not exist.
    """
    known = commands()
    return TABLE.sub(
        lambda found: f"<!-- {found[1]} -->\n\n{table(known[found[1]])}\n\n<!-- end -->", document
    )


def table(command: Callable[..., object]) -> str:
    """Return what a command takes: arguments, its own options, and those that it shares with others."""
    hints = get_type_hints(command, include_extras=True)
    found = [
        (name, parameter, *_told(hints[name]))
        for name, parameter in inspect.signature(command).parameters.items()
    ]
    panels = list(dict.fromkeys(info.rich_help_panel for *_, info in found))
    found.sort(key=lambda row: (not isinstance(row[3], ArgumentInfo), panels.index(row[3].rich_help_panel)))
    return "\n".join(["| | Meaning | If not given |", "|---|---|---|", *(_row(*one) for one in found)])


def _named(typed: str, name: str) -> Iterator[tuple[str, Callable[..., object]]]:
    module = module_of(name)
    if not hasattr(module, "app"):
        yield f"{typed} {name}", module.command
        return
    for command in module.app.registered_commands:
        yield f"{typed} {name} {command.name or command.callback.__name__}", command.callback


def _told(hint: Any) -> tuple[Any, Any]:
    """Return the type without None, and what typer is told of it."""
    assert get_origin(hint) is Annotated
    kind, info = get_args(hint)
    if get_origin(kind) in (Union, types.UnionType):
        (kind,) = (one for one in get_args(kind) if one is not type(None))
    return kind, info


def _row(name: str, parameter: inspect.Parameter, kind: Any, info: Any) -> str:
    if isinstance(info, ArgumentInfo):
        names = [(info.metavar or name.upper()) + ("..." if get_origin(kind) is list else "")]
    else:
        # In an annotation, the first name stands where the default would.
        names = [one for one in (info.default, *(info.param_decls or ())) if isinstance(one, str)]
        names = sorted(names, key=len)[::-1] or [f"--{name.replace('_', '-')}"]
        names[0] += "" if kind is bool else f" {info.metavar or _values(kind)}"
    cells = (", ".join(f"`{one}`" for one in names), info.help or "", _default(parameter.default, info))
    return f"| {' | '.join(' '.join(cell.split()).replace('|', chr(92) + '|') for cell in cells)} |"


def _values(kind: Any) -> str:
    choices = [str(value) for value in get_args(kind)] if get_origin(kind) is Literal else []
    return "|".join(choices) or {int: "N", float: "X", str: "NAME"}[kind]


def _default(default: Any, info: Any) -> str:
    if default is inspect.Parameter.empty:
        return "required"
    if isinstance(info.show_default, str):
        return info.show_default
    return f"`{default}`" if info.show_default and default is not None and default is not False else ""


if __name__ == "__main__":
    DOCUMENT.write_text(renewed(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
