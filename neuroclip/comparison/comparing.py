"""Many heads on the same recordings, from the first shot to the finished document."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from neuroclip.comparison.assembling import document_of
from neuroclip.comparison.cells import Cell, blank_cell, failed, kept_cell, wanted_cell
from neuroclip.comparison.document import write_document
from neuroclip.comparison.plan import Place
from neuroclip.comparison.preparing import prepare, to_prepare
from neuroclip.comparison.setting import Setting, split_of
from neuroclip.comparison.wishes import Wishes
from neuroclip.comparison.workers import Wanted, measured
from neuroclip.errors import ComparisonError, DatasetError, NeuroclipError, OptionError
from neuroclip.heads import Head


def compare(setting: Setting, wishes: Wishes | None = None) -> dict[str, Any]:
    """Fit and measure every head on every number of shots and with every seed, and write `comparison.json`.

    Whatever ends it, cells that were finished are kept, and are not measured again by the next call. A head that
    cannot be compared is one whose cells are failed; the others go on.

    Raises:
        ComparisonError: The folder cannot be written.
        NeuroclipError: Of its kind: the set cannot be split or read, the model cannot be loaded.
    """
    wishes = wishes or Wishes()
    check_writable(setting.folder)
    drawn, errors = _drawn(setting)
    tests = _tests(drawn)
    found = {Place.of(cell): cell for cell in _cells(drawn, wishes)}
    cells = [
        found.get(place) or failed(setting, blank_cell(place), errors[place.shots])
        for place in setting.plan.places()
    ]
    document = document_of(drawn, wishes, tests, cells)
    document["plan"]["shots"] = list(setting.plan.shots)
    write_document(document, setting.folder)
    return document


def check_writable(folder: Path) -> None:
    """Make a folder, and check that it can be written before anything takes long.

    Raises:
        ComparisonError: It cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".{os.getpid()}.part"
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        raise ComparisonError(
            f"{folder}: cannot be written ({error.strerror or error}): choose another folder with --out"
        ) from error


def _drawn(setting: Setting) -> tuple[Setting, dict[int, DatasetError]]:
    """Return the setting with those numbers of shots that the set has, and of the others why it has not.

    What is kept out of the rest for shots is then as many as the most of these.

    Raises:
        DatasetError: It has none of them.
    """
    plan, errors = setting.plan, dict[int, DatasetError]()
    for shots in plan.shots:
        try:
            split_of(replace(setting, plan=replace(plan, shots=(shots,))), shots, plan.seeds[0])
        except DatasetError as error:
            errors[shots] = error
    if len(errors) == len(plan.shots):
        raise errors[plan.shots[0]]
    left = tuple(shots for shots in plan.shots if shots not in errors)
    return replace(setting, plan=replace(plan, shots=left)) if errors else setting, errors


def _tests(setting: Setting) -> dict[str, Any]:
    """Return the test part of every seed, which is the same for all numbers of shots."""
    tests: dict[str, Any] = {}
    for seed in setting.plan.seeds:
        task = setting.task(setting.plan.shots[-1], seed)
        names = task.split.test
        if any(setting.task(shots, seed).split.test != names for shots in setting.plan.shots):
            raise OptionError("all shots leave none to measure on but the test part: give --test test")
        if not names:
            raise DatasetError(
                f"{setting.dataset.name}: there is no recording to measure on: give fewer --shots, or another --test"
            )
        tests[str(seed)] = {"names": list(names), "labels": task.labels(names).tolist()}
    return tests


def _cells(setting: Setting, wishes: Wishes) -> list[Cell]:
    """Return all cells in the order of the plan: those that were kept, and those that are measured now."""
    cells: dict[Place, Cell] = {}
    with wishes.bars(len(list(setting.plan.places())), "looking for what is finished") as bar:
        for place in setting.plan.places():
            cell = wanted_cell(setting, place)
            cells[place] = cell if cell["status"] else kept_cell(setting, place, cell) or cell
            bar.update(1)
    todo = [place for place, cell in cells.items() if not cell["status"]]
    heads: dict[str, Head] = {place.title: setting.head(place.title) for place in todo}
    wrong: dict[str, BaseException] = {}
    if heads:
        with wishes.bars(to_prepare(setting), "encoding") as bar:
            wrong = prepare(setting, heads, bar.update)
    errors = {str(error): error for error in wrong.values()}
    if len(wrong) == len(setting.plan.entries) and len(errors) == 1:
        (error,) = errors.values()
        if isinstance(error, NeuroclipError):  # no head's fault: a recording that cannot be read
            raise error
    for place in todo:
        if place.title in wrong:
            cells[place] = failed(setting, cells[place], wrong[place.title])
    wanted: list[Wanted] = [(place, cells[place]) for place in todo if place.title not in wrong]
    # Closed, so that whatever happens here its processes end.
    with (
        wishes.bars(len(wanted), "comparing") as bar,
        closing(measured(setting, wanted, wishes.jobs)) as finished,
    ):
        for cell in finished:
            cells[Place.of(cell)] = cell
            bar.update(1)
    return list(cells.values())
