"""`neuroclip evaluate`: how right a head is on labelled recordings that it has not seen."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from neuroclip.cli import options
from neuroclip.cli.fit import prompts_of
from neuroclip.cli.fitted import folder_of, open_fitted
from neuroclip.cli.reporting import complain, print_json, print_table
from neuroclip.cli.tasks import Source, encode, given_names, suited
from neuroclip.errors import DatasetError, HeadError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from neuroclip.fitting import Evaluation, Task

Part = Literal["test", "train", "all"]


def command(
    head: Annotated[
        str,
        typer.Argument(
            metavar="HEAD|DIR",
            help="A head that needs no shots, or is fitted first (--shots); or the folder of a fitted one.",
            show_default=False,
        ),
    ],
    data: options.Data,
    part: Annotated[
        Part, typer.Option(help="Measure on the test part, on what was learned from, or on everything.")
    ] = "test",
    shots: options.Shots = None,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0, help="Of the choice of shots, and of the fit.", show_default="0", rich_help_panel="Data"
        ),
    ] = None,
    validation: options.Validation = None,
    test: options.TestOn = None,
    reserve: options.Reserve = None,
    split_file: options.SplitFile = None,
    known: options.Known = None,
    option: options.HeadOptions = None,
    prompts: options.Prompts = None,
    templates: options.Templates = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="event-tiny, which ships; ARCHITECTURE:TAG of open_clip, ARCHITECTURE:FILE, or a directory.",
            show_default="event-tiny, or as fitted",
            rich_help_panel="Model",
        ),
    ] = None,
    precision: options.ModelPrecision = "auto",
    device: options.Device = "auto",
    format: options.Format = None,
    size: options.Size = None,
    recover: options.Recover = False,
    skip_bad: options.SkipBad = False,
    bank: options.BankFolder = None,
    json: options.Json = False,
) -> None:
    """Measure a head, or a fitted one, on labelled recordings; a head that learns is fitted on the shots first."""
    folder = folder_of(head)
    drawn = {
        "--shots": shots,
        "--seed": seed,
        "--validation": validation,
        "--test": test,
        "--reserve": reserve,
    }
    own = {"--option": option, "--prompts": prompts, "--templates": templates}
    if folder is not None and (given := given_names(own | drawn)):
        raise typer.BadParameter(
            f"a fitted head has its options, prompts and split already: leave out {', '.join(given)} (--split-file "
            "gives another split)."
        )

    from neuroclip import heads
    from neuroclip.backbones import load_model
    from neuroclip.classes import load_prompts
    from neuroclip.fitting import Task, evaluate, fit
    from neuroclip.fitting.saving import seen_in

    fitted = open_fitted(folder) if folder is not None else None
    chosen = options.assignments(option)
    if fitted is None:
        needs = heads.restore(head, chosen).min_shots  # first: it may be misspelt
        if shots is None and split_file is None:
            if needs:
                raise HeadError(f"{head} learns from shots: say how many with --shots, or fit it first")
            shots = 0
    source = Source(
        data=data,
        shots=shots,
        seed=seed or 0,
        validation=validation,
        test=test,
        reserve=reserve,
        split_file=split_file,
        known=known,
        size=size or (fitted.size if fitted is not None else None),
        format=format,
        recover=recover,
        skip_bad=skip_bad,
        bank=bank,
    )
    fitted_with = fitted.split() if fitted is not None and split_file is None else None
    learned, seconds = (fitted.seen, fitted.seconds) if fitted is not None else (None, None)
    dataset = source.open()
    keeper = source.open_bank()
    if fitted is None:
        made, names = suited(head, chosen, dataset.known), ()
        loaded = load_model(model or "event-tiny", precision=precision, device=device)
        sentences = load_prompts(prompts or prompts_of(dataset), templates)
    else:
        made, names = fitted.saved.head, fitted.saved.names
        loaded = fitted.model(model, precision=precision, device=device)
        sentences = fitted.saved.prompts
    dataset = source.readable(dataset, made.representation, loaded, keeper)
    if fitted is None or fitted_with is None:
        split = source.split(dataset)
    else:
        split = fitted.split_of(fitted_with, source, dataset)
    task = Task(dataset, split, loaded, sentences, keeper, names)
    asked = {"test": split.test, "train": split.train, "all": tuple(task.items)}[part]
    if not asked:
        hint = "give another --part, or fewer --shots"
        if part == "train" and shots == 0:
            hint = "nothing was learned from it; --test rest measures on what is no shot of the training part"
        raise DatasetError(
            f"{dataset.name}: there is no recording to measure on in the part {part!r}: {hint}"
        )
    encode(task, made.representation, asked)
    if fitted is None:
        encode(task, made.training, split.train)
        learning = fit(task, made, seed=source.seed)
        state, seconds, provenance = learning.state, learning.seconds, learning.provenance
    else:
        state, provenance = fitted.saved.state, fitted.saved.provenance
    found = evaluate(task, made, state, asked)
    learned = frozenset(seen_in(task, made)) if learned is None else learned
    seen = sum(task.items[name].file.content_digest in learned for name in asked)
    if seen:
        complain(
            f"warning: {seen} of these {len(asked)} recordings were learned from: this is no measure of what is new"
        )
    network = heads.answering_network(made, loaded.name, provenance["head"]["name"])
    own = Counter(task.items[name].part for name in asked)
    _show(task, found, part, own, network, seconds, seen, provenance, json)


def _show(
    task: Task,
    found: Evaluation,
    part: str,
    own: Mapping[str | None, int],
    network: str,
    fit_seconds: float | None,
    seen: int,
    provenance: Mapping[str, Any],
    json: bool,
) -> None:
    metrics, costs = found.metrics, found.costs
    if json:
        row = {"head": provenance["head"]["name"], "model": network, "data": task.dataset.name}
        row |= {"part": part, "own_parts": {p: n for p, n in own.items() if p is not None}}
        row |= {"seen": seen} | metrics.to_json(task.names)
        row |= {"fit_seconds": fit_seconds, "seconds": found.seconds} | costs.to_json()
        print_json(row | {"provenance": {k: v for k, v in provenance.items() if k != "seen"}})
        return
    low, high = metrics.accuracy_ci
    rows: list[tuple[str, str]] = [
        ("accuracy", f"{100 * metrics.accuracy:.1f} % ({100 * low:.1f} to {100 * high:.1f}) of {metrics.n}"),
        *([] if metrics.top5 is None else [("top 5", f"{100 * metrics.top5:.1f} %")]),
        ("mean over classes", f"{100 * metrics.macro_accuracy:.1f} %"),
        ("calibration error", f"{metrics.ece:.3f}"),
        ("parameters", f"{costs.parameters}"),
        ("operations", f"{costs.macs:.3g} multiply-accumulates, and {costs.encoder_macs:.3g} of the encoder"),
        (
            "energy, estimated",
            f"{costs.energy_uj:.3g} uJ, {100 * costs.encoder_energy_share:.0f} % of it the encoder's",
        ),
    ]
    if costs.firing_rate is not None:
        rows.append(("firing rate", f"{costs.firing_rate:.3f}, {costs.accumulates:.3g} accumulates"))
    if fit_seconds is not None:
        rows.append(("fitted in", f"{fit_seconds:.2f} s"))
    where = f"on the part {part!r} of {task.dataset.name}"
    theirs = sorted(
        p for p in own if p is not None
    )  # what `--test rest` measures on, the set itself calls train
    if theirs and theirs != [part] and part != "all":
        where += f", from its own {' and '.join(map(repr, theirs))}"
    print_table((provenance["head"]["name"], where), rows)
    worst = sorted(
        (recall, name) for name, recall in zip(task.names, metrics.recall, strict=True) if recall is not None
    )[:3]
    if worst and worst[0][0] < 1:
        typer.echo("least recall: " + ", ".join(f"{name} {100 * recall:.0f} %" for recall, name in worst))
