"""Asking a head about recordings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast, overload

import torch
from torch import Tensor

from neuroclip.backbones import DEFAULT_MODEL, ImageNetwork, Model, load_backbone, load_model
from neuroclip.bank import Bank
from neuroclip.classes import DEFAULT_PROMPTS, Classes, load_prompts, parse_classes
from neuroclip.errors import ClassesError, HeadError, RecordingError
from neuroclip.formats import read, read_many
from neuroclip.heads import Head, State, answering_network, describe, find, finite, make
from neuroclip.prediction.answer import Prediction
from neuroclip.recording import Recording
from neuroclip.representations import ClipTimesteps, Joint, Representation, TernaryFrames, step_edges

DEFAULT_HEAD = "zero-shot"
"""The head that answers where none is named; it needs no shots."""

Source = Recording | Path | str
ClassNames = Sequence[str] | str | None


@overload
def zero_shot(recording: Source, classes: ClassNames = None, **options: Any) -> Prediction: ...  # pyright: ignore[reportOverlappingOverload] - a str is one path, not several
@overload
def zero_shot(
    recording: Iterable[Source], classes: ClassNames = None, **options: Any
) -> list[Prediction]: ...
def zero_shot(
    recording: Source | Iterable[Source],
    classes: ClassNames = None,
    *,
    model: Model | str = DEFAULT_MODEL,
    prompts: str | Path = DEFAULT_PROMPTS,
    templates: Sequence[str] | None = None,
    head: str | Head = DEFAULT_HEAD,
    names: Sequence[str] | None = None,
    bank: Bank | None = None,
    **options: Any,
) -> Prediction | list[Prediction]:
    """Name what recordings show, from class names alone.

    One recording, or the path of one, gives a `Prediction`; several give a list, encoded together. `classes` are
    names, or a text `"a, b"`; without them the prompt set's own (`prompts="nmnist"` names the ten digits). `names` call
    the recordings something else than their paths. Further options are the head's, such as `steps=10`.

    Raises:
        NeuroclipError: Of its kind: a file that cannot be read, something that is neither recording nor path, an
            unknown model, head, prompt set or option, classes that are no choice.
    """
    single = isinstance(recording, Recording | Path | str)
    sources = _sources(recording)
    recordings = _read(sources)
    chosen = find(head) if isinstance(head, str) else head
    fitted = make(chosen, options) if isinstance(chosen, type) else chosen
    if fitted.min_shots > 0:
        raise HeadError(f"the head {head!r} needs at least {fitted.min_shots} shots per class: fit it first")
    loaded = load_model(model) if isinstance(model, str) else model
    words = load_prompts(prompts, templates)
    asked = Classes(_names(classes, words.classes, str(prompts)), words, loaded)
    nothing = torch.zeros(0, dtype=torch.long)
    called = list(names) if names is not None else [_called(source, i) for i, source in enumerate(sources)]
    predictions = predict(
        fitted,
        fitted.fit(torch.zeros(0), nothing, asked, seed=0),
        recordings,
        asked,
        model=loaded,
        names=called,
        head_name=head if isinstance(head, str) else type(head).__name__,
        bank=bank,
    )
    return predictions[0] if single else predictions


def predict(
    head: Head,
    state: State,
    recordings: Sequence[Recording],
    classes: Classes,
    *,
    model: Model,
    names: Sequence[str],
    head_name: str,
    bank: Bank | None = None,
) -> list[Prediction]:
    """Ask a fitted head about recordings, all encoded together. No recording changes the answer for another.

    Raises:
        HeadError: A score is not finite.
    """
    if not recordings:
        return []
    representation = head.representation.filled(model.name)

    def backbones(name: str) -> Model | ImageNetwork:
        return model if name == model.name else load_backbone(name)

    x = (bank or Bank()).get(representation, recordings, backbones)
    with torch.no_grad():
        scores = finite(head.logits(state, x, classes), head_name).double().softmax(-1)
        each = head.timestep_logits(state, x, classes)
    network = answering_network(head, model.name, head_name)
    painter = _painter(representation)
    provenance = {
        "versions": {name: version(name) for name in ("neuroclip", "torch", "open_clip_torch")},
        "model": {"name": model.name, "digest": model.weights_digest, "precision": model.precision},
        "head": {"name": head_name, "options": describe(head)},
        "classes": {"names": list(classes.names), "words": list(classes.words)},
        "prompts": {"name": classes.prompts.name, "templates": list(classes.prompts.templates)},
        "representation": representation.key,
    }
    predictions: list[Prediction] = []
    for i, (recording, name) in enumerate(zip(recordings, names, strict=True)):
        steps = (
            None
            if painter is None
            else len(step_edges(recording, painter.steps, painter.split, painter.window_us)) - 1
        )
        ranked = _ranked(classes.names, scores[i])
        predictions.append(
            Prediction(
                recording=name,
                label=next(iter(ranked)),
                scores=ranked,
                timesteps=None if each is None else _by_class(classes.names, each[i, :steps]),
                head=head_name,
                model=network,
                events=len(recording),
                steps=steps if steps is not None or each is None else each.shape[1],
                provenance=provenance,
                source=recording,
                painter=painter,
            )
        )
    return predictions


def _sources(given: object) -> list[Source]:
    """Return the recordings and paths that a caller gave, one or several.

    Raises:
        RecordingError: There is something else, such as an array.
    """
    if isinstance(given, Recording | Path | str):
        return [given]
    try:
        several: list[object] = list(iter(given))  # type: ignore[call-overload] - what cannot be walked is refused below
    except TypeError:
        several = [given]
    for one in several:
        if not isinstance(one, Recording | Path | str):
            found = type(one if isinstance(given, list | tuple) else given)
            raise RecordingError(
                f"expected a Recording, a path, or several of them, but found {found.__module__}.{found.__qualname__}: "
                "Recording(make_events(t, x, y, on), width, height) makes one of arrays"
            )
    return cast("list[Source]", several)


def _read(sources: Sequence[Source]) -> list[Recording]:
    paths = [source for source in sources if not isinstance(source, Recording)]
    # Several files share one guess of the sensor's size; for one alone the guess is warned of.
    opened = iter([read(paths[0])] if len(paths) == 1 else read_many(paths))
    return [source if isinstance(source, Recording) else next(opened) for source in sources]


def _called(source: Source, i: int) -> str:
    return f"recording {i}" if isinstance(source, Recording) else str(source)


def _names(classes: ClassNames, words: Mapping[str, str], prompts: str) -> tuple[str, ...]:
    if isinstance(classes, str):
        return parse_classes(classes)
    if classes is not None:
        return tuple(classes)
    if not words:
        raise ClassesError(
            f"the prompt set {prompts!r} names no classes: say which, as in --classes 'zero, one'"
        )
    return tuple(words.values())


def _painter(representation: Representation) -> TernaryFrames | None:
    if isinstance(representation, TernaryFrames):
        return representation
    if isinstance(representation, ClipTimesteps):
        return representation.frames
    parts = (part for _, part in representation.parts) if isinstance(representation, Joint) else ()
    return next((painter for painter in map(_painter, parts) if painter is not None), None)


def _ranked(names: Sequence[str], scores: Tensor) -> dict[str, float]:
    pairs = zip(names, scores.tolist(), strict=True)
    return dict(sorted(pairs, key=lambda pair: -pair[1]))


def _by_class(names: Sequence[str], logits: Tensor) -> dict[str, list[float]]:
    return dict(zip(names, logits.double().softmax(-1).T.tolist(), strict=True))
