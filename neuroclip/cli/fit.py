"""`neuroclip fit`: a head that learns from a few labelled recordings."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from neuroclip.cli import options
from neuroclip.cli.reporting import print_json, progress
from neuroclip.cli.tasks import Source, encode
from neuroclip.errors import OptionError

if TYPE_CHECKING:
    from neuroclip.comparison import Fitted, Task

Protocol = Literal["honest", "as-published"]
_CONFIG = ("options",)


def command(
    head: options.AnyHead,
    data: options.Data,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Where the fitted head is written.", show_default=False)
    ],
    shots: options.Shots = None,
    seed: options.Seed = 0,
    validation: options.Validation = 0.0,
    test: options.TestOn = None,
    reserve: options.Reserve = None,
    split_file: options.SplitFile = None,
    known: options.Known = None,
    option: options.HeadOptions = None,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Options of the head as TOML, in a table named options.", show_default=False
        ),
    ] = None,
    protocol: Annotated[
        Protocol,
        typer.Option(
            help="as-published: also say what choosing the epoch on the test part would have shown."
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
    chosen = (_configured(config) if config is not None else {}) | options.assignments(option)

    from neuroclip import heads
    from neuroclip.backbones import load_model
    from neuroclip.classes import load_prompts
    from neuroclip.comparison import Task, fit

    made = heads.restore(head, chosen)
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
    sentences = load_prompts(prompts or prompts_of(dataset), templates)
    loaded = load_model(model, precision=precision, device=device)
    keeper = source.open_bank()
    task = Task(dataset, source.split(dataset), loaded, sentences, keeper)
    if skip_bad:
        dataset = source.readable(dataset, task.filled(made.representation), task.backbones, keeper)
        task = Task(dataset, source.split(dataset), loaded, sentences, keeper)
    encode(task, made.training, task.split.train)
    measured = task.split.test if protocol == "as-published" else ()
    encode(task, made.representation, (*measured, *task.split.validation))
    with progress(100, f"fitting {head}") as bar:
        told = 0

        def tell(position: int, total: int | None) -> None:
            nonlocal told
            done = 100 * position // total if total else 0
            bar.update(max(0, done - told))
            told = max(told, done)

        fitted = fit(
            task, made, seed=seed, folder=out, as_published=protocol == "as-published", progress=tell
        )
    digest = _save(out, task, fitted)
    _report(head, task, fitted, out, digest, json)


def prompts_of(dataset: Any) -> str:
    """Return the prompt set of a known data set, else the default one."""
    from neuroclip.classes import DEFAULT_PROMPTS

    return dataset.known.prompts if dataset.known is not None else DEFAULT_PROMPTS


def _configured(path: Path) -> dict[str, Any]:
    """Read the options of a head.

    Raises:
        OptionError: It cannot be read, or has something else in it.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise OptionError(f"{path}: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OptionError(f"{path} is no TOML: {error}") from error
    for key in content:
        if key not in _CONFIG:
            raise OptionError(f"{path}: unknown key {key!r}; the options of the head stand under [options]")
    chosen = content.get("options", {})
    if not isinstance(chosen, dict):
        raise OptionError(f"{path}: options is {chosen!r}; expected a table [options]")
    return chosen


def _save(out: Path, task: Task, fitted: Fitted) -> str:
    from neuroclip import heads
    from neuroclip.comparison.training import finished

    seen = {name: task.items[name].file.digest for name in task.split.train}
    about = {**fitted.provenance, "fit_seconds": round(fitted.seconds, 3), "seen": sorted(seen.values())}
    digest = heads.save(out, fitted.head, fitted.state, task.classes, provenance=about)
    task.split.write(out / "split.json")
    finished(out)
    return digest


def _report(head: str, task: Task, fitted: Fitted, out: Path, digest: str, json: bool) -> None:
    from neuroclip.comparison import evaluate

    split = task.split
    row: dict[str, Any] = {
        "head": head,
        "model": task.model.name,
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
