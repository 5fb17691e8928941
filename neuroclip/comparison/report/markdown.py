"""The tables for a README or an issue."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from neuroclip.comparison.report.chosen import HEADER, NOTE, TITLE, chosen_on_test
from neuroclip.comparison.report.disturbances import disturbed
from neuroclip.comparison.report.expenses import cost, known_costs
from neuroclip.comparison.report.findings import ALPHA, Findings
from neuroclip.comparison.report.sentences import finding, headline, setting
from neuroclip.comparison.report.wording import (
    OVER_RECORDINGS,
    counted,
    interval,
    p_value,
    percent,
    printable,
)


def markdown(found: Findings) -> str:
    """Return accuracy, costs, differences, published numbers, what choosing on test adds, failures, provenance."""
    made = [f"# {escaped(headline(found))}", escaped(finding(found)), escaped(setting(found))]
    if found.shots:
        made += ["## Accuracy", _accuracies(found)]
        made.append(
            f"Top-1 accuracy in % ({OVER_RECORDINGS}), mean over "
            f"{counted(len(found.document['plan']['seeds']), 'seed')}. Bold: best. "
            f"\u2248: not significantly worse than it (Holm-corrected p \u2265 {ALPHA})."
        )
    if known := known_costs(found):
        header = ["head", *next(iter(known.values()))]
        made += [
            "## Costs",
            _table(header, ([head, *map(cost, row.values())] for head, row in known.items())),
        ]
    if (table := _against_best(found)) is not None:
        made += ["## Differences from the best", table]
    if (table := _disturbed(found)) is not None:
        made += [
            "## Disturbed test recordings",
            table,
            f"Top-1 accuracy in %, mean over seeds, with {found.said(found.most)}; shots are not disturbed.",
        ]
    if found.document["published"]:
        made += ["## Beside the papers", _papers(found)]
    if rows := chosen_on_test(found):
        made += [f"## {TITLE}", _table(HEADER, rows), NOTE]
    if found.failures:
        rows = ([f.head, len(f.cells) or "all", f.error] for f in found.failures)
        made += ["## What failed", _table(["head", "cells", "error"], rows)]
    provenance = found.document["provenance"]
    versions = ", ".join(f"{name} {version}" for name, version in provenance["versions"].items())
    model = provenance["model"]
    made.append("## How to do it again")
    made.append(f"    {printable(provenance['command'])}")
    said = f"{versions}; model {model['name']}, {model['precision']}, {model['digest']}; "
    made.append(escaped(said + f"prompts {provenance['prompts']['name']}; {found.document['created']}."))
    return "\n\n".join(made) + "\n"


def escaped(text: object) -> str:
    """Return text that Markdown shows as it is, on one line and inside a table too."""
    plain = printable(text).replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"([\\`*_\[\]|~$])", r"\\\1", plain)


def _accuracies(found: Findings) -> str:
    rows: list[list[object]] = []
    for head in found.ranked:
        rows.append([head])
        for shots in found.shots:
            row = found.summary.get((head, shots))
            if row is None:
                rows[-1].append("\u2013")
                continue
            text = f"{percent(row['accuracy'])} ({interval(row['bootstrap_ci'])})"
            if head in found.best(shots):
                text = f"**{text}**"
            rows[-1].append(_Ready(text + (" \u2248" if head in found.alike(shots) else "")))
    return _table(["head", *(found.said(shots) for shots in found.shots)], rows)


def _against_best(found: Findings) -> str | None:
    if found.most is None:
        return None
    best = found.best(found.most)[0]
    pairs = [pair for head in found.measured if (pair := found.pair(found.most, head, best)) is not None]
    rows = [
        [row["a"], f"{percent(row['difference'], signed=True)}", p_value(row["p_corrected"])] for row in pairs
    ]
    return (
        _table([f"{found.said(found.most)}", f"less {best}, points", "p, corrected"], rows) if rows else None
    )


def _disturbed(found: Findings) -> str | None:
    tried = dict.fromkeys((row["kind"], float(row["level"])) for row in found.document["plan"]["corrupt"])
    if not tried or found.most is None:
        return None
    curves = {
        (head, kind): disturbed(found, head, kind, float("nan"))
        for head in found.measured
        for kind, _ in tried
    }
    rows = [
        [f"{kind}={level:g}", *(_left(curves[head, kind].get(level)) for head in found.measured)]
        for kind, level in tried
    ]
    return _table(["", *found.measured], rows)


def _left(accuracy: float | None) -> str:
    return "\u2013" if accuracy is None else f"{accuracy:.1f}"


def _papers(found: Findings) -> str:
    rows: list[list[object]] = []
    for row in found.document["published"]:
        ours = found.summary.get((row["head"], row["shots"]))
        here = percent(ours["accuracy"]) if ours is not None else "\u2013"
        paper = f"{row['paper']:g}" + (" (chosen on test)" if row["selected_on_test"] else "")
        rows.append([row["head"], found.tick(row["shots"]), row["row"], paper, here, row["source"]])
    return _table(["head", "shots", "row of the paper", "paper", "here", "source"], rows)


class _Ready(str):
    """Text that is Markdown already."""

    __slots__ = ()


def _table(header: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join(
        "| " + " | ".join(c if isinstance(c, _Ready) else escaped(c) for c in line) + " |" for line in lines
    )
