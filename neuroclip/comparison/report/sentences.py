"""What was compared, and what came of it, in sentences: the same in every form of the report."""

from __future__ import annotations

from neuroclip.comparison.report.chosen import chosen_on_test
from neuroclip.comparison.report.findings import Findings
from neuroclip.comparison.report.wording import OVER_RECORDINGS, clipped, counted, interval, listed, percent


def headline(found: Findings) -> str:
    """Return what was compared, in a few words."""
    if recipe := found.document["provenance"].get("recipe"):
        return clipped(recipe["title"], 120)
    heads = found.titles
    what = listed(heads) if len(heads) <= 3 else counted(len(heads), "head")
    return clipped(f"{what} on {found.document['data']['name']}", 120)


def finding(found: Findings) -> str:
    """Return which head is best with the most shots, and which are not significantly worse."""
    if found.most is None:
        return "No head could be measured."
    best, alike = found.best(found.most), found.alike(found.most)
    row = found.summary[best[0], found.most]
    ends = f"{OVER_RECORDINGS}: {interval(row['bootstrap_ci'])}"
    verb = "is best" if len(best) == 1 else "are best"
    said = (
        f"With {found.said(found.most)}, {listed(best)} {verb}: {percent(row['accuracy'])}\u00a0% ({ends})."
    )
    if len(found.measured) == 1:
        return f"With {found.said(found.most)}, {best[0]} is right in {percent(row['accuracy'])}\u00a0% ({ends})."
    if alike:
        return f"{said} Not significantly worse: {listed(alike, 5)}."
    if len(best) == 1 and all(found.pair(found.most, best[0], head) for head in found.measured[1:]):
        return f"{said} Every other head is significantly worse."
    return said


def setting(found: Findings) -> str:
    """Return on what, and how, in two or three sentences."""
    data, plan, provenance = (found.document[name] for name in ("data", "plan", "provenance"))
    few, most = found.recordings
    n = str(most) if few == most else f"{few} to {most}"
    shots = listed([found.tick(k) for k in plan["shots"]])
    seeds = (
        f"for each of {len(plan['seeds'])} seeds" if len(plan["seeds"]) > 1 else f"(seed {plan['seeds'][0]})"
    )
    return (
        f"{n} test recordings of {counted(len(data['classes']), 'class')} {seeds}; "
        f"{shots} {'shot' if plan['shots'] == [1] else 'shots'} per class; the same recordings for every head. "
        f"Images are read by {provenance['model']['name']} where a head does not bring a network of its own. "
        + _choice(found)
    )


def _choice(found: Findings) -> str:
    if found.document["plan"]["protocol"] == "honest":
        return "Nothing was chosen on test recordings."
    if not chosen_on_test(found):
        return "Protocol \u201cas published\u201d, but no head here was chosen on test recordings."
    return (
        "Protocol \u201cas published\u201d: what the papers\u2019 choice on test recordings gives stands in a table of "
        "its own, beside the honest numbers."
    )
