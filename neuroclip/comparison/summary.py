"""Many cells in a few numbers: means over seeds with intervals, and which heads differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from neuroclip.comparison.cells import Cell
from neuroclip.metrics.accuracy import mean_interval
from neuroclip.metrics.significance import Hits, holm, paired_test, recordings_interval

Tests = Mapping[str, Mapping[str, Any]]
"""For each seed (as text), `names` of the test recordings and `labels`, the positions of their classes."""


def summary_of(cells: Sequence[Cell], tests: Tests) -> list[dict[str, Any]]:
    """Return a row for each head and number of shots that has been measured, averaged over the seeds."""
    rows: list[dict[str, Any]] = []
    for (head, shots), same in _grouped(cells).items():
        accuracies = [cell["accuracy"] for cell in same]
        mean, low, high = mean_interval(accuracies)
        rows.append(
            {
                "head": head,
                "shots": shots,
                "seeds": len(same),
                "n": same[0]["n"],
                "accuracy": mean,
                "seeds_ci": [low, high] if len(same) > 1 else None,
                "bootstrap_ci": list(recordings_interval(_hits(same, tests))),
                "top5": None if same[0]["top5"] is None else _mean(same, "top5"),
                "macro_accuracy": _mean(same, "macro_accuracy"),
                "ece": _mean(same, "ece"),
            }
        )
    return rows


def pairs_of(cells: Sequence[Cell], tests: Tests) -> list[dict[str, Any]]:
    """Return the paired test of each two heads that share seeds, corrected over all pairs of a number of shots."""
    grouped = _grouped(cells)
    rows: list[dict[str, Any]] = []
    for shots in dict.fromkeys(cell["shots"] for cell in cells):
        hits = {head: _hits(same, tests) for (head, number), same in grouped.items() if number == shots}
        found: list[dict[str, Any]] = []
        for a, b in combinations(hits, 2):
            if both := sorted(hits[a].keys() & hits[b].keys()):
                difference, p = paired_test({s: hits[a][s] for s in both}, {s: hits[b][s] for s in both})
                found.append({"shots": shots, "a": a, "b": b, "difference": difference, "p": p})
        for row, corrected in zip(found, holm([row["p"] for row in found]), strict=True):
            rows.append(row | {"p_corrected": corrected})
    return rows


def _grouped(cells: Sequence[Cell]) -> dict[tuple[str, int], list[Cell]]:
    grouped: dict[tuple[str, int], list[Cell]] = {}
    for cell in cells:
        if cell["status"] == "ok":
            grouped.setdefault((cell["head"], cell["shots"]), []).append(cell)
    return grouped


def _hits(cells: Sequence[Cell], tests: Tests) -> Hits:
    hits: dict[int, dict[str, bool]] = {}
    for cell in cells:
        test = tests[str(cell["seed"])]
        named = zip(test["names"], test["labels"], cell["predictions"], strict=True)
        hits[cell["seed"]] = {name: label == said for name, label, said in named}
    return hits


def _mean(cells: Sequence[Cell], field: str) -> float:
    return sum(cell[field] for cell in cells) / len(cells)
