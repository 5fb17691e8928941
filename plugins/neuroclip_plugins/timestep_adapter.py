"""What the spiking adapter and its control without spikes share: everything but the neuron."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from neuroclip_adapters import (
    LEARNED,
    Adapted,
    Neuron,
    Statistics,
    initial_parameters,
    inter_timestep,
    update_running,
)
from torch import Generator, Tensor
from torch.nn import functional

from neuroclip.classes import Classes
from neuroclip.errors import OptionError
from neuroclip.heads import Checkpoint, Operations, State, minibatches
from neuroclip.representations import Augmented, ClipTimesteps, Representation, valid_timesteps
from neuroclip.shapes import Labels, Logits, TimestepLogits, Timesteps
from neuroclip_plugins.timesteps import TimestepHead

_WARM_UP = 1e-5
_MOMENTUM = 0.9
_AT_ONCE = 1024
_TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


@dataclass(frozen=True, kw_only=True)
class TimestepAdapter(TimestepHead):
    """A small network corrects the embeddings of the timesteps before they are compared with the class texts.

    With f_t the embedding of timestep t as the model gives it (not normalised) and a_t what the adapter makes of it,
    logits are scale * cos([mix a_t + (1 - mix) f_t]_t, [w_c]_t): the timesteps are put one after the other, and the
    unit text vector w_c as often. Timesteps that a recording does not have count for nothing.

    Attributes:
        copies: How many copies of a shot there are, itself included, of which every epoch sees one by chance: see
            `Augmented`. 1: no augmentation, since with event-tiny 8 changed nothing in cross-validation on shots.
        flip: Whether copies may be mirrored. As published True; for digits and letters that is wrong.
        epochs, batch, learning_rate, weight_decay, mix: As published. The learning rate is 1e-5 in the first epoch, and
            falls along a cosine from the second.
        smoothing: How much of each label is spread over the other classes. As published 0.2.
        precision: What the layers compute in while they learn; weights, and answers, are in float32.

    Source: NeuroCLIP (Guo et al.), inter-timestep adapter and few-shot classifier; constants as in its published code,
    for RN50 (there 250 epochs for other models). Departures: no label smoothing, which cost 1 to 2 points in
    cross-validation on shots of N-MNIST with event-tiny, whether of 1, 4 or 16 shots (0.2 is an option); batches are
    as equal as can be, so that none holds a single recording; augmented copies are made once, not in every epoch, are
    shifted as well, and mirrored only where that is asked for; the last epoch is the answer, where the published code
    took the best one on the test set.
    """

    spiking: ClassVar[bool]
    """Whether the neurons pass on 0 or 1, so that the layer after them adds and does not multiply."""

    copies: int = 1
    flip: bool = False
    epochs: int = 150
    batch: int = 32
    learning_rate: float = 0.01
    weight_decay: float = 5e-4
    smoothing: float = 0.0
    mix: float = 0.6
    precision: Literal["fp32", "bf16"] = "fp32"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, least in (("copies", 1), ("epochs", 1), ("batch", 2)):
            if getattr(self, name) < least:
                raise OptionError(f"{name} is {getattr(self, name)}; it can be {least} or more")
        for name in ("learning_rate", "weight_decay"):
            if not 0 <= getattr(self, name) < math.inf:
                raise OptionError(f"{name} is {getattr(self, name)}; it can be 0 or more")
        for name in ("smoothing", "mix"):
            if not 0 <= getattr(self, name) <= 1:
                raise OptionError(f"{name} is {getattr(self, name)}; it can be 0 to 1")

    @abstractmethod
    def neuron(self) -> Neuron:
        """Return new neurons, for one fit or one call."""

    @property
    def representation(self) -> ClipTimesteps:
        """Embeddings as the model gives them (n, t, d)."""
        return self.timesteps(normalized=False)

    @property
    def training(self) -> Representation:
        """Those of augmented copies as well (n, a, t, d)."""
        return (
            Augmented(self.representation, self.copies, flip=self.flip)
            if self.copies > 1
            else self.representation
        )

    def train(
        self, x: Any, y: Labels, classes: Classes, *, seed: int, resume: Checkpoint | None = None
    ) -> Iterator[Checkpoint]:
        """Yield a checkpoint after every epoch. `x` is (n, a, t, d), or (n, t, d) without copies."""
        generator = torch.Generator().manual_seed(seed)
        if resume is None:
            state = {n: v.to(x.device) for n, v in initial_parameters(x.shape[-1], generator).items()}
            momenta = {name: torch.zeros_like(state[name]) for name in LEARNED}
        else:
            state = {name: value.to(x.device, copy=True) for name, value in resume.state.items()}
            momenta = {name: resume.resume[f"momentum.{name}"].to(x.device, copy=True) for name in LEARNED}
            generator.set_state(resume.resume["generator"].cpu())
        neuron, texts, scale = self.neuron(), classes.features.to(x.device), classes.scale
        targets = _smoothed(y, len(classes), self.smoothing).to(x.device)
        batches = math.ceil(len(y) / self.batch)
        for epoch in range(resume.position if resume else 0, self.epochs):
            for index in torch.randperm(len(y), generator=generator).tensor_split(batches):
                shots = _drawn(x, index, generator)
                gradients, seen = self._gradients(
                    state, shots, targets[index], texts, scale, neuron, generator
                )
                state |= update_running(state, seen)
                for name, gradient in gradients.items():
                    momenta[name].mul_(_MOMENTUM).add_(gradient).add_(state[name], alpha=self.weight_decay)
                    state[name].sub_(momenta[name], alpha=self._learning_rate(epoch))
            resumable = {f"momentum.{name}": value.clone() for name, value in momenta.items()}
            resumable["generator"] = generator.get_state()
            kept = {name: value.clone() for name, value in state.items()}
            yield Checkpoint(kept, resumable, epoch + 1, self.epochs)

    def logits(self, state: State, x: Any, classes: Classes) -> Logits:
        """Return scale times the cosine of the adapted timesteps and the class texts (n, c)."""
        return _in_parts(
            lambda part: classes.scale * _cosines(*self._adapted(state, part), classes.features), x
        )

    def timestep_logits(self, state: State, x: Any, classes: Classes) -> TimestepLogits:
        """Return what each timestep adds to the logits (n, t, c), times their number: the mean is the logits."""
        return _in_parts(
            lambda part: classes.scale * _cosines_of_timesteps(*self._adapted(state, part), classes.features),
            x,
        )

    def operations(self, state: State, x: Any, classes: Classes) -> Operations:
        """Count what `logits` computes for one of these recordings, on average; batch norms are folded away.

        A timestep that a recording has costs d * h multiply-accumulates to the neurons, h at the membranes, h * d back,
        2 d to mix and d to sum up; neurons that spike turn the way back into d accumulates for every spike.
        """
        macs = accumulates = spikes = places = 0.0
        for _, part in minibatches(x, _AT_ONCE):
            valid = valid_timesteps(part)
            fired = self._layers(state, part).spikes[valid].float()
            steps, (hidden, d) = float(valid.sum()), (fired.shape[-1], part.shape[-1])
            macs += steps * (d * hidden + 3 * d) + len(part) * d * (len(classes) + 1)
            if self.spiking:
                macs, spikes, places = (
                    macs + steps * hidden,
                    spikes + float(fired.sum()),
                    places + fired.numel(),
                )
            else:
                macs += steps * hidden * d
        accumulates = spikes * x.shape[-1]
        n = max(1, len(x))
        return Operations(macs / n, accumulates / n, spikes / max(1, places) if self.spiking else None)

    def _learning_rate(self, epoch: int) -> float:
        if epoch == 0:
            return _WARM_UP
        return self.learning_rate * (1 + math.cos(math.pi * (epoch - 1) / self.epochs)) / 2

    def _layers(self, state: State, x: Timesteps) -> Adapted:
        """Run the adapter as it answers: with new neurons, running statistics and nothing dropped."""
        state = {name: value.to(x.device) for name, value in state.items()}
        return inter_timestep(state, x.float(), self.neuron())

    def _adapted(self, state: State, x: Timesteps) -> tuple[Timesteps, Tensor]:
        """Return the corrected embeddings, and which of them there are."""
        return self._mixed(x, self._layers(state, x).output), valid_timesteps(x)

    def _mixed(self, x: Timesteps, output: Tensor) -> Timesteps:
        return self.mix * output.float() + (1 - self.mix) * x.float()

    @torch.enable_grad()  # also where the caller has turned gradients off
    def _gradients(
        self,
        state: State,
        x: Timesteps,
        targets: Tensor,
        texts: Tensor,
        scale: float,
        neuron: Neuron,
        generator: Generator,
    ) -> tuple[State, tuple[Statistics, ...]]:
        """Return the gradients of the loss of a batch, and the statistics that the norms saw."""
        weights = {name: state[name].detach().requires_grad_() for name in LEARNED}
        valid = valid_timesteps(x)
        if not bool(valid.all()):
            # Without what no recording here has, so that the masks of dropout do not depend on the padding.
            steps = max(1, int(valid.any(0).sum()))
            x, valid = x[:, :steps].contiguous(), valid[:, :steps].contiguous()
        there = None if bool(valid.all()) else valid
        adapted = inter_timestep(
            state | weights, x.to(_TYPES[self.precision]), neuron, valid=there, dropout=generator
        )
        logits = scale * _cosines(self._mixed(x, adapted.output), valid, texts)
        loss = -(targets * functional.log_softmax(logits, -1)).sum(-1).mean()
        gradients = torch.autograd.grad(loss, list(weights.values()))
        return dict(zip(LEARNED, gradients, strict=True)), adapted.statistics


def _smoothed(y: Labels, c: int, smoothing: float) -> Tensor:
    """Return targets (n, c): 1 - smoothing for the class, the rest spread over the others."""
    targets = torch.full((len(y), c), smoothing / max(1, c - 1))
    return targets.scatter_(1, y.long().cpu()[:, None], 1 - smoothing)


def _drawn(x: Any, index: Tensor, generator: Generator) -> Timesteps:
    """Return the shots at `index`, of each one copy where there are copies."""
    if x.ndim == 3:
        return x[index]
    return x[index, torch.randint(x.shape[1], (len(index),), generator=generator)]


def _cosines(x: Timesteps, valid: Tensor, texts: Tensor) -> Logits:
    """Return the cosines (n, c) of timesteps put one after the other, and a unit text vector put as often."""
    x = x * valid[..., None]
    # The sum comes first: a text vector repeated t times has the length sqrt(t).
    return x.sum(1) @ texts.to(x.device).T / _length(x, valid)[:, None]


def _cosines_of_timesteps(x: Timesteps, valid: Tensor, texts: Tensor) -> TimestepLogits:
    x = x * valid[..., None]
    steps = valid.sum(-1)[:, None, None]
    return x @ texts.to(x.device).T * steps / _length(x, valid)[:, None, None]


def _length(x: Timesteps, valid: Tensor) -> Tensor:
    """Return the lengths (n) of both vectors, multiplied."""
    return (x.flatten(1).norm(dim=-1) * valid.sum(-1).sqrt()).clamp(min=1e-12)


def _in_parts(score: Callable[[Timesteps], Tensor], x: Timesteps) -> Tensor:
    return torch.cat([score(part) for _, part in minibatches(x, _AT_ONCE)])
