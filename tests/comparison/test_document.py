"""A document that does not hang together is refused by name; what is not refused can be shown."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from neuroclip.comparison.document import check, read_document
from neuroclip.comparison.report.charts import drawn
from neuroclip.comparison.report.findings import Findings
from neuroclip.comparison.report.latex import latex
from neuroclip.comparison.report.markdown import markdown
from neuroclip.comparison.report.page import page
from neuroclip.comparison.report.spreadsheet import spreadsheet
from neuroclip.errors import ComparisonError

from .report.conftest import build

Place = tuple[str | int, ...]
VALUES = (None, -1, 0, 5, -0.5, 1e308, 10**30, "x", "", "<b>&", [], {}, [1], True)


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    paper = {"head": "a", "shots": 1, "row": "r", "paper": 90.4, "source": "s", "selected_on_test": True}
    made = build("ab", "xyz", (0, 1), 2, 6, 2, [("drop", 0.5)], fail=[("b", 1, 1, "boom")], published=[paper])
    made["provenance"]["recipe"] = {"name": "n", "title": "t", "source": "s", "departures": ["d"]}
    return made


def changed(document: Any, place: Place, value: Any) -> Any:
    """Return a copy with another value in one place."""
    new = copy.copy(document)
    if len(place) == 1:
        new[place[0]] = value
    else:
        new[place[0]] = changed(document[place[0]], place[1:], value)
    return new


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("summary", 0, "accuracy"), 5.0, r"summary\[0\].accuracy is 5.0; expected a number from 0 to 1"),
        (
            ("summary", 0, "bootstrap_ci"),
            [0.7, 0.5],
            "bootstrap_ci is .*; expected numbers in ascending order",
        ),
        (("summary", 0, "bootstrap_ci"), [0.7], "bootstrap_ci is .*; expected a list of 2"),
        (("summary", 0, "head"), "c", r"summary\[0\].head has 'c'; expected a head of the plan"),
        (("summary", 0, "shots"), 3, r"summary\[0\].shots has 3; expected one of shots of the plan"),
        (("summary", 0, "seeds"), 1, r"summary\[0\].seeds is 1; expected 2"),
        (("summary",), [], "summary tells nothing of"),
        (("pairs", 0, "b"), "c", r"pairs\[0\].b has 'c'; expected a head"),
        (("pairs", 0, "b"), "a", r"pairs\[0\].b is 'a'; expected another head"),
        (("pairs", 0, "p"), -0.1, r"pairs\[0\].p is -0.1; expected a number from 0 to 1"),
        (("cells", 0, "shots"), 3, r"cells\[0\].shots has 3; expected one of shots"),
        (("cells", 0, "seed"), 3, r"cells\[0\].seed has 3; expected one of seed"),
        (("cells", 1, "seed"), 0, "cells has .* more than once"),
        (("cells", 0, "predictions"), [0], r"cells\[0\].predictions has 1 numbers; expected 6"),
        (("cells", 0, "predictions"), [0, 0, 0, 0, 0, 3], "predictions has 3; expected positions of 3"),
        (("cells", 0, "confidence"), [0.5] * 5, r"cells\[0\].confidence has 5 numbers; expected 6"),
        (("cells", 0, "n"), 7, r"cells\[0\].n is 7; expected 6"),
        (("cells", 0, "fit_seconds"), -1, "fit_seconds is -1; expected a number from 0"),
        (("cells", 0, "fit_seconds"), float("inf"), "fit_seconds is inf; expected a number from 0"),
        (("cells", 0, "confusion"), [[1, 2, 3]] * 2, "confusion has 2 numbers; expected 3"),
        (("plan", "seeds"), [], r"plan.seeds is \[\]; expected a list of at least 1"),
        (("plan", "shots"), [], r"plan.shots is \[\]; expected a list of at least 1"),
        (("plan", "shots"), [0, 0], "plan.shots has 0 more than once"),
        (("plan", "heads"), {}, "heads has 'a'; expected a head of the plan"),
        (("tests", "7"), {"names": ["r"], "labels": [0]}, "tests has '7'; expected a seed of the plan"),
        (("tests", "0", "labels"), [0], "tests.0.labels has 1 numbers; expected 6"),
        (("provenance", "recipe"), {"name": "x"}, "provenance.recipe.title is missing"),
        (("provenance", "recipe"), "x", "provenance.recipe is 'x'; expected an object"),
        (("samples", 0, "label"), "w", r"samples\[0\].label has 'w'; expected a class"),
        (("samples", 0, "answers", "a", "timesteps"), [[0.5]], "timesteps.0. has 1 numbers; expected 3"),
    ],
)
def test_what_does_not_go_together_is_named(whole: Any, place: Place, value: Any, said: str) -> None:
    check(whole, "here")
    with pytest.raises(ComparisonError, match=f"^here: .*{said}") as error:
        check(changed(whole, place, value), "here")
    assert "\n" not in str(error.value)


def test_a_number_too_large_to_be_one_is_refused_from_a_file_too(tmp_path: Path) -> None:
    (tmp_path / "comparison.json").write_text('{"format": 1e999}')
    with pytest.raises(ComparisonError, match="its format is inf"):
        read_document(tmp_path)


def test_a_document_changed_anywhere_is_refused_in_a_sentence_or_shown(whole: Any) -> None:
    """150 changes drawn from all kinds of fields and values; one of those that pass is drawn."""
    kinds: dict[Place, Place] = {}
    for place in places(whole):
        kinds.setdefault(tuple("#" if isinstance(step, int) else step for step in place), place)
    every = [(place, value) for place in kinds.values() for value in VALUES]
    shown: list[Findings] = []
    refused: list[str] = []
    for place, value in random.Random(0).sample(every, 150):
        document = changed(whole, place, value)
        try:
            check(document, "here")
        except ComparisonError as error:
            refused.append(str(error))
            continue
        found = Findings(document)
        for write in (markdown, latex, spreadsheet, without_charts):
            assert write(found), (place, value)
        if not isinstance(value, str):
            shown.append(found)
    assert len(refused) > 75
    assert [said for said in refused if "\n" in said] == []
    assert len(shown) > 10
    for found in random.Random(1).sample(shown, 1):
        assert drawn(found)


def without_charts(found: Findings) -> str:
    return page(found, dict.fromkeys(("accuracy", "costs", "trust", "robustness", "mistakes"), ()))


def places(value: Any, above: Place = ()) -> Iterator[Place]:
    """Yield the places of a document: of lists, the first two."""
    inside: Mapping[Any, Any] = (
        value if isinstance(value, dict) else dict(enumerate(value[:2])) if isinstance(value, list) else {}
    )
    for name, one in inside.items():
        yield (*above, name)
        yield from places(one, (*above, name))
