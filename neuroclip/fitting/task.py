"""A labelled set that is split and read in one way: what every head that is to be compared is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import torch
from neuroclip_prompts import PromptSet

from neuroclip.backbones import ImageNetwork, Model, load_backbone
from neuroclip.bank import Bank
from neuroclip.classes import Classes
from neuroclip.corruptions.corrupted import Corrupted
from neuroclip.corruptions.kinds import Corruption
from neuroclip.datasets import Dataset, Item, Split
from neuroclip.errors import DatasetError
from neuroclip.formats import RecordingFile
from neuroclip.representations import Representation
from neuroclip.shapes import Labels


@dataclass(frozen=True, eq=False)
class Task:
    """A labelled set, a split of it, a model, sentences, and the bank that keeps what was computed.

    Raises:
        DatasetError: As `Split.check`: among others, a recording is both to be learned from and to be measured on; or
            the set has a class that is none of `names`.
    """

    dataset: Dataset
    split: Split
    model: Model
    prompts: PromptSet
    bank: Bank = field(default_factory=Bank)
    names: tuple[str, ...] = ()
    """The classes in their order, where a fitted head brings them; else those of the set."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", self.names or self.dataset.classes)
        unknown = [label for label in self.dataset.classes if label not in self.names]
        if unknown:
            raise DatasetError(
                f"{self.dataset.name} has recordings of {unknown[0]!r}, which the head does not know; it was fitted on "
                + ", ".join(self.names)
            )
        self.split.check(self.dataset)

    @cached_property
    def classes(self) -> Classes:
        """The classes, under the names of their folders; their words are the prompt set's, or the known set's."""
        return Classes(self.names, worded(self.prompts, self.dataset), self.model)

    def on(self, split: Split) -> Task:
        """Return the same task on another split; what was computed of the set and of sentences is kept."""
        other = replace(self, split=split)
        other.__dict__.update(items=self.items, classes=self.classes)  # as `cached_property` keeps them
        return other

    @cached_property
    def items(self) -> Mapping[str, Item]:
        """The recordings by name."""
        return {item.name: item for item in self.dataset.items}

    def labels(self, names: Sequence[str]) -> Labels:
        """Return the positions of the classes of recordings, int64 (n)."""
        place = {label: i for i, label in enumerate(self.names)}
        return torch.tensor([place[self.items[name].label] for name in names], dtype=torch.long)

    def read(
        self,
        representation: Representation,
        names: Sequence[str],
        progress: Callable[[int], None] | None = None,
        *,
        corruption: Corruption | None = None,
    ) -> Any:
        """Return what a head reads of recordings [n, ...], out of the bank where it is there; without any, nothing.

        With a `corruption`, of damaged ones: see `files`.

        Raises:
            NeuroclipError: Of its kind: a file that cannot be read, damage that leaves nothing of it, a bank that
                cannot be written.
        """
        if not names:
            return torch.zeros(0)
        files = self.files(names, corruption)
        return self.bank.get(self.filled(representation), files, self.backbones, progress=progress)

    def files(self, names: Sequence[str], corruption: Corruption | None = None) -> list[RecordingFile]:
        """Return the files of recordings, or with the split's seed damaged ones.

        Raises:
            DatasetError: Damaged ones of recordings to be learned from: fitting sees what is clean.
        """
        files = [self.items[name].file for name in names]
        if corruption is None:
            return files
        if learned := set(names) & set(self.split.train):
            raise DatasetError(f"{min(learned)} is to be learned from: only what is measured is corrupted")
        return [Corrupted.of(file, corruption, self.split.seed) for file in files]

    def filled(self, representation: Representation) -> Representation:
        """Return the representation with the task's model where it leaves one open."""
        return representation.filled(self.model.name)

    def backbones(self, name: str) -> Model | ImageNetwork:
        """Return the task's model, or another by name."""
        return self.model if name == self.model.name else load_backbone(name)


def worded(prompts: PromptSet, dataset: Dataset) -> PromptSet:
    """Return a prompt set with the known set's words for classes that it has no words of its own for."""
    if dataset.known is None:
        return prompts
    words = {label: word for label, word in dataset.known.words.items() if label not in prompts.classes}
    return PromptSet(
        prompts.name, prompts.templates, {**words, **prompts.classes}, prompts.source, prompts.description
    )
