"""Shots, validation and test, drawn by a seed: nested and disjoint."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from hashlib import blake2b
from typing import Literal

from neuroclip.datasets.dataset import Dataset, Item
from neuroclip.datasets.split import PARTS, Split
from neuroclip.errors import DatasetError, OptionError

TestPart = Literal["test", "rest", "pooled"] | float
"""What is measured; a number is a share of each class, drawn by the seed."""


def make_split(
    dataset: Dataset,
    *,
    shots: int | None,
    seed: int,
    validation: float = 0.0,
    reserve: int | None = None,
    test: TestPart | None = None,
) -> Split:
    """Draw shots per class, and say what is measured.

    The training part of a class (all of it, where the set has no parts) is put in an order that depends on `seed`, the
    label and the names only. Shots are its beginning, so the 1 shot is among the 4. The validation share is its end,
    rounded up, the same for every number of shots; a set with a validation part of its own gives that instead, for any
    share above 0. `test` is the set's test part ("test"), what is left of the training part behind the first `reserve`
    items (default: the shots) and before the validation share ("rest"), or both ("pooled"). With one
    `reserve` for all numbers of shots, all are measured on the same recordings. Of a set without a test part it may be
    a share: the last of the order, rounded, at least one; what comes before is then the training part.

    Args:
        dataset: What to split.
        shots: Per class; None: all that are not for validation; 0: none.
        seed: Of the order.
        validation: Share of the training part, from 0 to below 1.
        reserve: At least `shots`.
        test: None: the test part where the set has one, else the rest, which may then be empty for a class.

    Raises:
        DatasetError: A class has too few recordings; it is named.
        OptionError: An argument is out of range.
    """
    if (shots is not None and shots < 0) or not 0 <= validation < 1:
        raise OptionError(f"shots={shots}, validation={validation}: expected 0 or more, and 0 to below 1")
    if reserve is not None and reserve < (shots or 0):
        raise OptionError(f"reserve={reserve} is fewer than the {shots} shots")
    share = test if isinstance(test, float) else None
    if share is not None and (not 0 < share < 1 or dataset.part("test")):
        raise OptionError(
            f"{dataset.root}: a share of {share} cannot be drawn for the test: it must be between 0 and 1, and the set "
            "without a test part of its own"
        )
    measured = "test" if share is not None else test or ("test" if dataset.part("test") else "rest")
    pools: dict[str, list[Item]] = defaultdict(list)
    tests: dict[str, list[str]] = defaultdict(list)
    held: dict[str, list[str]] = defaultdict(list)
    for item in dataset.items:
        if item.part == "test":
            tests[item.label].append(item.name)
        elif item.part == "validation":
            held[item.label].append(item.name)
        else:
            pools[item.label].append(item)
    chosen: dict[str, list[str]] = {part: [] for part in PARTS}
    for label in dataset.classes:
        names = _order([item.name for item in pools[label]], label, seed)
        if share is not None and names:
            last = max(1, math.floor(share * len(names) + 0.5))
            names, tests[label] = names[:-last], names[-last:]
        cut = 0 if any(held.values()) else math.ceil(validation * len(names) - 1e-9)
        stop = len(names) - cut
        first = stop if shots is None else shots
        after = first if measured == "test" else max(first, reserve or 0)
        rest = names[after:stop] if measured != "test" else []
        wanted = rest + (tests[label] if measured != "rest" else [])
        needs = (1 if shots is None else after) + cut
        if len(names) < needs:
            raise _too_few(dataset, label, len(names), needs, shots, cut, after)
        if test is not None and not wanted:
            raise DatasetError(
                f"{dataset.root}: the class {label!r} has no recording left to measure on ({test}, after {after} "
                f"shots and {cut} for validation, of {len(names)})"
            )
        chosen["train"] += names[:first]
        chosen["validation"] += names[stop:] + (held[label] if validation else [])
        chosen["test"] += wanted
    labels = {item.name: item.label for item in dataset.items}
    named = {name: labels[name] for part in PARTS for name in chosen[part]}
    return Split(seed, shots, dataset.classes, *(tuple(chosen[part]) for part in PARTS), labels=named)


def _order(names: list[str], label: str, seed: int) -> list[str]:
    """Shuffle by hash: the same on every machine, and a recording more does not change the order of the others."""
    return sorted(names, key=lambda name: blake2b(json.dumps([seed, label, name]).encode()).digest())


def _too_few(
    dataset: Dataset, label: str, has: int, needs: int, shots: int | None, cut: int, after: int
) -> DatasetError:
    asked = ["at least one shot" if shots is None else f"{shots} shots"]
    asked += [f"{after - shots} more kept for shots"] if shots is not None and after > shots else []
    asked += [f"{cut} for validation"] if cut else []
    return DatasetError(
        f"{dataset.root}: the class {label!r} has {has} recordings to draw from, but needs {needs}: {', '.join(asked)}"
    )
