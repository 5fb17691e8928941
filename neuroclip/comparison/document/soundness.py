"""Whether the parts of a comparison's document go together: lengths, and names that stand in its plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from neuroclip.comparison.document.form import misfit
from neuroclip.comparison.document.schema import MEASURED

Row = Mapping[str, Any]


def unsound(document: Row) -> str | None:
    """Return the first thing that does not go together in a document whose form is right, in words; or None."""
    return next((wrong for check in _CHECKS for wrong in check(document)), None)


def _plan(document: Row) -> Iterator[str]:
    plan = document["plan"]
    for name in ("shots", "seeds"):
        yield from _once(f"plan.{name}", plan[name])
    yield from _once("data.classes", document["data"]["classes"])
    yield from _among("heads", document["heads"], plan["heads"], "a head of the plan")
    yield from _among("plan.heads", plan["heads"], document["heads"], "one that `heads` tells of")


def _tests(document: Row) -> Iterator[str]:
    classes = len(document["data"]["classes"])
    yield from _among("tests", document["tests"], map(str, document["plan"]["seeds"]), "a seed of the plan")
    for seed, test in document["tests"].items():
        n = len(test["names"])
        if not n:
            yield f"tests.{seed}.names is []; expected the names of test recordings"
        yield from _positions(f"tests.{seed}.labels", test["labels"], n, classes)
        yield from _once(f"tests.{seed}.names", test["names"])


def _cells(document: Row) -> Iterator[str]:
    yield from _placed(document, "cells", ("head",), ("shots", "seed"))
    for i, cell in enumerate(document["cells"]):
        if cell["status"] != "ok":
            continue
        where = f"cells[{i}]"
        if wrong := misfit(cell, MEASURED, where):
            yield wrong
            return
        yield from _measured(document, cell, where)


def _measured(document: Row, cell: Row, where: str) -> Iterator[str]:
    classes: list[str] = document["data"]["classes"]
    if (test := document["tests"].get(str(cell["seed"]))) is None:
        yield f"{where}.seed is {cell['seed']}; expected one that `tests` tells of"
        return
    n = len(test["names"])
    yield from _positions(f"{where}.predictions", cell["predictions"], n, len(classes))
    yield from _length(f"{where}.confidence", cell["confidence"], n)
    yield from _length(f"{where}.confusion", cell["confusion"], len(classes))
    for k, row in enumerate(cell["confusion"]):
        yield from _length(f"{where}.confusion[{k}]", row, len(classes))
    if cell["n"] != n:
        yield f"{where}.n is {cell['n']}; expected {n}, as many as seed {cell['seed']} tests"
    yield from _among(f"{where}.recall", cell["recall"], classes, "a class of the data")
    curve = cell["selective"]
    yield from _length(f"{where}.selective.accuracy", curve["accuracy"], len(curve["coverage"]))


def _summary(document: Row) -> Iterator[str]:
    yield from _placed(document, "summary", ("head",), ("shots",))
    done = Counter((cell["head"], cell["shots"]) for cell in document["cells"] if cell["status"] == "ok")
    told = {(row["head"], row["shots"]): row["seeds"] for row in document["summary"]}
    for i, row in enumerate(document["summary"]):
        if row["seeds"] != (count := done[row["head"], row["shots"]]) or not count:
            yield f"summary[{i}].seeds is {row['seeds']}; expected {count}, as many as cells of it are ok"
    for head, shots in done.keys() - told.keys():
        yield f"summary tells nothing of {head!r} with {shots} shots; expected a row, since its cells are ok"


def _pairs(document: Row) -> Iterator[str]:
    yield from _placed(document, "pairs", ("a", "b"), ("shots",))
    for i, row in enumerate(document["pairs"]):
        if row["a"] == row["b"]:
            yield f"pairs[{i}].b is {row['b']!r}; expected another head than `a`"


def _samples(document: Row) -> Iterator[str]:
    classes: list[str] = document["data"]["classes"]
    for i, sample in enumerate(document["samples"]):
        where = f"samples[{i}]"
        yield from _among(f"{where}.label", [sample["label"]], classes, "a class of the data")
        yield from _among(f"{where}.answers", sample["answers"], document["heads"], "a head of the plan")
        for head, answer in sample["answers"].items():
            at = f"{where}.answers.{head}"
            said = [answer["prediction"], *answer["scores"]]
            yield from _among(at, said, classes, "a class of the data")
            for k, scores in enumerate(answer["timesteps"] or ()):
                yield from _length(f"{at}.timesteps[{k}]", scores, len(classes))


_CHECKS = (_plan, _tests, _cells, _summary, _pairs, _samples)


def _placed(document: Row, name: str, titles: Collection[str], numbers: Collection[str]) -> Iterator[str]:
    """Check that rows are of heads, shots and seeds of the plan, and that none comes twice."""
    plan = document["plan"]
    for i, row in enumerate(document[name]):
        for field in titles:
            yield from _among(f"{name}[{i}].{field}", [row[field]], plan["heads"], "a head of the plan")
        for field in numbers:
            asked = plan[field if field == "shots" else f"{field}s"]
            yield from _among(f"{name}[{i}].{field}", [row[field]], asked, f"one of {field} of the plan")
    yield from _once(name, [tuple(row[field] for field in (*titles, *numbers)) for row in document[name]])


def _among(where: str, values: Any, known: Any, what: str) -> Iterator[str]:
    known = set(known)
    for value in values:
        if value not in known:
            yield f"{where} has {value!r}; expected {what}"
            return


def _once(where: str, values: Any) -> Iterator[str]:
    if twice := [value for value, count in Counter(values).items() if count > 1]:
        yield f"{where} has {twice[0]!r} more than once; expected each once"


def _length(where: str, values: Collection[Any], n: int) -> Iterator[str]:
    if len(values) != n:
        yield f"{where} has {len(values)} numbers; expected {n}"


def _positions(where: str, values: Collection[int], n: int, classes: int) -> Iterator[str]:
    yield from _length(where, values, n)
    if wrong := [value for value in values if not 0 <= value < classes]:
        yield f"{where} has {wrong[0]}; expected positions of {classes} classes"
