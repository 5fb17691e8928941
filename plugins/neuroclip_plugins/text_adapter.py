"""EventCLIP's adapter: a small transformer over the frames, and class texts that are learned."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from neuroclip_adapters import frame_transformer, transformer_parameters, weighted_sum
from torch.nn import functional
from torch.nn.functional import normalize

from neuroclip.classes import Classes
from neuroclip.errors import OptionError
from neuroclip.heads import Checkpoint, State, minibatches, take
from neuroclip.representations import ClipTimesteps, valid_timesteps
from neuroclip.shapes import Labels, Logits, Timesteps
from neuroclip_plugins.timesteps import TimestepHead

_BATCH = 256
_TEXTS = "texts"


@dataclass(frozen=True, kw_only=True)
class TextAdapter(TimestepHead):
    """Frames see each other in a small transformer, and the texts of the classes are learned from where CLIP has them.

    Each embedding becomes 0.8 of itself and 0.2 of what the transformer makes of it, then a unit vector; logits are the
    model's scale times its cosine with the class vectors, averaged over the frames that a recording has.

    Attributes:
        mix: Share of the new; as published 0.2.
        epochs, batch, learning_rate, warm_up, dropout: As published. The learning rate of Adam rises over the share
            `warm_up` of all steps and falls along a cosine to 0.

    Source: Wu et al., "EventCLIP", sections on the feature adapter and joint adaptation, and the published code (which
    drops 10 % in the transformer, torch's default). Departures: frames are those of the options here, 10 by default,
    where EventCLIP takes at most 2 of fixed event counts, by chance also at test time; full precision, where the
    published code trains in half; every layer starts from numbers of its own; the last epoch is the answer, where
    the published code took the best one on the test set. The transformer begins at random, so that with one or two
    shots per class the answer can be worse than that of `zero-shot`.
    """

    mix: float = 0.2
    epochs: int = 100
    batch: int = 32
    learning_rate: float = 1e-4
    warm_up: float = 0.05
    dropout: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("epochs", "batch"):
            if getattr(self, name) < 1:
                raise OptionError(f"{name} is {getattr(self, name)}; it can be 1 or more")
        if not 0 <= self.learning_rate < math.inf:
            raise OptionError(f"learning_rate is {self.learning_rate}; it can be 0 or more")
        for name in ("mix", "warm_up"):
            if not 0 <= getattr(self, name) <= 1:
                raise OptionError(f"{name} is {getattr(self, name)}; it can be 0 to 1")
        if not 0 <= self.dropout < 1:
            raise OptionError(f"dropout is {self.dropout}; it can be 0 or more and is below 1")

    @property
    def representation(self) -> ClipTimesteps:
        """Embeddings as the model gives them (n, t, d): they are mixed before they are made unit vectors."""
        return self.timesteps(normalized=False)

    def train(
        self, x: Timesteps, y: Labels, classes: Classes, *, seed: int, resume: Checkpoint | None = None
    ) -> Iterator[Checkpoint]:
        """Yield a checkpoint after every epoch."""
        generator = torch.Generator().manual_seed(seed)
        if resume is None:
            begun = transformer_parameters(x.shape[-1], generator) | {_TEXTS: classes.features}
        else:
            begun = resume.state
            generator.set_state(resume.resume["generator"])
        state = {name: value.clone().requires_grad_() for name, value in begun.items()}
        search = torch.optim.Adam(state.values())
        if resume is not None:
            for name, value in state.items():
                search.state[value].update(_moments(resume.resume, name))
        steps = math.ceil(len(y) / self.batch)
        for epoch in range(resume.position if resume else 0, self.epochs):
            for step, (index, shots) in enumerate(minibatches(x, self.batch, generator=generator)):
                done = (epoch * steps + step + 1) / (self.epochs * steps)
                search.param_groups[0]["lr"] = self.learning_rate * _share(done, self.warm_up)
                logits = self._answer(state, shots, classes.scale, generator)
                search.zero_grad()
                functional.cross_entropy(logits, y[index]).backward()
                search.step()
            kept = {
                f"{name}.{key}": moment.clone()
                for name, value in state.items()
                for key, moment in search.state[value].items()
            }
            learned = {name: value.detach().clone() for name, value in state.items()}
            yield Checkpoint(learned, kept | {"generator": generator.get_state()}, epoch + 1, self.epochs)

    def logits(self, state: State, x: Timesteps, classes: Classes) -> Logits:
        """Return the mean of the logits of the frames that a recording has (n, c)."""
        parts = (take(x, slice(i, i + _BATCH)) for i in range(0, len(x), _BATCH))
        return torch.cat([self._answer(state, part, classes.scale) for part in parts])

    def _answer(
        self, state: State, x: Timesteps, scale: float, dropout: torch.Generator | None = None
    ) -> Logits:
        """Return the mean of the logits of the frames, each of which has seen the others (n, c)."""
        x, valid = x.float(), valid_timesteps(x)
        fused = frame_transformer(state, x, valid, share=self.dropout, dropout=dropout)
        seen = normalize((1 - self.mix) * x + self.mix * fused, dim=-1)
        each = scale * seen @ normalize(state[_TEXTS], dim=-1).T
        return weighted_sum(each, torch.ones(x.shape[1], device=x.device), valid)


def _share(done: float, warm_up: float) -> float:
    """Share of the learning rate after the share `done` of all steps."""
    if done < warm_up:
        return done / warm_up
    return (1 + math.cos(math.pi * (done - warm_up) / max(1 - warm_up, 1e-9))) / 2


def _moments(kept: State, name: str) -> State:
    return {
        key.removeprefix(f"{name}."): value.clone()
        for key, value in kept.items()
        if key.rpartition(".")[0] == name
    }
