"""Checks of answers: they depend on the recording, the state and the classes, and on nothing else."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any, cast

import numpy as np
import torch
from safetensors.torch import load as from_bytes
from safetensors.torch import save as to_bytes
from torch import Tensor
from torch.nn.functional import normalize

from neuroclip.heads import Head, take
from neuroclip.heads.options import names_of
from neuroclip.representations import ClipTimesteps, Joint, Representation
from neuroclip.testing.checks import DoesNotApply
from neuroclip.testing.toys import TOY_CLASSES, ToyModel
from neuroclip.testing.trial import Trial

_TOLERANCE = 1e-4


def later_timesteps_do_not_matter(head: Head) -> None:
    """What a timestep says of the classes is the same whatever comes after it, but for a common factor.

    Attention over all frames, or statistics of a whole recording: that is no answer after so many timesteps, so leave
    `timestep_logits` out.
    """
    if type(head).timestep_logits is Head.timestep_logits:
        raise DoesNotApply("it says nothing of single timesteps")
    trial = Trial(head)
    state, x = trial.fitted(), trial.read(trial.asked)
    said = head.timestep_logits(state, x, trial.classes)
    if said is None or said.ndim != 3 or not isinstance(x, Tensor) or x.shape[1] != said.shape[1]:
        raise DoesNotApply("what it reads has no axis of timesteps")
    kept = (said.shape[1] + 1) // 2
    changed = x.clone()
    changed[:, kept:] = x.flip(0)[:, kept:]  # those of other recordings
    then = head.timestep_logits(state, changed, trial.classes)
    assert then is not None, "None for other recordings"
    before, after = (normalize(logits[:, :kept].double(), dim=-1) for logits in (said, then))
    moved = (after - before).abs().amax((0, 2))
    at = int(moved.argmax())
    assert moved[at] < 10 * _TOLERANCE, f"timestep {at + 1} of {said.shape[1]} says something else"


def the_recording_matters(head: Head) -> None:
    """Recordings of different classes have different logits.

    Logits made of the state or the class names alone, or all events lost on the way.
    """
    trial = Trial(head)
    logits = trial.ask(trial.fitted())
    trial.check_shape(logits)  # or rows that are none would be compared
    assert (logits[:-1:3] - logits[0]).abs().max() > _TOLERANCE, f"the same row for all: {logits[0].tolist()}"


def asking_twice_gives_the_same(head: Head) -> None:
    """Logits depend on no earlier call, no fit of something else, and no global random generator.

    A membrane, a cache or a network that is kept on the head or in a module, dropout left on (`eval()`), or
    frames drawn at random: make everything anew from `state` in `logits`.
    """
    trial, other = Trial(head), Trial(head, seed=5)
    state = trial.fit()
    torch.manual_seed(1)
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002 - the global one is the point
    first = trial.ask(state)
    _close(first, trial.ask(state), "asked twice")
    other.ask(other.fit(), other.asked[:2])
    torch.manual_seed(2)
    random.seed(2)
    np.random.seed(2)  # noqa: NPY002
    _close(first, trial.ask(state), "asked again after another fit, and two other recordings")


def neighbours_do_not_matter(head: Head) -> None:
    """A recording's logits are the same alone, among others, and in another order.

    A mean, a maximum or a batch norm over the recordings that were asked together (`eval()`): statistics come
    from the shots, in `state`.
    """
    trial = Trial(head)
    state, x = trial.fit(), trial.read(trial.asked)
    together = head.logits(state, x, trial.classes)
    trial.check_shape(together)
    for i in range(len(trial.asked)):
        _close(
            together[i],
            head.logits(state, take(x, slice(i, i + 1)), trial.classes)[0],
            f"recording {i} alone",
        )
    back = torch.arange(len(trial.asked) - 1, -1, -1)
    _close(together.flip(0), head.logits(state, take(x, back), trial.classes), "in the opposite order")
    if (each := head.timestep_logits(state, x, trial.classes)) is not None:
        alone = head.timestep_logits(state, take(x, slice(0, 1)), trial.classes)
        assert alone is not None, "timestep logits for many, and None for one"
        _close(each[0], alone[0], "the timesteps of a recording alone")


def the_state_holds_everything(head: Head) -> None:
    """A fresh head with the same options and the saved state gives the same logits.

    Something learned that is kept on the head and not returned by `fit`.
    """
    trial = Trial(head)
    state = trial.fit()
    before = trial.ask(state)
    saved = from_bytes(to_bytes({name: t.detach().clone().contiguous() for name, t in state.items()}))
    fresh = replace(cast(Any, head))
    _close(before, fresh.logits(saved, trial.read(trial.asked), trial.classes), "after saving and loading")


def any_number_of_timesteps_works(head: Head) -> None:
    """Where `steps` is an option, 1, 2 and 7 work as well as the default.

    A layer or a weight made for one number of timesteps: take it from `self.steps` or from `x.shape[1]`.
    """
    if not isinstance(getattr(head, "steps", None), int):
        raise DoesNotApply("it has no option `steps`")
    options = {name: getattr(head, name) for name in names_of(head)}
    lists = [n for n, v in options.items() if isinstance(v, tuple) and len(v) == options["steps"]]
    for steps in (1, 2, 7):
        changed = {"steps": steps, **{name: (options[name] * 7)[:steps] for name in lists}}
        trial = Trial(replace(cast(Any, head), **changed))
        logits = trial.ask(trial.fit())
        assert logits.shape == (len(trial.asked), len(trial.classes)), (
            f"{tuple(logits.shape)} at steps={steps}"
        )
        assert logits.isfinite().all(), f"{logits} at steps={steps}"


def text_features_come_from_the_classes(head: Head) -> None:
    """A head without shots follows the text features of the classes it is given, also when the names are the same.

    A cache of text features by the names of the classes; `classes.features` is computed once already.
    """
    if head.min_shots:
        raise DoesNotApply(f"it learns from shots (min_shots is {head.min_shots})")
    turned: dict[str, str] = dict(zip(TOY_CLASSES, TOY_CLASSES[1:] + TOY_CLASSES[:1], strict=True))
    trial, mistaken = Trial(head, shots=0), Trial(head, shots=0, model=ToyModel(turned))
    right, wrong = trial.ask(trial.fit()).argmax(-1), mistaken.ask(mistaken.fit()).argmax(-1)
    agreement = float((right == wrong).float().mean())
    assert agreement < 0.5, f"{agreement:.0%} of the answers stayed when every name meant another class"


def the_length_of_a_feature_does_not_matter(head: Head) -> None:
    """A head without shots that asks for raw features normalises them: length is brightness, not evidence.

    A product without `normalize(x, dim=-1)`; or ask for `ClipTimesteps(normalized=True)`.
    """
    if head.min_shots or not _raw(head.representation):
        raise DoesNotApply("it learns from shots, or asks for no raw embeddings")
    trial = Trial(head, shots=0)
    state, x = trial.fit(), trial.read(trial.asked)
    _close(
        head.logits(state, x, trial.classes),
        head.logits(state, _longer(x), trial.classes),
        "10 times as long",
    )


def _raw(representation: Representation) -> bool:
    if isinstance(representation, Joint):
        return any(_raw(part) for _, part in representation.parts)
    return isinstance(representation, ClipTimesteps) and not representation.normalized


def _longer(x: Any) -> Any:
    """Make the first timestep of every floating-point part ten times as long."""
    if isinstance(x, dict):
        return {name: _longer(part) for name, part in x.items()}
    if not x.is_floating_point():
        return x
    factors = torch.ones(x.shape[1])
    factors[0] = 10
    return x * factors[:, None]


def _close(one: Tensor, other: Tensor, when: str) -> None:
    assert one.shape == other.shape, f"shape {tuple(other.shape)} {when}, {tuple(one.shape)} before"
    scale = max(1.0, float(one.detach().abs().max()))
    difference = float((one - other).detach().abs().max()) / scale
    assert difference <= _TOLERANCE, f"logits differ by {difference:.2g} of their size {when}"
