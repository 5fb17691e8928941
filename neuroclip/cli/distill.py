"""`neuroclip distill`: from videos to a network that reads events, taught by one that reads optical flow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuroclip.cli import options
from neuroclip.cli.distill_networks import ALL, NETWORKS, fitted_network, fused, given_teacher, networks
from neuroclip.cli.distill_report import HEADER, measured, report_rows, write_report
from neuroclip.cli.fit import configured, prompts_of
from neuroclip.cli.reporting import print_json, print_table
from neuroclip.cli.tasks import Source, check_flip, encode
from neuroclip.errors import DatasetError

if TYPE_CHECKING:
    from neuroclip.heads import SavedHead


def command(
    data: options.Data,
    out: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            help="The folder of the networks and the report, which is made.",
            show_default=False,
        ),
    ],
    teacher: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="A fitted i3d-flow head on the same classes, in place of a new one; one that has learned "
            "from recordings of the test part is refused.",
            show_default=False,
        ),
    ] = None,
    no_rgb: Annotated[
        bool,
        typer.Option("--no-rgb", help="No network that reads the video, and no mean of it and the student."),
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
            help="Options as TOML, in tables named all, teacher, student and rgb; -o counts more than all.",
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
    tables = configured(config, (ALL, *NETWORKS)) if config is not None else {}
    tables[ALL] = tables.get(ALL, {}) | options.assignments(option)

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
        made = networks(tables, folder, teacher, rgb=not no_rgb)
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
                fitted[name] = given_teacher(task, teacher)
            else:
                fitted[name] = fitted_network(task, head, folder / name, name, seed)
        if not no_rgb:
            fitted["fusion"] = fused(folder / "fusion", task, fitted["student"], fitted["rgb"], seed)
        reports[part or dataset.name] = measured(task, fitted) | {"left_out": sorted(source.left_out)}
        write_report(out, reports)
    if json:
        print_json(reports if len(reports) > 1 else next(iter(reports.values())))
    else:
        print_table(HEADER, report_rows(reports))


def _splits(known: str | None, split_file: Path | None) -> list[str | None]:
    """Return all official splits of a known set that has lists of them, unless one is named, or a split is given."""
    from neuroclip.datasets.known_set import load_known

    if known is None or known == "none" or ":" in known or split_file is not None:
        return [known]
    number = load_known(known).splits
    return [f"{known}:{n}" for n in range(1, number + 1)] or [known]
