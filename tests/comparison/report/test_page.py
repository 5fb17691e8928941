"""The page: everything is said, everything is escaped, and nothing is needed but the file itself."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser
from typing import Any

import pytest

from neuroclip.comparison.report.charts import drawn
from neuroclip.comparison.report.charts.trust import reliability
from neuroclip.comparison.report.findings import Findings
from neuroclip.comparison.report.page import page
from neuroclip.comparison.report.page.elements import Html, table, tag

NASTY = "<script>alert(\"1\")</script>&amp; <img src=x onerror=y> \U0001f600, 'q'"
VOID = {"meta", "img", "br"}


class Parsed(HTMLParser):
    """Tags with attributes, texts by the tag that they stand in, and whether every tag is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    def all_text(self) -> str:
        return "".join(text for where, text in self.texts if where != "style")


def parsed(document: Any) -> Parsed:
    found = Findings(document)
    return Parsed(page(found, drawn(found)))


@pytest.fixture(scope="module")
def full(make_document: Any) -> Any:
    """Everything that a page can show, under names that would break a careless one."""
    paper = {
        "head": "lif",
        "shots": 2,
        "row": NASTY,
        "paper": 90.4,
        "source": NASTY,
        "selected_on_test": True,
    }
    document = make_document(
        heads=[NASTY, "lif", "tip"],
        classes=[NASTY, "two", "three"],
        fail=[("tip", 2, 1, f"could not read {NASTY}")],
        published=[paper],
        protocol="as-published",
        samples=2,
        timesteps=3,
    )
    document["provenance"]["recipe"] = {
        "title": "A table",
        "source": "a paper",
        "departures": [NASTY, "and more"],
    }
    document["samples"][1]["frames"][0] = "https://elsewhere.example/x.png"
    return document


@pytest.fixture(scope="module")
def charts(full: Any) -> Any:
    return drawn(Findings(full))


@pytest.fixture(scope="module")
def shown(full: Any, charts: Any) -> Parsed:
    return Parsed(page(Findings(full), charts))


def test_every_section_is_there_once_and_linked(shown: Parsed) -> None:
    ids = [attributes["id"] for _, attributes in shown.tags if "id" in attributes]
    assert max(Counter(ids).values()) == 1
    links = [attributes["href"] for name, attributes in shown.tags if name == "a"]
    sections = [attributes["id"] for name, attributes in shown.tags if name == "section"]
    assert links == [f"#{name}" for name in sections]
    assert sections == [
        "accuracy",
        "papers",
        "costs",
        "pairs",
        "trust",
        "robustness",
        "mistakes",
        "samples",
        "failures",
        "provenance",
    ]


def test_names_are_shown_as_they_are_and_never_become_part_of_the_page(shown: Parsed) -> None:
    assert shown.open == []
    assert "script" not in {name for name, _ in shown.tags}
    assert not [a for _, attributes in shown.tags for a in attributes if a.startswith("on")]
    assert (
        shown.all_text().count(NASTY) >= 6
    )  # words, confusions, samples, papers, the failure and provenance


def test_the_page_asks_for_nothing_from_elsewhere(shown: Parsed) -> None:
    """Neither the picture in the document that is no picture, nor anything else."""
    for name, attributes in shown.tags:
        for attribute in ("src", "href", "xlink:href", "srcset", "data", "action"):
            value = attributes.get(attribute)
            assert value is None or value.startswith(("#", "data:image/png;base64,")), (
                name,
                attribute,
                value,
            )
    style = "".join(text for where, text in shown.texts if where == "style")
    assert "url(" not in style
    assert "@import" not in style
    pictures = [attributes for name, attributes in shown.tags if name == "img"]
    assert len(pictures) == 2 * 3 - 1


def test_each_chart_is_in_the_page_with_a_caption(shown: Parsed, charts: Any) -> None:
    there = [attributes["data-chart"] for name, attributes in shown.tags if name == "svg"]
    expected = [chart.name for group in charts.values() for chart in group]
    assert sorted(str(name) for name in there) == sorted(expected)
    assert len([1 for name, _ in shown.tags if name == "figcaption"]) == len(expected)


def test_numbers_on_the_page_are_those_of_the_document(shown: Parsed, full: Any) -> None:
    text = shown.all_text()
    for row in full["summary"]:
        low, high = (f"{100 * end:.1f}" for end in row["bootstrap_ci"])
        assert f"{100 * row['accuracy']:.1f}" in text
        assert f"{low} to {high} recordings" in text
        if row["seeds_ci"]:
            ends = " to ".join(f"{100 * end:.1f}" for end in row["seeds_ci"])
            assert f"{low} to {high} recordings{ends}, 2 seeds" in text  # the main one comes first
        else:
            assert f"{low} to {high} recordings1 of 2 seeds only" in text
    assert "tests over recordings" in text
    for name in ("command", "created"):
        assert (full.get(name) or full["provenance"][name]) in text
    ours = next(row for row in full["summary"] if (row["head"], row["shots"]) == ("lif", 2))
    assert f"{100 * ours['accuracy'] - 90.4:+.1f}".replace("-", "\u2212") in text
    assert "90.4*" in text
    chosen = 100 * ours["accuracy"]
    assert f"lif2{chosen:.1f}{chosen + 4:.1f}+4.0" in text
    assert f"{100 * ours['accuracy'] + 4:.1f}" in text
    assert "What differs from a paper" in text
    assert f"could not read {NASTY}" in text
    assert "2 shots, seed 1" in text


def test_each_timestep_is_right_or_wrong(shown: Parsed, full: Any) -> None:
    classes = full["data"]["classes"]
    expected: Counter[str] = Counter()
    for sample in full["samples"]:
        for answer in sample["answers"].values():
            for scores in answer["timesteps"] or ():
                right = classes[scores.index(max(scores))] == sample["label"]
                expected["right" if right else "wrong"] += 1
    drawn_as = Counter(
        a.get("class") for name, a in shown.tags if name == "span" and "--p" in str(a.get("style"))
    )
    assert drawn_as == expected


def test_sections_without_content_leave_no_hole(make_document: Any) -> None:
    document = make_document(
        heads=["a"], shots=(1,), seeds=1, corrupt=(), timesteps=None, speed=False, samples=0
    )
    sections = [attributes["id"] for name, attributes in parsed(document).tags if name == "section"]
    assert sections == ["accuracy", "costs", "trust", "mistakes", "provenance"]


def test_where_every_head_failed_the_page_says_why(make_document: Any) -> None:
    fail = [(head, 0, 0, f"{head} is broken") for head in "ab"]
    made = parsed(make_document(heads="ab", shots=(0,), seeds=1, fail=fail, samples=0))
    sections = [attributes["id"] for name, attributes in made.tags if name == "section"]
    assert sections == ["failures", "provenance"]
    assert "a is broken" in made.all_text()
    assert "b is broken" in made.all_text()


def test_the_page_of_seventeen_heads_is_smaller_than_five_megabytes(make_document: Any) -> None:
    """All that is no chart, and two dozen charts as large as the largest one, which has a panel for each head."""
    from .conftest import NAMES

    document = make_document(heads=NAMES[:17], shots=(0, 1, 4, 16), seeds=5, n=40, timesteps=10, samples=6)
    found = Findings(document)
    largest = reliability(found)
    assert largest is not None
    without = page(found, dict.fromkeys(("accuracy", "costs", "trust", "robustness", "mistakes"), ()))
    assert len(without.encode()) + 24 * len(largest.svg.encode()) < 5_000_000


def test_text_is_escaped_unless_it_is_html() -> None:
    assert tag("p", "<&>", Html("<b>x</b>"), None, ["a", 1], title='"<') == (
        '<p title="&quot;&lt;">&lt;&amp;&gt;<b>x</b>a1</p>'
    )
    assert tag("img", src="x", alt=None) == '<img src="x">'
    assert "<td>c</td>" in table(["a", "b"], [["1", tag("td", "c")]])
