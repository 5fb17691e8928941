"""Checks of learning: from shots alone, by the seed alone, for the classes in the order they are given."""

from __future__ import annotations

import itertools
import random

import numpy as np
import torch

from neuroclip.heads import Checkpoint, Head, State
from neuroclip.testing.checks import DoesNotApply
from neuroclip.testing.toys import TOY_CLASSES
from neuroclip.testing.trial import Trial

_ENOUGH = (
    0.7  # chance is 0.33 to 0.4; a head with classes in an order of its own is at most at 0.4 in one order
)


def it_learns_in_any_order_of_classes(head: Head) -> None:
    """Three classes that are easy to tell apart are told apart, in whatever order they are named.

    An order of the head's own, such as sorted names or labels in the order in which they come: `y` holds
    positions in `classes.names`. Or options too small to learn anything.
    """
    for names in itertools.permutations(TOY_CLASSES):
        trial = Trial(head, names)
        accuracy = trial.accuracy(trial.fit())
        assert accuracy >= _ENOUGH, f"an accuracy of {accuracy:.2f} for the classes {', '.join(names)}"


def the_fewest_shots_suffice(head: Head) -> None:
    """`min_shots` recordings per class are enough to fit; with 0, nothing at all is.

    A variance or a validation part of a single shot. `min_shots` says how many the head needs.
    """
    trial = Trial(head, shots=head.min_shots)
    logits = trial.ask(trial.fit())
    assert logits.isfinite().all(), f"{logits} after {head.min_shots} shots per class"


def the_seed_decides(head: Head) -> None:
    """Two fits with one seed give one state, whatever the global random generators hold.

    The global random generators, or the time: draw from `torch.Generator().manual_seed(seed)`.
    """
    trial = Trial(head)
    states: list[State] = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002 - the global one is the point
        states.append(trial.fit(seed=7))
    _equal(states[0], states[1], "fitted twice")


def training_ends_where_fit_does(head: Head) -> None:
    """The last checkpoint of train is what fit returns; positions grow, and every state can be used.

    A `fit` of its own beside `train`: leave it out, the last checkpoint is what it returns. To keep the best
    epoch, let the last checkpoint be that.
    """
    _check_trains(head)
    trial = Trial(head)
    checkpoints = _train(trial)
    assert checkpoints, "no checkpoint"
    positions = [checkpoint.position for checkpoint in checkpoints]
    assert positions == sorted(set(positions)), f"positions {positions}"
    for checkpoint in (checkpoints[0], checkpoints[-1]):
        assert trial.ask(checkpoint.state).isfinite().all(), f"logits at position {checkpoint.position}"
    _equal(checkpoints[-1].state, trial.fit(), "by fit and by train")


def training_can_be_resumed(head: Head) -> None:
    """Going on from a checkpoint gives the same last state as never having stopped.

    An optimiser, a generator or an order of batches that `Checkpoint.resume` does not hold.
    """
    _check_trains(head)
    trial = Trial(head)
    checkpoints = _train(trial)
    stop = checkpoints[(len(checkpoints) - 1) // 2]
    rest = _train(trial, stop)
    assert all(c.position > stop.position for c in rest), f"it began again before position {stop.position}"
    last = rest[-1] if rest else stop
    _equal(checkpoints[-1].state, last.state, f"resumed from position {stop.position}")


def _check_trains(head: Head) -> None:
    if type(head).train is Head.train:
        raise DoesNotApply("it has no train of its own: fit is one step")


def _train(trial: Trial, resume: Checkpoint | None = None) -> list[Checkpoint]:
    x, y = trial.read(trial.shown, trial.head.training), trial.labels(trial.shown)
    found: list[Checkpoint] = []
    for c in trial.head.train(x, y, trial.classes, seed=0, resume=resume):
        # Copied, as a caller that writes to disk does: a head may go on working in the same tensors.
        copies = [{name: t.detach().clone() for name, t in part.items()} for part in (c.state, c.resume)]
        found.append(Checkpoint(copies[0], copies[1], c.position, c.total))
    return found


def _equal(one: State, other: State, when: str) -> None:
    assert one.keys() == other.keys(), f"states with {sorted(one)} and {sorted(other)} {when}"
    for name in one:
        assert torch.equal(one[name], other[name]), f"another {name} {when}"
