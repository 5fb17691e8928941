"""`neuroclip compare`: many heads on the same recordings."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import typer

from neuroclip.cli import compare_options, options
from neuroclip.cli.compare_config import (
    USUAL,
    Configured,
    configuration,
    of_recipe,
    parse_shots,
    size_of_largest,
)
from neuroclip.cli.compare_heads import changes, entries_of, named_heads
from neuroclip.cli.compare_recipe import followed, print_published
from neuroclip.cli.compare_table import print_chosen, print_comparison
from neuroclip.cli.fit import prompts_of
from neuroclip.cli.reporting import Failures, complain, print_json, progress
from neuroclip.cli.tasks import Source


def command(
    out: compare_options.Out,
    data: compare_options.MaybeData = None,
    heads: compare_options.HeadTitles = None,
    shots: compare_options.ManyShots = None,
    seeds: compare_options.Seeds = None,
    config: compare_options.HeadsConfig = None,
    option: compare_options.OptionsOfHeads = None,
    recipe: compare_options.RecipeName = None,
    root: compare_options.RecipeRoot = None,
    test: options.TestOn = None,
    known: options.Known = None,
    protocol: compare_options.ProtocolName = None,
    corrupt: compare_options.Corruptions = None,
    samples: compare_options.Samples = 6,
    no_speed: compare_options.NoSpeed = False,
    jobs: compare_options.Jobs = 1,
    prompts: options.Prompts = None,
    templates: options.Templates = None,
    model: compare_options.MaybeModel = None,
    precision: options.ModelPrecision = "auto",
    device: options.Device = "auto",
    format: options.Format = None,
    size: options.Size = None,
    recover: options.Recover = False,
    skip_bad: options.SkipBad = False,
    bank: options.BankFolder = None,
    json: options.Json = False,
) -> None:
    """Compare heads: fitted on the same shots, measured on the same recordings, in one report.

    What is finished is kept in DIR, so that the same command goes on after an interruption.
    """
    given = Configured(
        shots=parse_shots(shots) if shots is not None else None,
        seeds=tuple(range(seeds)) if seeds is not None else None,
        protocol=protocol,
        test=test,
        known=known,
        model=model,
        prompts=prompts,
    )
    own = configuration(config) if config is not None else Configured()
    if recipe is None and heads is None and own.heads is None:
        raise typer.BadParameter(
            "say which heads with --heads, --config or --recipe (--heads all: every one)."
        )
    if (root is None and data is None) or (recipe is None and root is not None):
        raise typer.BadParameter("give DATA, or with --recipe the folder of its data set as --data.")

    from neuroclip.classes import load_prompts
    from neuroclip.comparison.comparing import check_writable, compare
    from neuroclip.comparison.plan import Plan
    from neuroclip.comparison.published import overridden, read_recipe
    from neuroclip.comparison.report import write_report
    from neuroclip.comparison.setting import Setting
    from neuroclip.comparison.wishes import Wishes
    from neuroclip.corruptions.kinds import parse

    paper = read_recipe(recipe) if recipe is not None else None
    said = (
        given.over(own)
        .over(of_recipe(paper, root or Path(data or ".")) if paper else Configured())
        .over(USUAL)
    )
    titled = said.heads or {}
    titled = named_heads(heads, titled) if heads is not None else titled
    titled = overridden(titled, changes(option, titled))
    corruptions = tuple(dict.fromkeys(one for text in corrupt or () for one in parse(text)))
    check_writable(out)
    source = Source(
        data=data or (paper.find(root) if paper and root else ""),
        shots=None,
        seed=0,
        validation=None,
        test=None,
        reserve=None,
        split_file=None,
        known=said.known,
        size=size,
        format=format,
        recover=recover,
        skip_bad=skip_bad,
        bank=bank,
    )
    dataset = source.loadable(source.open())
    measured = said.test or ("test" if dataset.part("test") else "rest")
    largest = size_of_largest(dataset, measured)
    numbers = said.shots or ()
    plan = Plan(
        entries=entries_of(titled, dataset.known, paper.planned if paper else ()),
        shots=tuple(dict.fromkeys(largest if number is None else number for number in numbers)),
        seeds=said.seeds or (),
        test=measured,
        protocol=said.protocol or "honest",
        corruptions=corruptions,
        recipe=paper.name if paper else None,
        whole=largest if None in numbers else None,
    )
    setting = Setting(
        dataset=dataset,
        model=said.model or "event-tiny",
        precision=precision,
        device=device,
        prompts=load_prompts(said.prompts or prompts_of(dataset), templates),
        bank=bank,
        plan=plan,
        folder=out,
    )
    if paper is not None:
        paper.check_words(setting.prompts, dataset)
    setting.loaded()  # first: its name may be misspelt, or its weights absent
    published = paper.published() if paper else []
    wishes = Wishes(
        jobs=jobs,
        samples=samples,
        speed=not no_speed,
        command=shlex.join(["neuroclip", *sys.argv[1:]]),
        published=[row | {"shots": largest if row["shots"] is None else row["shots"]} for row in published],
        recipe=paper and followed(paper, root or Path(data or "."), titled, setting, said.known),
        bars=progress,
        complain=complain,
    )
    try:
        document = compare(setting, wishes)
        write_report(document, out)
    except KeyboardInterrupt:
        complain(f"stopped: what is finished is in {out}, and the same command goes on from there")
        raise typer.Exit(130) from None
    if json:
        print_json({key: value for key, value in document.items() if key != "samples"})
    else:
        print_comparison(document)
        print_chosen(document)
        print_published(document)
        typer.echo(f"report: {out / 'comparison.html'}")
    failures = Failures()
    for title, head in document["heads"].items():
        if head["status"] == "failed":
            failures.report(f"{title}: {head['error']}")
    failures.finish()
