"""The recipe of a paper's table that a comparison follows, and the numbers of both side by side."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from neuroclip.cli.reporting import print_table

if TYPE_CHECKING:
    from neuroclip.comparison.recipes import Recipe
    from neuroclip.comparison.setting import Setting


def followed(
    recipe: Recipe, root: Path, heads: Mapping[str, Mapping[str, Any]], setting: Setting, known: str | None
) -> dict[str, Any]:
    """Return what a comparison keeps of the recipe that it follows, and of how it does not."""
    return recipe.provenance(
        root,
        heads,
        model=setting.model,
        prompts=setting.prompts.name,
        known=known,
        protocol=setting.plan.protocol,
        test=setting.plan.test,
    )


def print_published(document: Mapping[str, Any]) -> None:
    """Print what the papers say beside what was measured, and what differs; nothing where there is no paper.

    Ours is the mean over seeds. "As published" is chosen on the test part, where the papers' numbers were: the mean of
    the best checkpoints.
    """
    rows = [_row(document, row) for row in document["published"]]
    if not rows:
        return
    typer.echo("beside the paper, top-1 accuracy in %; * chosen on the test part")
    print_table(("head", "shots", "paper", "ours", "ours, as published *", "row"), rows)
    about: Mapping[str, Any] | None = document["provenance"].get("recipe")
    if about is not None:
        typer.echo("\n".join(["what differs from the paper:", *(f"- {one}" for one in about["departures"])]))


def _row(document: Mapping[str, Any], paper: Mapping[str, Any]) -> tuple[str, ...]:
    place = paper["head"], paper["shots"]
    ours = [row["accuracy"] for row in document["summary"] if (row["head"], row["shots"]) == place]
    cells = [c for c in document["cells"] if (c["head"], c["shots"]) == place and c["status"] == "ok"]
    chosen = [cell["published"]["accuracy"] for cell in cells if cell["published"] is not None]
    shots = "all" if paper["shots"] == document["plan"].get("whole") else f"{paper['shots']}"
    star = " *" if paper["selected_on_test"] else ""
    return (
        paper["head"],
        shots,
        f"{paper['paper']:.2f}{star}",
        _mean(ours),
        _mean(chosen),
        f"{paper['row']} ({paper['source']})",
    )


def _mean(shares: list[float]) -> str:
    return f"{100 * sum(shares) / len(shares):.2f}" if shares else "-"
