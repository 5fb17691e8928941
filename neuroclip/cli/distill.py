"""`neuroclip distill`: from videos to a network that reads events, taught by one that reads optical flow."""

from __future__ import annotations

import json as jsons
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuroclip.cli import options
from neuroclip.cli.fit import configured, prompts_of
from neuroclip.cli.fitted import FittedHead
from neuroclip.cli.reporting import complain, print_json, print_table
from neuroclip.cli.tasks import Source, check_flip, encode, fit_into
from neuroclip.errors import DatasetError, HeadError, OptionError

if TYPE_CHECKING:
    from neuroclip.fitting import Task
    from neuroclip.heads import Head, SavedHead

_REPORT = "distillation"
_NETWORKS = {"teacher": "i3d-flow", "student": "i3d-events", "rgb": "i3d-rgb"}
_ALL = "all"
_HEADER = ("set", "network", "top-1", "95 %", "n", "GFLOPs", "parameters", "trained in")


def command(
    data: options.Data,
    out: Annotated[
        Path,
        typer.Option(
            metavar="DIR", help="Where the networks and the report are written.", show_default=False
        ),
    ],
    teacher: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="A fitted i3d-flow head, in place of a new one.", show_default=False
        ),
    ] = None,
    no_rgb: Annotated[
        bool, typer.Option("--no-rgb", help="No network that reads the video, and no mean of both.")
    ] = False,
    shots: options.Shots = None,
    seed: options.Seed = 0,
    validation: options.Validation = None,
    test: options.TestOn = None,
    reserve: options.Reserve = None,
    split_file: options.SplitFile = None,
    known: options.Known = None,
    option: options.HeadOptions = None,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Options as TOML, in tables named all, teacher, student and rgb.",
            show_default=False,
        ),
    ] = None,
    format: options.Format = None,
    size: options.Size = None,
    recover: options.Recover = False,
    skip_bad: options.SkipBad = False,
    bank: options.BankFolder = None,
    json: options.Json = False,
) -> None:
    """Train a network on optical flow, let it teach one that reads events, and measure both, with RGB beside them.

    DATA is a labelled set of videos, whose events are emulated, or of recordings with paired videos. With --known
    ucf101 or hmdb51, all three official splits. What was finished before is not done again.
    """
    tables = configured(config, (_ALL, *_NETWORKS)) if config is not None else {}
    tables[_ALL] = tables.get(_ALL, {}) | options.assignments(option)

    from neuroclip.backbones import load_model
    from neuroclip.classes import load_prompts
    from neuroclip.fitting import Task
    from neuroclip.representations import Joint

    # None of these heads reads a sentence; a task has a model all the same.
    model = load_model("event-tiny")
    splits = _splits(known, split_file)
    reports: dict[str, dict[str, Any]] = {}
    for part in splits:
        folder = out / part.replace(":", "-") if part and len(splits) > 1 else out
        made = _networks(tables, folder, teacher, rgb=not no_rgb)
        source = Source(
            data=data,
            shots=shots,
            seed=seed,
            validation=validation,
            test=test,
            reserve=reserve,
            split_file=split_file,
            known=part,
            size=size,
            format=format,
            recover=recover,
            skip_bad=skip_bad,
            bank=bank,
        )
        dataset = source.open()
        for name, head in made.items():
            check_flip(name, head, dataset.known)
        keeper = source.open_bank()
        # Of all at once, so that a video is decoded, and its events are emulated, a single time.
        volumes = Joint(**{name: head.representation for name, head in made.items()})
        dataset = source.readable(dataset, volumes, model, keeper)
        task = Task(dataset, source.split(dataset), model, load_prompts(prompts_of(dataset)), keeper)
        if not task.split.test:
            raise DatasetError(f"{dataset.name}: there is no recording to measure on: give fewer --shots")
        encode(
            task, volumes, (*task.split.train, *task.split.test), "reading, emulating and computing the flow"
        )
        fitted: dict[str, SavedHead] = {}
        for name, head in made.items():
            if name == "teacher" and teacher is not None:
                fitted[name] = _given(task, teacher)
            else:
                fitted[name] = _fitted(task, head, folder / name, name, seed)
        if not no_rgb:
            fitted["fusion"] = _fused(folder / "fusion", task, fitted["student"], fitted["rgb"], seed)
        reports[part or dataset.name] = _measured(task, fitted) | {"left_out": sorted(source.left_out)}
        _write_report(out, reports)
    if json:
        print_json(reports if len(reports) > 1 else next(iter(reports.values())))
    else:
        print_table(_HEADER, _rows(reports))


def _splits(known: str | None, split_file: Path | None) -> list[str | None]:
    """Return all official splits of a known set that has lists of them, unless one is named, or a split is given."""
    from neuroclip.datasets.known_sets import load_known

    if known is None or known == "none" or ":" in known or split_file is not None:
        return [known]
    number = load_known(known).splits
    return [f"{known}:{n}" for n in range(1, number + 1)] or [known]


def _networks(
    tables: Mapping[str, Mapping[str, Any]], out: Path, teacher: Path | None, *, rgb: bool
) -> dict[str, Head]:
    """Make the networks; the student is told where its teacher is, or will be.

    Raises:
        OptionError: An option is none of a network.
        HeadError: The given teacher is no head on optical flow.
    """
    from neuroclip import heads

    made: dict[str, Head] = {}
    for name, head in _NETWORKS.items():
        if name == "rgb" and not rgb:
            continue
        if name == "teacher" and teacher is not None:
            given = heads.load(teacher)
            made[name] = given.head
            continue
        chosen = {**tables.get(_ALL, {}), **tables.get(name, {})}
        if name == "student":
            chosen.setdefault("teacher", str(teacher or out / "teacher"))
        made[name] = heads.restore(head, chosen)
    return made


def _given(task: Task, folder: Path) -> SavedHead:
    """Return the teacher of a folder.

    Raises:
        HeadError: It knows other classes.
    """
    from neuroclip import heads

    saved = heads.load(folder)
    if sorted(saved.names) != sorted(task.names):
        raise HeadError(
            f"{folder}: the teacher knows {', '.join(saved.names)}, but {task.dataset.name} has "
            f"{', '.join(task.names)}: leave --teacher out, so that one is trained"
        )
    given = FittedHead(folder, saved)
    _ = given.seconds  # refused here where it is no number: the report says it
    given.check_networks(task.model)
    held_out = (*task.split.test, *task.split.validation)
    seen = sum(task.items[name].file.content_digest in given.seen for name in held_out)
    if seen:
        raise HeadError(
            f"{folder}: the teacher has learned from {seen} of the {len(held_out)} recordings that are to be measured "
            "on: give one that was fitted on this split, or leave --teacher out, so that one is trained"
        )
    return saved


def _fitted(task: Task, head: Head, folder: Path, name: str, seed: int) -> SavedHead:
    """Return the network of a folder, which is trained unless it is there already."""
    from neuroclip import heads
    from neuroclip.fitting import provenance_of
    from neuroclip.fitting.saving import seen_in

    if (folder / "head.json").is_file():
        saved = heads.load(folder)
        kept = provenance_of(task, head, seed) | {"seen": seen_in(task, head)}
        wanted = jsons.loads(jsons.dumps(kept))
        timed = FittedHead(folder, saved).seconds is not None  # which the report says, too
        if timed and all(saved.provenance.get(key) == value for key, value in wanted.items()):
            complain(f"{name}: {folder} is of this data and these options already")
            return saved
    fit_into(folder, task, head, seed=seed, label=f"training the {name} network")
    return heads.load(folder)


def _fused(folder: Path, task: Task, student: SavedHead, rgb: SavedHead, seed: int) -> SavedHead:
    """Save the mean of both as a head of its own, which has nothing to learn any more."""
    from neuroclip import heads
    from neuroclip.fitting import provenance_of
    from neuroclip.fitting.saving import save_into
    from neuroclip.heads.registry import name_of

    members = (student, rgb)
    parts = [{"head": name_of(saved.head), "options": heads.describe(saved.head)} for saved in members]
    head = heads.restore("average", {"members": parts})
    state = {
        key: value
        for i, saved in enumerate(members)
        for key, value in heads.nested(f"m{i}", saved.state).items()
    }
    about = {
        **provenance_of(task, head, seed),
        "fit_seconds": sum(saved.provenance["fit_seconds"] for saved in members),
        "seen": student.provenance["seen"],
    }
    save_into(folder, task, head, state, about)
    return heads.load(folder)


def _measured(task: Task, fitted: Mapping[str, SavedHead]) -> dict[str, Any]:
    """Measure each on the test part."""
    from neuroclip.fitting import evaluate
    from neuroclip.heads.registry import name_of

    rows: dict[str, dict[str, Any]] = {}
    for name, saved in fitted.items():
        # A teacher that was given may have its classes in another order.
        found = evaluate(replace(task, names=saved.names), saved.head, saved.state, task.split.test)
        rows[name] = {
            "head": name_of(saved.head),
            "n": found.metrics.n,
            "accuracy": found.metrics.accuracy,
            "accuracy_ci": list(found.metrics.accuracy_ci),
            "gflops": 2 * found.costs.macs / 1e9,
            "parameters": found.costs.parameters,
            "fit_seconds": saved.provenance.get("fit_seconds"),
            "digest": saved.digest,
        }
    return {
        "data": task.dataset.name,
        "classes": len(task.names),
        "fitted_on": len(task.split.train),
        "split": task.split.digest,
        "seed": task.split.seed,
        "networks": rows,
    }


def _write_report(out: Path, reports: Mapping[str, Mapping[str, Any]]) -> None:
    """Write what was measured so far as JSON and Markdown."""
    lines = ["# Distillation", ""]
    lines += [
        f"{name}: trained on {one['fitted_on']} recordings of {one['classes']} classes, split {one['split']}; "
        f"{len(one['left_out'])} recordings that cannot be read were left out."
        for name, one in reports.items()
    ]
    cells = [_HEADER, ["---"] * len(_HEADER), *_rows(reports)]
    lines += ["", *("| " + " | ".join(row) + " |" for row in cells)]
    _write(out / f"{_REPORT}.json", jsons.dumps(reports, indent=2, ensure_ascii=False))
    _write(out / f"{_REPORT}.md", "\n".join(lines))


def _rows(reports: Mapping[str, Mapping[str, Any]]) -> list[list[str]]:
    """Return a line for each network of each split, and where there are several splits, for the mean over them."""
    rows: list[list[str]] = []
    for split, report in reports.items():
        for name, row in report["networks"].items():
            low, high = row["accuracy_ci"]
            seconds = row["fit_seconds"]
            rows.append(
                [
                    split,
                    name,
                    f"{100 * row['accuracy']:.1f} %",
                    f"{100 * low:.1f} to {100 * high:.1f}",
                    str(row["n"]),
                    f"{row['gflops']:.3g}",
                    str(row["parameters"]),
                    f"{seconds:.0f} s" if seconds is not None else "-",
                ]
            )
    if len(reports) > 1:
        for name in next(iter(reports.values()))["networks"]:
            own = [report["networks"][name]["accuracy"] for report in reports.values()]
            rows.append(["mean", name, f"{100 * sum(own) / len(own):.1f} %", *["-"] * 5])
    return rows


def _write(path: Path, text: str) -> None:
    """Write a text, whole or not at all.

    Raises:
        OptionError: It cannot be written.
    """
    try:
        unfinished = path.with_name(f"{path.name}.part")
        unfinished.write_text(text + "\n", encoding="utf-8")
        os.replace(unfinished, path)
    except OSError as error:
        raise OptionError(f"{path}: cannot be written: {error.strerror or error}") from error
