"""What a page says about itself: what was compared on what, and how to do it again."""

from __future__ import annotations

import json

from neuroclip.comparison.report.findings import Findings
from neuroclip.comparison.report.page.elements import Child, Html, joined, table, tag
from neuroclip.comparison.report.wording import counted, listed, percent

_TESTS = {
    "test": "measured on the test half of the set",
    "rest": "measured on what is left of the recordings after the shots",
    "pooled": "measured on the test half and what is left of the training half after the shots",
}
_MANY = 24  # more words than this are folded


def provenance(found: Findings) -> Html:
    """Return everything that decides a number of this page."""
    data, plan, made = (found.document[name] for name in ("data", "plan", "provenance"))
    machine, model, prompts = made["machine"], made["model"], made["prompts"]
    size = f", {data['size'][0]}x{data['size'][1]} pixels" if data["size"] else ""
    known = f", known as {data['known']}" if data["known"] else ""
    words: Child = ", ".join(made["words"])
    if len(made["words"]) > _MANY:
        words = tag("details", tag("summary", counted(len(made["words"]), "word")), words)
    test = _TESTS[plan["test"]]
    if (share := plan.get("test_share")) is not None:
        test = f"measured on {percent(share)} % of the recordings, which are drawn"
    seeds = ("seed " if len(plan["seeds"]) == 1 else "seeds ") + listed(plan["seeds"])
    rows: list[tuple[str, Child]] = [
        ("Made", found.document["created"]),
        ("Command", tag("code", made["command"])),
        ("Recordings", f"{data['name']}{known}: {data['recordings']} recordings{size}"),
        ("Split", f"{test}; {counted(plan['reserve'], 'recording')} of each class kept "
                  f"for shots; {seeds}"),
        ("Protocol", plan["protocol"] + (f", recipe {plan['recipe']}" if plan["recipe"] else "")),
        ("Model", [f"{model['name']}, {model['precision']}, ", tag("code", model["digest"])]),
        ("Prompts", f"{prompts['name']}: " + " / ".join(prompts["templates"])),
        ("Class words", words),
        ("Versions", ", ".join(f"{name} {version}" for name, version in made["versions"].items())),
        ("Machine", f"{machine['system']}, {machine['processor']}, {counted(machine['cores'], 'core')}, "
                    f"{counted(machine['threads'], 'thread')}, {machine['device']}, Python {machine['python']}"),
    ]  # fmt: skip
    listing = tag("dl", *(joined([tag("dt", name), tag("dd", value)]) for name, value in rows))
    return joined([listing, _heads(found), _digests(found)])


def _heads(found: Findings) -> Html:
    rows: list[list[Child]] = []
    for title, asked in found.document["plan"]["heads"].items():
        row = found.document["heads"].get(title, {})
        options = json.dumps(asked["options"], ensure_ascii=False) if asked["options"] else "as they are"
        package = f"{row.get('package') or '?'} {row.get('version') or ''}"
        reads = [tag("code", row[name]) for name in ("representation", "training") if row.get(name)]
        reads = (
            reads[:1]
            if len(set(reads)) == 1
            else [reads[:1], tag("br"), "to fit: ", reads[1:]]
            if reads
            else []
        )
        rows.append([title, asked["head"], package.strip(), tag("td", row.get("about") or "", class_="text")])
        rows[-1] += [tag("td", tag("code", options), class_="text"), tag("td", reads, class_="text")]
    made = table(["title", "head", "package", "what it is", "options", "reads"], rows, words=6)
    return tag("details", tag("summary", "The heads, their options, and what they read"), made)


def _digests(found: Findings) -> Html:
    rows = [
        [
            *(cell[name] for name in ("head", "shots", "seed", "status")),
            *(tag("code", cell[name] or "") for name in ("digest", "split")),
        ]
        for cell in found.document["cells"]
    ]
    made = table(["head", "shots", "seed", "status", "job", "split"], rows, words=6)
    return tag("details", tag("summary", f"The digests of {counted(len(rows), 'cell')}"), made)
