"""Checks of form: options, shapes, types, and nothing done on the side."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from neuroclip.heads import Head, describe, make
from neuroclip.representations import Representation
from neuroclip.testing.checks import DoesNotApply
from neuroclip.testing.trial import Trial


def options_are_json(head: Head) -> None:
    """A head is a frozen dataclass whose options survive JSON, and equal heads read equal representations.

    A list or a set as a default (write a tuple), a field without a type, or a `representation` made of
    something other than the fields.
    """
    assert dataclasses.is_dataclass(head), "no dataclass"
    assert type(head).__dataclass_params__.frozen, "a dataclass that is not frozen"  # type: ignore[attr-defined] - every dataclass has them
    assert not isinstance(head, type)
    again = make(type(head), describe(head))
    assert again == head, f"{again} after a round trip of {head}"
    for one, other in ((again.representation, head.representation), (again.training, head.training)):
        assert isinstance(one, Representation), f"a representation of type {type(one).__name__}"
        assert one.key == other.key, f"keys {one.key} and {other.key}"


def logits_have_the_right_shape(head: Head) -> None:
    """Logits are finite floating-point numbers (n, c): a row per recording, a column per class.

    A product turned the wrong way round, or half precision: `x` and the state are float32, and logits are too.
    """
    trial = Trial(head)
    logits = trial.ask(trial.fitted())
    trial.check_shape(logits)
    assert logits.is_floating_point(), f"{logits.dtype}"
    assert logits.isfinite().all(), f"{logits}"


def timestep_logits_have_the_right_shape(head: Head) -> None:
    """Timestep logits are None, or finite floating-point numbers (n, t, c).

    Axes in another order. Return None where a timestep says nothing by itself.
    """
    trial = Trial(head)
    each = head.timestep_logits(trial.fitted(), trial.read(trial.asked), trial.classes)
    if each is None:
        raise DoesNotApply("it says nothing of single timesteps")
    shape = tuple(each.shape)
    assert len(shape) == 3, f"shape {shape}"
    assert (shape[0], shape[2]) == (len(trial.asked), len(trial.classes)), f"shape {shape}"
    assert each.is_floating_point(), f"{each.dtype}"
    assert each.isfinite().all(), f"{each}"
    steps = getattr(head, "steps", None)
    if isinstance(steps, int) and getattr(head, "split", "events") != "window":
        assert shape[1] == steps, f"{shape[1]} timesteps, not {steps}"


def the_state_is_tensors(head: Head) -> None:
    """What was learned is a dictionary of detached tensors with texts as names.

    A parameter in place of its values: `tensor.detach()`. What is no tensor (a number, a list) becomes one:
    `torch.tensor(3)`.
    """
    state = Trial(head).fit()
    assert type(state) is dict, f"a {type(state).__name__}"
    for name, tensor in state.items():
        assert isinstance(name, str), f"the name {name!r}"
        assert isinstance(tensor, Tensor), f"{name} is {type(tensor).__name__}"
        assert not tensor.requires_grad, f"{name} requires gradients"


def nothing_is_changed_in_place(head: Head) -> None:
    """Recordings, labels, state and text features are as they were after fit and logits.

    `x *= 2`, `normalize_()` or `state[...] = `: others read the same tensors, which may lie in a file. Work on
    a copy.
    """
    trial = Trial(head)
    shown, y, asked = (
        trial.read(trial.shown, head.training),
        trial.labels(trial.shown),
        trial.read(trial.asked),
    )
    features, weights = trial.classes.features, dict(trial.model.image_weights)
    before = [_copy(v) for v in (shown, y, asked, features, weights)]
    state = head.fit(shown, y, trial.classes, seed=0)
    kept = _copy(state)
    head.logits(state, asked, trial.classes)
    head.timestep_logits(state, asked, trial.classes)
    names = ("x given to fit", "y", "x given to logits", "classes.features", "classes.loaded.image_weights")
    for name, old, new in zip(names, before, (shown, y, asked, features, weights), strict=True):
        assert _same(old, new), f"{name} changed"
    assert _same(kept, state), "the state changed"


def nothing_is_done_on_the_side(head: Head) -> None:
    """A head prints nothing and leaves global random generators, gradients, threads and default types alone.

    `torch.randn`, `torch.randperm` or a layer's random weights without a generator of the head's own
    (`torch.Generator().manual_seed(seed)`), `torch.manual_seed`, or a `print`: the caller shows progress. Between two
    checkpoints of `train`: a `yield` inside `torch.no_grad()`.
    """
    trial = Trial(head)
    asked = trial.read(trial.asked)
    x, y = trial.read(trial.shown, head.training), trial.labels(trial.shown)
    # Somewhere that no head would seed them to.
    torch.manual_seed(0xE7E27)
    np.random.seed(0xE7E27)  # noqa: NPY002 - the global one is the point
    before, out = _globals(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        state, after = dict[str, Tensor](), list[tuple[str, dict[str, object]]]()
        if type(head).train is not Head.train:
            for step in head.train(x, y, trial.classes, seed=0):  # as `fit` does, and between its checkpoints
                state = step.state
                after.append((f" at position {step.position}", _globals()))
        if type(head).fit is not Head.fit:
            state = head.fit(x, y, trial.classes, seed=0)
        head.logits(state, asked, trial.classes)
        after.append(("", _globals()))
    assert not out.getvalue(), f"it printed {out.getvalue()[:80]!r}"
    for when, found in after:
        for name, old in before.items():
            assert found[name] == old, f"{name} changed{when}"


def operations_are_counted_per_recording(head: Head) -> None:
    """Operations are None, or finite numbers from 0 upwards for one recording, the same however many were asked.

    A count of the whole batch, or of one timestep: divide by the number of recordings, and count every timestep.
    """
    if type(head).operations is Head.operations:
        raise DoesNotApply("it leaves counting to torch's counter")
    trial = Trial(head)
    state, x = trial.fitted(), trial.read(trial.asked[:1])
    once = head.operations(state, x, trial.classes)
    twice = head.operations(state, trial.read(trial.asked[:1] * 2), trial.classes)
    if once is None or twice is None:
        assert once is twice, "None for some recordings, and numbers for others"
        raise DoesNotApply("it leaves counting to torch's counter")
    for name in ("macs", "accumulates", "firing_rate"):
        value, other = getattr(once, name), getattr(twice, name)
        if name == "firing_rate" and value is None:
            continue
        assert math.isfinite(value) and value >= 0, f"{name} is {value}"  # noqa: PT018 - one rule
        assert math.isclose(value, other, rel_tol=1e-3), (
            f"{name} is {value} for 1 recording and {other} for 2"
        )
    assert once.firing_rate is None or once.firing_rate <= 1, f"firing_rate is {once.firing_rate}"


def _globals() -> dict[str, object]:
    return {
        "torch's random generator": torch.get_rng_state().numpy().tobytes(),
        "numpy's random generator": str(np.random.get_state(legacy=False)),  # noqa: NPY002 - the one to leave alone
        # Python's own is missing here: beartype, where it checks calls, draws from it
        "the gradient mode": torch.is_grad_enabled(),
        "the default type": torch.get_default_dtype(),
        "the number of threads": torch.get_num_threads(),
        "deterministic algorithms": torch.are_deterministic_algorithms_enabled(),
    }


def _copy(value: Any) -> Any:
    return {k: _copy(v) for k, v in value.items()} if isinstance(value, dict) else value.clone()


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[k], other[k]) for k in one)
    return torch.equal(one, other)
