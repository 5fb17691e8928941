"""Charts: names never overlap, drawings do not disturb one another, and what has no data is not drawn."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuroclip.comparison.report.charts import Chart, drawn, mixed_up
from neuroclip.comparison.report.charts.accuracy import intervals, over_shots
from neuroclip.comparison.report.charts.drawing import shown_svg, spread
from neuroclip.comparison.report.charts.tradeoffs import against_latency
from neuroclip.comparison.report.findings import Findings
from neuroclip.comparison.report.looks import PAPER, Look

SVG = "{http://www.w3.org/2000/svg}"
HEADS = ("<&\u4e8c $x$ ", "lif", "tip")


@pytest.fixture(scope="module")
def found(make_document: Any) -> Findings:
    return Findings(make_document(heads=HEADS, samples=0))


@pytest.fixture(scope="module")
def charts(found: Findings) -> dict[str, Chart]:
    return {chart.name: chart for group in drawn(found).values() for chart in group}


@given(st.lists(st.floats(0, 100), max_size=12), st.floats(0.5, 20))
def test_names_are_moved_apart_but_keep_their_order_and_stay_inside(places: list[float], gap: float) -> None:
    moved = spread(places, gap, 0, 100)
    assert all(-1e-6 <= place <= 100 + 1e-6 for place in moved)
    gap = min(gap, 100 / max(len(places) - 1, 1))
    order = sorted(range(len(places)), key=lambda i: places[i])
    assert all(moved[b] - moved[a] >= gap - 1e-6 for a, b in pairwise(order))


def test_names_that_do_not_touch_stay_where_they_are() -> None:
    assert spread([50, 10, 90], 20, 0, 100) == [50, 10, 90]
    assert spread([50, 50], 20, 0, 100) == [40, 60]


def test_everything_with_data_is_drawn(charts: dict[str, Chart]) -> None:
    assert sorted(charts) == [
        "accuracy-against-latency",
        "accuracy-against-operations",
        "accuracy-intervals",
        "accuracy-over-shots",
        "accuracy-over-timesteps",
        "confusion-1",
        "confusion-2",
        "confusion-3",
        "reliability",
        "robustness-drop",
        "robustness-rate",
        "selective-accuracy",
    ]


def test_a_chart_without_data_is_left_out(make_document: Any) -> None:
    document = make_document(
        heads=["a"], shots=(1,), seeds=1, corrupt=(), timesteps=None, speed=False, samples=0
    )
    groups = drawn(Findings(document))
    names = {group: [chart.name for chart in many] for group, many in groups.items()}
    assert names == {
        "accuracy": ["accuracy-intervals"],
        "costs": [],
        "trust": ["reliability", "selective-accuracy"],
        "mistakes": ["confusion-1"],
        "robustness": [],
    }


def test_drawings_are_sound_and_share_no_names(charts: dict[str, Chart]) -> None:
    seen: set[str] = set()
    for chart in charts.values():
        root = ElementTree.fromstring(chart.svg)
        names = [element.get("id") for element in root.iter() if element.get("id")]
        assert len(names) == len(set(names))
        assert not seen & set(names)
        seen |= {str(name) for name in names}
        used = set(re.findall(r"url\(#([^)]+)\)|xlink:href=\"#([^\"]+)\"", chart.svg))
        assert {a or b for a, b in used} <= set(names)
        assert list(root.iter(f"{SVG}style")) == []  # it would reach everything on the page
        assert "font-family:" not in chart.svg


def test_charts_show_the_names_as_text_and_each_head_in_its_own_colour(
    charts: dict[str, Chart], found: Findings
) -> None:
    for name in ("accuracy-over-shots", "accuracy-against-latency", "selective-accuracy", "robustness-drop"):
        texts = " ".join(
            element.text or "" for element in ElementTree.fromstring(charts[name].svg).iter(f"{SVG}text")
        )
        for head in HEADS:
            assert head.strip() in texts
            assert found.looks[head].colour in charts[name].svg


def test_a_line_goes_through_the_accuracies(make_document: Any) -> None:
    """The axis of `accuracy-over-shots` is found from two of its ticks, and the points are read back."""
    document = make_document(heads=["a"], shots=(1, 2, 4), seeds=1, corrupt=(), timesteps=None, samples=0)
    found = Findings(document)
    (chart,) = [chart for chart in drawn(found)["accuracy"] if chart.name == "accuracy-over-shots"]
    root = ElementTree.fromstring(chart.svg)
    ticks = {
        float(text.text or ""): float(text.get("y", "nan"))
        for text in root.iter(f"{SVG}text")
        if re.fullmatch(r"\d+", text.text or "") and "end" in text.get("style", "")
    }
    (low, y_low), (high, y_high) = min(ticks.items()), max(ticks.items())
    markers = [use for use in root.iter(f"{SVG}use") if f"stroke: {PAPER}" in use.get("style", "")]
    ys = [float(use.get("y", "nan")) + 4.17 for use in markers]
    values = [low + (y - y_low) / (y_high - y_low) * (high - low) for y in ys]
    expected = [100 * found.summary["a", k]["accuracy"] for k in (1, 2, 4)]
    assert values == pytest.approx(expected, abs=0.2)


def test_in_a_page_the_drawing_takes_the_colours_of_the_page(charts: dict[str, Chart]) -> None:
    svg = shown_svg(charts["accuracy-over-shots"])
    assert "var(--ink)" in svg
    assert "var(--" not in charts["accuracy-over-shots"].svg


def test_twenty_heads_look_different() -> None:
    looks = [Look.of(i) for i in range(20)]
    assert len({(look.colour, look.marker) for look in looks}) == 20
    assert len({(look.colour, look.dash) for look in looks}) == 20


def test_what_is_mixed_up_most_comes_first(make_document: Any) -> None:
    document = make_document(heads=["a"], shots=(1,), seeds=2, classes="xyz", samples=0)
    for cell in document["cells"]:
        cell["confusion"] = [[5, 2, 0], [4, 1, 0], [0, 0, 3]]
    found = Findings(document)
    assert mixed_up(found, "a") == [("y", "x", 8, 10), ("x", "y", 4, 14)]


def test_undisturbed_accuracy_stands_where_the_level_changes_nothing(charts: dict[str, Chart]) -> None:
    def ticks(name: str) -> list[str]:
        texts = [t.text or "" for t in ElementTree.fromstring(charts[name].svg).iter(f"{SVG}text")]
        return texts[: texts.index(name.removeprefix("robustness-"))]

    assert ticks("robustness-drop") == ["0", "as it is", "0.25", "0.5"]
    assert ticks("robustness-rate") == ["0.5", "1", "as it is", "2"]


def test_a_kind_of_damage_that_nobody_knows_is_no_name_for_a_file(make_document: Any) -> None:
    corrupt = [('../"<x>', 1.0), ("drop", 0.5)]
    document = make_document(heads=["a"], seeds=1, corrupt=corrupt, samples=0)
    first, second = drawn(Findings(document))["robustness"]
    assert (first.name, second.name) == ("robustness-1", "robustness-drop")
    assert '../"&lt;x&gt;' in first.svg


def test_no_axis_of_accuracy_goes_beyond_a_hundred_percent(make_document: Any) -> None:
    document = make_document(heads=["a", "b"], shots=(1,), seeds=1, corrupt=(), timesteps=None, samples=0)
    for row, low in zip(document["summary"], (0.2, 0.9), strict=True):
        row |= {"accuracy": 1.0, "bootstrap_ci": [low, 1.0]}
    found = Findings(document)
    for chart in (intervals(found), against_latency(found)):
        assert chart is not None
        texts = [text.text or "" for text in ElementTree.fromstring(chart.svg).iter(f"{SVG}text")]
        ticks = [int(text) for text in texts if re.fullmatch(r"\d+", text)]
        assert ticks
        if chart.name == "accuracy-intervals":
            assert max(ticks) == 100
        assert not {"102", "104", "105", "110", "120"} & set(texts)


def test_bands_and_points_are_those_over_recordings(make_document: Any) -> None:
    """Other intervals over seeds change nothing but the pale bars, and these are named with their seeds."""
    few: Any = {"heads": ["a", "b"], "corrupt": (), "timesteps": None, "samples": 0}
    one, other = make_document(**few), make_document(**few)
    for row in other["summary"]:
        row["seeds_ci"] = [0.0, 1.0]
    for draw in (over_shots, against_latency):
        first, second = draw(Findings(one)), draw(Findings(other))
        assert first is not None
        assert second is not None
        assert first.svg == second.svg
        assert "95\u00a0% over recordings" in first.caption
    chart = intervals(Findings(one))
    assert chart is not None
    assert chart.caption.startswith("Line: 95\u00a0% over recordings. Pale bar: 95 % over 2 seeds (Student")
