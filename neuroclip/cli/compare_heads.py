"""The heads of a comparison: named, changed by options, and suited to the set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

from neuroclip.cli import options
from neuroclip.cli.reporting import complain
from neuroclip.cli.tasks import suited
from neuroclip.errors import NeuroclipError, OptionError

if TYPE_CHECKING:
    from neuroclip.comparison.plan import Entry
    from neuroclip.datasets import KnownSet

Heads = Mapping[str, Mapping[str, Any]]
"""By title: `head`, the name of an installed one, and `options`."""

ALL = "all"


def planned(title: str, plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return a head with `head` and `options`, whether they were given or not."""
    return {"head": plan.get("head", title), "options": dict(plan.get("options", {}))}


def named_heads(text: str, known: Heads) -> Heads:
    """Return the heads that `--heads` names: titles of `known` ones, or installed ones; `all`: all of these."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if names == [ALL]:
        return {**{name: planned(name, {}) for name in _loadable()}, **known}
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise OptionError(
            f"--heads names {twice[0]!r} twice; a TOML file (--config) gives it other options, and titles"
        )
    return {name: known.get(name, planned(name, {})) for name in names}


def changes(texts: Sequence[str] | None, heads: Heads) -> dict[str, dict[str, Any]]:
    """Read `TITLE.name=value`; `all.name=value` is for every head that has this option.

    Raises:
        OptionError: No head has the title, or the option.
    """
    changed: dict[str, dict[str, Any]] = {}
    for text in texts or ():
        titles = [title for title in heads if text.startswith(f"{title}.")]
        title = max(titles, key=len) if titles else text.partition("=")[0].rpartition(".")[0]
        if not title:
            raise typer.BadParameter(f"{text!r} is not of the form TITLE.name=value.", param_hint="--option")
        one = options.assignments([text.removeprefix(f"{title}.")])
        whom = [title]
        if title == ALL and title not in heads:
            whom = [t for t, plan in heads.items() if set(one) <= _option_names(plan["head"])]
            if not whom:
                raise OptionError(f"-o {text}: none of the heads has the option {next(iter(one))!r}")
        for name in whom:
            changed.setdefault(name, {}).update(one)
    return changed


def entries_of(heads: Heads, known: KnownSet | None, as_said: Collection[str] = ()) -> tuple[Entry, ...]:
    """Return the heads of a plan, suited to the set; one that cannot be made says why, and stops no other.

    Those whose titles are in `as_said` stay as they are: a recipe says all that its paper does, and mirrors digits.
    """
    from neuroclip.comparison.plan import Entry

    entries: list[Entry] = []
    for title, plan in heads.items():
        try:
            made = suited(plan["head"], plan["options"], None if title in as_said else known)
            entries.append(Entry(title, plan["head"], _given(plan, made)))
        except NeuroclipError as error:
            entries.append(Entry(title, plan["head"], plan["options"], error=str(error)))
    return tuple(entries)


def _given(plan: Mapping[str, Any], made: Any) -> dict[str, Any]:
    """Return the options of a head that were given, or that the set has changed."""
    from neuroclip import heads

    try:
        usual = heads.describe(type(made)())
    except (TypeError, NeuroclipError):  # an option that has to be given
        usual = {}
    return {
        name: value
        for name, value in heads.describe(made).items()
        if name in plan["options"] or name not in usual or usual[name] != value
    }


def _option_names(head: str) -> set[str]:
    from neuroclip import heads
    from neuroclip.heads.options import names_of

    try:
        return set(names_of(heads.find(head)))
    except NeuroclipError:
        return set()


def _loadable() -> list[str]:
    from neuroclip import heads

    names: list[str] = []
    for row in heads.installed():
        try:
            heads.find(row.name)
            names.append(row.name)
        except NeuroclipError as error:
            complain(f"left out: {error}")
    return list(dict.fromkeys(names))
