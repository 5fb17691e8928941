"""Recordings to answers, printed as they come: what `zero-shot` and `predict` share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from neuroclip.cli.reporting import Failures, complain, print_json, print_table, progress
from neuroclip.errors import OptionError, RecordingError

if TYPE_CHECKING:
    from neuroclip.backbones import Model
    from neuroclip.classes import Classes
    from neuroclip.heads import Head, State
    from neuroclip.prediction import Prediction
    from neuroclip.recording import Recording

BATCH = 16
"""Recordings encoded together: enough to fill the encoder, few enough for the bar to move."""


class Question(NamedTuple):
    """One recording, or one window of it."""

    path: Path
    recording: Recording
    window_us: tuple[int, int] | None


def check_windows(window_us: int | None, slide: int | None) -> None:
    """Refuse --slide without windows."""
    if slide is not None and window_us is None:
        raise typer.BadParameter("--slide goes with --window-us.")


def answer(
    head: Head,
    state: State,
    found: Sequence[tuple[Path, Recording]],
    classes: Classes,
    failures: Failures,
    *,
    model: Model,
    head_name: str,
    window_us: int | None,
    slide: int | None,
    json: bool,
) -> None:
    """Print what a fitted head says of recordings, or of their windows, and leave with status 1 if anything failed."""
    from neuroclip.prediction import predict

    def ask(batch: Sequence[Question]) -> Sequence[Prediction]:
        return predict(
            head,
            state,
            [question.recording for question in batch],
            classes,
            model=model,
            names=[str(question.path) for question in batch],
            head_name=head_name,
        )

    questions = list(_questions(found, window_us, slide))
    answers: list[tuple[Question, Prediction]] = []
    with progress(len(questions), "recordings" if window_us is None else "windows") as bar:
        for start in range(0, len(questions), BATCH):
            batch = questions[start : start + BATCH]
            for question, prediction in _asked(ask, batch, failures):
                if json:
                    window = {} if question.window_us is None else {"window_us": list(question.window_us)}
                    print_json(prediction.to_json() | window)
                else:
                    answers.append((question, prediction))
            bar.update(len(batch))
    _show(answers)
    failures.finish()


def _asked(
    ask: Callable[[Sequence[Question]], Sequence[Prediction]], batch: Sequence[Question], failures: Failures
) -> Iterator[tuple[Question, Prediction]]:
    """Yield answers; a recording that cannot be answered for is reported, and the others are asked one by one."""
    try:
        yield from zip(batch, ask(batch), strict=True)
    except (RecordingError, OptionError) as error:
        if len(batch) == 1:
            failures.report(type(error)(f"{_called(batch[0])}: {error}"))
            return
        for question in batch:
            yield from _asked(ask, [question], failures)


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
