"""`neuroclip zero-shot`: recordings named from words alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from neuroclip.cli import options
from neuroclip.cli.reporting import Failures, complain, print_json, print_table, progress
from neuroclip.errors import ClassesError, HeadError

if TYPE_CHECKING:
    from neuroclip_prompts import PromptSet

    from neuroclip.prediction import Prediction
    from neuroclip.recording import Recording

BATCH = 16
"""Recordings encoded together: enough to fill the encoder, few enough for the bar to move."""


class Question(NamedTuple):
    """One recording, or one window of it."""

    path: Path
    recording: Recording
    window_us: tuple[int, int] | None


def command(
    recordings: options.Recordings,
    classes: options.ClassNames = None,
    classes_file: options.ClassesFile = None,
    prompts: options.Prompts = None,
    templates: options.Templates = None,
    window_us: Annotated[
        int | None,
        typer.Option(
            min=1, help="Cut recordings into windows of this many microseconds.", show_default=False
        ),
    ] = None,
    slide: Annotated[
        int | None,
        typer.Option(
            min=1, help="Microseconds from one window to the next.", show_default="the window's length"
        ),
    ] = None,
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
    if slide is not None and window_us is None:
        raise typer.BadParameter("--slide goes with --window-us.")
    chosen = options.assignments(option) | options.given(
        steps=steps, split=split, window_us=step_us, polarity=polarity, min_count=min_count
    )

    import torch

    from neuroclip import heads
    from neuroclip.backbones import load_model
    from neuroclip.classes import DEFAULT_PROMPTS, Classes, load_prompts
    from neuroclip.cli import inputs
    from neuroclip.prediction import predict

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
    questions = list(_questions(found, window_us, slide))
    if not questions:
        failures.finish()
    asked = Classes(names, sentences, loaded)
    state = fitted.fit(torch.zeros(0), torch.zeros(0, dtype=torch.long), asked, seed=0)

    answers: list[tuple[Question, Prediction]] = []
    with progress(len(questions), "recordings" if window_us is None else "windows") as bar:
        for start in range(0, len(questions), BATCH):
            batch = questions[start : start + BATCH]
            predictions = predict(
                fitted,
                state,
                [question.recording for question in batch],
                asked,
                model=loaded,
                names=[str(question.path) for question in batch],
                head_name=head,
            )
            for question, prediction in zip(batch, predictions, strict=True):
                if json:
                    window = {} if question.window_us is None else {"window_us": list(question.window_us)}
                    print_json(prediction.to_json() | window)
                else:
                    answers.append((question, prediction))
            bar.update(len(batch))
    _show(answers)
    failures.finish()


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


def _questions(
    found: Sequence[tuple[Path, Recording]], window_us: int | None, slide: int | None
) -> Iterator[Question]:
    """Yield whole recordings, or their windows; a window without events would be a guess, and is left out."""
    for path, recording in found:
        if window_us is None:
            yield Question(path, recording, None)
            continue
        empty = 0
        for i, window in enumerate(recording.windows(window_us, slide)):
            start = int(recording.events["t"][0]) + i * (slide or window_us)
            if len(window):
                yield Question(path, window, (start, start + window_us))
            else:
                empty += 1
        if empty:
            complain(f"{path}: left out {empty} windows without events")


def _show(answers: Sequence[tuple[Question, Prediction]]) -> None:
    """Print one recording with its best classes, or several with one line each."""
    if len(answers) == 1:
        ((question, prediction),) = answers
        print_table(
            (_called(question), "score"),
            [(name, f"{score:.3f}") for name, score in list(prediction.scores.items())[:10]],
        )
    elif answers:
        rows: list[tuple[str, ...]] = []
        for question, prediction in answers:
            (best, score), (second, less), *_ = prediction.scores.items()
            rows.append((_called(question), best, f"{score:.3f}", f"{second} {less:.3f}"))
        print_table(("recording", "answer", "score", "next"), rows)


def _called(question: Question) -> str:
    if question.window_us is None:
        return str(question.path)
    start, stop = question.window_us
    return f"{question.path} {start / 1e6:.3f}-{stop / 1e6:.3f} s"
