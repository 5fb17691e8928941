from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from neuroclip.classes import Classes
from neuroclip.heads import Head, State, answering_network
from neuroclip.representations import ClipTimesteps, EventCounts, Representation


@dataclass(frozen=True)
class Counting(Head):
    @property
    def representation(self) -> Representation:
        return EventCounts(steps=1)

    def fit(self, x: Tensor, y: Tensor, classes: Classes, *, seed: int) -> State:
        return {}

    def logits(self, state: State, x: Tensor, classes: Classes) -> Tensor:
        return x.float().flatten(1)[:, : len(classes)]


@dataclass(frozen=True)
class Through(Counting):
    backbone: str | None = None


@dataclass(frozen=True)
class Reading(Through):
    @property
    def representation(self) -> Representation:
        return ClipTimesteps()


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (Counting(), "mine"),
        (Through(), "event-tiny"),
        (Through("ViT-B-32:openai"), "ViT-B-32:openai"),
        (Reading("ViT-B-32:openai"), "event-tiny"),
    ],
)
def test_what_answers_is_what_reads_the_recordings_else_the_heads_own_network(head: Head, name: str) -> None:
    """A head that learns through the encoder, and leaves open which, answers with the user's model."""
    assert answering_network(head, "event-tiny", "mine") == name
    assert head.logits({}, torch.ones(2, 1, 2, 3, 3), Classes(("a", "b"))).shape == (2, 2)
