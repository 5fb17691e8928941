"""`neuroclip zero-shot`: recordings named from words alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from neuroclip.cli import answering, options
from neuroclip.cli.reporting import Failures
from neuroclip.errors import ClassesError, HeadError

if TYPE_CHECKING:
    from neuroclip_prompts import PromptSet


def command(
    recordings: options.Recordings,
    classes: options.ClassNames = None,
    classes_file: options.ClassesFile = None,
    prompts: options.Prompts = None,
    templates: options.Templates = None,
    window_us: options.WindowUs = None,
    slide: options.Slide = None,
    steps: options.Steps = None,
    split: options.SplitBy = None,
    step_us: options.StepUs = None,
    polarity: options.PaintAs = None,
    min_count: options.MinCount = None,
    model: options.ModelName = "event-tiny",
    precision: options.ModelPrecision = "auto",
    device: options.Device = "auto",
    head: options.HeadName = "zero-shot",
    option: options.HeadOptions = None,
    format: options.Format = None,
    size: options.Size = None,
    recover: options.Recover = False,
    json: options.Json = False,
) -> None:
    """Name recordings with words of your choice."""
    if classes is not None and classes_file is not None:
        raise typer.BadParameter("give either --classes or --classes-file, not both.")
    if classes is None and classes_file is None and prompts is None:
        raise typer.BadParameter(
            'say which classes there are: --classes "zero, one", --classes-file, or --prompts nmnist.'
        )
    answering.check_windows(window_us, slide)
    chosen = options.assignments(option) | options.given(
        steps=steps, split=split, window_us=step_us, polarity=polarity, min_count=min_count
    )

    import torch

    from neuroclip import heads
    from neuroclip.backbones import load_model
    from neuroclip.classes import DEFAULT_PROMPTS, Classes, load_prompts
    from neuroclip.cli import inputs

    fitted = heads.restore(head, chosen)
    if fitted.min_shots:
        raise HeadError(
            f"{head} needs at least {fitted.min_shots} shots per class, so names alone are not enough"
        )
    sentences = load_prompts(prompts or DEFAULT_PROMPTS, templates)
    names = _class_names(classes, classes_file, sentences)
    loaded = load_model(model, precision=precision, device=device)  # first: it may be misspelt
    failures = Failures()
    found = inputs.read_all(recordings, failures, format=format, size=size, recover=recover)
    if not found:
        failures.finish()
    asked = Classes(names, sentences, loaded)
    state = fitted.fit(torch.zeros(0), torch.zeros(0, dtype=torch.long), asked, seed=0)
    answering.answer(
        fitted,
        state,
        found,
        asked,
        failures,
        model=loaded,
        head_name=head,
        window_us=window_us,
        slide=slide,
        json=json,
    )


def _class_names(classes: str | None, file: Path | None, sentences: PromptSet) -> tuple[str, ...]:
    from neuroclip.classes import parse_classes, read_classes

    if classes is not None:
        return parse_classes(classes)
    if file is not None:
        return read_classes(file)
    if not sentences.classes:
        raise ClassesError(
            f"the prompt set {sentences.name} brings no class names: add --classes or --classes-file"
        )
    return tuple(sentences.classes.values())
