"""`neuroclip demo`: the recordings that ship, named, and a picture of what the encoder saw."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuroclip.cli import options
from neuroclip.cli.reporting import print_json, print_table, progress
from neuroclip.errors import OptionError

if TYPE_CHECKING:
    from neuroclip.contact_sheet import Strip
    from neuroclip.prediction import Prediction
    from neuroclip.samples import Sample


def command(
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where the picture goes.")] = Path(
        "neuroclip-demo.png"
    ),
    model: options.ModelName = "event-tiny",
    precision: options.ModelPrecision = "auto",
    device: options.Device = "auto",
    json: options.Json = False,
) -> None:
    """Name the recordings that ship with the package, and draw what the encoder saw."""
    if out.suffix.lower() != ".png":
        raise OptionError(f"{out}: the picture is a .png, so let its name end so")

    from neuroclip.backbones import load_model
    from neuroclip.contact_sheet import contact_sheet
    from neuroclip.prediction import zero_shot
    from neuroclip.samples import samples

    loaded = load_model(model, precision=precision, device=device)
    shipped = samples()
    answers: list[tuple[Sample, Prediction]] = []
    with progress(len(shipped), "recordings") as bar:
        for (classes, prompts), group in groupby(
            shipped, key=lambda sample: (sample.classes, sample.prompts)
        ):
            alike = list(group)
            predictions = zero_shot(
                [sample.path for sample in alike],
                classes,
                model=loaded,
                prompts=prompts,
                names=[sample.path.name for sample in alike],
            )
            answers += zip(alike, predictions, strict=True)
            bar.update(len(alike))
    try:
        contact_sheet([_strip(sample, prediction) for sample, prediction in answers]).save(out)
    except OSError as error:
        raise OptionError(f"{out}: cannot be written ({error.strerror or error})") from error
    if json:
        for sample, prediction in answers:
            print_json(prediction.to_json() | {"label": sample.label, "picture": str(out)})
        return
    print_table(
        ("recording", "true name", "answer", "score", "of"),
        [
            (
                sample.path.name,
                sample.label,
                prediction.label + ("" if prediction.label == sample.label else "  (wrong)"),
                f"{prediction.scores[prediction.label]:.2f}",
                f"{len(sample.classes)} classes",
            )
            for sample, prediction in answers
        ],
    )
    right = sum(prediction.label == sample.label for sample, prediction in answers)
    typer.echo(f"\n{right} of {len(answers)} named correctly by {loaded.name}. What it saw: {out.resolve()}")


def _strip(sample: Sample, prediction: Prediction) -> Strip:
    from neuroclip.contact_sheet import Strip

    assert prediction.frames is not None  # zero-shot reads frames
    right = prediction.label == sample.label
    answer = f"{prediction.label}  {prediction.scores[prediction.label]:.2f}"
    return Strip(
        frames=prediction.frames,
        title=f"{sample.path.name}   {answer}" + ("" if right else f"   (in truth: {sample.label})"),
        mark="good" if right else "bad",
    )
