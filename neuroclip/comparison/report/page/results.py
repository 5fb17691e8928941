"""The tables of a page that say how right heads are."""

from __future__ import annotations

from statistics import fmean

from neuroclip.comparison.report.findings import ALPHA, Findings
from neuroclip.comparison.report.page.elements import Child, Html, joined, table, tag
from neuroclip.comparison.report.wording import OVER_RECORDINGS, clipped, counted, interval, p_value, percent

_UPRIGHT = 6  # more heads than this have no room for their names side by side


def named(found: Findings, head: str, most: int = 40) -> Html:
    """Return the name of a head behind a dot in its colour."""
    title = head if clipped(head, most) != head else None
    return tag(
        "span", clipped(head, most), class_="head", style=f"--colour: {found.looks[head].colour}", title=title
    )


def accuracies(found: Findings) -> Html:
    """Return accuracy by number of shots, with both intervals, and what is best."""
    alone, asked = len(found.measured) < 2, len(found.document["plan"]["seeds"])
    best = {shots: () if alone else found.best(shots) for shots in found.shots}
    alike = {shots: found.alike(shots) for shots in found.shots}
    failed = {(f.head, shots) for f in found.failures for shots, _ in f.cells}

    def cell(head: str, shots: int) -> Html:
        row = found.summary.get((head, shots))
        if row is None:
            return tag("td", "failed" if (head, shots) in failed else "\u2013", class_="number accuracy")
        kind = "best" if head in best[shots] else "alike" if head in alike[shots] else ""
        value = tag("b" if kind == "best" else "i", percent(row["accuracy"]))
        mark = tag("span", "\u2248" if kind == "alike" else "", class_="mark")
        lines = [tag("small", interval(row["bootstrap_ci"]), " recordings")]
        of = f"{row['seeds']} of {asked}" if row["seeds"] < asked else asked
        if row["seeds_ci"]:
            lines.append(tag("small", f"{interval(row['seeds_ci'])}, {of} seeds"))
        elif row["seeds"] < asked:
            lines.append(tag("small", f"{of} seeds only"))
        return tag("td", value, mark, *lines, class_=f"number accuracy {kind}".strip())

    made = table(
        ["head", *(found.said(shots) for shots in found.shots)],
        [[named(found, head), *(cell(head, shots) for shots in found.shots)] for head in found.ranked],
    )
    said: list[Child] = [
        f"Top-1 accuracy in %, mean over {counted(asked, 'seed')}. Under it {OVER_RECORDINGS}: how much other test "
        "recordings would matter"
    ]
    if any(row["seeds_ci"] for row in found.summary.values()):
        said.append("; then 95 % over the seeds (Student\u2019s t): how much other shots would")
    said.append(". ")
    if not alone:
        said += [
            tag("span", "Best", class_="key best"),
            " with that many shots; ",
            tag("span", "\u2248", class_="key alike"),
        ]
        said.append(
            f" not significantly worse than the best (paired permutation test, Holm-corrected p \u2265 {ALPHA})."
        )
    return joined([made, tag("p", *said, class_="note")])


def other_measures(found: Findings) -> Html | None:
    """Return what else was measured with the most shots."""
    if found.most is None:
        return None
    summary = {head: found.summary[head, found.most] for head in found.measured}
    columns: dict[str, list[Child]] = {
        "mean over classes": [percent(row["macro_accuracy"]) for row in summary.values()],
        "top 5": [percent(row["top5"]) if row["top5"] is not None else None for row in summary.values()],
        "calibration error": [percent(row["ece"]) for row in summary.values()],
        "AURC": [f"{fmean(c['selective']['aurc'] for c in found.cells(head)):.3f}" for head in summary],
        "recordings": [row["n"] for row in summary.values()],
        "seeds": [row["seeds"] for row in summary.values()],
    }
    # What is the same for all heads stands above all tables already.
    alike = [name for name in ("recordings", "seeds") if len(set(columns[name])) == 1]
    shown = {name: c for name, c in columns.items() if name not in alike and any(v is not None for v in c)}
    rows = [[named(found, head), *values] for head, *values in zip(summary, *shown.values(), strict=True)]
    note = "In %, but AURC, the area under the risk-coverage curve (0 is best)."
    title = tag("h3", f"More measures with {found.said(found.most)}")
    return joined([title, table(["head", *shown], rows, class_="dense"), tag("p", note, class_="note")])


def pairs(found: Findings) -> Html | None:
    """Return the paired tests as matrices; that of the most shots is open."""
    made = [matrix for shots in reversed(found.shots) if (matrix := _matrix(found, shots)) is not None]
    if not made:
        return None
    note = tag(
        "p",
        "Accuracy of the head in the row less that of the head in the column, in percentage points, and the p-value of "
        "a paired permutation test, corrected for all pairs of that number of shots (Holm). It tests over recordings: "
        "whether the difference may be chance of the test recordings, with the fits and their shots as they are. Of "
        "other shots it says nothing; for that, look at the intervals over seeds. "
        f"Coloured where p < {ALPHA}: blue, the row is better; orange, it is worse.",
        class_="note",
    )
    return joined([note, *made])


def _matrix(found: Findings, shots: int) -> Html | None:
    heads = [head for head in found.ranked if (head, shots) in found.summary]
    if not any(found.pair(shots, a, b) for a in heads for b in heads):
        return None

    def cell(a: str, b: str) -> Html:
        pair = found.pair(shots, a, b)
        if pair is None:
            return tag("td", class_="self" if a == b else None)
        better, sure = pair["difference"] > 0, pair["p_corrected"] < ALPHA
        shade = f"background: rgba(var(--{'good' if better else 'bad'}), .22)" if sure else None
        value = percent(pair["difference"], signed=True)
        return tag(
            "td", tag("b", value) if sure else value, tag("small", p_value(pair["p_corrected"])), style=shade
        )

    rows = [[named(found, a, 28), *(cell(a, b) for b in heads)] for a in heads]
    header = [tag("span", clipped(b, 28)) for b in heads]
    many = "pairs many" if len(heads) > _UPRIGHT else "pairs"
    made = table([found.said(shots), *header], rows, class_=many)
    if shots == found.most:
        return made
    return tag("details", tag("summary", found.said(shots)), made)
