"""What all cells of a comparison share; a process can be handed it, and opens for itself what it needs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from neuroclip_prompts import PromptSet

from neuroclip.backbones import Model, load_model
from neuroclip.bank import DiskBank
from neuroclip.comparison.plan import Plan
from neuroclip.datasets import Dataset, Split, make_split
from neuroclip.errors import HeadError
from neuroclip.fitting.task import Task
from neuroclip.heads import Head, restore


@dataclass(frozen=True, eq=False)
class Setting:
    """A labelled set, a model by its name, sentences, a bank and a plan.

    Attributes:
        dataset: What is split; all files have a size.
        model, precision, device: As `load_model` takes them.
        prompts: The sentences.
        bank: Its folder; None: the user's.
        plan: What is compared.
        folder: Where the comparison is kept.
    """

    dataset: Dataset
    model: str
    precision: str
    device: str
    prompts: PromptSet
    bank: Path | None
    plan: Plan
    folder: Path

    def loaded(self) -> Model:
        """Return the model, which a process loads once."""
        return _model(self.model, self.precision, self.device)

    def task(self, shots: int, seed: int) -> Task:
        """Return the task of one split: with one seed, all numbers of shots have the same test part.

        Raises:
            DatasetError: As `make_split`.
        """
        return _task(self, shots, seed)

    def head(self, title: str) -> Head:
        """Make a head.

        Raises:
            HeadError, OptionError: It cannot be made.
        """
        entry = self.plan.entry(title)
        if entry.error is not None:
            raise HeadError(entry.error)
        return restore(entry.head, entry.options)


def split_of(setting: Setting, shots: int, seed: int) -> Split:
    """Draw the split of a number of shots and a seed.

    Raises:
        DatasetError: As `make_split`.
    """
    plan = setting.plan
    if shots == plan.whole:
        return make_split(setting.dataset, shots=None, seed=seed, test=plan.test)
    return make_split(setting.dataset, shots=shots, seed=seed, reserve=plan.reserve, test=plan.test)


@lru_cache(maxsize=128)  # the heads of a comparison share them
def _task(setting: Setting, shots: int, seed: int) -> Task:
    return _first(setting).on(split_of(setting, shots, seed))


@lru_cache(maxsize=1)
def _first(setting: Setting) -> Task:
    """Return a task that all others of this process are made of, so that texts are encoded once."""
    split = split_of(setting, setting.plan.shots[0], setting.plan.seeds[0])
    return Task(setting.dataset, split, setting.loaded(), setting.prompts, DiskBank(setting.bank))


@lru_cache(maxsize=1)
def _model(name: str, precision: str, device: str) -> Model:
    return load_model(name, precision=precision, device=device)
