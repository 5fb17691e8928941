"""Sample recordings: their frames, and what each head says in each timestep."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from neuroclip.comparison.report.findings import Findings, Row
from neuroclip.comparison.report.page.elements import Html, joined, tag
from neuroclip.comparison.report.page.results import named
from neuroclip.comparison.report.wording import Number, counted

_OPEN = 8  # heads that are shown at once; the others fold out
_PICTURE = re.compile(r"data:image/png;base64,[A-Za-z0-9+/=]+")


def samples(found: Findings) -> Html | None:
    """Return every sample with its frames; pictures that are not in the document itself are left out."""
    rows = found.document["samples"]
    if not rows:
        return None
    note = tag(
        "p",
        "Test recordings as frames, from first to last. Under them, where a head says something in each timestep, the "
        "most probable class of that timestep: the stronger the colour, the more probable; blue is right, orange is "
        "wrong. At the right, the answer with its probability.",
        class_="note",
    )
    return joined([note, *(_sample(found, row) for row in rows)])


def _sample(found: Findings, row: Row) -> Html:
    heads = [head for head in found.ranked if head in row["answers"]]
    about = f"{row['label']}, {row['events']} events in {row['duration_us'] / 1e6:.3g} s"
    title = tag("h3", row["recording"], tag("small", about))
    pictures = [frame for frame in row["frames"] if _PICTURE.fullmatch(frame)]
    images = [tag("img", src=frame, alt=f"frame {i}") for i, frame in enumerate(pictures, 1)]
    first = [tag("span"), tag("div", *images, class_="cells"), tag("span")]
    shown = [_answer(found, row, head) for head in heads]
    rest = shown[_OPEN:]
    more = (
        tag(
            "details",
            tag("summary", counted(len(rest), "more head")),
            tag("div", tag("div", *rest, class_="strip"), class_="scroll"),
        )
        if rest
        else None
    )
    strip = tag("div", tag("div", *first, *shown[:_OPEN], class_="strip"), class_="scroll", tabindex=0)
    return tag("article", title, strip, more, class_="sample")


def _answer(found: Findings, row: Row, head: str) -> Html:
    answer: Mapping[str, Any] = row["answers"][head]
    steps = [_step(found, row["label"], scores) for scores in answer["timesteps"] or ()]
    scores = answer["scores"]
    right = "right" if answer["prediction"] == row["label"] else "wrong"
    sure = scores.get(answer["prediction"])
    said = [tag("small", f" {100 * sure:.0f} %")] if sure is not None else []
    every = ", ".join(f"{name} {100 * score:.0f} %" for name, score in scores.items())
    return joined(
        [
            tag("span", named(found, head), class_="name", title=head),
            tag("div", *steps, class_="cells"),
            tag("span", answer["prediction"], *said, class_=f"answer {right}", title=every),
        ]
    )


def _step(found: Findings, label: str, scores: Sequence[Number]) -> Html:
    best = max(range(len(scores)), key=scores.__getitem__)
    name, right = found.classes[best], "right" if found.classes[best] == label else "wrong"
    title = f"{name} {100 * scores[best]:.0f} %"
    return tag("span", name, class_=right, style=f"--p: {scores[best]:.2f}", title=title)
