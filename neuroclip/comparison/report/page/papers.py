"""The tables of a page that stand beside those of papers."""

from __future__ import annotations

from statistics import fmean

from neuroclip.comparison.report.chosen import HEADER, NOTE, TITLE, chosen_on_test
from neuroclip.comparison.report.findings import Findings, Row
from neuroclip.comparison.report.page.elements import Child, Html, joined, table, tag
from neuroclip.comparison.report.page.results import named
from neuroclip.comparison.report.wording import OVER_RECORDINGS, interval, percent, signed_points


def papers(found: Findings) -> Html | None:
    """Return published numbers beside ours, what choosing on the test part adds, and what else differs."""
    made: list[Child] = []
    if rows := found.document["published"]:
        header = [
            "head",
            "row of the paper",
            "source",
            "shots",
            "paper",
            f"here ({OVER_RECORDINGS})",
            "difference",
        ]
        leaky = ["here, chosen on test"] if found.document["plan"]["protocol"] != "honest" else []
        body = [_beside(found, row, chosen=bool(leaky)) for row in rows]
        made.append(table([*header, *leaky], body, words=3))
        if any(row["selected_on_test"] for row in rows):
            note = "* The paper chose epoch or weights on the test recordings, which flatters it."
            made.append(tag("p", note, class_="note"))
    if (leaky := _chosen(found)) is not None:
        made.append(leaky)
    if recipe := found.document["provenance"].get("recipe"):
        made.append(tag("h3", f"What differs from {recipe['source']}"))
        made.append(tag("ul", *(tag("li", text) for text in recipe["departures"])))
    return joined(made) if made else None


def _chosen(found: Findings) -> Html | None:
    rows = [[named(found, head), *rest] for head, *rest in chosen_on_test(found)]
    return joined([tag("h3", TITLE), table(HEADER, rows), tag("p", NOTE, class_="note")]) if rows else None


def _beside(found: Findings, row: Row, chosen: bool) -> list[Child]:
    head, shots, paper = row["head"], row["shots"], row["paper"]
    ours = found.summary.get((head, shots))
    name = named(found, head) if head in found.looks else head
    here: list[Child] = ["\u2013", "\u2013"]
    if ours is not None:
        ends = interval(ours["bootstrap_ci"])
        here = [f"{percent(ours['accuracy'])} ({ends})", signed_points(100 * ours["accuracy"] - paper)]
    if chosen:
        kept = [cell["published"]["accuracy"] for cell in found.cells(head, shots) if cell["published"]]
        here.append(percent(fmean(kept)) if kept else "\u2013")
    texts = [tag("td", row[column], class_="text") for column in ("row", "source")]
    return [name, *texts, found.tick(shots), f"{paper:g}{'*' if row['selected_on_test'] else ''}", *here]
