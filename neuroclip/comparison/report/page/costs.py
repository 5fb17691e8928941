"""The tables of a page that say what heads cost, and what became of those that failed."""

from __future__ import annotations

from neuroclip.comparison.report.expenses import cost, known_costs
from neuroclip.comparison.report.findings import Findings
from neuroclip.comparison.report.page.elements import Child, Html, joined, table, tag
from neuroclip.comparison.report.page.results import named
from neuroclip.comparison.report.wording import listed


def costs(found: Findings) -> Html | None:
    """Return the table of costs."""
    known = known_costs(found)
    if not known or found.most is None:
        return None
    header = ["head", *next(iter(known.values()))]
    rows = [[named(found, head), *(cost(value) for value in row.values())] for head, row in known.items()]
    note = (
        f"Per recording; parameters and fit with {found.said(found.most)}. GFLOPs: two for each "
        "multiply-accumulate of head and encoder. Energy: an estimate for arithmetic alone, at 45 nm (4.6 pJ a "
        "multiply-accumulate, 0.9 pJ an accumulate). Latency, throughput and memory: each head in a process of its "
        "own, from events in memory to scores; n or timed: how many recordings, one at a time."
    )
    return joined([table(header, rows, class_="dense"), tag("p", note, class_="note")])


def failures(found: Findings) -> Html | None:
    """Return what went wrong, and where."""
    if not found.failures:
        return None
    rows: list[list[Child]] = []
    for failure in found.failures:
        shots: dict[int, list[int]] = {}
        for k, seed in failure.cells:
            shots.setdefault(k, []).append(seed)
        where = "; ".join(
            f"{found.said(k)}, seed{'s' if len(seeds) > 1 else ''} {listed(seeds)}"
            for k, seeds in shots.items()
        )
        rows.append([failure.head, where or "everywhere", tag("td", failure.error, class_="text")])
    note = "These cells are missing above; they are tried again when the comparison is started again."
    return joined([table(["head", "where", "error"], rows, words=3), tag("p", note, class_="note")])
