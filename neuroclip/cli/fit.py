"""`neuroclip fit`: a head that learns from a few labelled recordings."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from neuroclip.cli import options
from neuroclip.cli.reporting import complain, print_json
from neuroclip.cli.tasks import Source, encode, fit_into, suited
from neuroclip.errors import OptionError

if TYPE_CHECKING:
    from neuroclip.fitting import Fitted, Task

Protocol = Literal["honest", "as-published"]


def command(
    head: options.AnyHead,
    data: options.Data,
    out: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            help="The folder of the fitted head, which is made. A long training that was interrupted goes on "
            "from its last checkpoint there.",
            show_default=False,
        ),
    ],
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
            help="Options of the head as TOML, in a table named options; -o counts more.",
            show_default=False,
        ),
    ] = None,
    protocol: Annotated[
        Protocol,
        typer.Option(
            help="as-published: also score every epoch on the test part, as the published code did to choose "
            "one, and print that number, the honest one and the gap. What is saved is the last epoch "
            "all the same."
        ),
    ] = "honest",
    prompts: options.Prompts = None,
    templates: options.Templates = None,
    model: options.ModelName = "event-tiny",
    precision: options.ModelPrecision = "auto",
    device: options.Device = "auto",
    format: options.Format = None,
    size: options.Size = None,
    recover: options.Recover = False,
    skip_bad: options.SkipBad = False,
    bank: options.BankFolder = None,
    json: options.Json = False,
) -> None:
    """Fit a head on the shots of a labelled set, and save it."""
    tables = configured(config, ("options",)) if config is not None else {}
    chosen = tables.get("options", {}) | options.assignments(option)

    from neuroclip import heads
    from neuroclip.backbones import load_model
    from neuroclip.classes import load_prompts
    from neuroclip.fitting import Task
    from neuroclip.heads.saving import JSON

    heads.restore(head, chosen)  # first: it may be misspelt
    source = Source(
        data=data,
        shots=shots,
        seed=seed,
        validation=validation,
        test=test,
        reserve=reserve,
        split_file=split_file,
        known=known,
        size=size,
        format=format,
        recover=recover,
        skip_bad=skip_bad,
        bank=bank,
    )
    dataset = source.open()
    made = suited(head, chosen, dataset.known)
    sentences = load_prompts(prompts or prompts_of(dataset), templates)
    loaded = load_model(model, precision=precision, device=device)
    keeper = source.open_bank()
    dataset = source.readable(dataset, made.representation, loaded, keeper)
    task = Task(dataset, source.split(dataset), loaded, sentences, keeper)
    if (out / JSON).is_file():
        complain(f"{out}: the head that is there is replaced when this one is fitted")
    as_published = protocol == "as-published"
    if as_published:
        encode(task, made.representation, task.split.test)
    fitted, digest = fit_into(out, task, made, seed=seed, as_published=as_published)
    encode(task, made.representation, task.split.validation)
    _report(head, task, fitted, out, digest, json)


def prompts_of(dataset: Any) -> str:
    """Return the prompt set of a known data set, else the default one."""
    from neuroclip.classes import DEFAULT_PROMPTS

    return dataset.known.prompts if dataset.known is not None else DEFAULT_PROMPTS


def configured(path: Path, tables: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Read the tables of a TOML file.

    Raises:
        OptionError: It cannot be read, or has something else in it.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise OptionError(f"{path}: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OptionError(f"{path} is no TOML: {error}") from error
    for key, value in content.items():
        if key not in tables:
            raise OptionError(
                f"{path}: unknown key {key!r}; options stand under "
                + " or ".join(f"[{name}]" for name in tables)
            )
        if not isinstance(value, dict):
            raise OptionError(f"{path}: {key} is {value!r}; expected a table [{key}]")
    return content


def _report(head: str, task: Task, fitted: Fitted, out: Path, digest: str, json: bool) -> None:
    from neuroclip.fitting import evaluate
    from neuroclip.heads import answering_network

    split = task.split
    row: dict[str, Any] = {
        "head": head,
        "model": answering_network(fitted.head, task.model.name, head),
        "out": str(out),
        "digest": digest,
        "classes": len(task.classes),
        "fitted_on": len(split.train),
        "seed": fitted.provenance["seed"],
        "split": split.digest,
        "seconds": fitted.seconds,
    }
    lines = [
        f"{head} fitted on {len(split.train)} recordings of {len(task.classes)} classes in "
        f"{fitted.seconds:.1f} s: {out}"
    ]
    if split.validation:
        found = evaluate(task, fitted.head, fitted.state, split.validation).metrics
        row["validation"] = {"n": found.n, "accuracy": found.accuracy, "accuracy_ci": list(found.accuracy_ci)}
        lines.append(f"validation share: {100 * found.accuracy:.1f} % of {found.n}")
    if fitted.published:
        honest, best = fitted.published[-1], max(fitted.published)
        row["as_published"] = {"accuracy": best, "honest": honest, "gap": best - honest}
        lines.append(
            f"test part, last epoch: {100 * honest:.1f} %; best epoch on the test part, as published: "
            f"{100 * best:.1f} %; gap {100 * (best - honest):.1f} points. The last epoch was saved."
        )
    if json:
        print_json(row)
    else:
        typer.echo("\n".join(lines))
