"""What a comparison found is looked up right: ranks, what is best, what is not worse, and what failed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from neuroclip.comparison.report.findings import Findings
from neuroclip.comparison.report.sentences import finding, setting


def made(
    rows: Sequence[tuple[str, int, float]], pairs: Sequence[tuple[int, str, str, float]] = (), **more: Any
) -> Findings:
    """Return findings with accuracies (head, shots, accuracy) and corrected p-values (shots, a, b, p) alone."""
    accuracy = {(head, shots): value for head, shots, value in rows}
    document: dict[str, Any] = {
        "plan": {"heads": {head: {} for head, *_ in rows}},
        "summary": [
            {"head": head, "shots": k, "accuracy": value, "seeds_ci": None, "bootstrap_ci": [0.5, 0.75]}
            for head, k, value in rows
        ],
        "pairs": [
            {
                "shots": k,
                "a": a,
                "b": b,
                "difference": accuracy[a, k] - accuracy[b, k],
                "p": p,
                "p_corrected": p,
            }
            for k, a, b, p in pairs
        ],
        "cells": [],
        "heads": {},
    }
    return Findings(document | more)


def test_heads_are_ranked_by_the_most_shots_and_those_that_lack_them_come_after() -> None:
    rows = [("few", 1, 0.99), ("worse", 1, 0.2), ("worse", 16, 0.5), ("better", 1, 0.1), ("better", 16, 0.6)]
    found = made(rows)
    assert found.most == 16
    assert found.ranked == ("better", "worse", "few")
    assert found.measured == ("better", "worse")


def test_equally_good_heads_are_both_best() -> None:
    found = made([("a", 1, 0.5), ("b", 1, 0.7), ("c", 1, 0.7)])
    assert found.best(1) == ("b", "c")


def test_a_head_is_like_the_best_where_the_corrected_p_value_is_not_below_five_percent() -> None:
    pairs = [(1, "a", "best", 0.0499), (1, "best", "b", 0.05), (1, "a", "b", 1.0)]
    found = made([("a", 1, 0.5), ("b", 1, 0.6), ("best", 1, 0.7)], pairs)
    assert found.alike(1) == ("b",)
    assert finding(found) == (
        "With 1 shot, best is best: 70.0\u00a0% (95\u00a0% over recordings: 50.0 to 75.0). Not significantly worse: b."
    )


def test_without_tests_nothing_is_said_about_significance() -> None:
    found = made([("a", 1, 0.5), ("b", 1, 0.7)])
    assert found.alike(1) == ()
    assert finding(found) == "With 1 shot, b is best: 70.0\u00a0% (95\u00a0% over recordings: 50.0 to 75.0)."


def test_a_pair_read_backwards_has_the_other_sign() -> None:
    found = made([("a", 1, 0.5), ("b", 1, 0.75)], [(1, "a", "b", 0.5)])
    there, back = found.pair(1, "a", "b"), found.pair(1, "b", "a")
    assert there is not None
    assert back is not None
    assert (there["difference"], back["difference"]) == (-0.25, 0.25)
    assert (back["a"], back["b"]) == ("b", "a")
    assert found.pair(1, "a", "a") is None


def test_equal_errors_of_a_head_are_one_failure_and_a_head_that_never_ran_is_one_too() -> None:
    cells = [
        {"head": "a", "shots": k, "seed": seed, "status": status, "error": error}
        for k, seed, status, error in [
            (1, 0, "failed", "boom"),
            (1, 1, "ok", None),
            (4, 0, "failed", "boom"),
            (4, 1, "failed", "bang"),
        ]
    ]
    heads = {"a": {"status": "ok", "error": None}, "b": {"status": "failed", "error": "no such head"}}
    found = made([("a", 1, 0.5)], cells=cells, heads=heads)
    assert [(f.head, f.error, f.cells) for f in found.failures] == [
        ("a", "boom", ((1, 0), (4, 0))),
        ("a", "bang", ((4, 1),)),
        ("b", "no such head", ()),
    ]


def test_where_nothing_was_measured_the_report_says_so(make_document: Any) -> None:
    fail = [(head, 0, 0, "boom") for head in "ab"]
    found = Findings(make_document(heads="ab", shots=(0,), seeds=1, fail=fail, samples=0))
    assert (found.most, found.shots, found.measured) == (None, (), ())
    assert finding(found) == "No head could be measured."
    assert "24 test recordings of 6 classes (seed 0)" in setting(found)


@pytest.mark.parametrize("protocol", ["honest", "as-published"])
def test_the_protocol_is_said(make_document: Any, protocol: str) -> None:
    said = setting(Findings(make_document(protocol=protocol, samples=0)))
    assert ("Nothing was chosen on test recordings." in said) == (protocol == "honest")
    assert ("table of its own, beside the honest numbers." in said) == (protocol == "as-published")


def test_the_made_up_document_has_the_form_of_a_real_one(document: Any) -> None:
    from neuroclip.comparison.document import check

    check(document, "made up")


def test_the_number_of_shots_that_is_everything_is_called_all(make_document: Any) -> None:
    document = make_document(heads="ab", shots=(1, 87), samples=0)
    found = Findings(document)
    assert [found.said(1), found.said(87), found.tick(87)] == ["1 shot", "87 shots", "87"]
    document["plan"]["whole"] = 87
    assert [found.said(1), found.said(87), found.tick(87)] == ["1 shot", "all shots", "all"]
    assert finding(found).startswith("With all shots, ")
