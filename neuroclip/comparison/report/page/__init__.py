"""One page that needs nothing else: no network, no script, no other file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from neuroclip.comparison.report.charts import Chart, mixed_up, shown_svg
from neuroclip.comparison.report.findings import Findings
from neuroclip.comparison.report.page.about import provenance
from neuroclip.comparison.report.page.costs import costs, failures
from neuroclip.comparison.report.page.elements import Child, Html, joined, tag
from neuroclip.comparison.report.page.papers import papers
from neuroclip.comparison.report.page.results import accuracies, other_measures, pairs
from neuroclip.comparison.report.page.samples import samples
from neuroclip.comparison.report.page.styling import STYLE
from neuroclip.comparison.report.sentences import finding, headline, setting
from neuroclip.comparison.report.wording import clipped

__all__ = ["page"]


def page(found: Findings, charts: Mapping[str, Sequence[Chart]]) -> str:
    """Return the whole page; a section without content is left out, and so is its link."""
    sections: list[tuple[str, str, Html | None]] = [
        ("accuracy", "Accuracy", _accuracy(found, charts["accuracy"])),
        ("papers", _papers_title(found), papers(found)),
        ("costs", "What it costs", _both(_grid(charts["costs"]), costs(found))),
        ("pairs", "Which differences are real", pairs(found)),
        ("trust", "When to believe an answer", _grid(charts["trust"])),
        ("robustness", "Disturbed recordings", _grid(charts["robustness"])),
        ("mistakes", "What is mixed up", _mistakes(found, charts["mistakes"])),
        ("samples", "Samples", samples(found)),
        ("failures", "What failed", failures(found)),
        ("provenance", "How to do it again", provenance(found)),
    ]
    there = [(name, title, content) for name, title, content in sections if content]
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="generator", content="NeuroCLIP"),
        tag("title", headline(found)),
        tag("style", Html(STYLE)),
    )
    body = tag(
        "main",
        tag("h1", headline(found)),
        tag("p", finding(found), class_="lead"),
        tag("p", setting(found)),
        tag("nav", *(joined([tag("a", title, href=f"#{name}"), " "]) for name, title, _ in there)),
        *(tag("section", tag("h2", title), content, id=name) for name, title, content in there),
    )
    return f"<!doctype html>\n{tag('html', head, tag('body', body), lang='en')}\n"


def _papers_title(found: Findings) -> str:
    return "Beside the papers" if found.document["published"] else "The protocol as published"


def _accuracy(found: Findings, charts: Sequence[Chart]) -> Html | None:
    if not found.shots:
        return None
    # The table fills the place beside a chart that stands alone.
    wide = "wide" if len(charts) % 2 == 0 else None
    figures = [*map(_figure, charts), tag("div", other_measures(found), class_=wide)]
    return joined([accuracies(found), tag("div", *figures, class_="charts")])


def _mistakes(found: Findings, charts: Sequence[Chart]) -> Html | None:
    """Each confusion matrix with a list of what it shows most clearly."""
    if not charts:
        return None
    figures: list[Child] = []
    for chart, head in zip(charts, found.measured, strict=False):
        said = [
            f"{clipped(a, 30)} as {clipped(b, 30)} ({n} of {of})" for a, b, n, of in mixed_up(found, head)
        ]
        more = tag("p", "Most often: " + "; ".join(said) + ".", class_="note") if said else None
        figures.append(_figure(chart, more))
    return tag("div", *figures, class_="charts")


def _both(*parts: Html | None) -> Html | None:
    there = [part for part in parts if part]
    return joined(there) if there else None


def _grid(charts: Sequence[Chart]) -> Html | None:
    return tag("div", *map(_figure, charts), class_="charts") if charts else None


def _figure(chart: Chart, more: Child = None) -> Html:
    size = f"max-width: {1.15 * chart.width:.0f}px"
    opening = f'<svg role="img" aria-label="{escape(chart.title)}" data-chart="{chart.name}" style="{size}" '
    svg = shown_svg(chart).replace("<svg ", opening, 1)
    return tag(
        "figure",
        tag("h3", chart.title),
        Html(svg),
        tag("figcaption", chart.caption),
        more,
    )
