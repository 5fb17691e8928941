"""The contract of a head: options, plus pure functions of tensors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from torch import Tensor

from neuroclip.classes import Classes
from neuroclip.errors import HeadError
from neuroclip.representations import Representation
from neuroclip.shapes import Labels, Logits, TimestepLogits

CONTRACT = 1
"""The version of what plugins build on: docs/contract.md. It rises when a plugin may have to change."""

State = dict[str, Tensor]
"""Everything a head has learned: detached tensors by name. Nested heads keep theirs under a prefix and a dot."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """Where a training is.

    Attributes:
        state: Can be used as it is: `head.logits(state, ...)`.
        resume: What `train(..., resume=checkpoint)` needs to go on as if nothing had happened: the tensors of the
            optimiser and of the generator.
        position: How far it is, from 1 upwards (epochs, say); it grows.
        total: What `position` will be at the end, if known.
    """

    state: State
    resume: State = field(default_factory=dict)
    position: int = 1
    total: int | None = None


@dataclass(frozen=True)
class Operations:
    """What a head computes for one recording, where a counter of ordinary layers would be wrong.

    Attributes:
        macs: Multiply-accumulate operations.
        accumulates: Additions alone, where spikes (0 or 1) stand in place of a factor: only those that a spike causes.
        firing_rate: Spikes per neuron and timestep, 0 to 1; None where there are no neurons.
    """

    macs: int | float
    accumulates: int | float = 0
    firing_rate: float | None = None


class Head(ABC):
    """Turns what recordings became into scores over classes.

    A head is a frozen dataclass whose fields are options that JSON can hold. Its functions are pure: `fit` returns
    everything learned and keeps nothing, `logits` reads it. It never prints, saves, or draws from the global random
    generators, and a recording's logits depend neither on its neighbours nor on earlier calls.

    `x` is what `representation` (in `fit` and `train`: `training`) gives for n recordings: a tensor whose first
    axis is n, for a `Joint` a mapping of them. It may be memory-mapped and of a small integer type: take minibatches
    (`neuroclip.heads.minibatches`), cast late, change nothing in place. Where `fit` is asked to learn from nothing
    (`min_shots` is 0) it is an empty tensor.

    A subclass defines `representation`, `logits`, and either `fit` or `train`.
    """

    min_shots: ClassVar[int] = 1
    """Labelled recordings per class that `fit` needs at least. 0: works from class names alone."""

    @property
    @abstractmethod
    def representation(self) -> Representation:
        """What `logits` reads: a value; equal values are computed once for all heads."""

    @property
    def training(self) -> Representation:
        """What `fit` and `train` read; more than `representation` where fitting needs what prediction lacks."""
        return self.representation

    @property
    def needs(self) -> tuple[Path, ...]:
        """Files of weights and folders of fitted heads that options name, and that `fit` reads.

        What they hold, and not what they are called, is part of what decides what is learned.
        """
        return ()

    def fit(self, x: Any, y: Labels, classes: Classes, *, seed: int) -> State:
        """Learn from shots; `y` holds positions in `classes`. Equal arguments give equal states.

        By default the state of the last checkpoint of `train`.
        """
        if type(self).train is Head.train:
            raise HeadError(f"{type(self).__name__} defines neither fit nor train")
        state: State | None = None
        for checkpoint in self.train(x, y, classes, seed=seed):
            state = checkpoint.state
        if state is None:
            raise HeadError(f"the training of {type(self).__name__} gave no checkpoint")
        return state

    def train(
        self, x: Any, y: Labels, classes: Classes, *, seed: int, resume: Checkpoint | None = None
    ) -> Iterator[Checkpoint]:
        """Learn step by step, for heads that take long; the caller owns progress bar, disk and interruption.

        Going on from any checkpoint gives the same last state as never having stopped. By default one checkpoint,
        after `fit`.
        """
        if resume is None:
            yield Checkpoint(self.fit(x, y, classes, seed=seed), total=1)

    @abstractmethod
    def logits(self, state: State, x: Any, classes: Classes) -> Logits:
        """Score n recordings over the c classes, float32 (n, c); softmax makes them probabilities."""

    def timestep_logits(self, state: State, x: Any, classes: Classes) -> TimestepLogits | None:
        """Say what each timestep says by itself, float32 (n, t, c); None where a head has no such thing."""
        return None

    def operations(self, state: State, x: Any, classes: Classes) -> Operations | None:
        """Return what `logits` computes for one of these recordings on average; None: let torch's counter tell."""
        return None
