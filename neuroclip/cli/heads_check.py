"""What `heads check` prints: a line for each rule of the contract, and for one that is broken what to do."""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from neuroclip.cli.reporting import print_json
from neuroclip.errors import HeadError

if TYPE_CHECKING:
    from neuroclip.heads import Head
    from neuroclip.testing import Verdict


def print_verdicts(name: str, chosen: Mapping[str, Any], *, json: bool) -> bool:
    """Check a head and print each verdict as it is reached; return whether the contract is kept.

    Raises:
        HeadError, OptionError: There is no such head, or its options are wrong.
    """
    with contextlib.redirect_stdout(sys.stderr):  # what a stranger's module prints is no verdict
        from neuroclip.heads import CONTRACT
        from neuroclip.testing import head_checks

        head = _make(name, chosen)
    if not json:
        typer.echo(f"{head} and contract {CONTRACT}\n")
    counts: Counter[str] = Counter()
    found = set[str]()
    for check in head_checks():
        with contextlib.redirect_stdout(sys.stderr):
            verdict = check.verdict(head)
        if json:
            print_json(_described(verdict))
        else:
            _print(verdict, again=verdict.found in found)
        counts[verdict.outcome] += 1
        found.add(verdict.found)
    if not json:
        typer.echo(
            f"\n{counts['passed']} passed, {counts['failed']} failed, {counts['does not apply']} not applicable"
        )
    return not counts["failed"]


def _make(name: str, chosen: Mapping[str, Any]) -> Head:
    from neuroclip import heads

    cls = _import(name) if ":" in name else heads.find(name)
    return heads.make(cls, chosen)


def _import(name: str) -> type[Head]:
    """Import `module:Class`, also from the working folder."""
    from importlib import import_module

    from neuroclip import heads

    module, _, attribute = name.partition(":")
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        found: Any = getattr(import_module(module), attribute)
    except (Exception, SystemExit) as error:  # a stranger's code may raise anything
        raise HeadError(f"{name} cannot be imported: {type(error).__name__}: {error}") from error
    return heads.as_head(name, found)


def _described(verdict: Verdict) -> dict[str, str]:
    return {
        "check": verdict.check.name,
        "outcome": verdict.outcome,
        "rule": verdict.check.rule,
        "found": verdict.found,
        "advice": verdict.check.advice if verdict.outcome == "failed" else "",
    }


def _print(verdict: Verdict, *, again: bool) -> None:
    """One line; below it, where a rule is broken, what it says and what to do, unless the same was `found` before."""
    line = f"{verdict.outcome:<15} {verdict.check.name}"
    if verdict.outcome == "does not apply":
        line += f": {verdict.found}"
    elif verdict.outcome == "failed" and again:
        line += ": as above"
    typer.echo(line)
    if verdict.outcome == "failed" and not again:
        about = {"Rule": verdict.check.rule, "Found": verdict.found, "Often": verdict.check.advice}
        for title, text in about.items():
            typer.echo(f"{'':<16}{title}: {text}")
