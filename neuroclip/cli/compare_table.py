"""A comparison as a table: a line for each head, a column for each number of shots; and one of choosing on test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

from neuroclip.cli.reporting import print_table

_WIDE = 240  # where no terminal says how wide it is


def print_comparison(document: Mapping[str, Any]) -> None:
    """Print accuracies in per cent, their intervals over recordings, and what an answer costs."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDE)
    plan, summary = document["plan"], {(row["head"], row["shots"]): row for row in document["summary"]}
    n = len(next(iter(document["tests"].values()))["names"])
    seeds = f"{len(plan['seeds'])} seeds" if len(plan["seeds"]) > 1 else "1 seed"
    table = Table(
        box=box.SIMPLE_HEAD,
        title=f"{document['data']['name']}: top-1 accuracy in % (95 % over recordings), n = {n}, {seeds}",
        title_justify="left",
    )
    table.add_column("head")
    for shots in plan["shots"]:
        word = "all shots" if shots == plan.get("whole") else f"{shots} shot{'s' * (shots != 1)}"
        table.add_column(word, justify="right")
    for name in ("GFLOPs", "p50 / p99 ms (n)", "fit s"):
        table.add_column(name, justify="right")
    for title, head in document["heads"].items():
        cells = [_accuracy(summary.get((title, shots))) for shots in plan["shots"]]
        costs = [_number(head["gflops"]), _latency(head["latency_ms"]), _number(head["fit_seconds"])]
        table.add_row(*(Text(cell) for cell in (title, *cells, *costs)))
    with console.capture() as captured:
        console.print(table)
    typer.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


def print_chosen(document: Mapping[str, Any]) -> None:
    """Print what choosing on the test part would have shown, and the gap; nothing unless it was asked for."""
    from neuroclip.comparison.report.chosen import HEADER, TITLE, chosen_on_test
    from neuroclip.comparison.report.findings import Findings
    from neuroclip.comparison.report.wording import printable

    if rows := chosen_on_test(Findings(document)):
        typer.echo(f"{TITLE}: top-1 accuracy in %, mean over seeds".lower())
        print_table(HEADER, [[printable(cell) for cell in row] for row in rows])


def _accuracy(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "-"
    low, high = row["bootstrap_ci"]
    return f"{100 * row['accuracy']:.1f} ({100 * low:.1f} to {100 * high:.1f})"


def _latency(timed: Mapping[str, Any] | None) -> str:
    return "-" if timed is None else f"{timed['p50']:.3g} / {timed['p99']:.3g} ({timed['n']})"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"
